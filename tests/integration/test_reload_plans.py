#!/usr/bin/env python3
"""A reload of transport.cf or policy.cf alone leaves the workers: they are
told, and what is under way goes on as it began."""

import os
import tempfile
import threading

from halyard import Backend, main, wait_for
from pki import certificate
from test_relay import Queue, numbers, out

HOOK = '''
$m = $arguments["mail"];
$id = $transaction["senderaddress"]["localpart"];
$way = $transaction["recipients"][0]["address"]["localpart"];
try {
    if ($way == "send") {
        $r = $m->send($transaction["senderaddress"], ["r@a.example"], $id);
        if (is_array($r["error"] ?? none)) Defer($r["error"]["message"]);
        Accept("sent");
    }
    if ($way == "script")
        MailMessage::String("S: x\\n\\nbody 77.\\n")->queue("", "r@a.example",
            $id);
    else
        $m->queue($transaction["sender"], "r@a.example", $id);
} catch ($e) { Reject($e->message()); }
Accept("queued");
'''
IN_PLACE = "reloaded: transports and policies; workers go on\n"
ANEW = "reloaded\n"


class Mta(Queue):
    def __init__(self, transports, policy="", hook=HOOK, **params):
        super().__init__(transports, hook=hook, params=params)
        self.policy(policy)

    def policy(self, text):
        with open(self.path("policy.cf"), "w") as f:
            f.write(text)

    def all_workers(self):
        """Pids, and of which generation the status says that they are."""
        return sorted(sum((self.workers(p) for p in
                           ("smtpd", "deliver", "qmgr", "cleanup")), []))

    def reload(self):
        p = self.ctl("reload", check=False)
        return p.stdout if p.returncode == 0 else p.stderr

    def stays(self):
        """A reload that leaves the workers."""
        before = self.all_workers()
        assert len(before) == 2 + 2 + 1 + 1, before
        assert self.reload() == IN_PLACE
        assert self.all_workers() == before
        self.wait_log("event=reload generation=1 kind=plans")

    def goes(self):
        """A reload that makes new ones of smtpd and deliver."""
        before = set(self.workers() + self.workers("deliver"))
        single = self.workers("qmgr")
        assert self.reload() == ANEW
        wait_for(lambda: not before & set(self.all_workers()),
                 text="the end of the old generation")
        assert self.workers("qmgr") == single
        self.wait_log("kind=generation")


def say(c, id, way, n=0):
    return c.message("Subject: s\r\n\r\nbody %d.\r\n" % n, id + "@x.example",
                     [way + "@a.example"])


def test_transports():
    """Sessions that are open have the new ones, by each way; what is queued
    goes by them."""
    with Backend() as b, Mta(out(b)) as mta, mta.client() as c:
        c.hello()
        assert say(c, "out", "queue", 1).code == 250
        for way in ("queue", "script", "send"):
            assert say(c, "new", way).code == 550, way
        mta.transports(out(b, id="new"))
        mta.stays()
        assert say(c, "new", "queue", 2).code == 250
        assert say(c, "new", "script").code == 250
        assert say(c, "new", "send", 3).text == ["2.0.0 sent"]
        for way in ("queue", "script", "send"):
            assert say(c, "out", way).code == 550, way
        wait_for(lambda: numbers(b) == [1, 2, 3, 77], text="all of it")


def test_policies():
    """qmgr has the new ones; and the file of a list is one of policy.cf's."""
    with Backend() as b, Mta(
            out(b), "suspend s recipientdomain=a.example\n") as mta:
        mta.put(1, sender="out@x.example")
        mta.wait(1)
        mta.policy("# nothing\n")
        mta.stays()
        mta.wait(0)
        with open(mta.path("domains"), "w") as f:
            f.write("a.example\n")
        mta.policy("list l recipientdomain -o file=domains\n"
                   "suspend s recipientdomain=@l\n")
        mta.transports(out(b, "concurrency=3"))
        mta.stays()
        mta.put(1, first=1, sender="out@x.example")
        mta.wait(1)
        with open(mta.path("domains"), "w") as f:
            f.write("b.example\n")
        mta.stays()
        mta.wait(0)
        assert numbers(b) == [0, 1]


def test_restarted():
    """A worker that is started later has them, too."""
    with Backend() as b, Mta(out(b)) as mta:
        mta.transports(out(b, id="new"))
        mta.stays()
        mta.kill("smtpd", "qmgr")
        wait_for(lambda: len(mta.all_workers()) == 6, text="the new ones")
        with mta.client() as c:
            c.hello()
            assert say(c, "new", "queue", 5).code == 250
            assert say(c, "new", "send", 6).code == 250
        wait_for(lambda: numbers(b) == [5, 6], text="both")


