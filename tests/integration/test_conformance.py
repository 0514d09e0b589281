#!/usr/bin/env python3
"""The standards, row by row: each a dialogue that is said whole, byte by byte,
cut in two at every byte, and over TLS, and must be answered alike each time.

A row is what the client sends in one go and the replies to all of it; what
must be waited for has tests of its own elsewhere.
"""

import concurrent.futures
import hashlib
import re
import socket
import ssl
import sys
import tempfile
import time

from halyard import SLOW, Instance, main
from pki import certificate

HOOK = '''
Accept("size " . $arguments["mail"]->getSize() . " md5 " .
    md5($arguments["mail"]->toString()) . " to " .
    array_join(array_map(function ($r) { return $r["recipient"]; },
    $transaction["recipients"]), ","));
'''
HELO = '''
if ($arguments["host"] == "dsn.example")
    Accept(["extensions" => [...$arguments["extensions"], "DSN"]]);
'''
AUTH = '''
if ($arguments["mechanism"] == "X-WORD") {
    if ($arguments["state"] == 0 and $arguments["response"] === none)
        Reply("word?");
    if ($arguments["response"] == "later") Defer();
    if ($arguments["response"] == "sesame") Accept(["username" => "ali"]);
    Reject();
}
if ($arguments["username"] == "tim" and $arguments["password"] == "secret")
    Accept();
Reject();
'''
PARAMS = {"smtpd_error_limit": "1000", "message_size_limit": "100000",
          "smtpd_recipient_limit": "200", "smtpd_auth_tls_only": "no",
          "smtpd_line_length_limit": "2k", "smtpd_auth_mechanisms":
          "PLAIN LOGIN X-WORD", "hook_helo": "hooks/helo.hsl",
          "hook_auth": "hooks/auth.hsl"}
EHLO = b"EHLO c.example\r\n"
FROM = b"MAIL FROM:<a@b.example>\r\n"
TO = b"RCPT TO:<c@d.example>\r\n"
ENVELOPE = FROM + TO
SIDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}")


class Server:
    def __init__(self, **params):
        self.tmp = tempfile.TemporaryDirectory()
        self.mta = Instance(hook=HOOK, maxproc=1, params=dict(
            PARAMS, **certificate(self.tmp.name), **params))
        for name, text in (("helo", HELO), ("auth", AUTH)):
            with open(self.mta.path("hooks/%s.hsl" % name), "w") as f:
                f.write(text)

    def __enter__(self):
        self.mta.start()
        return self

    def __exit__(self, *exc):
        self.mta.__exit__(*exc)
        self.tmp.cleanup()


def connect(port, tls, hello=b"EHLO"):
    s = socket.create_connection(("127.0.0.1", port), 30)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not tls:
        return s
    greeting = read_replies(s, 1)
    s.sendall(hello + b" c.example\r\n")
    read_replies(s, 1)
    s.sendall(b"STARTTLS\r\n")
    read_replies(s, 1)
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    s = ctx.wrap_socket(s)
    s.greeting = greeting
    return s


def read_replies(s, count):
    """At least count replies, or what came before the end."""
    got = b""
    while len(re.findall(rb"^\d{3} .*\r\n", got, re.M)) < count:
        try:
            part = s.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            part = b""
        if not part:
            break
        got += part
    return got


def say(port, pieces, tls=False, pause=0.0, hello=b"EHLO"):
    """All that is answered until the server closes."""
    s = connect(port, tls, hello)
    got = s.greeting if tls else b""
    try:
        for piece in pieces:
            s.sendall(piece)
            if pause:
                time.sleep(pause)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
        pass                            # closed: what it said is there yet
    got += read_replies(s, 1 << 30)
    s.close()
    return SIDS.sub(b"ID", got).decode("utf-8", "replace")


def heads(transcript, enhanced):
    """Codes of the replies after the greeting; with their enhanced ones."""
    found = []
    for line in transcript.split("\r\n")[1:]:
        m = re.match(r"(\d{3}) (\d\.\d+\.\d+ )?", line)
        if m:
            found.append(m.group(0).strip() if enhanced and m.group(2)
                         else m.group(1))
    return found


def ways(data):
    """How a dialogue is cut: name, pieces, TLS, pause."""
    yield "whole", [data], False, 0
    step = 1 + len(data) // 2000            # of long ones, small pieces
    single = [data[i:i + step] for i in range(0, len(data), step)]
    yield "bytes", single, False, 0.0001
    yield "whole over TLS", [data], True, 0
    yield "bytes over TLS", single, True, 0


