#!/usr/bin/env python3
"""bounce: templates that are refused; from an order to the sender's mailbox,
whoever dies in between; and what cleanup takes from it, and from others.

Orders are given by the test in the name of a deliver worker, which takes
root."""

import email
import email.policy
import os
import re
import shutil
import signal
import struct
import uuid

from halyard import ROOT, Backend, Instance, alive, main, wait_for
from test_captured import why_not
from test_captured_deliver import BOUNCE, DEFER, Taken
from test_captured_store import (BEGIN, BODY, END, ENTRY, OK, REFUSED,
                                 Captured, blob, length)
from test_relay import Queue

TEMPLATES = os.path.join(ROOT, "conf/templates/bounce")
ROWS = """
cleanup.sock unix y - - - 1 cleanup
qmgr.sock unix y - - - 1 qmgr
bounce unix y - - - %d bounce
"""
ACTIONS = {"failed": 1, "delayed": 2, "delivered": 3, "relayed": 4}


def fields(table):
    """Tagged fields, as spool/fields.c writes them."""
    out = b""
    for tag in sorted(table):
        v = table[tag]
        if isinstance(v, int):
            v = v.to_bytes((v.bit_length() + 7) // 8, "big")
        elif isinstance(v, list):
            v = b"".join(length(len(x)) + x for x in v)
        out += bytes([tag]) + length(len(v)) + v
    return out


# ---- Templates --------------------------------------------------------------

class Alone(Instance):
    def __init__(self, templates=None, workers=1, **args):
        super().__init__(hook='Reject("no");', services=ROWS % workers,
                         **args)
        with open(self.path("transport.cf"), "w") as f:
            f.write("transport mx mx -\n")
        os.makedirs(self.path("templates/bounce"), exist_ok=True)
        for name, text in (templates or {}).items():
            with open(self.path("templates/bounce/" + name), "wb") as f:
                f.write(text)

    def refused(self):
        p = self.ctl("config", "check", check=False)
        assert p.returncode != 0, p
        return p.stdout + p.stderr


def shipped(name):
    with open(os.path.join(TEMPLATES, name), "rb") as f:
        return f.read()


def test_lives():
    """Several at a time, over a kill and a reload."""
    with Alone({"de.txt": shipped("de.txt")}, 2,
               params={"bounce_language": "de"}) as mta:
        wait_for(lambda: len(mta.workers("bounce")) == 2, text="two workers")
        old = mta.workers("bounce")
        os.kill(old[0], signal.SIGKILL)
        wait_for(lambda: not alive(old[0]) and
                 len(mta.workers("bounce")) == 2, text="another one")
        mta.set(bounce_size_limit="60k")
        mta.ctl("reload")
        wait_for(lambda: not alive(old[1]), text="the old one's end")
        wait_for(lambda: len(mta.workers("bounce")) == 2, text="new ones")
        assert "event=ipc-bad" not in mta.log(), mta.log()


def test_templates_refused():
    bad = shipped("en.txt").replace(b"{recipient}", b"{recipent}", 1)
    mta = Alone({"fr.txt": bad})
    said = mta.refused()
    line = bad[:bad.index(b"{recipent}")].count(b"\n") + 1
    assert "templates/bounce/fr.txt:%d:13:" % line in said, said
    assert "nothing is called {recipent}" in said, said
    shutil.rmtree(mta.path("templates"))
    mta.set(bounce_language="fr")
    said = mta.refused()
    assert "no template of that language" in said, said
    mta.set(bounce_language="en")
    assert mta.ctl("config", "check").stdout.endswith("ok\n")


# ---- From an order to the mailbox -------------------------------------------

class Ordered(Queue):
    """Mail waits for a deliver worker that is the test's; notifications go
    to `backend` by the transport back."""

    def __init__(self, backend, **more):
        super().__init__(
            "".join("transport %s host 127.0.0.1:%d -o tls=disabled "
                    "-o retry=1s\n" % (name, backend.port)
                    for name in ("out", "back")), workers=1, **more)
        with open(self.path("master.cf"), "a") as f:
            f.write("bounce unix y - - - 1 bounce\n")

    def order(self, peer, job, key, action="failed", **more):
        txn = str(uuid.uuid4())
        table = {1: ACTIONS[action], 2: txn.encode(), 3: b"5.1.1",
                 4: b"smtp", 5: b"550 5.1.1 nobody here",
                 6: b"mx.a.example", 20: b"back"}
        table.update({int(k[1:]): v for k, v in more.items()})
        extra = {28: fields(table)}
        verdict = BOUNCE
        if action == "delayed":
            verdict = DEFER
            extra[4] = 1 << 62
        peer.verdict(job, key, verdict, fields(extra))
        return txn


class Office:
    """An instance with an entry of one message in the hands of the test."""

    def __init__(self, **more):
        self.more = more

    def __enter__(self):
        self.backend = Backend()
        self.mta = Ordered(self.backend, **self.more)
        self.mta.__enter__()
        try:
            wait_for(lambda: self.mta.workers("deliver"), text="deliver")
            # They are connected once something was queued.
            self.mta.put(1)
            self.mta.wait(0)
            self.backend.messages.clear()
            self.peer = Taken(self.mta, self.mta.workers("deliver")[0])
            self.mta.put(1)
            self.job, (self.key,) = self.peer.job()
        except BaseException:
            self.__exit__(Exception)
            raise
        return self

    def __exit__(self, *exc):
        if hasattr(self, "peer"):
            self.peer.close()
        self.mta.__exit__(*exc)
        self.backend.close()

    def told(self, count=1):
        """The deliver worker is itself again: what arrives."""
        self.peer.close()
        wait_for(lambda: len(self.backend.messages) >= count, 30,
                 "a notification")
        return self.backend.messages


def read(message):
    assert message["sender"] == b"<>", message
    m = email.message_from_bytes(message["body"],
                                 policy=email.policy.default)
    assert m.get_content_type() == "multipart/report", m
    blocks = [b for p in m.walk() if p.get_content_type() ==
              "message/delivery-status" for b in p.get_payload()]
    return m, blocks


def test_failed():
    why = why_not()
    if why:
        return why
    with Office() as o:
        txn = o.mta.order(o.peer, o.job, o.key)
        (message,) = o.told()
        assert message["rcpts"] == [b"<s0@from.example>"], message
        m, (whole, one) = read(message)
        assert m["Message-ID"] == "<%s@mx.example.org>" % txn, m
        assert one["Action"] == "failed" and one["Status"] == "5.1.1", m
        assert one["Final-Recipient"] == "rfc822; r@a.example", m
        assert one["Diagnostic-Code"] == "smtp; 550 5.1.1 nobody here", m
        assert whole["Reporting-MTA"] == "dns; mx.example.org", m
        (head,) = [p for p in m.walk()
                   if p.get_content_type() == "text/rfc822-headers"]
        assert "Subject: s\n" in head.get_content().replace("\r", ""), m
        o.mta.wait(0)
        (line,) = [x for x in o.mta.log().splitlines() if "=dsn-made" in x]
        assert " txn=%s " % txn in line and " action=failed " in line, line
        assert " to=s0@from.example " in line, line
    return None


def test_delayed_then_failed():
    """The entry goes on after the first, which is told but once."""
    why = why_not()
    if why:
        return why
    with Office() as o:
        o.mta.order(o.peer, o.job, o.key, "delayed", _3=b"4.4.1",
                    _10=1 << 50)
        (message,) = o.told()
        m, (_, one) = read(message)
        assert one["Action"] == "delayed" and one["Will-Retry-Until"], m
        o.mta.wait(1)
        (e,) = o.mta.list()
        assert e["recipient"] == "r@a.example" and e["state"] == "defer", e
    return None


def killed(*programs, stop=()):
    why = why_not()
    if why:
        return why
    with Office() as o:
        for p in stop:
            os.kill(o.mta.workers(p)[0], signal.SIGSTOP)
        txn = o.mta.order(o.peer, o.job, o.key)
        # It waits to be made, or is there already.
        wait_for(lambda: [e for e in o.mta.list() if
                          e["state"] == "bouncing" or
                          e["recipient"] == "s0@from.example"],
                 text="bouncing")
        o.mta.kill(*programs)
        o.told()
        o.mta.wait(0)
        # Once, and under the identity that it was given.
        assert len(o.backend.messages) == 1, o.backend.messages
        m, _ = read(o.backend.messages[0])
        assert m["Message-ID"] == "<%s@mx.example.org>" % txn, m
    return None


def test_bounce_killed():
    return killed("bounce", stop=["bounce"])


def test_cleanup_killed():
    return killed("cleanup", stop=["cleanup"])


def test_all_killed():
    return killed("bounce", "cleanup", "qmgr")


# ---- What cleanup takes -----------------------------------------------------

class Storing(Captured):
    """A worker's connection to cleanup, which has said HELLO."""

    def __init__(self, pid):    # pylint: disable=super-init-not-called
        self.pid = pid
        self.sock = self.copy(pid)
        assert self.sock is not None, "it is not connected to cleanup"
        os.kill(pid, signal.SIGSTOP)
        self.sock.settimeout(20)
        self.data, self.store, self.credit = b"", 1 << 40, 3 << 20

    def put(self, table):
        table = {1: 1, 4: b"r@x.y", 5: b"back", **table}
        self.store += 1
        self.tell(BEGIN, blob(uuid.uuid4().bytes) +
                  struct.pack(">QQI", 0, 0, 0))
        self.tell(BODY, blob(b"Subject: x\r\n\r\n"))
        self.tell(ENTRY, blob(fields(table)))
        self.tell(END)
        return self.answer()


def test_what_cleanup_takes():
    why = why_not()
    if why:
        return why
    parent = {27: b"018c190a-0000-7000-8000-000000000000:1", 28: 1}
    with Office() as o:
        o.mta.order(o.peer, o.job, o.key)
        o.told()
        (pid,) = o.mta.workers("bounce")
        teller = Storing(pid)
        assert teller.put({}) == REFUSED
        assert teller.put({3: b"s@x.y"}) == REFUSED
        assert teller.put({3: b"s@x.y", **parent}) == REFUSED
        assert teller.put({27: parent[27]}) == REFUSED
        assert teller.put({28: 1}) == REFUSED
        assert teller.put(parent) == OK
        teller.close()
        for pid in o.mta.workers("smtpd"):
            if Captured.copy(pid) is not None:
                break
        worker = Storing(pid)
        assert worker.put({3: b"s@x.y"}) == OK
        assert worker.put(parent) == REFUSED
        assert worker.put({28: 1}) == REFUSED
        worker.close()
        assert re.search("what bounce alone may say", o.mta.log())
    return None


if __name__ == "__main__":
    main(globals())
