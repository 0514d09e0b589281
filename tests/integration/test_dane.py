#!/usr/bin/env python3
"""DANE (RFC 7672) and REQUIRETLS (RFC 8689), whole: zones that are signed, a
resolver that validates, certificates, handshakes."""

import hashlib
import ssl
import struct
import tempfile

from dnssec import AAAA, CNAME, MX, TLSA, SignedZone, wire_name
from halyard import Backend, Conversation, Instance, main, wait_for
from pki import Pki, openssl
from test_deliver import Mta

ZONE = "signed.example"
SEND = '''
$r = $arguments["mail"]->send("", ["x@y.example"], [
    "host" => $transaction["recipients"][0]["address"]["domain"],
    "port" => %d, "tls" => $transaction["senderaddress"]["localpart"]]);
Accept(($r["result"]["code"] ?? $r["error"]["type"] . " " .
    ($r["error"]["temporary"] ? "temporary" : "permanent")) . " " .
    (isset($r["connection"]["tls"]) ? "tls" : "clear") . " " .
    ($r["result"]["enhanced"] ?? $r["error"]["enhanced"] ?? [0])[1] . " " .
    ($r["error"]["message"] ?? ""));
'''


class TlsConversation(Conversation):
    """With the certificate of the name that is asked for."""

    def do_STARTTLS(self, line):
        self.send(b"220 go\r\n")
        self.sock = self.backend.context.wrap_socket(self.sock,
                                                     server_side=True)
        self.file = self.sock.makefile("rb")


def speak(conversation):
    conversation.__class__ = TlsConversation
    conversation.run()


class World:
    """Hosts of a zone: each has records and a certificate."""

    def __init__(self, directory, exts=("STARTTLS",)):
        self.pki = Pki(directory)
        self.pki.make("ca", "CA", is_ca=True)
        self.pki.make("stranger", "Stranger", is_ca=True)
        self.hosts, self.more, self.lies = {}, {}, set()
        self.contexts, self.unsigned, self.asked = {}, {}, []
        self.backend = Backend(Backend.EXTS + tuple(exts),
                               handler=speak)
        self.backend.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.backend.context.load_cert_chain(*self.pki.make("none", "none"))
        self.backend.context.sni_callback = self.choose

    def choose(self, sock, name, context):
        self.asked.append(name)
        if name in self.contexts:
            sock.context = self.contexts[name]

    def certificate(self, host, whom=None, ca="ca", days=60, chain=True):
        """For `whom`; with the authority's own in the handshake."""
        self.pki.days = days
        cert, key = self.pki.make(host, whom or host, [whom or host], ca=ca)
        self.pki.days = 60
        if chain and ca:
            with open(cert, "a") as out, \
                    open(self.pki.path(ca + ".pem")) as f:
                out.write(f.read())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.contexts[host] = context

    def data(self, name, selector, mtype):
        cert = self.pki.path(name + ".pem")
        if selector == 0:
            data = openssl("x509", "-in", cert, "-outform", "DER")
        else:
            data = openssl("pkey", "-pubin", "-outform", "DER",
                           stdin=openssl("x509", "-in", cert, "-pubkey",
                                         "-noout"))
        if mtype == 0:
            return data
        return hashlib.new({1: "sha256", 2: "sha512"}[mtype], data).digest()

    def host(self, name, *records, **certificate):
        """records: (usage, selector, mtype, whose certificate)"""
        if name not in self.contexts:
            self.certificate(name, **certificate)
        self.hosts[name] = ["127.0.0.1"]
        self.tlsa(name, *records)
        return name

    def tlsa(self, name, *records):
        if records:
            self.more["_%d._tcp.%s" % (self.backend.port, name), TLSA] = [
                bytes(r[:3]) + self.data(r[3] or name, r[1], r[2])
                for r in records]

    def lie(self, name):
        """Of its TLSA records."""
        self.lies.add(("_%d._tcp.%s" % (self.backend.port, name), TLSA))

    def alias(self, name, to):
        self.more[name, CNAME] = [wire_name(to)]

    def run(self, cases):
        """(host, mode, what is said)"""
        with SignedZone(ZONE, self.hosts, self.unsigned, self.more,
                        self.lies) as zone, \
                Instance(hook=SEND % self.backend.port, params={
                    "dns_trust_anchor": zone.anchor(),
                    "send_tls_ca_file": self.pki.path("ca.pem"),
                    "dns_servers": "127.0.0.1@%d" % zone.port}) as mta, \
                mta.client() as c:
            c.hello()
            for host, mode, want in cases:
                c.cmd("MAIL FROM:<%s@x.example>" % mode, 250)
                c.cmd("RCPT TO:<r@%s>" % host, 250)
                c.cmd("DATA", 354)
                c.send("Subject: s\r\n\r\nbody\r\n.\r\n")
                said = c.expect(250).text[0].split(" ", 1)[1]
                assert said.startswith(want), (host, mode, want, said)
            return zone.asked

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.backend.close()


