#!/usr/bin/env python3
"""Reloads when it suits least: under TLS, twice at once, with master, a worker
or the share service killed in the middle."""

import os
import random
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from halyard import (MTACTL, SLOW, Client, Instance, free_port, main,
                     wait_for)
from pki import certificate

KEEP = '''
memory_store("n", (memory_fetch("n") ?? 0) + 1);
Accept("ok");
'''
RELOADS = 100 if SLOW == 1 else 20


def tls_instance(directory, hook='Accept("ok");', maxproc=2, **params):
    """With STARTTLS on its port, and implicit TLS on mta.tls_port."""
    mta = Instance(hook=hook, maxproc=maxproc,
                   params=dict(certificate(directory), **params))
    mta.tls_port = free_port()
    with open(mta.path("master.cf"), "a") as f:
        f.write("127.0.0.1:%d inet n - - - %d smtpd\n"
                "    -o smtpd_tls_wrapper=yes\n" % (mta.tls_port, maxproc))
    return mta


def ours(mta):
    """Pids of all processes of the instance, master among them."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/cmdline" % name, "rb") as f:
                if mta.conf.encode() in f.read() and int(name) != os.getpid():
                    found.append(int(name))
        except (OSError, ValueError):
            pass
    return found


def dial(mta, ctx, implicit, session=None):
    if implicit:
        c = Client(mta.tls_port, 60, greet=False)
    else:
        c = Client(mta.port, 60)
        c.hello()
        c.cmd("STARTTLS", 220)
    c.sock = ctx.wrap_socket(c.sock, session=session)
    c.file = c.sock.makefile("rb")
    if implicit:
        c.expect(220)
    c.hello()
    return c


class Load:
    """Clients that dial and send until they are stopped."""

    def __init__(self, mta, count=4):
        self.mta, self.stop = mta, False
        self.done, self.resumed, self.failed = 0, 0, []
        self.threads = [threading.Thread(target=self.run, args=(i % 2 == 0,))
                        for i in range(count)]
        for t in self.threads:
            t.start()

    def run(self, implicit):
        ctx = ssl._create_unverified_context()
        session = None
        while not self.stop:
            try:
                with dial(self.mta, ctx, implicit, session) as c:
                    self.resumed += c.sock.session_reused
                    for _ in range(3):
                        if c.message().code != 250:
                            raise AssertionError("refused")
                        self.done += 1
                    c.cmd("QUIT", 221)
                    session = c.sock.session
            except Exception as e:
                self.failed.append(repr(e))
                return

    def end(self):
        self.stop = True
        for t in self.threads:
            t.join()
        assert not self.failed, self.failed


def test_reloads_under_tls():
    """No connection refused, none dropped, and tickets are good throughout."""
    with tempfile.TemporaryDirectory() as d, tls_instance(d) as mta:
        load = Load(mta)
        for _ in range(RELOADS):
            mta.ctl("reload")
        load.end()
        assert load.done > RELOADS and load.resumed > RELOADS / 2, \
            (load.done, load.resumed)
        assert "worker-death" not in mta.log()


def test_two_at_once():
    """Both are told that theirs is done; the configuration is the last."""
    with Instance(hook='Accept("one");') as mta:
        for word in ("two", "three", "four"):
            mta.write_hook('Accept("%s");' % word)
            both = [subprocess.Popen([MTACTL, "-c", mta.conf, "reload"],
                                     stdout=subprocess.DEVNULL)
                    for _ in range(5)]
            assert [p.wait(60) for p in both] == [0] * 5
            with mta.client() as c:
                c.hello()
                said = c.message().text
                assert said == ["2.0.0 " + word], (said, word)


def test_second_hears_of_its_own():
    """Who asks while a reload is under way is told how the next one ended:
    the file may have changed, and hold no more."""
    with tempfile.TemporaryDirectory() as d:
        mta = Instance(params=certificate(d), maxproc=1)
        cert, slow = os.path.join(d, "server.pem"), os.path.join(d, "slow")
        os.mkfifo(slow)
        with mta:
            mta.set(smtpd_tls_cert_file=slow)       # loads when we say so
            command = [MTACTL, "-c", mta.conf, "reload"]
            first = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            mta.wait_log("generation=2")
            mta.set(smtpd_tls_cert_file=cert, smtpd_error_limit="x")
            second = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.PIPE)
            time.sleep(0.3)
            assert first.poll() is None and second.poll() is None
            with open(cert) as f, open(slow, "w") as out:
                out.write(f.read())
            assert first.wait(30) == 0
            said = second.communicate(timeout=30)[1].decode()
            assert second.returncode == 1 and "not a number" in said, said
            mta.wait_log("event=reload-refused")


def test_reload_while_it_starts():
    """Not lost, and not in the way of the start."""
    with tempfile.TemporaryDirectory() as d:
        mta = Instance(hook='Accept("one");', params=certificate(d))
        cert, slow = os.path.join(d, "server.pem"), os.path.join(d, "slow")
        os.mkfifo(slow)
        mta.maxproc(1)
        mta.set(smtpd_tls_cert_file=slow)
        start = subprocess.Popen([MTACTL, "-c", mta.conf, "start"],
                                 stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            mta.wait_log("event=worker-start")
            mta.write_hook('Accept("two");')
            mta.set(smtpd_tls_cert_file=cert)
            os.kill(mta.master_pid(), signal.SIGHUP)
            time.sleep(0.3)
            assert start.poll() is None
            with open(cert) as f, open(slow, "w") as out:
                out.write(f.read())
            assert start.wait(30) == 0
            mta.wait_log("event=reload generation=2")
            with mta.client() as c:
                c.hello()
                assert c.message().text == ["2.0.0 two"]
        finally:
            mta.stop()


def test_master_killed_in_reload():
    """Whenever it dies: nobody stays, and another one takes the place."""
    for _ in range(6 if SLOW == 1 else 2):
        mta = Instance(maxproc=3)
        mta.start()
        try:
            master = mta.master_pid()
            os.kill(master, signal.SIGHUP)
            time.sleep(random.uniform(0, 0.08))
            os.kill(master, signal.SIGKILL)
            wait_for(lambda: not ours(mta), 8, "the end of all")
            mta.ctl("start")
            with mta.client() as c:
                c.hello()
            mta.ctl("reload")
        finally:
            mta.stop()
            wait_for(lambda: not ours(mta), 8, "the end of all")


def test_worker_killed_in_handshake():
    """The client sees the end; the next one finds another worker, and no
    session is counted that is not there."""
    with tempfile.TemporaryDirectory() as d, tls_instance(d) as mta:
        for _ in range(3):
            with mta.client() as c, mta.client() as other:
                c.hello()
                c.cmd("STARTTLS", 220)
                c.send(b"\x16\x03\x01\x02\x00\x01\x00")
                other.hello()
                for pid in mta.workers():
                    os.kill(pid, signal.SIGKILL)
                assert c.closed() and other.closed()
            with dial(mta, ssl._create_unverified_context(), False) as c:
                assert c.message().code == 250
            wait_for(lambda: mta.counters()["sessions"] == 0, text="0")
        mta.ctl("reload")


def test_share_killed_in_reload():
    """The reload holds, and the service is there again."""
    with Instance(hook=KEEP) as mta:
        for _ in range(5):
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250
            for pid in mta.workers("share"):
                os.kill(pid, signal.SIGKILL)
            mta.ctl("reload")
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250
        wait_for(lambda: len(mta.workers("share")) == 1, text="one share")


if __name__ == "__main__":
    main(globals())
