"""A minimal Debian in a directory: the running system's release, apt as this
machine has it configured, and nothing else.  It is unpacked anew for each
test; only the packages that it begins with are fetched once."""

import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests/integration"))

ENV = {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive", "HOME": "/root",
       "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
       "TERM": "dumb"}


def run(*argv, cwd=None, timeout=900):
    p = subprocess.run(argv, cwd=cwd, text=True, timeout=timeout,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       stdin=subprocess.DEVNULL, check=False, env=ENV,
                       errors="replace")
    assert p.returncode == 0, "%s: exit %d\n%s" % (
        " ".join(argv), p.returncode, p.stdout[-4000:])
    return p.stdout


def why_not():
    """Why no such root can be made here, or None."""
    if os.geteuid() != 0:
        return "only as root"
    if not os.path.exists("/etc/apt"):
        return "no apt: not Debian"
    if not any(shutil.which(t) for t in ("mmdebstrap", "debootstrap")):
        return "neither mmdebstrap nor debootstrap"
    try:
        minimal()
    except (AssertionError, subprocess.TimeoutExpired) as e:
        return "no minimal root: " + str(e).splitlines()[-1]
    return None


def release():
    with open("/etc/os-release", encoding="utf-8") as f:
        words = dict(l.rstrip().split("=", 1) for l in f if "=" in l)
    return words["VERSION_CODENAME"].strip('"')


_MINIMAL = []


def minimal():
    """The archive that every Root begins as."""
    if not _MINIMAL:
        top = tempfile.mkdtemp(prefix="halyard-minimal.")
        _MINIMAL.append(os.path.join(top, "root.tar"))
        try:
            make_minimal(top, _MINIMAL[0])
        except BaseException:
            forget_minimal()
            raise
    return _MINIMAL[0]


def make_minimal(top, tar):
    if shutil.which("mmdebstrap"):
        run("mmdebstrap", "--variant=apt", "--quiet", release(), tar)
        return
    root = os.path.join(top, "root")
    run("debootstrap", "--variant=minbase", release(), root)
    run("tar", "-C", root, "-cf", tar, ".")
    shutil.rmtree(root)


def forget_minimal():
    while _MINIMAL:
        shutil.rmtree(os.path.dirname(_MINIMAL.pop()), ignore_errors=True)


def sh(path, script, timeout=1800):
    """In the root, by its shell, with the kernel's file systems."""
    outside = ("mount -t proc proc \"$0/proc\" && "
               "mount -t tmpfs tmpfs \"$0/dev/shm\" && "
               "exec chroot \"$0\" sh -ec \"$1\"")
    return run("unshare", "--mount", "sh", "-c", outside, path, script,
               timeout=timeout)


class Root:
    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="halyard-root.")
        run("tar", "-C", self.path, "-xf", minimal())
        os.chmod(self.path, 0o755)
        self.configure_apt()
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.path, ignore_errors=True)

    def configure_apt(self):
        """Sources, proxies and keys are this machine's."""
        etc = self.at("etc/apt")
        shutil.rmtree(etc)
        shutil.copytree("/etc/apt", etc)
        for path in ("/etc/resolv.conf", "/etc/hosts",
                     *glob.glob("/usr/share/keyrings/*.gpg")):
            if os.path.exists(path):
                os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)
                shutil.copy(path, self.at(path))
        # What needs a certificate authority of this machine's finds it.
        if os.path.isdir("/etc/ssl/certs"):
            shutil.copytree("/etc/ssl/certs", self.at("etc/ssl/certs"),
                            dirs_exist_ok=True, symlinks=False,
                            ignore_dangling_symlinks=True)

    def at(self, path):
        return os.path.join(self.path, path.lstrip("/"))

    def sh(self, script, timeout=1800):
        return sh(self.path, script, timeout)

    def give_repository(self, path):
        """A repository to clone: this tree as it is now, committed or not."""
        work = self.at("/srv/work")
        os.makedirs(work)
        for name in run("git", "ls-files", "-z", cwd=ROOT).split("\0")[:-1]:
            if os.path.lexists(os.path.join(ROOT, name)):
                to = os.path.join(work, name)
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy2(os.path.join(ROOT, name), to,
                             follow_symlinks=False)
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
        run(*git, "init", "-q", "-b", "main", cwd=work)
        run(*git, "add", "-A", "-f", cwd=work)
        run(*git, "commit", "-q", "-m", "as it is", cwd=work)
        run("git", "clone", "-q", "--bare", work, self.at(path))
        shutil.rmtree(work)
