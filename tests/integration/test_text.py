#!/usr/bin/env python3
"""The language's description, sentence by sentence: text/*.txt.

The cases were written from the description and then run.  Where a first
expectation was a slip, or the description leaves the matter open, the case
was changed to what the engine does; 10-mistakes.txt holds the compiler's own
texts, which no description gives.

    @ section rule
    script
    =
    what it prints

A last line "!text" stands for an exception that nothing catches, whose
message holds the text; "?text" for an error of the compiler, before anything
was printed, and "?N" for one in line N.  Then scripts that go too far.
"""

import glob
import os
import re
import shutil
import subprocess
import tempfile
import time

from halyard import MTACTL, SLOW, main

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


N = 170000                      # as many as a script of 1 MiB has room for


def nested(before, after="", n=N, head="echo "):
    n = min(n, (1 << 20) // (len(before) + len(after)) - 20)
    return head + before * n + "1" + after * n + ";"


LIMITS = [                      # script, the end of what is printed
    *((nested(*n), "nested too deeply") for n in (
        ("(", ")"), ("[", "]"), ("{", "}", N, ""), ("!",), ("- ",),
        ("1**",), ("1?1:",), ("1?", ":1"), ("0?:",), ("none??",), ("$a=",),
        ("f(", ")"), ("isset(", ")"), ("unset(", ")"), ("$a[", "]"),
        ("match (1) { 1 => ", "}"), ("[...", "]"), ("throw ",),
        ("if (1) ", "", N, ""), ("while (0) ", "", N, ""),
        ("foreach ([] as $x) ", "", N, ""), ("try {", "} catch ($e) {}", N,
                                             ""),
        ("$f = function () { return ", "; }", N, ""),
        ("function f() {", "}", N, ""), ("class C { function m() {", "}}", N,
                                         ""),
        ("cache [", "", N), ("barrier 1 {", "}", N, ""))),
    (nested("1+", n=100000), "100001"),
    (nested("1 and ", n=100000), "true"),
    (nested('"a".', n=100000, head="$x = ") + "echo length($x);", "100001"),
    ("$a = 1; echo length([" + "$a," * 300000 + "]);", "300000"),
    ("$a = 1; echo $a" + "[0]" * 100000 + " === none;", "true"),
    ("function f() { return f; } echo is_function(f" + "()" * 100000 + ");",
     "true"),
    ("".join("function f%d() { return %d; }" % (i, i) for i in range(10000)) +
     "echo f9999();", "9999"),
    ("class C {" + "".join("function m%d() { return %d; }" % (i, i)
                           for i in range(20000)) + "} echo C()->m19999();",
     "19999"),
    ("if (0) echo 0;" + "else if (0) echo 0;" * 50000 + "else echo 7;", "7"),
    ("".join("$v%d=1;" % i for i in range(50000)), "too many variables"),
    ('$p = "(" * 5000 . ")" * 5000; "a" =~ $p;', "too deeply nested"),
    ('("a" * 40 . "b") =~ #/^(a+)+$/;', "match limit exceeded"),
    ("function f() { return f() + 1; } f();", "call depth limit exceeded"),
    ("function f($x) { return array_map(f, [1]); } f(1);",
     "call depth limit exceeded"),
    ("function g() { foreach (g() as $x) yield $x; } foreach (g() as $x) ;",
     "call depth limit exceeded"),
    ("$s = \"a\"; forever $s .= $s;", "memory limit exceeded"),
    ("$s = [1]; forever $s += $s;", "memory limit exceeded"),
    ("$s = []; forever $s = [$s];", "memory limit exceeded"),
    ("str_repeat(\"abc\", 999999999999);", "memory limit exceeded"),
    ("array_range(0, 99999999);", "too much work in one operation"),
    ('echo length(str_strip("ab" * 2000000, "c" * 2000000 . "ab"));', "0"),
    ('str_rfind("a" * 4000000, "a" * 1000000 . "b");',
     "too much work in one operation"),
    ('str_split("a" * 4000000, "a" * 1000000 . "b", -2);',
     "too much work in one operation"),
    ("forever { }", "instruction limit exceeded"),
    ('include "t.hsl";', "includes itself"),
    ('import { f } from "t.hsl";', "imports itself"),
    ('include "chain0.hsl";', "nested too deeply"),
    ('include "bomb0.hsl";', "too many files"),
    ('include "long.hsl";' * 400, "longer than 4 MiB"),
]


def bomb(root):
    """Files that include each other, once or ten times, and a long one."""
    for i in range(300):
        text = 'include "%s%d.hsl";' % ("chain", i + 1) if i < 299 else ";"
        with open(os.path.join(root, "chain%d.hsl" % i), "w") as f:
            f.write(text)
    for i in range(10):
        text = 'include "bomb%d.hsl";\n' % (i + 1) * 10 if i < 9 else ";"
        with open(os.path.join(root, "bomb%d.hsl" % i), "w") as f:
            f.write(text)
    with open(os.path.join(root, "long.hsl"), "w") as f:
        f.write("$a = " + "1 + " * 200000 + "1;")


def test_limits():
    """Each ends, soon, with what it should say."""
    wrong = []
    with tempfile.TemporaryDirectory(prefix="halyard-text.") as root:
        bomb(root)
        for script, want in LIMITS:
            start = time.monotonic()
            out, err = run(root, script)
            took = time.monotonic() - start
            said = out[-1] if out else err
            if want not in said or took > 10 * SLOW:
                wrong.append("%s: %.1f s, %s" % (script[:60], took,
                                                 said[:200]))
    assert not wrong, "\n".join(wrong)


TESTS = {"test_" + os.path.basename(path)[:-4]: table(path)
         for path in sorted(glob.glob(os.path.join(HERE, "*.txt")))}

if __name__ == "__main__":
    main(dict(TESTS, test_limits=test_limits))
