#!/usr/bin/env python3
"""In-line delivery end to end: the seed's script, and every sentence of the
design's section on it that a whole instance can show."""

import contextlib
import os
import signal
import socket
import threading
import time

from halyard import SLOW, Answerer, Backend, Gone, Instance, alive, main, \
    wait_for

# The script of the in-line delivery document; only host and port differ,
# set by the "host" line.
SEED = '''$r = $arguments["mail"]->send(
$transaction["senderaddress"],
array_map(function ($r) { return $r["address"]; }, $transaction["recipients"]),
["host" => "mail.example.com", "tls" => "optional"]);

if (isset($r["result"])) {
$result = $r["result"];
$codes = [];
if ($result["state"] == "EOD")
$codes = ["reply_codes" => ["code" => $result["code"], "enhanced" => $result["enhanced"]]];
if ($result["code"] >= 200 and $result["code"] <= 299)
Accept($result["reason"], $codes);
if ($result["code"] >= 500 and $result["code"] <= 599)
Reject($result["reason"], $codes);
Defer($result["reason"], $codes);
} else {
$error = $r["error"];
if (!$error["temporary"])
Reject($error["message"]);
Defer($error["message"]);
}
'''

CHUNKING = Backend.EXTS + ("CHUNKING",)


def hook(port, options=''):
    return SEED.replace('["host" => "mail.example.com", "tls" => "optional"]',
                        '["host" => "127.0.0.1", "port" => %d%s]'
                        % (port, options))


def instance(backend, options='', **params):
    params.setdefault("received_header", "no")
    maxproc = params.pop("maxproc", 1)
    return Instance(hook=hook(backend.port, options), params=params,
                    maxproc=maxproc)


def test_seed_script_byte_for_byte():
    """As printed: the host is found through dns_local_data, the port is the
    default one."""
    with Backend() as b:
        mta = Instance(hook=SEED, params={
            "send_default_port": str(b.port), "dns_local_data": "zone",
            "dns_servers": "127.0.0.1@9"})
        with open(mta.path("zone"), "w") as f:
            f.write("mail.example.com. 60 IN A 127.0.0.1\n")
        with mta, mta.client() as c:
            c.hello()
            r = c.message("Subject: x\r\n\r\nHello.\r\n")
            assert r.lines == ["250 2.0.0 Ok: queued as 4711"], r
            m = b.messages[0]
            assert m["sender"] == b"<a@example.net>"
            assert m["rcpts"] == [b"<b@example.org>"]
            assert m["body"].endswith(b"Subject: x\r\n\r\nHello.\r\n")
            assert m["body"].startswith(
                b"Received: from client.example.net ([127.0.0.1])\r\n"
                b"\tby mx.example.org with ESMTP id "), m["body"]


def test_the_reply_is_the_backends():
    """Code, enhanced code and every line."""
    cases = {
        b"250-2.6.0 first\r\n250 2.6.0 second\r\n":
            ["250-2.6.0 first", "250 2.6.0 second"],
        b"554 5.7.1 spam\r\n": ["554 5.7.1 spam"],
        b"451 4.7.1 greylisted\r\n": ["451 4.7.1 greylisted"],
        b"550 no enhanced code\r\n": ["550 5.0.0 no enhanced code"],
        b"252 2.0.0 odd\r\n": ["252 2.0.0 odd"],
    }
    for said, seen in cases.items():
        with Backend(replies={"EOD": said}) as b, instance(b) as mta, \
                mta.client() as c:
            c.hello()
            r = c.message()
            assert r.lines == seen, (said, r)


def test_reply_before_the_end_keeps_its_text():
    with Backend(replies={"MAIL": b"550 5.1.8 bad sender\r\n"}) as b, \
            instance(b) as mta, mta.client() as c:
        c.hello()
        r = c.message()
        assert r.lines == ["550 5.7.1 bad sender"], r   # code from the hook