def plain(transcript):
    """Without what TLS changes: the extensions offered."""
    return re.sub(r"250[- ](STARTTLS|AUTH [A-Z -]*)\r\n", "", transcript)


def row(server, data, want, cuts=True, hello=b"EHLO", over_tls=True):
    """want: codes, with an enhanced one where it is given."""
    data += b"QUIT\r\n"
    port = server.mta.port
    first = None
    for name, pieces, tls, pause in ways(data):
        if tls and not over_tls:
            continue
        said = say(port, pieces, tls, pause, hello)
        if first is None:
            first = said
            got = heads(said, any("." in w for w in want))
            check = [g if "." in w else g[:3]
                     for g, w in zip(got, want)] + got[len(want):]
            assert check == want, "%r\n%s" % (data[:300], said)
        same = re.sub(r"\r\n250 ", "\r\n250-", plain(said)) == \
            re.sub(r"\r\n250 ", "\r\n250-", plain(first))
        assert same, "%s of %r\n%s\n--- whole:\n%s" % (name, data[:300], said,
                                                      first)
    if not cuts:
        return first

    def cut(at):
        return at, say(port, [data[:at], data[at:]], False, 0.0005)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for at, said in pool.map(cut, range(1, len(data), SLOW)):
            assert said == first, "cut at %d of %r\n%s\n--- whole:\n%s" % (
                at, data[:300], said, first)
    return first


def body(text):
    """What the hook says of a message that arrived as `text`."""
    return "size %d md5 %s" % (len(text), hashlib.md5(text).hexdigest())


# ---- RFC 5321 ----------------------------------------------------------------

def test_5321_1_line_ends():
    """Only CRLF ends a line, only CRLF.CRLF ends DATA."""
    with Server() as s:
        for bare in b"\n", b"\r", b"\n\r", b"\0\n":
            # in a command: never run what follows
            said = row(s, EHLO + b"NOOP" + bare + b"MAIL FROM:<x@y.z>\r\n",
                       ["250", "500 5.5.2"])
            assert "2.1.0" not in said
        for end in (b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r",
                    b"\r.\r", b"\r\n.\r\r\n", b"\r\r\n.\r\r\n"):
            row(s, EHLO + ENVELOPE + b"DATA\r\nA: b\r\n\r\nx" + end +
                b"MAIL FROM:<evil@x.example>\r\n\r\n.\r\n",
                ["250", "250", "250", "354", "550 5.6.0", "221 2.0.0"],
                cuts=end in (b"\n.\n", b"\r\n.\r\r\n"))
    for ends, params, code in (
            ((b"\r\n .\r\n", b"\r\n. \r\n"), {}, "250 2.0.0"),
            ((b"\r\n\0.\r\n", b"\r\n.\0\r\n"), {}, "550 5.6.0"),
            ((b"\r\n\0.\r\n", b"\r\n.\0\r\n"), {"smtpd_nul": "accept"},
             "250 2.0.0")):
        with Server(**params) as s:
            for end in ends:
                text = b"A: b\r\n\r\nx" + end + \
                    b"MAIL FROM:<evil@x.example>\r\n"
                said = row(s, EHLO + ENVELOPE + b"DATA\r\n" + text +
                           b".\r\n", ["250", "250", "250", "354", code,
                                      "221"], cuts=False)
                # a line that begins with a dot loses it
                assert code[0] != "2" or body(text.replace(
                    b"\r\n.", b"\r\n")) in said, said


def test_5321_nul():
    """No message holds one, unless the service is told otherwise."""
    for nul in "reject", "strip", "accept":
        with Server(smtpd_nul=nul) as s:
            code = "550 5.6.0" if nul == "reject" else "250 2.0.0"
            for text, kept in (
                    (b"A: b\0c\r\n\r\nx\r\n", b"A: bc\r\n\r\nx\r\n"),
                    (b"A: b\r\n\r\n\0x\0\0\r\n\0", b"A: b\r\n\r\nx\r\n"),
                    (b"\0", b"")):
                want = {"strip": kept, "accept": text}.get(nul)
                said = row(s, EHLO + ENVELOPE + b"BDAT %d\r\n" % len(text) +
                           text + b"BDAT 0 LAST\r\n", ["250", "250", "250",
                           "250", code, "221"], cuts=len(text) < 12)
                assert want is None or body(want) in said, (nul, said)
                said = row(s, EHLO + ENVELOPE + b"DATA\r\n" + text +
                           b"\r\n.\r\n", ["250", "250", "250", "354", code,
                                          "221"], cuts=False)
                assert want is None or body(want + b"\r\n") in said, said
            # What stood between CR and LF does not hide a bare one.
            row(s, EHLO + ENVELOPE + b"DATA\r\nx\r\0\n.\r\0\nMAIL FROM:<y@z>"
                b"\r\n.\r\n", ["250", "250", "250", "354", "550 5.6.0",
                                "221"], cuts=False)
    with Server(smtpd_nul="strip", smtpd_bare_newline="normalize") as s:
        for sent, kept in ((b"a\r\0\nb\0\n", b"a\r\nb\r\n"),
                           (b"a\0\rb\r\0\0", b"a\r\nb\r\n"),
                           (b"a\r\0\r\n.\0\r\n", b"a\r\n\r\n.\r\n")):
            said = row(s, EHLO + ENVELOPE + b"BDAT %d LAST\r\n" % len(sent) +
                       sent, ["250", "250", "250", "250 2.0.0", "221"])
            assert body(kept) in said, (sent, said)


