#!/usr/bin/env python3
"""The front door for others: XCLIENT, the PROXY protocol, LMTP, limits over
workers, and what a message may weigh."""

import json
import os
import signal
import socket
import struct
import tempfile
import time

from halyard import (SLOW, Backend, Client, Instance, free_port, main,
                     wait_for)
from pki import certificate

TELL = '''
$c = $connection;
Accept([json_encode([$c["remoteip"] ?? none, $c["remoteptr"] ?? none,
    $c["remoteport"] ?? none, $c["localip"] ?? none, $c["localport"] ?? none,
    $c["helo"]["host"], $c["auth"]["username"] ?? none])]);
'''
SIG = b"\r\n\r\n\0\r\nQUIT\n"


def instance(params=None, eod=TELL, maxproc=2, **hooks):
    mta = Instance(hook=eod, params=params, maxproc=maxproc)
    for name, text in hooks.items():
        with open(mta.path("hooks/%s.hsl" % name), "w") as f:
            f.write(text)
        mta.set(**{"hook_" + name: "hooks/%s.hsl" % name})
    return mta


def said(c, message="x\r\n"):
    return json.loads(c.message(message).text[0][6:])


# ---- XCLIENT ----------------------------------------------------------------

def test_xclient():
    connect = 'if ($arguments["remoteip"] == "192.0.2.66") Reject("no");' \
        'Accept();'
    with instance({"xclient_hosts": "127.0.0.0/8"}, connect=connect) as mta:
        with mta.client() as c:
            assert [t for t in c.hello().text if t == "XCLIENT NAME ADDR PORT"
                    " PROTO HELO LOGIN DESTADDR DESTPORT"]
            c.cmd("XCLIENT NAME=c.example ADDR=192.0.2.1 PORT=4711 "
                  "HELO=orig+2Eexample LOGIN=bob+40b DESTADDR=IPv6:2001:db8::1"
                  " DESTPORT=26 PROTO=ESMTP", 220)
            c.cmd("MAIL FROM:<a@b.example>", 503)   # it began anew
            assert "XCLIENT" not in str(c.hello())  # the right has gone
            assert said(c) == ["192.0.2.1", "c.example", 4711, "2001:db8::1",
                               26, "orig.example", "bob@b"]
            c.cmd("XCLIENT ADDR=192.0.2.2", 550)
        with mta.client() as c:
            c.cmd("xclient addr=ipv6:2001:DB8::2 name=[unavailable] "
                  "port=[TEMPUNAVAIL]", 220)
            c.hello()
            assert said(c)[:3] == ["2001:db8::2", None, 0]
        with mta.client() as c:
            c.cmd("XCLIENT ADDR=[UNAVAILABLE] LOGIN=[UNAVAILABLE]", 220)
            c.hello()
            assert said(c)[0] is None
        with mta.client() as c:                     # the hook is asked again
            c.hello()
            c.cmd("XCLIENT ADDR=192.0.2.66", 521)
            assert c.closed()


def test_xclient_refusals():
    with instance({"xclient_hosts": "127.0.0.0/8",
                   "smtpd_error_limit": "50"}) as mta, mta.client() as c:
        c.hello()
        for bad in ("ADDR=1.2.3", "ADDR=", "ADDR", "FOO=x", "ADDR=::1 ADDR=::2",
                    "PORT=65536", "PORT=x", "PROTO=LMTP", "NAME=a+0Ab",
                    "NAME=a+zz", "NAME=a+", "NAME=a=b", "HELO=" + "x" * 300,
                    "LOGIN=+00", "DESTADDR=[1", "=x"):
            c.cmd("XCLIENT " + bad, 501)
        c.cmd("XCLIENT", 501)
        c.envelope()
        c.cmd("XCLIENT ADDR=192.0.2.1", 503)
        c.cmd("RSET", 250)
        assert said(c)[0] == "127.0.0.1"            # nothing was taken over
    with instance({"xclient_hosts": "192.0.2.0/24"}) as mta, \
            mta.client() as c:
        assert "XCLIENT" not in str(c.hello())
        c.cmd("XCLIENT ADDR=192.0.2.1", 550)
        assert said(c)[0] == "127.0.0.1"