def world(exts=("STARTTLS",)):
    tmp = tempfile.TemporaryDirectory()
    w = World(tmp.name, exts)
    w.tmp = tmp
    return w


GOOD, REFUSED = "250 tls", "dane temporary clear 7 "


def test_end_entity():
    """Usage 3: neither names nor dates count; every selector and type."""
    cases = []
    with world() as w:
        w.certificate("wrong." + ZONE, whom="other.example", ca=None)
        w.certificate("old." + ZONE, ca=None, days=-1)
        for host in ("wrong.", "old."):
            for selector in 0, 1:
                for mtype in 0, 1, 2:
                    for whose, want in ((host + ZONE, GOOD),
                                        ("stranger", REFUSED)):
                        name = "h%d.%s" % (len(cases), ZONE)
                        w.contexts[name] = w.contexts[host + ZONE]
                        w.host(name, (3, selector, mtype, whose))
                        cases.append((name, "dane", want))
        w.host("roll." + ZONE, (3, 1, 1, "stranger"), (3, 1, 1, None))
        cases.append(("roll." + ZONE, "dane", GOOD))
        w.run(cases)
        assert w.asked == [c[0] for c in cases], w.asked


def test_trust_anchor():
    """Usage 2: the chain leads there and is shown, name and dates hold."""
    cases = []
    with world() as w:
        for selector in 0, 1:
            for mtype in 0, 1, 2:
                for whose, want in (("ca", GOOD), ("stranger", REFUSED)):
                    name = "h%d.%s" % (len(cases), ZONE)
                    w.host(name, (2, selector, mtype, whose))
                    cases.append((name, "dane", want))
        for name, want, records, certificate in (
                ("name.", REFUSED, [(2, 0, 1, "ca")],
                 {"whom": "other.example"}),
                ("date.", REFUSED, [(2, 0, 1, "ca")], {"days": -1}),
                ("chain.", REFUSED, [(2, 0, 1, "ca")], {"chain": False}),
                # A whole certificate need not be shown.
                ("whole.", GOOD, [(2, 0, 0, "ca")], {"chain": False}),
                ("both.", GOOD, [(2, 0, 1, "stranger"), (3, 1, 1, None)],
                 {"whom": "other.example"})):
            w.host(name + ZONE, *records, **certificate)
            cases.append((name + ZONE, "dane", want))
        w.run(cases)


def test_modes():
    """What each mode makes of what DNS says."""
    with world() as w:
        w.host("good." + ZONE, (3, 1, 1, None))
        w.host("none." + ZONE)
        w.host("alien." + ZONE, ca="stranger")
        w.host("unusable." + ZONE, (1, 1, 1, None), ca="stranger")
        w.host("false." + ZONE, (3, 1, 1, None))
        w.lie("false." + ZONE)
        w.host("bogus." + ZONE, (3, 1, 1, None))        # its address
        # That one family can't be had says nothing of the other.
        w.host("half." + ZONE, (3, 1, 1, "stranger"))
        w.more["half." + ZONE, AAAA] = [b"\0" * 15 + b"\1"]
        w.lies.add(("half." + ZONE, AAAA))
        w.unsigned["open.example"] = ["127.0.0.1"]
        w.certificate("open.example", ca="stranger")
        asked = w.run([
            ("good." + ZONE, "dane", GOOD),
            ("good." + ZONE, "dane_require", GOOD),
            ("good." + ZONE, "dane_fallback_require_verify", GOOD),
            ("none." + ZONE, "dane", GOOD),
            ("none." + ZONE, "dane_require", REFUSED),
            ("none." + ZONE, "dane_fallback_require_verify", GOOD),
            ("alien." + ZONE, "dane", GOOD),
            ("alien." + ZONE, "dane_fallback_require_verify",
             "tls temporary clear 7"),
            ("unusable." + ZONE, "dane", GOOD),
            ("unusable." + ZONE, "dane_require", REFUSED),
            ("unusable." + ZONE, "dane_fallback_require_verify",
             "tls temporary clear 7"),
            ("false." + ZONE, "dane", REFUSED),
            ("false." + ZONE, "dane_require", REFUSED),
            ("false." + ZONE, "dane_fallback_require_verify", REFUSED),
            ("bogus." + ZONE, "dane", "dns temporary"),
            ("half." + ZONE, "dane", REFUSED),
            ("open.example", "dane", GOOD),
            ("open.example", "dane_require", REFUSED),
            ("127.0.0.1", "dane", GOOD),
        ])
        assert not [n for n, k in asked if k == TLSA and "open" in n]


