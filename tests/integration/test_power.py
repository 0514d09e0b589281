#!/usr/bin/env python3
"""The spool when the disk fails: power cuts on a real file system, a disk
that is full, writes and syncs that fail.  With a ledger: what was answered
250 is there, once and whole.

A power cut is ext4's own: on a file system in a file it is told to stop
without writing its journal or its cache, as if the power had gone; then it is
mounted again.  As root; CUTS says how many (3; make crash asks for more)."""

import fcntl
import glob
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from halyard import Backend, alive, main, wait_for
from test_relay import Queue, numbers, out
from test_store import ALL, Load, Spooling, check_ledger, deliver, txn_of

CUTS = int(os.environ.get("CUTS", "3"))
ROOT = os.geteuid() == 0
EXT4_IOC_SHUTDOWN = 0x8004587d
NOLOGFLUSH = 2


class Disk:
    """An ext4 with a journal, in a file, at self.mount."""

    def __init__(self, mib):
        self.top = tempfile.mkdtemp(prefix="halyard-test.")
        self.image = os.path.join(self.top, "disk")
        self.mount = os.path.join(self.top, "mount")
        os.mkdir(self.mount)
        os.chmod(self.top, 0o755)
        with open(self.image, "wb") as f:
            f.truncate(mib << 20)
        self.device = subprocess.run(
            ["losetup", "-f", "--show", self.image], check=True,
            capture_output=True, text=True).stdout.strip()
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", self.device],
                       check=True)
        self.up()
        os.chmod(self.mount, 0o755)

    def up(self):
        subprocess.run(["mount", self.device, self.mount], check=True)

    def cut(self):
        fd = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, struct.pack("I", NOLOGFLUSH))
        finally:
            os.close(fd)

    def down(self):
        # What was killed a moment ago may still have it.
        for _ in range(100):
            if subprocess.run(["umount", self.mount], check=False,
                              stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("it can't be unmounted")

    def fill(self):
        with open(self.mount + "/filler", "wb") as f:
            try:
                while True:
                    f.write(b"x" * (1 << 20))
                    f.flush()
            except OSError:
                pass

    def empty(self):
        os.unlink(self.mount + "/filler")

    def close(self):
        subprocess.run(["umount", "-l", self.mount], check=False,
                       stderr=subprocess.DEVNULL)
        subprocess.run(["losetup", "-d", self.device], check=False)
        shutil.rmtree(self.top, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def can_mount():
    return ROOT and shutil.which("losetup") and shutil.which("mkfs.ext4")


def test_power_cuts():
    if not can_mount():
        return "a file system needs root"
    with Disk(1024) as disk, Spooling(
            params={"spool_directory": disk.mount + "/queue"}) as mta:
        load = Load(mta, clients=6)
        for _ in range(CUTS):
            time.sleep(1)
            said = load.said()
            disk.cut()
            time.sleep(0.1)
            mta.kill()
            load.unsay(said)
            disk.down()
            disk.up()
            mta.start()
        time.sleep(0.5)
        load.end()
        assert len(load.acked) > 20 * CUTS, len(load.acked)
        check_ledger(mta, load)
        assert '"damaged": 0' in mta.ctl("spool", "verify", "--json").stdout


def test_full_disk():
    """New mail is refused for now before the disk is full; and where it comes
    to be full all the same, nothing that was answered is lost."""
    if not can_mount():
        return "a file system needs root"
    with Disk(320) as disk, Spooling(
            params={"spool_directory": disk.mount + "/queue",
                    "message_size_limit": "1M", "spool_min_free": 0}) as mta:
        load = Load(mta, clients=4, size=100000)
        time.sleep(1)
        disk.fill()
        wait_for(lambda: load.refused > 0, 60, "a refusal")
        disk.empty()
        before = len(load.acked)
        wait_for(lambda: len(load.acked) > before + 10, 60, "mail again")
        load.end()
        check_ledger(mta, load)


def injected(what, n):
    """cleanup's n-th call and each tenth after it fails, for a while."""
    if not ROOT or shutil.which("strace") is None:
        return "strace on any process needs root"
    with Spooling() as mta:
        load = Load(mta, clients=4)
        time.sleep(0.3)
        pid = mta.workers("cleanup")[0]
        tracer = subprocess.Popen(
            ["strace", "-qq", "-p", str(pid), "-e", "trace=" +
             what.split(":")[0], "-e", "inject=%s:when=%d+10" % (what, n),
             "-o", "/dev/null"], stderr=subprocess.DEVNULL)
        wait_for(lambda: load.refused > 3 or not alive(pid), 30, "a refusal")
        tracer.send_signal(signal.SIGTERM)
        tracer.wait()
        before = len(load.acked)
        wait_for(lambda: len(load.acked) > before + 10, 30, "mail again")
        load.end()
        check_ledger(mta, load)
        assert load.lost == 0, load.lost
    return None


def test_large_in_doubt():
    """A sync that failed may have gone well: what comes back of it after a
    crash has its body, and what does not come back leaves no file."""
    if not ROOT or shutil.which("strace") is None:
        return "strace on any process needs root"
    for crash in True, False:
        with Spooling() as mta, mta.client() as c:
            c.hello()
            deliver(c, b"Subject: small\r\n\r\nx\r\n")
            pid = mta.workers("cleanup")[0]
            body = b"Subject: large\r\n\r\n" + 40000 * (60 * b"y" + b"\r\n")
            tracer = subprocess.Popen(
                ["strace", "-qq", "-p", str(pid), "-e", "trace=fdatasync",
                 "-e", "inject=fdatasync:error=EIO", "-o", "/dev/null"],
                stderr=subprocess.DEVNULL)
            wait_for(lambda: traced(pid), text="strace")
            c.envelope()
            c.cmd("DATA", 354)
            c.send(body + b".\r\n")
            c.expect(451)
            if crash:
                os.kill(pid, signal.SIGKILL)
            tracer.send_signal(signal.SIGTERM)
            tracer.wait()
            if crash:
                wait_for(lambda: mta.workers("cleanup") not in ([], [pid]),
                         text="cleanup")
            deliver(c, b"Subject: small\r\n\r\nx\r\n")
            found = mta.exported()
            assert len(found) == (3 if crash else 2), list(found)
            files = glob.glob(mta.path("queue/bodies/*/*"))
            assert len(files) == int(crash), files
            assert not crash or [b for _, b in found.values()
                                 if b.endswith(body)]
    return None


def traced(pid):
    with open("/proc/%d/status" % pid) as f:
        return "TracerPid:\t0\n" not in f.read()


def test_sync_fails():
    return injected("fdatasync:error=EIO", 3)


def test_write_fails():
    return injected("pwritev:error=EIO", 3)


def test_no_space():
    return injected("pwritev:error=ENOSPC", 3)


def test_no_descriptors():
    """Where cleanup can't accept for a while, workers come again."""
    if not ROOT or shutil.which("strace") is None:
        return "strace on any process needs root"
    with Spooling() as mta:
        pid = mta.workers("cleanup")[0]
        tracer = subprocess.Popen(
            ["strace", "-qq", "-p", str(pid), "-e", "trace=accept4", "-e",
             "inject=accept4:error=EMFILE:when=1..3", "-o", "/dev/null"],
            stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        with mta.client() as c:
            c.hello()
            deliver(c, b"Subject: x\r\n\r\nx\r\n")
        tracer.send_signal(signal.SIGTERM)
        tracer.wait()
        assert len(mta.exported()) == 1
    return None


def test_ends_are_synced():
    """What was delivered is not delivered again because the power goes a
    moment later: the journal is synced though nothing else asks for it."""
    if not ROOT or shutil.which("strace") is None:
        return "strace on any process needs root"
    with Backend() as b, Queue(out(b), workers=1) as mta, \
            tempfile.NamedTemporaryFile("r") as calls:
        def journal():
            """What was done to it last."""
            calls.seek(0)
            return [l.split("(")[0] for l in calls if "/journal/" in l]
        mta.put(1)
        mta.wait(0)
        tracer = subprocess.Popen(
            ["strace", "-qq", "-y", "-p", str(mta.workers("qmgr")[0]), "-e",
             "trace=pwritev,pwrite64,fdatasync", "-o", calls.name])
        wait_for(lambda: mta.put(1) and journal(), 20, "strace")
        mta.put(20)
        mta.wait(0)
        wait_for(lambda: len(b.messages) > 20 and
                 journal()[-1:] == ["fdatasync"], 5, "a sync")
        tracer.send_signal(signal.SIGTERM)
        tracer.wait()
    return None


def test_index_fails():
    """qmgr's index can't be synced: it is given up and made anew from what
    segments and journal have, and nothing is missing."""
    if not ROOT or shutil.which("strace") is None:
        return "strace on any process needs root"
    with Spooling(ALL % ', ["hold" => true]',
                  services="qmgr.sock unix y - - - 1 qmgr\n") as mta:
        def ids(*args):
            p = mta.ctl("queue", "list", "--json", *args, check=False)
            return p.returncode == 0 and sorted(
                e["id"]["transaction"] for e in json.loads(p.stdout)["entries"])
        with mta.client() as c:
            c.hello()
            acked = sorted(txn_of(deliver(c, b"Subject: %d\r\n\r\nx\r\n" % n))
                           for n in range(300))
        wait_for(lambda: ids() == acked, text="all")
        assert mta.log().count("event=queue-open") == 1
        mta.ctl("queue", "release", *acked[:100])
        pid = mta.workers("qmgr")[0]
        paths = [a for f in glob.glob(mta.path("queue/index/*"))
                 for a in ("-P", f)]
        assert paths
        tracer = subprocess.Popen(
            ["strace", "-qq", "-p", str(pid), *paths, "-e",
             "trace=fdatasync,fsync,msync", "-e",
             "inject=fdatasync,fsync,msync:error=EIO:when=1",
             "-o", "/dev/null"], stderr=subprocess.DEVNULL)
        wait_for(lambda: mta.log().count("event=queue-open") == 2, 90,
                 "a new index")
        tracer.send_signal(signal.SIGTERM)
        tracer.wait()
        log = mta.log()
        assert "event=queue-error" in log and "rebuilt=yes" in log, log
        assert mta.workers("qmgr") == [pid]
        assert ids() == acked
        assert ids("--state", "hold") == acked[100:]
        mta.kill("qmgr")
        wait_for(lambda: ids() == acked, 30, "the same")
        assert ids("--state", "hold") == acked[100:]
    return None


def test_index_fails_before_hooks():
    """The same while entries wait for their hook: they are found again, and
    nobody looks for them where they were."""
    if not ROOT or shutil.which("strace") is None:
        return "strace on any process needs root"
    with Backend() as b:
        mta = Queue(out(b), workers=1, params={
            "hook_predelivery": "hooks/pre.hsl"})
        with open(mta.path("hooks/pre.hsl"), "w") as f:
            f.write("Try();")
        index_fails_before_hooks(mta, b)
    return None


def index_fails_before_hooks(mta, b):
    with mta:
        qmgr, deliver = mta.workers("qmgr")[0], mta.workers("deliver")[0]
        # It is given five hundred, and the others wait.
        os.kill(deliver, signal.SIGSTOP)
        mta.put(600)
        mta.put(20, rcpts=("r@b.example",), first=600)
        mta.wait(620)
        paths = [a for f in glob.glob(mta.path("queue/index/*"))
                 for a in ("-P", f)]
        tracer = subprocess.Popen(
            ["strace", "-qq", "-p", str(qmgr), *paths, "-e",
             "trace=fdatasync,fsync,msync", "-e",
             "inject=fdatasync,fsync,msync:error=EIO:when=1",
             "-o", "/dev/null"], stderr=subprocess.DEVNULL)

        def again():
            mta.ctl("queue", "hold", "--recipientdomain=b.example",
                    check=False)
            mta.ctl("queue", "release", "--state=hold", check=False)
            return mta.log().count("event=queue-open") == 2
        wait_for(again, 60, "a new index")
        os.kill(deliver, signal.SIGCONT)
        tracer.send_signal(signal.SIGTERM)
        tracer.wait()
        wait_for(lambda: mta.ctl("queue", "release", "--state=hold",
                                 check=False) and len(b.messages) >= 620,
                 60, "all of it")
        mta.wait(0)
        assert numbers(b) == list(range(620))
        assert mta.workers("qmgr") == [qmgr]


def test_small_disk():
    """What is made ahead is not what makes the disk full."""
    if not can_mount():
        return "a file system needs root"
    with Disk(256) as disk, Spooling(params={
            "spool_directory": disk.mount + "/queue", "spool_min_free": "50",
            "message_size_limit": "1M"}) as mta, mta.client() as c:
        c.hello()
        st = os.statvfs(disk.mount)
        mark = st.f_blocks // 2
        wait_for(lambda: os.statvfs(disk.mount).f_bavail < mark * 1.2,
                 text="what is made ahead")
        for _ in range(15):
            deliver(c, b"Subject: x\r\n\r\nx\r\n")
            time.sleep(0.1)
        assert os.statvfs(disk.mount).f_bavail > mark
    return None


if __name__ == "__main__":
    # Mounts are this program's alone, and go with it.
    if ROOT and "INSIDE" not in os.environ and shutil.which("unshare"):
        os.environ["INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-m", sys.executable] + sys.argv)
    main(globals())
