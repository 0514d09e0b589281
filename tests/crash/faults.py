"""The faults of `hour`.  Each is a function of (world, dice, seconds) that
does its harm, takes it back, and returns what it was in words; while it runs
mail may stand still, afterwards it must not."""

import os
import random
import resource
import signal
import subprocess
import tempfile
import time

from halyard import alive, wait_for

# What fails: program, calls with the error, which of them (strace's `when`;
# None: now and then), and who is made to make that call; see provoke().
FAILING = (
    ("cleanup", "fdatasync:error=EIO", None, None),
    ("cleanup", "pwritev:error=EIO", None, None),
    ("cleanup", "pwritev:error=ENOSPC", None, None),
    ("cleanup", "openat:error=EMFILE", "1+2", "large"),
    ("cleanup", "accept4:error=EMFILE", "1+1", "smtpd"),
    ("cleanup", "recvmsg:error=ENOMEM", None, None),
    ("qmgr", "fdatasync:error=EIO", None, None),
    ("qmgr", "pwritev,pwrite64:error=EIO", None, None),
    ("qmgr", "pwritev,pwrite64:error=ENOSPC", None, None),
    ("qmgr", "openat:error=EMFILE", None, None),
    ("qmgr", "pread64:error=EIO", None, None),
    ("qmgr", "sendmsg:error=ENOBUFS", None, None),
    ("qmgr", "accept4:error=EMFILE", "1+1", "bounce"),
    ("deliver", "socket:error=EMFILE", "1+2", "near"),
    ("deliver", "connect:error=ENOMEM", "1+2", "near"),
    ("deliver", "sendmsg:error=ENOBUFS", None, None),
    ("deliver", "recvfrom:error=ENOMEM", None, None),
    ("deliver", "pread64,preadv:error=EIO", None, None),
    ("bounce", "sendmsg:error=ENOBUFS", None, None),
    ("bounce", "pread64:error=EIO", None, None),
    ("smtpd", "accept4:error=EMFILE", "1+1", "clients"),
    ("smtpd", "openat:error=ENOSPC", "1+2", "large"),
    ("smtpd", "sendmsg:error=ENOBUFS", None, None),
    ("smtpd", "write,pwrite64:error=EIO", None, "large"),
    ("master", "clone,clone3:error=EAGAIN", "1+2", "any"),
    ("master", "openat:error=EMFILE", "1+2", "any"),
    ("master", "socketpair:error=EMFILE", "1+2", "any"),
)
SLOW = (
    ("cleanup", "fdatasync:delay_enter=300ms"),
    ("cleanup", "pwritev:delay_enter=50ms"),
    ("qmgr", "fdatasync:delay_enter=300ms"),
    ("qmgr", "pwritev,pwrite64:delay_enter=50ms"),
    ("cleanup", "fdatasync:delay_exit=1s"),
)
LONGER = 6              # s: for a call that nobody has made yet
YEAR = 365 * 86400


def log(world, text):
    print("%7.1f %s" % (time.monotonic() - world.began, text), flush=True)


def victim(world, dice, program):
    pids = [p for p, n in world.mta.processes().items() if n == program]
    return dice.choice(sorted(pids)) if pids else None


def descriptors(pid):
    try:
        return len(os.listdir("/proc/%d/fd" % pid))
    except OSError:
        return 0


def busiest(world, program):
    """The one that has the most sessions."""
    return max((p for p, n in world.mta.processes().items() if n == program),
               key=descriptors, default=None)


# ---- Processes --------------------------------------------------------------

def kill(world, dice, seconds):
    """Some workers, at random, a few times."""
    words = []
    for _ in range(dice.randrange(1, 4)):
        running = world.mta.processes()
        pids = sorted(p for p, n in running.items() if n != "master")
        for pid in dice.sample(pids, min(len(pids), dice.randrange(1, 5))):
            words.append(running[pid])
            world.harms.kill(pid, running[pid])
        time.sleep(dice.uniform(0, 1))
    return "SIGKILL " + " ".join(words)


def kill_one(world, dice, but, program=None):
    """One of that program, or of any; but not that one."""
    pids = {p: n for p, n in world.mta.processes().items()
            if n != "master" and p != but and program in (None, n)}
    if pids:
        pid = dice.choice(sorted(pids))
        world.harms.kill(pid, pids[pid])


