#!/usr/bin/env python3
"""Mail that does not arrive, as an operator would look into it: each message's
whole course by one "log show ID", down to what became of the notification."""

import contextlib
import time

from dsn_check import check
from halyard import SLOW, Answerer, Backend, free_port, main, wait_for
from whole import Whole, back

# Tried twice more, a second apart; the sender is told of the delay once.
OUT = "transport %s %s -o tls=disabled -o jitter=0%% -o dead_host=0s " \
    "-o retry=1s+notify,1s -o retry_count=2 -o dsn_transport=back " \
    "-o timeout_BANNER=%ds -o timeout_EOD=%ds\n"


def host(name, port):
    return OUT % (name, "host 127.0.0.1:%d" % port, 2 * SLOW, 2 * SLOW)


class Course:
    """A message and its story."""

    def __init__(self, mta, sink, *args, **more):
        self.mta, self.sink = mta, sink
        self.txn = mta.send(*args, **more)

    def end(self):
        """When it has gone, and so has what was told of it."""
        self.mta.gone(self.txn, 60)
        wait_for(lambda: self.mta.entries() == [], 30, "an empty queue")
        self.lines = self.mta.story(self.txn)
        return self

    def events(self):
        return [n["event"] for n in self.lines]

    def attempts(self):
        return [n for n in self.lines if n["event"] == "delivery" and
                n["txn"] == self.txn]

    def told(self, *actions):
        """Each notification is named by its id, and was delivered; as they
        were read at the other end."""
        made = [n for n in self.lines if n["event"] == "dsn-made"]
        assert [n["action"] for n in made] == list(actions), self.lines
        found = []
        for n in made:
            assert n["parent"] == self.txn + ":1", n
            assert n["to"] == "s@from.example", n
            (d,) = [x for x in self.lines if x["event"] == "delivery" and
                    x["txn"] == n["txn"]]
            assert d["verdict"] == "done" and d["transport"] == "back", d
            assert d["queue"] == n["txn"] + ":1", d
            (m,) = [m for m in self.sink.messages
                    if b"Message-ID: <" + n["txn"].encode() in m["body"]]
            assert m["rcpts"] == [b"<s@from.example>"], m
            _, _, (one,), _ = check(m["body"])
            assert one["final-log-id"] == self.txn + ":1", one
            found.append(one)
        return found

    def begun(self):
        """It came, was stored, and its client was told so, perhaps after it
        had been tried."""
        events = self.events()
        for event in "connect", "queued", "message", "disconnect":
            assert events.count(event) == 1, events
        assert events[0] == "connect" and events.index("queued") < \
            events.index("disconnect"), events
        return self

    def put_off_and_failed(self):
        """Twice put off, told of once, given up, told of; what each attempt
        and both notifications say."""
        tries = self.begun().attempts()
        assert [n["verdict"] for n in tries] == ["defer", "defer", "bounce"]
        assert [n["result"] for n in tries] == ["temporary"] * 3, tries
        assert [n["retry"] for n in tries] == [0, 1, 2], tries
        assert tries[2]["expired"] in (True, "yes"), tries
        delayed, failed = self.told("delayed", "failed")
        assert "will-retry-until" in delayed, delayed
        assert failed["status"][0] == "4", failed
        return tries, delayed, failed


def story(*hosts, dns=None):
    """An instance that knows these."""
    @contextlib.contextmanager
    def world():
        with Backend() as sink, Whole(
                back(sink) + "".join(hosts), params={
                    "dns_servers": "127.0.0.1@%d" % dns.port} if dns else
                None) as mta:
            yield mta, sink
    return world()


def test_dead_domain():
    """It does not exist: known at once. Its name servers do not answer as they
    should: tried again."""
    with Answerer() as dns, story(
            OUT % ("mx", "mx -", 5, 5), dns=dns) as (mta, sink):
        c = Course(mta, sink, "r@nx.example", transport="mx").end()
        (n,) = c.begun().attempts()
        assert (n["result"], n["verdict"]) == ("permanent", "bounce"), n
        assert (n["type"], n["dns"]) == ("dns", "nxdomain"), n
        assert n["enhanced"] == "5.1.2" and "nx.example" in n["reason"], n
        (one,) = c.told("failed")
        assert one["status"] == "5.1.2" and "remote-mta" not in one, one
        assert one["diagnostic-code"].startswith("x-error; "), one
        assert "nx.example" in one["diagnostic-code"], one

        c = Course(mta, sink, "r@fail.example", transport="mx").end()
        tries, delayed, failed = c.put_off_and_failed()
        assert {(n["type"], n["dns"], n["enhanced"]) for n in tries} == {
            ("dns", "other", "4.4.3")}, tries
        assert delayed["status"] == failed["status"] == "4.4.3", failed


