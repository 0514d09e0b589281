#!/usr/bin/env python3
"""What a worker of bounce that was taken over may not do to qmgr(8) and
cleanup(8): end them, decide over orders that it was not given, have mail sent
that no order asks for, or fill the disk.

The test speaks with copies of the connections that the worker has, in its
name; this is for root alone."""

import concurrent.futures
import os
import random
import signal
import socket
import struct
import time
import uuid

from halyard import SLOW, alive, main, wait_for
from test_bounce import fields
from test_bounce_hangs import two_workers
from test_bounces import REFUSES, Tells, Two
from test_captured import why_not
from test_captured_deliver import asks, blame
from test_captured_store import (BEGIN, BODY, END, ENTRY, FILE, FULL, OK,
                                 REFUSED, Captured, blob, body_file, number)
from test_power import Disk, can_mount

HELLO, JOB, JOB_FILE, DONE = 130, 131, 132, 133
DURABLE, LATER = 1, 2


class Taken(Captured):
    """One worker of bounce, stopped, and its connections."""

    def __init__(self, pid):    # pylint: disable=super-init-not-called
        self.pid = pid
        self.credit, self.store = 3 << 20, 1 << 40
        self.take()

    def take(self, name="qmgr.sock"):
        """Again after the other closed it: the worker comes back."""
        os.kill(self.pid, signal.SIGCONT)
        self.data = b""

        def got():
            self.sock = self.copy(self.pid, name)
            return self.sock is not None
        wait_for(got, text="a connection of bounce")
        time.sleep(0.05)
        os.kill(self.pid, signal.SIGSTOP)
        self.sock.settimeout(3 * SLOW)

    def job(self):
        """The next order that it is given: its number, and of which entry."""
        while True:
            f = self.frame()
            assert f is not None, "the connection ended"
            if f[0] == JOB:
                return struct.unpack(">Q", f[1][:8])[0], f[1][12:32]

    def jobs(self):
        """All that it has been given, and is given within a second."""
        found = []
        self.sock.settimeout(1)
        try:
            while True:
                found.append(self.job())
        except (TimeoutError, socket.timeout):
            return found

    def done(self, job, status, text=b""):
        self.send(DONE, struct.pack(">QI", job, status) + blob(text))

    def begin_store(self, parent, txn=None):
        self.store += 1
        self.tell(BEGIN, blob(txn or uuid.uuid4().bytes) +
                  struct.pack(">QQI", 0, 0, 0))
        return fields({1: 1, 4: b"victim@a.example", 5: b"back",
                       27: parent, 28: 1})

    def put(self, parent, txn=None, body=b"Subject: x\r\n\r\n", entries=1):
        entry = self.begin_store(parent, txn)
        for at in range(0, len(body), 60000):
            self.tell(BODY, blob(body[at:at + 60000]))
        for _ in range(entries):
            self.tell(ENTRY, blob(entry))
        self.tell(END)
        return self.answer()


def queue_id(key):
    return b"%s:%d" % (str(uuid.UUID(bytes=key[:16])).encode(),
                       struct.unpack(">I", key[16:])[0])


class Attack:
    """One worker of two, or of one, is captured; at the end each sender has
    been told, once, by the same processes qmgr and cleanup."""

    def __init__(self, workers=1, **more):
        self.workers = workers
        self.more = more

    def __enter__(self):
        self.two = Two(REFUSES)
        self.hop, self.back = self.two.__enter__()
        self.mta = Tells(self.hop, self.back, **self.more)
        if self.workers == 2:
            two_workers(self.mta)
        self.mta.__enter__()
        try:
            wait_for(lambda: len(self.mta.workers("bounce")) == self.workers,
                     text="bounce")
            # All of them are connected to cleanup then.
            self.mta.mail(["first%d@a.example" % i for i in range(64)])
            try:
                wait_for(lambda: len(self.back.messages) == 64, 30,
                         "messages")
            except AssertionError as e:
                raise AssertionError("%s: %d came\n%s%s" % (
                    e, len(self.back.messages),
                    self.mta.ctl("queue", "list").stdout,
                    self.mta.ctl("status").stdout)) from e
            self.mta.wait(0)
            self.back.messages.clear()
            self.same = self.processes()
            self.peer = Taken(self.mta.workers("bounce")[0])
        except BaseException:
            self.__exit__(Exception)
            raise
        return self

    def processes(self):
        return self.mta.workers("qmgr") + self.mta.workers("cleanup")

    def all_told(self, count):
        self.peer.close()
        self.mta.wait(0, seconds=60 * SLOW)
        told = [m for m in self.back.messages if b"victim" in m["rcpts"][0]]
        assert not told, told
        assert len(self.back.messages) == count, self.back.messages
        assert self.processes() == self.same, self.same

    def __exit__(self, *exc):
        if hasattr(self, "peer"):
            self.peer.close()
        self.mta.__exit__(*exc)
        self.two.__exit__(*exc)


