#!/usr/bin/env python3
"""Workers of bounce that do not answer, and orders as long as may be: other
mail, and other notifications, do not wait for them."""

import os
import signal
import uuid

from halyard import SLOW, main, wait_for
from test_bounce import ACTIONS, Office, fields
from test_bounces import REFUSES, Tells, Two
from test_captured import why_not
from test_captured_deliver import DEFER


def two_workers(mta):
    with open(mta.path("master.cf")) as f:
        text = f.read()
    with open(mta.path("master.cf"), "w") as f:
        f.write(text.replace("- - - 1 bounce", "- - - 2 bounce"))
    return mta


def test_delayed_goes_on():
    """Its sender is told of the delay by nobody, and it arrives meanwhile;
    what was made of it too late goes nowhere."""
    tries = []

    def mail(conv, line):
        tries.append(line)
        return b"451 4.3.0 Later\r\n" if len(tries) == 1 else None

    with Two({"MAIL": mail}) as (hop, back), \
            Tells(hop, back, "-o retry=1s+notify,1s") as mta:
        wait_for(lambda: mta.workers("bounce"), text="bounce")
        (teller,) = mta.workers("bounce")
        os.kill(teller, signal.SIGSTOP)
        mta.mail()
        wait_for(lambda: hop.messages, 30, "the message")
        mta.wait(0)
        assert "event=dsn-made" not in mta.log(), mta.log()
        os.kill(teller, signal.SIGCONT)
        mta.wait_log("event=dsn-made", 30)
        mta.wait_log("event=queue-orphan", 30)
        mta.wait(0)
        assert len(hop.messages) == 1 and not back.messages, back.messages


def test_hung_worker():
    """What it has is asked of the other one, after a time."""
    with Two(REFUSES) as (hop, back), two_workers(Tells(
            hop, back, params={"spool_timeout": "1s"})) as mta:
        wait_for(lambda: len(mta.workers("bounce")) == 2, text="bounce")
        mta.mail()
        mta.told("failed", "5.1.1")
        hung = mta.workers("bounce")[0]
        os.kill(hung, signal.SIGSTOP)
        try:
            mta.mail(["r%d@a.example" % i for i in range(8)])
            wait_for(lambda: len(back.messages) >= 8, 60 * SLOW,
                     "notifications: %d" % len(back.messages))
            log = mta.log()
            assert log.count("its worker does not answer") == 1, log
        finally:
            os.kill(hung, signal.SIGCONT)


def test_long_state():
    """All that a verdict may hold comes back to the next worker, and that
    one's connection stays."""
    why = why_not()
    if why:
        return why
    with Office() as o:
        (teller,) = o.mta.workers("bounce")
        os.kill(teller, signal.SIGSTOP)
        order = fields({1: ACTIONS["delayed"], 2: str(uuid.uuid4()).encode(),
                        20: b"back", 30: b"x" * 131072,
                        29: [b"X: " + b"y" * 60000]})
        pairs = [b"a", b"v" * 65000, b"b", b"v" * 65000]
        o.peer.verdict(o.job, o.key, DEFER, fields(
            {4: 1, 6: 1 << 4, 11: pairs, 28: order}))
        wait_for(o.mta.list, text="an entry")
        o.peer.close()
        wait_for(lambda: o.backend.messages, 60 * SLOW, "the message")
        o.mta.wait(0)
        log = o.mta.log()
        assert "too large for its row" not in log, log
        os.kill(teller, signal.SIGCONT)
    return None


if __name__ == "__main__":
    main(globals())
