#!/usr/bin/env python3
"""send() beyond plain SMTP: TLS modes and certificates, names and addresses
of ours, SASL, LMTP, XCLIENT; and what of it keeps connections apart."""

import base64
import hashlib
import hmac
import os
import shutil
import ssl
import subprocess
import sys
import tempfile

from halyard import Backend, Conversation, Gone, Instance, main

CERTS = None


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True,
                   cwd=CERTS, timeout=60)


def certificates():
    """Two authorities; a server of the first, a client, and one expired."""
    global CERTS
    if CERTS:
        return CERTS
    CERTS = tempfile.mkdtemp(prefix="halyard-certs.")
    os.chmod(CERTS, 0o755)
    for ca in "ca", "other":
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                ca + ".key", "-out", ca + ".pem", "-days", "2", "-subj",
                "/CN=" + ca)
    for name, ca, days, san in (
            ("server", "ca", "2", "DNS:backend.example.org,IP:127.0.0.1"),
            ("named", "ca", "2", "DNS:backend.example.org"),
            ("foreign", "other", "2", "IP:127.0.0.1"),
            ("expired", "ca", "-1", "IP:127.0.0.1"),
            ("client", "ca", "2", "DNS:gateway.example.org")):
        with open(os.path.join(CERTS, name + ".ext"), "w") as f:
            f.write("subjectAltName=%s\n" % san)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout",
                name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem",
                "-CAkey", ca + ".key", "-CAcreateserial", "-out",
                name + ".crt", "-days", days, "-extfile", name + ".ext")
    with open(os.path.join(CERTS, "client.pem"), "w") as out:
        for part in "client.key", "client.crt":
            with open(os.path.join(CERTS, part)) as f:
                out.write(f.read())
    return CERTS


def path(name):
    return os.path.join(certificates(), name)


class Peer(Conversation):
    """STARTTLS, AUTH, XCLIENT and LHLO; all that it saw is in backend.saw."""

    def saw(self, what, value):
        with self.backend.lock:
            self.backend.saw.setdefault(what, []).append(value)

    def do_LHLO(self, line):
        self.saw("hello", line)
        Conversation.do_EHLO(self, line)

    def do_EHLO(self, line):
        self.saw("hello", line)
        Conversation.do_EHLO(self, line)

    def do_STARTTLS(self, line):
        b = self.backend
        if "STARTTLS" in b.replies:
            self.answer("STARTTLS", line, b"")
            return
        self.send(b"220 2.0.0 go\r\n")
        self.sock = b.context.wrap_socket(self.sock, server_side=True)
        self.file = self.sock.makefile("rb")
        self.saw("tls", self.sock.version())
        self.saw("peer", self.sock.getpeercert())

    def do_XCLIENT(self, line):
        self.saw("xclient", line)
        self.answer("XCLIENT", line, b"220 again\r\n")

    def do_AUTH(self, line):
        self.saw("auth", line)
        words = line.split(b" ")
        said = self.backend.replies.get("AUTH")
        if said is not None:
            self.send(said)
            return
        if words[1] == b"PLAIN":
            who = base64.b64decode(words[2]).split(b"\0")[1:]
        elif words[1] == b"LOGIN":
            who = []
            for ask in b"Username:", b"Password:":
                self.send(b"334 %s\r\n" % base64.b64encode(ask))
                who.append(base64.b64decode(self.line()))
        else:
            challenge = b"<1896.697170952@backend>"
            self.send(b"334 %s\r\n" % base64.b64encode(challenge))
            user, digest = base64.b64decode(self.line()).split(b" ")
            want = hmac.new(b"tanstaaf", challenge, hashlib.md5).hexdigest()
            who = [user, b"tanstaaf" if digest == want.encode() else b"?"]
        good = who == [b"tim", b"tanstaaf"]
        self.send(b"235 2.7.0 ok\r\n" if good else b"535 5.7.8 no\r\n")


