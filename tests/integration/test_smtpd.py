#!/usr/bin/env python3
"""The SMTP server by itself: commands, states, limits, line ends, BDAT."""

import select
import socket
import time

from halyard import SLOW, Backend, Client, Instance, main, wait_for

ACCEPT = 'Accept("ok " . $arguments["mail"]->getSize());\n'


def instance(**params):
    return Instance(hook=ACCEPT, params=params)


def test_extensions_and_helo():
    with instance(message_size_limit="123456") as mta, mta.client() as c:
        offered = c.hello().text[1:]
        for ext in ("PIPELINING", "SIZE 123456", "8BITMIME", "SMTPUTF8",
                    "ENHANCEDSTATUSCODES", "CHUNKING"):
            assert ext in offered, (ext, offered)
        assert "STARTTLS" not in offered
        r = c.cmd("HELO x.example", 250)
        assert len(r.lines) == 1
        c.cmd("MAIL FROM:<a@example.org> SIZE=1", 555)
        c.cmd("MAIL FROM:<a@example.org>", 250)


def test_order_of_commands():
    with instance() as mta, mta.client() as c:
        for line in ("MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA"):
            c.cmd(line, 503)
        c.hello()
        for line in ("RCPT TO:<a@b>", "DATA", "BDAT 0 LAST"):
            c.cmd(line, 503)
        c.cmd("MAIL FROM:<a@example.org>", 250)
        for line in ("MAIL FROM:<a@b>", "DATA", "STARTTLS"):
            assert c.cmd(line).code in (502, 503)
        c.cmd("RCPT TO:<b@example.org>", 250)
        c.cmd("MAIL FROM:<a@b>", 503)
        c.cmd("RSET", 250)
        c.cmd("RCPT TO:<a@b>", 503)
        c.envelope()
        c.hello()                       # ends the transaction
        c.cmd("DATA", 503)
        c.cmd("NOOP anything", 250)
        c.cmd("VRFY someone", 252)
        c.cmd("HELP", 214)
        c.cmd("EXPN list", 502)
        c.cmd("FOO", 500)
        for line in ("RSET x", "QUIT x", "DATA x"):
            c.cmd(line, 501)
        c.cmd("QUIT", 221)
        assert c.closed()


def test_addresses():
    good = ("<>", "<a@b.example>", "<\"a b\"@b.example>", "<a@[192.0.2.1]>",
            "<@x.example,@y.example:a@b.example>", "<a+b=c@b.example>")
    bad = ("a@b.example", "<a@b", "<a b@b.example>", "<a@b..example>",
           "<a@>", "< a@b.example>", "<a@[999.1.1.1]>", "<>SIZE=1", "<\x01@b>")
    with instance(smtpd_error_limit="1000") as mta, mta.client() as c:
        c.hello()
        for path in good:
            c.cmd("MAIL FROM:" + path, 250)
            c.cmd("RSET", 250)
        for path in bad:
            r = c.cmd("MAIL FROM:" + path)
            assert 500 <= r.code <= 559, (path, r)
        c.cmd("MAIL FROM:<\u00e9@b.example>", 553)
        c.cmd("MAIL FROM:<\u00e9@b.example> SMTPUTF8", 250)
        c.cmd("RCPT TO:<postmaster>", 250)
        c.cmd("RCPT TO:<>", 501)
        c.cmd("RSET", 250)
        c.cmd("MAIL FROM:<a@b.example> SIZE=1 SIZE=2", 501)
        c.cmd("MAIL FROM:<a@b.example> FOO=1", 555)
        c.cmd("MAIL FROM:<a@b.example> RET=FULL", 555)
        c.cmd("MAIL FROM:<a@b.example> BODY=8BITMIME SIZE=10", 250)


