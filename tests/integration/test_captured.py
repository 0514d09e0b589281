#!/usr/bin/env python3
"""What a worker that was taken over may not do to the others: end or spoil a
listening socket for all, take all connections of an internal socket, hold up a
stop or a reload by hanging.  What it may do to the log is in unit/compat.

The test takes descriptors out of a worker, so that it does to what they share
just what that worker could; this is for root alone."""

import ctypes
import json
import os
import resource
import signal
import socket
import struct
import threading
import time

from halyard import SLOW, Backend, Instance, alive, main, wait_for
from test_inline import hook

PIDFD_GETFD = 438
SO_ATTACH_FILTER, SO_LOCK_FILTER = 26, 44
COUNT = 'Accept("n=" . memory_inc("n"));'


def why_not():
    return None if os.geteuid() == 0 else "only as root"


def listeners(pid):
    """Copies of the worker's listening sockets, by address."""
    libc = ctypes.CDLL(None, use_errno=True)
    pidfd = os.pidfd_open(pid)
    found = {}
    try:
        for name in os.listdir("/proc/%d/fd" % pid):
            fd = libc.syscall(PIDFD_GETFD, pidfd, int(name), 0)
            if fd == -1:
                continue
            try:
                s = socket.socket(fileno=fd)
                if s.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    found[s.getsockname()] = s
                    continue
                s.close()
            except OSError:
                os.close(fd)
    finally:
        os.close(pidfd)
    return found


def its_listener(mta, program="smtpd"):
    pid = mta.workers(program)[0]
    return pid, list(listeners(pid).values())[0]


def shut(s):
    s.shutdown(socket.SHUT_RD)


def connect_nowhere(s):
    libc = ctypes.CDLL(None, use_errno=True)
    nowhere = struct.pack("H14x", socket.AF_UNSPEC)
    assert libc.connect(s.fileno(), nowhere, 16) == 0, ctypes.get_errno()


def drop_all(s):
    """A filter that no later one may take away."""
    code = (ctypes.c_char * 8)(*struct.pack("HBBI", 6, 0, 0, 0))
    program = struct.pack("HxxxxxxP", 1, ctypes.addressof(code))
    s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    s.setsockopt(socket.SOL_SOCKET, SO_LOCK_FILTER, 1)


def make_wait(s):
    """Others would hang in accept()."""
    s.setblocking(True)


def serves(mta):
    """A connection is taken, and a message passes."""
    def one():
        try:
            with mta.client(timeout=2) as c:
                c.hello()
                return c.message().code == 250
        except OSError:
            return False
    wait_for(one, 15, "service")


HARM = shut, connect_nowhere, drop_all, make_wait


def test_spoilt_and_killed():
    """The worker dies after it: nobody has to ask for a reload."""
    if why_not():
        return why_not()
    for harm in HARM:
        with Backend() as b, Instance(b.port) as mta:
            serves(mta)
            pid, s = its_listener(mta)
            harm(s)
            s.close()
            os.kill(pid, signal.SIGKILL)
            mta.wait_log("event=listen-lost")
            serves(mta)
    return None


def test_spoilt_and_reloaded():
    """"reloaded" is said when a connection would be taken."""
    if why_not():
        return why_not()
    for harm in HARM:
        with Backend() as b, Instance(b.port) as mta:
            _, s = its_listener(mta)
            harm(s)
            s.close()
            assert mta.ctl("reload").stdout == "reloaded\n"
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250
    return None


def test_internal_socket_spoilt():
    """share outlives a reload, and so must hear of its new socket."""
    if why_not():
        return why_not()
    with Instance(hook=COUNT) as mta:
        with mta.client() as c:
            c.hello()
            assert "n=1" in str(c.message())
        _, s = its_listener(mta, "share")
        shut(s)
        s.close()
        mta.ctl("reload")
        for _ in range(3):      # each worker has a connection of its own
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250
        assert mta.workers("share")
    return None


def test_socket_files():
    """Removed while all runs; as any user."""
    with Instance(hook=COUNT) as mta:
        # master looks after them when a process of its own ends: it may have
        # been one that had tried the configuration.
        time.sleep(SLOW / 2)
        for name in "master.sock", "share.sock", "metrics.sock":
            os.unlink(mta.path("run/" + name))
        p = mta.ctl("status", check=False)
        assert p.returncode == 1 and "kill -HUP" in p.stderr, p
        os.kill(mta.master_pid(), signal.SIGHUP)
        wait_for(lambda: mta.ctl("status", check=False).returncode == 0,
                 text="the control socket")
        wait_for(lambda: json.loads(mta.ctl("status", "--json").stdout)
                 ["counters"], text="the counters")
        with mta.client() as c:
            c.hello()
            assert c.message().code == 250


def test_too_many_connections():
    """One process takes all it gets of an internal socket: more than there
    are for everybody."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 4096:
        return "too few descriptors"
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, hard))
    with Instance(hook=COUNT) as mta:
        held = []
        for name, most in (("share.sock", 2100), ("metrics.sock", 100),
                           ("master.sock", 50)):
            for _ in range(most):
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(5)
                try:
                    s.connect(mta.path("run/" + name))
                except OSError:
                    s.close()
                    break
                held.append(s)
        os.kill(mta.workers()[0], signal.SIGKILL)     # one must connect anew
        wait_for(lambda: len(mta.workers()) == 2, text="a new worker")
        for _ in range(4):
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250
        assert mta.counters()["messages_accepted"] == 4
        for s in held:
            s.close()
    return None


LIMITS = {"shutdown_limit": "1s", "drain_limit": "0s",
          "drain_transaction_limit": "1s"}


def test_stop_beside_a_hung_worker():
    with Instance(params=LIMITS) as mta:
        pid = mta.workers()[0]
        os.kill(pid, signal.SIGSTOP)
        start = time.monotonic()
        mta.ctl("stop")
        assert time.monotonic() - start < 40 * SLOW
        assert not alive(pid)
        assert "event=worker-deaf" in mta.log()
        assert not os.path.exists(mta.path("run/master.pid"))
        p = mta.ctl("status", check=False)
        assert p.returncode == 3 and "not running" in p.stderr, p


def test_reloads_beside_a_hung_worker():
    """The third reload waits for the oldest generation to go."""
    with Instance(params=LIMITS) as mta:
        pid = mta.workers()[0]
        os.kill(pid, signal.SIGSTOP)
        for _ in range(3):
            mta.ctl("reload")
        wait_for(lambda: not alive(pid), 40, "the end of the hung worker")


def test_an_end_is_waited_for():
    """A worker that waits for a backend's answer is not one that hangs."""
    gate = threading.Event()

    def hold(conv, line):
        gate.wait(60)

    with Backend(replies={"EOD": hold}) as b, \
            Instance(hook=hook(b.port), params=LIMITS, maxproc=1) as mta:
        pid = mta.workers()[0]
        c = mta.client(timeout=90)
        c.hello()
        c.envelope()
        c.cmd("DATA", 354)
        c.send("x\r\n.\r\n")
        wait_for(lambda: b.conversations and b.conversations[0].body,
                 text="the end at the backend")
        mta.ctl("reload")
        time.sleep(19)          # the limits, the patience, two answers
        assert alive(pid)
        gate.set()
        c.expect(250)
        c.close()


if __name__ == "__main__":
    main(globals())
