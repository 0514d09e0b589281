#!/usr/bin/env python3
"""The language's description, sentence by sentence: text/*.txt.

Each case was written from the description, before the result was seen:

    @ section rule
    script
    =
    what it prints

A last line "!text" stands for an exception that nothing catches, whose
message holds the text; "?text" for an error of the compiler, before anything
was printed, and "?N" for one in line N.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile

from halyard import MTACTL, main

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "text")


def cases(path):
    found, part = [], None
    with open(path, encoding="latin-1", newline="\n") as f:
        for line in f.read().split("\n"):
            if line.startswith("@ "):
                found.append((line[2:], [], []))
                part = found[-1][1]
            elif line == "=" and part is found[-1][1]:
                part = found[-1][2]
            else:
                part.append(line)
    for _, _, want in found:
        while want and want[-1] == "":
            want.pop()
    return found


def run(root, script):
    path = os.path.join(root, "t.hsl")
    with open(path, "w", encoding="latin-1", newline="\n") as f:
        f.write(script)
    p = subprocess.run([os.path.abspath(MTACTL), "hsl", "run", "--rootpath",
                        root, path], capture_output=True, timeout=60)
    out, err = p.stdout.decode("latin-1"), p.stderr.decode("latin-1")
    assert p.returncode == (1 if err else 0), p
    assert "Sanitizer" not in err and "runtime error" not in err, p
    return out.rstrip("\n").split("\n") if out else [], err


def same(want, out, err):
    """Whether a case gave what it should."""
    end = want[-1] if want and want[-1][:1] in ("!", "?") else ""
    want = want[:-1] if end else want
    if end[:1] == "?" and want:
        return False
    if re.fullmatch(r"\?\d+", end):
        return out == want and "t.hsl:%s:" % end[1:] in err
    while out and out[-1] == "":
        out.pop()
    return out == want and bool(err) == bool(end) and end[1:] in err


def table(path):
    def test():
        wrong = []
        with tempfile.TemporaryDirectory(prefix="halyard-text.") as d:
            root = os.path.join(d, "scripts")
            shutil.copytree(os.path.join(HERE, "files"), root)
            for name, script, want in cases(path):
                out, err = run(root, "\n".join(script))
                if not same(want, out, err):
                    wrong.append("%s\n%s\ngave\n%s\n%s" % (
                        name, "\n".join(script), "\n".join(out), err))
        assert not wrong, "\n".join(wrong)
    return test


TESTS = {"test_" + os.path.basename(path)[:-4]: table(path)
         for path in sorted(glob.glob(os.path.join(HERE, "*.txt")))}

if __name__ == "__main__":
    main(TESTS)
