"""Generators of HSL: a thread each, of which one at a time runs."""
import threading

from values import Unspecified

MOST = 200


class Closed(BaseException):
    """Nobody asks for more."""


def has_yield(node):
    """Whether a body yields itself, not a function within it."""
    if isinstance(node, list):
        return any(has_yield(n) for n in node)
    if not isinstance(node, tuple) or not node:
        return False
    if node[0] in ("function", "funcdecl", "class"):
        return False
    return node[0] == "yield" or any(has_yield(n) for n in node[1:])


class Coroutine:
    count = 0

    def __init__(self, ev, body, frame):
        self.ev, self.body, self.frame = ev, body, frame
        frame.coroutine = self
        self.mine, self.theirs = (threading.Semaphore(0) for _ in range(2))
        self.item, self.failed, self.closed = None, None, False
        self.used = False

    def __iter__(self):
        if self.used:
            raise Unspecified("a generator used twice")
        self.used = True
        Coroutine.count += 1
        if Coroutine.count > MOST:
            Coroutine.count = 0
            raise Unspecified("many generators")
        thread = threading.Thread(target=self.run, daemon=True)
        thread.start()
        number = 0.0
        try:
            while self.advance():
                keyed, k, v = self.item
                yield k if keyed else number, v
                number += 1
        finally:
            self.closed = True
            self.mine.release()
            thread.join()
            Coroutine.count -= 1

    def advance(self):
        depth = self.ev.depth
        self.item = None
        self.mine.release()
        self.theirs.acquire()
        self.ev.depth = depth
        if self.failed:
            raise self.failed
        return self.item is not None

    def run(self):
        self.mine.acquire()
        try:
            if not self.closed:
                self.ev.body(self.body, self.frame)
        except Closed:
            return
        except Exception as e:           # of the script, or Unspecified
            self.failed = e
        self.theirs.release()

    def give(self, keyed, key, value):
        self.item = keyed, key, value
        self.theirs.release()
        self.mine.acquire()
        if self.closed:
            raise Closed()
