#!/usr/bin/env python3
"""config check finds what a start and a reload would: each row is a fault, and
the three must say the same of it, at the line that sets the parameter."""

import json
import os
import socket
import stat

import pki
from halyard import Backend, Instance, main


def write(mta, name, text):
    path = mta.path(name)
    with open(path, "w") as f:
        f.write(text)
    return path


ROWS = [
    # parameters, prepared by, the parameter blamed, what is said
    ({"smtpd_tls_cert_file": "none.pem", "smtpd_tls_key_file": "good.key"},
     None, "smtpd_tls_cert_file", "none.pem: No such file or directory"),
    ({"smtpd_tls_cert_file": "empty.pem", "smtpd_tls_key_file": "good.key"},
     lambda m: write(m, "empty.pem", ""), "smtpd_tls_cert_file",
     "empty.pem: is empty"),
    ({"smtpd_tls_cert_file": "text.pem", "smtpd_tls_key_file": "good.key"},
     lambda m: write(m, "text.pem", "hello\n"), "smtpd_tls_cert_file",
     "text.pem: has no certificate in PEM form"),
    ({"smtpd_tls_cert_file": "good.pem", "smtpd_tls_key_file": "none.pem"},
     None, "smtpd_tls_key_file", "none.pem: No such file or directory"),
    ({"smtpd_tls_cert_file": "good.pem", "smtpd_tls_key_file": "empty.pem"},
     lambda m: write(m, "empty.pem", ""), "smtpd_tls_key_file",
     "empty.pem: is empty"),
    ({"smtpd_tls_cert_file": "good.pem", "smtpd_tls_key_file": "other.key"},
     None, "smtpd_tls_key_file", "is not the key of the certificate in"),
    ({"smtpd_tls_cert_file": "good.pem", "smtpd_tls_key_file": "good.key",
      "smtpd_tls_ciphers": "NONSENSE"}, None, "smtpd_tls_ciphers",
     "no such ciphers"),
    ({"smtpd_tls_cert_file": "good.pem", "smtpd_tls_key_file": "good.key",
      "smtpd_tls_protocols": "TLSv9"}, None, "smtpd_tls_protocols",
     "TLSv1.3 expected"),
    ({"smtpd_tls_cert_file": "good.pem", "smtpd_tls_key_file": "good.key",
      "smtpd_tls_cert_dir": "nowhere"}, None, "smtpd_tls_cert_dir",
     "nowhere: No such file or directory"),
    ({"dns_trust_anchor": "none.key"}, None, "dns_trust_anchor",
     "none.key: No such file or directory"),
    ({"dns_trust_anchor": "bad.key"},
     lambda m: write(m, "bad.key", ". IN DS what is this\n"),
     "dns_trust_anchor", "bad.key: no trust anchors"),
    ({"dns_local_data": "none.zone"}, None, "dns_local_data",
     "none.zone: No such file or directory"),
    ({"dns_local_data": "bad.zone"},
     lambda m: write(m, "bad.zone", "\na.example. A 1.2.3\n"),
     "dns_local_data", "bad.zone:2: not a record: "),
    ({"send_tls_ca_file": "none.pem"}, None, "send_tls_ca_file",
     "none.pem: No such file or directory"),
    ({"send_tls_ca_file": "text.pem"},
     lambda m: write(m, "text.pem", "hello\n"), "send_tls_ca_file",
     "text.pem: has no certificate in PEM form"),
    ({"send_tls_client_certs": "me=none.pem"}, None,
     "send_tls_client_certs", "none.pem: No such file or directory"),
    ({"send_tls_client_certs": "me=empty.pem"},
     lambda m: write(m, "empty.pem", ""), "send_tls_client_certs",
     "empty.pem: is empty"),
    ({"body_directory": "nowhere"}, None, "body_directory",
     "nowhere: No such file or directory"),
    ({"log_target": "nowhere/halyard.log"}, None, "log_target",
     "nowhere: No such file or directory"),
    ({"log_target": "spool"}, None, "log_target", "spool: Is a directory"),
    ({"run_directory": "nowhere/run"}, None, "run_directory",
     "nowhere: No such file or directory"),
    ({"run_directory": "main.cf"}, None, "run_directory",
     "main.cf: is not a directory"),
]


