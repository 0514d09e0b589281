"""The life of the Debian package in a root: installed, upgraded, serving on
port 25 there, its hooks and the examples of its pages tried, purged.  The
network it serves in is that of a name space with nothing but loopback in
it."""

import ctypes
import fcntl
import glob
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys

from root import HERE, ROOT, run, sh

from halyard import Backend, Client, wait_for

CLONE_NEWNET = 0x40000000
# Whose files must not be ours, too: dpkg would refuse in the middle of an
# installation.
PROGRAMS = {"/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/mailq",
            "/usr/bin/newaliases"}
NEIGHBOURS = ("postfix", "opensmtpd", "exim4-base", "exim4-daemon-light",
              "sendmail-bin", "courier-mta", "nullmailer", "dma")
PURGED = ("etc/halyard", "var/spool/halyard-bodies", "var/log/halyard",
          "run/halyard", "usr/sbin/mtactl", "usr/libexec/halyard",
          "usr/share/doc/halyard")


def loopback_only():
    """This process's own network; nothing of the system's is reached."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.unshare(CLONE_NEWNET) == 0, ctypes.get_errno()
    with socket.socket() as s:
        up = struct.pack("16sh14x", b"lo", 1)
        fcntl.ioctl(s, 0x8914, up)             # SIOCSIFFLAGS, IFF_UP


def in_root(root, *argv):
    return run("chroot", root, *argv)


# Who is not the user halyard, as programs.def says.
USERS = {"smtpd": "halyard-smtpd", "deliver": "halyard-deliver",
         "bounce": "halyard-bounce", "cleanup": "halyardq",
         "qmgr": "halyardq"}


def check_users(root):
    """Each worker is the user that the package made."""
    users = {}
    with open(os.path.join(root, "etc/passwd")) as f:
        for line in f:
            users[line.split(":")[0]] = line.split(":")[2]
    status = json.loads(in_root(root, "mtactl", "status", "--json"))
    seen = set()
    for p in status["processes"]:
        with open("/proc/%d/status" % p["pid"]) as f:
            uid = [l.split()[1] for l in f if l.startswith("Uid:")][0]
        want = USERS.get(p["program"], "halyard")
        assert uid == users[want], (p, uid, users[want])
        seen.add(p["program"])
    assert {"smtpd", "metrics"} | set(USERS) <= seen, seen


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
            local(root, b)
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
    assert "event=message " in log and "event=worker-user" not in log
    assert os.listdir(os.path.join(root, "var/spool/halyard-bodies")) == []


def local(root, backend):
    """What cron and the like send goes by the queue."""
    in_root(root, "sh", "-ec", "printf 'Subject: x\\n\\nx\\n' | "
        "/usr/sbin/sendmail -f root@example.com you@example.com")
    wait_for(lambda: len(backend.messages) == 3, 30, "the program's message")
    backend.messages.pop()
    wait_for(lambda: "you@" not in in_root(root, "mailq"), 30,
             "an empty queue")
    in_root(root, "newaliases")


def modes(root):
    """Owner, group and mode of what the package made."""
    ids = {}
    for kind in "passwd", "group":
        with open(os.path.join(root, "etc", kind)) as f:
            ids[kind] = {int(l.split(":")[2]): l.split(":")[0] for l in f}
    found = {}
    for name in ("etc/halyard", "etc/halyard/main.cf", "var/spool/halyard-bodies",
                 "var/log/halyard", "usr/sbin/mtactl",
                 "usr/libexec/halyard/smtpd"):
        st = os.stat(os.path.join(root, name))
        found[name] = (ids["passwd"][st.st_uid], ids["group"][st.st_gid],
                       "%04o" % (st.st_mode & 0o7777))
    return found


MODES = {
    "etc/halyard": ("root", "root", "0755"),
    "etc/halyard/main.cf": ("root", "root", "0644"),
    "var/spool/halyard-bodies": ("halyard-smtpd", "halyard", "0700"),
    "var/log/halyard": ("root", "adm", "0750"),
    "usr/sbin/mtactl": ("root", "root", "0755"),
    "usr/libexec/halyard/smtpd": ("root", "root", "0755"),
}


def upgrade(root, deb):
    """What the operator changed stays, users and modes are as they were."""
    main_cf = os.path.join(root, "etc/halyard/main.cf")
    with open(main_cf, "a") as f:
        f.write("# the operator's\n")
    with open(os.path.join(root, "etc/passwd")) as f:
        users = f.read()
    install(root, deb)
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


def install(root, deb):
    shutil.copy(deb, os.path.join(root, "tmp/halyard.deb"))
    in_root(root, "apt-get", "install", "-y", "-q",
            "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold",
            "/tmp/halyard.deb")


def installed(root, version):
    out = in_root(root, "dpkg-query", "-W", "-f", "${Version}", "halyard")
    assert out == version or version is None, out
    for doc in "INSTALL", "README.md", "ARCHITECTURE.md":
        assert glob.glob(os.path.join(
            root, "usr/share/doc/halyard", doc + "*")) or version, doc
    examples = os.path.join(root, "usr/share/doc/halyard/examples")
    for name in "main.cf", "master.cf", "transport.cf", "policy.cf", "hooks/eod.hsl":
        assert os.path.exists(os.path.join(examples, name)), name


def paths(listing):
    """Files, not directories, of dpkg-deb -c."""
    return {m.group(1) for m in re.finditer(
        r"(?m)^[-lh]\S+ .*? \.(/\S+?)(?: (?:->|link to) .*)?$", listing)}


def neighbours(root, deb):
    """No file of ours is another mail system's, but for programs of a mail
    system: then dpkg has neither beside the other.  Where its package can't
    be had, that one is passed over."""
    mine = paths(run("dpkg-deb", "-c", deb))
    assert PROGRAMS | {"/usr/sbin/mtactl"} <= mine, mine
    for field in "Provides", "Conflicts", "Replaces":
        assert run("dpkg-deb", "-f", deb, field).strip() == \
            "mail-transport-agent", field
    seen = 0
    for name in NEIGHBOURS:
        try:
            in_root(root, "sh", "-ec", "cd /tmp; apt-get download -q " + name)
        except AssertionError:
            continue
        theirs = glob.glob(os.path.join(root, "tmp", name + "_*.deb"))
        theirs_too = mine & paths(run("dpkg-deb", "-c", theirs[0]))
        both = {p for p in theirs_too
                if os.path.basename(p).split(".")[0] not in (
                    "sendmail", "mailq", "newaliases")}
        assert not both, (name, both)
        assert not theirs_too or "mail-transport-agent" in run(
            "dpkg-deb", "-f", theirs[0], "Provides"), name
        seen += 1
    assert seen > 0, "no other mail system's package could be had"


# Of this tree's tests, those that can do with what a package has.
SHIPPED = ("test_shipped_hooks.py", "test_examples.py")


def furnish(root):
    """The tests, and what they take that the package does not."""
    in_root(root, "apt-get", "install", "-y", "-q",
            "--no-install-recommends", "python3", "jq")
    shutil.copytree(os.path.join(ROOT, "tests/integration"),
                    os.path.join(root, "srv/tests/integration"),
                    ignore=shutil.ignore_patterns("__pycache__", "spools"))


def shipped(root):
    """Scripts and examples as they were installed, by what was installed."""
    for test in SHIPPED:
        out = sh(root, "dpkg -L halyard > /srv/installed; cd /srv; "
                 "HALYARD_INSTALLED=/srv/installed python3 "
                 "tests/integration/" + test, timeout=600)
        results = re.findall(r"(?m)^ok \d+ - test_\w+$", out)
        planned = re.search(r"(?m)^1\.\.(\d+)$", out)
        assert planned and len(results) == int(planned.group(1)), out[-4000:]


def purge(root):
    in_root(root, "dpkg", "--purge", "halyard")
    for gone in PURGED:
        assert not os.path.exists(os.path.join(root, gone)), gone
    for name in "etc/passwd", "etc/group":
        with open(os.path.join(root, name)) as f:
            assert "halyard" not in f.read(), name


def alone(root, part):
    """One of the functions here, in a process with a network of its own."""
    run(sys.executable, os.path.join(HERE, "test_fresh.py"), part, root)


def life(r, old, deb):
    """old has a lower version than deb."""
    neighbours(r.path, deb)
    install(r.path, old)
    installed(r.path, "0.0.1")
    upgrade(r.path, deb)
    installed(r.path, None)
    alone(r.path, "serve")
    furnish(r.path)
    alone(r.path, "shipped")
    purge(r.path)