def kill_kind(world, dice, seconds):
    """All of some programs at once."""
    kinds = dice.choice((["qmgr"], ["cleanup"], ["deliver"], ["bounce"],
                         ["share"], ["qmgr", "bounce"], ["qmgr", "deliver"],
                         ["cleanup", "qmgr", "deliver", "bounce", "smtpd"]))
    for pid, name in world.mta.processes().items():
        if name in kinds:
            world.harms.kill(pid, name)
    return "SIGKILL to all of " + " ".join(kinds)


class Victim:
    """A process that something is done to for a while."""

    def __init__(self, world, program, pid):
        self.world, self.program, self.pid = world, program, pid
        self.began = time.monotonic()
        self.has = 0
        self.look()

    def look(self):
        if self.program == "deliver":
            self.has = max(self.has, self.world.harms.of(self.pid))

    def rest(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(0.05)

    def over(self):
        """Did it end?  What that may have repeated, or have held up."""
        now, ended = time.monotonic(), not alive(self.pid)
        if self.program == "qmgr":
            self.world.harms.stalled(self.began, now)
        if self.program == "deliver" and ended:
            self.world.harms.died("deliver ended", self.began, self.has, now)
        return ended


def hang(world, dice, seconds):
    """One does nothing for a while."""
    program = dice.choice(("qmgr", "cleanup", "deliver", "bounce", "smtpd",
                           "share", "master"))
    pid = victim(world, dice, program)
    if pid:
        v = Victim(world, program, pid)
        try:
            os.kill(pid, signal.SIGSTOP)
            v.rest(seconds)
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass                # another fault ended it
        v.over()
    return "SIGSTOP %s for %.1f s" % (program, seconds)


def kill_master(world, dice, seconds):
    pid = world.mta.master_pid()
    now = time.monotonic()
    # Its workers end what they have, and nobody hears of that.
    world.harms.stalled(now, now)
    world.harms.died("master killed", now, world.harms.of_all(), now + 10)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not alive(pid), text="death")
    time.sleep(dice.choice((0, 1)))
    world.mta.begin()
    return "SIGKILL master, start"


def day(world, dice, seconds):
    """The clock of the day is another one, under all that is at work."""
    by = dice.choice((-1, 1)) * dice.choice((3600, YEAR, 10 * YEAR))
    world.mta.clock.set(by)
    time.sleep(seconds)
    world.mta.clock.set(0)
    return "the clock of the day %+d s for %.1f s" % (by, seconds)


def shift(dice):
    """Of the clocks that count from the start of the machine: anew, or far
    away."""
    with open("/proc/uptime") as f:
        up = float(f.read().split()[0])
    return dice.choice((1 - int(up), 3600, YEAR, 10 * YEAR))


def clocks(world, dice, seconds):
    """A stop, and a start where the machine began at another time."""
    by = shift(dice)
    world.mta.ctl("stop")
    world.mta.begin(by)
    return "stop, start with clocks %+d s" % by


# ---- The disk ---------------------------------------------------------------

def cut(world, dice, seconds):
    """The power goes, and comes again."""
    by = dice.choice((None, shift(dice)))
    with world.mounted:
        world.ledger.power_goes()
        harm = world.harms.power_goes()
        world.disk.cut()
        time.sleep(dice.uniform(0, 0.3))
        world.mta.end_all()
        harm.ended = time.monotonic()
        world.disk.down()
        p = subprocess.run(["e2fsck", "-f", "-p", world.disk.device],
                           capture_output=True, text=True, check=False)
        assert p.returncode < 4, p.stdout + p.stderr
        world.disk.up()
        # A file whose end was not on the disk yet is there again.
        empty(world)
    world.mta.begin(by)
    return "power cut" + ("" if by is None else ", clocks %+d s" % by)


def filler(world):
    return world.disk.mount + "/filler"


def empty(world):
    try:
        os.unlink(filler(world))
    except FileNotFoundError:
        pass


def full(world, dice, seconds):
    """No room at all."""
    began = time.monotonic()
    with world.mounted, open(filler(world), "wb") as f:
        at, step = 0, 256 << 20
        while step >= 4096:
            try:
                os.posix_fallocate(f.fileno(), at, step)
                at += step
            except OSError:
                step //= 2
    time.sleep(seconds)
    with world.mounted:
        empty(world)
    world.harms.stalled(began, time.monotonic())
    return "ENOSPC of the disk for %.1f s, %d MiB were free" % (
        seconds, at >> 20)