# ---- Verdicts ---------------------------------------------------------------

def not_its_own():
    """Answers to orders that it was not given are none."""
    with Attack(2) as a:
        other = a.mta.workers("bounce")[1]
        os.kill(other, signal.SIGSTOP)
        a.mta.mail(["r%d@a.example" % i for i in range(8)])
        own = {job for job, _ in a.peer.jobs()}
        assert 0 < len(own) < 8, own
        # LATER is logged of whoever is taken to have said it of his own.
        for status in (LATER, DURABLE):
            for n in range(max(own) + 20):
                if n not in own:
                    a.peer.done(n, status)
        for _ in range(100):
            a.peer.done(random.getrandbits(63), DURABLE)
        a.mta.wait(8, "--state", "bouncing")
        assert "event=queue-bounce-later" not in a.mta.log(), a.mta.log()
        os.kill(other, signal.SIGCONT)
        a.all_told(8)


def lies():
    """What it says to have stored and has not is asked for again; so is what
    it says that it can't."""
    with Attack() as a:
        a.mta.mail(["r%d@a.example" % i for i in range(4)])
        for n in range(4):
            a.peer.done(a.peer.job()[0], DURABLE if n % 2 else LATER)
        wait_for(lambda: a.mta.log().count("=queue-bounce-later") == 2, 30,
                 "answers")
        a.mta.wait(4, "--state", "bouncing")
        a.peer.close()
        a.mta.queue("retry", "--all", code=1)       # some are with it, still
        # Those that were said to be there: after a minute.
        wait_for(lambda: len(a.back.messages) == 4, 90 * SLOW, "messages")
        a.all_told(4)


def test_answers():
    """Each waits for a minute: beside one another."""
    if why_not():
        return why_not()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(not_its_own), pool.submit(lies)]:
            done.result()
    return None


def test_noise():
    """Frames of any kind with any bytes: the connection ends, no more."""
    if why_not():
        return why_not()
    dice = random.Random(21)
    with Attack(2) as a:
        a.mta.mail(["r%d@a.example" % i for i in range(8)])
        for _ in range(30):
            kind = dice.choice([HELLO, JOB, JOB_FILE, DONE, DONE, 80, 91, 120,
                                BEGIN, 61, 40, dice.randrange(65536)])
            size = dice.choice([0, 4, 8, 12, 16, 20, 44, dice.randrange(300)])
            payload = bytes(dice.randrange(256) for _ in range(size))
            try:
                for _ in range(3):
                    a.peer.send(kind, payload)
                while a.peer.frame() is not None:
                    pass
            except (TimeoutError, socket.timeout):
                continue        # it was understood
            except OSError:
                pass
            a.peer.take()
        a.all_told(8)
    return None


def test_asks():
    """For mail, as those may who look at the queue."""
    if why_not():
        return why_not()
    with Attack(2) as a:
        a.mta.mail(["r%d@a.example" % i for i in range(4)])
        asks(a.peer, (HELLO, DONE))
        a.all_told(4)
    return None


def test_blame():
    """An order that it has not gets no strike when it dies and says that it
    died of it."""
    if why_not():
        return why_not()
    with Attack(2) as a:
        other = a.mta.workers("bounce")[1]
        os.kill(other, signal.SIGSTOP)
        a.mta.mail(["r%d@a.example" % i for i in range(8)])
        a.mta.wait(8, "--state", "bouncing")
        own = {id for _, id in a.peer.jobs()}
        ids = [uuid.UUID(e["id"]["transaction"]).bytes +
               struct.pack(">I", e["id"]["queue"]) for e in a.mta.list()]
        others = [id for id in ids if id not in own]
        assert own and others, (len(own), len(others))
        blame(a.peer.pid, others[0], b"bounce\0")
        os.kill(a.peer.pid, signal.SIGKILL)
        wait_for(lambda: not alive(a.peer.pid), text="its death")
        os.kill(other, signal.SIGCONT)
        a.all_told(8)
        assert "event=queue-bounce-poison" not in a.mta.log()
    return None


