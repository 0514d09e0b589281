#!/usr/bin/env python3
"""deliver: what is queued reaches the next hop of its transport, recipient by
recipient, or is tried again, or held, whoever dies in between."""

import os
import re
import signal
import threading
import time

from halyard import (MTACTL, SLOW, WATCHED, Backend, Instance, alive, main,
                     wait_for)

HOOK = '''
$m = $arguments["mail"];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"],
        $r["address"]["domain"] == "other.example" ? "other" : "hop");
Accept();
'''
ROWS = """
cleanup.sock unix y - - - 1 cleanup
qmgr.sock unix y - - - 1 qmgr
deliver unix y - - - %d deliver
"""


class Mta(Instance):
    """The transport hop leads to `backend`, with these options."""

    def __init__(self, backend, options="", mode="host", workers=1, more="",
                 hook=HOOK, **args):
        super().__init__(hook=hook, services=ROWS % workers, **args)
        self.transports("transport hop %s 127.0.0.1:%d -o tls=disabled %s\n"
                        % (mode, backend.port if backend else 1, options) +
                        more)

    def transports(self, text):
        """Bounces go by the first of them."""
        with open(self.path("transport.cf"), "w") as f:
            f.write(text)
        self.set(dsn_transport=re.search("^transport +(\\S+)", text,
                                         re.M).group(1))

    def mail(self, body="Subject: s\r\n\r\nbody\r\n",
             rcpts=("r@a.example",), sender="s@from.example", params=""):
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<%s>%s" % (sender, params), 250)
            for r in rcpts:
                c.cmd("RCPT TO:<%s>" % r.split(" ")[0] +
                      r[len(r.split(" ")[0]):], 250)
            c.cmd("DATA", 354)
            c.send(body.encode() if isinstance(body, str) else body)
            c.send(b".\r\n")
            c.expect(250)

    def left(self):
        import json
        p = self.ctl("queue", "list", "--json", check=False)
        return json.loads(p.stdout)["entries"] if p.returncode == 0 else None

    def wait_empty(self, seconds=20):
        wait_for(lambda: self.left() == [], seconds, "an empty queue")

    def wait_state(self, state, count=1, seconds=20):
        def there():
            left = self.left()
            return left is not None and len([
                e for e in left if e["state"] == state]) == count
        wait_for(there, seconds, "%d in %s: %s" % (count, state,
                                                   self.left()))
        return [e for e in self.left() if e["state"] == state]

    def deliveries(self):
        """Of each event=delivery its fields."""
        found = []
        for line in self.log().splitlines():
            if " event=delivery " in line:
                found.append({k: v.strip('"') for k, v in re.findall(
                    r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line)})
        return found

    def kill(self, program):
        old = self.workers(program)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        for pid in old:
            wait_for(lambda: not alive(pid), text="death")


def test_delivered():
    with Backend() as b, Mta(b) as mta:
        mta.mail("Subject: s\r\n\r\n..dot\r\nend\r\n")
        mta.wait_empty()
        assert len(b.messages) == 1, b.messages
        m = b.messages[0]
        assert m["sender"] == b"<s@from.example>", m
        assert m["rcpts"] == [b"<r@a.example>"], m
        assert m["body"].endswith(b"Subject: s\r\n\r\n.dot\r\nend\r\n"), m
        assert m["body"].startswith(b"Received: "), m
        (d,) = mta.deliveries()
        assert d["result"] == "delivered" and d["verdict"] == "done", d
        assert d["queue"] == d["txn"] + ":1" and d["code"] == "250", d
        assert d["remote"] == "127.0.0.1" and d["transport"] == "hop", d
        assert d["to"] == "r@a.example" and d["retry"] == "0", d


def test_pooled():
    """One connection serves them all, and is kept as the transport says."""
    with Backend() as b, Mta(b, "-o concurrency=1") as mta:
        for _ in range(10):
            mta.mail()
        mta.wait_empty()
        assert len(b.messages) == 10 and b.connections == 1, b.connections
        assert mta.counters("deliver")["deliveries_done"] == 10