def test_what_old_devices_send():
    """Each switch takes its own, and hooks see what it made of that."""
    switches = ("smtpd_accept_bare_address", "smtpd_accept_final_dot",
                "smtpd_complete_address")
    lines = ("a@b.example SIZE=1", "<a@b.example.>", "<a>")
    hook = 'Accept($transaction["sender"] . " " . ' \
        '$transaction["recipients"][0]["recipient"]);'
    for i, switch in enumerate((None,) + switches):
        params = {switch: "yes"} if switch else {}
        with Instance(hook=hook, params=params) as mta, mta.client() as c:
            c.hello()
            for k, line in enumerate(lines):
                good = i == k + 1
                c.cmd("MAIL FROM:" + line, 250 if good else 501)
                c.cmd("RSET", 250)
                c.cmd("MAIL FROM:<x@b.example>", 250)
                c.cmd("RCPT TO:" + line.split()[0], 250 if good else 501)
                if good:
                    c.cmd("DATA", 354)
                    domain = "example.org" if k == 2 else "b.example"
                    assert c.cmd(".").text == [
                        "2.0.0 x@b.example a@" + domain]
                c.cmd("RSET", 250)
    params = dict.fromkeys(switches, "yes")
    params["mydomain"] = "own.example"
    with Instance(hook=hook, params=params) as mta, mta.client() as c:
        c.hello()
        c.cmd("MAIL FROM: Root", 250)
        c.cmd("RCPT TO:postmaster", 250)
        c.cmd("DATA", 354)
        assert c.cmd(".").text == ["2.0.0 root@own.example postmaster"]
        assert "own.example" in mta.ctl("config", "dump").stdout
        mta.set(mydomain="a b")
        p = mta.ctl("config", "check", check=False)
        assert p.returncode != 0 and '"a b" is not a domain' in \
            p.stdout + p.stderr, p


def test_enhanced_codes():
    with instance() as mta, mta.client() as c:
        c.hello()
        for line, code in (("NOOP", "2.0.0"), ("MAIL FROM:<a@b.example>",
                           "2.1.0"), ("RCPT TO:<a@b.example>", "2.1.5"),
                           ("MAIL FROM:<a@b.example>", "5.5.1"),
                           ("RSET", "2.0.0")):
            r = c.cmd(line)
            assert r.text[0].startswith(code + " "), (line, r)


def test_message_and_pipelining():
    with instance() as mta, mta.client() as c:
        c.send("EHLO x.example\r\nMAIL FROM:<a@b.example>\r\n"
               "RCPT TO:<b@b.example>\r\nDATA\r\n")
        for code in (250, 250, 250, 354):
            c.expect(code)
        c.send("Subject: x\r\n\r\n..dot\r\n.\r\nMAIL FROM:<a@b.example>\r\n"
               "RSET\r\nQUIT\r\n")
        r = c.expect(250)
        assert r.text == ["2.0.0 ok 20"], r
        for code in (250, 250, 221):
            c.expect(code)


def test_one_byte_at_a_time():
    with instance() as mta, mta.client() as c:
        text = ("EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<b@b.example>"
                "\r\nDATA\r\nA: b\r\n\r\n.\r.x\r\n..\r\n.\r\nQUIT\r\n")
        for byte in text.replace("\r.x", "x"):
            c.send(byte)
        codes = [c.reply().code for _ in range(6)]
        assert codes == [250, 250, 250, 354, 250, 221], codes


def refused_line(data):
    with instance() as mta, mta.client() as c:
        c.hello()
        c.send(data)
        r = c.reply()
        assert r.code == 500, r
        assert c.closed()


def test_bare_lf_in_command():
    refused_line(b"NOOP\nMAIL FROM:<evil@example.org>\r\n")


def test_bare_cr_in_command():
    refused_line(b"NOOP\rNOOP\r\n")


def test_long_lines():
    with instance() as mta, mta.client() as c:
        c.hello()
        c.cmd("NOOP " + "x" * 5000, 250)
        c.send(b"x" * 300000)
        c.send(b"\r\nNOOP\r\n")
        c.expect(500)
        c.expect(250)