def test_the_shipped_hook_keeps_codes():
    """Code and enhanced code of every state; 421 is our own channel's, and
    where backends are is told to nobody."""
    def bye(conv, line):
        conv.send(b"421 4.3.2 closing\r\n")
        raise Gone()

    cases = (
        ({"RCPT": b"550 5.1.1 unknown\r\n"}, "550 5.1.1 unknown"),
        ({"RCPT": b"452 4.2.2 full\r\n"}, "452 4.2.2 full"),
        ({"RCPT": b"450 4.7.1 later\r\n"}, "450 4.7.1 later"),
        ({"RCPT": b"550 no\r\n"}, "550 5.0.0 no"),
        ({"MAIL": b"552 5.3.4 big\r\n"}, "552 5.3.4 big"),
        ({"DATA": b"451 4.3.0 no\r\n"}, "451 4.3.0 no"),
        ({"EOD": b"554 5.7.1 spam\r\n"}, "554 5.7.1 spam"),
        ({"EOD": b"252 2.6.0 odd\r\n"}, "252 2.6.0 odd"),
        ({"MAIL": bye}, "451 4.3.2 closing"),
        ({"EOD": bye}, "451 4.3.2 closing"),
        ({"CONNECT": b"554 5.7.1 at 127.0.0.1\r\n"}, "451 4.4.1 Backend is"),
        ({"EHLO": b"554 x\r\n", "HELO": b"554 x\r\n"},
         "451 4.4.1 Backend is"),
        ({"MAIL": b"nonsense\r\n"}, "451 4.5.0 Backend is"),
        (None, "451 4.4.1 Backend is"),
    )
    for replies, want in cases:
        with Backend(replies=replies) as b, Instance(
                backend_port=b.port if replies else 1) as mta, \
                mta.client() as c:
            c.hello()
            r = c.message()
            assert r.lines[0].startswith(want), (want, r)
            assert "127.0" not in r.text[0], r
            c.cmd("NOOP", 250)
            if want.endswith("Backend is"):
                line = mta.wait_log("event=inline-error")
                assert " warn " in line, line
                assert "remote_host=127.0.0.1 remote=127.0.0.1 " \
                    "remote_port=%d " % (b.port if replies else 1) in line, \
                    line
    with Backend(exts=("SIZE 100",)) as b, \
            Instance(backend_port=b.port) as mta, mta.client() as c:
        c.hello()
        r = c.message(b"A: b\r\n\r\n\xe4\r\n")
        assert r.lines == ["554 5.6.3 backend does not offer 8BITMIME"], r
        r = c.message("A: b\r\n\r\n" + "x" * 200 + "\r\n")
        assert r.lines[0].startswith("554 5.3.4 "), r


def test_what_is_said_before_mail_is_no_verdict():
    """A refusal of the connection is a temporary error that says what it
    was, so is a host that is not there; all of it stands in the log."""
    text = """$r = $arguments["mail"]->send("a@b.example", ["c@d.example"],
        ["host" => "%s", "port" => %d]);
    $e = $r["error"];
    Defer(json_encode([$e["temporary"], $e["code"], $e["enhanced"], $e["type"],
        $e["dns"] ?? "", $e["state"] ?? "", $e["reply"]["code"] ?? 0]));"""
    cases = (
        ("127.0.0.1", {"CONNECT": b"554 5.3.2 no\r\n"},
         '[true,451,[4,4,1],"smtp","","BANNER",554]'),
        ("127.0.0.1", {"EHLO": b"550 no\r\n", "HELO": b"550 no\r\n"},
         '[true,451,[4,4,1],"smtp","","HELO",550]'),
        ("127.0.0.1", {"CONNECT": b"421 4.3.2 no\r\n"},
         '[true,451,[4,4,1],"smtp","","BANNER",421]'),
        ("none.test", None, '[true,451,[4,3,5],"dns","nodata","",0]'),
    )
    for host, replies, want in cases:
        with Backend(replies=replies) as b:
            mta = Instance(hook=text % (host, b.port), params={
                "dns_local_data": "zone", "dns_servers": "127.0.0.1@9"})
            with open(mta.path("zone"), "w") as f:
                f.write("none.test. 60 IN TXT x\n")
            with mta, mta.client() as c:
                c.hello()
                r = c.message()
                assert r.lines == ["421 4.3.0 " + want], (host, r)
                if replies is not None:
                    line = mta.wait_log("event=inline-failed")
                    assert " warn " in line and "type=smtp" in line, line


def test_accepted_but_not_delivered():
    """The sender will not send again, and nobody has it: allowed, but said."""
    def run(hook_text, replies=None):
        with Backend(replies=replies) as b:
            text = hook_text.replace("PORT", str(b.port))
            with Instance(hook=text, maxproc=1) as mta, mta.client() as c:
                c.hello()
                assert c.message().code == 250
                mta.wait_log("event=message ")
                n = mta.counters()["accepted_undelivered"]
                assert mta.log().count("event=accepted-undelivered") == n
                return n
    sends = '$arguments["mail"]->send("a@b.example", ["c@d.example"], ' \
            '["host" => "127.0.0.1", "port" => PORT]); Accept();'
    assert run("Accept();") == 1
    assert run(sends) == 0
    assert run(sends, {"EOD": b"550 5.7.1 no\r\n"}) == 1
    assert run(sends, {"RCPT": b"550 5.1.1 no\r\n"}) == 1