def test_not_pooled():
    with Backend() as b, Mta(b, "-o concurrency=1 -o pooling=no") as mta:
        for _ in range(5):
            mta.mail()
        mta.wait_empty()
        assert len(b.messages) == 5 and b.connections == 5, b.connections


def test_each_recipient():
    """They go together, and each has a verdict of its own."""
    said = {b"bad": b"550 5.1.1 Nobody\r\n", b"late": b"450 4.2.1 Later\r\n"}

    def rcpt(conv, line):
        return said.get(line[9:].split(b"@")[0])

    with Backend(replies={"RCPT": rcpt}) as b, \
            Mta(b, "-o recipients=10 -o retry=1h") as mta:
        mta.mail(rcpts=["%s@a.example" % r for r in
                        ("one", "bad", "late", "two")])
        (held,) = mta.wait_state("bouncing")
        (later,) = mta.wait_state("defer")
        assert held["recipient"] == "bad@a.example", held
        assert held["reason"] == "550 5.1.1 Nobody", held
        assert held["remoteip"] == "127.0.0.1", held
        assert later["recipient"] == "late@a.example", later
        assert later["retry"] == 1 and \
            3000 < later["due"] - time.time() < 4000, later
        wait_for(lambda: len(b.messages) == 1, text="the message")
        assert b.messages[0]["rcpts"] == [b"<one@a.example>",
                                          b"<two@a.example>"], b.messages
        by = {d["to"].split("@")[0]: d for d in mta.deliveries()}
        assert by["late"]["verdict"] == "defer" and \
            int(by["late"]["next_ms"]) > 3000000, by
        assert by["bad"]["state"] == "RCPT" and by["bad"]["code"] == "550", by
        assert by["one"]["state"] == "EOD", by


def lmtp(conv):
    conv.do_LHLO = conv.do_EHLO
    conv.run()


def test_lmtp():
    """Each recipient has a reply to the end."""
    def eod(conv, line):
        return b"".join(b"552 5.2.2 Full\r\n" if r == b"<full@a.example>"
                        else b"250 2.0.0 Ok\r\n" for r in conv.rcpts)

    with Backend(handler=lmtp, replies={"EOD": eod}) as b, \
            Mta(b, "-o recipients=10", mode="lmtp") as mta:
        mta.mail(rcpts=["%s@a.example" % r for r in ("a", "full", "b")])
        (held,) = mta.wait_state("bouncing")
        assert held["recipient"] == "full@a.example", held
        assert len(mta.left()) == 1
        assert "LHLO" in b.verbs() and "EHLO" not in b.verbs()


def test_dsn_parameters():
    hook = HOOK.replace('"other" : "hop");', '''"other" : "hop", ["dsn" => [
        "ret" => "HDRS", "envid" => "q+x", "notify" => "SUCCESS,DELAY",
        "orcpt" => "rfc822;o+@b.example"]]);''')
    with Backend(Backend.EXTS + ("DSN",)) as b, Mta(b, hook=hook) as mta:
        mta.mail()
        mta.wait_empty()
        (m,) = b.messages
        assert b"RET=HDRS" in m["params"] and b"ENVID=q+2Bx" in m["params"]
        assert m["rcpts"] == [b"<r@a.example> NOTIFY=SUCCESS,DELAY "
                              b"ORCPT=rfc822;o+2B@b.example"], m


def test_unfit():
    """What the next hop can't carry is not changed for it, but failed."""
    with Backend(("PIPELINING", "SIZE 10000")) as b, Mta(b) as mta:
        mta.mail("Subject: s\r\n\r\n\u00e4\r\n", sender="eight@x.example")
        mta.mail("Subject: s\r\n\r\n" + "x" * 70 + "\r\n" + "y\r\n" * 9000,
                 sender="large@x.example")
        held = {e["sender"].split("@")[0]: e["reason"]
                for e in mta.wait_state("bouncing", 2)}
        assert held == {
            "eight": "backend does not offer 8BITMIME",
            "large": "message is larger than the backend takes"}, held
        enhanced = sorted(d["enhanced"] for d in mta.deliveries())
        assert enhanced == ["5.3.4", "5.6.3"], enhanced
        assert b.messages == []