def test_xclient_over_tls():
    import ssl
    with tempfile.TemporaryDirectory() as d, instance(
            dict(certificate(d), xclient_hosts="127.0.0.1"),
            eod='Accept($connection["tls"]["protocol"]);') as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("STARTTLS", 220)
        c.sock = ssl._create_unverified_context().wrap_socket(c.sock)
        c.file = c.sock.makefile("rb")
        c.cmd("XCLIENT ADDR=192.0.2.1", 220)
        assert "STARTTLS" not in c.hello().text     # TLS stays
        assert c.message().text[0].endswith("TLSv1.3")


def test_received():
    """Who, from where and how, of the client that XCLIENT speaks for."""
    import ssl
    with Backend() as b, tempfile.TemporaryDirectory() as d:
        mta = Instance(b.port, params=dict(
            certificate(d), xclient_hosts="127.0.0.1"))
        with mta:
            for xclient, hello, sender, want in (
                    ("ADDR=192.0.2.1 NAME=c.example", "EHLO a", "",
                     "from a (c.example [192.0.2.1])|with ESMTP id"),
                    ("ADDR=IPV6:2001:db8::1 NAME=[UNAVAILABLE]", "HELO a", "",
                     "from a ([IPv6:2001:db8::1])|with SMTP id"),
                    ("ADDR=[UNAVAILABLE] LOGIN=bob", "EHLO a", "",
                     "from a (unknown)|with ESMTPA id"),
                    ("PROTO=SMTP HELO=(evil+0B", "EHLO a", "", None),
                    ("PROTO=SMTP HELO=(evil", "EHLO a", "",
                     "from ?evil ([127.0.0.1])|with SMTP id"),
                    ("HELO=a;b+22c@d(e)<f>+5Cg,h:[i]/j", "EHLO a", "",
                     "from a?b?c?d?e??f??g?h??i??j ([127.0.0.1])|"),
                    ("NAME=a;b+22c@d", "EHLO [192.0.2.7]", "",
                     "from [192.0.2.7] (a?b?c?d [127.0.0.1])|"),
                    ("LOGIN=bob", "EHLO [IPv6:::1]", "",
                     "from [IPv6:::1] ([127.0.0.1])|"),
                    ("LOGIN=bob", "EHLO [::1]", "", "from ???1? (|"),
                    ("LOGIN=bob", "EHLO [a];_c-d.e", "",
                     "from ?a??_c-d.e ([127.0.0.1])|"),
                    ("LOGIN=bob", "EHLO a", " SMTPUTF8",
                     "from a ([127.0.0.1])|with UTF8SMTPA id"),
                    ("tls LOGIN=bob", "EHLO a", "",
                     "from a ([127.0.0.1])|with ESMTPSA id")):
                with mta.client() as c:
                    if xclient.startswith("tls "):
                        c.hello()
                        c.cmd("STARTTLS", 220)
                        c.sock = ssl._create_unverified_context().wrap_socket(
                            c.sock)
                        c.file = c.sock.makefile("rb")
                        xclient = xclient[4:]
                    c.cmd("XCLIENT " + xclient, 220 if want else 501)
                    if want is None:
                        continue
                    c.cmd(hello, 250)
                    c.cmd("MAIL FROM:<a@b.example>" + sender, 250)
                    c.cmd("RCPT TO:<a@b.example>", 250)
                    c.cmd("DATA", 354)
                    r = c.cmd("x\r\n.")
                    assert r.code == 250, r
                    body = b.messages[-1]["body"].decode()
                    for part in want.split("|"):
                        assert part in body, (part, body)


# ---- PROXY ------------------------------------------------------------------

def v2(command=1, family=0x11, addresses=None, tlv=b""):
    if addresses is None:
        addresses = socket.inet_aton("192.0.2.9") + \
            socket.inet_aton("192.0.2.10") + struct.pack("!HH", 4711, 25)
    return SIG + bytes([0x20 | command, family]) + struct.pack(
        "!H", len(addresses + tlv)) + addresses + tlv


