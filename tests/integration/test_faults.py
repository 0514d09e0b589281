#!/usr/bin/env python3
"""Workers die at every step of an in-line delivery, and are reloaded all the
time: what a client was told is true.

Twenty clients send messages with unique ids, half of them to a backend with
CHUNKING, half to one without; every sixth message is larger than what is kept
in memory.  Meanwhile all workers are killed with SIGKILL, KILLS times in each
phase, at the moment the backend sees that phase; or RELOADS reloads are made.
Afterwards: a message that got 250 is at the backend; one that was refused is
not; nothing is there that was never sent, or twice; no connection was
refused; the spool directory was empty all the time.  What a client got no
answer for may be there or not.
"""

import os
import re
import signal
import threading
import time

from halyard import SLOW, Backend, Instance, main, wait_for

KILLS = int(os.environ.get("KILLS", "20" if SLOW == 1 else "5"))
RELOADS = int(os.environ.get("RELOADS", "100" if SLOW == 1 else "20"))
CLIENTS = 20
LARGE = b"y" * 70 + b"\r\n"
CHUNKING = Backend.EXTS + ("CHUNKING",)
# Backends by the first letter of the sender.
HOOK = '''
$port = $transaction["senderaddress"]["localpart"] == "d" ? %d : %d;
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
    $transaction["recipients"]), ["host" => "127.0.0.1", "port" => $port]);
if (isset($r["result"])) {
    $c = $r["result"]["code"];
    if ($c >= 200 and $c <= 299) Accept($r["result"]["reason"]);
    if ($c >= 500) Reject($r["result"]["reason"]);
    Defer($r["result"]["reason"]);
}
Defer($r["error"]["message"]);
'''
# The phases that KILLS is for, then those that are cheap to add.
PHASES = ("before RCPT", "body sent", "end sent, no reply", "reply in")
MORE_PHASES = ("RCPT", "before the body", "reply on its way")


class Ledger:
    """strict: no session may be dropped."""

    def __init__(self, strict):
        self.lock = threading.Lock()
        self.strict = strict
        self.told = {}          # id -> code, or None: no answer
        self.refused = set()    # ids that a backend refused
        self.errors = []

    def note(self, ident, code):
        with self.lock:
            self.told[ident] = code

    def dropped(self, why):
        if self.strict:
            self.errors.append(why)


class Assassin:
    """Kills all workers when the backend comes to a phase and is armed."""

    def __init__(self, mta):
        self.mta = mta
        self.armed = None
        self.kills = {}
        self.pids = []
        self.lock = threading.Lock()

    def strike(self, signo):
        for pid in self.pids:
            try:
                os.kill(pid, signo)
            except ProcessLookupError:
                pass

    def take(self, phase):
        """True for the one that comes first once it is armed."""
        with self.lock:
            if self.armed != phase:
                return False
            self.armed = None
            return True

    def at(self, phase):
        if self.take(phase):
            self.kill(phase)

    def kill(self, phase):
        self.strike(signal.SIGKILL)
        with self.lock:
            self.kills[phase] = self.kills.get(phase, 0) + 1

    def arm(self, phase):
        """Once the workers have lived for a second, so that they are
        replaced at once."""
        time.sleep(1.05)
        self.pids = wait_for(self.ready, 20, "workers")
        before = self.kills.get(phase, 0)
        with self.lock:
            self.armed = phase
        wait_for(lambda: self.kills.get(phase, 0) > before, 30,
                 "a kill in " + phase)

    def ready(self):
        pids = self.mta.workers()
        return pids if len(pids) == 2 else None

    def reply_in(self, conv):
        """The workers stand still while the backend's reply arrives at
        theirs, and never run again."""
        self.strike(signal.SIGSTOP)
        wait_for(lambda: all(state(p) in "TZ" for p in self.pids), 10,
                 "workers that stand still")
        usual = conv.send

        def send(data):
            usual(data)
            conv.send = usual
            self.kill("reply in")

        conv.send = send


