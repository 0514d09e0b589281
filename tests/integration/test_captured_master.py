#!/usr/bin/env python3
"""What a worker that was taken over may not do to master(8): say on its channel
what others say, or what it says itself at another time; stop or reload the
service; spoil the page of counters that master and others read.

The test speaks on copies of the channels of workers, in their names, and writes
into their memory; this is for root alone."""

import ctypes
import json
import os
import random
import signal
import socket
import struct

from halyard import SLOW, Backend, Instance, alive, main, wait_for
from test_captured import PIDFD_GETFD, serves, why_not
from test_captured_store import blob

QUICKLY = {"restart_delay_max": "1s"}
NOTHING = struct.pack(">I", 0)


def text(s):
    return blob(s)


# Each ends the channel of who says it, and so the worker.
FORBIDDEN = {
    "reload": (21, NOTHING), "stop": (22, NOTHING),
    "status": (20, NOTHING), "flush": (150, NOTHING + text(b"")),
    "HELLO again": (1, struct.pack(">QI", 0, 1)),
    "READY again": (9, NOTHING),
    "a configuration refused": (10, text(b"") + text(b"main.cf") +
                                NOTHING + NOTHING + text(b"no")),
    "a warning": (17, text(b"main.cf") + NOTHING + NOTHING + text(b"no")),
    "a certificate": (16, text(b"") + text(b"x.pem") + bytes(8)),
    "RENEWED unasked": (36, NOTHING),
    "what master says": (18, struct.pack(">II", 1, 0)),
    "what qmgr is told": (35, bytes(20)),
    "none that there is": (999, b""),
    "a PONG that is too long": (15, bytes(5)),
}


class Channel:
    """That of a worker, which is descriptor 3 there."""

    def __init__(self, pid):
        libc = ctypes.CDLL(None, use_errno=True)
        pidfd = os.pidfd_open(pid)
        fd = libc.syscall(PIDFD_GETFD, pidfd, 3, 0)
        os.close(pidfd)
        assert fd != -1, os.strerror(ctypes.get_errno())
        self.sock = socket.socket(fileno=fd)
        self.sock.settimeout(20 * SLOW)

    def say(self, kind, payload):
        self.sock.sendall(struct.pack(">IHBB", len(payload), kind, 0, 0) +
                          payload)


def untouched(mta, master, before):
    """The same master, who was not told to reload; it serves."""
    assert mta.master_pid() == master
    wait_for(lambda: len(mta.workers()) == before, 30 * SLOW, "workers")
    serves(mta)
    log = mta.log()
    assert "event=reload" not in log and "event=stop" not in log, log


def ended_by(mta, harm, count):
    """As many workers, to each of whom another harm is done, and who stand
    still; all are ended, others come."""
    with mta:
        serves(mta)
        master, pids = mta.master_pid(), mta.workers()
        assert len(pids) == count, pids
        channels = []
        for pid, one in zip(pids, harm):
            os.kill(pid, signal.SIGSTOP)
            channels.append(Channel(pid))
            one(channels[-1])
        for pid, name in zip(pids, harm):
            wait_for(lambda: not alive(pid), 20 * SLOW, "its end by %s" %
                     getattr(name, "__doc__", name))
        untouched(mta, master, count)


def saying(name, kind, payload):
    def one(channel):
        channel.say(kind, payload)
    one.__doc__ = name
    return one


def test_forbidden():
    if why_not():
        return why_not()
    with Backend() as b:
        ended_by(Instance(b.port, maxproc=len(FORBIDDEN), params=QUICKLY),
                 [saying(name, *what) for name, what in FORBIDDEN.items()],
                 len(FORBIDDEN))
    return None


def test_noise():
    """Also a frame that is larger than any, a part of one and then no more,
    and an answer that nobody asked for, all the time."""
    if why_not():
        return why_not()
    dice = random.Random(22)

    def large(channel):
        """a length"""
        channel.sock.sendall(struct.pack(">IHBB", 1 << 31, 15, 0, 0))

    def shut(channel):
        """half a frame"""
        channel.sock.sendall(b"\0\0\0\4")
        channel.sock.shutdown(socket.SHUT_RDWR)

    def bytes_of_any_kind(channel):
        """noise"""
        try:
            for _ in range(100):
                channel.sock.sendall(dice.randbytes(64))
        except OSError:
            pass

    with Backend() as b:
        ended_by(Instance(b.port, maxproc=4, params=QUICKLY),
                 [large, shut, bytes_of_any_kind, bytes_of_any_kind], 4)
    with Backend() as b, Instance(b.port, maxproc=2, params=QUICKLY) as mta:
        master, pids = mta.master_pid(), mta.workers()
        channel = Channel(pids[0])
        for n in range(2000):
            channel.say(15, NOTHING)                    # PONG
            channel.say(153, struct.pack(">QQ", n, n))  # FLUSHED
            channel.say(152, struct.pack(">Q", n) + text(b"x") + text(b"y") +
                        bytes(8))                       # CACHED
        assert mta.ctl("status").returncode == 0
        with open("/proc/%d/statm" % master) as f:
            assert int(f.read().split()[1]) * 4096 < 100 << 20
        untouched(mta, master, 2)
    return None


def page(pid, service):
    """Where a worker's page of counters lies: the name of its service is
    where it begins."""
    with open("/proc/%d/maps" % pid) as f:
        places = [[int(x, 16) for x in line.split()[0].split("-")]
                  for line in f if line.split()[1] == "rw-s"]
    with open("/proc/%d/mem" % pid, "rb", buffering=0) as m:
        for begin, end in places:
            m.seek(begin)
            if m.read(end - begin).startswith(service + b"\0"):
                return begin, end
    raise AssertionError("no page of counters")


def test_page():
    """Names without an end, numbers that cannot be: who reads lives, and it
    is over with the worker that wrote them."""
    if why_not():
        return why_not()
    dice = random.Random(23)
    fills = (lambda n: b"\xff" * n, bytes, dice.randbytes,
             lambda n: (b"a\r\n\"\\{}\x1b" * n)[:n])
    with Backend() as b, Instance(b.port, maxproc=len(fills),
                                  params=QUICKLY) as mta:
        serves(mta)
        singles = mta.workers("share") + mta.workers("metrics")
        master, pids = mta.master_pid(), mta.workers()
        name = json.loads(mta.ctl("status", "--json").stdout)["processes"]
        (service,) = {p["service"] for p in name if p["program"] == "smtpd"}
        for pid, fill in zip(pids, fills):
            os.kill(pid, signal.SIGSTOP)
            begin, end = page(pid, service.encode())
            with open("/proc/%d/mem" % pid, "r+b", buffering=0) as m:
                m.seek(begin)
                m.write(fill(end - begin))
        for args in ("status",), ("status", "--json"), ("top", "--json",
                                                        "--count", "1"):
            mta.ctl(*args, check=False)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not any(map(alive, pids)), text="their end")
        untouched(mta, master, len(fills))
        assert mta.workers("share") + mta.workers("metrics") == singles
        assert mta.ctl("status").returncode == 0
        # Whoever is counted now is one that is there.
        status = json.loads(mta.ctl("status", "--json").stdout)
        assert status["counters"], status
        with mta.client() as c:
            c.hello()
            wait_for(lambda: mta.counters()["sessions"] == 1,
                     text="the one session")
    return None


if __name__ == "__main__":
    main(globals())
