#!/usr/bin/env python3
"""Supervision: start, restart, reload, drain, stop, refusals."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import time

from halyard import BUILD, SLOW, WATCHED, Backend, Client, Instance, alive, \
    main, wait_for

ACCEPT = 'Accept("generation one");\n'


def test_start_status_stop():
    mta = Instance(hook=ACCEPT, maxproc=3)
    with mta:
        pids = mta.workers()
        assert len(pids) == 3 and all(alive(p) for p in pids)
        master = mta.master_pid()
        for pid in pids + [master]:
            with open("/proc/%d/cmdline" % pid, "rb") as f:
                line = f.read().replace(b"\0", b" ").decode()
            assert mta.conf in line and "halyard" in line, line
        assert "master" in line
        assert mta.ctl("status").stdout
        with mta.client() as c:
            c.hello()
            c.message()
            n = mta.counters()
            assert n["sessions"] == 1 and n["messages_accepted"] == 1, n
        assert mta.ctl("stop").returncode == 0
        wait_for(lambda: not alive(master) and
                 not any(alive(p) for p in pids), text="the end")
    assert mta.ctl("status", check=False).returncode == 1


def test_start_reports_errors():
    mta = Instance(hook='Accept(;\n')
    try:
        p = mta.ctl("start", check=False)
        assert p.returncode == 1
        assert "hooks/eod.hsl:1:" in p.stderr + p.stdout, p
        mta.write_hook(ACCEPT)
        with open(mta.path("main.cf"), "a") as f:
            f.write("no_such_parameter = 1\n")
        p = mta.ctl("start", check=False)
        assert p.returncode == 1 and "main.cf:" in p.stderr + p.stdout, p
    finally:
        mta.stop()


def test_port_in_use():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        mta = Instance(hook=ACCEPT)
        text = open(mta.path("master.cf")).read()
        with open(mta.path("master.cf"), "w") as f:
            f.write(text.replace(":%d " % mta.port, ":%d "
                                 % s.getsockname()[1]))
        try:
            p = mta.ctl("start", check=False)
            assert p.returncode == 1
            assert "in use" in p.stderr + p.stdout, p
        finally:
            mta.stop()


def test_missing_program():
    """The reason is told, and the exec's own words are in the log."""
    import shutil
    import subprocess
    from halyard import BUILD
    mta = Instance(hook=ACCEPT)
    try:
        shutil.copytree(os.path.join(BUILD, "bin"), mta.dir + "/bin")
        os.unlink(mta.dir + "/bin/smtpd")
        p = subprocess.run([mta.dir + "/bin/mtactl", "-c", mta.conf,
                            "start"], capture_output=True, text=True)
        assert p.returncode == 1 and "before it was ready" in p.stderr, p
        assert "smtpd: No such file" in mta.log()
    finally:
        mta.stop()


def test_second_start_is_refused():
    with Instance(hook=ACCEPT) as mta:
        p = mta.ctl("start", check=False)
        assert p.returncode == 1, p
        with mta.client() as c:
            c.hello()


def test_dead_worker_is_replaced():
    with Instance(hook=ACCEPT, maxproc=2) as mta:
        with mta.client() as c:
            c.hello()
            c.message()
        time.sleep(1.2)                 # older than a second: at once
        for sig in (signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM):
            pids = mta.workers()
            os.kill(pids[0], sig)
            wait_for(lambda: len(mta.workers()) == 2 and
                     pids[0] not in mta.workers(), 5, "a new worker")
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250
            time.sleep(1.1)
        n = mta.counters()              # what the dead had counted stays
        assert n["messages_accepted"] == 4 and n["sessions"] == 0, n


def test_worker_ends_before_it_starts():
    """systemd tells all processes to stop, or master dies, while a worker
    has not heard all yet."""
    for program in "smtpd", "share", "metrics":
        for leave in (lambda p, s: p.terminate(), lambda p, s: s.close()):
            ours, its = socket.socketpair()
            path = os.path.join(BUILD, "bin", program)
            worker = subprocess.Popen(["sh", "-c", "exec %s -c / -s x 3<&0 "
                                       "</dev/null" % path], stdin=its)
            its.close()
            assert ours.recv(100)           # HELLO
            leave(worker, ours)
            assert worker.wait(10 * SLOW) == 0, program
            ours.close()


