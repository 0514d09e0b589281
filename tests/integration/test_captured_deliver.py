#!/usr/bin/env python3
"""What a deliver worker that was taken over may not do to qmgr(8): end it, or
decide over mail that another worker has in hand.

The test speaks with a copy of the connection that the worker has, in its
name; this is for root alone."""

import os
import random
import signal
import socket
import struct
import threading
import time
import uuid

from halyard import SLOW, Backend, alive, main, wait_for
from test_captured import why_not
from test_captured_store import (BODY, ENTRY, FULL, REFUSED, Captured, blob,
                                 entry, length, number)
from test_quota import rows_for_others
from test_relay import Queue, numbers, out

HELLO, HELD, LEASED, READY = 80, 81, 82, 83
JOB, JOB_ENTRY, VERDICT, LEASE, DRAIN = 88, 90, 91, 93, 95
HOPS, NEXT, DEAD, PREPARED, LIVE_ADD, LIVE_DELETE = 97, 108, 114, 116, 120, 121
DONE, DEFER, HOLD, BOUNCE, DELETE, AGAIN = range(1, 7)


class Taken(Captured):
    """One deliver worker, stopped, and its connection to qmgr."""

    def __init__(self, mta, pid):
        self.pid = pid
        self.credit = 0
        self.data = b""
        self.take()

    @staticmethod
    def copy(pid):
        return Captured.copy(pid, "qmgr.sock")

    def take(self):
        """Again after qmgr closed it: the worker comes back."""
        os.kill(self.pid, signal.SIGCONT)
        self.data = b""

        def got():
            self.sock = self.copy(self.pid)
            return self.sock is not None
        wait_for(got, text="a connection of deliver")
        time.sleep(0.05)
        os.kill(self.pid, signal.SIGSTOP)
        self.sock.settimeout(2)

    def job(self):
        """The next job that it is given: its number, and its entries' ids."""
        job, ids, count = None, [], 0
        while job is None or len(ids) < count:
            f = self.frame()
            assert f is not None, "the connection ended"
            if f[0] == JOB:
                job = struct.unpack(">Q", f[1][:8])[0]
                self.lease = struct.unpack(">QI", f[1][20:32])
                count = struct.unpack(">I", f[1][60:64])[0]
            elif f[0] == JOB_ENTRY:
                ids.append(f[1][12:32])
        return job, ids

    def given(self):
        """Ids of the entries that it was given until now."""
        ids = []
        self.sock.settimeout(0.3)
        try:
            while (f := self.frame()) is not None:
                if f[0] == JOB_ENTRY:
                    ids.append(f[1][12:32])
        except (TimeoutError, socket.timeout):
            pass
        self.sock.settimeout(2)
        return ids

    def verdict(self, job, id, verdict, fields=b""):
        self.send(VERDICT, struct.pack(">Q", job) + blob(id) +
                  struct.pack(">I", verdict) + blob(id + fields))

    def close(self):
        self.sock.close()
        if alive(self.pid):
            os.kill(self.pid, signal.SIGKILL)
            wait_for(lambda: not alive(self.pid), text="death")


class Attack:
    """Two workers, or one, of which one is captured; at the end all mail has
    arrived, by the same process qmgr."""

    def __init__(self, *options, workers=2):
        self.options = options
        self.workers = workers

    def __enter__(self):
        self.backend = Backend()
        self.mta = Queue(out(self.backend, "retry=1s", *self.options),
                         workers=self.workers)
        self.mta.__enter__()
        try:
            wait_for(lambda: len(self.mta.workers("deliver")) == self.workers,
                     text="deliver")
            self.qmgr = self.mta.workers("qmgr")
            # They are connected once something was queued.
            self.mta.put(1, first=1000)
            self.mta.wait(0)
            self.peer = Taken(self.mta, self.mta.workers("deliver")[0])
        except BaseException:
            self.__exit__(Exception)
            raise
        return self

    def all_arrive(self, count):
        self.peer.close()
        self.mta.wait(0, seconds=30)
        assert set(numbers(self.backend)) == set(range(count)) | {1000}
        assert self.mta.workers("qmgr") == self.qmgr

    def __exit__(self, *exc):
        if hasattr(self, "peer"):
            self.peer.close()
        self.mta.__exit__(*exc)
        self.backend.close()