def peer(exts=(), cert=None, replies=None, client_ca=False):
    b = Backend(Backend.EXTS + tuple(exts) +
                (("STARTTLS",) if cert else ()), replies)
    b.saw = {}
    if cert:
        b.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        b.context.minimum_version = ssl.TLSVersion.TLSv1_2
        b.context.load_cert_chain(path(cert + ".crt"), path(cert + ".key"))
        b.context.sni_callback = lambda sock, name, ctx: \
            b.saw.setdefault("sni", []).append(name)
        if client_ca:
            b.context.verify_mode = ssl.CERT_OPTIONAL
            b.context.load_verify_locations(path("ca.pem"))
    return b


def serve(conv):
    conv.__class__ = Peer
    conv.run()


HOOK = '''
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
    $transaction["recipients"]), ["host" => "127.0.0.1", "port" => %d, %s]);
if (isset($r["error"])) {
    $e = $r["error"];
    Defer($e["type"] . "/" . ($e["state"] ?? "") . "/" .
        ($e["temporary"] ? "temporary" : "permanent") . ": " . $e["message"]);
}
Accept(["code=" . $r["result"]["code"] . " tls=" .
    ($r["connection"]["tls"]["protocol"] ?? "none")]);
'''


def attempt(b, options, messages=1, params=None, host=None):
    """What the client hears of each message."""
    b.handler = serve
    text = HOOK % (b.port, options)
    if host:
        text = text.replace('"127.0.0.1"', '"%s"' % host, 1)
    said = []
    p = {"send_tls_ca_file": path("ca.pem"), "log_level": "debug"}
    p.update(params or {})
    with Instance(hook=text, params=p) as mta, mta.client() as c:
        c.hello()
        for _ in range(messages):
            r = c.message()
            said.append("%d %s" % (r.code, r.text[0]))
    return said if messages > 1 else said[0]


# ---- TLS ---------------------------------------------------------------------

def test_modes():
    """Each mode against: no STARTTLS, refused, broken, and certificates."""
    clear, secret, given_up = "tls=none", "tls=TLSv1.3", "421 "
    rows = [
        # certificate, reply to STARTTLS, then what each mode makes of it:
        # disabled, optional, optional_verify, require, require_verify
        (None, None, clear, clear, clear, given_up, given_up),
        ("server", b"454 4.7.0 no\r\n", clear, clear, clear, given_up,
         given_up),
        ("server", None, clear, secret, secret, secret, secret),
        ("named", None, clear, secret, given_up, secret, given_up),
        ("foreign", None, clear, secret, given_up, secret, given_up),
        ("expired", None, clear, secret, given_up, secret, given_up),
    ]
    modes = ("disabled", "optional", "optional_verify", "require",
             "require_verify")
    for row in rows:
        for mode, want in zip(modes, row[2:]):
            replies = {"STARTTLS": row[1]} if row[1] else None
            with peer(cert=row[0], replies=replies) as b:
                said = attempt(b, '"tls" => "%s"' % mode)
                assert want in said, (row, mode, said)
                assert len(b.messages) == (want != given_up), (row, mode)


def test_reasons():
    """Errors say what is wrong with the certificate, and are temporary."""
    for cert, want in (("foreign", "unable to get local issuer certificate"),
                       ("expired", "certificate has expired"),
                       ("named", "IP address mismatch")):
        with peer(cert=cert) as b:
            said = attempt(b, '"tls" => "require_verify"')
            assert "tls/STARTTLS/temporary" in said and want in said, said
    with peer() as b:
        said = attempt(b, '"tls" => "require"')
        assert "tls/EHLO/temporary: 127.0.0.1: TLS is not offered" in said, \
            said


def test_injection_before_the_handshake():
    """Bytes in clear behind the 220 end it, in every mode."""
    for mode in "optional", "require", "require_verify":
        with peer(cert="server", replies={
                "STARTTLS": b"220 go\r\n250 injected\r\n"}) as b:
            said = attempt(b, '"tls" => "%s"' % mode)
            assert said.startswith("421 ") and "bytes in clear" in said, said
            assert not b.messages


def test_hello_again():
    """What was offered in clear does not count."""
    with peer(cert="server") as b:
        attempt(b, '"tls" => "require"')
        assert len(b.saw["hello"]) == 2