def test_send_under_way():
    """It ends as it began, though its transport is there no more; twice."""
    go = threading.Event()
    at = threading.Event()

    def end(conv, line):
        at.set()
        assert go.wait(60)

    with Backend(replies={"EOD": end}) as b, Backend() as other, \
            Mta(out(b, "helo=a.name.of.its.own")) as mta, \
            mta.client(60) as c:
        c.hello()
        c.envelope("out@x.example", ["send@a.example"])
        c.cmd("DATA", 354)
        c.send(b"Subject: s\r\n\r\nbody 9.\r\n.\r\n")
        assert at.wait(30)
        mta.transports(out(other, id="another"))
        mta.stays()
        mta.transports(out(other))
        mta.stays()
        go.set()
        assert c.expect(250).text == ["2.0.0 sent"]
        assert numbers(b) == [9] and numbers(other) == []
        assert say(c, "out", "send", 10).code == 250
        assert numbers(other) == [10]


def test_faults():
    """Are told with their place; what runs goes on, with what it had."""
    with Backend() as b, Mta(out(b)) as mta, mta.client() as c:
        before = mta.all_workers()
        c.hello()
        mta.transports(out(b, id="new"))
        mta.policy("policy a - -o concurrency=1\npolicy b - -o rate=x\n")
        said = mta.reload()
        assert "policy.cf:2:" in said, said
        assert say(c, "out", "queue", 1).code == 250
        assert say(c, "new", "queue").code == 550
        mta.policy("")
        mta.transports(out(b, id="new") + "transport x mx - -o max_age=x\n")
        said = mta.reload()
        assert "transport.cf:2:" in said, said
        assert say(c, "out", "send", 2).code == 250
        assert mta.all_workers() == before
        mta.transports(out(b, id="new"))
        mta.stays()
        assert say(c, "new", "queue", 3).code == 250
        wait_for(lambda: numbers(b) == [1, 2, 3], text="all")


def test_list_file():
    """It is read again when it changes, without a reload; one that does not
    hold is told of once, and what was before goes on."""
    with Backend() as b:
        mta = Mta(out(b), "list l recipientdomain -o file=domains\n"
                  "suspend s recipientdomain=@l\n")

        def domains(text):
            with open(mta.path("new"), "w") as f:
                f.write(text)
            os.rename(mta.path("new"), mta.path("domains"))

        def errors():
            return [l for l in mta.log().splitlines()
                    if "event=config-error" in l]

        domains("# none\n")
        with mta:
            mta.put(1, sender="out@x.example")
            mta.wait(0)
            domains("a.example\n")
            mta.wait_log("action=list-file id=l", 30)
            mta.put(1, first=1, sender="out@x.example")
            mta.wait(1)
            domains("a.example\n/(/\n")
            said = mta.wait_log("event=config-error", 30)
            assert "file=domains line=2" in said, said
            os.unlink(mta.path("domains"))
            wait_for(lambda: len(errors()) == 2, 30, "the second fault")
            mta.kill("qmgr")
            wait_for(lambda: mta.workers("qmgr"), text="another qmgr")
            mta.wait(1)
            assert numbers(b) == [0]
            domains("b.example\n")
            mta.wait(0, seconds=30)
            assert numbers(b) == [0, 1]
            assert len(errors()) == 2, errors()
            # Whether it was read before a reload or by that: the same.
            mta.stays()
            mta.goes()


def test_something_else():
    """Then there are new workers, as where nothing at all has changed."""
    with tempfile.TemporaryDirectory() as d, Backend() as b, \
            Mta(out(b), **certificate(d)) as mta:
        n = 0

        def another():
            nonlocal n
            n += 1
            mta.policy("policy a - -o concurrency=%d\n" % n)

        another()
        mta.stays()
        mta.goes()
        another()
        mta.write_hook(HOOK + " ")
        mta.goes()
        another()
        with open(mta.path("hooks/imported.hsl"), "w") as f:
            f.write("function f() {}\n")
        mta.goes()
        another()
        mta.set(smtpd_error_limit="50")
        mta.goes()
        another()
        mta.maxproc(1)
        mta.goes()
        mta.maxproc(2)
        mta.goes()
        another()
        # The same text, but another file.
        cert = os.path.join(d, "server.pem")
        with open(cert) as f, open(cert + ".new", "w") as to:
            to.write(f.read())
        os.rename(cert + ".new", cert)
        mta.goes()
        another()
        mta.stays()


if __name__ == "__main__":
    main(globals())