def entry_id(row):
    return uuid.UUID(row["id"]["transaction"]).bytes + struct.pack(
        ">I", row["id"]["queue"])


def test_not_its_own():
    """Verdicts of jobs that it does not have are no verdicts: of one that
    another has in hand, by the numbers beside those of its own."""
    if why_not():
        return why_not()
    with Attack() as a:
        gate = threading.Event()
        a.backend.replies["EOD"] = lambda conv, line: gate.wait(60) and None
        a.mta.put(8)
        job, own = a.peer.job()
        own += a.peer.given()
        wait_for(lambda: len(a.mta.list("--state", "sending")) == 8,
                 text="all in hand")
        others = [id for id in map(entry_id, a.mta.list()) if id not in own]
        assert others, own
        for n in [*range(job - 12, job + 12), random.getrandbits(63)]:
            a.peer.cut_off(lambda: a.peer.verdict(n, others[0], DELETE))
            a.peer.take()
        assert others[0] in map(entry_id, a.mta.list())
        gate.set()
        a.all_arrive(8)


def test_its_own_twice_and_wrong():
    """Of its own jobs it decides, once, and within what can be."""
    if why_not():
        return why_not()
    with Attack(workers=1) as a:
        a.mta.put(4)
        seen = 0
        for fields in (b"\x03" + number(1) + b"\x06" + number(2) +
                       b"\x08\x04none",             # no such transport
                       b"\x03" + number(15),        # no such state
                       b"\xff" * 40, b"\x06" + number(1 << 31)):
            try:
                job, ids = a.peer.job()
            except (AssertionError, TimeoutError):
                break
            seen += 1
            a.peer.cut_off(lambda: (a.peer.verdict(job, ids[0], DEFER,
                                                   fields),
                                    a.peer.verdict(job, ids[0], DELETE)))
            a.peer.take()
        assert seen > 0, "it was given nothing"
        a.peer.close()
        wait_for(lambda: all(e["state"] in ("defer", "active", "sending")
                             for e in a.mta.list()), text="no end")
        a.mta.queue("retry", "--all")
        a.all_arrive(4)


def test_noise():
    """Frames of any kind with any bytes: the connection ends, no more."""
    if why_not():
        return why_not()
    dice = random.Random(20)
    with Attack() as a:
        a.mta.put(10)
        for _ in range(30):
            kind = dice.choice([HELLO, HELD, LEASED, READY, VERDICT, LEASE,
                                DRAIN, HOPS, NEXT, PREPARED, LIVE_ADD,
                                LIVE_DELETE, JOB, 61, 40,
                                dice.randrange(65536)])
            size = dice.choice([0, 4, 8, 12, 24, 36, 44, dice.randrange(300)])
            payload = bytes(dice.randrange(256) for _ in range(size))
            try:
                for _ in range(3):
                    a.peer.send(kind, payload)
                while a.peer.frame() is not None:
                    pass
            except (TimeoutError, OSError):
                continue        # it was understood
            a.peer.take()
        a.all_arrive(10)


def answers(p, kind, payload):
    """Kinds of what it is told until the connection ends, which it must."""
    kinds = []
    try:
        p.send(kind, payload)
        while (f := p.frame()) is not None:
            kinds.append(f[0])
    except (BrokenPipeError, ConnectionResetError):
        pass
    return kinds


def asks(p, may):
    """What mtactl and others may ask and say, mail among it; what a row of the
    queue, a group, bytes of mail or a count would come in is not said."""
    for kind, payload in rows_for_others(None):
        if kind not in may:
            told = answers(p, kind, payload)
            assert not {70, 71, 72, 73, 103, 113} & set(told), (kind, told)
            p.take()