def test_full_mailbox():
    """452 may have room tomorrow, 552 not."""
    with Backend(replies={"RCPT": lambda c, line:
                          b"452 4.2.2 mailbox full\r\n" if b"soon" in line
                          else b"552 5.2.2 over quota\r\n"}) as b, \
            story(host("out", b.port)) as (mta, sink):
        c = Course(mta, sink, "soon@a.example").end()
        tries, delayed, failed = c.put_off_and_failed()
        assert {(n["code"], n["enhanced"], n["state"], n["reason"])
                for n in tries} == {
            (452, "4.2.2", "RCPT", "mailbox full")}, tries
        for one in delayed, failed:
            assert one["status"] == "4.2.2", one
            assert one["diagnostic-code"] == "smtp; 452 4.2.2 mailbox full"
            assert one["remote-mta"].startswith("dns; 127.0.0.1"), one

        c = Course(mta, sink, "never@a.example").end()
        (n,) = c.begun().attempts()
        assert (n["code"], n["verdict"]) == (552, "bounce"), n
        (one,) = c.told("failed")
        assert one["status"] == "5.2.2", one
        assert one["diagnostic-code"] == "smtp; 552 5.2.2 over quota", one


def test_refusing_server():
    """Nobody listens; or who does wants nothing to do with us."""
    with Backend(replies={"CONNECT": b"554 5.7.1 go away\r\n"}) as b, \
            story(host("none", free_port()), host("rude", b.port)) as \
            (mta, sink):
        c = Course(mta, sink, transport="none").end()
        tries, _, failed = c.put_off_and_failed()
        assert {(n["type"], n["enhanced"]) for n in tries} == {
            ("network", "4.4.1")}, tries
        assert "Connection refused" in failed["diagnostic-code"], failed
        assert failed["status"] == "4.4.1", failed

        c = Course(mta, sink, transport="rude").end()
        tries, delayed, failed = c.put_off_and_failed()
        assert {(n["type"], n["state"], n["enhanced"]) for n in tries} == {
            ("smtp", "BANNER", "4.4.1")}, tries
        assert all("554 5.7.1 go away" in n["reason"] or "go away" in
                   n["reason"] for n in tries), tries
        assert failed["diagnostic-code"] == "smtp; 554 5.7.1 go away", failed


def test_hanging_server():
    """It says nothing at all; or nothing to the end of the message, and might
    have it."""
    def hang(_conv, _line):
        time.sleep(30)

    with Backend(replies={"CONNECT": hang}) as mute, \
            Backend(replies={"EOD": hang}) as late, \
            story(host("mute", mute.port), host("late", late.port)) as \
            (mta, sink):
        them = [Course(mta, sink, transport=t) for t in ("mute", "late")]
        for c, state, code in zip(them, ("BANNER", "EOD"),
                                  ("4.4.1", "4.4.2")):
            tries, _, failed = c.end().put_off_and_failed()
            assert {(n["type"], n["state"], n["enhanced"]) for n in tries} \
                == {("network", state, code)}, tries
            assert all("timed out" in n["reason"] for n in tries), tries
            assert all(n["ms"] >= 1500 for n in tries), tries
            assert "timed out" in failed["diagnostic-code"], failed


def test_of_one_entry():
    """Of several recipients one's course, or all."""
    with Backend(replies={"RCPT": b"550 5.1.1 nobody\r\n"}) as b, \
            story(host("out", b.port)) as (mta, sink):
        with mta.client() as c:
            c.hello()
            c.message(sender="s@from.example",
                      rcpts=["r%d@a.example" % i for i in range(9)])
        wait_for(lambda: len(sink.messages) == 9 and mta.entries() == [], 30,
                 "the notifications")
        txn = mta.lines("--event", "queued")[0]["txn"]
        mine = mta.story(txn + ":3")
        (made,) = [n for n in mine if n["event"] == "dsn-made"]
        assert made["parent"] == txn + ":3", made
        assert [n["txn"] for n in mine if n["event"] == "delivery"] == \
            [txn, made["txn"]], mine
        # More notifications than are looked for by name.
        everything = mta.story(txn)
        made = {n["txn"] for n in everything if n["event"] == "dsn-made"}
        assert len(made) == 9, everything
        assert {n["txn"] for n in everything if n["event"] == "delivery"} == \
            made | {txn}, everything
        # A notification's own story is its own.
        one = mta.story(sorted(made)[0])
        assert [n["event"] for n in one] == ["dsn-made", "delivery"], one


if __name__ == "__main__":
    main(globals())
