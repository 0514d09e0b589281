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

# What fails: program, calls with the error, and how often.
FAILING = (
    ("cleanup", "fdatasync:error=EIO"), ("cleanup", "pwritev:error=EIO"),
    ("cleanup", "pwritev:error=ENOSPC"), ("cleanup", "openat:error=EMFILE"),
    ("cleanup", "accept4:error=EMFILE"),
    ("cleanup", "recvmsg:error=ENOMEM"),
    ("qmgr", "fdatasync:error=EIO"), ("qmgr", "pwritev,pwrite64:error=EIO"),
    ("qmgr", "pwritev,pwrite64:error=ENOSPC"),
    ("qmgr", "openat:error=EMFILE"), ("qmgr", "pread64:error=EIO"),
    ("qmgr", "sendmsg:error=ENOBUFS"),
    ("qmgr", "accept4:error=EMFILE"),
    ("deliver", "socket:error=EMFILE"), ("deliver", "connect:error=ENOMEM"),
    ("deliver", "sendmsg:error=ENOBUFS"), ("deliver", "recvfrom:error=ENOMEM"),
    ("deliver", "pread64,preadv:error=EIO"),
    ("bounce", "sendmsg:error=ENOBUFS"), ("bounce", "pread64:error=EIO"),
    ("smtpd", "accept4:error=EMFILE"), ("smtpd", "openat:error=ENOSPC"),
    ("smtpd", "sendmsg:error=ENOBUFS"), ("smtpd", "write,pwrite64:error=EIO"),
    ("master", "clone,clone3:error=EAGAIN"), ("master", "openat:error=EMFILE"),
    ("master", "socketpair:error=EMFILE"),
)
SLOW = (
    ("cleanup", "fdatasync:delay_enter=300ms"),
    ("cleanup", "pwritev:delay_enter=50ms"),
    ("qmgr", "fdatasync:delay_enter=300ms"),
    ("qmgr", "pwritev,pwrite64:delay_enter=50ms"),
    ("cleanup", "fdatasync:delay_exit=1s"),
)
YEAR = 365 * 86400


def log(world, text):
    print("%7.1f %s" % (time.monotonic() - world.began, text), flush=True)


def victim(world, dice, program):
    pids = [p for p, n in world.mta.processes().items() if n == program]
    return dice.choice(sorted(pids)) if pids else None


# ---- Processes --------------------------------------------------------------

def kill(world, dice, seconds):
    """Some workers, at random, a few times."""
    words = []
    for _ in range(dice.randrange(1, 4)):
        running = world.mta.processes()
        pids = sorted(p for p, n in running.items() if n != "master")
        for pid in dice.sample(pids, min(len(pids), dice.randrange(1, 5))):
            words.append(running[pid])
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(dice.uniform(0, 1))
    return "SIGKILL " + " ".join(words)


def kill_one(world, dice, but):
    pids = [p for p, n in world.mta.processes().items()
            if n != "master" and p != but]
    try:
        os.kill(dice.choice(sorted(pids)), signal.SIGKILL)
    except (IndexError, ProcessLookupError):
        pass


def kill_kind(world, dice, seconds):
    """All of some programs at once."""
    kinds = dice.choice((["qmgr"], ["cleanup"], ["deliver"], ["bounce"],
                         ["share"], ["qmgr", "bounce"], ["qmgr", "deliver"],
                         ["cleanup", "qmgr", "deliver", "bounce", "smtpd"]))
    for pid, name in world.mta.processes().items():
        if name in kinds:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    return "SIGKILL to all of " + " ".join(kinds)


def hang(world, dice, seconds):
    """One does nothing for a while."""
    program = dice.choice(("qmgr", "cleanup", "deliver", "bounce", "smtpd",
                           "share", "master"))
    pid = victim(world, dice, program)
    if pid:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass
    return "SIGSTOP %s for %.1f s" % (program, seconds)


def kill_master(world, dice, seconds):
    pid = world.mta.master_pid()
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not alive(pid), text="death")
    time.sleep(dice.choice((0, 1)))
    world.mta.begin()
    return "SIGKILL master, start"


def shift(dice):
    """Of the clocks that count from the start of the machine: anew, or far
    away."""
    with open("/proc/uptime") as f:
        up = float(f.read().split()[0])
    return dice.choice((1 - int(up), 3600, YEAR, 10 * YEAR))