def test_connections_wait_in_the_backlog():
    """All workers dead: a client waits, it is not refused."""
    with Instance(hook=ACCEPT, maxproc=1) as mta:
        time.sleep(1.2)
        os.kill(mta.workers()[0], signal.SIGKILL)
        with mta.client() as c:
            c.hello()


def test_reload():
    with Instance(hook=ACCEPT) as mta:
        old = mta.workers()
        c = mta.client()
        c.hello()
        assert "one" in c.message().text[0]
        mta.write_hook('Accept("generation two");\n')
        mta.ctl("reload")
        with mta.client() as d:
            d.hello()
            assert "two" in d.message().text[0]
        assert "one" in c.message().text[0]     # its generation lives on
        assert any(alive(p) for p in old)
        c.cmd("QUIT", 221)
        wait_for(lambda: not any(alive(p) for p in old), 10, "the old")


def test_reload_by_signal():
    with Instance(hook=ACCEPT) as mta:
        mta.write_hook('Accept("generation two");\n')
        os.kill(mta.master_pid(), signal.SIGHUP)
        mta.wait_log("event=reload ")
        with mta.client() as d:
            d.hello()
            assert "two" in d.message().text[0]


def test_bad_reload_is_refused():
    with Instance(hook=ACCEPT) as mta:
        pids = sorted(mta.workers())
        for path, text, where in (
                ("hooks/eod.hsl", "Accept(\n\n$x = ;", "hooks/eod.hsl:3:"),
                ("main.cf", "bogus = 1\n", "main.cf:"),
                ("master.cf", "x inet\n", "master.cf:")):
            good = open(mta.path(path)).read()
            with open(mta.path(path), "w" if "eod" in path else "a") as f:
                f.write(text)
            p = mta.ctl("reload", check=False)
            assert p.returncode == 1, p
            assert where in p.stdout + p.stderr, p
            assert sorted(mta.workers()) == pids
            with mta.client() as c:
                c.hello()
                assert "one" in c.message().text[0]
            with open(mta.path(path), "w") as f:
                f.write(good)
        mta.ctl("reload")


def descriptors(pid, spare):
    """Leaves the process so many; the limit before."""
    used = {int(f) for f in os.listdir("/proc/%d/fd" % pid)}
    limit = 0
    while limit - len([f for f in used if f < limit]) < spare:
        limit += 1
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    return before


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return True


def test_reload_without_descriptors():
    """Enough for the new socket, not for its worker: nobody is left waiting
    at a port that nobody serves, and the log is where it was."""
    from halyard import free_port
    with Instance(hook=ACCEPT) as mta:
        pids, port = sorted(mta.workers()), free_port()
        master = mta.master_pid()
        with open(mta.path("master.cf"), "a") as f:
            f.write("127.0.0.1:%d inet n - - - 1 smtpd\n" % port)
        mta.set(log_target="log/other.log")
        before = descriptors(master, 3)
        p = mta.ctl("reload", check=False)
        assert p.returncode == 1, p
        assert "shared memory" in p.stdout + p.stderr, p
        resource.prlimit(master, resource.RLIMIT_NOFILE, before)
        assert refused(port)
        assert sorted(mta.workers()) == pids
        with open(mta.path("log/halyard.log")) as f:
            assert "event=reload-refused" in f.read()
        mta.ctl("reload")
        with Client(port) as c:
            c.hello()


