#!/usr/bin/env python3
"""The programs of the spool, as master starts and keeps them: their place,
their user and jail, and what a reload may not change."""

import glob
import json
import os
import pwd
import signal
import socket
import stat
import sys

from halyard import WATCHED, Backend, Instance, main, wait_for
from test_jail import SKIP, fields, user
from test_queue import Queue

ROWS = ("cleanup.sock unix y - - - 1 cleanup\n"
        "qmgr.sock    unix y - - - 1 qmgr\n")


def line_of(mta, file, text):
    with open(mta.path(file)) as f:
        for n, line in enumerate(f, 1):
            if line.startswith(text):
                return n
    raise AssertionError(text)


def owner():
    return user("halyardq").pw_uid if os.geteuid() == 0 else os.geteuid()


def test_without():
    """No row, no directory."""
    with Instance() as mta:
        assert not os.path.exists(mta.path("queue"))


def test_place():
    """master makes the directory for their user alone."""
    with Instance(services=ROWS) as mta:
        st = os.stat(mta.path("queue"))
        assert stat.S_IMODE(st.st_mode) == 0o700
        assert st.st_uid == owner(), st
        for program in "cleanup", "qmgr":
            assert len(mta.workers(program)) == 1


def test_wide_place():
    """A mode that others could read by is narrowed."""
    mta = Instance(services=ROWS)
    try:
        os.mkdir(mta.path("queue"))
        os.chmod(mta.path("queue"), 0o755)
        os.chown(mta.path("queue"), owner(), -1)
        mta.start()
        assert stat.S_IMODE(os.stat(mta.path("queue")).st_mode) == 0o700
    finally:
        mta.stop()


def test_foreign_place():
    """What belongs to somebody else is refused, at its line, and left."""
    if os.geteuid() != 0:
        return SKIP
    mta = Instance(services=ROWS)
    try:
        os.mkdir(mta.path("queue"), 0o755)
        os.chown(mta.path("queue"), 4711, 4711)
        at = "main.cf:%d:" % line_of(mta, "main.cf", "spool_directory")
        for verb in ("config", "check"), ("start",):
            p = mta.ctl(*verb, check=False)
            said = p.stdout + p.stderr
            assert p.returncode != 0 and at in said, said
            assert "belongs to user 4711" in said, said
        st = os.stat(mta.path("queue"))
        assert st.st_uid == 4711 and stat.S_IMODE(st.st_mode) == 0o755
    finally:
        mta.stop()


def test_check_makes_nothing():
    """A rehearsal goes through without the directory, and leaves none; and
    it is no second one where an instance runs."""
    mta = Instance(services=ROWS)
    try:
        mta.ctl("config", "check")
        assert not os.path.exists(mta.path("queue"))
        mta.start()
        before = mta.workers("cleanup"), mta.workers("qmgr")
        mta.ctl("config", "check")
        assert before == (mta.workers("cleanup"), mta.workers("qmgr"))
    finally:
        mta.stop()


def test_rights():
    """Their jail is the spool, and the sandbox holds."""
    if os.geteuid() != 0 or WATCHED:
        return SKIP
    with Instance(services=ROWS) as mta:
        for program in "cleanup", "qmgr":
            pid, = mta.workers(program)
            f = fields(pid)
            want = user("halyardq")
            assert f["Uid"].split() == [str(want.pw_uid)] * 4, f["Uid"]
            assert f["CapEff"] == "0" * 16 and f["Seccomp"] == "2"
            assert os.path.samefile("/proc/%d/root" % pid,
                                    mta.path("queue"))


def test_kept_over_a_reload():
    with Backend() as b, Instance(b.port, services=ROWS) as mta:
        before = mta.workers("cleanup"), mta.workers("qmgr")
        mta.ctl("reload")
        assert before == (mta.workers("cleanup"), mta.workers("qmgr"))
        with mta.client() as c:
            c.hello()
            assert c.message().code == 250