def test_large():
    """Its body has a file of its own."""
    body = b"".join(b"line %d of many, and then some more\r\n" % i
                    for i in range(80000))
    with Backend() as b, Mta(b) as mta:
        mta.mail(b"Subject: large\r\n\r\n" + body)
        mta.wait_empty()
        assert b.messages[0]["body"].endswith(b"large\r\n\r\n" + body)


def secret(mta, name, text):
    """As whoever gets a new token does it; deliver may be another user."""
    directory = mta.path("secrets")
    os.makedirs(directory, exist_ok=True)
    os.chmod(directory, 0o755)
    new = os.path.join(directory, "." + name)
    with open(new, "w") as f:
        f.write(text + "\n")
    os.chmod(new, 0o644)
    os.rename(new, os.path.join(directory, name))


def test_secrets():
    """A token that is no good any more is replaced, and the mail goes."""
    import base64
    good = base64.b64encode(b"user=us\x01auth=Bearer new\x01\x01")
    told = []

    def auth(conv):
        conv.do_AUTH = lambda line: (
            told.append(line),
            conv.send(b"235 2.7.0 Ok\r\n" if line.split()[-1] == good
                      else b"535 5.7.8 No\r\n"))
        conv.run()

    with Backend(Backend.EXTS + ("AUTH XOAUTH2 PLAIN",), handler=auth) as b:
        mta = Mta(b, "-o retry=1s -o saslusername=us "
                  "-o sasltoken_file=token")
        os.makedirs(mta.path("secrets"))
        with mta:
            mta.mail()
            (e,) = mta.wait_state("defer")
            assert e["reason"].startswith("secret token: "), e
            assert b.connections == 0
            secret(mta, "token", "old")
            wait_for(lambda: told, text="AUTH")
            secret(mta, "token", "new")
            mta.wait_empty()
            assert len(b.messages) == 1
            assert "authentication refused: 535" in mta.log()
            for word in ("old", "new", good.decode()):
                assert "Bearer" not in mta.log()
                assert " %s " % word not in mta.log(), word


def test_xclient():
    def xclient(conv):
        conv.do_XCLIENT = lambda line: conv.send(b"220 backend\r\n")
        conv.run()

    with Backend(Backend.EXTS + ("XCLIENT ADDR NAME HELO",),
                 handler=xclient) as b, Mta(b, "-o xclient=yes") as mta:
        mta.mail()
        mta.mail()
        mta.wait_empty()
        said = [c for c in b.commands if c.startswith(b"XCLIENT")]
        assert said == [b"XCLIENT NAME=[UNAVAILABLE] ADDR=127.0.0.1 "
                        b"HELO=client.example.net"] * 2, said
        assert b.connections == 2


def slow(seconds):
    def eod(conv, line):
        time.sleep(seconds)
    return eod


def hang(conv, line):
    time.sleep(30)