def traced(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            return "TracerPid:\t0\n" not in f.read()
    except OSError:
        return False


def provoke(world, dice, how, pid):
    """Whoever is to make the call that fails is made to."""
    if how == "large":
        world.clients.large = time.monotonic() + 1
    elif how == "clients":
        for _ in range(20):
            try:
                world.mta.client().close()
            except (OSError, AssertionError, EOFError):
                pass
    elif how == "near":
        hang_up(world, world.near)
    elif how is not None:
        kill_one(world, dice, pid, None if how == "any" else how)


def injected(lines):
    return sum("(INJECTED)" in l or "(DELAYED)" in l for l in lines)


def suffer(world, dice, v, tracer, lines, how, seconds):
    """While calls go wrong: how many did."""
    began, next_ms, met = time.monotonic(), 0.3, 0
    while tracer.poll() is None:
        passed = time.monotonic() - began
        met += injected(lines)
        if passed >= seconds + (0 if met else LONGER) or not alive(v.pid):
            break
        if passed >= next_ms and not met:
            provoke(world, dice, how, v.pid)
            next_ms += 1
        v.rest(0.05)
    # What is told to end within a delay ends after it.
    tracer.send_signal(signal.SIGTERM)
    try:
        tracer.wait(10)
    except subprocess.TimeoutExpired:
        tracer.kill()
    return met + injected(lines)


def traced_once(world, dice, v, seconds, what, when, how):
    """How often calls of one process went wrong, while it lived."""
    with tempfile.NamedTemporaryFile("r", errors="replace") as out:
        with subprocess.Popen(
                ["strace", "-qq", "-f", "-p", str(v.pid), "-e",
                 "trace=" + what.split(":")[0], "-e", "inject=" + what +
                 (":when=" + when if when else ""), "-o", out.name],
                stderr=subprocess.DEVNULL) as tracer:
            return suffer(world, dice, v, tracer, out, how, seconds)


def strace(world, dice, seconds, program, what, when=None, how=None):
    """Calls of a process go wrong for a while; of the next one of its kind,
    where another fault ends it before it makes any."""
    began, met, ended = time.monotonic(), 0, False
    for _ in range(4):
        pid = busiest(world, program) if program == "smtpd" else \
            victim(world, dice, program)
        if pid is not None and not traced(pid):
            v = Victim(world, program, pid)
            met = traced_once(world, dice, v, seconds, what, when, how)
            ended = v.over()
            if what.startswith("recvfrom:"):
                world.harms.add("replies not read", v.began - 1,
                                time.monotonic() + 1, met)
        if met or time.monotonic() > began + LONGER:
            break
        time.sleep(0.5)
    if met == 0:
        world.unmet.append(program + " " + what)
    return "%s %s%s for %.1f s, %d times%s" % (
        program, what, " " + when if when else "",
        time.monotonic() - began, met, "; it ended" if ended else "")


def limits(world, dice, seconds):
    """One gets no more memory, or no more descriptors, than it has."""
    program = dice.choice(("smtpd", "cleanup", "qmgr", "deliver", "bounce",
                           "share", "master"))
    what = dice.choice((resource.RLIMIT_AS, resource.RLIMIT_NOFILE))
    pid = victim(world, dice, program)
    if pid is None:
        return "no %s" % program
    v = Victim(world, program, pid)
    try:
        if what == resource.RLIMIT_AS:
            with open("/proc/%d/statm" % pid) as f:
                has = int(f.read().split()[0]) * resource.getpagesize()
        else:
            has = descriptors(pid)
        usual = resource.prlimit(pid, what)
        resource.prlimit(pid, what, (has, usual[1]))
        if program == "master":
            kill_one(world, dice, pid)
        v.rest(seconds)
        resource.prlimit(pid, what, usual)
    except OSError:
        pass                    # it ended
    v.over()
    return "%s has no more %s for %.1f s" % (
        program, "memory (ENOMEM)" if what == resource.RLIMIT_AS else
        "descriptors (EMFILE)", seconds)


def failing(world, dice, seconds):
    program, what, when, how = dice.choice(FAILING)
    often = "%d+%d" % (dice.randrange(1, 4), dice.choice((1, 2, 7)))
    return strace(world, dice, seconds, program, what, when or often, how)


def slow(world, dice, seconds):
    return strace(world, dice, seconds, *dice.choice(SLOW))


# ---- The network ------------------------------------------------------------

def partition(world, dice, seconds):
    which = dice.choice(("far0", "far1"))
    seconds *= dice.choice((1, 2, 4)) if world.long else 1
    # What was on its way comes when the link is there again, and later the
    # longer it was not.
    world.harms.broken(world.far, time.monotonic() + 2 * seconds + 10)
    world.link.end(which, "down")
    try:
        time.sleep(seconds)
    finally:
        world.link.end(which, "up")
    return "%s of the link down for %.1f s" % (which, seconds)


def hang_up(world, hop):
    world.harms.broken(hop)
    for conv in list(hop.conversations):
        conv.hang_up()


def busy(world, dice, seconds):
    hop = dice.choice((world.near, world.far))
    hop.busy = True
    hang_up(world, hop)
    time.sleep(seconds)
    hop.busy = False
    return "%s hangs up, and is busy for %.1f s" % (hop.way, seconds)


# ---- Those who administer ---------------------------------------------------

def reloads(world, dice, seconds):
    said, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        said.append(world.mta.vary(dice.randrange(3)).returncode)
        time.sleep(dice.uniform(0, 1))
    # One that is refused changes nothing.
    world.mta.transports("transport near nowhere 127.0.0.1:1\n")
    bad = world.mta.ctl("reload", check=False)
    assert bad.returncode != 0, "a wrong file was taken"
    for _ in range(3):
        if world.mta.vary(dice.randrange(2)).returncode == 0:
            break
        time.sleep(1)
    return "%d reloads (%d refused), and a wrong one" % (
        len(said), sum(map(bool, said)))


def commands(world, dice, seconds):
    """`mtactl queue` at work."""
    said, end = [], time.monotonic() + seconds
    some = dice.choice(("--recipientdomain=near.example",
                        "--tenantid=t%d" % dice.randrange(6), "--all",
                        "--jobid=late"))
    while time.monotonic() < end:
        verb = dice.choice((["hold"], ["release"], ["retry"],
                            ["move", "--transport", dice.choice(
                                ("near", "far", "slow", "gone"))],
                            ["set", "priority=1"], ["list"]))
        if verb[:1] == ["move"]:
            if verb[2] == "gone":   # these would expire
                continue
            args = verb + ["--transportid", dice.choice(
                ("near", "far", "slow", "gone"))]
        else:
            args = verb + some.split("=")
        p = world.mta.ctl("queue", *args, check=False)
        said.append(verb[0] + ("" if p.returncode == 0 else "!"))
        time.sleep(dice.uniform(0, 0.5))
    wait_for(lambda: world.mta.ctl("queue", "release", "--state", "hold",
                                   check=False).returncode in (0, 1),
             30, "a release")
    return "queue " + " ".join(said)


# What it is, and whether it needs the service for itself.
FAULTS = {
    "kill": (kill, False),
    "kill-kind": (kill_kind, False),
    "hang": (hang, False),
    "kill-master": (kill_master, True),
    "clocks": (clocks, True),
    "day": (day, False),
    "cut": (cut, True),
    "cut-2": (cut, True),
    "full": (full, False),
    "failing": (failing, False),
    "failing-2": (failing, False),
    "failing-3": (failing, False),
    "limits": (limits, False),
    "limits-2": (limits, False),
    "slow": (slow, False),
    "partition": (partition, False),
    "busy": (busy, False),
    "reloads": (reloads, False),
    "commands": (commands, False),
}


def deck(dice):
    """Each at least once, then again in another order."""
    while True:
        names = list(FAULTS)
        dice.shuffle(names)
        yield from names


def pairs(seed):
    """One after the other; every fourth with another beside it.  Two that
    stop and start the service do not go together."""
    dice = random.Random(seed)
    names = deck(dice)
    for name in names:
        both = [name]
        if dice.random() < 0.25:
            both.append(next(names))
            if all(FAULTS[n][1] for n in both):
                both.pop()
        yield [(n, random.Random(dice.random())) for n in both]
