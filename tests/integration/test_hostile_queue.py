#!/usr/bin/env python3
"""Next hops that mean harm, out of the queue: the set of test_hostile.py for
the modes host and lmtp, all at the same time and through one worker.

No entry is lost, none is done without a 2xx of the hop's to its end, mail to a
good hop flows beside them, and the worker lives and stays small.
"""

import collections

from halyard import SLOW, Backend, Gone, main, wait_for
from hostile import (DEADLINE, TEMPORARY, hang, kind, large_kinds, odd_kinds,
                     quick_kinds, silent_kinds)
from test_deliver import Mta

MAILS = 6                       # to each; every other has two recipients
GOOD = 100
MEMORY = 160 * SLOW             # MiB
TIMEOUTS = " ".join("-o timeout_%s=%ds" % (s, DEADLINE) for s in (
    "BANNER EHLO LHLO STARTTLS MAIL RCPT DATA BLOCK BDAT EOD".split()))
OPTIONS = "-o retry=1h -o recipients=10 -o dead_host=0s " + TIMEOUTS
HOOK = '''
$m = $arguments["mail"];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"],
        explode(".", $r["address"]["domain"])[0]);
Accept();
'''


class Hops(Mta):
    """A transport for each of the kinds, h0 ..., and `good`."""

    def __init__(self, mode, kinds, good):
        self.kinds = kinds
        rows = ["transport h%d %s 127.0.0.1:%d -o tls=%s -o concurrency=20 "
                "%s\n" % (i, mode, k.backend.port, k.tls, OPTIONS)
                for i, k in enumerate(kinds)]
        super().__init__(good, OPTIONS, mode, more="".join(rows) +
                         "transport good %s 127.0.0.1:%d -o tls=disabled\n"
                         % (mode, good.port), hook=HOOK)

    def feed(self):
        """All of them; how many entries each has."""
        for i in range(len(self.kinds)):
            for n in range(MAILS):
                self.mail(rcpts=["%s%d@h%d.example" % (r, n, i)
                                 for r in "ab"[:1 + n % 2]])
        return MAILS + MAILS // 2

    def states(self):
        """Of each kind: how many entries are in which state, or done."""
        found = [collections.Counter() for _ in self.kinds]
        for e in self.left() or []:
            if e["transportid"][0] == "h":
                found[int(e["transportid"][1:])][e["state"]] += 1
        return found

    def done(self):
        count = collections.Counter(
            d["transport"] for d in self.deliveries()
            if d["verdict"] == "done")
        return [count["h%d" % i] for i in range(len(self.kinds))]

    def settled(self, entries):
        return all(s["defer"] + s["bouncing"] + d == entries
                   for s, d in zip(self.states(), self.done()))

    def small(self):
        """The worker's peak."""
        (pid,) = self.workers("deliver")
        with open("/proc/%d/status" % pid) as f:
            kib = int(f.read().split("VmHWM:")[1].split()[0])
        assert kib < MEMORY * 1024, kib
        return kib

    def idle(self):
        c = self.counters("deliver")
        return c["deliveries_running"] == 0 and c["delivery_leases"] == 0


def judge(mta, entries, rounds):
    """What became of each."""
    for k, s, d in zip(mta.kinds, mta.states(), mta.done()):
        taken = sum(len(m["rcpts"]) for m in k.backend.messages)
        print("# %s: %s, %d done" % (k.name, dict(s), d))
        assert s["defer"] + s["bouncing"] + d == entries, (k.name, s, d)
        assert d == 0 and taken == 0, (k.name, d, taken)
        assert k.codes is not TEMPORARY or s["bouncing"] == 0, (k.name, s)
    for e in mta.left():
        if e["state"] == "defer":
            assert e["retry"] == rounds, e
        assert e["reason"], e