def test_5321_1_normalize():
    """Where a service is told to, bare ones become CRLF; nothing more ends."""
    with Server(smtpd_bare_newline="normalize") as s:
        for sent, kept in (
                (b"a\nb\r\n", b"a\r\nb\r\n"), (b"a\rb\r\n", b"a\r\nb\r\n"),
                (b"a\n\rb\r\n", b"a\r\n\r\nb\r\n"),
                (b"a\r\r\n", b"a\r\n\r\n"),
                (b"x\n.\nMAIL FROM:<y@z>\r\n",
                 b"x\r\n.\r\nMAIL FROM:<y@z>\r\n"),
                (b"x\r.\r\nQUIT\n", None)):
            end = b"" if sent.endswith(b"\r\n") else b"\r\n"
            said = row(s, EHLO + ENVELOPE + b"DATA\r\n" + sent + end +
                       b".\r\n", ["250", "250", "250", "354", "250 2.0.0",
                                  "221"])
            assert kept is None or body(kept) in said, (sent, said)
        said = row(s, EHLO + ENVELOPE + b"BDAT 4\r\na\n\nb"
                   b"BDAT 2 LAST\r\n\rc", ["250", "250", "250", "250",
                                          "250 2.0.0", "221"])
        assert body(b"a\r\n\r\nb\r\nc") in said
        row(s, EHLO + ENVELOPE + b"DATA\r\n" + b"\n" * 60000 + b"\r\n.\r\n",
            ["250", "250", "250", "354", "552 5.3.4", "221"], cuts=False)


def test_5321_2_dots():
    """One leading dot goes; the empty message is a message."""
    with Server() as s:
        for sent, meant in ((b"..\r\n", b".\r\n"), (b"...x\r\n", b"..x\r\n"),
                            (b".x\r\n", b"x\r\n"), (b"", b""),
                            (b"a\r\n..b\r\n. c\r\n", b"a\r\n.b\r\n c\r\n"),
                            (b"x.\r\n", b"x.\r\n")):
            said = row(s, EHLO + ENVELOPE + b"DATA\r\n" + sent + b".\r\n",
                       ["250", "250", "250", "354", "250 2.0.0", "221"])
            assert body(meant) in said, (sent, said)


def test_5321_3_lengths_of_paths():
    """Local-part 64, domain 255, path 256: at least; never cut."""
    with Server() as s:
        domain = ".".join(["d" * 49] * 5) + ".ex"        # 252
        rows = [(b"l" * 64 + b"@b.example", "250 2.1.5"),
                (b"a@" + domain.encode(), "250 2.1.5"),
                (b'"a b\\"c"@b.example', "250 2.1.5"),
                (b'"@"@b.example', "250 2.1.5"),
                (b'""@b.example', "250 2.1.5"),
                (b"a@" + b"d" * 64 + b".example", "501 5.1.3"),
                (b"a@" + b"d." * 200 + b"example", "501 5.1.3")]
        for path, want in rows:
            said = row(s, EHLO + FROM + b"RCPT TO:<" + path + b">\r\n",
                       ["250", "250", want, "221"], cuts=len(path) < 40)
        # over the limit: refused, or taken whole
        said = row(s, EHLO + FROM + b"RCPT TO:<" + b"l" * 65 +
                   b"@b.example>\r\nDATA\r\n.\r\n", ["250", "250", "250",
                   "354", "250", "221"], cuts=False)
        assert " to " + "l" * 65 + "@b.example" in said, said