def test_asks():
    """For mail, as those may who look at the queue."""
    if why_not():
        return why_not()
    with Attack() as a:
        a.mta.put(4)
        asks(a.peer, (HELLO, READY, VERDICT, DRAIN))
        a.all_arrive(4)
    return None


def blame(pid, id, service_name=b"deliver\0"):
    """Writes into the worker's page of counters that it dies of that entry,
    as it could itself."""
    # The names of a service and of a server, proc/board.h.
    service, rest = 64 + 68, struct.Struct("=IIII20s")
    with open("/proc/%d/maps" % pid) as f:
        places = [[int(x, 16) for x in line.split()[0].split("-")]
                  for line in f if line.split()[1] == "rw-s"]
    with open("/proc/%d/mem" % pid, "r+b", buffering=0) as m:
        for begin, end in places:
            m.seek(begin)
            page = m.read(end - begin)
            at = page.find(service_name)
            while at != -1:
                generation, owner, accepts, _, _ = rest.unpack_from(
                    page, at + service)
                if owner == pid:
                    m.seek(begin + at + service)
                    m.write(rest.pack(generation, owner, accepts, 1, id))
                    return
                at = page.find(service_name, at + 1)
    raise AssertionError("no page of counters")


def test_blame():
    """An entry that another has in hand, or that waits, gets no strike when a
    worker dies and says that it died of it."""
    if why_not():
        return why_not()
    with Attack("concurrency=1") as a:
        a.backend.replies["EOD"] = lambda conv, line: time.sleep(SLOW)
        a.mta.put(6)
        for id in map(entry_id, a.mta.list()[:3]):
            if id in a.peer.given():
                continue
            blame(a.peer.pid, id)
            others = a.mta.workers("deliver")
            os.kill(a.peer.pid, signal.SIGKILL)
            wait_for(lambda: len(set(a.mta.workers("deliver")) -
                                 set(others)) == 1, text="another worker")
            a.peer.sock.close()
            a.peer = Taken(a.mta, (set(a.mta.workers("deliver")) -
                                   set(others)).pop())
        assert "event=queue-poison" not in a.mta.log()
        a.all_arrive(6)


def test_again():
    """One that gives all back is asked again, but not all the time."""
    if why_not():
        return why_not()
    with Attack("concurrency=1", workers=1) as a:
        a.mta.put(1)
        jobs, end = 0, time.monotonic() + 2.5
        a.peer.sock.settimeout(0.5)
        while time.monotonic() < end:
            try:
                job, ids = a.peer.job()
            except (TimeoutError, socket.timeout):
                continue
            jobs += 1
            a.peer.verdict(job, ids[0], AGAIN)
            a.peer.send(LEASE, struct.pack(">QII", *a.peer.lease, 2))
        assert 1 <= jobs <= 10, jobs
        a.all_arrive(1)


def test_leases():
    """Leases that it has not, or has given back, are none."""
    if why_not():
        return why_not()
    with Attack("concurrency=2") as a:
        for n in (0, 1, (1 << 64) - 1):
            for event in (1, 2, 9):
                try:
                    a.peer.send(LEASE, struct.pack(">QII", n, 1, event))
                except OSError:
                    a.peer.take()
        a.mta.put(6)
        a.all_arrive(6)


QUEUES = """if ($message["senderaddress"]["localpart"] == "s5")
    MailMessage::String("Subject: x\\r\\n\\r\\nbody 6.\\r\\n")->queue(
        "", "r@a.example", "out");
"""


class Storer(Taken):
    """The connection of a deliver worker to cleanup."""

    @staticmethod
    def copy(pid):
        return Captured.copy(pid, "cleanup.sock")