def test_smuggling():
    """No odd line end begins a second message."""
    ends = [b"\n.\n", b"\n.\r", b"\r.\r", b"\r.\n", b"\n.\r\n", b"\r.\r\n",
            b"\r\n\0.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\n.\0\r\n",
            b"\r\n.\r\r\n", b"\r\r\n.\r\r\n", b"\r\n.\x0b\r\n",
            b"\n\r.\n\r", b"\r\n .\r\n", b"\r\n. \r\n"]
    with instance(smtpd_error_limit="1000") as mta:
        for end in ends:
            with mta.client() as c:
                c.hello()
                c.envelope()
                c.cmd("DATA", 354)
                c.send(b"Subject: a\r\n\r\nhi" + end +
                       b"MAIL FROM:<evil@x.example>\r\n"
                       b"RCPT TO:<r@lab.example>\r\nDATA\r\n"
                       b"Subject: b\r\n\r\n\r\n.\r\n")
                r = c.reply()
                bare = b"\0" in end or b"\n" in end.replace(b"\r\n", b"") or \
                    b"\r" in end.replace(b"\r\n", b"")
                assert r.code == (550 if bare else 250), (end, r)
                c.cmd("NOOP", 250)
                c.send(b"QUIT\r\n")
                c.expect(221)
                assert c.closed()


def test_refused_data_is_not_run():
    """The body of a client that did not wait is never taken as commands."""
    with instance() as mta, mta.client() as c:
        c.hello()
        c.send("MAIL FROM:<a@b.example>\r\nDATA\r\nMAIL FROM:<x@y.example>"
               "\r\nRSET\r\n.\r\n")
        c.expect(250)
        c.expect(503)
        assert c.closed()


def test_size_limits():
    with instance(message_size_limit="1k", smtpd_line_length_limit="1k",
                  smtpd_recipient_limit="2") as mta, mta.client() as c:
        c.hello()
        r = c.cmd("MAIL FROM:<a@b.example> SIZE=1025", 552)
        assert r.text[0].startswith("5.3.4"), r
        assert c.message("x" * 500 + "\r\n").code == 250
        r = c.message(("x" * 70 + "\r\n") * 2000)
        assert r.code == 552, r
        c.envelope(rcpts=("a@b.example", "c@b.example"))
        assert c.cmd("RCPT TO:<d@b.example>").code == 452
        c.cmd("DATA", 354)
        assert c.cmd(".").code == 250
    with instance(smtpd_line_length_limit="1k") as mta, mta.client() as c:
        c.hello()
        assert c.message("x" * 1022 + "\r\n").code == 250
        assert c.message("x" * 1023 + "\r\n").code == 554


def test_message_in_a_file():
    """More than body_memory_limit goes to an unlinked file, whole."""
    body = b"".join(b"%06d %s\r\n" % (i, b"x" * 60) for i in range(20000))
    hook = '$r = $arguments["mail"]->send($transaction["senderaddress"], ' \
        '["b@example.org"], ["host" => "127.0.0.1", "port" => %d]);' \
        'Accept($r["result"]["reason"]);'
    with Backend() as b, Instance(hook=hook % b.port, params={
            "body_memory_limit": "64k", "body_directory": "spool",
            "received_header": "no"}) as mta, mta.client() as c:
        c.hello()
        assert c.message(body).code == 250
        assert b.messages[0]["body"] == body
        import os
        assert os.listdir(mta.path("spool")) == []