def test_5321_4_lengths_of_lines():
    """Long commands are refused, and what follows them is heard."""
    with Server() as s:
        row(s, EHLO + b"NOOP " + b"x" * 505 + b"\r\n",
            ["250", "250 2.0.0", "221"], cuts=False)
        row(s, EHLO + b"x" * 20000 + b"\r\nNOOP\r\n",
            ["250", "500 5.5.2", "250 2.0.0", "221"], cuts=False)
        for n, want in ((998, "250 2.0.0"), (2046, "250 2.0.0"),
                        (2047, "554 5.6.0")):
            said = row(s, EHLO + ENVELOPE + b"DATA\r\n" + b"x" * n +
                       b"\r\n.\r\n", ["250", "250", "250", "354", want,
                       "221"], cuts=False)
            assert want[0] == "5" or body(b"x" * n + b"\r\n") in said, said


def test_5321_5_many_recipients():
    """A hundred and more; too many are 452 4.5.3, and the rest stands."""
    with Server() as s:
        said = row(s, EHLO + FROM + TO * 201 + b"DATA\r\nx\r\n.\r\n",
                   ["250", "250"] + ["250"] * 200 + ["452 4.5.3", "354",
                                                     "250", "221"],
                   cuts=False)
        assert said.count("250 2.1.5 ") == 200


def test_5321_7_null_reverse_path():
    with Server() as s:
        row(s, EHLO + b"MAIL FROM:<>\r\n" + TO + b"DATA\r\nx\r\n.\r\n",
            ["250", "250 2.1.0", "250", "354", "250", "221"])
        row(s, EHLO + b"MAIL FROM:<>SIZE=1\r\nMAIL FROM: <>SIZE=1\r\n",
            ["250", "501 5.5.4", "501 5.5.4", "221"])


def test_5321_8_postmaster():
    """Without a domain, in any case; a domain is the backend's to judge."""
    with Server() as s:
        row(s, EHLO + FROM + b"RCPT TO:<postmaster>\r\n"
            b"RCPT TO:<POSTMASTER>\r\nRCPT TO:<PostMaster@d.example>\r\n"
            b"RCPT TO:<someone>\r\n",
            ["250", "250", "250 2.1.5", "250 2.1.5", "250 2.1.5", "501",
             "221"])


def test_5321_9_loops():
    """A hundred Received fields of its own pass; one more is a loop."""
    with Server(received_header="no") as s:
        field = b"received: from a\r\n by b;\r\n x\r\n"
        for n, want in ((99, "250 2.0.0"), (101, "554 5.4.6")):
            row(s, EHLO + ENVELOPE + b"DATA\r\n" + field * n +
                b"Subject: x\r\n\r\n.\r\n",
                ["250", "250", "250", "354", want, "221"], cuts=False)
        # those of an attached message are not of this one
        row(s, EHLO + ENVELOPE + b"DATA\r\nContent-Type: message/rfc822\r\n"
            b"\r\n" + field * 150 + b"\r\n.\r\n",
            ["250", "250", "250", "354", "250 2.0.0", "221"], cuts=False)


def test_5321_10_order():
    with Server() as s:
        row(s, FROM + EHLO + TO + FROM + FROM,
            ["503 5.5.1", "250", "503 5.5.1", "250", "503 5.5.1", "221"])
        row(s, EHLO + ENVELOPE + EHLO + TO + b"RSET\r\nNOOP a b\r\n"
            b"VRFY who\r\nRSET x\r\nQUIT x\r\nHELO x\r\n" + ENVELOPE,
            ["250", "250", "250", "250", "503 5.5.1", "250 2.0.0",
             "250 2.0.0", "252", "501 5.5.4", "501 5.5.4", "250", "250",
             "250", "221"])
        # a DATA that is refused is closed behind if its body may follow
        assert heads(say(s.mta.port, [EHLO + ENVELOPE + b"DATA x\r\nNOOP\r\n"]),
                     True) == ["250", "250 2.1.0", "250 2.1.5", "501 5.5.4"]
        row(s, b"NOOP\r\nRSET\r\nVRFY a\r\nHELP\r\nEXPN a\r\nFOO\r\n",
            ["250", "250", "252", "214", "502 5.5.1", "500 5.5.1", "221"])


def test_5321_11_hello():
    with Server() as s:
        for arg, code in ((b"", "501"), (b"[192.0.2.1]", "250"),
                          (b"[IPv6:2001:db8::1]", "250"),
                          (b"[IPv6:::ffff:192.0.2.1]", "250"),
                          # many a client's literal is none
                          (b"[999.1.1.1]", "250"), (b"[IPv6:zz]", "250"),
                          (b"under_score.example", "250"),
                          (b"a b", "501"), (b"x" * 300, "501"),
                          (b"a\x1b[31m", "500"), (b"%n%s", "250")):
            for verb in b"EHLO", b"HELO":
                row(s, verb + (b" " if arg else b"") + arg + b"\r\n",
                    [code, "221"], cuts=len(arg) < 25)


