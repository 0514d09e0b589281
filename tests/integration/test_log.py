"""What an operator finds in the log: one line tells all of a message, and
each refusal whom it was about."""

import base64
import glob
import grp
import hashlib
import json
import os
import re
import shlex
import ssl
import stat
import tempfile

from halyard import Backend, Instance, main, wait_for
from pki import certificate

SEND = """
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
    $transaction["recipients"]), ["host" => "%s", "port" => %d]);
if (isset($r["error"])) Defer("no");
Accept($r["result"]["reason"]);
"""
RCPT = 'if (str_find($arguments["recipient"], "no") == 0) Reject("no such user");'


def instance(b=None, params=None, host="127.0.0.1", **hooks):
    mta = Instance(hook=SEND % (host, b.port if b else 1), params=params)
    for name, text in hooks.items():
        with open(mta.path("hooks/%s.hsl" % name), "w") as f:
            f.write(text)
        mta.set(**{"hook_" + name: "hooks/%s.hsl" % name})
    return mta


def events(mta, name):
    """The fields of each such line."""
    found = []
    for line in mta.log().splitlines():
        text = line.partition("]: ")[2]
        if text.startswith("event=%s " % name):
            found.append(dict(zip(("time", "level"), line.split())))
            found[-1].update(w.partition("=")[::2] for w in shlex.split(text))
    return found


def event(mta, name):
    return wait_for(lambda: events(mta, name), 10, name)[-1]


def test_a_message_is_one_line():
    with tempfile.TemporaryDirectory() as d, \
            Backend(replies={"EOD": b"250 2.6.7 kept as 1\r\n"}) as b, \
            instance(b, dict(certificate(d), smtpd_auth_tls_only="yes"),
                     auth='Accept(["username" => "bob"]);', rcptto=RCPT) \
            as mta, mta.client() as c:
        c.hello()
        c.cmd("STARTTLS", 220)
        context = ssl._create_unverified_context()
        c.sock = context.wrap_socket(c.sock)
        c.file = c.sock.makefile("rb")
        c.hello()
        c.cmd("AUTH PLAIN " + base64.b64encode(b"\0bob\0x").decode(), 235)
        c.cmd("MAIL FROM:<a@b.example>", 250)
        c.cmd("RCPT TO:<c@d.example>", 250)
        c.cmd("RCPT TO:<no@d.example>", 554)
        c.cmd("RCPT TO:<No2@d.example>", 554)
        c.cmd('RCPT TO:<"e f"@d.example>', 250)
        c.cmd("DATA", 354)
        c.cmd("Message-ID:\r\n <1@x>\r\n\r\nhi\r\n.", 250)
        m = event(mta, "message")
        port = str(c.sock.getsockname()[1])
        for key, want in (
                ("level", "info"), ("code", "250"), ("enhanced", "2.0.0"),
                ("from", "a@b.example"),
                ("to", 'c@d.example:250 "e f"@d.example:250 '
                 "no@d.example:554 No2@d.example:554"),
                ("recipients", "2"), ("refused", "2"), ("size", "27"),
                ("message_id", "<1@x>"), ("client", "127.0.0.1"),
                ("helo", "client.example.net"), ("user", "bob"),
                ("tls", "TLSv1.3"), ("remote_host", "127.0.0.1"),
                ("remote", "127.0.0.1"), ("remote_port", str(b.port)),
                ("remote_code", "250"), ("remote_enhanced", "2.6.7"),
                ("remote_text", "kept as 1"), ("reason", "kept as 1")):
            assert m[key] == want, (key, m)
        assert "AES" in m["cipher"] or "CHACHA" in m["cipher"], m
        for key in "receive_ms", "hook_ms", "remote_ms":
            assert int(m.get(key, "0")) in range(60000), m
        assert event(mta, "connect")["client_port"] == port
        assert event(mta, "auth")["user"] == "bob"
        r = events(mta, "smtp-error")
        assert {e["from"] for e in r} == {m["from"]}, r
        assert [(e["to"], e["command"], e["hook"], e["code"], e["client"])
                for e in r] == [
            ("no@d.example", "RCPT", "rcptto", "554", "127.0.0.1"),
            ("No2@d.example", "RCPT", "rcptto", "554", "127.0.0.1")], r