def test_bdat():
    with instance() as mta, mta.client() as c:
        c.hello()
        c.envelope()
        c.send(b"BDAT 6\r\nA: b\r\nBDAT 2\r\n\r\nBDAT 5 LAST\r\n.\r\nx\n"
               [:-1] + b"\n")
        c.expect(250)
        c.expect(250)
        r = c.reply()
        assert r.code == 550, r             # a bare LF
        c.envelope()
        c.send(b"BDAT 8\r\nA: b\r\n\r\nBDAT 3 LAST\r\n.\r\n")
        c.expect(250)
        r = c.expect(250)
        assert r.text == ["2.0.0 ok 11"], r
        c.cmd("BDAT 0 LAST", 503)
        c.envelope()
        c.send(b"BDAT 3\r\nabcBDAT 0 LAST\r\n")
        c.expect(250)
        c.expect(250)
        c.envelope()
        c.send(b"BDAT 3\r\nabcDATA\r\n")    # no mixing
        c.expect(250)
        c.expect(503)
        c.cmd("RSET", 250)
        c.send(b"BDAT 14\r\nRSET\r\nRSET\r\n\r\nNOOP\r\n")
        c.expect(503)                       # its octets are passed over
        c.expect(250)
        c.send(b"BDAT x\r\n")
        c.expect(501)
        assert c.closed()


def test_bdat_size_limit():
    with instance(message_size_limit="1k") as mta, mta.client() as c:
        c.hello()
        c.envelope()
        c.send(b"BDAT 2000\r\n" + b"x" * 2000)
        c.expect(552)
        c.cmd("BDAT 0 LAST", 503)
        c.cmd("NOOP", 250)


def test_too_many_errors():
    with instance(smtpd_error_limit="3") as mta, mta.client() as c:
        c.hello()
        c.cmd("FOO", 500)
        c.cmd("FOO", 500)
        c.cmd("FOO", 500)
        c.expect(421)
        assert c.closed()


def test_errors_count_from_the_last_message():
    """Good mail wipes them out; refused recipients are counted apart."""
    with instance(smtpd_error_limit="4", smtpd_error_delay="0s",
                  smtpd_recipient_error_limit="6") as mta:
        with mta.client() as c:
            c.hello()
            for _ in range(6):
                c.cmd("FOO", 500)
                c.cmd("MAIL FROM:<a@b.example>", 250)
                for _ in range(5):
                    c.cmd("RCPT TO:<bad", 501)
                c.cmd("RCPT TO:<b@b.example>", 250)
                c.cmd("DATA", 354)
                c.cmd("x\r\n.", 250)
            c.cmd("MAIL FROM:<a@b.example>", 250)
            for _ in range(6):
                c.cmd("RCPT TO:<bad", 501)
            c.expect(421)
            assert c.closed()
        with mta.client() as c:     # a transaction for nothing is an error
            c.hello()
            for _ in range(4):
                c.cmd("MAIL FROM:<a@b.example>", 250)
                c.cmd("RCPT TO:<bad", 501)
                c.cmd("RSET", 250)
            c.cmd("MAIL FROM:<a@b.example>", 250)
            c.cmd("RCPT TO:<bad", 501)
            c.expect(421)
        wait_for(lambda: mta.log().count('"too many errors"') == 2)
    # What a limit of ours refuses is not the client's error.
    with instance(smtpd_recipient_limit="2", smtpd_error_limit="3",
                  smtpd_recipient_error_limit="3") as mta, mta.client() as c:
        c.hello()
        c.envelope(rcpts=("a@b.example", "b@b.example"))
        for _ in range(8):
            c.cmd("RCPT TO:<c@b.example>", 452)
        c.cmd("DATA", 354)
        c.cmd("x\r\n.", 250)