def test_5321_12_parameters():
    with Server() as s:
        for params, want in ((b" SIZE=1", "250"), (b" size=1", "250"),
                             (b" BODY=8BITMIME", "250"),
                             (b" body=7bit", "250"), (b" SMTPUTF8", "250"),
                             (b" FOO=1", "555 5.5.4"), (b" FOO", "555 5.5.4"),
                             (b" SIZE=1 SIZE=2", "501 5.5.4"),
                             (b" BODY=", "501 5.5.4"), (b" =x", "501 5.5.4"),
                             (b" SMTPUTF8=1", "501 5.5.4"),
                             (b" RET=FULL", "555 5.5.4"),
                             (b" SIZE=1  BODY=7BIT", "250")):
            row(s, EHLO + b"MAIL FROM:<a@b.example>" + params + b"\r\n",
                ["250", want, "221"], cuts=len(params) < 10)
        row(s, EHLO + FROM + b"RCPT TO:<c@d.example> FOO=1\r\n"
            b"RCPT TO:<c@d.example> NOTIFY=NEVER\r\n",
            ["250", "250", "555 5.5.4", "555 5.5.4", "221"])


def test_5321_14_who_closes():
    """After QUIT nothing more is heard."""
    with Server() as s:
        row(s, EHLO + b"QUIT\r\nNOOP\r\n" + ENVELOPE, ["250", "221 2.0.0"])


# ---- Extensions --------------------------------------------------------------

def test_size():
    with Server() as s:
        for size, want in ((b"0", "250"), (b"100000", "250"),
                           (b"100001", "552 5.3.4"),
                           (b"9" * 19, "552 5.3.4"), (b"9" * 21, "501 5.5.4"),
                           (b"18446744073709551616", "501 5.5.4"),
                           (b"-1", "501 5.5.4"), (b"0x10", "501 5.5.4"),
                           (b"1 ", "250")):
            row(s, EHLO + b"MAIL FROM:<a@b.example> SIZE=" + size + b"\r\n",
                ["250", want, "221"], cuts=len(size) < 4)
        # declared 10, sent more than the limit: read to its end, refused
        row(s, EHLO + b"MAIL FROM:<a@b.example> SIZE=10\r\n" + TO +
            b"DATA\r\n" + (b"x" * 70 + b"\r\n") * 2000 + b".\r\nNOOP\r\n",
            ["250", "250", "250", "354", "552 5.3.4", "250", "221"],
            cuts=False)
        # counted without stuffed dots and the final one
        row(s, EHLO + ENVELOPE + b"DATA\r\n" + b"..\r\n" * 33333 + b".\r\n",
            ["250", "250", "250", "354", "250 2.0.0", "221"], cuts=False)


def test_pipelining():
    """All commands in order; bodies that did not wait are not commands."""
    with Server() as s:
        row(s, EHLO + b"NOOP\r\n" * 3000, ["250"] + ["250"] * 3000 + ["221"],
            cuts=False)
        one = ENVELOPE + b"DATA\r\nA: b\r\n\r\nx\r\n.\r\n"
        row(s, EHLO + one * 5, ["250"] + ["250", "250", "354", "250"] * 5 +
            ["221"])
        # DATA is refused and its body behind it: not run, and closed
        for tls in False, True:
            said = say(s.mta.port, [EHLO + FROM + b"DATA\r\nMAIL FROM:<x@y.z>"
                                    b"\r\nNOOP\r\n.\r\nQUIT\r\n"], tls)
            assert heads(said, True)[-2:] == ["250 2.1.0", "503 5.5.1"], said


