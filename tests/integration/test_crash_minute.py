#!/usr/bin/env python3
"""The beginning of `tests/crash/hour`: twenty-four seconds of its faults, in the
order of one seed, and its ledger."""

import os
import subprocess
import sys

from halyard import ROOT, WATCHED, main

HOUR = os.path.join(ROOT, "tests", "crash", "hour")


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
