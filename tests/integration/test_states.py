#!/usr/bin/env python3
"""The states of a worker against what happens to it: the table of
ARCHITECTURE.md, a test for each of its cells.

A worker has up to three sessions: one between transactions, one in a
transaction, and one whose message's end is with the backend.
"""

import os
import signal
import subprocess
import sys
import threading
import time

from halyard import (MTACTL, SLOW, Backend, Instance, alive, main, wait_for)
from test_inline import hook

LONG = "60s"
STAYS, GONE = "stays", "421"


class Stage:
    """An instance with one worker, and the three sessions to it."""

    def __init__(self, **params):
        self.gate = threading.Event()
        self.backend = Backend(replies={"EOD": self.hold})
        base = dict(drain_limit=LONG, drain_transaction_limit=LONG,
                    shutdown_limit=LONG)
        base.update(params)
        self.mta = Instance(hook=hook(self.backend.port), maxproc=1,
                            params=base)
        self.stop = None

    def hold(self, conv, line):
        if b"held" in conv.body:
            self.gate.wait(30)

    def __enter__(self):
        self.mta.start()
        self.pid = self.mta.workers()[0]
        self.idle, self.busy, self.waits = (self.mta.client()
                                            for _ in range(3))
        for c in self.idle, self.busy, self.waits:
            c.hello()
        self.busy.envelope()
        self.waits.envelope()
        self.waits.cmd("DATA", 354)
        self.waits.send("held\r\n.\r\n")
        wait_for(lambda: any(c.body for c in self.backend.conversations),
                 text="the end at the backend")
        time.sleep(0.1)
        return self

    def __exit__(self, *exc):
        self.gate.set()
        for c in self.idle, self.busy, self.waits:
            c.close()
        if self.stop:
            self.stop.wait(30)
        self.mta.__exit__(*exc)
        if alive(self.pid):
            os.kill(self.pid, signal.SIGKILL)
        self.backend.close()

    # ---- What happens

    def reload(self):
        self.mta.ctl("reload")

    def again(self):
        """A third one waits until the oldest generation has gone."""
        self.stop = subprocess.Popen([MTACTL, "-c", self.mta.conf, "reload"],
                                     stdout=subprocess.DEVNULL)
        time.sleep(0.3)

    def sigterm(self):
        os.kill(self.pid, signal.SIGTERM)

    def stopped(self):
        self.stop = subprocess.Popen([MTACTL, "-c", self.mta.conf, "stop"],
                                     stdout=subprocess.DEVNULL)

    def lost(self):
        os.kill(self.mta.master_pid(), signal.SIGKILL)

    # ---- What is to be seen

    def sees(self, idle, busy):
        """Of the session between transactions and of that in one."""
        for c, want in (self.idle, idle), (self.busy, busy):
            if want is GONE:
                c.expect(421)
                assert c.closed()
            elif want is STAYS:
                c.cmd("NOOP", 250)

    def accepts(self, new):
        """Where a new connection goes: to this worker or to another."""
        with self.mta.client() as c:
            c.hello()
            pids = {p for p in self.mta.workers()}
            assert (pids == {self.pid}) != new, (pids, self.pid)

    def finish(self):
        """What waited gets its reply, whatever happened meanwhile."""
        self.gate.set()
        self.waits.expect(250)

    def exits(self, seconds=8):
        wait_for(lambda: not alive(self.pid), seconds, "the worker's end")

    def leave(self):
        for c in self.idle, self.busy, self.waits:
            c.close()


def soon(seconds=1.6):
    time.sleep(seconds)


# ---- accepting ---------------------------------------------------------------

def test_accepting_reload():
    with Stage() as s:
        s.reload()
        s.sees(STAYS, STAYS)
        s.accepts(new=True)
        s.finish()
        s.waits.cmd("NOOP", 250)


def test_accepting_sigterm():
    """Also with clients that do not close after the 421."""
    with Stage() as s:
        s.sigterm()
        s.sees(GONE, STAYS)
        s.finish()
        s.waits.expect(421)
        s.busy.cmd("DATA", 354)
        assert s.busy.cmd("x\r\n.").code == 250
        s.busy.expect(421)
        s.exits()


def test_accepting_stop():
    with Stage() as s:
        s.stopped()
        s.sees(GONE, STAYS)
        s.finish()
        s.waits.expect(421)


def test_accepting_master_lost():
    with Stage() as s:
        s.lost()
        s.sees(GONE, STAYS)
        s.busy.sock.settimeout(10 * SLOW)
        s.busy.expect(421)
        s.finish()
        s.waits.expect(421)
        s.leave()
        s.exits()


# ---- draining ----------------------------------------------------------------

