#!/usr/bin/env python3
"""Spools of other versions: one of before is read, shown and delivered as it
was; one of a format that is not known is refused, with the file's name, and
not touched.  spools/make.py made them, with the build that their names say."""

import hashlib
import json
import os
import subprocess
import tarfile

from halyard import Backend, main
from test_relay import Queue, out

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "spools")
OLD = os.path.join(HERE, "6762b08.tar.xz")


def unpack(mta, archive=OLD):
    """Into its spool directory, as its owner's."""
    spool = mta.path("queue")
    os.makedirs(spool, exist_ok=True)
    owner = os.stat(spool)
    with tarfile.open(archive) as t:
        if hasattr(tarfile, "data_filter"):
            t.extraction_filter = tarfile.data_filter
        t.extractall(spool)
    for top, dirs, files in os.walk(spool):
        for name in dirs + files:
            os.chown(os.path.join(top, name), owner.st_uid, owner.st_gid)
    os.chown(spool, owner.st_uid, owner.st_gid)


class Old(Queue):
    """With a spool that the next start will find."""

    def __init__(self, backend):
        super().__init__(out(backend, "retry=1s"), workers=1)

    def __enter__(self):
        super().__enter__()
        self.ctl("stop")
        subprocess.run(["rm", "-rf"] + [
            os.path.join(self.path("queue"), name)
            for name in os.listdir(self.path("queue"))], check=True)
        unpack(self)
        return self

    def files(self):
        """{name: what is in it}"""
        found = {}
        for top, _, files in os.walk(self.path("queue")):
            for name in files:
                with open(os.path.join(top, name), "rb") as f:
                    found[os.path.join(top, name)] = hashlib.sha256(
                        f.read()).hexdigest()
        return found


def test_delivered():
    with Backend() as b, Old(b) as mta:
        p = mta.ctl("spool", "verify", "--json")
        said = json.loads(p.stdout)
        # Six, three recipients of which one is sent, a large one, four.
        assert said["damaged"] == 0 and said["entries"] == 14, said
        assert said["transactions"] == 12, said
        mta.start()
        rows = {e["recipient"]: e for e in mta.list()}
        want = ["r%d@a.example" % n for n in range(12) if n not in (6, 7)]
        want += ["x@a.example", "y@a.example", "large@a.example"]
        assert sorted(rows) == sorted(want), sorted(rows)
        for who, e in rows.items():
            name = who.split("@")[0]
            held = name in ("r0", "r8")
            assert e["state"] == ("hold" if held else "defer"), e
            assert e["metadata"] == {"k": "changed" if name == "r1" else
                                     "value of " + name}, e
            assert e["tenantid"] == "tenant" and e["jobid"] == "job", e
            assert e["priority"] == (name == "r1") and e["retry"] == 1, e
            assert held or "4.3.0 later" in e["reason"], e
        assert not b.messages
        mta.queue("release", "--all", code=0)
        mta.queue("retry", "--all")
        mta.wait(0, seconds=60)
        to = sorted(r.split(b"<")[1].split(b">")[0].decode()
                    for m in b.messages for r in m["rcpts"])
        assert to == sorted(want), to
        (large,) = [m for m in b.messages if b"large" in m["rcpts"][0]]
        assert large["body"].count(b"y" * 76 + b"\r\n") == 20000
        assert mta.ctl("spool", "verify").stdout.endswith(" 0 damaged\n")
        log = mta.log()
        assert "damage" not in log and "corrupt" not in log, log


def spoil(mta, name, at):
    with open(mta.path("queue/" + name), "r+b") as f:
        f.seek(at)
        f.write(b"9")


def unknown(name, at):
    """Its format's digit is none that there is."""
    with Backend() as b, Old(b) as mta:
        spoil(mta, name, at)
        before = mta.files()
        want = "%s: its format is '9', and this version knows '" % name
        for words in (("spool", "verify"), ("start",),
                      ("spool", "export", "--to", mta.path("export"))):
            p = mta.ctl(*words, check=False)
            assert p.returncode != 0, (words, p)
            assert want in p.stdout + p.stderr, (words, p)
            now = mta.files()
            assert now == before, [n for n in set(now) | set(before)
                                   if now.get(n) != before.get(n)]
        assert "not running" in mta.ctl("status", check=False).stderr
        assert not b.messages


def test_unknown_segment():
    unknown("segments/0000000000000002", 7)


def test_unknown_journal():
    unknown("journal/0000000000000002", 7)


def test_unknown_checkpoint():
    unknown("checkpoint", 7)


if __name__ == "__main__":
    main(globals())