def test_body_reaches_byte_for_byte():
    bodies = [b"", b"\r\n", b"A: b\r\n\r\n.\r\n..\r\n.x\r\n",
              b"A: b\r\n\r\n" + bytes(range(0x0e, 0x100)) + b"\0\r\n",
              b"".join(b"%d .\r\n" % i for i in range(30000))]
    for exts in (Backend.EXTS, CHUNKING):
        with Backend(exts) as b, instance(b, smtpd_nul="accept") as mta, \
                mta.client() as c:
            c.hello()
            for n, body in enumerate(bodies):
                wire = b"".join(b"." + l if l.startswith(b".") else l
                                for l in body.splitlines(True))
                if b"\x85" in body:     # splitlines() is for text
                    wire = body
                c.cmd("MAIL FROM:<a@b.example> BODY=8BITMIME", 250)
                c.cmd("RCPT TO:<b@c.example>", 250)
                c.cmd("DATA", 354)
                c.send(wire + b".\r\n")
                c.expect(250)
                m = b.messages.pop()
                assert m["body"] == body, (m["body"][:80], body[:80])
                # The second message of a connection goes by DATA: its 354
                # tells when replies are one off.  By then this backend has
                # shown that its replies tell that, too, so that the next
                # go in one write, but for a large one.
                assert m["how"] == ("BDAT" if "CHUNKING" in exts and n != 1
                                    and len(body) <= 65536 else "DATA")


def refusals(exts, data_reply):
    """Of three recipients one is refused: nobody gets the message."""
    def rcpt(conv, line):
        return b"550 5.1.1 unknown\r\n" if b"bad@" in line else None

    replies = {"RCPT": rcpt}
    if data_reply is not None:
        replies["DATA" if "CHUNKING" not in exts else "BDAT"] = data_reply
    with Backend(exts, replies) as b, instance(b) as mta, mta.client() as c:
        c.hello()
        r = c.message(rcpts=["x@y.example", "bad@y.example", "z@y.example"])
        assert b.verbs()[-1] == "RSET" or wait_for(
            lambda: b.verbs()[-1] == "RSET", text="RSET")
        assert r.code == 550 and "unknown" in r.text[0], r
        assert b.messages == []
        r = c.message(rcpts=["x@y.example", "z@y.example"])
        if data_reply is None:
            assert r.code == 250, r
            assert len(b.messages) == 1


def test_partial_refusal_data_354():
    refusals(Backend.EXTS, None)


def test_partial_refusal_data_503():
    refusals(Backend.EXTS, b"503 5.5.1 no\r\n")


def test_partial_refusal_bdat():
    refusals(CHUNKING, None)


def test_partial_refusal_bdat_503():
    refusals(CHUNKING, b"503 5.5.1 no\r\n")


def test_all_refused_then_354():
    """A 354 after refusals: no lone dot, the connection is closed."""
    with Backend(replies={"RCPT": b"550 5.1.1 no\r\n",
                          "DATA": b"354 go on\r\n"}) as b, \
            instance(b) as mta, mta.client() as c:
        c.hello()
        assert c.message().code == 550
        assert c.message(rcpts=["a@b.example", "c@b.example"]).code == 550
        assert b.messages == []


def test_temporary_refusal_wins():
    def rcpt(conv, line):
        return {b"p": b"550 5.1.1 no\r\n", b"t": b"450 4.2.1 later\r\n"}.get(
            line[9:10])
    with Backend(replies={"RCPT": rcpt}) as b, instance(b) as mta, \
            mta.client() as c:
        c.hello()
        r = c.message(rcpts=["p@x.example", "ok@x.example", "t@x.example"])
        assert 400 <= r.code <= 499, r


def test_connection_is_reused():
    with Backend() as b, instance(b) as mta, mta.client() as c:
        c.hello()
        for _ in range(5):
            assert c.message().code == 250
        assert b.connections == 1
        assert "RSET" not in b.verbs()


def test_stale_connection_is_not_used():
    """A pooled connection that the backend closed, or on which it said 421,
    is discarded before use: the client never sees it."""
    said = []

    def after(conv, line):
        said.append(conv)
        return b"250 2.0.0 ok\r\n"

    with Backend(replies={"EOD": after}) as b, instance(b) as mta, \
            mta.client() as c:
        c.hello()
        assert c.message().code == 250
        said[-1].send(b"421 4.3.2 going down\r\n")
        time.sleep(0.2)
        assert c.message().code == 250
        said[-1].hang_up()
        time.sleep(0.2)
        assert c.message().code == 250
        assert b.connections == 3


def test_retry_on_a_new_connection_before_the_end():
    """A reused connection that dies at MAIL is tried again on a new one."""
    state = {"die": False}

    def mail(conv, line):
        if state["die"]:
            state["die"] = False
            raise Gone()

    with Backend(replies={"MAIL": mail}) as b, instance(b) as mta, \
            mta.client() as c:
        c.hello()
        assert c.message().code == 250
        state["die"] = True
        assert c.message().code == 250
        assert b.connections == 2


