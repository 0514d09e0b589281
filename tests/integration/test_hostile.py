#!/usr/bin/env python3
"""Backends that mean harm, fifty sessions each: they hang, dribble, reset, say
421, or lie about what they can, at every step.  Their clients get a temporary
answer (or the one that they deserve), nothing is taken for delivered that is
not, the worker lives, and a healthy backend's session goes on beside them.

One worker carries all.  Times are not measured: a healthy session is to be
through before the clients of those that hang are given up, and to go on while
the others come and go.
"""

import collections
import os
import select
import threading
import time

from halyard import SLOW, Backend, Instance, main
from hostile import DEADLINE, quick_kinds, silent_kinds

SESSIONS = int(os.environ.get("SESSIONS", "50" if SLOW == 1 else "10"))
HEALTHY = 300                   # messages
HOOK = '''
$a = explode("-", $transaction["recipients"][0]["address"]["localpart"]);
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
    $transaction["recipients"]), ["host" => "127.0.0.1",
    "port" => number($a[0]), "tls" => $a[1]]);
if (isset($r["result"])) {
    $c = $r["result"]["code"];
    if ($c >= 200 and $c <= 299) Accept($r["result"]["reason"]);
    if ($c >= 500) Reject($r["result"]["reason"]);
    Defer($r["result"]["reason"]);
}
Defer($r["error"]["message"]);
'''


# ---- Their clients and the healthy one --------------------------------------

class Victims:
    """SESSIONS sessions with one kind, all under way at the same time."""

    def __init__(self, mta, k):
        self.mta, self.kind = mta, k
        self.codes = collections.Counter()
        self.rounds = 0
        self.clients = []
        for _ in range(SESSIONS):
            c = mta.client(DEADLINE * 5)
            c.hello()
            self.clients.append(c)

    def start(self):
        rcpt = "%d-%s@x.example" % (self.kind.backend.port, self.kind.tls)
        for i, c in enumerate(self.clients):
            c.envelope(rcpts=[rcpt, "b@x.example"][:1 + i % 2])
            c.cmd("DATA", 354)
            c.send("Subject: of fifty\r\n\r\nhello\r\n.\r\n")

    def collect(self):
        for c in self.clients:
            self.codes[c.reply().code] += 1
        self.rounds += 1

    def answered(self):
        return select.select([c.sock for c in self.clients], [], [], 0)[0]

    def check(self):
        assert set(self.codes) <= set(self.kind.codes), (
            self.kind.name, self.codes)
        assert sum(self.codes.values()) == SESSIONS * self.rounds
        assert self.kind.backend.messages == [], self.kind.name

    def leave(self):
        for c in self.clients:
            c.cmd("QUIT", 221)
            c.close()
        self.kind.backend.close()


class Healthy:
    def __init__(self, mta, backend):
        self.rcpt = "%d-disabled@x.example" % backend.port
        self.backend = backend
        self.client = mta.client(DEADLINE * 5)
        self.client.hello()

    def run(self):
        """How long its messages took."""
        before = len(self.backend.messages)
        start = time.monotonic()
        for _ in range(HEALTHY):
            self.client.envelope(rcpts=[self.rcpt])
            self.client.cmd("DATA", 354)
            self.client.cmd("Subject: one of many\r\n\r\nhello\r\n.", 250)
        assert len(self.backend.messages) == before + HEALTHY
        return time.monotonic() - start


def instance():
    t = "%ds" % DEADLINE
    return Instance(hook=HOOK, maxproc=1, params={
        "inline_deadline": t, "inline_end_timeout": t})


def test_those_that_hang():
    with Backend() as good, instance() as mta:
        worker = mta.workers()
        healthy = Healthy(mta, good)
        crowd = [Victims(mta, k) for k in silent_kinds()]
        for v in crowd:
            v.start()
        healthy.run()
        for v in crowd:
            assert not v.answered(), v.kind.name
        for v in crowd:
            v.collect()
            v.check()
        healthy.run()
        for v in crowd:
            v.leave()
        assert mta.workers() == worker


def again_and_again(victims, stop, failures):
    try:
        while not stop.is_set() or victims.rounds == 0:
            victims.start()
            victims.collect()
    except Exception as e:
        failures.append((victims.kind.name, e))


def test_those_that_answer():
    """Each kind's sessions come back until the healthy one is through."""
    with Backend() as good, instance() as mta:
        worker = mta.workers()
        healthy = Healthy(mta, good)
        quiet = healthy.run()
        for k in quick_kinds():
            v, stop, failures = Victims(mta, k), threading.Event(), []
            thread = threading.Thread(target=again_and_again,
                                      args=(v, stop, failures))
            thread.start()
            beside = healthy.run()
            stop.set()
            thread.join()
            assert failures == [], failures
            v.check()
            v.leave()
            print("# %s: %d x %d, %s; the healthy one %.2f s, alone %.2f s"
                  % (k.name, v.rounds, SESSIONS, dict(v.codes), beside,
                     quiet))
            assert beside < quiet * 20 + 5 * SLOW, (k.name, beside, quiet)
        healthy.run()
        assert mta.workers() == worker


if __name__ == "__main__":
    main(globals())
