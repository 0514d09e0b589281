#!/usr/bin/env python3
"""Who may ask master for what: the groups of control_view_group and
control_operate_group, and nobody as a worker's user."""

import grp
import os
import pwd
import re
import socket
import stat
import struct
import subprocess
import sys
import time

from halyard import MTACTL, SLOW, WATCHED, Instance, main, wait_for

SKIP = "only as root, in a build that is confined"
VIEW, OPERATE = "games", "tty"          # groups that every system has
OTHER = 4711


def as_user(mta, args, uid=OTHER, gid=OTHER, groups=()):
    """mtactl, run by somebody else."""
    gids = [grp.getgrnam(g).gr_gid for g in groups]
    return subprocess.run(
        [MTACTL, "-c", mta.conf] + list(args), capture_output=True,
        text=True, timeout=60, user=uid, group=gid, extra_groups=gids)


def unusual():
    return os.geteuid() != 0 or WATCHED


def open_up(mta):
    """The instance lies where root alone may look."""
    os.chmod(mta.dir, 0o755)
    os.chmod(mta.conf, 0o755)
    return mta


def socket_of(mta):
    st = os.stat(mta.path("run/master.sock"))
    return stat.S_IMODE(st.st_mode), st.st_gid


def test_nobody_else():
    """Without groups the socket is its owner's."""
    if unusual():
        return SKIP
    with open_up(Instance()) as mta:
        assert socket_of(mta)[0] == 0o600
        p = as_user(mta, ["status"], groups=[VIEW])
        assert p.returncode != 0 and "accepting" not in p.stdout, p


def test_view():
    """They see, and change nothing; what they try is in the log."""
    if unusual():
        return SKIP
    with open_up(Instance(params={"control_view_group": VIEW})) as mta:
        assert socket_of(mta) == (0o660, grp.getgrnam(VIEW).gr_gid)
        for how in {"groups": [VIEW]}, {"gid": grp.getgrnam(VIEW).gr_gid}:
            p = as_user(mta, ["status"], **how)
            assert "accepting" in p.stdout, p
            assert "metrics.sock of master.cf is private" in p.stderr, p
        assert "private" not in mta.ctl("status").stderr
        before = mta.workers()
        for verb in "reload", "stop":
            p = as_user(mta, [verb], groups=[VIEW])
            assert p.returncode != 0, p
            assert "may only view" in p.stdout + p.stderr, p
            mta.wait_log("event=control request=CTL_%s role=view uid=%d "
                         "allowed=no" % (verb.upper(), OTHER))
        assert mta.workers() == before
        p = as_user(mta, ["status"], groups=[OPERATE])
        assert p.returncode != 0, p
        mta.ctl("reload")
        mta.wait_log("event=control request=CTL_RELOAD role=admin uid=0 "
                     "allowed=yes")


HOLD = """import socket, sys
s = []
for path in sys.argv[1:] * 4:
    c = socket.socket(socket.AF_UNIX)
    c.connect(path)
    s.append(c)
print(len(s), flush=True)
sys.stdin.read()
"""