def line_of(mta, parameter):
    with open(mta.path("main.cf")) as f:
        for n, line in enumerate(f, 1):
            if line.split("=")[0].strip() == parameter:
                return n
    raise AssertionError(parameter)


def prepare(mta, params, prepared):
    made = pki.Pki(mta.conf)
    made.make("good", "mx.example.org")
    made.make("other", "mx.example.org")
    if prepared:
        prepared(mta)
    mta.set(**params)


def test_rows():
    for params, prepared, blamed, text in ROWS:
        mta = Instance()
        try:
            prepare(mta, params, prepared)
            before = tree(mta)
            p = mta.ctl("config", "check", check=False)
            at = "main.cf:%d:" % line_of(mta, blamed)
            assert p.returncode == 1 and at in p.stderr and \
                text in p.stderr, (params, p)
            assert tree(mta) == before, params
            p = mta.ctl("start", check=False)
            assert p.returncode == 1 and at in p.stderr, (params, p)
        finally:
            mta.stop()


def test_rows_at_reload():
    """The one that runs goes on."""
    with Backend() as b, Instance(b.port) as mta:
        with open(mta.path("main.cf")) as f:
            good = f.read()
        for params, prepared, blamed, text in ROWS:
            if blamed == "run_directory":
                continue        # a reload does not look at it
            prepare(mta, params, prepared)
            at = "main.cf:%d:" % line_of(mta, blamed)
            p = mta.ctl("config", "check", check=False)
            assert p.returncode == 1 and at in p.stderr and text in p.stderr
            p = mta.ctl("reload", check=False)
            if blamed == "log_target":
                text = params[blamed]
            assert p.returncode == 1 and at in p.stderr and \
                text in p.stderr, (params, p)
            with open(mta.path("main.cf"), "w") as f:
                f.write(good)
        assert mta.ctl("config", "check").stdout == "ok\n"
        with mta.client() as c:
            c.hello()
            assert c.message().code == 250


SLIP = """$mail = $arguments["mail"];
function f() { return $mail; }
echo $maill . str_upper([]);
Defer();
"""
SLIPS = ("eod.hsl:2:23: ", "eod.hsl:3:6: ", "eod.hsl:3:25: ")


def test_warnings_of_scripts():
    """Told once by all workers together, and an error where one wants it."""
    with Instance() as mta:
        assert "warning" not in mta.ctl("config", "check").stderr
        mta.write_hook(SLIP)
        for verb in ("config", "check"), ("reload",):
            p = mta.ctl(*verb)
            for at in SLIPS:
                assert p.stderr.count(at + "warning: ") == 1, p
        p = mta.ctl("config", "check", "--json")
        assert sorted((w["line"], w["column"]) for w in
                      json.loads(p.stdout)["warnings"]) == [
            (2, 23), (3, 6), (3, 25)], p
        mta.wait_log("event=config-warning")
        mta.set(hsl_warnings="error")
        for verb in ("config", "check"), ("reload",):
            p = mta.ctl(*verb, check=False)
            assert p.returncode == 1 and "warning" not in p.stderr, p
            for at in SLIPS:
                assert p.stderr.count(at) == 1, p
        with mta.client() as c:
            c.hello()
        mta.set(hsl_warnings="ignore")
        for verb in ("config", "check"), ("reload",):
            p = mta.ctl(*verb)
            assert "eod.hsl" not in p.stderr, p
        assert mta.log().count("event=config-warning") == 3
    mta = Instance(params={"hsl_warnings": "error"}, hook=SLIP)
    try:
        p = mta.ctl("start", check=False)
        assert p.returncode == 1 and SLIPS[0] in p.stderr, p
    finally:
        mta.stop()


def tree(mta):
    """What is there: a check leaves it alone."""
    found = {}
    for d, dirs, files in os.walk(mta.conf):
        for name in dirs + files:
            st = os.lstat(os.path.join(d, name))
            found[os.path.join(d, name)] = (stat.S_IFMT(st.st_mode),
                                            st.st_size, st.st_mtime_ns)
    return found