def answered_twice(exts, text, slow):
    """A backend answers an end of message twice, the second time late, and
    refuses the next message on that connection: the client must not get the
    250 of another command for it."""
    ends = {}

    def late(conv, line):
        n = ends.get(conv, 0)
        if n == 1:
            conv.send(b"250 2.0.0 the late one\r\n")
        time.sleep(slow)

    def end(conv, line):
        ends[conv] = ends.get(conv, 0) + 1
        if ends[conv] > 1:
            return b"554 5.7.1 not this one\r\n"

    def rcpt(conv, line):
        time.sleep(slow)

    with Backend(exts, {"MAIL": late, "RCPT": rcpt, "EOD": end}) as b, \
            instance(b) as mta, mta.client() as c:
        c.hello()
        for n in range(1, 6):
            c.envelope()
            c.send("BDAT %d LAST\r\n%s" % (len(text), text))
            r = c.reply()
            assert (r.code == 250) == (len(b.messages) == n), (n, r)
            assert r.code == 250, r
        assert b.connections == 5


def test_a_verdict_is_the_messages_own():
    for exts in (CHUNKING, Backend.EXTS, ("CHUNKING",), ()):
        for slow in (0, 0.02):
            for end in ("", "\r\n"):
                answered_twice(exts, "A: b\r\n\r\nx" + end, slow)


def test_a_refusal_is_the_messages_own():
    """The end of a message is refused twice, the second time late: that is no
    answer to the next message's MAIL or RCPT."""
    for exts in (CHUNKING, Backend.EXTS, ()):
        for verb in "MAIL", "RCPT":
            bad = {}

            def late(conv, line):
                if bad.pop(conv, None):
                    conv.send(b"554 5.7.1 not that one\r\n")

            def end(conv, line):
                if b"bad" in conv.body:
                    bad[conv] = True
                    return b"554 5.7.1 not that one\r\n"

            with Backend(exts, {verb: late, "EOD": end}) as b, \
                    instance(b) as mta, mta.client() as c:
                c.hello()
                for n in range(1, 5):
                    assert c.message("A: b\r\n\r\nbad\r\n").code == 554
                    r = c.message("A: b\r\n\r\ngood\r\n")
                    assert r.code == 250 and len(b.messages) == n, (
                        exts, verb, n, r)


def test_a_backend_that_closes_behind_its_250():
    """Nothing is deferred for it."""
    def end(conv, line):
        conv.send(b"250 2.0.0 ok\r\n")
        raise Gone()

    for exts in (CHUNKING, Backend.EXTS):
        with Backend(exts, {"EOD": end}) as b, instance(b) as mta, \
                mta.client() as c:
            c.hello()
            for _ in range(60):
                assert c.message().code == 250


def lost_at_the_end(exts):
    def end(conv, line):
        raise Gone()

    with Backend(exts, {"EOD": end}) as b, instance(b) as mta, \
            mta.client() as c:
        c.hello()
        r = c.message()
        assert r.code == 421, r         # the seed's Defer(error message)
        n = b.verbs().count("MAIL")
        time.sleep(0.3)
        assert b.verbs().count("MAIL") == n == 1, "sent again"


def test_never_resent_after_the_dot():
    lost_at_the_end(Backend.EXTS)


def test_never_resent_after_bdat_last():
    lost_at_the_end(CHUNKING)


def test_backend_does_not_answer_the_end():
    def end(conv, line):
        time.sleep(6)
        raise Gone()
    with Backend(replies={"EOD": end}) as b, \
            instance(b, inline_end_timeout="1s") as mta, mta.client() as c:
        c.hello()
        assert c.message().code == 421
        assert "state=EOD" in mta.wait_log("event=inline-error")


def test_early_421_and_closes():
    for verb in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "EOD"):
        def bye(conv, line):
            conv.send(b"421 4.3.2 closing\r\n")
            raise Gone()
        with Backend(replies={verb: bye}) as b, instance(b) as mta, \
                mta.client() as c:
            c.hello()
            r = c.message()
            assert r.code == 421, (verb, r)
            assert b.messages == []
            c.cmd("NOOP", 250)


def test_garbage():
    """Whatever a backend says, the client gets a temporary failure and the
    worker lives."""
    cases = [b"\x00\xff\x80garbage\r\n", b"HTTP/1.1 200 OK\r\n",
             b"25\r\n", b"250" + b"x" * 200000 + b"\r\n",
             b"250-a\r\n251 b\r\n", b"999 x\r\n", b"\r\n", b"250 ok\n"]
    for verb in ("CONNECT", "EHLO", "MAIL", "EOD"):
        for said in cases:
            with Backend(replies={verb: said}) as b, instance(b) as mta, \
                    mta.client() as c:
                c.hello()
                r = c.message()
                assert r.code == 421, (verb, said[:20], r)
                pids = mta.workers()
                c.cmd("NOOP", 250)
                assert mta.workers() == pids