def test_names():
    """SNI and the name in the certificate: of the host, or as told."""
    rows = [
        ('"tls" => "require"', [None], "250"),           # an address
        ('"tls" => "require", "tls_sni" => "a.example"', ["a.example"], "250"),
        ('"tls" => "require_verify", "tls_verify_name" => '
         '"backend.example.org"', [None], "250"),
        ('"tls" => "require_verify", "tls_verify_name" => '
         '"elsewhere.example.org"', [None], "421"),
        ('"tls" => "require_verify", "tls_verify_host" => false', [None],
         "250"),
    ]
    for options, sni, code in rows:
        with peer(cert="named" if "host" in options else "server") as b:
            said = attempt(b, options)
            assert said.startswith(code), (options, said)
            if code == "250":
                assert b.saw["sni"] == sni, (options, b.saw)


def test_host_name():
    """A host by name is asked for by SNI and must be in the certificate."""
    for name, code in (("backend.example.org", "250"),
                       ("other.example.org", "421")):
        with peer(cert="named") as b:
            zone = os.path.join(certificates(), "zone")
            with open(zone, "w") as f:
                f.write("%s. 60 IN A 127.0.0.1\n" % name)
            said = attempt(b, '"tls" => "require_verify"', host=name,
                           params={"dns_local_data": zone})
            assert said.startswith(code), said
            if code == "250":
                assert b.saw["sni"] == [name]
    with peer(cert="named") as b:
        said = attempt(b, '"tls" => "require", "tls_sni" => false',
                       host="other.example.org",
                       params={"dns_local_data": zone})
        assert said.startswith("250") and b.saw["sni"] == [None], said


def test_authorities():
    """tls_default_ca: the system's file and ours, or ours alone."""
    rows = [
        ("ca.pem", "other.pem", '', "421"),
        ("other.pem", "ca.pem", '', "250"),
        ("ca.pem", "other.pem", ', "tls_default_ca" => false', "250"),
        ("other.pem", "foreign.crt", ', "tls_default_ca" => false', "421"),
    ]
    for own, system, option, code in rows:
        code = "250" if not option else code
        with peer(cert="server") as b:
            said = attempt(b, '"tls" => "require_verify"' + option, params={
                "send_tls_ca_file": path(own),
                "tls_default_ca_file": path(system)})
            assert said.startswith(code), (own, system, option, said)


def test_protocols_and_ciphers():
    for options, want in (
            ('"tls_protocols" => "TLSv1.2"', "tls=TLSv1.2"),
            ('"tls_protocols" => "!TLSv1.3,!SSLv3"', "tls=TLSv1.2"),
            ('"tls_protocols" => "TLSv1"', "421"),
            ('"tls_protocols" => "TLSv1.2", "tls_ciphers" => '
             '"ECDHE-RSA-AES256-GCM-SHA384"', "tls=TLSv1.2"),
            ('"tls_ciphers" => "nonsense"', "config/STARTTLS"),
            ('"tls_protocols" => "TLSv9"', "421")):
        with peer(cert="server") as b:
            said = attempt(b, '"tls" => "require", ' + options)
            assert want in said, (options, said)


def test_client_certificate():
    params = {"send_tls_client_certs": "gateway=" + path("client.pem")}
    with peer(cert="server", client_ca=True) as b:
        said = attempt(b, '"tls" => "require", "tls_client_cert" => '
                       '"gateway"', params=params)
        assert said.startswith("250"), said
        names = [v for k, v in b.saw["peer"][0]["subjectAltName"]]
        assert names == ["gateway.example.org"]
    with peer(cert="server", client_ca=True) as b:
        said = attempt(b, '"tls" => "require"', params=params)
        assert said.startswith("250") and not b.saw["peer"][0], b.saw
        said = attempt(b, '"tls" => "require", "tls_client_cert" => "x"',
                       params=params)
        assert 'no client certificate "x"' in said, said


