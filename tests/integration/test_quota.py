#!/usr/bin/env python3
"""queue_quota(): entries counted under names, up when they are queued, down
when they leave, whoever is killed or started again in between; asked by
scripts and by mtactl; and what a captured smtpd can do with that socket."""

import glob
import json
import os
import shutil
import signal
import socket
import struct

from halyard import Backend, Instance, alive, main, wait_for
from test_captured import why_not
from test_captured_store import Captured, blob
from test_deliver import Mta

HOOK = '''
$m = $arguments["mail"];
$ask = $m->getHeader("X-Ask");
if ($ask)
    Reject(json_encode(queue_quota($ask)));
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"],
        "hop", ["quotas" => explode(",", $m->getHeader("X-Quotas")),
        "hold" => $r["address"]["domain"] == "later.example"]);
Accept();
'''
HELLO, ASK, ANSWER = 111, 112, 113
KNOWN, UNKNOWN, NOT_YET = range(3)


class Counting(Mta):
    def __init__(self, backend=None, **args):
        super().__init__(backend, hook=HOOK, **args)

    def put(self, quotas, rcpts=("r@later.example",)):
        """What goes to later.example is held."""
        self.mail("X-Quotas: %s\r\n\r\n%s\r\n" % (quotas, "x" * 98),
                  rcpts)

    def asked(self, name):
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<s@a.example>", 250)
            c.cmd("RCPT TO:<r@later.example>", 250)
            c.cmd("DATA", 354)
            c.send(b"X-Ask: %s\r\n\r\n.\r\n" % name.encode())
            r = c.reply()
            return r.code, r.text[0]

    def count(self, name):
        """By a script and by mtactl, which agree: entries and bytes."""
        p = self.ctl("queue", "quota", "--json", name)
        told = json.loads(p.stdout)
        assert told["name"] == name, told
        code, text = self.asked(name)
        assert code == 550, (code, text)
        said = json.loads(text[text.index("{"):])
        assert said == {"count": told["entries"], "bytes": told["bytes"]}, \
            (said, told)
        return told["entries"], told["bytes"]

    def wait_count(self, name, count):
        """Also while qmgr starts."""
        def there():
            return self.ctl("queue", "quota", name, check=False) \
                .returncode == 0 and self.count(name)[0] == count
        wait_for(there, text="%d under %s" % (count, name))

    def ids(self, *args):
        p = self.ctl("queue", "list", "--json", *args)
        return ["%s:%d" % (e["id"]["transaction"], e["id"]["queue"])
                for e in json.loads(p.stdout)["entries"]]

    def ready(self):
        wait_for(lambda: self.ctl("queue", "stats", check=False)
                 .returncode == 0, 20, "qmgr")


def test_counts():
    """Over a delivery, deletions, a qmgr that is killed, a restart, and an
    index that is gone."""
    with Backend() as b, Counting(b) as mta:
        assert mta.count("a") == (0, 0)
        mta.put("a,b")
        mta.put("a,a", rcpts=("r@later.example", "s@later.example"))
        mta.put("c")
        mta.wait_count("a", 3)
        # The fields that are put before are counted, too.
        assert mta.count("a")[1] > 300
        sizes = json.loads(mta.ctl("queue", "list", "--json").stdout)
        sizes = [e["size"] for e in sizes["entries"] if "a" in e["quotas"]]
        assert mta.count("a")[1] == sum(sizes), sizes
        assert mta.count("b")[0] == 1 and mta.count("no")[0] == 0
        mta.kill("qmgr")
        mta.ready()
        mta.wait_count("a", 3)
        gone = mta.ids("--recipient", "s@later.example")
        assert len(gone) == 1, gone
        mta.ctl("queue", "delete", *gone)
        mta.wait_count("a", 2)
        mta.ctl("stop")
        mta.ctl("start")
        mta.ready()
        mta.wait_count("a", 2)
        assert mta.count("b")[0] == 1 and mta.count("c")[0] == 1
        mta.ctl("stop")
        (index,) = glob.glob(mta.path("**/index"), recursive=True)
        shutil.rmtree(index)
        mta.ctl("start")
        mta.ready()
        mta.wait_count("a", 2)
        assert mta.count("b")[0] == 1 and mta.count("c")[0] == 1
        # What is delivered counts no more.
        mta.put("d", rcpts=("r@hop.example",))
        mta.put("d", rcpts=("r@later.example",))
        wait_for(lambda: len(b.messages) == 1, text="the delivery")
        mta.wait_count("d", 1)
        mta.ctl("queue", "delete", "--all")
        for name in "abcd":
            mta.wait_count(name, 0)


def test_usage():
    with Counting() as mta:
        for args in (), ("a", "b"), ("--json", "a", "b"), ("--json",):
            p = mta.ctl("queue", "quota", *args, check=False)
            assert p.returncode == 2, (args, p)
        assert mta.ctl("queue", "quota", "a").stdout == \
            "0 entries, 0 bytes\n"


