#!/usr/bin/env python3
"""The system refuses: strace makes calls of a running process fail.

One worker of two, under load: each row of WORKER fails for a while, every
time and then every seventh time.  A message that got 250 is at the backend,
and once; one that a backend refused is not; no worker ends, none asks over
and over for what it can't have, and no descriptor is kept.  A temporary
failure for a message that arrived is allowed where the reply to its end was
what could not be read (RFC 1047).

Then master: a reload is refused, or done, and never master's end.
"""

import collections
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from halyard import Backend, Client, Instance, alive, main, wait_for
from test_faults import CHUNKING, HOOK, Ledger, ident_of, refuses, \
    send_messages

CLIENTS = 8
SECONDS = 0.4
WORKER = (
    ("accept4", "EMFILE"), ("accept4", "ECONNABORTED"), ("accept4", "EPERM"),
    ("recvfrom", "ENOMEM"), ("sendmsg", "ENOBUFS"), ("sendmsg", "EAGAIN"),
    ("connect", "EADDRNOTAVAIL"), ("socket", "EMFILE"),
    ("getsockopt", "ENOBUFS"), ("setsockopt", "ENOMEM"),
    ("epoll_ctl", "ENOMEM"), ("openat", "ENOSPC"), ("write", "ENOSPC"),
    ("pread64", "EIO"),
)
MASTER = (
    ("clone", "EAGAIN", "1+1"), ("socketpair", "EMFILE", "1+1"),
    ("openat", "EMFILE", "1+1"), ("openat", "EIO", "3"),
    ("sendmsg", "ENOBUFS", "1+2"),
    ("sendmsg", "EPIPE", "1+1"), ("recvmsg", "EAGAIN", "1+2"),
)
# In SECONDS; a process that pauses in between asks some times.
SPIN = 100


class Unattachable(Exception):
    pass


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def traced(pid):
    with open("/proc/%d/status" % pid) as f:
        return "TracerPid:\t0\n" not in f.read()


class Failing:
    """In its block that call of that process fails; then .times says how
    often it did."""

    def __init__(self, pid, call, error, when="1+1"):
        self.log = tempfile.NamedTemporaryFile("r")
        self.pid = pid
        self.strace = subprocess.Popen(
            ["strace", "-qq", "-o", self.log.name, "-p", str(pid), "-e",
             "trace=" + call, "-e", "inject=%s:error=%s:when=%s" % (
                 call, error, when)], stderr=subprocess.PIPE)

    def __enter__(self):
        wait_for(lambda: self.strace.poll() is not None or traced(self.pid),
                 10, "strace")
        if self.strace.poll() is not None:
            raise Unattachable(self.strace.stderr.read())
        return self

    def count(self):
        with open(self.log.name) as f:
            return f.read().count("(INJECTED)")

    def __exit__(self, *exc):
        self.strace.send_signal(signal.SIGINT)
        self.strace.wait()
        self.strace.stderr.close()
        self.times = self.count()
        self.log.close()


def unable():
    """Why this can't be run here, or None."""
    if shutil.which("strace") is None:
        return "no strace"
    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        with Failing(sleeper.pid, "close", "EIO"):
            return None
    except Unattachable:
        return "strace may not attach"
    finally:
        sleeper.kill()
        sleeper.wait()


class Load:
    """Clients with a ledger in front of two backends."""

    def __init__(self, **params):
        self.ledger, self.stop = Ledger(strict=False), threading.Event()
        replies = {"EOD": lambda conv, line: b"550 5.7.1 not this one\r\n"
                   if refuses(self.ledger, ident_of(conv.body)) else None}
        self.backends = (Backend(replies=replies), Backend(CHUNKING, replies))
        self.mta = Instance(hook=HOOK % tuple(b.port for b in self.backends),
                            params=dict(params, sandbox="no"))

    def __enter__(self):
        self.mta.start()
        return self

    def begin(self):
        self.threads = [threading.Thread(target=send_messages, args=(
            self.mta, self.ledger, self.stop, str(i), 5))
            for i in range(CLIENTS)]
        for t in self.threads:
            t.start()

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join(60)
            assert not t.is_alive()

    def check(self):
        told, refused = self.ledger.told, self.ledger.refused
        assert self.ledger.errors == [], self.ledger.errors[:3]
        there = collections.Counter(ident_of(m["body"]) for b in self.backends
                                    for m in b.messages)
        print("# told: %s, at the backend: %d" % (
            dict(collections.Counter(told.values())), len(there)))
        assert [i for i, code in told.items()
                if code == 250 and i not in there] == []
        assert [i for i, n in there.items() if n > 1] == []
        assert [i for i in there if i not in told] == []
        assert [i for i in there if (told[i] or 0) >= 500] == []
        assert not refused & set(there)
        assert list(told.values()).count(250) > 100

    def __exit__(self, *exc):
        self.stop.set()
        self.mta.__exit__(*exc)
        for b in self.backends:
            b.close()


def fail_worker(pid, call, error):
    for when in ("1+1", "1+7"):
        with Failing(pid, call, error, when) as f:
            # Some are only met now and then.
            end = time.monotonic() + 4
            while f.count() == 0 and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(SECONDS)
        assert alive(pid), (call, error)
        if call == "accept4" and error != "ECONNABORTED":
            assert 0 < f.times < SPIN, (call, error, f.times)


def test_worker():
    why = unable()
    if why:
        return why
    with Load(body_memory_limit="16k", backend_transaction_limit="3",
              backend_idle_timeout="1s", inline_deadline="5s",
              smtpd_idle_timeout="5s", send_command_timeout="5s") as load:
        workers = sorted(load.mta.workers())
        load.begin()
        time.sleep(1)
        for call, error in WORKER:
            fail_worker(workers[0], call, error)
        load.end()
        assert sorted(load.mta.workers()) == workers
        load.check()
        for c in [c for c in Client.known if c.port == load.mta.port]:
            c.hang_up()
        # As many as in one that was left alone.
        wait_for(lambda: descriptors(workers[0]) == descriptors(workers[1])
                 and descriptors(workers[0]) < 16, 20, "descriptors")


def test_master():
    why = unable()
    if why:
        return why
    with Load(drain_limit="1s", drain_transaction_limit="1s") as load:
        mta, pid = load.mta, load.mta.master_pid()
        load.begin()
        for call, error, when in MASTER:
            with Failing(pid, call, error, when) as f:
                p = mta.ctl("reload", check=False)
            print("# %s %s: %d, reload: %d" % (call, error, f.times,
                                               p.returncode))
            assert alive(pid), (call, error)
            wait_for(lambda: mta.ctl("reload", check=False).returncode == 0,
                     20, "a reload after %s %s" % (call, error))
        with Failing(pid, "accept4", "EMFILE") as f:
            status = subprocess.Popen(
                [os.path.join(os.environ.get("HALYARD_BUILD", "build"), "bin",
                              "mtactl"), "-c", mta.conf, "status"],
                stdout=subprocess.DEVNULL)
            wait_for(f.count, 10, "a call")
            time.sleep(SECONDS)
        assert f.times < SPIN, f.times
        assert status.wait(20) == 0
        load.end()
        load.check()


if __name__ == "__main__":
    main(globals())
