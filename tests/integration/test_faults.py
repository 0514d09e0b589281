#!/usr/bin/env python3
"""Workers die at every step of an in-line delivery: what a client was told
is true.

Twenty clients send messages with unique ids while all workers are killed
with SIGKILL, KILLS times in each phase, at the moment the backend sees that
phase.  Afterwards: a message that got 250 is at the backend; one that was
refused before its end is not; nothing is there that was never sent; no
connection was refused.  What a client got no answer for may be there or not.
"""

import os
import re
import signal
import threading
import time

from halyard import SLOW, Backend, Instance, main, wait_for

KILLS = int(os.environ.get("KILLS", "20" if SLOW == 1 else "5"))
CLIENTS = 20
HOOK = '''
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
    $transaction["recipients"]), ["host" => "127.0.0.1", "port" => %d]);
if (isset($r["result"])) {
    $c = $r["result"]["code"];
    if ($c >= 200 and $c <= 299) Accept($r["result"]["reason"]);
    if ($c >= 500) Reject($r["result"]["reason"]);
    Defer($r["result"]["reason"]);
}
Defer($r["error"]["message"]);
'''


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.told = {}          # id -> code, or None: no answer
        self.errors = []

    def note(self, ident, code):
        with self.lock:
            self.told[ident] = code


class Assassin:
    """Kills all workers when the backend comes to a phase and is armed."""

    def __init__(self, mta):
        self.mta = mta
        self.armed = None
        self.kills = 0
        self.lock = threading.Lock()

    def at(self, phase):
        with self.lock:
            if self.armed != phase:
                return False
            self.armed = None
            for pid in self.pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.kills += 1
            return True

    def arm(self, phase):
        """Once the workers have lived for a second, so that they are
        replaced at once."""
        time.sleep(1.1)
        self.pids = wait_for(lambda: self.ready(), 20, "workers")
        with self.lock:
            self.armed = phase
            before = self.kills
        wait_for(lambda: self.kills > before, 30, "a kill in " + phase)

    def ready(self):
        pids = self.mta.workers()
        return pids if len(pids) == 2 else None


def send_messages(mta, ledger, stop, name):
    n = 0
    while not stop.is_set():
        try:
            c = mta.client(20)
        except ConnectionRefusedError as e:
            ledger.errors.append(e)
            return
        except (OSError, EOFError):
            continue
        try:
            c.hello()
            while not stop.is_set():
                n += 1
                ident = "m%s-%d" % (name, n)
                c.envelope("s@example.net", ["a@example.org",
                                             "b@example.org"][:1 + n % 2])
                c.cmd("DATA", 354)
                ledger.note(ident, None)
                c.send("Subject: %s\r\n\r\nx\r\n.\r\n" % ident)
                ledger.note(ident, c.reply().code)
        except (OSError, EOFError, AssertionError):
            pass
        finally:
            c.close()


def ident_of(body):
    found = re.search(rb"Subject: (m[0-9-]+)\r", body)
    return found.group(1).decode() if found else None


def test_kills_in_every_phase():
    box = {}
    refused = set()

    def at(phase):
        def when(conv, line):
            box["assassin"].at(phase)
        return when

    def end(conv, line):
        ident = ident_of(conv.body)
        if hash(ident) % 5 == 0:            # some are refused for good
            refused.add(ident)
            return b"550 5.7.1 not this one\r\n"
        box["assassin"].at("end sent, no reply")
        if box["assassin"].armed == "reply on its way":
            threading.Timer(0.0005, box["assassin"].at,
                            ("reply on its way",)).start()

    replies = {"MAIL": at("before RCPT"), "RCPT": at("RCPT"),
               "DATA": at("before the body"), "EOD": end}
    with Backend(replies=replies) as b:
        with Instance(hook=HOOK % b.port) as mta:
            box["assassin"] = Assassin(mta)
            ledger, stop = Ledger(), threading.Event()
            threads = [threading.Thread(target=send_messages, args=(
                mta, ledger, stop, str(i))) for i in range(CLIENTS)]
            for t in threads:
                t.start()
            for phase in ("before RCPT", "RCPT", "before the body",
                          "end sent, no reply", "reply on its way"):
                for _ in range(max(1, KILLS * 4 // 5)):
                    box["assassin"].arm(phase)
            stop.set()
            for t in threads:
                t.join(60)
            assert ledger.errors == [], ledger.errors[:3]
            there = [ident_of(m["body"]) for m in b.messages]
            check(ledger, there, refused)
            assert os.listdir(mta.path("spool")) == []


def check(ledger, there, refused):
    arrived = set(there)
    lost = [i for i, code in ledger.told.items()
            if code == 250 and i not in arrived]
    assert lost == [], lost[:5]
    wrong = [i for i, code in ledger.told.items()
             if code is not None and code >= 400 and i in arrived]
    assert wrong == [], wrong[:5]
    strange = [i for i in arrived if i not in ledger.told]
    assert strange == [], strange[:5]
    assert not arrived & refused
    doubled = len(there) - len(arrived)
    assert doubled == 0, doubled        # ids are never sent twice here
    codes = {}
    for code in ledger.told.values():
        codes[code] = codes.get(code, 0) + 1
    print("# told: %s, at the backend: %d" % (codes, len(arrived)))
    assert codes.get(250, 0) > 100


if __name__ == "__main__":
    main(globals())