V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::9") + \
    socket.inet_pton(socket.AF_INET6, "2001:db8::10") + \
    struct.pack("!HH", 1, 65535)
SHOW = 'echo json_encode([$arguments["proxyip"] ?? none, ' \
    '$arguments["proxytlv"] ?? none]);'
V4_SEEN = ["192.0.2.9", None, 4711, "192.0.2.10", 25]
V6_SEEN = ["2001:db8::9", None, 1, "2001:db8::10", 65535]
HEADERS = (
    (b"PROXY TCP4 192.0.2.9 192.0.2.10 4711 25\r\n", V4_SEEN, None),
    (b"PROXY TCP6 2001:db8::9 2001:db8::10 1 65535\r\n", V6_SEEN, None),
    (b"PROXY UNKNOWN\r\n", None, None),
    (v2(), V4_SEEN, None),
    (v2(family=0x21, addresses=V6, tlv=b"\x02\0\x03abc"), V6_SEEN,
     "020003616263"),
    (v2(command=0, tlv=b"junk"), None, None),
    (v2(family=0, addresses=b""), None, None),
    (v2(family=0x31, addresses=b"/" * 216), None, None),
)


def test_proxy_protocol():
    with instance({"proxy_protocol_hosts": "127.0.0.1/32"},
                  connect=SHOW) as mta:
        for header, seen, tlv in HEADERS:
            for way in ("whole", "bytes", "with commands"):
                c = Client(mta.port, greet=False)
                if way == "bytes":
                    c.sock.setsockopt(socket.IPPROTO_TCP,
                                      socket.TCP_NODELAY, 1)
                    for i in range(len(header)):
                        c.send(header[i:i + 1])
                        time.sleep(0.0005)
                else:
                    c.send(header + (b"EHLO early\r\n" if way != "whole"
                                     else b""))
                c.expect(220)
                if way == "with commands":
                    c.expect(250)
                c.hello()
                got = said(c)
                if seen is None:
                    assert got[0] == "127.0.0.1", (header, got)
                else:
                    assert got[:5] == seen, (header, got)
                line = [l for l in mta.log().splitlines()
                        if "event=echo" in l][-1]
                assert (tlv or "null") in line, line
                assert ("127.0.0.1" in line) == (seen is not None), line
                c.send(header if header.startswith(b"PROXY") else b"X\r\n")
                c.expect(500)                       # a second one
                c.close()


def test_proxy_protocol_refused():
    bad = (b"EHLO client.example\r\n", b"PROXY TCP4 x y 1 2\r\n",
           b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", b"\r\n\r\n\0\r\nQUIX",
           v2(addresses=b"123"), v2(tlv=b"\2\0\xffx"), b"\x16\x03\x01",
           v2(tlv=b"\3\0\4abcd"), b"P" * 200)
    with instance({"proxy_protocol_hosts": "127.0.0.1",
                   "proxy_protocol_timeout": "1s"}) as mta:
        for header in bad:
            with Client(mta.port, greet=False) as c:
                c.send(header)
                assert c.closed(), header
        with Client(mta.port, greet=False) as c:    # never whole
            c.send(b"PROXY TCP4 ")
            start = time.monotonic()
            assert c.closed()
            assert 0.5 < time.monotonic() - start < 5 * SLOW
        assert "PROXY header" in mta.log()
    # From others nothing is read as a header: the greeting comes at once.
    with instance({"proxy_protocol_hosts": "192.0.2.0/24"}) as mta, \
            mta.client() as c:
        c.send(HEADERS[0][0])
        c.expect(500)


def test_health_checks_are_no_fault():
    """Connect and close, by FIN or RST: counted, and no warning."""
    with instance({"proxy_protocol_hosts": "127.0.0.1"}) as mta:
        for end in ("close", "reset", "close"):
            getattr(Client(mta.port, greet=False), end)()
        wait_for(lambda: mta.counters()["sessions_probed"] == 3)
        assert mta.counters()["sessions_refused"] == 0
        wait_for(lambda: mta.log().count("event=probe") == 3)
        assert "event=refuse" not in mta.log()
        with Client(mta.port, greet=False) as c:    # this is one
            c.send(b"PROX")
            time.sleep(0.2)
        mta.wait_log("event=refuse")
        assert mta.counters()["sessions_probed"] == 3


