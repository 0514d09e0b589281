#!/usr/bin/env python3
"""Nothing that a sender is to be told is lost, and nothing is told twice,
whoever dies: each window between an attempt and its notification by itself;
then storms, with a ledger.

    what was acknowledged	is delivered, or its sender is told
    what is told of one end	has one Message-ID, though it may be
				delivered twice where deliver workers died
    metadata			is that of the verdict that counted last

KILLS says how many kills the storm has (8; make crash asks for more), CUTS
how often the power goes (2)."""

import concurrent.futures
import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time

from dsn_check import check
from halyard import SLOW, Backend, alive, main, wait_for
from test_bounces import Tells, Two
from test_ledger import run_empty
from test_power import Disk, can_mount
from test_store import Load, txn_of

KILLS = int(os.environ.get("KILLS", "8"))
CUTS = int(os.environ.get("CUTS", "2"))
SEED = int(os.environ.get("SEED", "15"))
ROOT = os.geteuid() == 0


# ---- Windows ----------------------------------------------------------------

KINDS_TOLD = "failed", "relayed", "delayed"


class Window:
    """One message whose verdict is held back until the test says so."""

    def __init__(self, kind, hook=None):
        self.kind = kind
        self.go = threading.Event()
        self.here = threading.Event()
        self.two = Two({"EOD" if kind == "relayed" else "RCPT": self.reply},
                       back={})
        self.mta = Tells(self.two.hop, self.two.back,
                         "-o retry=1h+notify" if kind == "delayed" else "",
                         params={"hook_postdelivery": "hooks/post.hsl"}
                         if hook else None)
        if hook:
            with open(self.mta.path("hooks/post.hsl"), "w") as f:
                f.write(hook)

    def reply(self, conv, line):
        self.here.set()
        self.go.wait(60 * SLOW)
        return {"failed": b"550 5.1.1 Nobody\r\n",
                "delayed": b"450 4.2.1 Later\r\n"}.get(self.kind)

    def __enter__(self):
        self.mta.__enter__()
        try:
            wait_for(lambda: self.mta.workers("bounce"), text="bounce")
            self.mta.mail(rcpt="NOTIFY=SUCCESS,FAILURE,DELAY")
            assert self.here.wait(60 * SLOW), "no attempt"
        except BaseException:
            self.__exit__(Exception)
            raise
        return self

    def __exit__(self, *exc):
        self.go.set()
        self.mta.__exit__(*exc)
        self.two.__exit__(*exc)

    def stop(self, program):
        """It takes no more; what it does is over then."""
        (pid,) = self.mta.workers(program)
        os.kill(pid, signal.SIGSTOP)

        def stopped():
            with open("/proc/%d/stat" % pid) as f:
                return f.read().rsplit(")", 1)[1].split()[0] == "T"
        wait_for(stopped, text="a stop")
        return pid

    def told(self, attempts=1):
        """The sender, once."""
        status = {"failed": "5.1.1", "delayed": "4.2.1",
                  "relayed": "2.0.0"}[self.kind]
        self.mta.told(self.kind, status)
        self.mta.wait(1 if self.kind == "delayed" else 0, seconds=40)
        if self.kind == "delayed":
            self.mta.wait(1, "--state", "defer")
        assert len(self.two.back.messages) == 1, self.two.back.messages
        tried = sum(v == "RCPT" for v in self.two.hop.verbs())
        assert tried == attempts, (tried, attempts)


def each(test, hook=None):
    """One of each kind, beside one another: they wait most of the time."""
    def one(kind):
        with Window(kind, hook) as w:
            test(w)
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for run in [pool.submit(one, k) for k in KINDS_TOLD]:
            run.result()


def test_before_the_verdict_is_noted():
    """qmgr dies with the verdict unread: deliver says it again."""
    def window(w):
        pid = w.stop("qmgr")
        w.go.set()
        w.mta.wait_log("event=delivery ", 30)
        os.kill(pid, signal.SIGKILL)
        w.told()
    each(window)