def test_bdat():
    with Server() as s:
        row(s, EHLO + ENVELOPE + b"BDAT 5\r\nA: b\rBDAT 6 LAST\r\n\n\r\nx\r\n",
            ["250", "250", "250", "250 2.0.0", "250 2.0.0", "221"])
        said = row(s, EHLO + ENVELOPE + b"BDAT 3\r\nab\r"
                   b"BDAT 0\r\nBDAT 4\r\n\n.\r\nBDAT 0 LAST\r\n",
                   ["250", "250", "250", "250", "250", "250", "250", "221"])
        assert body(b"ab\r\n.\r\n") in said
        # after LAST; DATA and BDAT do not mix; RSET in between
        row(s, EHLO + ENVELOPE + b"BDAT 2 LAST\r\n\r\nBDAT 2\r\n\r\n" +
            ENVELOPE + b"BDAT 2\r\n\r\nRSET\r\n" + ENVELOPE +
            b"BDAT 0 LAST\r\n",
            ["250", "250", "250", "250", "503 5.5.1", "250", "250", "250",
             "250", "250", "250", "250", "221"])
        assert heads(say(s.mta.port, [EHLO + ENVELOPE + b"BDAT 2\r\n\r\n"
                                      b"DATA\r\nNOOP\r\n"]), True)[-2:] == [
            "250 2.0.0", "503 5.5.1"]
        # refused, yet its bytes are eaten
        row(s, EHLO + b"BDAT 6\r\nNOOP\r\n" + FROM + b"BDAT 6 LAST\r\nNOOP\r\n",
            ["250", "503 5.5.1", "250", "503 5.5.1", "221"])
        row(s, EHLO + ENVELOPE + b"BDAT 100001 LAST\r\n" + b"x" * 100001 +
            b"NOOP\r\n", ["250", "250", "250", "552 5.3.4", "250", "221"],
            cuts=False)
        # a length that can't be trusted
        for bad in (b"BDAT 5 LASTX", b"BDAT -1", b"BDAT 5 LAST x", b"BDAT",
                    b"BDAT x", b"BDAT 999999999999999999999"):
            said = row(s, EHLO + ENVELOPE + bad + b"\r\nNOOP\r\n",
                       ["250", "250", "250", "501 5.5.4"], cuts=False)
        # bare line ends are no better in a chunk
        row(s, EHLO + ENVELOPE + b"BDAT 7 LAST\r\na\n.\nb\r\n",
            ["250", "250", "250", "550 5.6.0", "221"])


def test_enh():
    """Every reply has an enhanced code of its class, but the hellos."""
    with Server() as s:
        said = row(s, EHLO + ENVELOPE + b"FOO\r\nMAIL FROM:<\r\nRCPT TO:<\r\n"
                   b"DATA\r\nx\r\n.\r\nVRFY a\r\nHELP\r\nRSET\r\nNOOP\r\n"
                   b"EXPN a\r\nBDAT 0\r\n", ["250", "250", "250", "500",
                   "501", "501", "354", "250", "252", "214", "250", "250",
                   "502", "503", "221"])
        after_hello = said.split("\r\n250 ", 1)[1].split("\r\n")[1:-1]
        for line in after_hello:
            if not line.startswith("354 "):
                m = re.match(r"(\d)\d\d[ -](\d)\.\d+\.\d+ ", line)
                assert m and m.group(1) == m.group(2), line


def test_utf8():
    with Server() as s:
        address = "\u00fcser@ex\u00e4mple.example".encode()
        row(s, EHLO + b"MAIL FROM:<" + address + b">\r\n",
            ["250", "553 5.6.7", "221"])
        row(s, EHLO + b"MAIL FROM:<" + address + b"> SMTPUTF8\r\nRCPT TO:<" +
            address + b">\r\n", ["250", "250", "250", "221"])
        for bad in (b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                    b"\xc3", b"\xff", b"\xe2\x82"):
            said = say(s.mta.port, [EHLO + b"MAIL FROM:<x" + bad +
                                    b"@b.example> SMTPUTF8\r\nQUIT\r\n"])
            assert heads(said, False)[1] in ("501", "553"), (bad, said)
            row(s, EHLO + b"MAIL FROM:<x" + bad + b"@b.example> SMTPUTF8\r\n",
                ["250", heads(said, False)[1], "221"], cuts=False)


