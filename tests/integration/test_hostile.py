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
import socket
import struct
import threading
import time

from halyard import SLOW, Backend, Client, Gone, Instance, main

SESSIONS = int(os.environ.get("SESSIONS", "50" if SLOW == 1 else "10"))
HEALTHY = 300                   # messages
DEADLINE = 6 * SLOW             # seconds, of what hangs
CHUNKING = Backend.EXTS + ("CHUNKING",)
STATES = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "EOD")
TEMPORARY = range(400, 500)
REFUSED = range(400, 600)
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

# name, backend, codes its clients may get, "tls" option of send()
Kind = collections.namedtuple("Kind", "name backend codes tls")


def kind(name, replies=None, exts=Backend.EXTS, codes=TEMPORARY,
         tls="disabled", handler=None):
    return Kind(name, Backend(exts, replies, handler), codes, tls)


# ---- What they do -----------------------------------------------------------

def hang(conv, line):
    """Says nothing until the other side leaves."""
    while conv.sock.recv(65536):
        pass
    raise Gone()


def reset(conv, line):
    conv.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
    conv.file.close()
    conv.sock.close()
    raise Gone()


def bye(conv, line):
    conv.send(b"421 4.3.2 going down\r\n")
    raise Gone()


def dribble(conv):
    """Every reply, one byte a second."""
    def slowly(data):
        for i in range(len(data)):
            conv.sock.sendall(data[i:i + 1])
            time.sleep(1)

    conv.send = slowly
    conv.run()


def dribble_end(conv, line):
    for byte in b"250 2.0.0 taken, one day":
        conv.send(bytes([byte]))
        time.sleep(1)
    raise Gone()


def drops_pipelined(conv):
    """Offers PIPELINING, takes one command of what came and forgets the
    rest."""
    conv.send(b"220 liar\r\n")
    while True:
        data = conv.sock.recv(65536)
        if not data:
            raise Gone()
        verb = data[:4].upper()
        conv.send(b"250-liar\r\n250 PIPELINING\r\n" if verb == b"EHLO"
                  else b"354 go on\r\n" if verb == b"DATA"
                  else b"250 2.0.0 ok\r\n")


def takes_chunks_for_commands(conv):
    """Offers CHUNKING, refuses BDAT and reads the message as commands."""
    conv.send(b"220 liar\r\n")
    while True:
        verb = conv.line()[:4].upper()
        conv.send(b"250-liar\r\n250-PIPELINING\r\n250 CHUNKING\r\n"
                  if verb == b"EHLO" else b"250 2.0.0 ok\r\n"
                  if verb in (b"MAIL", b"RCPT", b"RSET")
                  else b"502 5.5.1 what?\r\n")


def refuses_chunks(conv, line):
    return b"502 5.5.1 no BDAT here\r\n"


def endless(conv, line):
    while True:
        conv.send(b"250-and more\r\n" * 1000)


def long_line(conv, line):
    while True:
        conv.send(b"250 " + b"x" * 65536)


def babbles(conv, line):
    """Answers what nobody asked."""
    return b"250 2.0.0 ok\r\n" * 50


def noise(conv, line):
    return bytes(range(256)) * 8


def no_handshake(conv, line):
    conv.send(b"220 2.0.0 go\r\n")
    hang(conv, line)


def broken_handshake(conv, line):
    conv.send(b"220 2.0.0 go\r\n")
    conv.sock.recv(1)
    conv.send(b"\x15\x03\x03\x00\x02\x02\x28 this is not TLS\r\n")
    raise Gone()


def refuses_tls(conv, line):
    return b"454 4.7.0 not now\r\n"


TLS = Backend.EXTS + ("STARTTLS",)


def install_starttls():
    """The scripted backend knows the verb only where a test asks for it."""
    from halyard import Conversation
    Conversation.do_STARTTLS = lambda self, line: self.answer(
        "STARTTLS", line, b"454 4.7.0 no\r\n")


def silent_kinds():
    """Those that are given up at the deadline, not before."""
    return [kind("hang at " + s, {s: hang}) for s in STATES] + [
        kind("hang at BDAT", {"BDAT": hang, "EOD": hang}, CHUNKING),
        kind("dribble", handler=dribble),
        kind("dribble at the end", {"EOD": dribble_end}),
        kind("drops pipelined commands", handler=drops_pipelined),
        kind("STARTTLS and silence", {"STARTTLS": no_handshake}, TLS,
             tls="require")]


def quick_kinds():
    return [kind("reset at " + s, {s: reset}) for s in STATES] + [
        kind("421 at " + s, {s: bye}) for s in STATES] + [
        kind("421 at BDAT", {"EOD": bye}, CHUNKING),
        kind("refuses BDAT", {"BDAT": refuses_chunks,
                              "EOD": refuses_chunks}, CHUNKING, REFUSED),
        kind("reads BDAT as commands", handler=takes_chunks_for_commands,
             codes=REFUSED),
        kind("SIZE too small", exts=["PIPELINING", "SIZE 10"],
             codes=REFUSED),
        kind("250 to DATA", {"DATA": b"250 2.0.0 sure\r\n"}, codes=REFUSED),
        kind("354 to MAIL", {"MAIL": b"354 go on\r\n"}, codes=REFUSED),
        kind("endless reply", {"MAIL": endless}),
        kind("endless line", {"MAIL": long_line}),
        kind("babbles", {"EHLO": babbles}, codes=REFUSED),
        kind("noise", {"MAIL": noise}),
        kind("STARTTLS refused", {"STARTTLS": refuses_tls}, TLS,
             tls="require"),
        kind("STARTTLS broken", {"STARTTLS": broken_handshake}, TLS,
             tls="require")]


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
    install_starttls()
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
    install_starttls()
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