def test_before_the_verdict_is_said():
    """Both die: the attempt is made again, and told of once."""
    def window(w):
        pids = w.stop("qmgr"), w.stop("deliver")
        w.go.set()
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        w.told(2)
    each(window)


def test_before_it_is_handed_out():
    """qmgr has noted it, and nobody was asked."""
    def window(w):
        w.stop("bounce")
        w.go.set()
        w.mta.wait(1, "--state", "bouncing")
        w.mta.kill("qmgr", "bounce", "deliver")
        w.told()
    each(window)


def test_before_it_is_stored():
    """bounce was asked; qmgr dies, and bounce makes it or not."""
    def window(w):
        pid = w.stop("bounce")
        w.go.set()
        w.mta.wait(1, "--state", "bouncing")
        w.mta.kill("qmgr")
        os.kill(pid, signal.SIGCONT)
        w.told()
    each(window)


def test_before_the_store_is_durable():
    def window(w):
        w.stop("cleanup")
        w.go.set()
        w.mta.wait(1, "--state", "bouncing")
        w.mta.kill("cleanup", "bounce")
        w.told()
    each(window)


def made(w, seconds):
    """Has bounce made a notification, or tried to, within these?"""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        log = w.mta.log()
        if "event=dsn-made" in log or "event=dsn-failed" in log:
            return True
        time.sleep(0.02)
    return False


def stored_untold(w):
    """The notification is stored, and qmgr is stopped before it knows: its
    pid.  It asks for one once its order is durable, which is not to be seen
    from here, so it is stopped, and goes on for a while until it has asked."""
    teller = w.stop("bounce")
    w.go.set()
    w.mta.wait(1, "--state", "bouncing")
    end = time.monotonic() + 60 * SLOW
    pid = w.stop("qmgr")
    os.kill(teller, signal.SIGCONT)
    while not made(w, 1):
        assert time.monotonic() < end, "no notification"
        w.stop("bounce")
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.2)
        w.stop("qmgr")
        os.kill(teller, signal.SIGCONT)
    return pid


def test_before_it_is_taken():
    """It is stored, and qmgr knows of nothing: that finds it."""
    def window(w):
        os.kill(stored_untold(w), signal.SIGKILL)
        w.told()
        assert w.mta.log().count("event=dsn-made") == 1, w.mta.log()
    each(window)


def test_all_die_after_it_is_stored():
    def window(w):
        stored_untold(w)
        w.mta.kill("qmgr", "cleanup", "bounce", "deliver")
        w.told()
        assert w.mta.log().count("event=dsn-made") == 1, w.mta.log()
    each(window)


def test_before_the_verdict_is_durable():
    """Nobody is asked before: a notification of an order that is lost would
    be dropped, and the one of the same identity with it, when deliver says
    its verdict again."""
    if not ROOT or shutil.which("strace") is None:
        return "strace on any process needs root"

    def window(w):
        (pid,) = w.mta.workers("qmgr")
        with subprocess.Popen(
                ["strace", "-qq", "-p", str(pid), "-e", "trace=fdatasync",
                 "-e", "inject=fdatasync:delay_enter=60s", "-o",
                 "/dev/null"], stderr=subprocess.DEVNULL) as tracer:
            with open("/proc/%d/status" % pid) as f:
                wait_for(lambda: f.seek(0) == 0 and
                         "TracerPid:\t0\n" not in f.read(), text="strace")
            w.go.set()
            w.mta.wait_log("event=delivery ", 30)
            time.sleep(1)
            os.kill(pid, signal.SIGKILL)
            tracer.kill()   # it would wait until the delay is over
            tracer.wait()
        assert "event=dsn-made" not in w.mta.log(), w.mta.log()
        w.told()
    each(window)
    return None


# ---- While the hook behind an attempt runs ----------------------------------

SLOW_HOOK = """
$n = memory_inc("runs");
SetMetaData(["run" => string($n)]);
if ($n === 1) {
    echo "the first run";
    sleep(%d);
}
"""