def test_no_memory():
    """For a while there is none: master's workers are killed and it is told
    to reload, which can't succeed; it is there afterwards, and mail moves."""
    if WATCHED:
        return "a sanitizer has memory of its own"
    with Instance(hook=ACCEPT) as mta:
        master = mta.master_pid()
        usual = resource.prlimit(master, resource.RLIMIT_AS)
        for _ in range(4):
            workers = mta.workers()
            with open("/proc/%d/statm" % master) as f:
                has = int(f.read().split()[0]) * resource.getpagesize()
            resource.prlimit(master, resource.RLIMIT_AS, (has, usual[1]))
            for pid in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.kill(master, signal.SIGHUP)
            time.sleep(0.5)
            resource.prlimit(master, resource.RLIMIT_AS, usual)
            assert alive(master)
            mta.ctl("reload")
        with mta.client() as c:
            c.hello()
            c.message()


def test_reload_moves_ports():
    """A new listener is bound, an old one closed, others untouched."""
    from halyard import free_port
    with Instance(hook=ACCEPT) as mta:
        port = free_port()
        with open(mta.path("master.cf"), "a") as f:
            f.write("127.0.0.1:%d inet n - - - 1 smtpd\n" % port)
        mta.ctl("reload")
        for p in (port, mta.port):
            with Client(p) as c:
                c.hello()
        text = open(mta.path("master.cf")).read().splitlines()
        with open(mta.path("master.cf"), "w") as f:
            f.write("\n".join(l for l in text if str(port) not in l) + "\n")
        mta.ctl("reload")
        wait_for(lambda: refused(port), 10, "the old port's end")


def test_drain_limit():
    """Past it the old generation answers 421 between transactions."""
    with Instance(hook=ACCEPT, params={"drain_limit": "1s"}) as mta:
        idle, busy = mta.client(), mta.client()
        idle.hello()
        busy.hello()
        busy.cmd("MAIL FROM:<a@b.example>", 250)
        mta.ctl("reload")
        idle.expect(421)
        busy.cmd("RCPT TO:<a@b.example>", 250)
        busy.cmd("DATA", 354)
        assert busy.cmd("x\r\n.").code == 250
        busy.expect(421)
        assert busy.closed()


def test_third_reload_waits():
    with Instance(hook=ACCEPT, params={"drain_limit": "60s"}) as mta:
        c = mta.client()
        c.hello()
        mta.ctl("reload")
        done = []

        def reload():
            done.append(mta.ctl("reload", check=False).returncode)

        threads = [threading.Thread(target=reload) for _ in range(3)]
        for t in threads:
            t.start()
        time.sleep(1)
        assert done == []
        generations = {p["generation"] for p in json.loads(
            mta.ctl("status", "--json").stdout)["processes"]}
        assert len(generations) == 2, generations
        c.cmd("QUIT", 221)
        for t in threads:
            t.join(20)
        assert done == [0, 0, 0], done
        status = json.loads(mta.ctl("status", "--json").stdout)
        assert max(p["generation"] for p in status["processes"]) == 3


def test_workers_share_the_load():
    with Instance(hook=ACCEPT, maxproc=2) as mta:
        clients = [mta.client() for _ in range(200)]
        for c in clients:
            c.hello()
        log = mta.log()
        pids = [str(p) for p in mta.workers()]
        counts = [log.count("smtpd[%s]: event=connect" % p) for p in pids]
        assert sum(counts) == 200, counts
        assert max(counts) <= 200 * 0.66, counts
        for c in clients:
            c.close()


def test_unknown_user_may_not_control():
    """Another user's mtactl is not listened to (needs root to try)."""
    import subprocess
    if os.geteuid() != 0:
        return
    with Instance(hook=ACCEPT) as mta:
        os.chmod(mta.dir, 0o755)
        path = [os.path.join(r, "master.sock")
                for r, _, f in os.walk(mta.conf) if "master.sock" in f][0]
        os.chmod(path, 0o666)
        p = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups",
                            "python3", "-c",
                            "import socket; s = socket.socket("
                            "socket.AF_UNIX); s.connect(%r); s.sendall("
                            "bytes([0,0,0,4,0,22,0,0,0,0,0,0]));"
                            "print(len(s.recv(9)))" % path],
                           capture_output=True, text=True)
        assert p.stdout.strip() in ("0", "") , p
        assert mta.workers()


if __name__ == "__main__":
    main(globals())