def run(mode):
    kinds = silent_kinds() + quick_kinds() + large_kinds()
    with Backend() as good, Hops(mode, kinds, good) as mta:
        worker = mta.workers("deliver") + mta.workers("qmgr")
        entries = mta.feed()
        for i in range(GOOD):
            mta.mail(rcpts=["r%d@good.example" % i])
        wait_for(lambda: len(good.messages) == GOOD, 60, "the good ones")
        wait_for(lambda: mta.settled(entries), 60 + 4 * DEADLINE,
                 "all of the others")
        judge(mta, entries, 1)
        # Once more, with what is known of them by now.
        mta.ctl("queue", "retry", "--state", "defer", "--all")
        mta.mail(rcpts=["late@good.example"])
        wait_for(lambda: len(good.messages) == GOOD + 1, 60, "a good one")
        wait_for(lambda: all(e["retry"] > 1 for e in mta.left()
                             if e["state"] != "bouncing"), 60 + 4 * DEADLINE,
                 "a second attempt of all")
        wait_for(lambda: mta.settled(entries), 60, "their ends")
        judge(mta, entries, 2)
        wait_for(mta.idle, 30, "an idle worker")
        print("# the worker's peak: %d KiB" % mta.small())
        assert mta.workers("deliver") + mta.workers("qmgr") == worker
    for k in kinds:
        k.backend.close()


def test_host():
    run("host")


def test_lmtp():
    run("lmtp")


def test_odd():
    """What they took is done, once."""
    for mode in "host", "lmtp":
        kinds = odd_kinds()
        with Backend() as good, Hops(mode, kinds, good) as mta:
            entries = mta.feed()
            mta.wait_empty(120)
            for k, d in zip(kinds, mta.done()):
                taken = sum(len(m["rcpts"]) for m in k.backend.messages)
                assert d == taken == entries, (mode, k.name, d, taken)
        for k in kinds:
            k.backend.close()


# ---- The ends of LMTP --------------------------------------------------------

def then(replies, what):
    """These replies to the end, and then that."""
    def eod(conv, line):
        conv.send(replies)
        return what(conv, line)
    return eod


def closing(conv, line):
    raise Gone()


def nothing(conv, line):
    return b""


ENDS = [
    # replies to the end of a message to a, b and c; what then; what becomes
    # of the three
    (b"250 one\r\n", closing, "done defer defer"),
    (b"250 one\r\n", hang, "done defer defer"),
    (b"", closing, "defer defer defer"),
    (b"250 one\r\n552 5.2.2 full\r\n451 4.2.0 late\r\n", nothing,
     "done bouncing defer"),
    (b"250 one\r\n250 two\r\n250 three\r\n250 four\r\n250 five\r\n", nothing,
     "done done done"),
    (b"250 one\r\n\0\0\0\0\r\n250 three\r\n", nothing, "done defer defer"),
    (b"250 one\r\n354 two\r\n250 three\r\n", nothing, "done defer defer"),
    (b"250 one\r\n421 4.3.2 bye\r\n", closing, "done defer defer"),
    (b"550 5.1.1 no\r\n250 two\r\n", closing, "bouncing done defer"),
    (b"250-one\r\n250-one\r\n", closing, "done defer defer"),
    (b"250 one\r\n250 two\r\n25", closing, "done done defer"),
]


def test_ends():
    """Each recipient has what was said to it, whatever was said behind."""
    kinds = [kind("end %d" % i, {"EOD": then(replies, what)})
             for i, (replies, what, _) in enumerate(ENDS)]
    with Backend() as good, Hops("lmtp", kinds, good) as mta:
        for i in range(len(kinds)):
            mta.mail(rcpts=["%s@h%d.example" % (r, i) for r in "abc"])
        wait_for(lambda: mta.settled(3), 60 + DEADLINE, "all of them")
        left = {e["recipient"]: e["state"] for e in mta.left()}
        for i, (replies, _, want) in enumerate(ENDS):
            got = " ".join(left.get("%s@h%d.example" % (r, i), "done")
                           for r in "abc")
            assert got == want, (replies, got, want)
        (d,) = {d["reason"] for d in mta.deliveries()
                if d["to"] == "a@h0.example"}
        assert d == "one", d
    for k in kinds:
        k.backend.close()


if __name__ == "__main__":
    main(globals())