def test_disk():
    """Mail of scripts is no bounce: none of it below the mark, and nothing
    that says that it tells of other mail."""
    if why_not():
        return why_not()
    with Attack(workers=1) as a:
        os.kill(a.peer.pid, signal.SIGCONT)
        with open(a.mta.path("hooks/post.hsl"), "w") as f:
            f.write(QUEUES)
        a.mta.set(hook_postdelivery="hooks/post.hsl")
        a.peer.close()
        a.mta.ctl("reload")
        a.mta.put(1, first=5)
        wait_for(lambda: len(a.backend.messages) == 3, 30,
                 "a script's mail: " + a.mta.log())
        wait_for(lambda: len(a.mta.workers("deliver")) == 1,
                 text="the end of the worker before the reload")
        p = Storer(a.mta, a.mta.workers("deliver")[0])
        p.store, p.credit = 1 << 40, 3 << 20
        p.begin()
        p.tell(BODY, blob(b"Subject: x\r\n\r\n"))
        p.tell(ENTRY, blob(entry(1, b"\x1b\x03a:1\x1c\x01\x01")))
        assert p.answer() == REFUSED
        a.mta.set(spool_min_free="99")
        a.mta.ctl("reload")
        a.mta.wait_log("event=spool-full")
        p.begin()
        assert p.answer() == FULL
        p.close()
    return None


def test_journal():
    """What it says of an entry takes the place of what it said before, however
    fast that is: the journal is compacted meanwhile."""
    if why_not():
        return why_not()
    said = length(1) + b"k" + length(100000) + 100000 * b"x"
    fields = b"\x06" + number(16) + b"\x0b" + length(len(said)) + said
    with Attack(workers=1) as a:
        a.mta.put(20)
        verdicts, most, end = 0, 0, time.monotonic() + 30 * SLOW
        while verdicts < 3000 and time.monotonic() < end:
            job, ids = a.peer.job()
            a.peer.verdict(job, ids[0], DEFER, fields)
            a.peer.send(LEASE, struct.pack(">QII", *a.peer.lease, 2))
            verdicts += 1
            if verdicts % 100 == 0:
                most = max(most, disk_bytes(a.mta.path("queue/journal")))
        assert verdicts >= 2500, verdicts
        assert most < 180 << 20, most       # of 238 and more
        a.all_arrive(20)
    return None


def disk_bytes(folder):
    """What its files take; they come and go."""
    total = 0
    for name in os.listdir(folder):
        try:
            total += os.stat(os.path.join(folder, name)).st_blocks * 512
        except FileNotFoundError:
            pass
    return total


def text(s):
    return struct.pack(">I", len(s)) + s


def suspend_all(ask):
    """LIVE_ADD of a suspension without a condition, named "all"."""
    return struct.pack(">QI", ask, 2) + text(
        text(b"all") + 8 * text(b"") + bytes(8) + b"\0" + text(b"") +
        b"\0\0")


def test_hops():
    """An attempt that waits to go on with another hop does not go on with one
    that there is not, and a host to which it has no mail is not left out."""
    if why_not():
        return why_not()
    with Attack("concurrency=1", workers=1) as a:
        a.mta.put(1)
        for n in range(5):
            job, ids = a.peer.job()
            a.peer.send(DEAD, struct.pack(">Q", job) +
                        text(b"192.0.2.1:25") + struct.pack(">Q", 1 << 60))
            # No hop has room, so the job waits.
            a.peer.send(LIVE_ADD, suspend_all(n))
            a.peer.send(NEXT, struct.pack(">QI", job, 0))
            os.kill(a.peer.pid, signal.SIGCONT)
            a.peer.cut_off(lambda: a.peer.send(
                NEXT, struct.pack(">QI", job, (1 << 32) - 1)))
            time.sleep(0.2)     # it is back by now, and may have to be again
            a.peer.take()
            assert a.mta.workers("qmgr") == a.qmgr
            a.peer.send(LIVE_DELETE, struct.pack(">QI", 99, 2) + text(b"all"))
        a.all_arrive(1)


if __name__ == "__main__":
    main(globals())