def test_proxy_protocol_before_tls():
    import ssl
    with tempfile.TemporaryDirectory() as d, instance(
            dict(certificate(d), proxy_protocol_hosts="127.0.0.1",
                 smtpd_tls_wrapper="yes")) as mta:
        c = Client(mta.port, greet=False)
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = ssl._create_unverified_context().wrap_bio(into, out)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        c.send(HEADERS[0][0] + out.read())          # in one piece
        while True:
            try:
                got = tls.read(1000)
                break
            except ssl.SSLWantReadError:
                c.send(out.read())
                into.write(c.sock.recv(20000))
        assert got.startswith(b"220 "), got


# ---- LMTP -------------------------------------------------------------------

def test_lmtp():
    rcptto = 'if ($arguments["address"]["localpart"] == "no") Reject("no");'
    eod = 'if (length($transaction["recipients"]) == 3) Reject(["a", "b"]);' \
        'Accept($connection["helo"]["verb"]);'
    with instance({"smtpd_protocol": "lmtp"}, eod=eod, rcptto=rcptto) as mta, \
            mta.client() as c:
        c.cmd("EHLO x", 500)
        c.cmd("HELO x", 500)
        r = c.cmd("LHLO x", 250)
        assert "PIPELINING" in r.text and "CHUNKING" in r.text
        for n in (1, 2):
            for how in ("DATA", "BDAT"):
                c.cmd("MAIL FROM:<a@b.example>", 250)
                for i in range(n):
                    c.cmd("RCPT TO:<u%d@b.example>" % i, 250)
                    c.cmd("RCPT TO:<no@b.example>", 554)
                if how == "DATA":
                    c.cmd("DATA", 354)
                    c.send("x\r\n.\r\n")
                else:
                    c.send("BDAT 3 LAST\r\nx\r\n")
                for i in range(n):
                    assert c.expect(250).text == ["2.0.0 LHLO"]
                c.cmd("NOOP", 250)                  # and no more than these
        c.envelope(rcpts=["a@b", "b@b", "c@b"])
        c.cmd("DATA", 354)
        c.send("x\r\n.\r\nNOOP\r\n")
        for i in range(3):
            assert c.expect(550).lines == ["550-5.7.1 a", "550 5.7.1 b"]
        c.expect(250)
        c.envelope(rcpts=["a@b", "b@b"])            # refused by the server
        c.cmd("DATA", 354)
        c.send("bare\nlf\r\n.\r\nNOOP\r\n")
        for code in (550, 550, 250):
            c.expect(code)
    with instance({"smtpd_protocol": "lmtp", "smtpd_recipient_limit": "1"},
                  eod="Accept();") as mta, mta.client() as c:
        c.cmd("LHLO x", 250)
        c.cmd("MAIL FROM:<a@b.example>", 250)
        c.cmd("RCPT TO:<a@b.example>", 250)
        assert c.cmd("RCPT TO:<b@b.example>").lines[0].startswith("452 4.5.3")
    with instance() as mta, mta.client() as c:
        c.cmd("LHLO x", 500)


# ---- MAIL AUTH=, DSN --------------------------------------------------------

