#!/usr/bin/env python3
"""mtactl trace: attempts to deliver as they happen, whole but for what is
secret; what it costs who does not read; and when it ends.  And what the queue
and its deliveries look like meanwhile."""

import base64
import json
import os
import signal
import subprocess
import threading

from halyard import MTACTL, SLOW, Backend, Gone, main, wait_for
from test_deliver import Mta, secret
from test_send import path, peer, serve

BODY = "Subject: hush-subject\r\n\r\nhush-body\r\n"


class Trace:
    """mtactl trace beside the test; all that it says, line by line."""

    def __init__(self, mta, *args, mode="--json"):
        self.p = subprocess.Popen(
            [MTACTL, "-c", mta.conf, "trace", *args] + [mode] * bool(mode),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines, self.errors = [], []
        self.threads = [threading.Thread(target=self.read, args=a)
                        for a in ((self.p.stdout, self.lines),
                                  (self.p.stderr, self.errors))]
        for t in self.threads:
            t.start()
        mta.traces = getattr(mta, "traces", 0) + 1
        wait_for(lambda: mta.log().count(" event=queue-trace ") ==
                 mta.traces, 20, "a trace that is set")

    @staticmethod
    def read(source, to):
        for line in source:
            to.append(line.rstrip("\n"))

    def end(self, code=0):
        rc = self.p.wait(60 * SLOW)
        for t in self.threads:
            t.join()
        assert rc == code, (rc, self.lines[-3:], self.errors)
        return self.lines

    def events(self, code=0):
        events = [json.loads(line) for line in self.end(code)]
        assert events[-1]["what"] == "over", events[-1]
        self.over = events.pop()
        return events

    def kill(self):
        self.p.send_signal(signal.SIGINT)
        self.p.wait(20)
        for t in self.threads:
            t.join()


def texts(events, what):
    return [e["text"] for e in events if e["what"] == what]


def secrets():
    """All that nobody may read in it."""
    plain = base64.b64encode(b"\0tim\0tanstaaf").decode()
    return ["hush", "tanstaaf", plain,
            base64.b64encode(b"tanstaaf").decode()]


def test_whole():
    """An attempt over TLS with AUTH, and one more over its connection."""
    with peer(("AUTH PLAIN",), cert="server") as b:
        b.handler = serve
        mta = Mta(b, params={"send_tls_ca_file": path("ca.pem")})
        os.makedirs(mta.path("secrets"))
        secret(mta, "pass", "tanstaaf")
        mta.transports(
            "transport hop host 127.0.0.1:%d -o tls=require_verify "
            "-o concurrency=1 -o saslusername=tim -o saslpassword_file=pass\n"
            % b.port)
        with mta:
            t = Trace(mta, "--recipientdomain", "a.example", "--count", "2")
            for domain in "a", "b", "a":
                mta.mail(BODY, rcpts=["r@%s.example" % domain])
                mta.wait_empty()
            events = t.events()
            assert t.over["attempts"] == 2 and t.over["dropped"] == 0, t.over
            assert {e["worker"] for e in events} == set(
                mta.workers("deliver")), events
    first = [e for e in events if e["attempt"] == 1]
    assert first[0]["what"] == "begin" and first[-1]["what"] == "end", first
    assert first[0]["text"] == "from <s@from.example> to <r@a.example>, " \
        "transport hop, attempt 1", first[0]
    sent = texts(first, "sent")
    assert [s.split(" ")[0] for s in sent] == [
        "EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"], sent
    assert sent[3] == "AUTH PLAIN ***", sent
    assert "RCPT TO:<r@a.example>" in sent, sent
    got = texts(first, "received")
    assert got[0] == "220 backend ESMTP" and "235 2.7.0 ok" in got, got
    assert "250-STARTTLS" in got or "250 STARTTLS" in got, got
    assert got[-1] == "250 2.0.0 Ok: queued as 4711", got
    notes = "\n".join(texts(first, "note"))
    for part in ("connecting to 127.0.0.1 [127.0.0.1]:%d" % b.port,
                 "connected, from 127.0.0.1", "TLS: TLSv1.3 ",
                 ": verified", "the message was sent, "):
        assert part in notes, (part, notes)
    assert texts(first, "verdict") == [
        "<r@a.example> delivered, done: 250 2.0.0 Ok: queued as 4711"], first
    times = [e["ms"] for e in first]
    assert times == sorted(times), times
    again = [e for e in events if e["attempt"] == 2]
    assert "is used again, for the transaction 3 over it; in TLSv1.3" in \
        texts(again, "note")[0], again
    assert [s.split(" ")[0] for s in texts(again, "sent")] == [
        "MAIL", "RCPT", "DATA"], again
    for word in secrets():
        assert word not in json.dumps(events), word


def test_no_secret():
    """A hop that repeats what it was told, in a challenge and a refusal."""
    def auth(conv, line):
        conv.send(b"334 VXNlcm5hbWU6\r\n")
        conv.line()
        conv.send(b"334 hush-challenge\r\n")
        word = conv.line()
        conv.send(b"535-5.7.8 no: " + word + b"\r\n535-5.7.8 that is " +
                  base64.b64decode(word) + b"\r\n535 5.7.8 says tim\r\n")

    def handler(conv):
        conv.do_AUTH = lambda line: auth(conv, line)
        conv.run()

    with Backend(Backend.EXTS + ("AUTH LOGIN",), handler=handler) as b:
        mta = Mta(b, "-o saslusername=tim -o saslpassword_file=pass")
        os.makedirs(mta.path("secrets"))
        secret(mta, "pass", "tanstaaf")
        with mta:
            t = Trace(mta, "--count", "1", mode=None)
            mta.mail(BODY)
            said = "\n".join(t.end())
    for word in secrets():
        assert word not in said, said
    assert ">  AUTH LOGIN" in said and ">  ***" in said, said
    assert "<  334 ***" in said and "<  535-5.7.8 ***" in said, said
    assert "<  535 5.7.8 says tim" in said, said
    assert "535 (what it said holds a secret of ours)" in said, said
    assert "temporary, defer (next try in " in said, said
    assert max(len(line) for line in said.splitlines()) < 160, said


def test_filters():
    """Where an attempt goes is known only on its way there."""
    with Backend() as b, Backend() as other, \
            Mta(b, more="transport other host 127.0.0.2:%d\n"
                % other.port) as mta:
        here = Trace(mta, "--remoteip", "127.0.0.1", "--count", "1")
        there = Trace(mta, "--remoteip", "127.0.0.2", "--remoteip",
                      "127.0.0.3", "--transportid", "oth*", "--count", "1")
        none = Trace(mta, "--remoteip", "127.0.0.2", "--transportid", "hop",
                     "--seconds", str(4 * SLOW))
        mta.mail(rcpts=["r@other.example"])
        mta.mail(rcpts=["r@a.example"])
        events = here.events()
        assert "to <r@a.example>, transport hop," in events[0]["text"]
        events = there.events()
        assert "to <r@other.example>, transport other," in \
            events[0]["text"], events
        assert any(": 127.0.0.2: " in x or "refused" in x
                   for x in texts(events, "verdict")), events
        assert none.events(1) == [] and none.over["attempts"] == 0
        p = mta.ctl("trace", "--state", "hold", check=False)
        assert p.returncode == 2 and "can't be picked" in p.stderr, p
        p = mta.ctl("trace", "--count", "0", check=False)
        assert p.returncode == 2 and "not a number from 1" in p.stderr, p


def test_terminal():
    """What a hop says to a terminal is shown, not done."""
    said = b"550 5.1.1 \x1b[2Jred\xc2\x9b31m \xff\x07\r\n"
    with Backend(replies={"RCPT": said}) as b, Mta(b) as mta:
        t = Trace(mta, "--count", "1", mode=None)
        mta.mail()
        text = "\n".join(t.end())
        assert "550 5.1.1 \\x1b[2Jred\\xc2\\x9b31m \\xff\\x07" in text, text
        assert text.isprintable() or "\x1b" not in text


def test_deaf():
    """Who does not read what he asked for holds up nobody."""
    with Backend() as b, Mta(b, "-o concurrency=20", workers=2) as mta:
        t = Trace(mta, "--count", "5000")
        t.p.send_signal(signal.SIGSTOP)
        for i in range(300):
            mta.mail(rcpts=["r%d@a.example" % n for n in range(5)])
        mta.wait_empty(60 * SLOW)
        assert len(b.messages) == 1500
        workers = mta.workers("qmgr") + mta.workers("deliver")
        t.p.send_signal(signal.SIGCONT)
        wait_for(lambda: len(t.lines) > 200, 20, "what was kept")
        mta.mail()
        mta.wait_empty()
        wait_for(lambda: any(json.loads(line).get("dropped", 0) > 1000
                             for line in t.lines), 20, "what was not")
        t.kill()
        mta.mail()
        mta.wait_empty()
        assert mta.workers("qmgr") + mta.workers("deliver") == workers


def test_80_columns():
    """The queue and the deliveries at a glance, while one is under way, one
    is deferred, one held, and a connection rests."""
    go = threading.Event()
    said = {b"late": b"450 4.2.0 \x1b[31mLater\r\n", b"no": b"550 5.1.1 No\r\n"}

    def rcpt(conv, line):
        name = line[9:].split(b"@")[0]
        if name == b"slow":
            go.wait(60)
        return said.get(name)

    with Backend(replies={"RCPT": rcpt}) as b, \
            Mta(b, "-o retry=1h -o concurrency=2 -o pooling_timeout=60s",
                workers=2) as mta:
        for name in "late", "no", "slow", "r", "r", "r":
            mta.mail(rcpts=[name + "@a.example"])
        (late,) = mta.wait_state("defer")
        (held,) = mta.wait_state("bouncing")
        (slow,) = mta.wait_state("sending")
        wait_for(lambda: len(b.messages) == 3, text="the others")
        wait_for(lambda: mta.counters("deliver")["delivery_idle"] == 1,
                 text="an idle connection")
        c = mta.counters("deliver")
        assert c["delivery_reuses"] >= 2 and c["deliveries_running"] == 1, c
        text = mta.ctl("status").stdout
        assert "queue     3 entries: 0 ready, 1 sending, 1 deferred, " \
            "0 held\n          1 whose senders are being told\n" in text, \
            text
        assert "delivery  2 connections, 1 of them idle\n          " \
            "3 delivered since the start, 1 failed for now, 1 for good" \
            in text, text
        text += mta.ctl("queue", "list").stdout
        assert " defer " in text and " sending " in text, text
        assert "    s@from.example -> late@a.example\n    450 4.2.0 " in \
            text and "\x1b" not in text, text
        stats = json.loads(mta.ctl("queue", "stats", "--json").stdout)
        assert stats["connections"] == 2 and stats["workers"] == 2 and \
            stats["sending"] == 1, stats
        text += mta.ctl("queue", "stats").stdout
        for e, why in ((late, "the time of its next try, 20"),
                       (held, "its sender to be told"),
                       (slow, "the end of its attempt")):
            page = mta.ctl("queue", "explain", "%s:%d" % (
                e["id"]["transaction"], e["id"]["queue"])).stdout
            assert "waits for      " + why in page, page
            assert ("due " in page) == (e is late), page
            assert "[]" not in page and "{}" not in page, page
            text += page
        assert max(len(l) for l in text.splitlines()) <= 80, text
        go.set()
        wait_for(lambda: len(b.messages) == 4, text="the slow one")
        p = mta.ctl("queue", "list", "--recipient", "slow@*")
        assert p.stdout == "" and "no entry that" in p.stderr, p


def test_worker_dies():
    """Its attempts end, and the next worker's are shown, too."""
    stuck, go = threading.Event(), threading.Event()

    def rcpt(conv, line):
        if not stuck.is_set():
            stuck.set()
            go.wait(60)
            raise Gone()

    with Backend(replies={"RCPT": rcpt}) as b, Mta(b) as mta:
        t = Trace(mta, "--count", "2")
        mta.mail()
        wait_for(stuck.is_set, 20, "an attempt")
        mta.kill("deliver")
        go.set()
        events = t.events()
        ends = [e for e in events if e["what"] == "end"]
        assert len(ends) == 2 and "worker is gone" in ends[0]["text"], ends
        assert ends[0]["worker"] != ends[1]["worker"], ends
        assert any("delivered, done" in x
                   for x in texts(events, "verdict")), events
        mta.wait_empty()


if __name__ == "__main__":
    main(globals())
