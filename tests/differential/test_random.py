#!/usr/bin/env python3
"""Random programs of HSL: mtactl hsl run beside a plain evaluator.

    SEED=7 COUNT=20000 SECONDS=600 tests/differential/test_random.py [FILE]

Programs are numbered from 0; a program depends on SEED and its number only,
and NUMBER=n runs that one.  It ends after COUNT programs (3000) or SECONDS
(600).  Of a difference the program is shown, made smaller.  With FILE that program is
run and what the evaluator expects is printed.
"""
import difflib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("HALYARD_BUILD") or \
    os.path.join(os.path.dirname(os.path.dirname(HERE)), "build")
MTACTL = os.path.join(BUILD, "bin/mtactl")
BATCH = 100
SHOWN = 5
WIDTH = 300
MARK = "== program %d =="

sys.path.insert(0, HERE)
from evaluator import run                    # noqa: E402
from generator import Generator              # noqa: E402
from lexer import SyntaxError_               # noqa: E402
from tree import shrink                      # noqa: E402
from values import Unspecified               # noqa: E402


def expected(text):
    """Lines the evaluator echoes, or None if the program is no test."""
    try:
        lines, well = run(text)
    except (Unspecified, RecursionError):
        return None
    except SyntaxError_ as e:
        raise RuntimeError("the generator's syntax: %s\n%s" % (e, text))
    return "\n".join(lines + ([] if well else ["uncaught"])).split("\n")


def ours(text):
    """Lines that mtactl prints, and what it says of errors."""
    with tempfile.NamedTemporaryFile(suffix=".hsl") as f:
        f.write(text.encode("latin-1"))
        f.flush()
        try:
            p = subprocess.run([MTACTL, "hsl", "run", f.name], timeout=60,
                               capture_output=True, check=False)
        except subprocess.TimeoutExpired:
            return ["timeout"], "timeout"
    said = p.stderr.decode("latin-1").replace(f.name, "t")
    out = p.stdout.decode("latin-1")
    lines = out[:-1].split("\n") if out else [""]
    if p.returncode == 1 and said.count("\n") == 1:
        lines = (lines if out else []) + ["uncaught"]
    elif p.returncode != 0:
        lines = (lines if out else []) + ["exit %d" % p.returncode]
    return lines, said


def complaint(said):
    """What is said of an error, without its place and names."""
    return re.sub(r"[0-9]+|'[^']*'", "", said)


class Comparison:
    def __init__(self, seed):
        self.seed = seed
        self.run = self.skipped = self.failed = 0
        self.reasons = {}

    def generate(self, number):
        tree = Generator(self.seed, number).program()
        text = tree.text()
        return number, tree, text, expected(text)

    def batch(self, numbers):
        made = []
        for n in numbers:
            item = self.generate(n)
            if item[3] is None:
                self.skipped += 1
            else:
                made.append(item)
        self.run += len(made)
        if not made:
            return
        text = "".join('echo "%s";\n%s' % (MARK % n, t)
                       for n, _, t, _ in made)
        want = "\n".join("\n".join([MARK % n] + w) for n, _, _, w in made)
        lines, said = ours(text)
        if "\n".join(lines) == want:
            return
        bad = [m for m in made if ours(m[2])[0] != m[3]]
        for item in bad:
            self.report(*item)
        if not bad:
            self.failed += 1
            print("not ok - programs %d to %d of seed %s, only together" % (
                numbers[0], numbers[-1], self.seed))
            self.difference(want.split("\n"), lines, said)

    def report(self, number, tree, text, _):
        self.failed += 1
        print("not ok - program %d of seed %s" % (number, self.seed))
        if self.failed > SHOWN:
            return

        refused = complaint(ours(text)[1])

        def fails():
            """A program refused stays so, one that runs still runs."""
            t = tree.text()
            try:
                lines = expected(t)
            except RuntimeError:
                return False
            if lines is None or lines[-1] == "uncaught":
                return False
            got, said_ = ours(t)
            return got != lines and complaint(said_) == refused
        shrink(tree, fails, 1500)
        text = tree.text()
        got, said = ours(text)
        print("".join("#   %s\n" % s for s in text.splitlines()), end="")
        self.difference(expected(text), got, said)

    def difference(self, want, got, said):
        for line in list(difflib.unified_diff(
                want, got, "expected", "ours", lineterm="", n=1))[:40]:
            print("# " + line[:WIDTH])
        print("# " + said.strip()[:WIDTH], flush=True)


def programs(seed):
    c = Comparison(seed)
    if "NUMBER" in os.environ:
        n = int(os.environ["NUMBER"])
        c.batch([n])
        return c
    count = int(os.environ.get("COUNT", 3000))
    end = time.monotonic() + float(os.environ.get("SECONDS", 600))
    at = 0
    while at < count and time.monotonic() < end:
        c.batch(list(range(at, at + BATCH)))
        at += BATCH
        if c.failed > 20:
            break
    return c


def main():
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="latin-1") as f:
            print("\n".join(expected(f.read()) or ["not specified"]))
        return 0
    seed = os.environ.get("SEED") or "1"    # the same in every make check
    print("# SEED=%s" % seed, flush=True)
    c = programs(seed)
    print("%sok - %d random programs of seed %s do as the language page "
          "says" % ("not " if c.failed else "", c.run, seed))
    print("# %d failed, %d left out as not specified" % (c.failed,
                                                         c.skipped))
    print("1..1")
    return 1 if c.failed else 0


def in_thread():
    global status
    status = main()


if __name__ == "__main__":
    # The evaluator recurses where the script nests.
    sys.setrecursionlimit(12000)
    threading.stack_size(256 << 20)
    status = 1
    worker = threading.Thread(target=in_thread)
    worker.start()
    worker.join()
    sys.exit(status)
