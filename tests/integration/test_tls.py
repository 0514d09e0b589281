#!/usr/bin/env python3
"""TLS on the server side: implicit, names, versions, certificates of clients,
tickets."""

import os
import socket
import ssl
import tempfile

from halyard import MTACTL, Client, Instance, free_port, main, wait_for
from pki import Pki

ACCEPT = 'Accept("ok");\n'
SHOW = '''
$t = $connection["tls"];
Accept([$t["protocol"], $t["cipher"], $t["keysize"], $t["sni"] ?? "none",
    isset($t["peercert"]) ? $t["peercert"]["x509"] . " " .
    length($t["peercert"]["chain"]) . " " . $t["peercert"]["error"] :
    "none"]);
'''


class Tls:
    """An instance with a certificate of its own authority."""

    def __init__(self, params=None, hook=SHOW, options="", maxproc=2,
                 names=()):
        self.tmp = tempfile.TemporaryDirectory()
        self.pki = Pki(self.tmp.name)
        self.pki.make("ca", "Test CA", is_ca=True)
        cert, key = self.pki.make("server", "mx.example.org",
                                  ["mx.example.org"], ca="ca")
        os.mkdir(self.pki.path("more"))
        for n in names:
            c, k = self.pki.make("more/" + n.replace("*", "any"), n, [n],
                                 ca="ca")
            with open(c, "a") as out, open(k) as f:
                out.write(f.read())
        base = {"smtpd_tls_cert_file": cert, "smtpd_tls_key_file": key}
        if names:
            base["smtpd_tls_cert_dir"] = self.pki.path("more")
        base.update(params or {})
        self.mta = Instance(hook=hook, params=base, maxproc=maxproc)
        self.tls_port = free_port()
        with open(self.mta.path("master.cf"), "a") as f:
            f.write("127.0.0.1:%d inet n - - - %d smtpd\n"
                    "    -o smtpd_tls_wrapper=yes -o server_id=smtps %s\n"
                    % (self.tls_port, maxproc, options))

    def context(self, **versions):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.load_verify_locations(self.pki.path("ca.pem"))
        for k, v in versions.items():
            setattr(ctx, k, v)
        return ctx

    def dial(self, ctx=None, name="mx.example.org", session=None):
        """A client of the service with implicit TLS."""
        sock = socket.create_connection(("127.0.0.1", self.tls_port), 20)
        try:
            sock = (ctx or self.context()).wrap_socket(
                sock, server_hostname=name, session=session)
        except Exception:
            sock.close()
            raise
        return over(sock)

    def __enter__(self):
        self.mta.__enter__()
        return self

    def __exit__(self, *exc):
        self.mta.__exit__(*exc)
        self.tmp.cleanup()


def over(sock):
    c = Client.__new__(Client)
    c.sock = sock
    c.file = sock.makefile("rb")
    return c


def heard(c):
    """All until the end, however it came."""
    said = b""
    try:
        while byte := c.file.read(1):
            said += byte
    except ConnectionResetError:
        pass
    return said