def test_no_answer():
    """qmgr hangs: an exception after a while, with its place, and nobody else
    waits.  It is killed instead: the question waits for the next one."""
    with Counting() as mta:
        mta.put("a")
        mta.wait_count("a", 1)
        (pid,) = mta.workers("qmgr")
        os.kill(pid, signal.SIGSTOP)
        with mta.client(timeout=40) as c, mta.client() as other:
            for s in c, other:
                s.hello()
                s.cmd("MAIL FROM:<s@a.example>", 250)
                s.cmd("RCPT TO:<r@later.example>", 250)
                s.cmd("DATA", 354)
            c.send(b"X-Ask: a\r\n\r\n.\r\n")
            other.send(b"X-Quotas: a\r\n\r\n.\r\n")
            other.expect(250)
            c.expect(421)
        wait_for(lambda: "qmgr does not answer" in mta.log(), text="a line")
        line = [l for l in mta.log().splitlines()
                if "qmgr does not answer" in l][0]
        assert "line=5" in line and "column=" in line, line
        with mta.client(timeout=40) as c:
            c.hello()
            c.cmd("MAIL FROM:<s@a.example>", 250)
            c.cmd("RCPT TO:<r@later.example>", 250)
            c.cmd("DATA", 354)
            c.send(b"X-Ask: a\r\n\r\n.\r\n")
            os.kill(pid, signal.SIGKILL)
            assert '"count":2' in c.expect(550).text[0]


def test_no_queue():
    """Without a row for qmgr."""
    with Instance(hook=HOOK) as mta:
        with mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<s@a.example>", 250)
            c.cmd("RCPT TO:<r@later.example>", 250)
            c.cmd("DATA", 354)
            c.send(b"X-Ask: a\r\n\r\n.\r\n")
            c.expect(421)
        wait_for(lambda: "master.cf needs a row for qmgr.sock" in mta.log(),
                 text="a line")


# ---- A captured smtpd --------------------------------------------------------


class Taken(Captured):
    """One smtpd, stopped, and its connection to qmgr."""

    def __init__(self, mta):
        self.credit = 0
        self.data = b""
        self.pid = None
        for pid in mta.workers():
            self.sock = self.copy(pid, "qmgr.sock")
            if self.sock is not None:
                self.pid = pid
                break
        assert self.pid is not None, "no worker is connected to qmgr"
        os.kill(self.pid, signal.SIGSTOP)
        self.sock.settimeout(20)

    def let_go(self, cut=False):
        """It goes on, with a connection that has ended."""
        if cut:
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        os.kill(self.pid, signal.SIGCONT)

    def ask(self, name, n=7):
        self.send(ASK, struct.pack(">Q", n) + blob(name))

    def answer(self):
        f = self.frame()
        assert f is not None and f[0] == ANSWER, f
        return struct.unpack(">QIQQ", f[1])


def rows_for_others(mta):
    """Each frame that may be said to qmgr by somebody, and some that none
    may: kind and a body that decodes."""
    id = b"\x01" * 20
    return [
        (61, blob(b"--id") + blob(b"x")), (62, struct.pack(">I", 100)),
        (63, struct.pack(">Q", 0) + blob(b"") + blob(b"")),
        (64, struct.pack(">I", 0)), (65, struct.pack(">QII", 0, 0, 0)),
        (66, blob(b"priority") + blob(b"") + blob(b"1")),
        (67, struct.pack(">QI", 0, 0)), (68, struct.pack(">QI", 0, 0)),
        (69, blob(id) + struct.pack(">I", 0)),
        (80, struct.pack(">QII", 0, 1, 10)), (83, struct.pack(">I", 0)),
        (91, struct.pack(">Q", 1) + blob(id) + struct.pack(">I", 1) +
         blob(id)), (95, struct.pack(">I", 0)),
        (100, struct.pack(">I", 0)), (101, struct.pack(">I", 0)),
        (102, struct.pack(">II", 1, 1)), (110, blob(b"a")),
        (50, struct.pack(">QQ", 1, 1)), (35, struct.pack(">QQI", 1, 1, 1) +
                                          blob(b"")),
        (ANSWER, struct.pack(">QIQQ", 1, 0, 0, 0)),
        (HELLO, struct.pack(">QI", 0, 1)), (250, b"")]


def test_captured():
    """It asks, and that is all: whatever else it says ends its connection, and
    neither qmgr nor the mail."""
    if why_not():
        return why_not()
    with Counting(maxproc=1) as mta:
        mta.put("a")
        mta.wait_count("a", 1)
        qmgr = mta.workers("qmgr")
        for kind, body in rows_for_others(mta):
            mta.asked("a")
            p = Taken(mta)
            try:
                p.ask(b"a")
                id, status, count, size = p.answer()
                assert (id, status, count) == (7, KNOWN, 1) and size > 100
                p.ask(b"", n=2 ** 64 - 1)
                assert p.answer() == (2 ** 64 - 1, KNOWN, 0, 0)
                p.cut_off(lambda: p.send(kind, body))
            finally:
                p.let_go()
        # Many that it never reads the answers of.
        mta.asked("a")
        p = Taken(mta)
        try:
            def flood():
                for n in range(200000):
                    p.ask(b"a", n)
            p.cut_off(flood)
        finally:
            p.let_go()
        # No frame at all, half a frame, and one that is too large.
        for what in b"x" * 7, struct.pack(">IHBB", 1 << 24, ASK, 0, 0):
            mta.asked("a")
            p = Taken(mta)
            p.sock.sendall(what)
            p.let_go(cut=True)
        mta.wait_count("a", 1)
        assert mta.workers("qmgr") == qmgr
        assert len(mta.ids()) == 1 and alive(qmgr[0])


if __name__ == "__main__":
    main(globals())
