#!/usr/bin/env python3
"""The beginning of `tests/crash/hour`: twenty-four seconds of its faults, in the
order of one seed, and its ledger; and what that takes for a repetition that a
fault explains."""

import os
import subprocess
import sys

from halyard import ROOT, WATCHED, main

HOUR = os.path.join(ROOT, "tests", "crash", "hour")
sys.path.insert(0, os.path.dirname(HOUR))

from harm import Harms  # noqa: E402


class Nobody:
    """A world without next hops."""

    def hops(self):
        return []


def judged(taken, *harms, stalls=()):
    """Taken twice, of them for no reason, and how many could have been."""
    all_of_them = Harms(Nobody())
    for harm in harms:
        all_of_them.add("", *harm)
    for stall in stalls:
        all_of_them.stalled(*stall)
    all_of_them.close()
    twice, odd, room, _ = all_of_them.judge(taken)
    return twice, len(odd), room


def test_what_explains_a_repetition():
    once = {n: [(100 + n, "near")] for n in range(5)}
    again = {**once, 2: [(102, "near"), (109, "near")]}
    assert judged(once) == (0, 0, 0)
    # qmgr alone is killed: that explains nothing.
    assert judged(again, stalls=[(101, 103)]) == (1, 1, 0)
    # A worker with connections, at that time, on that way, and often enough.
    assert judged(again, (101, 103, 4, None)) == (1, 0, 3)
    assert judged(again, (103, 105, 4, None)) == (1, 1, 2)
    assert judged(again, (101, 103, 4, ("far",))) == (1, 1, 0)
    assert judged(again, (101, 103, 0, None)) == (1, 1, 0)
    both = {**again, 1: [(101, "near"), (108, "near")]}
    assert judged(both, (101, 103, 1, None)) == (2, 1, 1)
    assert judged(both, (101, 103, 2, None)) == (2, 0, 2)
    # What was taken while qmgr was away is with the worker that dies later.
    assert judged(again, (106, 108, 4, None), stalls=[(101, 105)]) == (1, 0, 4)
    # When the power goes: all that was not synced.
    assert judged(both, (101, 103, None, None)) == (2, 0, 3)


def test_crash_minute():
    if WATCHED:
        return "a build that watches itself is too slow for its waits"
    env = dict(os.environ, MINUTES=os.environ.get("MINUTES", "0.4"),
               SEED=os.environ.get("SEED", "16"))
    p = subprocess.run([sys.executable, HOUR], env=env, cwd=ROOT,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True, check=False)
    for line in p.stdout.splitlines():
        print("# " + line, flush=True)
    assert p.returncode == 0, "see above"
    last = p.stdout.splitlines()[-1]
    return last[len("skipped: "):] if last.startswith("skipped: ") else None


if __name__ == "__main__":
    main(globals())
