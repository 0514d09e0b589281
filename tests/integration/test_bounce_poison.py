#!/usr/bin/env python3
"""Notifications that end who makes them, and those that can't be made: the
first are given up the third time, the second are asked for ever more seldom,
and others pass meanwhile."""

import os
import signal
import time

from halyard import MTACTL, SLOW, WATCHED, main, wait_for
from test_bounces import LATER, REFUSES, Tells, Two

FAULT = os.path.join(os.path.dirname(MTACTL),
                     "../tests/preload/crash_on_read.so")
WORDS = b"X-Test: crash who tells of it\r\n"


class Deadly(Tells):
    """A message with the words ends the worker of bounce that reads them."""

    def start(self):
        os.environ["LD_PRELOAD"] = os.path.realpath(FAULT)
        try:
            return super().start()
        finally:
            del os.environ["LD_PRELOAD"]

    def poison(self, rcpt=""):
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<s0@from.example>", 250)
            c.cmd("RCPT TO:<poison@a.example>%s" % rcpt, 250)
            c.cmd("DATA", 354)
            c.send(WORDS + b"\r\nx\r\n.\r\n")
            c.expect(250)

    def strikes(self, last=3):
        """Until the last of them; nothing of the minutes in between is waited
        for."""
        for n in range(1, last + 1):
            wait_for(lambda: self.log().count("event=queue-bounce-poison")
                     == n, 30, "strike %d" % n)
            if n < last:
                wait_for(lambda: self.hurry() == 0, 30, "a retry")
        assert self.log().count("event=worker-death") == last, self.log()

    def hurry(self):
        p = self.ctl("queue", "retry", "--recipient", "poison@a.example",
                     check=False)
        return 0 if p.stdout.startswith("1 changed") else 1


def test_failed():
    """It is held, with its reason; released it is not tried, but told of."""
    if WATCHED:
        return "what is preloaded does not go with " + WATCHED
    with Two(REFUSES) as (hop, back), Deadly(hop, back) as mta:
        mta.poison()
        mta.mail(["r%d@a.example" % i for i in range(4)])
        mta.strikes()
        mta.wait(1, "--state", "hold")
        (held,) = mta.list("--state", "hold")
        assert held["recipient"] == "poison@a.example", held
        assert "notification died of it three times" in held["reason"], held
        wait_for(lambda: len(back.messages) == 4, 30, "the others")
        mta.wait(1)
        # The same again; then without the fault.
        mta.queue("release", "--all")
        wait_for(lambda: mta.log().count("event=queue-bounce-poison") == 4,
                 30, "another strike")
        mta.ctl("stop")
        Tells.start(mta)
        wait_for(lambda: mta.workers("bounce"), text="bounce")
        wait_for(lambda: mta.hurry() == 0, 30, "a retry")
        wait_for(lambda: len(back.messages) == 5, 30, "the notification")
        mta.wait(0)
        tries = hop.verbs().count("RCPT")
        assert tries == 5, "%d attempts" % tries
    return None


def test_delayed():
    """Nobody is told of it, and it goes on."""
    if WATCHED:
        return "what is preloaded does not go with " + WATCHED
    with Two(LATER) as (hop, back), \
            Deadly(hop, back, "-o retry=1s+notify,1h") as mta:
        mta.poison()
        mta.mail()
        mta.strikes()
        assert "action=delayed" in mta.wait_log("event=queue-untold")
        mta.wait(2, "--state", "defer")
        hop.replies.clear()
        mta.queue("retry", "--all")
        mta.wait(0)
        assert len(hop.messages) == 2 and len(back.messages) == 1
    return None


def test_relayed():
    """It has ended well, and is not there any more."""
    if WATCHED:
        return "what is preloaded does not go with " + WATCHED
    with Two() as (hop, back), Deadly(hop, back) as mta:
        mta.poison(" NOTIFY=SUCCESS")
        mta.strikes()
        assert "action=relayed" in mta.wait_log("event=queue-untold")
        mta.wait(0)
        assert len(hop.messages) == 1 and not back.messages
    return None


def waits(mta):
    """Until it is asked for again, in seconds."""
    (e,) = mta.list()
    return e["due"] - time.time()


def test_later_and_later():
    """cleanup does not take it."""
    with Two(REFUSES) as (hop, back), \
            Tells(hop, back, params={"spool_timeout": "1s"}) as mta:
        wait_for(lambda: mta.workers("bounce"), text="bounce")
        (cleanup,) = mta.workers("cleanup")
        hold = []
        hop.replies["RCPT"] = lambda conv, line: (
            hold or hold.append(os.kill(cleanup, signal.SIGSTOP)),
            REFUSES["RCPT"])[1]
        try:
            mta.mail()
            for n in range(1, 5):
                wait_for(lambda: mta.log().count(
                    "event=queue-bounce-later") == n, 30 * SLOW, "try %d" % n)
                least = 60 << (n - 1)
                wait = waits(mta)
                assert least - 20 * SLOW < wait <= least + 1, (n, wait)
                (e,) = mta.list()
                text = mta.queue("explain", "%(transaction)s:%(queue)d" %
                                 e["id"]).stdout
                assert "asked for again, 20" in " ".join(text.split()), text
                mta.queue("retry", "--all")
        finally:
            os.kill(cleanup, signal.SIGCONT)
        wait_for(lambda: mta.ctl("queue", "retry", "--all", check=False)
                 and back.messages, 30, "the notification")
        mta.wait(0)
        assert len(back.messages) == 1


if __name__ == "__main__":
    main(globals())