def test_addresses():
    """In use by another; by the instance that runs here; not ours at all."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        row = "127.0.0.1:%d inet n - - - 1 smtpd\n" % s.getsockname()[1]
        mta = Instance(services=row)
        try:
            p = mta.ctl("config", "check", check=False)
            assert p.returncode == 1 and "Address already in use" in \
                p.stderr and "master.cf:" in p.stderr, p
            p = mta.ctl("start", check=False)
            assert p.returncode == 1 and ":1: 127.0.0.1:" in \
                p.stderr, p
        finally:
            mta.stop()
        with Instance() as mta:
            assert mta.ctl("config", "check").stdout == "ok\n"
            with open(mta.path("master.cf"), "a") as f:
                f.write(row)
            p = mta.ctl("config", "check", check=False)
            assert p.returncode == 1 and "Address already in use" in \
                p.stderr, p
            p = mta.ctl("reload", check=False)
            assert p.returncode == 1 and "master.cf:" in p.stderr and \
                "Address already in use" in p.stderr, p
    mta = Instance(services="192.0.2.1:2525 inet n - - - 1 smtpd\n")
    try:
        p = mta.ctl("config", "check", check=False)
        assert p.returncode == 1 and "192.0.2.1" in p.stderr, p
    finally:
        mta.stop()


BAD_TRANSPORTS = """
# a comment
transport one mx -
transport two host backend:0 -o tls=always
    -o retrys=1m
group late - -
transport three mx - -o group=never
"""
BAD_PLACES = ("transport.cf:4:20: target:", "transport.cf:4:37: \"always\"",
              "transport.cf:5:8: unknown option \"retrys\", did you mean "
              "\"retry\"?", "transport.cf:7:25: there is no group \"never\"")
SECRET = """transport one host backend:25 -o saslusername=joe
    -o saslpassword_file=joe
