"""What may come twice.  A next hop has taken a message, and whoever is to note
that never hears of it, or loses it: each harm that can do that says when, of
which ways, and at most how often.  All other faults may repeat nothing, a
qmgr that is killed or hangs least of all.

    a deliver worker dies	two messages of each connection that it has:
				the one that is sent, and the one before,
				whose verdict is on its way; again where
				master dies, whose workers are strangers then
    the power goes		besides, what was taken since the journal was
				synced last, and until all processes are gone
    a connection breaks		one message for each
    a reply can't be read	one message

What was taken while verdicts could not be noted, since qmgr was not there or
its disk refused, is noted later: a harm reaches back to where that began."""

import os
import signal
import threading
import time

LAZY = 1                # s: done, and not synced
REACH = 2               # s: taken, and the verdict on its way
STALLED = 3             # s: and qmgr has to come again


def connections(pid, ports):
    """How many a process has to those ports."""
    inodes, found = set(), 0
    try:
        with open("/proc/net/tcp") as f:
            for line in list(f)[1:]:
                words = line.split()
                if words[3] == "01" and \
                        int(words[2].split(":")[1], 16) in ports:
                    inodes.add("socket:[%s]" % words[9])
        fds = "/proc/%d/fd/" % pid
        for name in os.listdir(fds):
            found += os.readlink(fds + name) in inodes
    except OSError:
        pass                    # it ended meanwhile
    return found


class Harm:
    def __init__(self, what, began, ended, most, ways):
        self.what, self.began, self.ended = what, began, ended
        self.most, self.ways = most, ways       # None: all of them
        self.room = self.used = 0

    def covers(self, when, way):
        return self.began <= when <= self.ended and \
            (self.ways is None or way in self.ways)


class Harms:
    def __init__(self, world):
        self.world, self.lock = world, threading.Lock()
        self.harms, self.stalls = [], []
        self.seen = []          # (when, connections of all)
        self.over = threading.Event()
        self.watch = threading.Thread(target=self.run, daemon=True)
        self.watch.start()

    def run(self):
        """How many connections next hops have, now and then."""
        while not self.over.wait(0.2):
            self.seen.append((time.monotonic(), sum(
                len(h.conversations) for h in self.world.hops())))

    def close(self):
        self.over.set()
        self.watch.join()

    def add(self, what, began, ended, most, ways=None):
        harm = Harm(what, began, ended, most, ways)
        with self.lock:
            self.harms.append(harm)
        return harm

    def stalled(self, began, ended):
        """qmgr could not note verdicts."""
        with self.lock:
            self.stalls.append((began, ended))

    # ---- What is done, and noted --------------------------------------------

    def kill(self, pid, program):
        """A SIGKILL.  A worker that has connections stands still while they
        are counted."""
        now = time.monotonic()
        try:
            if program == "deliver":
                os.kill(pid, signal.SIGSTOP)
                self.died("deliver killed", now, self.of(pid))
            if program == "qmgr":
                self.stalled(now, now)
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def of(self, pid):
        return connections(pid, {h.port for h in self.world.hops()})

    def of_all(self):
        return sum(self.of(p) for p, name in
                   self.world.mta.processes().items() if name == "deliver")

    def died(self, what, began, has, ended=None):
        """What is noted a moment after a death was taken before it."""
        self.add(what, began - REACH, (ended or began) + 1, 2 * has)

    def broken(self, hop, ended=None):
        now = time.monotonic()
        self.add("connections broken", now - 1, (ended or now) + 3,
                 len(hop.conversations), (hop.way,))

    def power_goes(self):
        """What is returned ends when the last process has: until then some
        send, and nothing that they note is on the disk."""
        now = time.monotonic()
        self.died("power cut, sending", now, self.of_all())
        return self.add("power cut, not synced", now - LAZY, now, None)

    # ---- What came of it ----------------------------------------------------

    def reach(self):
        """Back to where verdicts stalled; then all that had connections may
        have had one to tell."""
        seen = list(self.seen)          # it grows yet
        for h in self.harms:
            for began, ended in self.stalls:
                if began < h.ended and ended + STALLED > h.began and \
                        began - REACH < h.began:
                    h.began = began - REACH
                    if h.most is not None and h.ways is None:
                        h.most = max([h.most] + [
                            2 * n for when, n in seen
                            if h.began <= when <= h.ended])

    def judge(self, taken):
        """Of {key: [(when, way)]}: how often something came again; those of
        them that no harm explains; how many could have been; both by harm."""
        self.reach()
        every = sorted(t for times in taken.values() for t in times)
        for h in self.harms:
            n = sum(h.covers(*t) for t in every)
            h.room = n if h.most is None else min(n, h.most)
        twice, odd = 0, []
        again = sorted((t, key) for key, times in taken.items()
                       for t in sorted(times)[:-1])
        for before, key in again:
            twice += 1
            free = [h for h in self.harms if h.covers(*before) and
                    h.used < h.room]
            if free:
                min(free, key=lambda h: h.ended).used += 1
            else:
                odd.append((key, taken[key]))
        by = {}
        for h in self.harms:
            used, room = by.get(h.what, (0, 0))
            by[h.what] = used + h.used, room + h.room
        return twice, odd, sum(h.room for h in self.harms), by