def test_bad_files_are_refused_at_start():
    for params, want in (
            ({"send_tls_ca_file": path("server.key")}, "server.key"),
            ({"send_tls_client_certs": "x=" + path("ca.pem")},
             "no private key"),
            ({"send_tls_client_certs": "x"}, "NAME=FILE"),
            ({"send_source_addresses": "a=127.0.0.1 b=x"}, "b=x is not ID"),
            ({"tls_default_ca_file": "/nonexistent"}, "nonexistent")):
        mta = Instance(params=params)
        try:
            p = mta.ctl("start", check=False)
            assert p.returncode == 1 and want in p.stderr, (params, p)
        finally:
            mta.stop()


# ---- Who we are --------------------------------------------------------------

def test_helo():
    with peer() as b:
        attempt(b, '"helo" => "out1.example.com"')
        assert b.saw["hello"] == [b"EHLO out1.example.com"]


def test_sourceip():
    with peer() as b:
        seen = []
        b.replies["CONNECT"] = lambda conv, line: seen.append(
            conv.sock.getpeername()[0])
        assert attempt(b, '"sourceip" => "127.0.0.9"').startswith("250")
        assert attempt(b, '"sourceip" => ["::1", "127.0.0.8"]') \
            .startswith("250")
        assert seen == ["127.0.0.9", "127.0.0.8"], seen
        said = attempt(b, '"sourceip" => "::1"')
        assert "config//temporary" in said and "other family" in said, said
        # not ours, not bound
        said = attempt(b, '"sourceip" => "192.0.2.77"')
        assert said.startswith("421") and "bind" in said, said
        assert attempt(b, '"sourceip" => "mx"').startswith("421")


def test_sourceipid():
    ours = {"send_source_addresses": "a=127.0.0.9 six=::1  b=127.0.0.8"}
    with peer() as b:
        seen = []
        b.replies["CONNECT"] = lambda conv, line: seen.append(
            conv.sock.getpeername()[0])
        assert attempt(b, '"sourceipid" => "b"', params=ours)[:3] == "250"
        assert attempt(b, '"sourceipid" => ["six", "a"]',
                       params=ours)[:3] == "250"
        assert seen == ["127.0.0.8", "127.0.0.9"], seen
        assert attempt(b, '"sourceipid" => "c"', params=ours)[:3] == "421"


def test_options_of_others():
    """What another function knows is passed over, what none does throws."""
    with peer() as b:
        assert attempt(b, '"mx_include" => ["*.x"], "mx_exclude" => [], '
                       '"tls_capture_peer_cert" => true, "jobid" => "x"'
                       )[:3] == "250"
        assert attempt(b, '"tls_verifyhost" => false')[:3] == "421"


def test_timeout_of_states():
    """Each state its own; connect_timeout beside a timeout for all."""
    import time
    for options, hangs, state in (
            ('"timeout" => ["RCPT" => 0.5, "MAIL" => 60]', "RCPT", "RCPT"),
            ('"timeout" => ["EOD" => 0.5]', "EOD", "EOD"),
            ('"timeout" => ["BANNER" => 0.5], "connect_timeout" => 50',
             "CONNECT", "BANNER"),
            ('"connect_timeout" => 50, "timeout" => 0.5', "MAIL", "MAIL")):
        def hang(conv, line):
            time.sleep(20)
            raise Gone()
        with peer(replies={hangs: hang}) as b:
            start = time.monotonic()
            said = attempt(b, options)
            assert time.monotonic() - start < 15, said
            assert "/%s/temporary" % state in said or \
                "network/%s" % state in said, said
    for bad in ('["WHAT" => 1]', '["MAIL" => 0]', '["MAIL" => "x"]', '[5]',
                '-1'):
        with peer() as b:
            assert attempt(b, '"timeout" => ' + bad)[:3] == "421", bad


def test_chunking_option():
    with peer(exts=Backend.EXTS + ("CHUNKING",)) as b:
        attempt(b, '"chunking" => true')
        attempt(b, '"chunking" => false')
        assert [m["how"] for m in b.messages] == ["BDAT", "DATA"]


def test_verify_names():
    """Any of them is enough."""
    for names, code in (('["x.example", "backend.example.org."]', "250"),
                        ('["x.example", "y.example"]', "421"),
                        ('[]', "421"), ('["a b"]', "421")):
        with peer(cert="server") as b:
            said = attempt(b, '"tls" => "require_verify", '
                           '"tls_verify_name" => ' + names)
            assert said.startswith(code), (names, said)


