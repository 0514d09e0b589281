#!/usr/bin/env python3
"""A machine with nothing but the system: the first command of README.md (with
LONG=1 the second one, too), INSTALL's ways to a build and to a package, read
from these files themselves; then the package's life: installed, upgraded,
serving, what it ships tried, purged.

As root on Debian and its like; elsewhere skipped."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import root as fresh
from root import ROOT, Root, run

import package
from halyard import main

REPOSITORY = "/srv/halyard.git"


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def first_command():
    """README.md's, with the repository where the root has it."""
    command = re.search(r"^    (.* && make demo)$", read("README.md"), re.M)
    assert command, "README.md: no command that ends in make demo"
    return re.sub(r"git clone \S+", "git clone file://" + REPOSITORY,
                  command.group(1))


def commands(number):
    """The indented lines of a section of INSTALL."""
    section = re.search(r"^%d\. .*?(?=^\d+\. |\Z)" % number,
                        read("INSTALL"), re.M | re.S).group(0)
    lines = re.sub(r"\\\n\s*", "", section).splitlines()
    return [l.strip() for l in lines if l.startswith("    ")]


def test_first_command():
    why = fresh.why_not()
    if why:
        return why
    with Root() as r:
        r.give_repository(REPOSITORY)
        assert not os.path.exists(r.at("usr/bin/make"))
        out = r.sh("cd /srv; " + first_command())
        assert "The demo went well." in out, out[-4000:]
    return None


def test_second_command():
    """It ends well where the first one left off; what that installed is all
    that was there before."""
    if not os.environ.get("LONG"):
        return "LONG=1, a quarter of an hour"
    why = fresh.why_not()
    if why:
        return why
    command = re.search(r"^    (make check)$", read("README.md"), re.M)
    with Root() as r:
        r.give_repository(REPOSITORY)
        r.sh("cd /srv; " + first_command())
        out = r.sh("cd /srv/halyard; " + command.group(1), 3600)
        print("# " + out[-4000:].replace("\n", "\n# "))
        assert re.search(r"^\d+ passed, 0 failed$", out, re.M), out[-4000:]
    return None


def test_install_by_hand():
    """INSTALL's packages are enough for INSTALL's build."""
    why = fresh.why_not()
    if why:
        return why
    with Root() as r:
        r.give_repository(REPOSITORY)
        apt = [c for c in commands(1) if c.startswith("apt-get install gcc")]
        assert len(apt) == 1, apt
        r.sh("apt-get update -q; %s -y -q --no-install-recommends git" %
             apt[0])
        r.sh("cd /srv; git clone -q file://%s h; cd h; make -j2; "
             "make install; mtactl init /tmp/mta; "
             "mtactl -c /tmp/mta config check" % REPOSITORY)
    return None


def built(r, keep):
    """The package, as INSTALL says, in a root of its own."""
    r.give_repository(REPOSITORY)
    r.sh("apt-get update -q; apt-get install -y -q --no-install-recommends "
         "git; cd /srv; git clone -q file://%s halyard" % REPOSITORY)
    steps = [c for c in commands(0) if c.startswith(("apt-get", "dpkg"))]
    assert len(steps) == 4, steps
    flags = "-y -q -o APT::Install-Recommends=false"
    for step in steps[:3]:
        r.sh("cd /srv/halyard; " + re.sub(r"^apt-get ", "apt-get %s " % flags,
                                          step))
    debs = glob.glob(r.at("srv/halyard_*.deb"))
    assert len(debs) == 1, debs
    if shutil.which("lintian"):
        run("lintian", "--allow-root", "--fail-on", "error", *glob.glob(
            r.at("srv/halyard_*.changes")))
    shutil.copy(debs[0], keep)
    return os.path.join(keep, os.path.basename(debs[0]))


def older(deb, top):
    """The same package under a lower version, to upgrade from."""
    tree = os.path.join(top, "older")
    run("dpkg-deb", "-R", deb, tree)
    control = os.path.join(tree, "DEBIAN/control")
    with open(control, encoding="utf-8") as f:
        text = re.sub(r"(?m)^Version: .*", "Version: 0.0.1", f.read())
    with open(control, "w", encoding="utf-8") as f:
        f.write(text)
    # What an upgrade brings anew.
    os.unlink(os.path.join(tree, "usr/share/doc/halyard/INSTALL.gz")
              if os.path.exists(os.path.join(
                  tree, "usr/share/doc/halyard/INSTALL.gz"))
              else os.path.join(tree, "usr/share/doc/halyard/INSTALL"))
    run("dpkg-deb", "-b", tree, os.path.join(top, "older.deb"))
    return os.path.join(top, "older.deb")


def test_package():
    why = fresh.why_not()
    if why:
        return why
    top = tempfile.mkdtemp(prefix="halyard-package.")
    try:
        with Root() as r:
            deb = built(r, top)
        with Root() as r:
            r.sh("apt-get update -q")
            package.life(r, older(deb, top), deb)
    finally:
        shutil.rmtree(top, ignore_errors=True)
    return None



if __name__ == "__main__":
    if sys.argv[1:2] in (["serve"], ["shipped"]):
        package.loopback_only()
        getattr(package, sys.argv[1])(sys.argv[2])
        sys.exit(0)
    try:
        main(globals())
    finally:
        fresh.forget_minimal()