def test_errors_slow_replies():
    """From half of the limit on, by a timer: others are served meanwhile."""
    with instance(smtpd_error_limit="8", smtpd_error_delay="2s") as mta:
        mta.maxproc(1)
        mta.ctl("reload")
        with mta.client() as c, mta.client() as other:
            c.hello()
            for _ in range(4):
                c.cmd("FOO", 500)
            start = time.monotonic()
            c.send("FOO\r\nNOOP\r\nQUIT\r\n")
            other.hello()
            assert other.message().code == 250
            early = select.select([c.sock], [], [], 0)[0]
            assert not early or time.monotonic() - start > 1.5
            for code in (500, 250, 221):
                c.expect(code)
            assert time.monotonic() - start > 1.5
            assert c.closed()
        with mta.client() as c:             # FIN does not shorten it
            c.hello()
            for _ in range(4):
                c.cmd("FOO", 500)
            start = time.monotonic()
            c.send("BDAT 5\r\nRSET\n")
            c.sock.shutdown(socket.SHUT_WR)
            c.expect(503)
            assert time.monotonic() - start > 1.5
            assert c.closed()
        with mta.client() as c:             # nor does a chunk get lost
            c.hello()
            for _ in range(4):
                c.cmd("FOO", 500)
            c.send("BDAT 6\r\nRSET\r\nNOOP\r\n")
            c.expect(503)
            c.expect(250)
        with mta.client() as c:             # and nobody waits for ever
            c.hello()
            for _ in range(4):
                c.cmd("FOO", 500)
            c.send("FOO\r\n")
            time.sleep(0.3)
        wait_for(lambda: mta.counters()["sessions"] <= 1)


def test_endless_refused_input():
    """A bound in bytes, and one in time."""
    with instance(message_size_limit="1k", smtpd_data_timeout="1s",
                  smtpd_idle_timeout="1s") as mta:
        with mta.client() as c:
            c.hello()
            c.send(b"x" * (2 << 20))
            c.expect(421)
            assert c.closed()
        mta.wait_log('reason="endless line"')
        with mta.client() as c:
            c.hello()
            c.send("BDAT 9000000000000000000\r\n")
            c.expect(503)
            c.expect(421)
            assert c.closed()
        with mta.client() as c:         # in its place, and as endless
            c.hello()
            c.envelope()
            c.send("BDAT 9000000000000000000\r\n")
            r = c.expect(552)
            assert r.text[0].startswith("5.3.4 ") and c.closed(), r
        mta.wait_log('reason="endless message"')
        with mta.client() as c:
            c.hello()
            c.send("BDAT 1000000\r\n")
            c.expect(503)
            start = time.monotonic()
            try:
                while time.monotonic() - start < 20:
                    c.send("x")
                    time.sleep(0.1)
            except OSError:
                pass
            assert time.monotonic() - start < 15
            mta.wait_log("reason=timeout")


def test_endless_message():
    """DATA that is over every bound is not read to its end."""
    block = (b"x" * 998 + b"\r\n") * 1024
    with instance(message_size_limit="1k") as mta:
        with mta.client() as c:
            c.hello()
            c.envelope()
            c.cmd("DATA", 354)
            try:
                for _ in range(66):
                    c.send(block)
            except OSError:
                pass
            r = c.expect(552)
            assert r.text[0].startswith("5.3.4 ") and c.closed(), r
            mta.wait_log('reason="endless message"')
        with mta.client() as c:         # a little too much is heard out
            c.hello()
            c.envelope()
            c.cmd("DATA", 354)
            c.send(block)
            c.cmd(".", 552)
            c.cmd("NOOP", 250)


HTTP = (b"POST / HTTP/1.1\r\nHost: x\r\n\r\nHELO x\r\nMAIL FROM:<a@b>\r\n",
        b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHELO x\r\n", b"head\r\n",
        b"CONNECT\tx:25\r\n", b"PUT /\n", b"TRACE ", b"WORD x\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 500,
        b"EHLO x\r\nOPTIONS * HTTP/1.0\r\nMAIL FROM:<a@b>\r\n")