def test_dsn_parameters():
    """Once announced by the hook, they are checked."""
    hello = b"EHLO dsn.example\r\n"
    with Server() as s:
        for params, want in ((b"RET=FULL", "250"), (b"RET=HDRS", "250"),
                             (b"RET=X", "501 5.5.4"), (b"ENVID=a+2Bb", "250"),
                             (b"ENVID=+", "501 5.5.4"),
                             (b"ENVID=+zz", "501 5.5.4"),
                             (b"ENVID=a+00", "501 5.5.4"),
                             (b"ENVID=a+0D+0Ab", "501 5.5.4"),
                             (b"ENVID=+C3+A4", "501 5.5.4"),
                             (b"ENVID=" + b"x" * 101, "501 5.5.4")):
            row(s, hello + b"MAIL FROM:<a@b.example> " + params + b"\r\n",
                ["250", want, "221"], cuts=len(params) < 9)
        for params, want in ((b"NOTIFY=NEVER", "250"),
                             (b"NOTIFY=SUCCESS,FAILURE,DELAY", "250"),
                             (b"NOTIFY=NEVER,DELAY", "501 5.5.4"),
                             (b"NOTIFY=DELAY,DELAY", "501 5.5.4"),
                             (b"ORCPT=rfc822;a+40b", "250"),
                             (b"ORCPT=rfc822", "501 5.5.4"),
                             (b"ORCPT=rfc822;+4", "501 5.5.4"),
                             (b"ORCPT=rfc822;a+00", "501 5.5.4"),
                             (b"ORCPT=rfc822;a+0Ab", "501 5.5.4"),
                             (b"ORCPT=rfc822;+C3+A4", "501 5.5.4"),
                             (b"ORCPT=utf-8;\\x{E4}@b", "250"),
                             (b"ORCPT=utf-8;\\x{ZZ}@b", "501 5.5.4"),
                             (b"ORCPT=utf-8;\\x{0}@b", "501 5.5.4"),
                             (b"ORCPT=utf-8;\xc3\xa4@b", "501 5.5.4")):
            row(s, hello + FROM + b"RCPT TO:<c@d.example> " + params +
                b"\r\n", ["250", "250", want, "221"], cuts=len(params) < 14)
        row(s, hello + b"MAIL FROM:<a@b.example> SMTPUTF8\r\n"
            b"RCPT TO:<c@d.example> ORCPT=utf-8;\xc3\xa4@b\r\n",
            ["250", "250", "250", "221"], cuts=False)


def test_auth():
    with Server() as s:
        plain_ok = b"AHRpbQBzZWNyZXQ="                # NUL tim NUL secret
        rows = [
            (b"AUTH PLAIN " + plain_ok + b"\r\n", ["235 2.7.0"]),
            (b"AUTH plain\r\n" + plain_ok + b"\r\n", ["334", "235 2.7.0"]),
            (b"AUTH LOGIN\r\ndGlt\r\nc2VjcmV0\r\n",
             ["334", "334", "235 2.7.0"]),
            (b"AUTH LOGIN dGlt\r\nc2VjcmV0\r\n", ["334", "235 2.7.0"]),
            (b"AUTH X-WORD\r\nc2VzYW1l\r\n", ["334", "235 2.7.0"]),
            (b"AUTH X-WORD bGF0ZXI=\r\n", ["454 4.7.0"]),
            (b"AUTH PLAIN AHRpbQB4\r\n", ["535 5.7.8"]),
            (b"AUTH PLAIN =\r\n", ["501"]),
            (b"AUTH PLAIN\r\n*\r\n", ["334", "501 5.7.0"]),
            (b"AUTH PLAIN !!!!\r\n", ["501 5.5.2"]),
            (b"AUTH PLAIN AHRpbQ==\r\n", ["501"]),
            (b"AUTH NTLM\r\n", ["504 5.5.4"]),
            (b"AUTH\r\n", ["501 5.5.4"]),
            (FROM + b"AUTH PLAIN " + plain_ok + b"\r\n", ["250",
                                                         "503 5.5.1"]),
            (b"AUTH PLAIN " + plain_ok + b"\r\nRSET\r\nAUTH PLAIN " +
             plain_ok + b"\r\n", ["235", "250", "503 5.5.1"]),
            (b"AUTH PLAIN " + plain_ok + b"\r\n" + EHLO + b"AUTH PLAIN " +
             plain_ok + b"\r\n", ["235", "250", "503 5.5.1"]),
        ]
        for sent, want in rows:
            row(s, EHLO + sent, ["250"] + want + ["221"],
                cuts=len(sent) < 30)


