#!/usr/bin/env python3
"""What was queued is delivered: tried, deferred, held, once, and through the
death of any process."""

import json
import os
import signal
import subprocess
import threading
import time

from halyard import BUILD, Backend, Instance, alive, main, wait_for

HOOK = '''
$m = $arguments["mail"];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"],
        $m->getHeader("X-Transport") ?? "out",
        ["priority" => $m->getHeader("X-Priority") == "1" ? 1 : 0]);
Accept();
'''
ROWS = """
cleanup.sock unix y - - - 1 cleanup
qmgr.sock unix y - - - 1 qmgr
deliver unix y - - - %d deliver
"""


class Queue(Instance):
    def __init__(self, transports, workers=2, hook=HOOK, **more):
        super().__init__(hook=hook, services=ROWS % workers, **more)
        self.transports(transports)

    def transports(self, text):
        with open(self.path("transport.cf"), "w") as f:
            f.write(text)

    def put(self, count, rcpts=("r@a.example",), headers=b"", first=0,
            sender="s%d@from.example"):
        """Returns the numbers of the messages, which are in their bodies."""
        with self.client() as c:
            c.hello()
            for n in range(first, first + count):
                c.cmd("MAIL FROM:<%s>" % (sender % n if "%" in sender
                                          else sender), 250)
                for r in rcpts:
                    c.cmd("RCPT TO:<%s>" % r, 250)
                c.cmd("DATA", 354)
                c.send(b"Subject: s\r\n%s\r\nbody %d.\r\n.\r\n"
                       % (headers, n))
                c.expect(250)
        return set(range(first, first + count))

    def queue(self, *args, code=0):
        p = self.ctl("queue", *args, check=False)
        assert p.returncode == code, (args, p)
        return p

    def list(self, *args):
        return json.loads(self.queue("list", "--json", *args).stdout)[
            "entries"]

    def wait(self, count, *args, seconds=20):
        wait_for(lambda: self.ctl("queue", "list", "--json", check=False)
                 .returncode == 0 and len(self.list(*args)) == count,
                 seconds, "%d entries %s" % (count, " ".join(args)))

    def kill(self, *programs, sig=signal.SIGKILL):
        old = [pid for p in programs for pid in self.workers(p)]
        for pid in old:
            os.kill(pid, sig)
        for pid in old:
            wait_for(lambda: not alive(pid), text="death")
        return old


def numbers(backend):
    """Of the messages that a backend took, with repetitions."""
    with backend.lock:
        return sorted(int(m["body"].rsplit(b"body ", 1)[1].split(b".")[0])
                      for m in backend.messages)


def out(backend, *options, id="out", mode="host"):
    """Its bounces go by itself."""
    return "transport %s %s 127.0.0.1:%d -o dsn_transport=%s %s\n" % (
        id, mode, backend.port, id, " ".join("-o " + o for o in options))


def test_delivered():
    with Backend() as b, Queue(out(b, "concurrency=4")) as mta:
        mta.put(20)
        wait_for(lambda: len(b.messages) == 20, text="delivery")
        mta.wait(0)
        assert numbers(b) == list(range(20))
        m = b.messages[0]
        assert m["rcpts"] == [b"<r@a.example>"], m
        assert b"\r\nSubject: s\r\n" in m["body"], m
        # Connections are used again: more are open at no time, and none is
        # closed.
        assert b.connections <= 4, b.connections
        mta.put(5, first=20)
        mta.wait(0)
        assert numbers(b) == list(range(25)) and b.connections <= 4


def test_deferred_and_retried():
    refusing = [True]

    def rcpt(conv, line):
        return b"450 4.2.1 Not now\r\n" if refusing[0] else None

    with Backend(replies={"RCPT": rcpt}) as b, \
            Queue(out(b, "retry=1s,1s,2s", "jitter=0%")) as mta:
        mta.put(3)
        mta.wait(3, "--state", "defer")
        e = mta.list()[0]
        assert e["retry"] >= 1 and "Not now" in e["reason"], e
        assert e["remoteip"] == "127.0.0.1", e
        refusing[0] = False
        mta.wait(0)
        assert numbers(b) == [0, 1, 2]


def test_permanent():
    """Without a service that tells senders it waits for one: nothing else is
    done to it, and by no hand."""
    with Backend(replies={"RCPT": b"550 5.1.1 Nobody\r\n"}) as b, \
            Queue(out(b)) as mta:
        mta.put(2)
        mta.wait(2, "--state", "bouncing")
        e = mta.list()[0]
        assert "Nobody" in e["reason"], e
        b.replies.clear()
        for verb in "release", "hold", "delete", "bounce":
            mta.queue(verb, "--all", code=1)
        # That is for the notification, which nobody makes here.
        mta.queue("retry", "--all")
        mta.wait(2, "--state", "bouncing")
        assert numbers(b) == []


