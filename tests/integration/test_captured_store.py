#!/usr/bin/env python3
"""What a worker that was taken over may not do to cleanup(8): end it, make it
grow, take its descriptors, hold up the mail of others or damage what they have
stored.

The test speaks with a copy of the connection that a worker of smtpd has, in
its name; this is for root alone."""

import ctypes
import os
import signal
import socket
import stat
import struct
import tempfile
import time
import uuid

from halyard import SLOW, Backend, alive, main, wait_for
from test_captured import PIDFD_GETFD, why_not
from test_power import Disk, can_mount
from test_relay import Queue, out
from test_store import ALL, Spooling, deliver, txn_of

BEGIN, BODY, FILE, EDITS, ENTRY, END, ABORT = range(41, 48)
DURABLE, CREDIT = 48, 49
OK, TEMPORARY, FULL, REFUSED = range(4)


def blob(b):
    return struct.pack(">I", len(b)) + b


def entry(n, more=b""):
    return b"\x01" + number(n) + b"\x04\x05r@x.y" + b"\x05\x02mx" + more


def number(n):
    b = n.to_bytes((n.bit_length() + 7) // 8 or 1, "big")
    return bytes([len(b)]) + b


def length(n):
    out = b""
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


METADATA = b"\x0e" + length(100000) + length(99990) + b"k" * 99990 + \
    length(6) + b"v" * 6


class Captured:
    """The connection of a worker that is stopped for as long."""

    def __init__(self, mta):
        with mta.client() as c:
            c.hello()
            deliver(c, b"Subject: x\r\n\r\nx\r\n")
        self.pid = None
        for pid in mta.workers():
            self.sock = self.copy(pid)
            if self.sock is not None:
                self.pid = pid
                break
        assert self.pid is not None, "no worker is connected to cleanup"
        os.kill(self.pid, signal.SIGSTOP)
        self.sock.settimeout(20 * SLOW)
        self.data = b""
        self.store = 1 << 40
        # What the worker had was less than all that there is.
        self.credit = 3 << 20

    @staticmethod
    def copy(pid, name="cleanup.sock"):
        libc = ctypes.CDLL(None, use_errno=True)
        pidfd = os.pidfd_open(pid)
        try:
            for n in os.listdir("/proc/%d/fd" % pid):
                # One that has just been closed is not there.
                fd = libc.syscall(PIDFD_GETFD, pidfd, int(n), 0)
                if fd == -1:
                    continue
                if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                    os.close(fd)
                    continue
                s = socket.socket(fileno=fd)
                try:
                    if str(s.getpeername()).endswith(name):
                        return s
                except OSError:
                    pass
                s.close()
        finally:
            os.close(pidfd)
        return None

    def send(self, kind, payload, fd=None):
        head = struct.pack(">IHBB", len(payload), kind, fd is not None, 0)
        if fd is None:
            self.sock.sendall(head + payload)
        else:
            socket.send_fds(self.sock, [head + payload], [fd])

    def tell(self, kind, payload=b"", store=None, fd=None):
        self.send(kind, struct.pack(">Q", store or self.store) + payload, fd)

    def begin(self, txn=None):
        self.store += 1
        self.tell(BEGIN, blob(txn or uuid.uuid4().bytes) +
                  struct.pack(">QQI", 0, 0, 0))

    def frame(self):
        """The next that it says: its kind and bytes; None at its end."""
        while True:
            if len(self.data) >= 8:
                n, kind = struct.unpack(">IH", self.data[:6])
                if len(self.data) >= 8 + n:
                    out = kind, self.data[8:8 + n]
                    self.data = self.data[8 + n:]
                    if kind == CREDIT:      # whoever waits for what
                        self.credit += struct.unpack(">Q", out[1])[0]
                    return out
            try:
                more = self.sock.recv(65536)
            except (ConnectionResetError, BrokenPipeError):
                more = b""
            if not more:
                return None
            self.data += more

    def answer(self):
        """The status of the newest store."""
        while True:
            f = self.frame()
            assert f is not None, "the connection ended"
            if f[0] == DURABLE and struct.unpack(">Q", f[1][:8])[0] == \
                    self.store:
                return struct.unpack(">I", f[1][8:12])[0]

    def cut_off(self, what):
        """what() says more than may be said."""
        try:
            what()
            while self.frame() is not None:
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass

    def close(self):
        self.sock.close()
        if alive(self.pid):
            os.kill(self.pid, signal.SIGKILL)
            wait_for(lambda: not alive(self.pid), text="death")


class Attack:
    """An instance, of which one worker is captured; at its end it must serve
    as before, by the same process cleanup."""

    def __enter__(self):
        self.mta = Spooling().__enter__()
        try:
            self.peer = Captured(self.mta)
        except BaseException:
            self.mta.__exit__(None, None, None)
            raise
        self.cleanup = self.mta.workers("cleanup")
        return self.mta, self.peer

    def __exit__(self, kind, *rest):
        try:
            if kind is None:
                self.serves()
        finally:
            self.peer.close()
            self.mta.__exit__(kind, *rest)

    def serves(self):
        self.peer.close()
        with self.mta.client() as c:
            c.hello()
            deliver(c, b"Subject: after\r\n\r\nx\r\n")
            deliver(c, b"Subject: large\r\n\r\n" + b"y" * 70 + b"\r\n" +
                    (b"z" * 78 + b"\r\n") * 20000)
        assert self.mta.workers("cleanup") == self.cleanup


def body_file(size=2 << 20, fill=b"q"):
    f = tempfile.TemporaryFile()
    f.write(fill * size)
    f.flush()
    return f


def open_drafts(p):
    """Many at once, each with something in memory."""
    for _ in range(100):
        p.begin()
        p.tell(BODY, blob(b"x" * 1000))


def too_much(p):
    """Without credit, while nothing of it may be written."""
    with body_file(256 << 20) as f:
        p.begin()
        p.tell(FILE, struct.pack(">Q", 256 << 20), fd=f.fileno())
        for n in range(1, 101):
            p.tell(ENTRY, blob(entry(n, METADATA)))


def end_twice(p):
    p.begin()
    p.tell(ENTRY, blob(entry(1)))
    p.sock.sendall(2 * struct.pack(">IHBBQ", 8, END, 0, 0, p.store))
    p.begin()
    p.begin()


def no_id(p):
    p.begin(bytes(16))


def surplus(p):
    with body_file(10) as f:
        p.tell(ABORT, fd=f.fileno())


def second_file(p):
    with body_file() as f:
        p.begin()
        p.tell(FILE, struct.pack(">Q", 2 << 20), fd=f.fileno())
        p.tell(FILE, struct.pack(">Q", 2 << 20), fd=f.fileno())


def test_cut_off():
    if why_not():
        return why_not()
    for what in (open_drafts, too_much, end_twice, no_id, surplus,
                 second_file):
        with Attack() as (mta, p):
            p.cut_off(lambda: what(p))
    return None


def test_refused():
    """By their answer; the connection goes on."""
    if why_not():
        return why_not()
    with Attack() as (mta, p):
        for bad in (entry(2), b"", b"\x01\x01\x01", entry(1, b"\x1b\x03a:1"),
                    entry(1, b"\x1c\x01\x01"), b"\xff" * 100):
            p.begin()
            p.tell(ENTRY, blob(bad))
            assert p.answer() == REFUSED, bad
            p.tell(END)
        r, w = os.pipe()
        with body_file(10) as small, open("/dev/zero") as zero:
            for fd in r, w, zero.fileno(), small.fileno():
                p.begin()
                p.tell(FILE, struct.pack(">Q", 2 << 20), fd=fd)
                assert p.answer() == REFUSED
        os.close(r)
        os.close(w)
        p.begin()
        p.tell(ENTRY, blob(entry(1)))
        p.tell(END)
        p.tell(ENTRY, blob(entry(2)))
        assert p.answer() in (OK, REFUSED)
        p.tell(ABORT)
    return None


def test_files():
    """Of one that shrinks, and one larger than the disk."""
    if why_not():
        return why_not()
    with Attack() as (mta, p):
        with body_file(64 << 20) as f:
            p.begin()
            p.tell(FILE, struct.pack(">Q", 64 << 20), fd=f.fileno())
            f.truncate(0)
            p.tell(ENTRY, blob(entry(1)))
            p.tell(END)
            assert p.answer() != FULL
        with tempfile.TemporaryFile() as f:
            f.truncate(1 << 43)
            p.begin()
            p.tell(FILE, struct.pack(">Q", 1 << 43), fd=f.fileno())
            assert p.answer() == FULL
    return None


def test_descriptors():
    """Many large bodies at once: others have theirs."""
    if why_not():
        return why_not()
    with Attack() as (mta, p):
        with body_file(8 << 20) as f:
            pid = mta.workers("cleanup")[0]
            for _ in range(300):
                p.begin()
                p.tell(FILE, struct.pack(">Q", 8 << 20), fd=f.fileno())
                p.tell(ENTRY, blob(entry(1)))
                p.tell(END)
                fds = os.listdir("/proc/%d/fd" % pid)
                assert len(fds) < 400, len(fds)
            wait_for(lambda: p.answer() in (OK, FULL), 60 * SLOW, "answer")
    return None


def test_a_body_of_others():
    """Their transaction's id is known, and no longer to cleanup."""
    if why_not():
        return why_not()
    with Spooling() as mta, mta.client() as c:
        c.hello()
        line = b"y" * 70 + b"\r\n"
        txn = txn_of(deliver(c, b"Subject: theirs\r\n\r\n" + line * 30000))
        for _ in range(3):      # each start begins a segment
            mta.kill("cleanup")
            wait_for(lambda: mta.workers("cleanup"), text="cleanup")
            with mta.client() as d:
                d.hello()
                deliver(d, b"Subject: x\r\n\r\nx\r\n")
        p = Captured(mta)
        try:
            with body_file() as f:
                p.begin(uuid.UUID(txn).bytes)
                p.tell(FILE, struct.pack(">Q", 2 << 20), fd=f.fileno())
                assert p.answer() == TEMPORARY
                p.tell(ABORT)
        finally:
            p.close()
        message = mta.exported()[txn + ":1"][1]
        assert message.endswith(line * 30000)
    return None


def test_left_by_a_crash():
    """A body got its name, and then the process died: asked again, the store
    is taken with that file, but only if it has the same bytes."""
    if why_not():
        return why_not()
    with Attack() as (mta, p):
        spool = os.stat(mta.path("queue"))
        for left, answer in (b"q" * (2 << 20), OK), (b"r" * (2 << 20),
                TEMPORARY), (b"q" * (2 << 20) + b"q", TEMPORARY):
            txn = uuid.uuid4()
            folder = mta.path("queue/bodies/%s" % str(txn)[-2:])
            os.makedirs(folder, exist_ok=True)
            name = os.path.join(folder, str(txn))
            with open(name, "wb") as f:
                f.write(left)
            for path in folder, name:
                os.chown(path, spool.st_uid, spool.st_gid)
            with body_file() as f:
                p.begin(txn.bytes)
                p.tell(FILE, struct.pack(">Q", 2 << 20), fd=f.fileno())
                p.tell(ENTRY, blob(entry(1)))
                p.tell(END)
                assert p.answer() == answer, left[-1]
            with open(name, "rb") as f:
                assert f.read() == left
            if answer == OK:
                assert mta.exported()["%s:1" % txn][1] == left
    return None


def test_twice_at_once():
    """Two of one id: the file of the first stays."""
    if why_not():
        return why_not()
    with Attack() as (mta, p):
        txn = uuid.uuid4()
        with body_file(8 << 20) as f, body_file(8 << 20, b"r") as g:
            p.begin(txn.bytes)
            p.tell(FILE, struct.pack(">Q", 8 << 20), fd=f.fileno())
            p.tell(ENTRY, blob(entry(1)))
            p.tell(END)
            first = p.store
            p.begin(txn.bytes)
            p.tell(FILE, struct.pack(">Q", 8 << 20), fd=g.fileno())
            p.tell(ENTRY, blob(entry(1)))
            p.tell(END)
            assert p.answer() == TEMPORARY
            p.store = first
            assert p.answer() == OK
        assert mta.exported()["%s:1" % txn][1] == b"q" * (8 << 20)
    return None


def test_much_before_its_end():
    """More edits, or more entries behind a large body, than the credit holds:
    what is complete is written, and credit comes."""
    if why_not():
        return why_not()
    with Attack() as (mta, p):
        p.begin()
        piece = struct.pack(">QQ", 0, 0) + blob(b"e" * 60000)
        honest(p, EDITS, struct.pack(">I", 1) + blob(piece), len(piece), 200)
        p.tell(ENTRY, blob(entry(1)))
        p.tell(END)
        assert p.answer() == OK
        with body_file(8 << 20) as f:
            p.begin()
            p.tell(FILE, struct.pack(">Q", 8 << 20), fd=f.fileno())
            for n in range(1, 101):
                e = entry(n, METADATA)
                honest(p, ENTRY, blob(e), len(e), 1)
            p.tell(END)
            assert p.answer() == OK
    return None


def free(disk):
    s = os.statvfs(disk.mount)
    return s.f_bavail * s.f_frsize, s.f_blocks * s.f_frsize * 40 // 100


def endless(p, disk):
    """One transaction without an end, then others."""
    e = entry(1, METADATA)
    p.begin()
    p.tell(BODY, blob(b"Subject: x\r\n\r\n"))
    for n in range(1, 10000):
        e = entry(n, METADATA)
        while p.credit <= len(e):
            f = p.frame()
            assert f is not None, "the connection ended"
            if f[0] == DURABLE:
                return struct.unpack(">I", f[1][8:12])[0]
        p.tell(ENTRY, blob(e))
        p.credit -= len(e)
    raise AssertionError("no end: %d of %d are free" % free(disk))


def test_disk():
    """Half of what the mark keeps stays free, whatever is in the middle."""
    if why_not() or not can_mount():
        return why_not() or "a file system needs root"
    with Disk(512) as disk, Spooling(params={
            "spool_directory": disk.mount + "/queue", "spool_min_free": "40",
            "message_size_limit": "1M"}) as mta:
        p = Captured(mta)
        assert endless(p, disk) == FULL
        left, mark = free(disk)
        assert mark // 4 < left < mark, (left, mark)
        log = mta.log()
        assert "event=spool-full" in log and "event=spool-dry" in log, log
        p.begin()
        assert p.answer() == FULL
        p.close()
    return None


def honest(p, kind, payload, size, times):
    """As far as the credit goes."""
    for _ in range(times):
        while p.credit <= 0:
            f = p.frame()
            assert f is not None and f[0] == CREDIT, f
        p.tell(kind, payload)
        p.credit -= size


def test_dots():
    """What it says of its message is not believed where others speak SMTP:
    nothing in a message ends it, and is taken for commands."""
    if why_not():
        return why_not()
    with Backend() as backend, Queue(out(backend, id="mx"),
                                     hook=ALL % "") as mta:
        p = Captured(mta)
        try:
            p.begin()
            p.tell(BODY, blob(b"Subject: s\r\n\r\nbody 1.\r\n.\r\n"
                              b"MAIL FROM:<e@x.y>\r\nRCPT TO:<v@x.y>\r\n"
                              b"DATA\r\nbody 2.\r\n"))
            p.tell(ENTRY, blob(entry(1)))
            p.tell(END)
            assert p.answer() == OK
        finally:
            p.close()
        mta.wait(0)
        with backend.lock:
            got = [m["body"] for m in backend.messages]
        assert [b"body 2." in m for m in got if b"body 1." in m] == [True], got
        assert sum(b"body 2." in m for m in got) == 1, got
    return None


def test_waits_for_a_part():
    """A part of its transaction keeps the segment, which is full; another
    large one waits for that, and goes on as soon as the worker is gone."""
    if why_not():
        return why_not()
    more = ', ["metadata" => ["k" => str_repeat("v", 60000)]]'
    with Spooling(ALL % more, maxproc=2) as mta:
        p = Captured(mta)
        try:
            p.begin()
            p.tell(BODY, blob(b"x\r\n"))
            for n in range(1, 5):
                p.tell(ENTRY, blob(entry(n, METADATA)))
            with mta.client() as c:
                c.hello()
                line = b"y" * 998 + b"\r\n"
                for _ in range(70):
                    deliver(c, b"Subject: x\r\n\r\n" + line * 1000)
                c.cmd("MAIL FROM:<a@example.org>", 250)
                for n in range(100):
                    c.cmd("RCPT TO:<r%d@example.org>" % n, 250)
                c.cmd("DATA", 354)
                c.send(b"Subject: y\r\n\r\n.\r\n")
                time.sleep(0.5)     # with less of it less is tested
                p.close()
                c.expect(250)
        finally:
            if alive(p.pid):
                p.close()
    return None


if __name__ == "__main__":
    main(globals())