def test_the_final_dot_of_a_name():
    """Neither in SNI nor in what is verified (RFC 6066 3)."""
    zone = tempfile.mktemp(dir=certificates())
    with open(zone, "w") as f:
        f.write("backend.example.org. 60 IN A 127.0.0.1\n")
    os.chmod(zone, 0o644)
    with peer(cert="named") as b:
        said = attempt(b, '"tls" => "require_verify"',
                       host="backend.example.org.",
                       params={"dns_local_data": zone})
        assert said.startswith("250"), said
        assert b.saw["sni"] == ["backend.example.org"], b.saw


def test_params_of_addresses():
    """They go out in MAIL and RCPT; what the transaction said gives way."""
    text = '''$r = $arguments["mail"]->send(
        ["localpart" => "a", "domain" => "b.example", "params" => %s],
        [["localpart" => "c", "domain" => "d.example", "params" => %s]],
        ["host" => "127.0.0.1", "port" => %d]);
        if (isset($r["error"])) Defer($r["error"]["message"]);
        Accept("sent");'''
    rows = (
        ('["ENVID" => "q", "ret" => "HDRS", "MT-PRIORITY" => 3, "XFLAG" => '
         'none, "SIZE" => 1]', '["NOTIFY" => "NEVER", "RRVS" => "x"]',
         b"MAIL FROM:<a@b.example> SIZE=23 RET=HDRS ENVID=q MT-PRIORITY=3 "
         b"XFLAG", b"RCPT TO:<c@d.example> NOTIFY=NEVER RRVS=x"),
        ('[]', '[]', b"MAIL FROM:<a@b.example> SIZE=23",
         b"RCPT TO:<c@d.example>"),
        ('["X" => "a b"]', '[]', None, None),
        ('["X" => "a\\r\\nRSET"]', '[]', None, None),
        ('["X Y" => "a"]', '[]', None, None),
        ('["RET" => "SOME"]', '[]', None, None),
        ('["plain"]', '[]', None, None),
        ('[]', '["NOTIFY" => "SOMETIMES"]', None, None),
    )
    for sender, rcpt, mail, to in rows:
        with Backend(exts=("SIZE 100000", "DSN")) as b, Instance(
                hook=text % (sender, rcpt, b.port), params={
                    "received_header": "no"}) as mta, \
                mta.client() as c:
            c.hello()
            r = c.message()
            if mail is None:
                assert r.code == 421 and b.commands == [], (sender, r)
            else:
                assert r.code == 250, r
                assert mail in b.commands and to in b.commands, b.commands


# ---- SASL --------------------------------------------------------------------

WHO = '"saslusername" => "tim", "saslpassword" => "tanstaaf"'


def test_sasl():
    for offered, used in (("AUTH PLAIN LOGIN", b"AUTH PLAIN"),
                          ("AUTH LOGIN", b"AUTH LOGIN"),
                          ("AUTH LOGIN PLAIN CRAM-MD5", b"AUTH CRAM-MD5"),
                          ("AUTH GSSAPI PLAIN", b"AUTH PLAIN")):
        with peer((offered,)) as b:
            said = attempt(b, WHO)
            assert said.startswith("250"), (offered, said)
            assert b.saw["auth"][0].startswith(used), b.saw


def test_sasl_refused_is_temporary():
    """The client's message is not to blame for our password."""
    rows = [
        (("AUTH PLAIN",), '"saslusername" => "tim", "saslpassword" => "x"',
         "config/AUTH-PLAIN/temporary: 127.0.0.1: authentication refused: "
         "535"),
        (("AUTH LOGIN",), '"saslusername" => "x", "saslpassword" => "x"',
         "config/AUTH/temporary: 127.0.0.1: authentication refused: 535"),
        ((), WHO, "no AUTH that is fit to use"),
        (("AUTH GSSAPI",), WHO, "no AUTH that is fit to use"),
    ]
    for exts, who, want in rows:
        with peer(exts) as b:
            said = attempt(b, who)
            assert said.startswith("421") and want in said, said
            assert not b.messages