def test_stls():
    """After the handshake nothing said before it holds."""
    with Server() as s:
        port = s.mta.port
        # bytes in clear behind the command: refused, closed, not run
        said = say(port, [EHLO + b"STARTTLS\r\n" + ENVELOPE])
        assert heads(said, True)[1][0] == "5", said
        assert "2.1.0" not in said and "220" not in said.split("\r\n", 1)[1]
        for pieces in ([EHLO, b"STARTTLS x\r\nQUIT\r\n"],):
            assert heads(say(port, pieces), True) == ["250", "501 5.5.4",
                                                      "221 2.0.0"]
        # in TLS: not offered, refused
        said = say(port, [EHLO + b"STARTTLS\r\nQUIT\r\n"], tls=True)
        assert heads(said, True)[-2] == "503 5.5.1", said
        # the envelope and the hello of before are forgotten
        c = socket.create_connection(("127.0.0.1", port), 30)
        read_replies(c, 1)
        c.sendall(EHLO)
        read_replies(c, 1)
        c.sendall(b"STARTTLS\r\n")
        read_replies(c, 1)
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
        t = ctx.wrap_socket(c)
        t.sendall(FROM)
        assert read_replies(t, 1).startswith(b"503 5.5.1")
        t.sendall(EHLO)
        assert b"STARTTLS" not in read_replies(t, 1)
        # a TLS end inside a body, then bytes in clear: nothing is run
        t.sendall(ENVELOPE + b"BDAT 100\r\nabc")
        read_replies(t, 2)
        try:
            raw = t.unwrap()
            raw.sendall(b"x" * 97 + b"NOOP\r\n")
            assert raw.recv(1000) == b""
        except (ConnectionError, ssl.SSLError):
            pass
        t.close()


def test_proxy():
    """The header before the greeting, in every cut; over TLS in
    test_front.py."""
    with Server(proxy_protocol_hosts="127.0.0.1") as s:
        v2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(
            [192, 0, 2, 9, 192, 0, 2, 10, 18, 103, 0, 25])
        local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
        for header in (b"PROXY TCP4 192.0.2.9 192.0.2.10 4711 25\r\n",
                       b"PROXY TCP6 2001:db8::9 2001:db8::10 1 2\r\n",
                       b"PROXY UNKNOWN\r\n", v2, local):
            row(s, header + EHLO + ENVELOPE + b"DATA\r\nx\r\n.\r\n",
                ["250", "250", "250", "354", "250 2.0.0", "221"],
                over_tls=False)
        for header in (b"PROXY TCP4 192.0.2.09 192.0.2.10 4711 25\r\n",
                       b"PROXY TCP4 192.0.2.9 192.0.2.10 65536 25\r\n",
                       b"PROXY TCP4 2001:db8::9 192.0.2.10 1 25\r\n",
                       b"PROXY TCP6 192.0.2.9 192.0.2.10 1 25\r\n",
                       b"PROXY  TCP4 192.0.2.9 192.0.2.10 1 25\r\n",
                       b"PROXY TCP4 192.0.2.9 192.0.2.10 1 25\n\r\n",
                       b"proxy unknown\r\n", EHLO, b"PROXY " + b"x" * 120):
            assert say(s.mta.port, [header + b"QUIT\r\n"]) == "", header


def test_xclient():
    """220 and all begins anew; refusals change nothing."""
    with Server(xclient_hosts="127.0.0.0/8") as s:
        row(s, EHLO + b"XCLIENT ADDR=192.0.2.1 NAME=c+2Ed PROTO=ESMTP\r\n" +
            FROM + EHLO + ENVELOPE + b"XCLIENT ADDR=192.0.2.2\r\n",
            ["250", "220", "503 5.5.1", "250", "250", "250", "503 5.5.1",
             "221"])
        row(s, EHLO + b"XCLIENT\r\nXCLIENT ADDR=1.2.3\r\nXCLIENT FOO=1\r\n"
            b"XCLIENT NAME=+zz\r\n" + FROM + b"XCLIENT ADDR=192.0.2.1\r\n",
            ["250", "501 5.5.4", "501 5.5.4", "501 5.5.4", "501 5.5.4",
             "250", "503 5.5.1", "221"])
    with Server() as s:
        row(s, EHLO + b"XCLIENT ADDR=192.0.2.1\r\n",
            ["250", "550 5.7.0", "221"])


def test_lmtp():
    """LHLO only; a reply for each accepted recipient."""
    with Server(smtpd_protocol="lmtp") as s:
        lhlo = b"LHLO c.example\r\n"
        row(s, b"EHLO x\r\nHELO x\r\n" + lhlo + FROM + TO +
            b"RCPT TO:<bad\r\n" + TO + b"DATA\r\nx\r\n.\r\n" + ENVELOPE +
            b"BDAT 3 LAST\r\nx\r\n", ["500", "500", "250", "250", "250",
            "501", "250", "354", "250 2.0.0", "250 2.0.0", "250", "250",
            "250 2.0.0", "221"], hello=b"LHLO")
        row(s, lhlo + ENVELOPE + TO + b"DATA\r\na\nb\r\n.\r\n",
            ["250", "250", "250", "250", "354", "550 5.6.0", "550 5.6.0",
             "221"], hello=b"LHLO")


if __name__ == "__main__":
    sys.exit(main(globals()))