def test_no_backend():
    with Backend() as b:
        port = b.port
        text = out(b, "retry=1s", "jitter=0%", "dead_host=0s")
    with Queue(text) as mta:
        mta.put(2)
        mta.wait(2, "--state", "defer")
        with Backend(port=port) as b:
            mta.wait(0)
            assert numbers(b) == [0, 1]


def test_retry_now_move_and_hold():
    with Backend(replies={"MAIL": b"451 4.3.0 Later\r\n"}) as bad, \
            Backend() as good, \
            Queue(out(bad, "retry=1h") + out(good, id="other")) as mta:
        mta.put(4)
        mta.wait(4, "--state", "defer")
        mta.queue("move", "--transport", "none", "--all", code=1)
        mta.queue("move", "--transport", "other", "--sender",
                  "s0@from.example")
        assert len(mta.list("--state", "defer")) == 4
        mta.queue("retry", "--all")
        mta.wait(3)
        mta.wait(3, "--state", "defer")
        assert numbers(good) == [0]
        assert mta.list()[0]["retry"] == 2
        bad.replies.clear()
        mta.queue("hold", "--all")
        mta.queue("retry", "--all")
        time.sleep(0.5)
        assert len(mta.list("--state", "hold")) == 3
        mta.queue("release", "--sender", "s1@from.example")
        mta.wait(2)
        e = mta.list()[0]
        text = json.loads(mta.queue(
            "explain", "--json", "%s:%d" % (e["id"]["transaction"],
                                            e["id"]["queue"])).stdout)
        assert text["entries"][0]["explain"]["why"] == "held", text


def test_expired():
    with Backend(replies={"MAIL": b"451 4.3.0 Later\r\n"}) as b, \
            Queue(out(b, "retry=1s", "retry_count=2", "jitter=0%")) as mta:
        mta.put(1)
        mta.wait(1, "--state", "bouncing")
        e = mta.list()[0]
        assert e["retry"] == 2, e
        assert sum(v == "MAIL" for v in b.verbs()) == 3, b.verbs()


def test_recipients_together():
    rcpts = ["r%d@a.example" % i for i in range(100)]
    with Backend() as b, Queue(out(b, "recipients=50")) as mta:
        mta.put(1, rcpts=rcpts)
        mta.wait(0)
        assert len(b.messages) == 2, len(b.messages)
        assert sorted(r for m in b.messages for r in m["rcpts"]) == \
            sorted(b"<%s>" % r.encode() for r in rcpts)


def test_concurrency():
    now, most = [0], [0]
    lock = threading.Lock()

    def eod(conv, line):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.1)
        with lock:
            now[0] -= 1

    with Backend(replies={"EOD": eod}) as b, \
            Queue(out(b, "concurrency=3")) as mta:
        mta.put(30)
        mta.wait(0)
        assert numbers(b) == list(range(30))
        assert most[0] == 3 and b.connections <= 3, (most, b.connections)


def test_rate():
    with Backend() as b, Queue(out(b, "rate=5/1s")) as mta:
        began = time.time()
        mta.put(15)
        mta.wait(0)
        assert time.time() - began > 1.5
        assert numbers(b) == list(range(15))


def test_large_body():
    with Backend(exts=["SIZE 100000000"]) as b, Queue(out(b), params={
            "message_size_limit": "10000000"}) as mta:
        text = b"x" * 70 + b"\r\n"
        with mta.client(60) as c:
            c.hello()
            c.envelope()
            c.cmd("DATA", 354)
            c.send(b"Subject: large\r\n\r\n" + text * 40000 + b".\r\n")
            c.expect(250)
        mta.wait(0)
        assert b.messages[0]["body"].endswith(text * 40000)


def test_reload_of_transports():
    with Backend(replies={"MAIL": b"451 4.3.0 Later\r\n"}) as bad, \
            Backend() as good, Queue(out(bad, "retry=1s",
                                         "jitter=0%")) as mta:
        mta.put(3)
        mta.wait(3, "--state", "defer")
        mta.transports(out(good))
        mta.ctl("reload")
        mta.wait(0)
        assert numbers(good) == [0, 1, 2]


def slow(seconds=0.3):
    def eod(conv, line):
        time.sleep(seconds)
    return {"EOD": eod}


def test_qmgr_killed_in_flight():
    """qmgr alone, with attempts in flight: nothing twice, nothing lost."""
    with Backend(replies=slow(2)) as b, \
            Queue(out(b, "concurrency=100", "retry=1s")) as mta:
        mta.put(150)
        wait_for(lambda: b.connections >= 100, text="attempts")
        mta.kill("qmgr")
        mta.wait(0, seconds=40)
        assert numbers(b) == list(range(150))


def test_deliver_killed():
    """No more duplicates than there were attempts in flight."""
    with Backend(replies=slow()) as b, \
            Queue(out(b, "concurrency=10", "retry=1s")) as mta:
        mta.put(60)
        for _ in range(3):
            time.sleep(0.4)
            mta.kill("deliver")
        mta.wait(0, seconds=40)
        got = numbers(b)
        assert set(got) == set(range(60))
        assert len(got) <= 60 + 3 * 10, len(got)