def test_a_long_reply_is_a_verdict():
    """A megabyte of text, a reply without end, and one that breaks off: what
    its code says counts, or the client sends again what was taken."""
    def breaks_off(conv, line):
        conv.send(b"250-2.0.0 taken\r\n")
        raise Gone()

    cases = [b"250-x\r\n" * 150000 + b"250 x\r\n",
             b"250 " + b"x" * 1000000 + b"\r\n",
             b"250-x\r\n" * 800000, breaks_off]
    for said in cases:
        with Backend(replies={"EOD": said}) as b, instance(b) as mta, \
                mta.client() as c:
            c.hello()
            r = c.message()
            assert r.code == 250, r.lines[:3]
            assert len(r.lines) <= 100
            c.cmd("NOOP", 250)


def test_hang_and_deadline():
    """A backend that hangs before the end: inline_deadline, then 451."""
    for verb in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA"):
        def hang(conv, line):
            time.sleep(8 * SLOW)
            raise Gone()
        with Backend(replies={verb: hang}) as b, \
                instance(b, inline_deadline="1s") as mta, mta.client() as c:
            c.hello()
            start = time.monotonic()
            r = c.message()
            assert r.code in (421, 451), (verb, r)
            assert time.monotonic() - start < 7 * SLOW, verb
            assert b.messages == []


def test_timeout_option():
    def hang(conv, line):
        time.sleep(8 * SLOW)
        raise Gone()
    with Backend(replies={"MAIL": hang}) as b, \
            instance(b, ', "timeout" => 1') as mta, mta.client() as c:
        c.hello()
        start = time.monotonic()
        assert c.message().code == 421
        assert time.monotonic() - start < 7 * SLOW


def test_nobody_listens():
    mta = Instance(hook=hook(1))
    with mta, mta.client() as c:
        c.hello()
        r = c.message()
        assert r.code == 421 and "refused" in r.text[0].lower(), r


def test_no_such_host():
    text = SEED.replace("mail.example.com", "nowhere.example.com")
    mta = Instance(hook=text, params={"dns_local_data": "zone",
                                      "dns_servers": "127.0.0.1@9"})
    with open(mta.path("zone"), "w") as f:
        f.write("mail.example.com. 60 IN A 127.0.0.1\n")
    with mta, mta.client() as c:
        c.hello()
        assert 400 <= c.message().code <= 599
        c.cmd("NOOP", 250)


def test_a_resolver_that_drops_aaaa():
    """What A brought is used when AAAA is not answered in a second."""
    with Backend() as b, Answerer(address="127.0.0.1") as dns:
        text = SEED.replace("mail.example.com", "half.example.com")
        with Instance(hook=text, params={
                "send_default_port": str(b.port),
                "dns_servers": "127.0.0.1@%d" % dns.port}) as mta, \
                mta.client() as c:
            c.hello()
            start = time.monotonic()
            assert c.message().code == 250
            assert 0.9 < time.monotonic() - start < 5 * SLOW
            start = time.monotonic()
            assert c.message().code == 250


def test_a_resolver_that_answers_nothing():
    """The deadline passes while the name is looked up: one cause, one text,
    and the script decides what the client hears."""
    with Answerer() as dns, Instance(
            hook=SEED.replace("mail.example.com", "mute.example.com"),
            params={"inline_deadline": "1s",
                    "dns_servers": "127.0.0.1@%d" % dns.port}) as mta, \
            mta.client() as c:
        c.hello()
        r = c.message()
        assert r.lines == ["421 4.3.0 DNS: mute.example.com: no answer "
                           "before the deadline"], r
        assert "type=dns" in mta.wait_log("event=inline-error")
        assert "event=hook-error" not in mta.log()


def test_connection_limit_and_waiting_line():
    """Ten transactions over two connections: the others wait their turn."""
    lock = threading.Lock()
    now = {"n": 0, "most": 0}

    def mail(conv, line):
        with lock:
            now["n"] += 1
            now["most"] = max(now["most"], now["n"])
        time.sleep(0.1)

    def end(conv, line):
        with lock:
            now["n"] -= 1

    with Backend(replies={"MAIL": mail, "EOD": end}) as b, \
            instance(b, backend_connection_limit="2") as mta:
        clients = [mta.client() for _ in range(10)]
        for c in clients:
            c.hello()
            c.envelope()
            c.cmd("DATA", 354)
            c.send("x\r\n.\r\n")
        for c in clients:
            c.expect(250)
            c.close()
        assert now["most"] == 2, now
        assert b.connections == 2
        assert len(b.messages) == 10


