#!/usr/bin/env python3
"""make install into an empty root, a run from there, make uninstall."""

import os
import shutil
import subprocess
import tempfile

from halyard import BUILD, ROOT, free_port, main


def make(*args):
    san = ["SAN=1"] if "san" in BUILD else []
    p = subprocess.run(["make", "-s", *san, *args], cwd=ROOT, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=600, check=False)
    assert p.returncode == 0, p.stdout


def files(top):
    return sorted(os.path.relpath(os.path.join(d, f), top)
                  for d, _, names in os.walk(top) for f in names)


def test_install():
    top = tempfile.mkdtemp(prefix="halyard-root.")
    try:
        make("install", "DESTDIR=" + top)
        got = files(top)
        for want in ("usr/local/sbin/mtactl",
                     "usr/local/libexec/halyard/master",
                     "usr/local/libexec/halyard/smtpd",
                     "usr/local/libexec/halyard/metrics",
                     "usr/local/libexec/halyard/share",
                     "usr/local/share/man/man5/main.cf.5",
                     "usr/local/share/man/man8/mtactl.8",
                     "etc/halyard/main.cf.sample",
                     "etc/halyard/master.cf.sample",
                     "etc/halyard/hooks/eod.hsl.sample"):
            assert want in got, (want, got)
        check_samples(top)
        check_run(top)
        mine = os.path.join(top, "etc/halyard/main.cf")
        with open(mine, "w", encoding="utf-8") as f:
            f.write("# mine\n")
        make("uninstall", "DESTDIR=" + top)
        assert files(top) == ["etc/halyard/main.cf"], files(top)
    finally:
        shutil.rmtree(top)


def check_samples(top):
    """Copied to their names they are a configuration."""
    etc = os.path.join(top, "etc/halyard")
    conf = os.path.join(top, "conf")
    for name in "main.cf", "master.cf", "hooks/eod.hsl":
        to = os.path.join(conf, name)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(os.path.join(etc, name + ".sample"), to)
        with open(to, encoding="utf-8") as f:
            assert "@BACKEND" not in f.read()
    mtactl = os.path.join(top, "usr/local/sbin/mtactl")
    p = subprocess.run([mtactl, "-c", conf, "config", "check"], text=True,
                       capture_output=True, timeout=60, check=False)
    assert (p.returncode, p.stdout) == (0, "ok\n"), p
    shutil.rmtree(conf)


def check_run(top):
    mtactl = os.path.join(top, "usr/local/sbin/mtactl")
    conf = os.path.join(top, "x")
    env = dict(os.environ, HALYARD_DAEMONS=os.path.join(
        top, "usr/local/libexec/halyard"))
    listen = "127.0.0.1:%d" % free_port()
    for args in (["init", conf, "--listen", listen],
                 ["-c", conf, "start"], ["-c", conf, "status"],
                 ["-c", conf, "stop"]):
        p = subprocess.run([mtactl, *args], env=env, capture_output=True,
                           timeout=60, check=False)
        assert p.returncode == 0, p
    shutil.rmtree(conf)


if __name__ == "__main__":
    main(globals())