def test_hostile():
    """Whatever a next hop does, the recipient waits for another try, and the
    place that it had is free again."""
    cases = {
        "CONNECT": ("timeout_BANNER=1s", "timed out"),
        "EHLO": ("timeout_EHLO=1s", "timed out"),
        "MAIL": ("timeout_MAIL=1s", "timed out"),
        "RCPT": ("timeout_RCPT=1s", "timed out"),
        "DATA": ("timeout_DATA=1s", "timed out"),
        "EOD": ("timeout_EOD=1s", "timed out"),
        "RSET": ("timeout_RSET=1s", None),
        "QUIT": ("pooling=no", None),
    }
    for mode in ("host", "lmtp"):
        for verb, (option, reason) in cases.items():
            replies = {verb: hang}
            if verb == "RSET":
                replies["RCPT"] = b"450 4.2.0 Later\r\n"
            with Backend(handler=lmtp if mode == "lmtp" else None,
                         replies=replies) as b, \
                    Mta(b, "-o retry=1h -o concurrency=1 -o " + option,
                        mode=mode) as mta:
                if mode == "lmtp" and verb == "EHLO":
                    continue    # LHLO has a timeout of its own
                mta.mail()
                mta.mail()
                if verb == "QUIT":
                    mta.wait_empty(30)
                    continue
                for e in mta.wait_state("defer", 2, 30):
                    assert reason is None or reason in e["reason"], (verb, e)


def test_nonsense():
    """Bytes that are no SMTP, and an end in the middle."""
    def noise(conv, line):
        return os.urandom(300) + b"\r\n"

    def gone(conv, line):
        conv.hang_up()
        return b""

    for verb in ("CONNECT", "EHLO", "MAIL", "EOD"):
        for what in (noise, gone):
            with Backend(replies={verb: what}) as b, \
                    Mta(b, "-o retry=1h -o concurrency=1") as mta:
                mta.mail()
                (e,) = mta.wait_state("defer")
                assert e["retry"] == 1, e


def test_attempt_limit():
    """It cuts an attempt, but never the wait for the reply to its end."""
    def late(conv, line):
        time.sleep(2)

    with Backend(replies={"MAIL": late}) as b, \
            Mta(b, "-o retry=1h -o attempt_limit=1s") as mta:
        mta.mail()
        (e,) = mta.wait_state("defer")
        assert "deadline" in e["reason"], e
    with Backend(replies={"EOD": late}) as b, \
            Mta(b, "-o retry=1h -o attempt_limit=1s") as mta:
        mta.mail()
        mta.wait_empty()
        assert len(b.messages) == 1


def test_reload():
    """The old worker finishes what it has, once."""
    with Backend(replies={"EOD": slow(3 * SLOW)}) as b, Mta(b) as mta:
        mta.mail()
        wait_for(lambda: "DATA" in b.verbs(), text="the body")
        old = mta.workers("deliver")
        mta.ctl("reload")
        wait_for(lambda: len(mta.workers("deliver")) == 2, text="both")
        mta.mail(sender="second@x.example")
        mta.wait_empty()
        wait_for(lambda: mta.workers("deliver") != old and
                 len(mta.workers("deliver")) == 1, 20, "one worker")
        assert sorted(m["sender"] for m in b.messages) == [
            b"<s@from.example>", b"<second@x.example>"], b.messages


def test_told_twice():
    """qmgr dies before it has noted what a worker said of more than one
    recipient: the next one takes all of it, once."""
    with Backend(replies={"EOD": slow(0.5)}) as b, \
            Mta(b, "-o recipients=10") as mta:
        mta.mail(rcpts=("a@a.example", "b@a.example", "c@a.example"))
        wait_for(lambda: "DATA" in b.verbs(), text="the body")
        (old,) = mta.workers("qmgr")
        os.kill(old, signal.SIGSTOP)
        wait_for(lambda: len(b.messages) == 1, text="the message")
        wait_for(lambda: len(mta.deliveries()) == 3, text="the log")
        mta.kill("qmgr")
        mta.wait_empty()
        (new,) = mta.workers("qmgr")
        mta.mail(sender="second@x.example")
        wait_for(lambda: len(b.messages) == 2, text="the second")
        mta.wait_empty()
        assert mta.workers("qmgr") == [new]
        # The worker has not been told of anything twice.
        assert "event=ipc-bad" not in mta.log(), mta.log()