def test_clear():
    """Without STARTTLS."""
    with world(exts=()) as w:
        w.host("good." + ZONE, (3, 1, 1, None))
        w.host("none." + ZONE)
        w.host("unusable." + ZONE, (1, 1, 1, None))
        w.run([("none." + ZONE, "dane", "250 clear"),
               ("good." + ZONE, "dane", "tls temporary clear 7"),
               ("unusable." + ZONE, "dane", "tls temporary clear 7")])


def test_aliases():
    """The name that CNAMEs lead to goes before the host's own."""
    with world() as w:
        for name, own, real in (("a.", None, "ca"), ("b.", "ca", None),
                                ("c.", "ca", "stranger"),
                                ("d.", "stranger", "ca")):
            w.host("real-" + name + ZONE,
                   *([(2, 0, 1, real)] if real else []))
            w.alias(name + ZONE, "real-" + name + ZONE)
            w.certificate(name + ZONE)
            w.tlsa(name + ZONE, *([(2, 0, 1, own)] if own else []))
        # Out of what is signed.
        w.unsigned["open.example"] = ["127.0.0.1"]
        w.alias("out." + ZONE, "open.example")
        w.certificate("out." + ZONE)
        w.tlsa("out." + ZONE, (2, 0, 1, "ca"))
        w.alias("bad." + ZONE, "open.example")
        w.certificate("bad." + ZONE)
        w.tlsa("bad." + ZONE, (2, 0, 1, "stranger"))
        # Usage 2: the certificate may be for the host's own name, too.
        for name, whom in ("e.", "e." + ZONE), ("f.", "other." + ZONE):
            w.host("real-" + name + ZONE, (2, 0, 1, "ca"), whom=whom)
            w.alias(name + ZONE, "real-" + name + ZONE)
        w.run([("a." + ZONE, "dane", GOOD), ("b." + ZONE, "dane", GOOD),
               ("c." + ZONE, "dane", REFUSED), ("d." + ZONE, "dane", GOOD),
               ("out." + ZONE, "dane", GOOD),
               ("bad." + ZONE, "dane", REFUSED),
               ("e." + ZONE, "dane", GOOD),
               ("f." + ZONE, "dane", REFUSED)])
        assert w.asked == ["real-a." + ZONE, "b." + ZONE,
                           "real-c." + ZONE, "real-d." + ZONE,
                           "out." + ZONE, "bad." + ZONE, "real-e." + ZONE,
                           "real-f." + ZONE], w.asked



def secret_client(mta):
    """Inside TLS; with what was offered in clear and is offered there."""
    c = mta.client()
    clear = c.hello().text
    c.cmd("MAIL FROM:<a@x.example> REQUIRETLS", 555)
    c.cmd("STARTTLS", 220)
    c.sock = ssl._create_unverified_context().wrap_socket(c.sock)
    c.file = c.sock.makefile("rb")
    return c, clear, c.hello().text


def smtpd_tls(w, **params):
    cert, key = w.pki.make("smtpd", "mx.example.org", ["mx.example.org"])
    return dict({"smtpd_tls_cert_file": cert, "smtpd_tls_key_file": key,
                 "smtpd_requiretls": "yes",
                 "send_tls_ca_file": w.pki.path("ca.pem")}, **params)


def say(c, mail, host, header="Subject: s"):
    c.cmd("MAIL FROM:%s" % mail, 250)
    c.cmd("RCPT TO:<r@%s>" % host, 250)
    c.cmd("DATA", 354)
    c.send(header + "\r\n\r\nbody\r\n.\r\n")
    return c.expect(250).text[0].split(" ", 1)[1]