def test_waiting_line_has_a_deadline():
    def mail(conv, line):
        time.sleep(5)

    with Backend(replies={"MAIL": mail}) as b, \
            instance(b, backend_connection_limit="1",
                     inline_deadline="1s") as mta:
        clients = [mta.client() for _ in range(3)]
        for c in clients:
            c.hello()
            c.envelope()
            c.cmd("DATA", 354)
            c.send("x\r\n.\r\n")
        start = time.monotonic()
        for c in clients:
            assert c.reply().code in (421, 451)
            c.close()
        assert time.monotonic() - start < 15 * SLOW
        assert b.messages == []


def leaves(how):
    """The client leaves before the end was sent: the backend gets nothing."""
    gate = threading.Event()

    def mail(conv, line):
        gate.wait(10)

    with Backend(replies={"MAIL": mail}) as b, instance(b) as mta:
        c = mta.client()
        c.hello()
        c.envelope(rcpts=["a@b.example", "c@b.example"])
        c.cmd("DATA", 354)
        c.send("x\r\n.\r\n")
        wait_for(lambda: "MAIL" in b.verbs(), text="MAIL at the backend")
        how(c)
        time.sleep(0.3)
        gate.set()
        time.sleep(0.5)
        assert b.messages == [], b.messages
        assert "event=inline-orphan" not in mta.log()


def test_client_resets_before_the_end():
    leaves(lambda c: c.reset())


def test_client_closes_before_the_end():
    leaves(lambda c: c.close())


def test_client_that_pipelined_quit_is_there():
    gate = threading.Event()

    def mail(conv, line):
        gate.wait(10)

    with Backend(replies={"MAIL": mail}) as b, instance(b) as mta:
        c = mta.client()
        c.hello()
        c.envelope(rcpts=["a@b.example", "c@b.example"])
        c.cmd("DATA", 354)
        c.send("x\r\n.\r\nQUIT\r\n")
        c.sock.shutdown(socket.SHUT_WR)
        time.sleep(0.3)
        gate.set()
        c.expect(250)
        c.expect(221)
        assert len(b.messages) == 1


def test_parameters_pass_through():
    with Backend() as b, instance(b) as mta, mta.client() as c:
        c.hello()
        c.cmd("MAIL FROM:<a@b.example> BODY=8BITMIME SMTPUTF8", 250)
        c.cmd("RCPT TO:<\u00fc@b.example>", 250)
        c.cmd("DATA", 354)
        c.send("\u00e9\r\n.\r\n")
        c.expect(250)
        m = b.messages[0]
        assert b"BODY=8BITMIME" in m["params"] and \
            b"SMTPUTF8" in m["params"], m
        assert m["rcpts"] == ["<\u00fc@b.example>".encode()], m


def test_never_converts():
    """8BITMIME, SMTPUTF8 and SIZE that the backend lacks are permanent."""
    cases = [
        (("PIPELINING", "SMTPUTF8"), " BODY=8BITMIME", "a", "\u00e9", "5.6.3"),
        (("8BITMIME",), " SMTPUTF8", "\u00fc", "x", "5.6.7"),
        (("PIPELINING", "SIZE 100"), "", "a", "x" * 200, "5.3.4"),
    ]
    text = '''
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
    $transaction["recipients"]), ["host" => "127.0.0.1", "port" => %d]);
$e = $r["error"];
if ($e and !$e["temporary"]) Reject($e["message"]);
if ($e) Defer($e["message"]);
Accept();
'''
    for exts, params, local, body, code in cases:
        with Backend(exts) as b:
            mta = Instance(hook=text % b.port)
            with mta, mta.client() as c:
                c.hello()
                c.cmd("MAIL FROM:<a@b.example>" + params, 250)
                c.cmd("RCPT TO:<%s@b.example>" % local, 250)
                c.cmd("DATA", 354)
                c.send(body + "\r\n.\r\n")
                r = c.reply()
                assert r.code == 550, (exts, r)
                assert b.messages == []


def test_utf8_where_it_is_needed():
    """SMTPUTF8 that was asked for is needed where an address or the header
    is not ASCII; the rest passes a backend without it."""
    with Backend(("PIPELINING", "8BITMIME")) as b, instance(b) as mta, \
            mta.client() as c:
        c.hello()
        for header, body, code in (("a", "\u00e9", 250), ("a", "b", 250),
                                   ("\u00e9", "b", 550)):
            c.cmd("MAIL FROM:<a@b.example> BODY=8BITMIME SMTPUTF8", 250)
            c.cmd("RCPT TO:<c@b.example>", 250)
            c.cmd("DATA", 354)
            c.send("Subject: %s\r\n\r\n%s\r\n.\r\n" % (header, body))
            c.expect(code)
        assert [m["params"] for m in b.messages] == [b"BODY=8BITMIME"] * 2