def test_deaf():
    """A worker that hangs is killed, and its mail goes by another."""
    with Backend() as b, Queue(out(b, "retry=1s"), workers=1,
                               params={"deaf_limit": "1s"}) as mta:
        mta.put(1)
        mta.wait(0)
        worker = mta.workers("deliver")[0]
        os.kill(worker, signal.SIGSTOP)
        mta.put(3, first=1)
        wait_for(lambda: not alive(worker), text="its end")
        assert "event=worker-deaf" in mta.log()
        mta.wait(0)
        assert numbers(b) == [0, 1, 2, 3]


def test_all_killed():
    with Backend(replies=slow()) as b, \
            Queue(out(b, "concurrency=10", "retry=1s")) as mta:
        mta.put(60)
        time.sleep(0.5)
        pid = mta.master_pid()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not alive(pid), text="death")
        wait_for(lambda: mta.ctl("start", check=False).returncode == 0, 20,
                 "start")
        mta.wait(0, seconds=40)
        assert set(numbers(b)) == set(range(60))


def fill_spool(mta, count, domains):
    """Of a service that has stopped."""
    spool = mta.path("queue")
    subprocess.run([os.path.join(BUILD, "tests/tools/fillspool"), "--delay",
                    "0", "--domains", str(domains), "--transport", "out",
                    spool, str(count), "1"], check=True,
                   stdout=subprocess.DEVNULL)
    owner = os.stat(spool)
    for root, dirs, files in os.walk(spool):
        for name in dirs + files:
            os.chown(os.path.join(root, name), owner.st_uid, owner.st_gid)


def test_retry_of_many():
    """Mail moves while all of a large queue is asked to be tried again."""
    with Backend() as b, Queue(out(b, "retry=1h", "concurrency=4")) as mta:
        mta.queue("stats")
        mta.ctl("stop")
        fill_spool(mta, 60000, domains=1)
        mta.start()
        wait_for(lambda: len(b.messages) > 500, 60, "the first")
        began, before = time.monotonic(), len(b.messages)
        mta.queue("retry", "--all")
        took, moved = time.monotonic() - began, len(b.messages) - before
        time.sleep(took)
        after = len(b.messages) - before - moved
        assert moved > after / 20, (took, moved, after)


def test_many_sub_queues():
    """A start with more of them than may wait for one route: all are found
    again when it is known, though its answer comes in the middle of a round
    over them."""
    count = 20000
    with Backend() as b, Queue(out(b, "retry=1s", "concurrency=50"),
                            workers=1) as mta:
        mta.queue("stats")
        mta.ctl("stop")
        fill_spool(mta, count, domains=count)
        mta.start()
        (pid,) = mta.workers("deliver")
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: mta.log().count("event=queue-open") > 1,
                 text="a start")
        mta.kill("qmgr")
        wait_for(lambda: mta.log().count("event=queue-open") > 2,
                 text="another start")
        time.sleep(0.1)
        os.kill(pid, signal.SIGCONT)
        mta.wait(0, seconds=150)
        assert set(m["rcpts"][0] for m in b.messages) == set(
            b"<rcpt%d-1@to%d.example>" % (n, (n + 1) % count)
            for n in range(count))


def removed(*pids):
    """What they have open of files that were removed."""
    found = []
    for pid in pids:
        for name in os.listdir("/proc/%d/fd" % pid):
            try:
                found.append(os.readlink("/proc/%d/fd/%s" % (pid, name)))
            except FileNotFoundError:
                pass
    return [f for f in found if f.endswith(" (deleted)") and
            "/segments/" in f]


def test_removed_segments_are_closed():
    """A file's room is free when nobody has it open: a worker closes what was
    lent to it when the segment goes, though no other needs the place."""
    with Backend() as b:
        mta = Queue(out(b, "retry=1h"), workers=1,
                    params={"hook_postdelivery": "hooks/post.hsl"})
        # The journal is as long as it has to be for a checkpoint.
        with open(mta.path("hooks/post.hsl"), "w") as f:
            f.write('SetMetaData(["x" => str_repeat("x", 50000)]);')
        with mta:
            mta.put(1)
            mta.wait(0)
            first = sorted(os.listdir(mta.path("queue/segments")))[0]
            mta.kill("cleanup")
            wait_for(lambda: len(os.listdir(mta.path("queue/segments"))) == 2,
                     20, "another segment")
            b.replies["RCPT"] = b"450 4.2.1 Not now\r\n"
            mta.put(120)
            wait_for(lambda: first not in os.listdir(
                mta.path("queue/segments")), 25, "the end of a segment")
            pids = mta.workers("deliver") + mta.workers("qmgr")
            wait_for(lambda: not removed(*pids), 5, "room")


if __name__ == "__main__":
    main(globals())