def test_a_message_without_an_end():
    """Whose it was, how much came, and that nobody got a verdict."""
    with instance(params={"smtpd_data_timeout": "1s"}, rcptto=RCPT) as mta:
        for left in True, False:
            with mta.client() as c:
                c.cmd("EHLO pc.example", 250)
                c.cmd("MAIL FROM:<a@b.example>", 250)
                c.cmd("RCPT TO:<no@d.example>", 554)
                c.cmd("RCPT TO:<c@d.example>", 250)
                c.cmd("DATA", 354)
                c.sock.sendall(b"Message-ID: <half@x>\r\n\r\nhalf")
                if not left:
                    c.reply()
            m = wait_for(lambda: events(mta, "message-cut")[not left:], 10,
                         "message-cut")[0]
            want = {"from": "a@b.example", "recipients": "1", "refused": "1",
                    "to": "c@d.example no@d.example:554",
                    "message_id": "<half@x>", "helo": "pc.example",
                    "client": "127.0.0.1"}
            assert want.items() <= m.items() and int(m["size"]) > 20 and \
                m["conn"] and m["txn"], m
        with mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<a@b.example>", 250)
            c.cmd("RCPT TO:<c@d.example>", 250)
            c.cmd("QUIT", 221)
        wait_for(lambda: len(events(mta, "disconnect")) == 3, 10, "the end")
        assert len(events(mta, "message-cut")) == 2, mta.log()


def test_many_recipients():
    """As many as fit, and the number of the others."""
    with Backend() as b, instance(b, {"log_format": "json"}, rcptto=RCPT) \
            as mta, mta.client() as c:
        c.hello()
        for good, bad in (10, 0), (100, 40), (3, 60), (0, 1):
            c.cmd("MAIL FROM:<>", 250)
            for i in range(bad):
                c.cmd("RCPT TO:<no%d@domain.example>" % i, 554)
            for i in range(good):
                c.cmd("RCPT TO:<recipient%d@domain.example>" % i, 250)
            if good == 0:
                break
            c.cmd("DATA", 354)
            c.cmd(".", 250)

            def found():
                return [json.loads(l) for l in mta.log().splitlines()
                        if '"event":"message"' in l]
            n = (10, 100, 3).index(good) + 1
            m = wait_for(lambda: len(found()) == n and found(), 5, "line")[-1]
            assert m["from"] == "" and m["recipients"] == good, m
            assert m.get("refused", 0) == bad, m
            assert len(m["to"]) <= 512, m
            more = re.search(r" \+(\d+)$", m["to"])
            listed = re.findall(r"\S+@domain.example:(250|554)(?= |$)", m["to"])
            assert len(listed) + int(more.group(1) if more else 0) == \
                good + bad, m
            assert "message_id" not in m and "user" not in m, m


