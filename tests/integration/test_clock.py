#!/usr/bin/env python3
"""The clock of the day jumps by ten years, forth and back, under all daemons at
work and between a stop and a start (tests/preload/clock.c): nothing is given up
for it, what waits is tried at its times, and no id comes twice.  Clocks that
count from the start of the machine are `crash/hour`'s."""

import os
import struct
import time

from halyard import BUILD, WATCHED, Backend, main, wait_for
from whole import Whole, back

FAULT = os.path.join(BUILD, "tests/preload/clock.so")
YEARS = 10 * 365 * 86400
OUT = "transport out host 127.0.0.1:%d -o tls=disabled -o retry=1s -o " \
    "jitter=0%% -o dsn_transport=back -o max_age=1d\n"


class Clock:
    """What an instance takes for the clock of the day."""

    def __init__(self, path):
        self.path = path
        self.set(0)
        os.chmod(path, 0o644)

    def set(self, seconds):
        # In place: it is mapped.
        with open(self.path, "r+b" if os.path.exists(self.path)
                  else "wb") as f:
            f.write(struct.pack("=q", seconds))

    def environment(self):
        assert os.path.exists(FAULT), FAULT
        return {"LD_PRELOAD": os.path.realpath(FAULT),
                "CLOCK_FILE": self.path}


class Jumping(Whole):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        self.clock = Clock(os.path.join(self.dir, "clock"))

    def start(self):
        os.environ.update(self.clock.environment())
        try:
            return super().start()
        finally:
            for name in self.clock.environment():
                del os.environ[name]

    def jumped(self, program, by):
        """It has logged something in that year."""
        year = time.gmtime(time.time() + by).tm_year
        wait_for(lambda: [l for l in self.log().splitlines()
                          if l.startswith("%d-" % year) and
                          " %s[" % program in l], 20,
                 "%s in %d" % (program, year))


class World:
    """A next hop that puts off until it is told not to."""

    def __enter__(self):
        self.tries = []
        self.hop = Backend(replies={"RCPT": self.rcpt})
        self.back = Backend()
        self.mta = Jumping(back(self.back) + OUT % self.hop.port)
        self.mta.__enter__()
        self.takes = False
        self.ids = []
        return self

    def __exit__(self, *exc):
        self.mta.__exit__(*exc)
        self.back.close()
        self.hop.close()

    def rcpt(self, conv, line):
        self.tries.append(line)
        return None if self.takes else b"450 4.2.1 Not now\r\n"

    def put_off(self):
        self.takes = False
        self.ids.append(self.mta.send())
        self.mta.entry(self.ids[-1], state="defer")

    def tried_again(self):
        """By its schedule, and still there."""
        before = len(self.tries)
        wait_for(lambda: len(self.tries) >= before + 2, 20, "attempts")
        assert len(self.mta.entries()) == 1, self.mta.entries()

    def arrives(self):
        before = len(self.hop.messages)
        self.takes = True
        self.mta.ctl("queue", "retry", "--all", check=False)
        wait_for(lambda: len(self.hop.messages) == before + 1, 20, "mail")
        self.mta.wait(0)
        assert not self.back.messages, self.back.messages
        assert len(set(self.ids)) == len(self.ids), self.ids


def why_not():
    return "a build that watches itself is loaded first" if WATCHED else None


def test_at_work():
    if why_not():
        return why_not()
    with World() as w:
        for by in (YEARS, -YEARS, 0):
            w.put_off()
            w.mta.clock.set(by)
            w.tried_again()
            w.arrives()
            w.put_off()
            w.arrives()
            for program in "smtpd", "deliver":
                w.mta.jumped(program, by)
    return None


def test_at_a_start():
    """What is due then is due an hour later at most, by the queue's clock."""
    if why_not():
        return why_not()
    with World() as w:
        for by in (YEARS, -YEARS, 0):
            w.put_off()
            w.mta.ctl("stop")
            w.mta.clock.set(by)
            w.mta.start()
            wait_for(lambda: w.mta.entries() is not None, text="qmgr")
            w.mta.entry(w.ids[-1])
            w.arrives()
            w.mta.jumped("master", by)
        assert w.mta.ctl("spool", "verify").stdout.endswith(" 0 damaged\n")
    return None


if __name__ == "__main__":
    main(globals())
