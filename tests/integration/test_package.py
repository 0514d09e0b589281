#!/usr/bin/env python3
"""The Debian package: built, checked, installed into a fresh root, where its
own master.cf serves port 25 and a message passes; then purged.

Only as root and where the tools are; the network is that of a name space that
this test makes, with nothing but loopback in it."""

import ctypes
import fcntl
import glob
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

from halyard import BUILD, ROOT, Backend, Client, main, wait_for

TOOLS = "dpkg-buildpackage", "dh", "lintian", "mmdebstrap"
CLONE_NEWNET = 0x40000000


def run(*argv, cwd=None, timeout=600):
    p = subprocess.run(argv, cwd=cwd, text=True, timeout=timeout,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       stdin=subprocess.DEVNULL, check=False,
                       env=dict(os.environ, LC_ALL="C",
                                DEBIAN_FRONTEND="noninteractive"))
    assert p.returncode == 0, "%s\n%s" % (" ".join(argv), p.stdout[-4000:])
    return p.stdout


def why_not():
    if os.geteuid() != 0 or "san" in BUILD:
        return "only as root, without sanitizers"
    missing = [t for t in TOOLS if shutil.which(t) is None]
    return "no " + ", ".join(missing) if missing else None


def copy_sources(to):
    """What a clone holds, and nothing that was built."""
    os.mkdir(to)
    names = run("git", "ls-files", "-z", cwd=ROOT).split("\0")[:-1]
    for name in names:
        if os.path.lexists(os.path.join(ROOT, name)):
            os.makedirs(os.path.dirname(os.path.join(to, name)),
                        exist_ok=True)
            shutil.copy2(os.path.join(ROOT, name), os.path.join(to, name))


def build(top):
    copy_sources(os.path.join(top, "src"))
    run("dpkg-buildpackage", "-us", "-uc", "-b",
        cwd=os.path.join(top, "src"))
    changes = glob.glob(os.path.join(top, "halyard_*.changes"))
    assert len(changes) == 1, changes
    run("lintian", "--allow-root", "--fail-on", "error", changes[0])
    return glob.glob(os.path.join(top, "halyard_*.deb"))[0]


def make_root(top, deb):
    """The running system's release; the package with what it depends on."""
    release = dict(line.rstrip().split("=", 1)
                   for line in open("/etc/os-release") if "=" in line)
    root = os.path.join(top, "root")
    run("mmdebstrap", "--variant=apt", "--quiet",
        "--customize-hook=upload %s /tmp/halyard.deb" % deb,
        "--customize-hook=chroot \"$1\" apt-get install -y -q "
        "--no-install-recommends /tmp/halyard.deb",
        release["VERSION_CODENAME"].strip('"'), root)
    return root


def loopback_only():
    """This process's own network; nothing of the system's is reached."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(CLONE_NEWNET) == 0, ctypes.get_errno()
    with socket.socket() as s:
        up = struct.pack("16sh14x", b"lo", 1)
        fcntl.ioctl(s, 0x8914, up)             # SIOCSIFFLAGS, IFF_UP


def in_root(root, *argv):
    return run("chroot", root, *argv)


def check_users(root):
    """Each worker is the user that the package made."""
    import json
    users = {}
    with open(os.path.join(root, "etc/passwd")) as f:
        for line in f:
            users[line.split(":")[0]] = line.split(":")[2]
    status = json.loads(in_root(root, "mtactl", "status", "--json"))
    seen = set()
    for p in status["processes"]:
        with open("/proc/%d/status" % p["pid"]) as f:
            uid = [l.split()[1] for l in f if l.startswith("Uid:")][0]
        want = "halyard-smtpd" if p["program"] == "smtpd" else "halyard"
        assert uid == users[want], (p, uid, users[want])
        seen.add(p["program"])
    assert {"smtpd", "metrics"} <= seen, seen


def serve(root):
    """Port 25 of the package's own configuration, to a backend on 10025."""
    with Backend(port=10025) as b:
        out = in_root(root, "mtactl", "start")
        assert "warning" not in out, out
        try:
            check_users(root)
            with Client(25) as c:
                c.hello()
                assert c.message().code == 250
                big = "Subject: big\r\n\r\n" + "x" * 70 + "\r\n"
                assert c.message(big + ("y" * 70 + "\r\n") * 3000).code == 250
            assert len(b.messages) == 2
            in_root(root, "mtactl", "reload")
            with Client(25) as c:
                c.hello()
                assert c.message().code == 250
            script = rotate(root)
        finally:
            in_root(root, "mtactl", "stop")
    os.rename(os.path.join(root, "var/log/halyard/halyard.log.1"),
              os.path.join(root, "var/log/halyard/halyard.log"))
    old_pid(root, script)
    log = open(os.path.join(root, "var/log/halyard/halyard.log")).read()
    assert "event=message" in log and "event=worker-user" not in log
    assert os.listdir(os.path.join(root, "var/spool/halyard")) == []