def test_renamed():
    """A single is found by its program: the process stays when its row has
    another name, and listens there."""
    with Instance(services=ROWS) as mta:
        before = mta.workers("cleanup"), mta.workers("share")
        with open(mta.path("master.cf")) as f:
            text = f.read()
        with open(mta.path("master.cf"), "w") as f:
            f.write(text.replace("\ncleanup.sock", "\nanother.sock"))
        mta.ctl("reload")
        assert before == (mta.workers("cleanup"), mta.workers("share"))
        wait_for(lambda: not os.path.exists(mta.path("run/cleanup.sock")),
                 text="the old socket's end")
        pid, = mta.workers("cleanup")
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            s.connect(mta.path("run/another.sock"))
            s.sendall(b"\xff" * 64)
            assert s.recv(1) == b""         # that is no frame
        with open("/proc/net/unix") as f:
            paths = {l.split()[6]: l.split()[7] for l in f
                     if len(l.split()) == 8}
        held = [paths.get(os.readlink("/proc/%d/fd/%s" % (pid, fd))[8:-1])
                for fd in os.listdir("/proc/%d/fd" % pid)]
        assert mta.path("run/another.sock") in held, held
        assert mta.path("run/cleanup.sock") not in held, held
        assert "another.sock" in mta.ctl("status").stdout


def test_second_row():
    """What there is one of has one row."""
    mta = Instance(services=ROWS + "other.sock unix y - - - 1 cleanup\n")
    try:
        p = mta.ctl("config", "check", check=False)
        assert p.returncode != 0
        assert "there is only one cleanup" in p.stdout + p.stderr
    finally:
        mta.stop()


def test_turns_of_a_stop():
    """Each program is drained when those before have gone."""
    with Instance(services=ROWS) as mta:
        mta.ctl("stop")
        ends = []
        # metrics is as early as smtpd
        for line in mta.log().splitlines():
            if "event=worker-exit" in line:
                name = line.split("service=")[1].split()[0].split(".sock")[0]
                name = "smtpd" if ":" in name else name
                if name not in ends:
                    ends.append(name)
        assert [e for e in ends if e != "metrics"] == [
            "smtpd", "qmgr", "cleanup", "share"], ends


def test_kept_to_the_end_of_sessions():
    """Who may still be asked outlives those who ask, also one that dies
    meanwhile is there again."""
    with Backend() as b, Instance(b.port, services=ROWS,
                                  params={"shutdown_limit": "60s"}) as mta:
        with mta.client() as c:
            c.hello()
            c.envelope()
            os.kill(mta.master_pid(), signal.SIGTERM)
            mta.wait_log("event=worker-drain")
            pid, = mta.workers("cleanup")
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: mta.workers("cleanup") not in ([], [pid]),
                     text="another cleanup")
            assert not any("worker-drain service=cleanup" in l
                           for l in mta.log().splitlines())
            c.close()
        wait_for(lambda: any("worker-exit service=share" in l
                             for l in mta.log().splitlines()), text="the end")


def test_restarted():
    """One that dies is started again, and its companion stays."""
    with Instance(services=ROWS) as mta:
        for victim, other in ("cleanup", "qmgr"), ("qmgr", "cleanup"):
            pid, = mta.workers(victim)
            stays = mta.workers(other)
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: mta.workers(victim) not in ([], [pid]),
                     text="another " + victim)
            assert mta.workers(other) == stays


def test_restart_needed():
    """A reload refuses what it can't change, at its line; what ran goes on."""
    with Instance(services=ROWS) as mta:
        before = mta.workers("smtpd")
        for name, value in (("spool_directory", "elsewhere"),
                            ("run_directory", "elsewhere")):
            with open(mta.path("main.cf")) as f:
                was = f.read()
            mta.set(**{name: value})
            p = mta.ctl("reload", check=False) if name != "run_directory" \
                else None
            if p is None:           # mtactl would look for it elsewhere
                os.kill(int(open(mta.path("run/master.pid")).read()),
                        signal.SIGHUP)
                mta.wait_log("run_directory was run")
            else:
                said = p.stdout + p.stderr
                at = "main.cf:%d:" % line_of(mta, "main.cf", name)
                assert p.returncode != 0 and at in said, said
                assert "stop and start" in said, said
            assert not os.path.exists(mta.path("elsewhere"))
            with open(mta.path("main.cf"), "w") as f:
                f.write(was)
            assert mta.workers("smtpd") == before
        mta.ctl("reload")


# ---- Export and import ----------------------------------------------------

SIZES = '''
foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["sender"], $r["address"], "mx",
        ["hold" => $r["recipient"] == "held@a.example",
         "metadata" => ["k" => "v"], "jobid" => "j1"]);
Accept();
'''


def content(mta, sender):
    """{recipient: (bytes, fields that stay)} of what is in the queue."""
    out = {}
    for e in mta.list("--sender", sender):
        which = "%s:%d" % (e["id"]["transaction"], e["id"]["queue"])
        out[e["recipient"]] = (
            mta.queue("cat", which).stdout.replace("\r", ""),
            [e[n] for n in ("state", "metadata", "tenantid", "jobid", "ts",
                            "transportid", "priority")])
    return out