def state(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"


class Watcher:
    """Looks into the spool directory all the time."""

    def __init__(self, mta):
        self.path = mta.path("spool")
        self.found, self.looks = set(), 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.stop.wait(0.01):
            self.found.update(os.listdir(self.path))
            self.looks += 1

    def end(self):
        self.stop.set()
        self.thread.join()
        assert self.looks > 10
        assert not self.found, self.found


def transaction(c, ledger, ident, n):
    c.envelope("%s@example.net" % "dc"[n % 2],
               ["a@example.org", "b@example.org"][:1 + n // 2 % 2])
    c.cmd("DATA", 354)
    ledger.note(ident, None)
    c.send(b"Subject: %s\r\n\r\n%s.\r\n" % (
        ident.encode(), LARGE * (1000 if n % 6 == 0 else 1)))
    code = c.reply().code
    ledger.note(ident, code)
    return code


def send_messages(mta, ledger, stop, name, session):
    """Sessions of so many messages, until told to stop."""
    n = int(name)
    while not stop.is_set():
        try:
            c = mta.client(20)
        except ConnectionRefusedError as e:
            ledger.errors.append(e)
            return
        except (OSError, EOFError) as e:
            ledger.dropped(e)
            continue
        try:
            c.hello()
            for _ in range(session):
                n += 1
                transaction(c, ledger, "m%s-%d" % (name, n), n)
                if stop.is_set():
                    break
            c.cmd("QUIT", 221)
        except (OSError, EOFError, AssertionError) as e:
            ledger.dropped(e)
        finally:
            c.close()


def ident_of(body):
    found = re.search(rb"Subject: (m[0-9-]+)\r", body)
    return found.group(1).decode() if found else None


def refuses(ledger, ident):
    """Some are refused for good."""
    if sum(ident.encode()) % 5 != 0:
        return False
    ledger.refused.add(ident)
    return True


def murderous(box):
    """The replies of a backend that tells the assassin where it is."""
    def at(phase):
        def when(conv, line):
            box["assassin"].at(phase)
        return when

    def chunk(conv, line):
        if not line.upper().endswith(b" LAST"):
            box["assassin"].at("body sent")

    def end(conv, line):
        assassin = box["assassin"]
        if refuses(box["ledger"], ident_of(conv.body)):
            return b"550 5.7.1 not this one\r\n"
        assassin.at("end sent, no reply")
        if assassin.take("reply in"):
            assassin.reply_in(conv)
        elif assassin.armed == "reply on its way":
            threading.Timer(0.0005, assassin.at,
                            ("reply on its way",)).start()

    return {"MAIL": at("before RCPT"), "RCPT": at("RCPT"), "BDAT": chunk,
            "DATA": at("before the body"), "EOD": end}


def clients(mta, ledger, stop, session):
    threads = [threading.Thread(target=send_messages, args=(
        mta, ledger, stop, str(i), session)) for i in range(CLIENTS)]
    for t in threads:
        t.start()
    return threads


def finish(ledger, stop, threads, backends):
    stop.set()
    for t in threads:
        t.join(60)
        assert not t.is_alive()
    assert ledger.errors == [], ledger.errors[:3]
    check(ledger, [ident_of(m["body"]) for b in backends
                   for m in b.messages])


def test_kills_in_every_phase():
    ledger, stop = Ledger(strict=False), threading.Event()
    box = {"ledger": ledger}
    replies = murderous(box)
    with Backend(replies=replies) as d, Backend(CHUNKING, replies) as c, \
            Instance(hook=HOOK % (d.port, c.port), params={
                # A connection's first message goes by BDAT, the others do
                # not: new ones have to come all the time.
                "backend_transaction_limit": "5"}) as mta:
        assassin = box["assassin"] = Assassin(mta)
        watcher = Watcher(mta)
        threads = clients(mta, ledger, stop, 1000000)
        try:
            for phases, times in ((PHASES, KILLS), (MORE_PHASES, KILLS // 4)):
                for phase in phases:
                    for _ in range(max(1, times)):
                        assassin.arm(phase)
        finally:
            stop.set()
            watcher.end()
        finish(ledger, stop, threads, (d, c))
        print("# kills: %s" % assassin.kills)
        assert all(assassin.kills[p] >= KILLS for p in PHASES)
        assert {m["how"] for m in d.messages} == {"DATA"}
        assert {m["how"] for m in c.messages} == {"BDAT", "DATA"}


def test_reloads_under_load():
    """And no session is dropped."""
    ledger, stop = Ledger(strict=True), threading.Event()
    replies = {"EOD": lambda conv, line: b"550 5.7.1 not this one\r\n"
               if refuses(ledger, ident_of(conv.body)) else None}
    with Backend(replies=replies) as d, Backend(CHUNKING, replies) as c, \
            Instance(hook=HOOK % (d.port, c.port)) as mta:
        watcher = Watcher(mta)
        threads = clients(mta, ledger, stop, 5)
        try:
            for _ in range(RELOADS):
                mta.ctl("reload")
        finally:
            stop.set()
            watcher.end()
        finish(ledger, stop, threads, (d, c))
        assert set(ledger.told.values()) == {250, 550}


def check(ledger, there):
    arrived = set(there)
    lost = [i for i, code in ledger.told.items()
            if code == 250 and i not in arrived]
    assert lost == [], lost[:5]
    wrong = [i for i, code in ledger.told.items()
             if code is not None and code >= 400 and i in arrived]
    assert wrong == [], wrong[:5]
    strange = [i for i in arrived if i not in ledger.told]
    assert strange == [], strange[:5]
    assert not arrived & ledger.refused
    doubled = len(there) - len(arrived)
    assert doubled == 0, doubled        # ids are never sent twice here
    codes = {}
    for code in ledger.told.values():
        codes[code] = codes.get(code, 0) + 1
    print("# told: %s, at the backend: %d" % (codes, len(arrived)))
    assert codes.get(250, 0) > 100


if __name__ == "__main__":
    main(globals())