# ---- Mail that no order asks for --------------------------------------------

def test_forged():
    """Of entries of others, of its own under another identity, of none, twice:
    it is taken, and then dropped by qmgr; nobody gets it."""
    if why_not():
        return why_not()
    with Attack(2) as a:
        other = a.mta.workers("bounce")[1]
        os.kill(other, signal.SIGSTOP)
        a.mta.mail(["r%d@a.example" % i for i in range(8)])
        a.mta.wait(8, "--state", "bouncing")
        _, key = a.peer.job()
        ids = [b"%s:%d" % (e["id"]["transaction"].encode(),
                           e["id"]["queue"]) for e in a.mta.list()]
        assert queue_id(key) in ids
        a.peer.take("cleanup.sock")
        for parent in ids + [b"018c190a-0000-7000-8000-000000000000:1"]:
            assert a.peer.put(parent) == OK
        wait_for(lambda: a.mta.log().count("event=queue-orphan") == 9, 30,
                 "the end of each")
        # Nor has it two recipients, or a body of its own file.
        assert a.peer.put(ids[0], entries=2) == REFUSED
        with body_file() as f:
            a.peer.cut_off(lambda: (
                a.peer.begin_store(ids[0]), a.peer.tell(
                    FILE, struct.pack(">Q", 2 << 20), fd=f.fileno())))
        os.kill(other, signal.SIGCONT)
        a.all_told(8)
    return None


# ---- The disk, and time -----------------------------------------------------

def free(mount):
    s = os.statvfs(mount)
    return s.f_bavail * s.f_frsize


def flood(a, disk, mark):
    """Until it is told that there is no room; -> the least that was free."""
    least, stored = free(disk.mount), 0
    body = b"Subject: x\r\n\r\n" + b"y" * 250000
    for n in range(4000):
        # Parents that are not known yet may not be dropped at once.
        status = a.peer.put(b"%s:1" % str(uuid.uuid4()).encode(), body=body)
        least = min(least, free(disk.mount))
        if status == FULL:
            return least
        stored += status == OK
    raise AssertionError("%d stored, and no end" % stored)


def test_disk():
    """It may have less free than others, but not all of it: half of the mark
    stays, for qmgr to work with.  A transaction without an end is no way
    around that."""
    if why_not() or not can_mount():
        return why_not() or "a file system needs root"
    with Disk(512) as disk, Attack(params={
            "spool_directory": disk.mount + "/queue", "spool_min_free": "40",
            "message_size_limit": "1M"}) as a:
        size = os.statvfs(disk.mount)
        mark = size.f_blocks * size.f_frsize * 40 // 100
        # qmgr does not make room meanwhile.
        (qmgr,) = a.mta.workers("qmgr")
        a.peer.take("cleanup.sock")
        os.kill(qmgr, signal.SIGSTOP)
        try:
            least = flood(a, disk, mark)
        finally:
            os.kill(qmgr, signal.SIGCONT)
        assert mark // 4 < least < mark, (least, mark)
        assert "event=spool-dry" in a.mta.log()
        a.peer.close()
        wait_for(lambda: free(disk.mount) > mark // 2, 60 * SLOW, "room")
        a.mta.wait_log("event=spool-room", 90 * SLOW)
        a.mta.mail()
        wait_for(lambda: a.back.messages, 30, "a notification")
        a.all_told(1)
    return None


def test_endless():
    """A flow of answers and orders of its own, which reads nothing; then
    silence: no one waits for it, and nobody grows."""
    if why_not():
        return why_not()
    with Attack(2, params={"spool_timeout": "1s"}) as a:
        a.mta.mail(["r%d@a.example" % i for i in range(8)])
        a.peer.sock.settimeout(2)
        sent = 0
        try:
            for _ in range(50000):
                a.peer.done(random.getrandbits(63), LATER, b"x" * 200)
                sent += 1
        except OSError:
            pass
        assert sent > 1000, sent
        for pid in a.same:
            with open("/proc/%d/statm" % pid) as f:
                resident = int(f.read().split()[1]) * 4096
            assert resident < 200 << 20, resident
        # The first of what it has may be why it is silent, and is put off.
        wait_for(lambda: len(a.back.messages) >= 7, 60 * SLOW, "the others")
        a.mta.ctl("queue", "retry", "--all", check=False)
        a.all_told(8)
    return None


if __name__ == "__main__":
    main(globals())
