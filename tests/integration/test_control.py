#!/usr/bin/env python3
"""Who may ask master for what: the groups of control_view_group and
control_operate_group, and nobody as a worker's user."""

import grp
import os
import pwd
import stat
import subprocess
import sys

from halyard import MTACTL, WATCHED, Instance, main, wait_for

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
    rows = "cleanup.sock unix y - - - 1 cleanup\n" \
        "qmgr.sock unix y - - - 1 qmgr\n"
    with open_up(Instance(params={"control_view_group": VIEW},
                          services=rows)) as mta:
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