def test_other_protocols():
    """A browser's body never runs as SMTP."""
    words = "CONNECT GET POST PUT HEAD OPTIONS TRACE WORD"
    with instance(smtpd_forbidden_commands=words) as mta:
        for text in HTTP:
            for cut in (len(text), 1):
                with mta.client() as c:
                    for i in range(0, min(len(text), 40 * cut), cut):
                        try:
                            c.send(text[i:i + cut])
                        except OSError:
                            break
                    if text.startswith(b"EHLO"):
                        c.expect(250)
                    r = c.expect(554)
                    assert r.text == ["5.5.1 This is an SMTP server"], r
                    assert c.closed(), text
        n = 2 * len(HTTP)
        wait_for(lambda: mta.counters()["sessions_foreign"] == n)
        wait_for(lambda: mta.log().count("event=foreign") == n)
        with mta.client() as c:
            c.cmd("DELETE x", 500)          # not in the list
            c.cmd("GETS x", 500)
            c.cmd("EHLO GET", 250)
            c.envelope()
            c.cmd("DATA", 354)
            c.cmd("GET / HTTP/1.1\r\n.", 250)


def test_idle_timeout():
    with instance(smtpd_idle_timeout="1s") as mta, mta.client() as c:
        c.hello()
        c.expect(421)
        assert c.closed()


def test_dribbled_command_is_silence():
    with instance(smtpd_idle_timeout="1s") as mta, mta.client() as c:
        c.hello()
        for _ in range(10):
            c.send("N")
            time.sleep(0.2)
        c.expect(421)


def test_slow_message_has_an_end():
    """One byte now and then does not hold a session for ever."""
    with instance(smtpd_data_timeout="2s",
                  smtpd_idle_timeout="10s") as mta, mta.client() as c:
        c.hello()
        c.envelope()
        c.cmd("DATA", 354)
        start = time.monotonic()
        try:
            while time.monotonic() - start < 20:
                c.send("x")
                time.sleep(0.2)
        except OSError:
            pass
        assert time.monotonic() - start < 15


def test_connection_limit():
    with Instance(hook=ACCEPT, maxproc=1,
                  params={"smtpd_connection_limit": "2"}) as mta:
        a, b = mta.client(), mta.client()
        c = Client(mta.port, greet=False)
        c.expect(421)
        a.close()
        wait_for(lambda: mta.counters()["sessions"] == 1, text="one left")
        d = mta.client()
        for x in (b, c, d):
            x.close()


def test_no_hook_defers():
    mta = Instance(params={"hook_eod": ""})
    with mta, mta.client() as c:
        c.hello()
        r = c.message()
        assert r.code == 421, r
        c.cmd("NOOP", 250)              # and the session goes on


def test_defer_reject_and_multiline():
    hook = '''
$n = $transaction["recipients"][0]["address"]["localpart"];
if ($n == "defer") Defer();
if ($n == "reject") Reject(["first", "second"]);
if ($n == "codes") Reject("no", ["reply_codes" =>
    ["code" => 554, "enhanced" => [5, 7, 9]]]);
if ($n == "evil") Reject("a\\r\\nb\\n250 ok\\x00");
if ($n == "throw") throw Exception("oops");
if ($n == "bye") Accept("bye", ["disconnect" => true]);
'''
    with Instance(hook=hook) as mta, mta.client() as c:
        c.hello()
        assert c.message(rcpts=["defer@x.example"]).code == 421
        r = c.message(rcpts=["reject@x.example"])
        assert r.lines == ["550-5.7.1 first", "550 5.7.1 second"], r
        r = c.message(rcpts=["codes@x.example"])
        assert r.lines == ["554 5.7.9 no"], r
        r = c.message(rcpts=["evil@x.example"])
        assert [l[:4] for l in r.lines] == ["550-", "550-", "550 "], r
        r = c.message(rcpts=["throw@x.example"])
        assert r.code == 421, r
        assert "oops" in mta.wait_log("event=hook-error")
        r = c.message(rcpts=["other@x.example"])
        assert r.code == 421, r         # the script's end is a deferral
        assert c.message(rcpts=["bye@x.example"]).code == 250
        assert c.closed()


