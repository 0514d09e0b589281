#!/usr/bin/env python3
"""Mail that waits on disk for room in memory goes before mail that comes
later, however much that is."""

import threading

from halyard import Backend, main, wait_for
from test_relay import Queue, numbers, out

LATER = 100000          # numbers of what comes later


class Arrivals(threading.Thread):
    """Messages, one after the other, until the end of the block."""

    def __init__(self, mta, rcpt):
        super().__init__(daemon=True)
        self.mta, self.rcpt = mta, rcpt
        self.count, self.ends, self.failed = 0, False, None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.ends = True
        self.join()
        assert self.failed is None, self.failed

    def run(self):
        try:
            while not self.ends:
                self.mta.put(20, rcpts=(self.rcpt % (self.count // 20 % 50),),
                             first=LATER + self.count)
                self.count += 20
        except Exception as e:
            self.failed = repr(e)


def put_domains(mta, count):
    for n in range(count):
        mta.put(1, rcpts=("r@d%d.example" % n,), first=n)


def overtaken(b, old, arrivals):
    """How many of the later ones came before the last of the old ones."""
    wait_for(lambda: sum(n < LATER for n in numbers(b)) == old, 60,
             "%d of before" % old)
    with b.lock:
        order = [int(m["body"].rsplit(b"body ", 1)[1].split(b".")[0])
                 for m in b.messages]
    last = max(i for i, n in enumerate(order) if n < LATER)
    assert arrivals.count > last, "too few came later"
    return sum(n >= LATER for n in order[:last])


def test_in_a_subqueue():
    """Its window is full all the time."""
    with Backend() as b, Queue(out(b, "rate=40/1s"),
                               params={"active_window": 10}) as mta:
        mta.put(80)
        with Arrivals(mta, "r%d@a.example") as later:
            n = overtaken(b, 80, later)
    # None, but for what comes before the first ones are read.
    assert n <= 10, n


def test_in_all():
    """Memory is full all the time, with many sub-queues."""
    with Backend() as b, Queue(out(b, "rate=100/1s"),
                               params={"active_limit": 100,
                                       "active_window": 2}) as mta:
        put_domains(mta, 300)
        with Arrivals(mta, "r@new%d.example") as later:
            # Sub-queues take turns, in no order: none of them starves.
            overtaken(b, 300, later)


if __name__ == "__main__":
    main(globals())