def test_places_kept():
    """Those who may see can't keep out who may do all, from master or qmgr."""
    if unusual():
        return SKIP
    with open_up(Instance(params={"control_view_group": VIEW},
                          services=ROWS)) as mta:
        wait_for(lambda: mta.ctl("queue", "stats", check=False)
                 .returncode == 0, text="qmgr")
        holders = [subprocess.Popen(
            ["python3", "-c", HOLD, mta.path("run/master.sock"),
             mta.path("run/qmgr.sock")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, user=OTHER + i % 3, group=OTHER,
            extra_groups=[grp.getgrnam(VIEW).gr_gid]) for i in range(12)]
        try:
            for h in holders:
                assert h.stdout.readline() == b"8\n"
            assert "accepting" in mta.ctl("status").stdout
            mta.ctl("queue", "stats")
            mta.ctl("reload")
        finally:
            for h in holders:
                h.kill()
                h.communicate()
    return None


ROWS = "cleanup.sock unix y - - - 1 cleanup\n" \
    "qmgr.sock unix y - - - 1 qmgr\n"
QUEUE_STATE, QUEUE_CREDIT, QUEUE_LIST, QUEUE_ROWS, QUEUE_DONE = \
    60, 62, 63, 70, 73
ENTRIES = 4000


class Asker:
    """A client of qmgr that reads when it likes."""

    def __init__(self, mta):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30 * SLOW)
        self.sock.connect(mta.path("run/qmgr.sock"))
        assert self.frame()[0] == QUEUE_STATE

    def bytes(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                return None
            data += more
        return data

    def frame(self):
        head = self.bytes(8)
        if head is None:
            return None
        n, kind = struct.unpack(">IH", head[:6])
        return kind, self.bytes(n)

    def list(self):
        """All entries; nothing is read here."""
        for kind, payload in (QUEUE_CREDIT, struct.pack(">I", 1024)), \
                (QUEUE_LIST, struct.pack(">QII", 1 << 40, 0, 0)):
            self.sock.sendall(struct.pack(">IHBB", len(payload), kind, 0, 0) +
                              payload)


def test_who_reads_nothing():
    """A client is not given more than it reads, and goes on when it does; one
    that asks on instead is gone."""
    mta = Instance(services=ROWS, hook="""foreach ($transaction["recipients"]
as $r) $arguments["mail"]->queue("", $r["address"], "mx", ["hold" => true]);
Accept();""")
    with open(mta.path("transport.cf"), "a") as f:
        f.write("transport mx mx -\n")
    with mta:
        with mta.client() as c:
            c.hello()
            for _ in range(ENTRIES // 100):
                r = c.message(rcpts=["r%d@a.example" % i for i in range(100)])
                assert r.code == 250, r
        wait_for(lambda: '"hold":%d,' % ENTRIES in mta.ctl(
            "queue", "stats", "--json", check=False).stdout, text="entries")
        pid = mta.workers("qmgr")[0]
        slow = Asker(mta)
        slow.list()
        time.sleep(1)
        rows = 0
        while (f := slow.frame())[0] == QUEUE_ROWS:
            rows += f[1].count(b"\n")
            time.sleep(0.01)
        assert f[0] == QUEUE_DONE and rows == ENTRIES, (f, rows)
        before = memory_kib(pid)
        asking = [Asker(mta) for _ in range(3)]
        for _ in range(6):
            for a in asking:
                try:
                    a.list()
                except (BrokenPipeError, ConnectionResetError):
                    pass
            time.sleep(0.5)
        assert memory_kib(pid) - before < 16 << 10, "MiB: %d" % (
            memory_kib(pid) - before >> 10)
        assert mta.workers("qmgr") == [pid]
        for a in asking:
            while a.bytes(4096) is not None:
                pass


def memory_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def test_both_groups():
    """Two groups: all may knock, and are looked at."""
    if unusual():
        return SKIP
    with open_up(Instance(params={"control_view_group": VIEW,
                                  "control_operate_group": OPERATE})) as mta:
        assert socket_of(mta)[0] == 0o666
        for group in VIEW, OPERATE:
            assert "accepting" in as_user(mta, ["status"],
                                          groups=[group]).stdout
        assert "accepting" not in as_user(mta, ["status"]).stdout
        p = as_user(mta, ["stop"], groups=[OPERATE])
        assert "may only operate" in p.stdout + p.stderr, p


def test_reload():
    """A reload opens the door, and shuts it."""
    if unusual():
        return SKIP
    with open_up(Instance()) as mta:
        mta.set(control_operate_group=OPERATE)
        mta.ctl("reload")
        assert socket_of(mta) == (0o660, grp.getgrnam(OPERATE).gr_gid)
        assert "accepting" in as_user(mta, ["status"],
                                      groups=[OPERATE]).stdout
        mta.set(control_operate_group="")
        mta.ctl("reload")
        assert socket_of(mta)[0] == 0o600
        assert "accepting" not in as_user(mta, ["status"],
                                          groups=[OPERATE]).stdout


def test_not_as_a_worker():
    """The user of a worker may not ask, in whatever group."""
    if unusual():
        return SKIP
    with open_up(Instance(params={"control_view_group": VIEW})) as mta:
        pid = mta.workers()[0]
        uid = os.stat("/proc/%d" % pid).st_uid
        with open("/proc/%d/status" % pid) as f:
            uid = int([l.split()[1] for l in f if l.startswith("Uid:")][0])
        assert uid != 0
        p = as_user(mta, ["status"], uid=uid, groups=[VIEW])
        assert p.returncode != 0 and "accepting" not in p.stdout, p


def test_unknown_group():
    """Refused at its line, by check, start and reload."""
    with Instance() as mta:
        mta.set(control_view_group="no-such-group")
        with open(mta.path("main.cf")) as f:
            n = len(f.read().splitlines())
        for verb in ("config", "check"), ("reload",):
            p = mta.ctl(*verb, check=False)
            said = p.stdout + p.stderr
            assert p.returncode != 0, said
            assert "main.cf:%d:" % n in said, said
            assert "no group no-such-group" in said, said
        mta.ctl("stop")
        p = mta.ctl("start", check=False)
        assert p.returncode != 0
        assert "main.cf:%d:" % n in p.stdout + p.stderr, p


if __name__ == "__main__":
    sys.exit(main(globals()))