def refused(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except (ssl.SSLError, ConnectionError):
        return True
    return False


def test_implicit():
    with Tls() as t:
        with t.dial() as c:
            c.expect(220)
            r = c.hello()
            assert "STARTTLS" not in r.text and "PIPELINING" in r.text
            c.cmd("STARTTLS", 503)
            said = [l[6:] for l in c.message().text]
            assert said[0] == "TLSv1.3" and int(said[2]) >= 128, said
            assert said[3:] == ["mx.example.org", "none"], said
            c.cmd("QUIT", 221)
            assert c.closed()
        with Client(t.tls_port, greet=False) as c:      # clear bytes
            c.send("EHLO x\r\n")
            assert b"220" not in heard(c)
        with Client(t.tls_port, greet=False) as c:      # nothing at all
            c.close()
        wait_for(lambda: t.mta.counters("127.0.0.1:%d" % t.tls_port)
                 ["sessions"] == 0, text="their end")
        t.mta.wait_log("event=tls")


def test_commands_in_clear_after_starttls():
    with Tls() as t:
        with t.mta.client() as c:
            c.hello()
            c.send("STARTTLS\r\nNOOP\r\n")
            c.expect(503)
            assert c.closed()
        with t.mta.client() as c:
            c.hello()
            c.cmd("STARTTLS", 220)
            c.send("NOOP\r\n")
            assert b"250" not in heard(c)


def test_names():
    names = ["a.example.org", "b.example.org", "*.wild.example"]
    with Tls(names=names) as t:
        for name in ["mx.example.org", "a.example.org", "B.example.org",
                     "x.wild.example"]:
            with t.dial(name=name) as c:        # which the client verifies
                c.expect(220)
                c.hello()
                assert c.message().text[3][6:] == name
        assert refused(t.dial, name="other.example.org")
        assert refused(t.dial, name="x.y.wild.example")
        ctx = t.context(check_hostname=False)
        for name in ("other.example.org", None):
            with t.dial(ctx, name=name) as c:
                c.expect(220)
                sans = c.sock.getpeercert()["subjectAltName"]
                assert sans == (("DNS", "mx.example.org"),), sans
                c.hello()
                assert c.message().text[3][6:] == (name or "none")


def test_bad_certificates_refuse_the_start():
    for params, said in (({"smtpd_tls_protocols": "SSLv3"}, "TLSv1.2"),
                         ({"smtpd_tls_ciphers": "NONE-SUCH"}, "ciphers"),
                         ({"smtpd_tls_cert_dir": "nowhere"}, "nowhere"),
                         ({"smtpd_tls_ask_cert": "yes",
                           "smtpd_tls_ca_file": "main.cf"}, "main.cf")):
        t = Tls(params=params)
        try:
            p = t.mta.ctl("start", check=False)
            assert p.returncode != 0 and said in p.stdout + p.stderr, p
        finally:
            t.mta.stop()
            t.tmp.cleanup()


def old(t, version):
    ctx = t.context(minimum_version=version, maximum_version=version)
    ctx.set_ciphers("ALL:@SECLEVEL=0")
    return ctx


def test_versions():
    v = ssl.TLSVersion
    with Tls() as t:
        for version in (v.TLSv1, v.TLSv1_1):
            assert refused(t.dial, old(t, version)), version
        for version in (v.TLSv1_2, v.TLSv1_3):
            t.dial(old(t, version)).expect(220)
    with Tls(params={"smtpd_tls_protocols": "TLSv1.3"}) as t:
        assert refused(t.dial, old(t, v.TLSv1_2))
        t.dial(old(t, v.TLSv1_3)).expect(220)
    with Tls(params={"smtpd_tls_protocols": "TLSv1.1 TLSv1.2"}) as t:
        t.dial(old(t, v.TLSv1_1)).expect(220)
        assert t.dial().sock.version() == "TLSv1.2"


def test_ciphers():
    with Tls(params={"smtpd_tls_ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384 "
                     "TLS_CHACHA20_POLY1305_SHA256"}) as t:
        assert t.dial().sock.cipher()[0] == "TLS_CHACHA20_POLY1305_SHA256"
        ctx = t.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        assert t.dial(ctx).sock.cipher()[0] == \
            "ECDHE-ECDSA-AES256-GCM-SHA384"
        ctx.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        assert refused(t.dial, ctx)


def test_openssl_s_client():
    """STARTTLS and implicit, verified, as another implementation sees it."""
    import subprocess
    with Tls(names=["a.example.org"]) as t:
        for port, more in ((t.tls_port, ()),
                           (t.mta.port, ("-starttls", "smtp"))):
            for version in ("-tls1_2", "-tls1_3"):
                p = subprocess.run(
                    ["openssl", "s_client", "-connect",
                     "127.0.0.1:%d" % port, "-servername", "a.example.org",
                     "-verify_hostname", "a.example.org", "-CAfile",
                     t.pki.path("ca.pem"), "-verify_return_error", "-brief",
                     version] + list(more), input=b"QUIT\r\n",
                    capture_output=True, timeout=60)
                said = (p.stdout + p.stderr).decode()
                assert "Verification: OK" in said, said
                assert "Verified peername: a.example.org" in said, said


def test_handshake_that_stalls():
    with Tls(params={"smtpd_idle_timeout": "1s"}) as t:
        for first in (b"", b"\x16\x03\x01\x02\x00\x01"):
            with Client(t.tls_port, greet=False) as c:
                c.send(first)
                assert heard(c) == b""
        with t.mta.client() as c:
            c.hello()
            c.cmd("STARTTLS", 220)
            assert heard(c) == b""
        wait_for(lambda: t.mta.counters("127.0.0.1:%d" % t.tls_port)
                 ["sessions"] == 0, text="their end")


def test_client_certificates():
    """Shown with OpenSSL's result: 0 verified, 18 self-signed, 21 issuer not
    sent."""
    t = Tls(params={"smtpd_tls_ask_cert": "yes"})
    t.mta.set(smtpd_tls_ca_file=t.pki.path("ca.pem"))
    t.pki.make("inner", "Inner CA", ca="ca", is_ca=True)
    t.pki.make("good", "client", ca="inner")
    t.pki.make("self", "client")
    with open(t.pki.path("both.pem"), "w") as out:
        for n in ("good", "inner"):
            with open(t.pki.path(n + ".pem")) as f:
                out.write(f.read())
    with t:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for cert, key, want in (
                    ("both", "good", "X509Resource 1 0"),
                    ("good", "good", "X509Resource 0 21"),
                    ("self", "self", "X509Resource 0 18"),
                    (None, None, "none")):
                ctx = t.context(minimum_version=version,
                                maximum_version=version)
                if cert is not None:
                    ctx.load_cert_chain(t.pki.path(cert + ".pem"),
                                        t.pki.path(key + ".key"))
                with t.dial(ctx) as c:
                    c.expect(220)
                    c.hello()
                    got = c.message().text[4][6:]
                    assert want.split()[1:] == got.split()[1:], (cert, got)
                    assert ("X509Resource" in got) == (cert is not None)


def client_of(t, ca, name="client"):
    """A context that shows a certificate of that authority."""
    cert, key = t.pki.make(name + "-" + ca, name, ca=ca)
    with open(cert, "a") as out, open(t.pki.path(ca + ".pem")) as f:
        out.write(f.read())
    ctx = t.context()
    ctx.load_cert_chain(cert, key)
    return ctx


def verdict_on(c):
    c.expect(220)
    c.hello()
    return c.message().text[4][6:].split()[-1]


def test_client_certificates_by_name():
    """The name that a client asks for does not change who it is."""
    t = Tls(params={"smtpd_tls_ask_cert": "yes"}, names=["a.example.org"])
    t.mta.set(smtpd_tls_ca_file=t.pki.path("ca.pem"))
    with t:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            ctx = client_of(t, "ca")
            ctx.maximum_version = version
            for name in ("mx.example.org", "a.example.org"):
                with t.dial(ctx, name=name) as c:
                    assert verdict_on(c) == "0", (version, name)


def test_tickets_carry_no_trust():
    """A certificate that one service's authorities signed says nothing to
    a service that asks others, by a ticket neither."""
    t = Tls(params={"smtpd_tls_ask_cert": "yes"})
    t.pki.make("other", "Other CA", is_ca=True)
    t.mta.set(smtpd_tls_ca_file=t.pki.path("ca.pem"))
    strict = free_port()
    with open(t.mta.path("master.cf"), "a") as f:
        f.write("127.0.0.1:%d inet n - - - 1 smtpd\n    -o "
                "smtpd_tls_wrapper=yes -o smtpd_tls_ca_file=%s\n"
                % (strict, t.pki.path("other.pem")))
    with t:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            ctx = client_of(t, "ca")
            ctx.maximum_version = version
            with t.dial(ctx) as c:
                assert verdict_on(c) == "0"
                session = c.sock.session
            with t.dial(ctx, session=session) as c:
                assert verdict_on(c) == "0" and c.sock.session_reused
            usual, t.tls_port = t.tls_port, strict
            with t.dial(ctx, session=session) as c:
                assert verdict_on(c) == "19" and not c.sock.session_reused
            t.tls_port = usual


def test_key_with_a_password():
    """Refused at once: nobody is asked for it."""
    from pki import openssl
    t = Tls()
    openssl("ec", "-in", t.pki.path("server.key"), "-aes128", "-passout",
            "pass:x", "-out", t.pki.path("locked.key"))
    t.mta.set(smtpd_tls_key_file=t.pki.path("locked.key"))
    try:
        status, said = under_terminal(t.mta, "run")
        assert status == 1 and "PEM pass" not in said, (status, said)
        t.mta.wait_log("locked.key")
    finally:
        t.mta.stop()
        t.tmp.cleanup()


def under_terminal(mta, *args):
    """Exit status and output of mtactl that has a terminal."""
    import pty
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(MTACTL, [MTACTL, "-c", mta.conf] + list(args))
    said = b""
    try:
        while part := os.read(fd, 4096):
            said += part
            if b"PEM pass phrase" in said:
                os.kill(pid, 9)
    except OSError:
        pass
    os.close(fd)
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status), said.decode()