def test_requiretls():
    """Offered inside TLS, and by send() to who offers it there."""
    with world(exts=("STARTTLS", "REQUIRETLS")) as w, \
            world() as lacks:
        lacks.pki, lacks.contexts = w.pki, w.contexts
        w.host("good." + ZONE, (3, 1, 1, None), ca="stranger")
        w.host("none." + ZONE)
        w.host("alien." + ZONE, ca="stranger")
        hook = SEND % w.backend.port
        hook = hook.replace('"port" => ', '"port" => $transaction'
                            '["senderaddress"]["domain"] == "lacks.example" '
                            '? %d : ' % lacks.backend.port)
        with SignedZone(ZONE, w.hosts, (), w.more) as zone, \
                Instance(hook=hook, params=smtpd_tls(
                    w, dns_trust_anchor=zone.anchor(),
                    dns_servers="127.0.0.1@%d" % zone.port)) as mta:
            c, clear, inside = secret_client(mta)
            with c:
                assert "REQUIRETLS" not in clear, clear
                assert "REQUIRETLS" in inside, inside
                for mode in ("disabled", "optional", "dane"):
                    mail = "<%s@x.example> REQUIRETLS" % mode
                    said = say(c, mail, "good." + ZONE)
                    assert said.startswith("250 tls"), said
                    said = say(c, mail, "none." + ZONE)
                    assert said.startswith("250 tls"), said
                    said = say(c, mail, "alien." + ZONE)
                    assert said.startswith("tls temporary clear 7"), said
                assert all(m["params"].split()[-1] == b"REQUIRETLS"
                           for m in w.backend.messages)
                assert len(w.backend.messages) == 6
                said = say(c, "<dane@lacks.example> REQUIRETLS",
                           "none." + ZONE)
                assert said.startswith("smtp permanent"), said
                assert "REQUIRETLS" in said and not lacks.backend.messages
                say(c, "<dane@x.example>", "good." + ZONE)
                assert b"REQUIRETLS" not in w.backend.messages[-1]["params"]
        with Instance(hook=hook, params=smtpd_tls(
                w, smtpd_requiretls="no")) as mta:
            c, clear, inside = secret_client(mta)
            with c:
                assert "REQUIRETLS" not in clear + inside


def test_not_required():
    """"TLS-Required: No" goes before what TLSA records demand."""
    with world() as w:
        w.host("strict." + ZONE, (3, 1, 1, "stranger"))
        with SignedZone(ZONE, w.hosts, (), w.more) as zone, \
                Instance(hook=SEND % w.backend.port, params=smtpd_tls(
                    w, dns_trust_anchor=zone.anchor(),
                    dns_servers="127.0.0.1@%d" % zone.port)) as mta:
            c, _, _ = secret_client(mta)
            with c:
                no = "Subject: s\r\nTLS-required:  no"
                for mail, header, want in (
                        ("<dane@x.example>", "Subject: s", REFUSED),
                        ("<dane@x.example>", no, GOOD),
                        ("<dane@x.example>", "TLS-Required: yes", REFUSED),
                        ("<dane_require@x.example>", no, REFUSED),
                        ("<dane@x.example> REQUIRETLS", no, REFUSED)):
                    said = say(c, mail, "strict." + ZONE, header)
                    assert said.startswith(want), (mail, header, said)
            mta.wait_log("tlsrpt=validation-failure")


QUEUE = '''
foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["sender"], $r["address"],
        $r["address"]["localpart"]);
Accept();
'''