def test_mail_parameters():
    helo = 'if ($arguments["host"] == "dsn")' \
        'Accept(["extensions" => [...$arguments["extensions"], "DSN"]]);'
    params = {"smtpd_auth_tls_only": "no", "smtpd_error_limit": "100"}
    with instance(params, helo=helo, auth="Accept();",
                  eod='Accept($transaction["senderparams"]["AUTH"]);') as mta, \
            mta.client() as c:
        c.cmd("EHLO dsn", 250)
        for value, code in (("<>", 250), ("a@b.example", 250),
                            ("e+3Dmc2@example.com", 250), ("+", 501),
                            ("a+4", 501), ("nobody", 501), ("<a@b>", 501),
                            ("", 501), ("x" * 600 + "@b", 501)):
            c.cmd("MAIL FROM:<a@b.example> AUTH=" + value, code)
            c.cmd("RSET", 250)
        c.cmd("MAIL FROM:<a@b.example> AUTH=x+40y", 250)
        for line, code in (
                ("RET=FULL", 250), ("RET=HDRS", 250), ("RET=X", 501),
                ("ENVID=a+2Bb", 250), ("ENVID=a+", 501),
                ("ENVID=" + "x" * 101, 501), ("RET=FULL RET=FULL", 501)):
            c.cmd("RSET", 250)
            c.cmd("MAIL FROM:<a@b.example> " + line, code)
        c.cmd("RSET", 250)
        c.cmd("MAIL FROM:<a@b.example> AUTH=<>", 250)
        for line, code in (
                ("NOTIFY=NEVER", 250), ("NOTIFY=SUCCESS,DELAY", 250),
                ("NOTIFY=NEVER,DELAY", 501), ("NOTIFY=DELAY,DELAY", 501),
                ("NOTIFY=", 501), ("ORCPT=rfc822;a+40b", 250),
                ("ORCPT=rfc822", 501), ("ORCPT=rfc822;a+4", 501),
                ("ORCPT=rfc822;" + "x" * 500, 501)):
            c.cmd("RCPT TO:<a@b.example> " + line, code)
        c.cmd("DATA", 354)
        assert c.cmd("x\r\n.").text == ["2.0.0 <>"]
        c.cmd("EHLO plain", 250)
        c.cmd("MAIL FROM:<a@b.example> RET=FULL", 555)
    with instance() as mta, mta.client() as c:      # AUTH is not offered
        c.hello()
        c.cmd("MAIL FROM:<a@b.example> AUTH=<>", 555)


# ---- The same over TLS, and in any cut --------------------------------------

TALK = {
    "smtp": (b"EHLO a\r\nNOOP x\r\nMAIL FROM:<a@b.example> SIZE=10 AUTH=<>\r\n"
             b"RCPT TO:<a@b.example>\r\nRCPT TO:<b@b.example>\r\nRSET\r\n"
             b"XCLIENT ADDR=192.0.2.1\r\nEHLO b\r\nMAIL FROM:<>\r\n"
             b"RCPT TO:<a@b.example>\r\nBDAT 3\r\na\r\nBDAT 4 LAST\r\n.b\r\n"
             b"AUTH PLAIN AHgAeA==\r\nMAIL FROM:<a@b.example>\r\n"
             b"RCPT TO:<a@b.example>\r\nMAIL FROM:<x@b.example>\r\nFOO\r\n"
             b"DATA\r\n", (220, 250, 250, 250, 250, 250, 250, 220, 250, 250,
                          250, 250, 250, 235, 250, 250, 503, 500, 354)),
    "lmtp": (b"LHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a@b.example>\r\n"
             b"RCPT TO:<b@b.example>\r\nBDAT 3 LAST\r\na\r\nMAIL FROM:<>\r\n"
             b"RCPT TO:<a@b.example>\r\nDATA\r\n",
             (220, 250, 250, 250, 250, 250, 250, 250, 250, 354)),
}


def test_over_tls_and_in_any_cut():
    import ssl
    ctx = ssl._create_unverified_context()
    with tempfile.TemporaryDirectory() as d:
        for protocol, (talk, codes) in TALK.items():
            for tls in ("no", "yes"):
                with instance(dict(
                        certificate(d), smtpd_protocol=protocol,
                        smtpd_tls_wrapper=tls, smtpd_auth_tls_only="no",
                        xclient_hosts="127.0.0.1"), auth="Accept();",
                        eod="Accept();") as mta:
                    for cut in (1, 2, 7, len(talk)):
                        c = Client(mta.port, greet=False)
                        c.sock.setsockopt(socket.IPPROTO_TCP,
                                          socket.TCP_NODELAY, 1)
                        if tls == "yes":
                            c.sock = ctx.wrap_socket(c.sock)
                            c.file = c.sock.makefile("rb")
                        for i in range(0, len(talk), cut):
                            c.send(talk[i:i + cut])
                        got = tuple(c.reply().code for _ in codes)
                        assert got == codes, (protocol, tls, cut, got)
                        c.send(b"..x\r\n.\r\nQUIT\r\n")
                        assert (c.reply().code, c.reply().code) == (250, 221)
                        assert c.closed()


