#!/usr/bin/env python3
"""Mail that moves while processes die, the power goes and the disk is full:
with a ledger of what clients were told and of what the next hop took.

    what was acknowledged	is delivered, whole
    delivered twice		at most what deliver workers had in hand
				when they died

KILLS says how many kills the storm has (8; make crash asks for more), CUTS
how often the power goes (2)."""

import json
import os
import random
import re
import signal
import time

from halyard import SLOW, Backend, alive, main, wait_for
from test_power import Disk, can_mount
from test_relay import Queue, out
from test_store import Load

KILLS = int(os.environ.get("KILLS", "8"))
CUTS = int(os.environ.get("CUTS", "2"))
SEED = int(os.environ.get("SEED", "13"))


class Hop(Backend):
    """Takes most, defers some, and takes its time now and then."""

    def __init__(self, dice, defers=0.1):
        def rcpt(conv, line):
            if dice.random() < defers:
                return b"450 4.2.1 Not now\r\n"
            return None

        def eod(conv, line):
            if dice.random() < 0.05:
                time.sleep(0.2)

        super().__init__(replies={"RCPT": rcpt, "EOD": eod})

    def taken(self):
        """How often each number came, with a body as it should be."""
        count = {}
        with self.lock:
            messages = list(self.messages)
        for m in messages:
            number = re.search(rb"Subject: (\S+)", m["body"]).group(1).decode()
            count.setdefault(number, []).append(m["body"])
        return count


def in_hand(mta):
    """Entries that deliver workers have, as qmgr says; 0 if it can't."""
    p = mta.ctl("queue", "list", "--json", "--state", "sending", check=False)
    return p.stdout.count('"transaction"')


def run_empty(mta):
    """However much there is, as long as some of it goes; what looks through
    all of it is a small part of the work."""
    left, since = None, time.monotonic()
    while left != 0:
        began = time.monotonic()
        # What was held as poison has to be released.
        mta.ctl("queue", "release", "--state", "hold", check=False)
        mta.ctl("queue", "retry", "--all", check=False)
        p = mta.ctl("queue", "stats", "--json", check=False)
        now = json.loads(p.stdout)["entries"] if p.returncode == 0 else left
        if now != left:
            left, since = now, time.monotonic()
        assert time.monotonic() - since < 60 * SLOW, p.stdout + mta.ctl(
            "queue", "list", "--limit", "3", "--json", check=False).stdout
        time.sleep(0.2 + 4 * (time.monotonic() - began))
    assert not json.loads(mta.ctl("queue", "list", "--json").stdout)["entries"]


def finish(mta, hop, load, doubles):
    """The queue runs empty; then the ledger is held against what came."""
    load.end()
    run_empty(mta)
    taken = hop.taken()
    lost = [n for n in load.acked if n not in taken]
    assert not lost, "lost: %s" % lost[:10]
    for number, bodies in taken.items():
        for body in bodies:
            assert body.endswith(load.body(number)), number
    twice = sum(len(b) - 1 for n, b in taken.items() if n in load.acked)
    print("# %d acknowledged, %d delivered twice (at most %d)" % (
        len(load.acked), twice, doubles), flush=True)
    assert twice <= doubles, (twice, doubles)


def test_storm():
    dice = random.Random(SEED)
    with Hop(dice) as hop, Queue(out(hop, "retry=1s", "concurrency=20"),
                                 maxproc=2) as mta:
        load = Load(mta, clients=4)
        doubles = 0
        for _ in range(KILLS):
            time.sleep(dice.uniform(0.2, 0.8))
            victims = dice.choice((["qmgr"], ["cleanup"], ["deliver"],
                                   ["qmgr", "deliver"], ["smtpd"],
                                   ["cleanup", "qmgr", "deliver", "smtpd"]))
            if "deliver" in victims:
                # At most so many connections, so many entries in hand.
                doubles += 20
            try:
                mta.kill(*victims)
            except (ProcessLookupError, AssertionError):
                continue        # it was dead already
        finish(mta, hop, load, doubles)
        assert len(load.acked) > 5 * KILLS, len(load.acked)


def test_master_killed():
    dice = random.Random(SEED + 1)
    with Hop(dice) as hop, Queue(out(hop, "retry=1s",
                                     "concurrency=20")) as mta:
        load = Load(mta, clients=4)
        for _ in range(2):
            time.sleep(0.7)
            pids = [mta.master_pid()]
            os.kill(pids[0], signal.SIGKILL)
            wait_for(lambda: not alive(pids[0]), text="death")
            wait_for(lambda: mta.ctl("start", check=False).returncode == 0,
                     30, "a start")
        finish(mta, hop, load, 2 * 2 * 20)


def test_power_cuts():
    if not can_mount():
        return "a file system needs root"
    dice = random.Random(SEED + 2)
    with Disk(1024) as disk, Hop(dice) as hop, \
            Queue(out(hop, "retry=1s", "concurrency=20"),
                  params={"spool_directory": disk.mount + "/queue"}) as mta:
        load = Load(mta, clients=4)
        for _ in range(CUTS):
            time.sleep(1)
            said = load.said()
            disk.cut()
            time.sleep(0.1)
            pids = [mta.master_pid()] + [
                pid for p in ("smtpd", "cleanup", "qmgr", "deliver")
                for pid in mta.workers(p)]
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            for pid in pids:
                wait_for(lambda: not alive(pid), text="death")
            load.unsay(said)
            disk.down()
            disk.up()
            mta.start()
        # What was delivered in the last moments may be delivered again.
        finish(mta, hop, load, len(load.acked))


def test_full_disk():
    """With the disk full what is in the queue is delivered, or waits."""
    if not can_mount():
        return "a file system needs root"
    dice = random.Random(SEED + 3)
    with Disk(320) as disk, Hop(dice, defers=0.3) as hop, \
            Queue(out(hop, "retry=1s", "concurrency=20"),
                  params={"spool_directory": disk.mount + "/queue",
                          "message_size_limit": "1M",
                          "spool_min_free": 0}) as mta:
        load = Load(mta, clients=4, size=50000)
        time.sleep(1)
        disk.fill()
        wait_for(lambda: load.refused > 0, 60, "a refusal")
        time.sleep(1)
        disk.empty()
        before = len(load.acked)
        wait_for(lambda: len(load.acked) > before + 10, 60, "mail again")
        finish(mta, hop, load, 0)


if __name__ == "__main__":
    main(globals())