def test_variables():
    hook = '''
Accept([$connection["remoteip"], $connection["helo"]["verb"],
    $connection["helo"]["host"], $transaction["sender"],
    $transaction["senderaddress"]["localpart"],
    $transaction["senderparams"]["SIZE"],
    $transaction["recipients"][1]["recipient"],
    $connection["serverid"], length($transaction["id"])]);
'''
    with Instance(hook=hook, params={"server_id": "inbound"}) as mta, \
            mta.client() as c:
        c.cmd("EHLO me.example", 250)
        c.cmd("MAIL FROM:<Al.Ice@Example.ORG> size=20", 250)
        c.cmd("RCPT TO:<x@y.example>", 250)
        c.cmd("RCPT TO:<Bob@Y.example>", 250)
        c.cmd("DATA", 354)
        r = c.cmd("A: b\r\n\r\n.")
        assert [t.split(" ")[-1] for t in r.text] == [
            "127.0.0.1", "EHLO", "me.example", "al.ice@example.org",
            "Al.Ice", "20", "bob@y.example", "inbound", "36"], r


def test_context_lives_with_the_connection():
    hook = '$context["n"] = ($context["n"] ?? 0) + 1;\nAccept($context["n"]);'
    with Instance(hook=hook) as mta:
        for _ in range(2):
            with mta.client() as c:
                c.hello()
                for n in ("1", "2", "3"):
                    r = c.message()
                    assert r.text == ["2.0.0 " + n], r


def test_looping_hooks_harm_nobody():
    """While a hundred hooks loop without end, greetings come at once."""
    hook = '''
if ($transaction["recipients"][0]["address"]["localpart"] == "loop")
    while (true) $x = 1;
Accept();
'''
    with Instance(hook=hook, params={"hook_instruction_limit":
                                     "1000000000000"}) as mta:
        stuck = []
        for _ in range(100):
            c = mta.client()
            c.hello()
            c.envelope(rcpts=["loop@x.example"])
            c.cmd("DATA", 354)
            c.send(".\r\n")
            stuck.append(c)
        waits = []
        for _ in range(100):
            start = time.monotonic()
            mta.client().close()
            waits.append(time.monotonic() - start)
        with mta.client() as c:
            c.hello()
            assert c.message().code == 250
        assert sorted(waits)[98] < 1 * SLOW, sorted(waits)[-5:]
        for c in stuck:
            c.close()


def test_starttls():
    import os
    import ssl
    import subprocess
    mta = Instance(hook='Accept($connection["tls"]["protocol"]);')
    cert, key = mta.path("cert.pem"), mta.path("key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-keyout", key, "-out", cert, "-days", "2",
                    "-subj", "/CN=mx.example.org"], check=True,
                   capture_output=True)
    mta.set(smtpd_tls_cert_file="cert.pem", smtpd_tls_key_file="key.pem")
    with mta:
        with mta.client() as c:
            assert "STARTTLS" in c.hello().text
            c.cmd("STARTTLS x", 501)
            c.cmd("STARTTLS", 220)
            ctx = ssl._create_unverified_context()
            c.file.close()
            c.sock = ctx.wrap_socket(c.sock)
            c.file = c.sock.makefile("rb")
            c.cmd("MAIL FROM:<a@b.example>", 503)   # all is forgotten
            assert "STARTTLS" not in c.hello().text
            r = c.message(b"x" * 70 + b"\r\n" + b"y\r\n" * 30000)
            assert r.text == ["2.0.0 TLSv1.3"], r
            c.cmd("STARTTLS", 503)
            c.cmd("QUIT", 221)
        with mta.client() as c:
            c.hello()
            c.send("STARTTLS\r\nRSET\r\n")          # injected in clear
            c.expect(503)
            assert c.closed()
    assert os.path.basename(cert)


def test_json_log_is_json():
    import json
    mta = Instance(hook=ACCEPT, params={"log_format": "json"})
    with mta, mta.client() as c:
        c.cmd("EHLO x\"y\\\u00e9\x01", 500)
        c.hello()
        c.message()
        c.cmd("QUIT", 221)
        mta.wait_log("disconnect")
        for line in mta.log().splitlines():
            json.loads(line)


if __name__ == "__main__":
    main(globals())