"""
SOME = """group g - - -o max_age=1d
transport one mx - -o group=g -o { helo = $myhostname }
transport two lmtp unix:/somewhere/lmtp
"""


def test_transports():
    """transport.cf: each fault at its place, from check, start and reload,
    and what holds is shown."""
    with Instance() as mta:
        write(mta, "transport.cf", BAD_TRANSPORTS)
        for verb in ("config", "check"), ("reload",):
            p = mta.ctl(*verb, check=False)
            assert p.returncode == 1, (verb, p)
            for place in BAD_PLACES:
                assert p.stderr.count(place) == 1, (verb, place, p.stderr)
        assert mta.ctl("config", "dump", check=False).returncode == 1
        mta.ctl("stop")
        p = mta.ctl("start", check=False)
        assert p.returncode == 1
        assert all(place in p.stderr for place in BAD_PLACES), p.stderr
        write(mta, "transport.cf", SECRET)
        p = mta.ctl("config", "check")
        assert "transport.cf:1:1: warning: saslpassword_file: secrets/joe " \
            "is not there" in p.stderr, p
        os.mkdir(mta.path("secrets"))
        write(mta, "secrets/joe", "secret\n")
        assert "warning: sasl" not in mta.ctl("config", "check").stderr
        os.chmod(mta.path("secrets/joe"), 0)
        assert "secrets/joe can't be read by the user of deliver" in \
            mta.ctl("config", "check").stderr
        write(mta, "transport.cf", SOME)
        p = mta.ctl("config", "check")
        assert ("transport.cf:3:1: warning: unix:/somewhere/lmtp" in
                p.stderr) == (os.geteuid() == 0), p.stderr
        out = mta.ctl("config", "dump").stdout
        assert "transport one mx -\t(transport.cf:2)\n" \
            "    -o { max_age = 1d }\n    -o { helo = mx.example.org }\n" \
            in out, out
        two = json.loads(mta.ctl("config", "dump", "--json").stdout)[
            "transports"][1]
        assert (two["id"], two["mode"], two["line"]) == ("two", "lmtp", 3)
        assert two["options"]["tls"] == "disabled"
        assert two["options"]["pooling_timeout"] == "30s"
        mta.set(dsn_transport="none")
        p = mta.ctl("config", "check", check=False)
        assert "main.cf:%d:" % line_of(mta, "dsn_transport") in p.stderr, p
        assert "no such transport" in p.stderr, p


ANCHOR = ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D084" \
    "58E880409BBC683457104237C7F8EC8D\n"


def test_dane_without_anchor():
    """Nothing is validated: what would go in clear, or never, is told."""
    with Instance() as mta:
        write(mta, "transport.cf", "transport one mx - -o tls=dane\n"
              "transport two mx - -o tls=dane_require\n"
              "transport three mx - -o tls=require\n")
        write(mta, "policy.cf", "policy p remotemx -o concurrency=2\n"
              "delivery d - -o tls=dane_require\n")
        said = mta.ctl("config", "check").stderr
        for text in ("transport.cf:1:1: warning: tls of transport one: dane "
                     "is as optional while dns_trust_anchor is not set",
                     "transport.cf:2:1: warning: tls of transport two: "
                     "dane_require sends nothing while",
                     "policy.cf:2:1: warning: tls of delivery d: "):
            assert text in said, said
        assert said.count("dns_trust_anchor") == 3, said
        write(mta, "anchor.key", ANCHOR)
        mta.set(dns_trust_anchor="anchor.key")
        assert "dns_trust_anchor" not in mta.ctl("config", "check").stderr


BAD_POLICIES = """# a comment
policy one remotemx -o concurrency=0
if two remotemx=mx.example
suspend three remotmx=x
list four remoteip -o file=nets
"""
BAD_POLICY_PLACES = (
    "policy.cf:2:36: concurrency must be from 1 to 1000000",
    "policy.cf:3:4: id: \"two\" is no policy before this line",
    "policy.cf:4:15: on: \"remotmx\" is not a field",
    "nets:2:1: \"192.0.2.0/99\" is not an address or a network")


def test_policies():
    """policy.cf and a list's file: each fault at its place, from check and
    reload; without one there are no policies."""
    with Instance() as mta:
        write(mta, "policy.cf", BAD_POLICIES)
        write(mta, "nets", "# ours\n192.0.2.0/99\n")
        for verb in ("config", "check"), ("reload",):
            p = mta.ctl(*verb, check=False)
            assert p.returncode == 1, (verb, p)
            for place in BAD_POLICY_PLACES:
                assert p.stderr.count(place) == 1, (verb, place, p.stderr)
        write(mta, "policy.cf", "list four remoteip -o file=nets\n"
              "policy one remoteip\nif one remoteip=@four -o rate=1/1s\n")
        write(mta, "nets", "192.0.2.0/24\n")
        mta.ctl("config", "check")
        mta.ctl("reload")
        os.unlink(mta.path("nets"))
        p = mta.ctl("reload", check=False)
        assert p.returncode == 1 and "nets" in p.stderr, p
        os.unlink(mta.path("policy.cf"))
        mta.ctl("reload")


def test_certificates():
    """Warned of when they end soon or have ended; status has the days."""
    for days, said in ((365, None), (5, "expires on"), (-1, "expired on")):
        mta = Instance()
        try:
            mta.set(**pki.certificate(mta.dir, days=days))
            p = mta.ctl("config", "check")
            assert p.stdout == "ok\n", p
            assert (said is None) == (p.stderr.count("certificate") == 0), p
            assert said is None or said in p.stderr, p
            found = json.loads(mta.ctl("config", "check", "--json").stdout)
            assert found["ok"] and len(found["warnings"]) == (said is not
                                                              None), found
            mta.start()
            status = json.loads(mta.ctl("status", "--json").stdout)
            got = [c["days"] for c in status["certificates"]]
            assert got in ([days - 1], [days]), status["certificates"]
            assert ("EXPIRED" in mta.ctl("status").stdout) == (days < 0)
            if said:
                mta.wait_log("event=config-warning")
        finally:
            mta.stop()


if __name__ == "__main__":
    main(globals())
