#!/usr/bin/env python3
"""deliver: what is queued reaches the next hop of its transport, recipient by
recipient, or is tried again, or held, whoever dies in between."""

import os
import re
import signal
import threading
import time

from halyard import SLOW, Backend, Instance, alive, main, wait_for

HOOK = '''
$m = $arguments["mail"];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"],
        $r["address"]["domain"] == "other.example" ? "other" : "hop");
Accept();
'''
ROWS = """
cleanup.sock unix y - - - 1 cleanup
qmgr.sock unix y - - - 1 qmgr
deliver unix y - - - %d deliver
"""


class Mta(Instance):
    """The transport hop leads to `backend`, with these options."""

    def __init__(self, backend, options="", mode="host", workers=1, more="",
                 hook=HOOK, **args):
        super().__init__(hook=hook, services=ROWS % workers, **args)
        self.transports("transport hop %s 127.0.0.1:%d -o tls=disabled %s\n"
                        % (mode, backend.port if backend else 1, options) +
                        more)

    def transports(self, text):
        with open(self.path("transport.cf"), "w") as f:
            f.write(text)

    def mail(self, body="Subject: s\r\n\r\nbody\r\n",
             rcpts=("r@a.example",), sender="s@from.example", params=""):
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<%s>%s" % (sender, params), 250)
            for r in rcpts:
                c.cmd("RCPT TO:<%s>" % r.split(" ")[0] +
                      r[len(r.split(" ")[0]):], 250)
            c.cmd("DATA", 354)
            c.send(body.encode() if isinstance(body, str) else body)
            c.send(b".\r\n")
            c.expect(250)

    def left(self):
        import json
        p = self.ctl("queue", "list", "--json", check=False)
        return json.loads(p.stdout)["entries"] if p.returncode == 0 else None

    def wait_empty(self, seconds=20):
        wait_for(lambda: self.left() == [], seconds, "an empty queue")

    def wait_state(self, state, count=1, seconds=20):
        def there():
            left = self.left()
            return left is not None and len([
                e for e in left if e["state"] == state]) == count
        wait_for(there, seconds, "%d in %s: %s" % (count, state,
                                                   self.left()))
        return [e for e in self.left() if e["state"] == state]

    def deliveries(self):
        """Of each event=delivery its fields."""
        found = []
        for line in self.log().splitlines():
            if " event=delivery " in line:
                found.append({k: v.strip('"') for k, v in re.findall(
                    r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)', line)})
        return found

    def kill(self, program):
        old = self.workers(program)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        for pid in old:
            wait_for(lambda: not alive(pid), text="death")


def test_delivered():
    with Backend() as b, Mta(b) as mta:
        mta.mail("Subject: s\r\n\r\n..dot\r\nend\r\n")
        mta.wait_empty()
        assert len(b.messages) == 1, b.messages
        m = b.messages[0]
        assert m["sender"] == b"<s@from.example>", m
        assert m["rcpts"] == [b"<r@a.example>"], m
        assert m["body"].endswith(b"Subject: s\r\n\r\n.dot\r\nend\r\n"), m
        assert m["body"].startswith(b"Received: "), m
        (d,) = mta.deliveries()
        assert d["result"] == "delivered" and d["verdict"] == "done", d
        assert d["queue"] == d["txn"] + ":1" and d["code"] == "250", d
        assert d["remote"] == "127.0.0.1" and d["transport"] == "hop", d
        assert d["to"] == "r@a.example" and d["retry"] == "0", d


def test_pooled():
    """One connection serves them all, and is kept as the transport says."""
    with Backend() as b, Mta(b, "-o concurrency=1") as mta:
        for _ in range(10):
            mta.mail()
        mta.wait_empty()
        assert len(b.messages) == 10 and b.connections == 1, b.connections
        assert mta.counters("deliver")["deliveries_done"] == 10


def test_not_pooled():
    with Backend() as b, Mta(b, "-o concurrency=1 -o pooling=no") as mta:
        for _ in range(5):
            mta.mail()
        mta.wait_empty()
        assert len(b.messages) == 5 and b.connections == 5, b.connections


if __name__ == "__main__":
    main(globals())