def clocks(world, dice, seconds):
    """A stop, and a start where time is another one.  The clock of the day
    is the machine's, and is left alone."""
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
        world.disk.cut()
        time.sleep(dice.uniform(0, 0.3))
        world.mta.end_all()
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
    return "ENOSPC of the disk for %.1f s, %d MiB were free" % (
        seconds, at >> 20)


def traced(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            return "TracerPid:\t0\n" not in f.read()
    except OSError:
        return False


def strace(world, dice, seconds, program, what, when):
    """Calls of one process go wrong for a while."""
    pid = victim(world, dice, program)
    if pid is None or traced(pid):
        return "no %s" % program
    calls = what.split(":")[0]
    with tempfile.NamedTemporaryFile("r", errors="replace") as out:
        with subprocess.Popen(
                ["strace", "-qq", "-f", "-p", str(pid), "-e",
                 "trace=" + calls, "-e", "inject=%s%s" % (what, when),
                 "-o", out.name], stderr=subprocess.DEVNULL) as tracer:
            if program == "master" or calls == "accept4":
                # They are at work where somebody dies, and others come again.
                time.sleep(0.3)
                kill_one(world, dice, pid)
            end = time.monotonic() + seconds
            while time.monotonic() < end and tracer.poll() is None:
                time.sleep(0.05)
            # What is told to end within a delay ends after it.
            tracer.send_signal(signal.SIGTERM)
            try:
                tracer.wait(10)
            except subprocess.TimeoutExpired:
                tracer.kill()
        lines = out.read()
    return "%s %s%s for %.1f s, %d times%s" % (
        program, what, when, seconds, lines.count("(INJECTED)") +
        lines.count("(DELAYED)"), "" if alive(pid) else "; it ended")


def limits(world, dice, seconds):
    """One gets no more memory, or no more descriptors, than it has."""
    program = dice.choice(("smtpd", "cleanup", "qmgr", "deliver", "bounce",
                           "share", "master"))
    what = dice.choice((resource.RLIMIT_AS, resource.RLIMIT_NOFILE))
    pid = victim(world, dice, program)
    try:
        if what == resource.RLIMIT_AS:
            with open("/proc/%d/statm" % pid) as f:
                has = int(f.read().split()[0]) * resource.getpagesize()
        else:
            has = len(os.listdir("/proc/%d/fd" % pid))
        usual = resource.prlimit(pid, what)
        resource.prlimit(pid, what, (has, usual[1]))
        if program == "master":
            kill_one(world, dice, pid)
        time.sleep(seconds)
        resource.prlimit(pid, what, usual)
    except (OSError, TypeError):
        pass                    # it ended
    return "%s has no more %s for %.1f s" % (
        program, "memory (ENOMEM)" if what == resource.RLIMIT_AS else
        "descriptors (EMFILE)", seconds)


def failing(world, dice, seconds):
    program, what = dice.choice(FAILING)
    return strace(world, dice, seconds, program, what, ":when=%d+%d" % (
        dice.randrange(1, 4), dice.choice((1, 2, 7))))


def slow(world, dice, seconds):
    return strace(world, dice, seconds, *dice.choice(SLOW), "")


# ---- The network ------------------------------------------------------------

def partition(world, dice, seconds):
    which = dice.choice(("far0", "far1"))
    seconds *= dice.choice((1, 2, 4)) if world.long else 1
    world.link.end(which, "down")
    try:
        time.sleep(seconds)
    finally:
        world.link.end(which, "up")
    return "%s of the link down for %.1f s" % (which, seconds)


def busy(world, dice, seconds):
    hop = dice.choice((world.near, world.far))
    hop.busy = True
    for conv in list(hop.conversations):
        conv.hang_up()
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


# What it is, and whether it needs the service for itself: name -> (function,
# alone, ways of which it may make doubles: None for none, () for all, seconds
# for which it may after its end).
FAULTS = {
    "kill": (kill, False, (), 2),
    "kill-kind": (kill_kind, False, (), 2),
    "hang": (hang, False, (), 5),
    "kill-master": (kill_master, True, (), 2),
    "clocks": (clocks, True, (), 2),
    "cut": (cut, True, (), 2),
    "full": (full, False, (), 5),
    "failing": (failing, False, (), 5),
    "failing-2": (failing, False, (), 5),
    "failing-3": (failing, False, (), 5),
    "limits": (limits, False, (), 5),
    "limits-2": (limits, False, (), 5),
    "slow": (slow, False, (), 5),
    "partition": (partition, False, ("far",), 60),
    "busy": (busy, False, ("near", "far"), 2),
    "reloads": (reloads, False, None, 0),
    "commands": (commands, False, None, 0),
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