def test_limits_raise_exceptions():
    """What in-line delivery can't do is a runtime exception."""
    calls = [
        'send("a@b.example", ["c@d.example"], ["port" => 25])',
        'send("a@b.example", [], ["host" => "127.0.0.1"])',
        'send("a@b.example", ["not an address"], ["host" => "127.0.0.1"])',
        'send("a@b.example", "c@d.example", ["host" => "127.0.0.1"])',
        'send("a@b.example", ["c@d.example"], "127.0.0.1")',
        'send("a@b.example", ["c@d.example"], ["127.0.0.1", "127.0.0.2"])',
        'send("a@b.example", ["c@d.example"], ["host" => "h", "mx" => 1])',
        'send("a@b.example", ["c@d.example"], ["host" => "h",'
        ' "tls" => "always"])',
        'send("a@b.example", ["c@d.example"], ["host" => "h",'
        ' "protocol" => "uucp"])',
        'send("a@b.example", ["c@d.example", "e@d.example"], ["host" => "h",'
        ' "protocol" => "lmtp"])',
        'send("a@b.example", ["c@d.example"], ["host" => "h",'
        ' "saslusername" => "x"])',
        'send("a@b.example", ["c@d.example"], ["host" => "h", "port" => 0])',
    ]
    for call in calls:
        text = '''try { $arguments["mail"]->%s; } catch ($e) {
            Reject("caught " . $e->message()); }
            Accept();''' % call
        with Instance(hook=text) as mta, mta.client() as c:
            c.hello()
            r = c.message()
            assert r.code == 550 and "caught send" in r.text[0], (call, r)


def test_second_send_is_refused():
    """One backend has it: a second send would make a duplicate.  After a
    refusal a script may try another."""
    text = '''
$server = ["host" => "127.0.0.1", "port" => %d];
$r = $arguments["mail"]->send("", ["x@y.example"], $server);
try {
    $r = $arguments["mail"]->send("", ["x@y.example"], $server);
} catch ($e) {
    Accept("caught");
}
Accept("twice " . $r["result"]["code"]);
'''
    with Backend() as b, Instance(hook=text % b.port) as mta, \
            mta.client() as c:
        c.hello()
        assert c.message().text == ["2.0.0 caught"]
        b.replies["RCPT"] = b"550 5.1.1 no\r\n"
        assert c.message().text == ["2.0.0 twice 550"]


def test_result_fields():
    text = '''
$r = $arguments["mail"]->send($transaction["sender"], ["x@y.example"],
    ["host" => "127.0.0.1", "port" => %d, "tls" => "none"]);
$c = $r["connection"];
Accept([length($c["id"]), $c["transactions"], $c["localip"], $c["remoteip"],
    $c["remotemx"], $r["result"]["state"], $r["result"]["code"],
    array_join($r["result"]["enhanced"], "."), $r["result"]["reason"][0]]);
'''
    with Backend() as b, Instance(hook=text % b.port, maxproc=1) as mta, \
            mta.client() as c:
        c.hello()
        for n in ("1", "2"):
            r = c.message()
            assert [t[6:] for t in r.text] == ["36", n, "127.0.0.1",
                "127.0.0.1", "127.0.0.1", "EOD", "250", "2.0.0",
                "Ok: queued as 4711"], r


def tls_backend(replies=None):
    """A backend that offers STARTTLS with a fresh certificate."""
    import ssl
    import subprocess
    import tempfile
    d = tempfile.mkdtemp()
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048",
                    "-nodes", "-keyout", d + "/key", "-out", d + "/cert",
                    "-days", "2", "-subj", "/CN=x"], check=True,
                   capture_output=True)
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(d + "/cert", d + "/key")

    def starttls(conv, line):
        conv.send(b"220 2.0.0 go\r\n")
        conv.sock = ctx.wrap_socket(conv.sock, server_side=True)
        conv.file = conv.sock.makefile("rb")
        conv.backend.tls = conv.backend.__dict__.get("tls", 0) + 1
        return b""

    b = Backend(Backend.EXTS + ("STARTTLS",), dict(replies or {}))
    b.replies.setdefault("STARTTLS", starttls)
    from halyard import Conversation
    Conversation.do_STARTTLS = lambda self, line: self.answer(
        "STARTTLS", line, b"454 4.7.0 no\r\n")
    return b


def test_tls_optional():
    text = hook(0, ', "tls" => "optional"')
    with tls_backend() as b:
        with Instance(hook=text.replace('"port" => 0', '"port" => %d'
                                        % b.port)) as mta, mta.client() as c:
            c.hello()
            assert c.message().code == 250
            assert b.tls == 1
            assert c.message().code == 250
            assert b.connections == 1
    def broken(conv, line):
        conv.send(b"220 go\r\n")
        conv.sock.recv(1000)            # the ClientHello
        conv.send(b"garbage, not TLS\r\n")
        raise Gone()

    # refused, or broken: in clear; bytes before the handshake: given up
    for reply, code in ((b"454 4.7.0 not now\r\n", 250), (broken, 250),
                        (b"220 go\r\n250 injected\r\n", 421)):
        with tls_backend({"STARTTLS": reply}) as b:
            with Instance(hook=text.replace('"port" => 0', '"port" => %d'
                          % b.port)) as mta, mta.client() as c:
                c.hello()
                r = c.message()
                assert r.code == code, (reply, r)
                assert len(b.messages) == (code == 250)