# ---- Limits over workers ----------------------------------------------------

def many(mta, n):
    clients = [mta.client() for _ in range(n)]
    for c in clients:
        c.hello()
    return clients


def turned_away(mta):
    with Client(mta.port, greet=False) as c:
        r = c.expect(421)
        assert c.closed()
        return r.lines[0]


def counted(mta, n):
    wait_for(lambda: mta.counters()["sessions"] == n, text="%d open" % n)


def test_client_limit():
    """Of all workers together, right again after one was killed, and over a
    reload."""
    params = {"smtpd_client_connection_limit": "6",
              "smtpd_client_limit_exempt": "127.0.0.64/26"}
    with instance(params, maxproc=3) as mta:
        clients = many(mta, 6)
        assert "4.7.0" in turned_away(mta)
        with socket.create_connection(("127.0.0.1", mta.port), 10,
                                      ("127.0.0.2", 0)) as other:
            assert other.recv(3) == b"220"          # another client
        with socket.create_connection(("127.0.0.1", mta.port), 10,
                                      ("127.0.0.65", 0)) as exempt:
            assert exempt.recv(3) == b"220"
        clients.pop().close()
        counted(mta, 5)
        clients.append(mta.client())
        turned_away(mta)
        for pid in mta.workers():
            os.kill(pid, signal.SIGKILL)
        counted(mta, 0)
        wait_for(lambda: len(mta.workers()) == 3, text="new workers")
        for c in clients:
            c.close()
        clients = many(mta, 4)
        mta.ctl("reload")                           # these stay, and count
        clients += many(mta, 2)
        turned_away(mta)
        for c in clients[:4]:
            c.cmd("QUIT", 221)
            c.close()
        wait_for(lambda: len(mta.workers()) == 3, text="the old to go")
        for c in many(mta, 4) + clients[4:]:
            c.close()


def sockets(pid):
    at = "/proc/%d/fd/" % pid
    found = 0
    for fd in os.listdir(at):
        try:
            found += os.readlink(at + fd).startswith("socket:")
        except OSError:                             # closed meanwhile
            pass
    return found


def test_few_are_shared():
    """A few sessions are no one worker's: the others are asleep, and who is
    awake leaves each connection to them for a moment."""
    with instance(maxproc=3) as mta:
        before = {pid: sockets(pid) for pid in mta.workers()}
        clients = many(mta, 24)
        held = sorted(sockets(pid) - n for pid, n in before.items())
        assert sum(held) == 24 and held[0] >= 4, held
        for c in clients:
            c.close()


def test_server_concurrency():
    """Sessions of a server, with all workers and by their clients; of another
    server, too, and right again after a kill."""
    helo = """
    $said = [];
    foreach (["one", "two", "no"] as $id)
        $said[] = json_encode(server_concurrency($id));
    foreach (["127.0.0.1", "127.0.0.2", "127.0.0.0/30", "10.0.0.0/8",
        "::/0"] as $net)
        $said[] = json_encode(server_concurrency("one", $net));
    try { server_concurrency("one", "here"); }
    catch ($e) { $said[] = $e->message(); }
    Reject(implode(" ", $said));
    """
    mta = instance({"hook_helo": "hooks/helo.hsl", "server_id": "one",
                    "smtpd_client_limit_exempt": "127.0.0.0/8"}, maxproc=3)
    port = free_port()
    with open(mta.path("hooks/helo.hsl"), "w") as f:
        f.write(helo)
    with open(mta.path("master.cf"), "a") as f:
        f.write("127.0.0.1:%d inet n - - - 2 smtpd -o server_id=two\n" % port)

    bad = "server_concurrency(): 'here' is neither an address nor a network"

    def answer(to):
        with Client(to) as c:
            return c.cmd("HELO x", 554).text[0]

    def says(to, want):
        wait_for(lambda: answer(to) == want + bad, text=want)
    with mta:
        clients = [mta.client() for _ in range(7)]
        more = [socket.create_connection(("127.0.0.1", mta.port), 10,
                                         ("127.0.0.2", 0)) for _ in range(3)]
        for s in more:
            assert s.recv(3) == b"220"
        says(mta.port, "11 0 null 8 3 11 0 0 ")
        says(port, "10 1 null 7 3 10 0 0 ")
        clients.pop().close()
        more.pop().close()
        says(port, "8 1 null 6 2 8 0 0 ")
        for pid in mta.workers():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: len(mta.workers()) == 5, text="new workers")
        says(mta.port, "1 0 null 1 0 1 0 0 ")
        for s in clients + more:
            s.close()