def test_certificate_that_changes():
    """A reload takes the new one; a broken one is refused, and what ran goes
    on."""
    def shown():
        with t.dial(t.context(check_hostname=False)) as c:
            return c.sock.getpeercert()["serialNumber"]

    def replace(text):
        with open(t.pki.path("server.pem"), "w") as f:
            f.write(text)

    with Tls() as t:
        first = shown()
        with open(t.pki.path("server.pem")) as f:
            old_text = f.read()
        for broken in ("", "-----BEGIN CERTIFICATE-----\nAAAA\n", old_text):
            if broken == old_text:          # with a key that is not its own
                t.pki.make("server", "mx.example.org", ["mx.example.org"],
                           ca="ca")
            replace(broken)
            p = t.mta.ctl("reload", check=False)
            assert p.returncode == 1 and "server." in p.stderr + p.stdout, p
            assert shown() == first
        t.pki.make("server", "mx.example.org", ["mx.example.org"], ca="ca")
        assert shown() == first             # not before it is told
        t.mta.ctl("reload")
        wait_for(lambda: shown() != first, text="the new certificate")


def resumed(t, ctx, session, tries=12):
    """How many of so many connections resume; and the last session."""
    count = 0
    for _ in range(tries):
        with t.dial(ctx, session=session) as c:
            c.expect(220)
            c.hello()
            count += c.sock.session_reused
            last = c.sock.session
    return count, last


def test_tickets():
    """Resumed by any worker, and by those of the next generation."""
    with Tls(maxproc=3) as t:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            ctx = t.context(minimum_version=version, maximum_version=version)
            n, session = resumed(t, ctx, None, 1)
            assert n == 0
            assert resumed(t, ctx, session)[0] == 12, version
            t.mta.ctl("reload")
            assert resumed(t, ctx, session)[0] == 12, version
        t.mta.wait_log("resumed=yes")


def test_ticket_keys_go():
    """A key that is older than two lifetimes opens nothing."""
    with Tls(params={"tls_ticket_lifetime": "1s"}) as t:
        import time
        ctx = t.context(maximum_version=ssl.TLSVersion.TLSv1_2)
        _, session = resumed(t, ctx, None, 1)
        time.sleep(3.5)
        assert resumed(t, ctx, session, 4)[0] == 0
        n, session = resumed(t, ctx, None, 1)
        assert resumed(t, ctx, session, 1)[0] == 1


if __name__ == "__main__":
    main(globals())