def test_refusals_name_whom():
    with instance(auth='if ($arguments["username"] == "eve") Reject();'
                  'if ($arguments["mechanism"] == "X-OWN") Defer();'
                  'Accept();', mailfrom='Reject("no");',
                  params={"smtpd_auth_tls_only": "no",
                          "smtpd_auth_mechanisms": "PLAIN LOGIN X-OWN",
                          "smtpd_recipient_limit": "1"}) as mta, \
            mta.client() as c:
        c.hello()

        def refused(line, code, **want):
            before = len(events(mta, "smtp-error"))
            c.cmd(line, code)
            e = wait_for(lambda: events(mta, "smtp-error")[before:], 5, line)
            assert len(e) == 1, e
            assert want.items() <= e[0].items(), (want, e)
            assert e[0]["client"] == "127.0.0.1" and \
                e[0]["command"] == line.split()[0], e
        plain = base64.b64encode(b"\0eve\0secret").decode()
        refused("AUTH PLAIN " + plain, 535, user="eve", hook="auth")
        refused("AUTH X-OWN =", 454, hook="auth")
        refused("MAIL FROM:<A@b.example>", 554, hook="mailfrom",
                **{"from": "A@b.example"})
        refused("MAIL FROM:<a@b.example> SIZE=99999999999", 552,
                **{"from": "a@b.example"})
        refused("MAIL FROM:<a@b", 501, **{"from": "<a@b"})
        c.cmd("AUTH LOGIN", 334)
        c.cmd(base64.b64encode(b"mallory").decode(), 334)
        c.cmd("*", 501)
        assert event(mta, "smtp-error")["user"] == "mallory"
        assert "secret" not in mta.log()
    with instance(params={"smtpd_recipient_limit": "1"}) as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("MAIL FROM:<>", 250)
        c.cmd("RCPT TO:<a@b.example>", 250)
        c.cmd("RCPT TO:<c@d.example>", 452)
        assert event(mta, "smtp-error")["to"] == "c@d.example"
        assert event(mta, "smtp-error")["from"] == ""
        c.cmd("DATA", 354)
        c.cmd(".", 421)
        m = event(mta, "message")
        assert m["to"] == "a@b.example:421 c@d.example:452", m
        # No backend answered: who was it?
        assert m["remote_port"] == "1" and "remote_code" not in m, m
        assert "refused" in m["remote_text"], m
        for name in "inline-failed", "inline-error":
            e = event(mta, name)
            assert (e["level"], e["remote_host"], e["remote"],
                    e["remote_port"], e["type"]) == (
                "warn", "127.0.0.1", "127.0.0.1", "1", "network"), e


def test_addresses_may_be_hidden():
    """log_addresses holds for every line that names somebody."""
    def digest(text):
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    for how, shown in (("domain", lambda a: "@" + a.partition("@")[2]),
                       ("hash", digest)):
        with Backend() as b, instance(b, {"log_addresses": how},
                                      rcptto=RCPT) as mta, \
                mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<alice@from.example>", 250)
            c.cmd("RCPT TO:<bob@to.example>", 250)
            c.cmd("RCPT TO:<nosuch@to.example>", 554)
            c.cmd("RCPT TO:<carol@@to.example>", 501)
            c.cmd("DATA", 354)
            c.cmd("Subject: s\r\n\r\nx\r\n.", 250)
            m = event(mta, "message")
            assert m["from"] == shown("alice@from.example"), m
            assert m["to"].split()[0] == shown("bob@to.example") + ":250", m
            assert m["to"].split()[1] == shown("nosuch@to.example") + \
                ":554", m
            errors = [e["to"] for e in events(mta, "smtp-error")]
            assert errors[0] == shown("nosuch@to.example"), errors
            log = mta.log()
            for name in ("alice", "bob", "nosuch", "carol"):
                assert name not in log, (how, name)


def test_the_file_is_not_for_all():
    """0640 whatever the umask, with adm where root made it; one that is
    there stays as it is."""
    mta = instance()
    old = os.umask(0)
    try:
        mta.start()
    finally:
        os.umask(old)
    try:
        path, = glob.glob(mta.path("log/*.log"))
        st = os.stat(path)
        assert stat.S_IMODE(st.st_mode) == 0o640, oct(st.st_mode)
        adm = [g.gr_gid for g in grp.getgrall() if g.gr_name == "adm"]
        if os.geteuid() == 0 and adm:
            assert st.st_gid == adm[0], st
        os.chmod(path, 0o600)
        mta.ctl("reload")
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    finally:
        mta.stop()


def test_dns_is_called_so():
    mta = instance(host="none.test", params={
        "dns_local_data": "zone", "dns_servers": "127.0.0.1@9"})
    with open(mta.path("zone"), "w") as f:
        f.write("none.test. 60 IN TXT x\n")
    with mta, mta.client() as c:
        c.hello()
        assert c.message().code == 421
        e = event(mta, "inline-error")
        assert (e["level"], e["type"], e["dns"], e["remote_host"],
                e["remote_port"]) == ("warn", "dns", "nodata", "none.test",
                                      "1"), e
        assert e["error"].startswith("DNS: none.test: "), e
        assert "remote" not in e, e
        assert event(mta, "message")["remote_text"] == e["error"]


if __name__ == "__main__":
    main(globals())