def test_total_limit():
    with instance({"smtpd_total_connection_limit": "5"}, maxproc=2) as mta:
        clients = many(mta, 5)
        assert "4.3.2" in turned_away(mta)
        clients.pop().close()
        counted(mta, 4)
        many(mta, 1)[0].cmd("QUIT", 221)
        for c in clients:
            c.close()


def test_client_limit_behind_proxy():
    """The client of the header counts, not the proxy."""
    with instance({"smtpd_client_connection_limit": "1",
                   "proxy_protocol_hosts": "127.0.0.1"}) as mta:
        def dial(ip, code):
            c = Client(mta.port, greet=False)
            c.send("PROXY TCP4 %s 192.0.2.200 1 25\r\n" % ip)
            c.expect(code)
            return c
        a, b = dial("192.0.2.1", 220), dial("192.0.2.2", 220)
        dial("192.0.2.1", 421).close()
        a.cmd("QUIT", 221)
        a.close()
        counted(mta, 1)
        dial("192.0.2.1", 220).close()
        b.close()


def test_session_limits():
    with instance({"smtpd_message_limit": "2"}) as mta, mta.client() as c:
        c.hello()
        for _ in range(2):
            assert c.message().code == 250
        c.cmd("MAIL FROM:<a@b.example>", 421)
        assert c.closed()
    with instance({"smtpd_command_limit": "10"}) as mta, mta.client() as c:
        for _ in range(10):
            c.cmd("NOOP", 250)
        c.cmd("NOOP", 421)
        assert c.closed()
    with instance({"smtpd_error_limit": "3"}) as mta, mta.client() as c:
        for _ in range(3):
            c.cmd("FOO", 500)
        c.expect(421)
        assert c.closed()
    with instance({"smtpd_session_timeout": "2s"}) as mta, mta.client() as c:
        start = time.monotonic()
        while time.monotonic() - start < 1.5:
            c.cmd("NOOP", 250)
            time.sleep(0.1)
        c.expect(421)
        assert c.closed()
    with instance({"smtpd_idle_timeout": "1s"}) as mta, mta.client() as c:
        c.expect(421)
        assert c.closed()


# ---- What a message may weigh -----------------------------------------------

def nested(depth):
    text = ""
    for i in range(depth):
        text += "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n" \
            "--b%d\r\n" % (i, i)
    return text + "\r\nx\r\n" + "".join(
        "--b%d--\r\n" % i for i in reversed(range(depth)))


