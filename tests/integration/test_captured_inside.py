#!/usr/bin/env python3
"""What a worker of smtpd, deliver or bounce that was taken over can do with
what it has and is: read mail that it was not given, change what it was given,
signal others, speak where it has nothing to say.  tests/preload/captured.c
runs in the worker, in its jail and sandbox.  As root."""

import mmap
import os

from halyard import BUILD, WATCHED, alive, main, wait_for
from test_bounces import REFUSES, Tells, Two

FAULT = os.path.join(BUILD, "tests/preload/captured.so")
WORDS = b"X-Test: take it over\r\n"
SECRET = b"X-Test: nobody else's\r\n"
SIZE, AT = 65536, 4096
# Who may connect where: it is let in, though what it says makes no sense.
NEVER = ("open:", "openat:", "create:", "unlink", "rename", "chmod", "chroot",
         "setuid", "write:", "truncate:", "allocate:", "signal", "stop",
         "tgkill", "prlimit", "bind:", "listen", "secret")


def why_not():
    if os.geteuid() != 0 or WATCHED:
        return "only as root, in a build that is confined"
    return None


class Inside(Tells):
    def __init__(self, program, *args, **more):
        super().__init__(*args, **more)
        self.program = program
        self.report = os.path.join(self.dir, "report")
        with open(self.report, "wb") as f:
            f.truncate(SIZE)
        os.chmod(self.report, 0o666)

    def start(self):
        more = {"LD_PRELOAD": os.path.realpath(FAULT),
                "CAPTURED": self.program, "CAPTURED_REPORT": self.report,
                "CAPTURED_SPOOL": self.path("queue")}
        os.environ.update(more)
        try:
            return super().start()
        finally:
            for name in more:
                del os.environ[name]

    def say(self, header, rcpt):
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<s0@from.example>", 250)
            c.cmd("RCPT TO:<%s>" % rcpt, 250)
            c.cmd("DATA", 354)
            c.send(header + b"\r\nx\r\n.\r\n")
            c.expect(250)

    def others(self):
        return [pid for name in ("smtpd", "deliver", "bounce", "cleanup",
                                 "qmgr", "share", "metrics")
                for pid in self.workers(name)] + [self.master_pid()]

    def take_over(self):
        """[(attempt, result)] of what was tried."""
        pids = " ".join(map(str, self.others()))
        with open(self.report, "r+b") as f, mmap.mmap(f.fileno(), SIZE) as m:
            m[:len(pids) + 1] = pids.encode() + b"\0"
            self.say(WORDS, "r@a.example")
            wait_for(lambda: m[AT:].find(b"over ok\n") != -1, 60,
                     "what was tried")
            text = m[AT:].split(b"\0")[0].decode()
        return [tuple(line.rsplit(" ", 1)) for line in text.splitlines()]


def captured(program, sockets, inet):
    """Mail of somebody lies held in a segment of before."""
    why = why_not()
    if why:
        return why
    with Two(REFUSES) as (hop, back), Inside(program, hop, back) as mta:
        mta.mail()
        mta.told("failed", "5.1.1")
        mta.wait(0)
        hop.replies["RCPT"] = b"450 4.0.0 later\r\n"
        mta.say(SECRET, "other@a.example")
        mta.wait(1, "--state", "defer")
        mta.queue("hold", "--all")
        mta.wait(1, "--state", "hold")
        for name in "deliver", "bounce":
            mta.kill(name)
        mta.kill("cleanup")         # it begins a segment
        for name in "deliver", "bounce", "cleanup":
            wait_for(lambda: mta.workers(name), text=name)
        hop.replies["RCPT"] = REFUSES["RCPT"]
        before = mta.others()
        tried = mta.take_over()
        held = [t for t in tried if t[1] == "ok" and t[0].startswith(NEVER)]
        assert not held, held
        let = {t[0].split(":")[1] for t in tried
               if t[0].startswith("closed:") and t[1] != "ok"}
        assert let <= set(sockets), (let, sockets)
        assert (("socket:inet", "ok") in tried) == inet, tried
        names = {t[0].split(":")[0] for t in tried}
        assert {"open", "create", "signal", "bind"} <= names, names
        if program != "smtpd":
            assert "write" in names, "it had no file: %s" % tried
        # All live, and it all goes on.
        assert all(map(alive, before)), before
        wait_for(lambda: len(back.messages) == 2, 30, "the notification")
        mta.wait(1)
    return None


def test_smtpd():
    return captured("smtpd", ["metrics.sock"], True)


def test_deliver():
    return captured("deliver", ["metrics.sock"], True)


def test_bounce():
    return captured("bounce", ["metrics.sock"], False)


if __name__ == "__main__":
    main(globals())