def test_sasl_strange_replies():
    for reply, want in ((b"334 ###\r\n", "can't be answered"),
                        (b"250 hm\r\n", "unexpected reply"),
                        (b"334 \r\n334 \r\n", "")):
        with peer(("AUTH CRAM-MD5",), replies={"AUTH": reply}) as b:
            said = attempt(b, WHO)
            assert said.startswith("421") and want in said, (reply, said)
            assert not b.messages


def test_password_only_where_it_is_safe():
    """TLS that was stripped does not lay the password open."""
    with peer(("AUTH PLAIN LOGIN",)) as b:
        said = attempt(b, WHO + ', "tls" => "optional"')
        assert "no AUTH that is fit to use in clear" in said, said
        assert "auth" not in b.saw
    with peer(("AUTH PLAIN CRAM-MD5",)) as b:
        assert attempt(b, WHO + ', "tls" => "optional"').startswith("250")
    with peer(("AUTH PLAIN",), cert="server") as b:
        said = attempt(b, WHO + ', "tls" => "optional"')
        assert said.startswith("250") and "TLSv1" in said, said


# ---- LMTP, XCLIENT -----------------------------------------------------------

def test_lmtp():
    with peer() as b:
        said = attempt(b, '"protocol" => "lmtp"', messages=2)
        assert all(s.startswith("250") for s in said), said
        assert b.saw["hello"] == [b"LHLO mx.example.org"]
        assert b.connections == 1
    with peer(replies={"EHLO": b"500 5.5.1 What?\r\n"}) as b:
        said = attempt(b, '"protocol" => "lmtp"')
        assert "config/LHLO/temporary: 127.0.0.1: LHLO refused: 500" in said
        assert b.verbs() == ["LHLO"], b.commands


def test_xclient():
    exts = ("XCLIENT NAME ADDR PORT PROTO HELO LOGIN",)
    with peer(exts) as b:
        said = attempt(b, '"xclient" => ["NAME" => "a b.example", "addr" => '
                       '"2001:db8::1", "LOGIN" => none]', messages=2)
        assert all(s.startswith("250") for s in said), said
        want = b"XCLIENT NAME=a+20b.example ADDR=IPV6:2001:db8::1 " \
            b"LOGIN=[UNAVAILABLE]"
        assert b.saw["xclient"] == [want, want], b.saw
        # said of one client, it is not true of the next
        assert b.connections == 2
        assert len(b.saw["hello"]) == 4


def test_xclient_refusals():
    for exts, replies, want in (
            ((), None, "takes no XCLIENT ADDR"),
            (("XCLIENT NAME",), None, "takes no XCLIENT ADDR"),
            (("XCLIENT ADDR",), {"XCLIENT": b"550 5.7.0 not you\r\n"},
             "config/XCLIENT/temporary: 127.0.0.1: XCLIENT refused: 550"),
            (("XCLIENT ADDR",), {"XCLIENT": b"250 hm\r\n"},
             "unexpected reply")):
        with peer(exts, replies=replies) as b:
            said = attempt(b, '"xclient" => ["ADDR" => "192.0.2.1"]')
            assert said.startswith("421") and want in said, said
            assert not b.messages


# ---- The pool ----------------------------------------------------------------

def transports(mta, text):
    with open(mta.path("transport.cf"), "w") as f:
        f.write(text)
    return mta


BY_ID = '''
$id = $transaction["senderaddress"]["localpart"];
try {
    $r = $arguments["mail"]->send($transaction["senderaddress"],
        ["b@example.org"], $id);
} catch ($e) { Reject("caught " . $e->message()); }
if (is_array($r["error"] ?? none)) Defer($r["error"]["message"] ?? "error");
Accept($r["result"]["reason"][0] ?? "taken");
'''


def by_id(mta, id):
    with mta.client() as c:
        c.hello()
        return c.message(sender=id + "@x.example")