def test_queued():
    """The same of what deliver takes from the queue."""
    with world(exts=("STARTTLS", "REQUIRETLS")) as w, world() as lacks:
        lacks.pki, lacks.contexts = w.pki, w.contexts
        for name, records in (("good.", [(3, 1, 1, None)]),
                              ("strict.", [(3, 1, 1, "ca")])):
            w.host(name + ZONE, *records, ca="stranger")
        w.host("none." + ZONE)
        with SignedZone(ZONE, w.hosts, (), w.more) as zone:
            mta = Mta(w.backend, hook=QUEUE, params=smtpd_tls(
                w, dns_trust_anchor=zone.anchor(),
                dns_servers="127.0.0.1@%d" % zone.port))
            mta.transports("".join(
                "transport %s host %s.%s:%d -o tls=dane "
                "-o retry=1h\n" % (id, host, ZONE, port)
                for id, host, port in (
                    ("good", "good", w.backend.port),
                    ("strict", "strict", w.backend.port),
                    ("lacks", "none", lacks.backend.port))))
            with mta:
                c, _, _ = secret_client(mta)
                with c:
                    for to, param, header in (
                            ("good", "", "Subject: 1"),
                            ("good", " REQUIRETLS", "Subject: 2"),
                            ("strict", "", "Subject: 3"),
                            ("strict", "", "TLS-Required: No"),
                            ("lacks", " REQUIRETLS", "Subject: 5")):
                        c.cmd("MAIL FROM:<a@x.example>" + param, 250)
                        c.cmd("RCPT TO:<%s@y.example>" % to, 250)
                        c.cmd("DATA", 354)
                        c.send(header + "\r\n\r\nbody\r\n.\r\n")
                        c.expect(250)
                held = mta.wait_state("bouncing")
                waits = mta.wait_state("defer")
                assert "lacks" in held[0]["recipient"], held
                assert "strict" in waits[0]["recipient"], waits
                assert len(mta.left()) == 2
                got = sorted((m["body"].split(b"\r\n\r\n")[0].split(b"\r\n")
                              [-1], b"REQUIRETLS" in m["params"])
                             for m in w.backend.messages)
                assert got == [(b"Subject: 1", False),
                               (b"Subject: 2", True),
                               (b"TLS-Required: No", False)], got
                log = {d["to"]: d for d in mta.deliveries()
                       if d["verdict"] != "done"}
                assert log["lacks@y.example"]["enhanced"] == "5.7.30", log
                assert log["strict@y.example"]["enhanced"] == "4.7.5", log
                assert log["strict@y.example"]["type"] == "dane", log
                assert log["strict@y.example"]["tlsrpt"] == \
                    "validation-failure", log


def test_exchangers():
    """Those that qmgr and deliver find: only what DNSSEC vouches for counts,
    and where one can't be known the next one is tried."""
    with world(exts=("STARTTLS", "REQUIRETLS")) as w:
        def domain(name, *hosts):
            w.more[name, MX] = [struct.pack("!H", i) + wire_name(h)
                                for i, h in enumerate(hosts)]

        w.host("good." + ZONE, (3, 1, 1, None), ca="stranger")
        w.host("strict." + ZONE, (3, 1, 1, "ca"), ca="stranger")
        w.host("false." + ZONE, (3, 1, 1, None))
        w.lie("false." + ZONE)
        w.hosts["false." + ZONE] = ["127.0.0.2"]        # of one address once
        w.host("named." + ZONE, (2, 0, 1, "ca"), whom="e." + ZONE)
        domain("a." + ZONE, "false." + ZONE, "good." + ZONE)
        domain("b." + ZONE, "strict." + ZONE)
        domain("open.example", "strict." + ZONE)
        domain("e." + ZONE, "named." + ZONE)
        domain("f." + ZONE, "named." + ZONE)
        with SignedZone(ZONE, w.hosts, (), w.more, w.lies) as zone:
            mta = Mta(None, hook=QUEUE, params=smtpd_tls(
                w, dns_trust_anchor=zone.anchor(),
                send_default_port=str(w.backend.port),
                dns_servers="127.0.0.1@%d" % zone.port))
            mta.transports("transport mx mx - -o tls=dane -o retry=1h\n")
            with mta:
                c, _, _ = secret_client(mta)
                with c:
                    for to, param in (("a." + ZONE, ""), ("b." + ZONE, ""),
                                      ("open.example", ""),
                                      ("e." + ZONE, ""), ("f." + ZONE, ""),
                                      ("open.example", " REQUIRETLS"),
                                      ("a." + ZONE, " REQUIRETLS")):
                        c.cmd("MAIL FROM:<a@x.example>" + param, 250)
                        c.cmd("RCPT TO:<mx@%s>" % to, 250)
                        c.cmd("DATA", 354)
                        c.send("Subject: s\r\n\r\nbody\r\n.\r\n")
                        c.expect(250)
                wait_for(lambda: len(mta.deliveries()) == 7, 20,
                         "7: %s" % mta.deliveries())
                said = sorted((d["to"][3:].split(".")[0], d["verdict"],
                               d.get("type", ""), d["remote_host"]
                               .split(".")[0] if "remote_host" in d else "")
                              for d in mta.deliveries())
                assert said == [("a", "done", "", "good"),
                                ("a", "done", "", "good"),
                                ("b", "defer", "dane", "strict"),
                                ("e", "done", "", "named"),
                                ("f", "defer", "dane", "named"),
                                ("open", "bounce", "smtp", ""),
                                ("open", "done", "", "strict")], said


if __name__ == "__main__":
    main(globals())