def test_slow_backend_slows_only_its_own():
    def mail(conv, line):
        time.sleep(6 * SLOW)

    with Backend(replies={"MAIL": mail}) as slow, Backend() as fast:
        text = '''
$port = $transaction["recipients"][0]["address"]["localpart"] == "slow"
    ? %d : %d;
$r = $arguments["mail"]->send("", ["x@y.example"],
    ["host" => "127.0.0.1", "port" => $port]);
Accept($r["result"]["reason"]);
''' % (slow.port, fast.port)
        with Instance(hook=text, maxproc=1) as mta:
            clients = []
            for _ in range(20):
                c = mta.client()
                c.hello()
                c.envelope(rcpts=["slow@x.example"])
                c.cmd("DATA", 354)
                c.send(".\r\n")
                clients.append(c)
            start = time.monotonic()
            with mta.client() as c:
                c.hello()
                for _ in range(20):
                    assert c.message().code == 250
            assert time.monotonic() - start < 5 * SLOW
            for c in clients:
                c.expect(250)
                c.close()


@contextlib.contextmanager
def held_end(**params):
    """An instance, a client whose message's end is with the backend, and the
    gate that lets the backend answer."""
    gate = threading.Event()

    def end(conv, line):
        gate.wait(20)

    with Backend(replies={"EOD": end}) as b, instance(b, **params) as mta:
        c = mta.client()
        c.hello()
        c.envelope()
        c.cmd("DATA", 354)
        c.send("Subject: x\r\nMessage-ID: <4711@example.net>\r\n\r\n.\r\n")
        wait_for(lambda: "DATA" in b.verbs(), text="DATA at the backend")
        time.sleep(0.3)
        yield mta, c, gate
        assert len(b.messages) == 1


def test_stop_waits_for_the_end():
    """SIGTERM does not abort the wait for the reply to an end of message."""
    with held_end(shutdown_limit="1s") as (mta, c, gate):
        idle = mta.client()
        os.kill(mta.master_pid(), signal.SIGTERM)
        idle.expect(421)
        time.sleep(2.5)
        gate.set()
        c.expect(250)
        c.expect(421)


def test_reload_does_not_abort_the_wait():
    with held_end(drain_limit="0s") as (mta, c, gate):
        mta.ctl("reload")
        time.sleep(1)
        gate.set()
        c.expect(250)
        c.expect(421)


def test_lost_master():
    """Workers end within five seconds, but for those that wait."""
    with held_end() as (mta, c, gate):
        pids = mta.workers()
        os.kill(mta.master_pid(), signal.SIGKILL)
        time.sleep(6)
        assert alive(pids[0])
        gate.set()
        c.expect(250)
        wait_for(lambda: not alive(pids[0]), 8, "the worker's end")


def test_lost_master_ends_idle_workers():
    with Backend() as b, instance(b) as mta:
        pids = mta.workers()
        c = mta.client()
        c.hello()
        os.kill(mta.master_pid(), signal.SIGKILL)
        c.expect(421)
        c.close()
        wait_for(lambda: not alive(pids[0]), 6, "the worker's end")


def test_orphan_is_logged():
    """The client leaves after the end was sent: Message-ID and verdict."""
    with held_end() as (mta, c, gate):
        c.reset()
        time.sleep(0.3)
        gate.set()
        line = mta.wait_log("event=inline-orphan")
        assert "4711@example.net" in line and "code=250" in line, line
        assert mta.counters()["inline_orphans"] == 1


def test_deadline_covers_the_hook():
    """A hook that never ends is cut off by inline_deadline."""
    with Instance(hook="while (true) $x = 1;", params={
            "inline_deadline": "1s", "hook_instruction_limit":
            "1000000000000"}) as mta, mta.client() as c:
        c.hello()
        start = time.monotonic()
        assert c.message().code == 451
        assert time.monotonic() - start < 15 * SLOW
        c.cmd("NOOP", 250)


def test_instruction_limit():
    with Instance(hook="while (true) $x = 1;", params={
            "hook_instruction_limit": "100000"}) as mta, mta.client() as c:
        c.hello()
        assert c.message().code == 421
        assert "instruction" in mta.wait_log("event=hook-error")


def test_memory_limit():
    text = '$s = "x"; while (true) $s = $s . $s;'
    with Instance(hook=text, params={"hook_memory_limit": "1M"}) as mta, \
            mta.client() as c:
        c.hello()
        assert c.message().code == 421
        assert "memory" in mta.wait_log("event=hook-error")


if __name__ == "__main__":
    main(globals())