def modes(root):
    """Owner, group and mode of what the package made."""
    ids = {}
    for kind in "passwd", "group":
        with open(os.path.join(root, "etc", kind)) as f:
            ids[kind] = {int(l.split(":")[2]): l.split(":")[0] for l in f}
    found = {}
    for name in ("etc/halyard", "etc/halyard/main.cf", "var/spool/halyard",
                 "var/log/halyard", "usr/sbin/mtactl",
                 "usr/libexec/halyard/smtpd"):
        st = os.stat(os.path.join(root, name))
        found[name] = (ids["passwd"][st.st_uid], ids["group"][st.st_gid],
                       "%04o" % (st.st_mode & 0o7777))
    return found


MODES = {
    "etc/halyard": ("root", "root", "0755"),
    "etc/halyard/main.cf": ("root", "root", "0644"),
    "var/spool/halyard": ("halyard-smtpd", "halyard", "0700"),
    "var/log/halyard": ("root", "adm", "0750"),
    "usr/sbin/mtactl": ("root", "root", "0755"),
    "usr/libexec/halyard/smtpd": ("root", "root", "0755"),
}


def again(root, deb):
    """Installed over itself: what the operator changed stays, users and
    modes are as they were."""
    main_cf = os.path.join(root, "etc/halyard/main.cf")
    with open(main_cf, "a") as f:
        f.write("# the operator's\n")
    with open(os.path.join(root, "etc/passwd")) as f:
        users = f.read()
    shutil.copy(deb, os.path.join(root, "tmp/halyard.deb"))
    in_root(root, "dpkg", "--force-confold", "-i", "/tmp/halyard.deb")
    assert modes(root) == MODES, modes(root)
    with open(main_cf) as f:
        assert f.read().endswith("# the operator's\n")
    with open(os.path.join(root, "etc/passwd")) as f:
        assert f.read() == users


def rotate(root):
    """The script of logrotate's: a new file while master runs; and nobody
    is signalled by the pid of one that ran once."""
    with open(os.path.join(root, "etc/logrotate.d/halyard")) as f:
        script = f.read().split("postrotate\n")[1].split("endscript")[0]
    log = os.path.join(root, "var/log/halyard/halyard.log")
    os.rename(log, log + ".1")
    in_root(root, "sh", "-ec", script)
    wait_for(lambda: os.path.exists(log), text="the new log")
    return script


def old_pid(root, script):
    with subprocess.Popen(["sleep", "60"]) as sleeper:
        pid_file = os.path.join(root, "run/halyard/master.pid")
        with open(pid_file, "w") as f:
            f.write("%d\n" % sleeper.pid)
        in_root(root, "sh", "-ec", script)
        assert sleeper.poll() is None
        sleeper.kill()
        assert sleeper.wait() == -9
    os.unlink(pid_file)


def test_package():
    why = why_not()
    if why:
        return why
    top = tempfile.mkdtemp(prefix="halyard-package.")
    try:
        deb = build(top)
        root = make_root(top, deb)
        assert modes(root) == MODES, modes(root)
        again(root, deb)
        loopback_only()
        serve(root)
        in_root(root, "dpkg", "--purge", "halyard")
        for gone in ("etc/halyard", "var/spool/halyard", "var/log/halyard",
                     "usr/sbin/mtactl", "usr/libexec/halyard"):
            assert not os.path.exists(os.path.join(root, gone)), gone
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return None


def test_unit():
    """systemd takes the unit for a valid one, where it can be asked."""
    if shutil.which("systemd-analyze") is None:
        return "no systemd-analyze"
    unit = os.path.join(ROOT, "conf/service/halyard.service")
    p = subprocess.run(["systemd-analyze", "verify", unit], text=True,
                       capture_output=True, timeout=60, check=False)
    complaints = [l for l in p.stderr.splitlines() if "halyard" in l and
                  "is not executable" not in l and "man" not in l]
    assert not complaints, complaints
    return None


def test_notify():
    """READY=1 once mail is taken, STOPPING=1 before it ends."""
    from halyard import Instance
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(20)
            mta = Instance()
            os.environ["NOTIFY_SOCKET"] = path
            try:
                mta.start()
            finally:
                del os.environ["NOTIFY_SOCKET"]
            try:
                assert s.recv(100) == b"READY=1"
                with mta.client() as c:
                    c.hello()
                mta.ctl("reload")
                assert s.recv(100) == b"READY=1"
            finally:
                mta.stop()
            assert s.recv(100) == b"STOPPING=1"


if __name__ == "__main__":
    sys.exit(main(globals()))