def test_draining_reload():
    with Stage() as s:
        s.reload()
        s.again()
        s.sees(STAYS, STAYS)
        assert s.stop.poll() is None
        s.finish()
        s.leave()
        s.exits()
        assert s.stop.wait(20) == 0


def test_draining_drain_limit():
    with Stage(drain_limit="1s") as s:
        s.reload()
        s.sees(STAYS, STAYS)
        soon()
        s.sees(GONE, STAYS)
        s.finish()
        s.waits.expect(421)


def test_draining_drain_transaction_limit():
    with Stage(drain_limit="1s", drain_transaction_limit="1s") as s:
        s.reload()
        soon(2.6)
        s.sees(GONE, GONE)
        s.finish()
        s.waits.expect(421)
        s.leave()
        s.exits()


def test_draining_sigterm():
    with Stage() as s:
        s.reload()
        s.sigterm()
        s.sees(GONE, STAYS)
        s.finish()


def test_draining_stop():
    with Stage() as s:
        s.reload()
        s.stopped()
        s.sees(GONE, STAYS)
        s.finish()


def test_draining_shutdown_limit():
    with Stage(shutdown_limit="1s") as s:
        s.reload()
        s.sigterm()
        soon()
        s.sees(GONE, GONE)
        s.finish()
        s.leave()
        s.exits()


def test_draining_master_lost():
    with Stage() as s:
        s.reload()
        s.lost()
        s.sees(GONE, STAYS)
        s.busy.sock.settimeout(10 * SLOW)
        s.busy.expect(421)
        s.finish()
        s.leave()
        s.exits()


def test_draining_last_session_ends():
    with Stage() as s:
        s.reload()
        s.finish()
        assert alive(s.pid)
        s.leave()
        s.exits()


# ---- waiting for an end ------------------------------------------------------

def waiting(happens, seconds=0, **params):
    """It gets its 250 after whatever happens, then the worker may go."""
    with Stage(**params) as s:
        s.idle.close()
        s.busy.close()
        for what in happens:
            getattr(s, what)()
        soon(seconds)
        assert alive(s.pid)
        s.finish()
        return s.waits.cmd("NOOP") if not seconds and "lost" not in happens \
            and "sigterm" not in happens and "stopped" not in happens \
            else s.waits.expect(421)


def test_waiting_reload():
    assert waiting(["reload"]).code == 250


def test_waiting_drain_limit():
    waiting(["reload"], 1.6, drain_limit="1s")


def test_waiting_drain_transaction_limit():
    waiting(["reload"], 2.6, drain_limit="1s", drain_transaction_limit="1s")


def test_waiting_sigterm():
    waiting(["sigterm"])


def test_waiting_stop():
    waiting(["stopped"])


def test_waiting_shutdown_limit():
    waiting(["sigterm"], 1.6, shutdown_limit="1s")


def test_waiting_master_lost():
    waiting(["lost"], 5.5)


# ---- ending: draining, and nothing left but what waits -----------------------

def ending(happens, seconds=0, **params):
    """The same, and it exits behind the reply."""
    with Stage(drain_limit="0s", drain_transaction_limit="0s",
               **params) as s:
        s.reload()
        s.sees(GONE, GONE)
        if happens:
            getattr(s, happens)()
        soon(seconds)
        assert alive(s.pid)
        s.finish()
        s.waits.expect(421)
        s.leave()
        s.exits()


def test_ending_reload():
    ending("again")


def test_ending_drain_limit():
    ending(None, 1)


def test_ending_drain_transaction_limit():
    with Stage(drain_limit="0s", drain_transaction_limit="2s") as s:
        s.reload()
        s.sees(GONE, STAYS)
        s.busy.close()
        soon(2.6)
        assert alive(s.pid)
        s.finish()
        s.waits.expect(421)
        s.leave()
        s.exits()


def test_ending_sigterm():
    ending("sigterm")


def test_ending_stop():
    ending("stopped")


def test_ending_shutdown_limit():
    ending("sigterm", 1.6, shutdown_limit="1s")


def test_ending_master_lost():
    ending("lost", 5.5)


def test_ending_last_session_ends():
    """The one that waited has left: the backend's verdict is for the log."""
    with Stage(drain_limit="0s", drain_transaction_limit="0s") as s:
        s.reload()
        s.sees(GONE, GONE)
        s.waits.close()
        soon(0.3)
        assert alive(s.pid)
        s.gate.set()
        s.exits()
        s.mta.wait_log("event=inline-orphan")


if __name__ == "__main__":
    sys.exit(main({k: v for k, v in globals().items()
                   if getattr(v, "__module__", "") == "__main__"}))