def test_transport_gone():
    """What waits in memory for a transport that is there no more is put off,
    and holds up nothing else."""
    with Backend(replies={"EOD": slow(2 * SLOW)}) as b, Backend() as other:
        row = "transport other host 127.0.0.1:%d -o tls=disabled\n" % \
            other.port
        with Mta(b, "-o concurrency=1", more=row) as mta:
            for n in range(5):
                mta.mail("Subject: %d\r\n\r\n%d\r\n" % (n, n))
            wait_for(lambda: "DATA" in b.verbs(), text="the body")
            mta.transports(row)
            mta.ctl("reload")
            for e in mta.wait_state("defer", 4):
                assert "transport.cf" in e["reason"], e
            for n in range(10):
                mta.mail(rcpts=("r@other.example",))
            wait_for(lambda: len(other.messages) == 10, text="the others")
            wait_for(lambda: len(b.messages) == 1, text="the first")


def test_killed():
    """A worker that is killed has at most what was in flight sent twice."""
    with Backend(replies={"EOD": slow(0.2)}) as b, \
            Mta(b, "-o concurrency=5 -o retry=1s") as mta:
        for n in range(30):
            mta.mail("Subject: %d\r\n\r\n%d\r\n" % (n, n))
        for _ in range(3):
            time.sleep(0.3)
            mta.kill("deliver")
        mta.wait_empty(60)
        got = [m["body"].split()[-1] for m in b.messages]
        assert sorted(set(got), key=int) == [b"%d" % n for n in range(30)]
        assert len(got) <= 30 + 3 * 5, len(got)


def test_export_while_sent():
    """What is being sent stays in the queue, and there are no files of it: an
    import would bring it back."""
    def wait(conv, line):
        go.wait(60)

    go = threading.Event()
    with Backend(replies={"EOD": wait}) as b, Mta(b) as mta:
        mta.mail()
        mta.wait_state("sending")
        args = ("spool", "export", "--remove", "--to", mta.path("out"))
        try:
            p = mta.ctl(*args, check=False)
            assert p.returncode == 1, p
            assert "1 more were being sent, or bouncing, and stay" in p.stderr, p
            assert p.stdout.startswith("0 messages in "), p
            assert os.listdir(mta.path("out")) == []
        finally:
            go.set()
        mta.wait_empty()
        assert len(b.messages) == 1
        assert mta.ctl(*args).stdout.startswith("0 messages in ")
        assert os.listdir(mta.path("out")) == []


def test_poison():
    """A message that its workers die of is held at the third time, and no
    other one is touched."""
    if WATCHED:
        return "what is preloaded does not go with " + WATCHED
    fault = os.path.join(os.path.dirname(MTACTL),
                         "../tests/preload/crash_on_read.so")
    with Backend() as b:
        mta = Mta(b, "-o retry=1s", workers=2)
        os.environ["LD_PRELOAD"] = os.path.realpath(fault)
        try:
            mta.start()
        finally:
            del os.environ["LD_PRELOAD"]
        try:
            poison(mta, b)
        finally:
            mta.stop()


def poison(mta, b):
    for n in range(10):
        mta.mail("Subject: %d\r\n\r\n%d\r\n" % (n, n))
    mta.mail("X-Test: crash the worker\r\n\r\nx\r\n",
             sender="poison@x.example")
    for n in range(10, 20):
        mta.mail("Subject: %d\r\n\r\n%d\r\n" % (n, n))
    for strike in range(1, 3):
        wait_for(lambda: mta.log().count("event=queue-poison") == strike,
                 30, "strike %d" % strike)
        mta.wait_state("defer")
        # It waits for a minute and more: an operator is in a hurry.
        mta.ctl("queue", "retry", "--sender", "poison@x.example")
    (held,) = mta.wait_state("hold", seconds=30)
    assert held["sender"] == "poison@x.example", held
    assert mta.log().count("event=worker-death") == 3
    wait_for(lambda: len(mta.left()) == 1, 20, "the others")
    # What was in flight when a worker died may be there twice.
    got = {int(m["body"].split()[-1]) for m in b.messages}
    assert got == set(range(20)), got


if __name__ == "__main__":
    main(globals())