def test_loops():
    with instance() as mta, mta.client() as c:
        c.hello()
        for n, code in ((99, 250), (100, 250), (101, 554), (2000, 554)):
            head = "".join(
                "Received: from a by b\r\n" if i % 3 else
                "rEceived:\r\n\tfrom a by b\r\n" for i in range(n))
            r = c.message(head + "\r\nx\r\n")
            assert r.code == code, (n, r)
            assert code == 250 or r.text[0].startswith("5.4.6 "), r
        inner = "Content-Type: message/rfc822\r\n\r\n" + \
            "Received: x\r\n" * 200 + "\r\nx\r\n"
        assert c.message(inner).code == 250         # not the message's own
        assert c.message("Subject: x\r\n\r\n" + "Received: x\r\n" * 200
                         ).code == 250
    with instance({"hop_count_limit": "3"}) as mta, mta.client() as c:
        c.hello()
        assert c.message("Received: x\r\n" * 3 + "\r\n").code == 250
        assert c.message("Received: x\r\n" * 4 + "\r\n").code == 554
        c.cmd("MAIL FROM:<a@b.example>", 250)
        c.cmd("RCPT TO:<a@b.example>", 250)
        text = b"Received: x\r\n" * 4 + b"\r\n"
        c.send(b"".join(b"BDAT 1\r\n%c" % byte for byte in text[:-1]))
        for _ in text[:-1]:
            c.expect(250)
        c.send(b"BDAT 1 LAST\r\n\n")
        c.expect(554)


def test_delivered_to():
    """A message that was delivered to one of its recipients is a loop."""
    loops = ("Delivered-To: a@b.example\r\n\r\n",
             "X: y\r\ndelivered-TO :\t<A@B.EXAMPLE> \r\n\r\n",
             "".join("Delivered-To: u%d@b.example\r\n" % n
                     for n in range(50)) + "Delivered-To: a@b.example\r\n\r\n")
    others = ("Delivered-To: aa@b.example\r\nX-Delivered-To: a@b.example\r\n"
              "\r\nDelivered-To: a@b.example\r\n",
              "Content-Type: message/rfc822\r\n\r\n"
              "Delivered-To: a@b.example\r\n\r\n",
              "Delivered-To:\r\n\r\n")
    for params, code in ({}, 554), ({"loop_delivered_to": "no"}, 250):
        with instance(params) as mta, mta.client() as c:
            c.hello()
            for text, want in [(t, code) for t in loops] + [
                    (t, 250) for t in others]:
                c.cmd("MAIL FROM:<s@b.example>", 250)
                c.cmd("RCPT TO:<other@b.example>", 250)
                c.cmd("RCPT TO:<a@b.example>", 250)
                c.cmd("DATA", 354)
                c.send(text.encode() + b".\r\n")
                r = c.expect(want)
                assert want == 250 or r.text[0].startswith("5.4.6 "), r


def test_deliverby():
    """BY= is known where it is offered, and checked."""
    with instance() as mta, mta.client() as c:
        assert not any("DELIVERBY" in l for l in c.cmd("EHLO x", 250).text)
        c.cmd("MAIL FROM:<a@b.example> BY=60;R", 555)
    with instance({"smtpd_deliverby": "yes"}) as mta, mta.client() as c:
        assert any(l == "DELIVERBY" for l in c.cmd("EHLO x", 250).text)
        for value, code in (
                ("60;R", 250), ("60;n", 250), ("-5;NT", 250), ("0;N", 250),
                ("+999999999;RT", 250), ("0;R", 501), ("-1;R", 501),
                ("1000000000;N", 501), ("60", 501), ("60;", 501),
                ("60;X", 501), ("60;RR", 501), (";R", 501), ("6 0;R", 501),
                ("--5;N", 501), ("60;RTT", 501)):
            c.cmd("MAIL FROM:<a@b.example> BY=%s" % value, code)
            if code == 250:
                c.cmd("RSET", 250)


def test_header_and_depth():
    with instance({"header_size_limit": "4k", "mime_depth_limit": "5"}) \
            as mta, mta.client() as c:
        c.hello()
        fold = "Subject: x\r\n" + (" " + "y" * 97 + "\r\n") * 39
        assert len(fold) < 4096
        assert c.message(fold + "\r\n" + "z" * 500 + "\r\n").code == 250
        r = c.message(fold + " " + "y" * 300 + "\r\n\r\nz\r\n")
        assert r.code == 552 and r.text[0].startswith("5.3.4 "), r
        assert c.message(nested(5)).code == 250
        r = c.message(nested(6))
        assert r.code == 554 and r.text[0].startswith("5.6.0 "), r
        assert c.message(nested(2000)).code == 554


if __name__ == "__main__":
    main(globals())
