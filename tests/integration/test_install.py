#!/usr/bin/env python3
"""make install into an empty root, a run from there, make uninstall."""

import os
import shutil
import subprocess
import tempfile

from halyard import ROOT, WATCHED, free_port, main


def make(*args):
    flags = [WATCHED] if WATCHED else []
    p = subprocess.run(["make", "-s", *flags, *args], cwd=ROOT, text=True,
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
                     "etc/halyard/transport.cf.sample",
                     "etc/halyard/policy.cf.sample",
                     "usr/local/share/man/man8/halyard-smtpd.8",
                     "etc/halyard/hooks/eod.hsl.sample",
                     "etc/halyard/hooks/queue.hsl.sample",
                     "etc/halyard/hooks/rcptto.hsl.sample",
                     "etc/halyard/hooks/backoff.hsl.sample",
                     "etc/halyard/hooks/postdelivery.hsl.sample",
                     "etc/halyard/templates/bounce/de.txt.sample",
                     "etc/halyard/templates/bounce/en.txt.sample"):
            assert want in got, (want, got)
        check_fronts(top)
        check_pages(top)
        check_configure(top)
        check_samples(top)
        check_run(top)
        mine = os.path.join(top, "etc/halyard/main.cf")
        with open(mine, "w", encoding="utf-8") as f:
            f.write("# mine\n")
        make("uninstall", "MTA=yes", "DESTDIR=" + top)
        assert files(top) == ["etc/halyard/main.cf"], files(top)
    finally:
        shutil.rmtree(top)


def check_fronts(top):
    """sendmail is beside the daemons; in place of another mail system's only
    where that is asked for."""
    elsewhere = ("sbin/sendmail", "lib/sendmail", "bin/mailq",
                 "bin/newaliases", "share/man/man8/sendmail.8",
                 "share/man/man1/mailq.1", "share/man/man1/newaliases.1")
    usr = os.path.join(top, "usr/local")
    for name in "sendmail", "mailq", "newaliases":
        assert os.readlink(os.path.join(usr, "libexec/halyard", name)) == \
            "/usr/local/sbin/mtactl"
    there = [p for p in elsewhere if os.path.lexists(os.path.join(usr, p))]
    assert not there, there
    make("install", "MTA=yes", "DESTDIR=" + top)
    there = [p for p in elsewhere if os.path.lexists(os.path.join(usr, p))]
    assert len(there) == len(elsewhere), there
    page = os.path.join(usr, "share/man/man1/mailq.1")
    with open(page, encoding="utf-8") as f:
        to = os.path.join(usr, "share/man", f.read().split()[1])
    assert os.path.exists(to), to


def check_pages(top):
    """Other mail systems have a smtpd(8), too: ours refer to ours."""
    for d, _, names in os.walk(os.path.join(top, "usr/local/share/man")):
        for name in names:
            with open(os.path.join(d, name), encoding="utf-8") as f:
                text = f.read()
            for daemon in "master", "smtpd", "metrics", "share", "sendmail":
                assert name != daemon + ".8" or text.startswith(".so ")
                assert ".Xr %s 8" % daemon not in text, (name, daemon)
    with open(os.path.join(top, "usr/local/share/man/man8/halyard-smtpd.8"),
              encoding="utf-8") as f:
        assert "\n.Dt HALYARD-SMTPD 8\n" in f.read()


def check_configure(top):
    """A library whose .pc file wants those of others that are not there."""
    there = subprocess.run(["pkg-config", "--variable", "pc_path",
                            "pkg-config"], capture_output=True, text=True,
                           check=True).stdout.strip().split(":")
    few = os.path.join(top, "pc")
    os.mkdir(few)
    for d in there:
        for name in os.listdir(d) if os.path.isdir(d) else ():
            to = os.path.join(few, name)
            if name not in ("nettle.pc", "hogweed.pc") and \
                    not os.path.exists(to):
                os.symlink(os.path.join(d, name), to)
    p = subprocess.run([os.path.join(ROOT, "configure")], cwd=top, text=True,
                       env=dict(os.environ, PKG_CONFIG_LIBDIR=few),
                       capture_output=True, check=False)
    assert p.returncode == 0, p
    with open(os.path.join(top, "config.mk"), encoding="utf-8") as f:
        assert "-lunbound" in f.read()
    os.unlink(os.path.join(top, "config.mk"))
    shutil.rmtree(few)


def check_samples(top):
    """Copied to their names they are a configuration."""
    etc = os.path.join(top, "etc/halyard")
    conf = os.path.join(top, "conf")
    for name in ("main.cf", "master.cf", "transport.cf", "policy.cf", "hooks/eod.hsl",
                 "hooks/queue.hsl", "hooks/rcptto.hsl",
                 "templates/bounce/de.txt", "templates/bounce/en.txt"):
        to = os.path.join(conf, name)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        shutil.copy(os.path.join(etc, name + ".sample"), to)
        with open(to, encoding="utf-8") as f:
            assert "@BACKEND" not in f.read()
    mtactl = os.path.join(top, "usr/local/sbin/mtactl")
    # As if on the system that it is installed for: that has what these
    # files name.
    with open(os.path.join(conf, "main.cf"), encoding="utf-8") as f:
        text = f.read().replace("/run/halyard", "run").replace(
            "/var/log/halyard.log", "halyard.log").replace(
                "/var/spool/halyard", "queue")
    with open(os.path.join(conf, "main.cf"), "w", encoding="utf-8") as f:
        f.write(text)
    with open(os.path.join(conf, "master.cf"), encoding="utf-8") as f:
        text = f.read().replace("smtp ", "127.0.0.1:%d " % free_port())
    with open(os.path.join(conf, "master.cf"), "w", encoding="utf-8") as f:
        f.write(text)
    p = subprocess.run([mtactl, "-c", conf, "config", "check"], text=True,
                       env=dict(os.environ, HALYARD_DAEMONS=os.path.join(
                           top, "usr/local/libexec/halyard")),
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