def in_hook(seconds, victims, attempts, run):
    def window(w):
        w.go.set()
        w.mta.wait_log("the first run", 30)
        w.mta.kill(*victims)
        if attempts > 1:
            # A strike may have put it off; one that was made counts.
            wait_for(lambda: w.two.hop.verbs().count("RCPT") > 1 or
                     w.mta.ctl("queue", "retry", "--retrycount", "0",
                               check=False).stderr, 60, "another attempt")
        w.told(attempts)
        if w.kind == "delayed":
            (e,) = w.mta.list()
            assert e["metadata"] == {"run": run}, e
    each(window, SLOW_HOOK % seconds)


def test_deliver_dies_in_the_hook():
    """What it has set does not count, nor does its attempt."""
    in_hook(30, ["deliver"], 2, "2")


def test_qmgr_dies_during_the_hook():
    in_hook(3, ["qmgr", "bounce"], 1, "1")


# ---- The ledger -------------------------------------------------------------

POST = '''
$a = $arguments["attempt"];
SetMetaData(["tries" => string($arguments["retry"]),
    "code" => string($a["result"]["code"] ?? 0)]);
if ($arguments["action"] == "QUEUE")
    Queue(["jobid" => "late"]);
'''
KINDS = ("good", "bad", "later", "tell", "never")


def kind_of(number):
    return KINDS[int(number.split("-")[1]) % len(KINDS)]


class Letters(Load):
    """Its envelope's id is the number, its recipient says what it meets."""

    def one(self, c, number):
        kind = kind_of(number)
        c.cmd("MAIL FROM:<s0@from.example> ENVID=%s" % number, 250)
        c.cmd("RCPT TO:<%s-%s@a.example>%s" % (
            kind, number, " NOTIFY=SUCCESS,FAILURE" if kind == "tell"
            else ""), 250)
        c.cmd("DATA", 354)
        c.send(self.body(number) + b".\r\n")
        r = c.reply()
        with self.lock:
            if r.code == 250:
                self.acked[number] = txn_of(r)
            else:
                self.refused += 1


class World:
    """The next hop, the senders' mailbox, and what both have."""

    def __init__(self, dice):
        self.dice = dice
        self.met = {}
        self.all = False
        self.read, self.found = 0, {}
        self.hop = Backend(replies={"RCPT": self.rcpt, "EOD": self.slow})
        self.back = Backend(replies={"EOD": self.slow})

    def slow(self, conv, line):
        if self.dice.random() < 0.03:
            time.sleep(0.1)

    def rcpt(self, conv, line):
        word = line[9:].split(b"-")[0]
        if word == b"bad":
            return b"550 5.1.1 Nobody\r\n"
        if word == b"never" and not self.all:
            return b"450 4.2.1 Not now\r\n"
        if word == b"later":
            n = self.met[line] = self.met.get(line, 0) + 1
            if n < 3:
                return b"450 4.2.1 Not now\r\n"
        return None

    def told(self):
        """By envelope id and action: Message-IDs, each time one came."""
        with self.back.lock:
            messages = self.back.messages[self.read:]
        self.read += len(messages)
        for m in messages:
            top, whole, (one,), _ = check(m["body"])
            self.found.setdefault((whole["original-envelope-id"],
                                   one["action"]),
                                  []).append(top["message-id"])
        return self.found

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.hop.close()
        self.back.close()


def check_metadata(mta, tried):
    """Of those that wait: what was set with the verdict that counted."""
    def rows():
        p = mta.ctl("queue", "list", "--json", "--limit", "100000",
                    check=False)
        found = json.loads(p.stdout)["entries"] if p.returncode == 0 else []
        found = [e for e in found if e["recipient"].startswith("never-")]
        return found if found and all(e["retry"] >= tried
                                      for e in found) else None
    try:
        found = wait_for(rows, 60, "attempts of those that wait")
    except AssertionError:
        print("# left: " + mta.ctl("queue", "stats").stdout.replace(
            "\n", "\n# "), [e for e in mta.list("--limit", "100000")
                            if e["retry"] < tried][:3], flush=True)
        raise
    for e in found:
        assert e["metadata"] == {"tries": str(e["retry"] - 1),
                                 "code": "450"}, e
        assert e["jobid"] == "late", e
    return len(found)