def test_transport():
    """A text is the id of a transport, with its options; "$" is main.cf's."""
    with Backend() as b:
        with transports(Instance(hook=BY_ID), """
group      near  -     -               -o helo=near.$myhostname
transport  one   host  127.0.0.1:%d    -o group=near
transport  two   host  127.0.0.1:%d    -o group=near -o helo=two.example
    -o chunking=no
transport  mx    mx    -
transport  safe  host  127.0.0.1:%d    -o tls=require_verify
""" % ((b.port,) * 3)) as mta:
            assert by_id(mta, "one").code == 250
            assert by_id(mta, "two").code == 250
            hellos = [c.decode() for c in b.commands
                      if c.startswith(b"EHLO")]
            assert hellos == ["EHLO near.mx.example.org",
                              "EHLO two.example"], hellos
            for id, why in (("none", "no transport 'none'"),
                            ("none", '["host" => "none"]'),
                            ("mx", "is of mode mx")):
                said = by_id(mta, id)
                assert said.code == 550 and why in said.text[0], said
            said = by_id(mta, "safe")
            assert said.code // 100 == 4, said
            # A reload brings others.
            transports(mta, "transport three host 127.0.0.1:%d\n" % b.port)
            mta.ctl("reload")
            assert by_id(mta, "three").code == 250
            assert by_id(mta, "one").code == 550


def test_transport_socket():
    """LMTP over a Unix socket beneath run_directory, from inside the jail."""
    import socket
    import threading
    mta = transports(Instance(hook=BY_ID),
                     "transport box lmtp unix:dovecot/lmtp\n")
    seen = []

    def serve(listener):
        s, _ = listener.accept()
        with s, s.makefile("rwb") as f:
            def say(text):
                f.write(text + b"\r\n")
                f.flush()
            say(b"220 box")
            for line in f:
                seen.append(line.split()[0].upper())
                if seen[-1] == b"DATA":
                    say(b"354 go")
                    while f.readline() not in (b".\r\n", b""):
                        pass
                say(b"250 2.0.0 in the box")
    with mta:
        os.mkdir(mta.path("run/dovecot"))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(mta.path("run/dovecot/lmtp"))
            os.chmod(mta.path("run/dovecot/lmtp"), 0o666)
            listener.listen(5)
            threading.Thread(target=serve, args=(listener,),
                             daemon=True).start()
            said = by_id(mta, "box")
            assert said.code == 250, (said, seen)
            assert seen[:4] == [b"LHLO", b"MAIL", b"RCPT", b"DATA"], seen


def test_pool_keeps_apart():
    """A connection is used again only by a send that would open the same."""
    lists = [
        '"helo" => "a"', '"helo" => "b"', '"sourceip" => "127.0.0.9"',
        '"tls" => "require"', '"tls" => "require_verify"',
        '"tls" => "require", "tls_sni" => "x"',
        '"tls" => "require", "tls_protocols" => "TLSv1.2"',
        '"tls" => "require_verify", "tls_verify_name" => '
        '"backend.example.org"',
        WHO, WHO.replace('"tim"', '"tom"'),
    ]
    text = '''
    $sets = [%s];
    $o = ["host" => "127.0.0.1", "port" => %d] +
        $sets[number($arguments["mail"]->getHeader("X"))];
    $r = $arguments["mail"]->send($transaction["senderaddress"],
        [$transaction["recipients"][0]["address"]], $o);
    Accept(["n=" . ($r["connection"]["transactions"] ?? "none")]);
    '''
    with peer(("AUTH PLAIN",), cert="server") as b:
        b.handler = serve
        text = text % (", ".join("[%s]" % o for o in lists), b.port)
        with Instance(hook=text, maxproc=1, params={
                "send_tls_ca_file": path("ca.pem")}) as mta, \
                mta.client() as c:
            c.hello()
            for again in 1, 2:
                for i in range(len(lists)):
                    r = c.message("X: %d\r\n\r\nbody\r\n" % i)
                    # tom's password is not taken
                    want = again if i < len(lists) - 1 else 0
                    assert r.text[0].endswith("n=%d" % want), (again, i, r)


if __name__ == "__main__":
    try:
        main(globals())
    finally:
        if CERTS:
            shutil.rmtree(CERTS, ignore_errors=True)