def export(mta, *args, to="out", code=0):
    p = mta.ctl("spool", "export", "--json", *args, "--to", mta.path(to),
                check=False)
    assert p.returncode == code, p
    return json.loads(p.stdout) if code == 0 else p.stderr


def bring(mta, to="out", code=0):
    p = mta.ctl("spool", "import", "--json", mta.path(to), check=False)
    assert p.returncode == code, p
    return json.loads(p.stdout)


def test_out_and_in():
    """What is exported with --remove leaves the queue, and comes back with
    all that was known of it, once, however often it is imported."""
    big = b"".join(b"line %07d %s\r\n" % (n, b"x" * 60) for n in range(20000))
    with Queue(hook=SIZES) as mta:
        mta.fill(3, ("held@a.example", "r@b.example"))
        with mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<large@x.example>", 250)
            c.cmd("RCPT TO:<r@b.example>", 250)
            c.cmd("DATA", 354)
            c.send(b"Subject: large\r\n\r\n" + big + b".\r\n")
            c.expect(250)
        mta.wait(7)
        mta.queue("set", "--sender", "s1@*", "tenantid=other", "priority=1",
                  "metadata.k=changed")
        mta.queue("hold", "--sender", "s2@*")
        mta.queue("delete", "--sender", "s0@*", "--recipient", "r@b.example")
        senders = ["s%d@from%d.example" % (n, n) for n in range(3)] + [
            "large@x.example"]
        before = [content(mta, s) for s in senders]
        was = mta.ids()
        assert export(mta, "--remove")["entries"] == 6
        mta.wait(0)
        # What had ended is no file.
        assert len(glob.glob(mta.path("out/*.eml"))) == 6
        assert len(glob.glob(mta.path("out/*.json"))) == 6
        mta.kill()
        assert mta.ids() == []
        done = bring(mta)
        assert (done["imported"], done["present"], done["failed"]) == (
            6, 0, 0), done
        assert sorted(e["was"] for e in done["entries"]) == was
        mta.wait(6)
        assert sorted(e["id"] for e in done["entries"]) == mta.ids()
        assert before == [content(mta, s) for s in senders]
        again = bring(mta)
        assert (again["imported"], again["present"]) == (0, 6), again
        # They stay what they are when the index is made anew.
        mta.kill()
        assert sorted(e["id"] for e in done["entries"]) == mta.ids()
        # And out again, into the same folder's neighbour, and back.
        assert export(mta, "--remove", to="second")["entries"] == 6
        assert bring(mta, to="second")["imported"] == 6
        mta.wait(6)
        assert before == [content(mta, s) for s in senders]


def test_import_of_what_is_there():
    """Without --remove the entry is in the queue under its own id."""
    with Queue(hook=SIZES) as mta:
        mta.fill(2)
        mta.wait(4)
        assert export(mta)["entries"] == 4
        done = bring(mta)
        assert (done["imported"], done["present"]) == (0, 4), done
        assert len(mta.list()) == 4


def test_import_of_damage():
    """A file that is none fails alone, and says why."""
    with Queue(hook=SIZES) as mta:
        mta.fill(4, ("r@b.example",))
        mta.wait(4)
        export(mta, "--remove")
        one, two, three, _ = sorted(glob.glob(mta.path("out/*.json")))
        with open(one) as f:
            envelope = json.load(f)
        with open(one, "w") as f:
            f.write("{")
        with open(two, "w") as f:
            json.dump({**envelope, "entry": "ff" + envelope["entry"]}, f)
        os.unlink(three[:-5] + ".eml")
        done = bring(mta, code=1)
        assert (done["imported"], done["failed"]) == (1, 3), done
        assert all(e["reason"] for e in done["entries"]
                   if e["result"] == "failed"), done
        mta.wait(1)


def test_export_to_a_full_disk():
    """Files that can't be written leave the queue as it is."""
    with Queue(hook=SIZES) as mta:
        mta.fill(2, ("r@b.example",))
        mta.wait(2)
        os.mkdir(mta.path("out"))
        which = mta.ids()[0].replace(":", "_")
        os.symlink("/dev/full", mta.path("out/%s.eml" % which))
        assert "write" in export(mta, "--remove", code=1)
        assert len(mta.list()) == 2


if __name__ == "__main__":
    sys.exit(main(globals()))