def finish(mta, world, load, doubles):
    load.end()
    waiting = check_metadata(mta, 1)
    # One that is delivered meanwhile is not told of its delay any more.
    never = [(n, "delayed") for n in load.acked if kind_of(n) == "never"]
    wait_for(lambda: all(n in world.told() for n in never), 60,
             "all that wait are told")
    world.all = True
    run_empty(mta)
    taken = {}
    for m in list(world.hop.messages):
        number = re.search(rb"Subject: (\S+)", m["body"]).group(1).decode()
        taken[number] = taken.get(number, 0) + 1
    told = world.told()
    for number in load.acked:
        kind = kind_of(number)
        failed = told.get((number, "failed"), [])
        relayed = told.get((number, "relayed"), [])
        delayed = told.get((number, "delayed"), [])
        assert (number in taken) == (kind != "bad"), (number, kind)
        assert bool(failed) == (kind == "bad"), (number, kind, failed)
        assert bool(relayed) == (kind == "tell"), (number, kind, relayed)
        assert not delayed or kind in ("later", "never"), (number, delayed)
        assert delayed or kind != "never", number
        for ids in failed, relayed, delayed:
            assert len(set(ids)) <= 1, (number, kind, ids)
    twice = sum(len(ids) - 1 for ids in told.values()) + sum(
        n - 1 for n in taken.values())
    print("# %d acknowledged, %d told of, %d waited, %d delivered twice (at "
          "most %d)" % (len(load.acked), len(told), waiting, twice, doubles),
          flush=True)
    assert twice <= doubles, (twice, doubles)


def ledger(world, **more):
    mta = Tells(world.hop, world.back,
                "-o retry=1s+notify,1s -o concurrency=10",
                back_options="-o retry=1s -o concurrency=10",
                params={"hook_postdelivery": "hooks/post.hsl",
                        **more.pop("params", {})}, **more)
    with open(mta.path("hooks/post.hsl"), "w") as f:
        f.write(POST)
    return mta


def test_storm():
    dice = random.Random(SEED)
    with World(dice) as world, ledger(world) as mta:
        load = Letters(mta, clients=3)
        doubles = 0
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.3, 0.9))
            victims = dice.choice((["qmgr"], ["cleanup"], ["deliver"],
                                   ["bounce"], ["qmgr", "bounce"],
                                   ["qmgr", "deliver"], ["cleanup", "bounce"],
                                   ["cleanup", "qmgr", "deliver", "bounce"]))
            if "deliver" in victims:
                # At most so many connections, so many entries in hand.
                doubles += 20
            try:
                mta.kill(*victims)
            except (ProcessLookupError, AssertionError):
                continue        # it was dead already
        finish(mta, world, load, doubles)
        assert len(load.acked) > 5 * KILLS, len(load.acked)


def test_power_cuts():
    if not can_mount():
        return "a file system needs root"
    dice = random.Random(SEED + 1)
    with Disk(1024) as disk, World(dice) as world, ledger(
            world, params={"spool_directory": disk.mount + "/queue"}) as mta:
        load = Letters(mta, clients=3)
        for _ in range(CUTS):
            time.sleep(1.5)
            said = load.said()
            disk.cut()
            time.sleep(0.1)
            pids = [mta.master_pid()] + [
                pid for p in ("smtpd", "cleanup", "qmgr", "deliver",
                              "bounce") for pid in mta.workers(p)]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            for pid in pids:
                wait_for(lambda: not alive(pid), text="death")
            load.unsay(said)
            disk.down()
            disk.up()
            mta.start()
        # What was delivered in the last moments may be delivered again.
        finish(mta, world, load, 2 * len(load.acked))
    return None


if __name__ == "__main__":
    main(globals())
