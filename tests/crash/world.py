"""What `hour` runs: one service whose spool is a disk of its own, clients
before it, next hops and a mailbox of its senders behind it, and the ledger of
all that is said.

A recipient is KIND-NUMBER@WAY.example: the kind says what it meets, the way
by which transport it goes.

    near	a next hop on this host
    far		one at the other end of a link, in another network
    slow	one that takes its time for each message
    gone	one that nobody is at: it expires, and its sender is told

    good	is taken
    bad		is refused: the sender is told
    later	is put off twice, then taken
    tell	is taken, and its sender wants to know
"""

import collections
import ctypes
import json
import os
import random
import re
import signal
import subprocess
import threading
import time

from dsn_check import check
from harm import Harms
from halyard import MTACTL, Backend, alive, free_port, wait_for
from test_clock import Clock
from test_power import Disk
from whole import Whole

CLONE_NEWNET = 0x40000000
FAR, NEAR = "10.99.0.2", "10.99.0.1"
DAEMONS = {"master", "smtpd", "share", "cleanup", "qmgr", "deliver", "bounce",
           "metrics"}
# What the n-th recipient is like: (kind, way), with its share.
RECIPIENTS = {("good", "near"): 30, ("good", "far"): 20, ("good", "slow"): 10,
              ("good", "gone"): 4, ("bad", "near"): 8, ("bad", "far"): 3,
              ("later", "near"): 8, ("later", "far"): 4, ("tell", "near"): 8,
              ("tell", "slow"): 2}
EOD = '''
$m = $arguments["mail"];
$from = explode(".", $transaction["senderaddress"]["domain"])[0];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["senderaddress"], $r["address"],
        explode(".", $r["address"]["domain"])[0],
        ["tenantid" => $from, "metadata" => ["by" => "eod"]]);
Accept();
'''
PRE = '''
memory_inc("attempts");
Try(["helo" => "pre.example"]);
'''
POST = '''
SetMetaData(["tries" => string($arguments["retry"])]);
if ($arguments["action"] == "QUEUE")
    Queue(["jobid" => "late"]);
'''
HELO = 'Accept(["extensions" => [...$arguments["extensions"], "DSN"]]);'
POLICIES = (
    '''policy domain recipientdomain -o concurrency=20
policy tenant tenantid -o concurrency=30 -o rate=100/1s
policy all - -o concurrency=60
''', '''policy domain recipientdomain -o concurrency=8
if domain recipientdomain=slow.example -o concurrency=12
policy all - -o concurrency=40 -o rate=200/1s
''', '''policy tenant tenantid -o concurrency=10
policy domain recipientdomain -o concurrency=20
policy all - -o concurrency=60
suspend off recipientdomain=slow.example
''')


class Nothing(list):
    """Of what would grow for an hour."""

    def append(self, what):
        pass


def parts(address):
    """The number, and the kind with the way."""
    name, host = address.split("@")
    kind, number = name.split("-", 1)
    return number, kind + "@" + host.split(".")[0]


class Ledger:
    """Who was told what, by (number, kind of recipient, way)."""

    def __init__(self):
        self.lock = threading.Lock()
        self.epoch = 0
        self.sent = set()
        self.acked = {}         # number -> (when, its recipients)
        self.taken = {}         # recipient -> [(when, way)]
        self.told = {}          # (recipient, action) -> [Message-ID]
        self.heard = {}         # Message-ID -> [(when, way)]
        self.wrong = []
        self.news = collections.deque(maxlen=2000)
        self.refused = collections.Counter()

    def ack(self, number, recipients, epoch):
        """Nobody can be told anything after the power went: a file system that
        is shut down under running processes lets a sync that is under way
        then succeed."""
        with self.lock:
            if epoch == self.epoch:
                self.acked[number] = time.monotonic(), recipients

    def power_goes(self):
        with self.lock:
            self.epoch += 1

    def take(self, way, messages):
        for number, address, body in messages:
            about, kind = parts(address)
            now = time.monotonic()
            with self.lock:
                if number not in self.sent:
                    self.wrong.append("never sent: %s" % number)
                elif not body.endswith(body_of(number)):
                    self.wrong.append("not whole: %s" % number)
                if number != about:
                    self.wrong.append("%s for %s" % (number, address))
                self.taken.setdefault((number, kind), []).append((now, way))
                self.news.append((now, number))

    def tell(self, m):
        try:
            top, whole, (one,), _ = check(m["body"])
            number = whole["original-envelope-id"]
            address = one["final-recipient"].split(";")[1].strip()
        except (AssertionError, KeyError, ValueError) as e:
            with self.lock:
                self.wrong.append("a notification: %r" % e)
            return
        about, kind = parts(address)
        with self.lock:
            if number != about:
                self.wrong.append("told of %s for %s" % (number, address))
            self.told.setdefault((number, kind, one["action"]), []).append(
                top["message-id"])
            self.heard.setdefault(top["message-id"], []).append(
                (time.monotonic(), "back"))

    def moved_since(self, when):
        """How many that were acknowledged since then were taken."""
        with self.lock:
            return sum(1 for _, n in self.news
                       if self.acked.get(n, (0,))[0] > when)

    def owed(self):
        """Recipients of what was acknowledged of whom nothing is known."""
        with self.lock:
            return [(n, k) for n, (_, kinds) in self.acked.items()
                    for k in kinds if (n, k) not in self.taken and
                    (n, k, "failed") not in self.told]

    def broken(self):
        """What is not as its kind says, though it was not lost."""
        out = list(self.wrong)
        for n, (_, kinds) in self.acked.items():
            for k in kinds:
                kind = k.split("@")[0]
                if kind == "bad" and (n, k) in self.taken:
                    out.append("taken: %s %s" % (n, k))
                if kind == "tell" and (n, k, "failed") not in self.told and \
                        (n, k, "relayed") not in self.told:
                    out.append("not told: %s %s" % (n, k))
        for what, ids in self.told.items():
            if len(set(ids)) > 1:
                out.append("told by several messages: %s %s" % (what, ids))
            if what[2] == "failed" and not what[1].startswith("bad") and \
                    not what[1].endswith("@gone"):
                out.append("given up: %s" % (what,))
        return out

    def times(self):
        """When what was taken, and by which way; notifications, too."""
        with self.lock:
            return {**self.taken, **self.heard}


def body_of(number):
    """Sizes of every kind: a few are larger than what segments hold, and those
    whose number says so."""
    dice = random.Random(number)
    size = dice.choice((200, 1000, 3000, 3000, 10000, 40000))
    if number.endswith("L") or dice.random() < 0.005:
        size = 1300000
    line = (number.encode() + b" ") * (70 // (len(number) + 1)) + b"\r\n"
    return line * (size // len(line) + 1)


class Hop(Backend):
    """One of the next hops."""

    def __init__(self, ledger, way, seed, **more):
        self.ledger, self.way = ledger, way
        self.dice, self.met, self.busy = random.Random(seed), {}, False
        super().__init__(replies={"RCPT": self.rcpt, "EOD": self.eod,
                                  "CONNECT": self.connect}, **more)
        self.commands = Nothing()
        self.messages = self

    def connect(self, conv, line):
        return b"421 4.3.2 Busy\r\n" if self.busy else None

    def rcpt(self, conv, line):
        word = line[9:].split(b"-")[0]
        if word == b"bad":
            return b"550 5.1.1 Nobody\r\n"
        if word == b"later":
            n = self.met[line] = self.met.get(line, 0) + 1
            if n < 3:
                return b"450 4.2.1 Not now\r\n"
        return None

    def eod(self, conv, line):
        if self.way == "slow":
            time.sleep(self.dice.uniform(0.2, 1))
        elif self.dice.random() < 0.02:
            time.sleep(0.2)

    def append(self, m):
        """Called where a message is taken, before that is answered."""
        number = re.search(rb"Subject: (\S+)", m["body"]).group(1).decode()
        self.ledger.take(self.way, [(number, r.strip(b"<>").decode(),
                                     m["body"]) for r in m["rcpts"]])


class Mailbox(Backend):
    """Where senders are told."""

    def __init__(self, ledger):
        self.ledger, self.way = ledger, "back"
        super().__init__()
        self.commands = Nothing()
        self.messages = self

    def append(self, m):
        self.ledger.tell(m)


def sh(*args, **more):
    return subprocess.run(args, check=True, capture_output=True, text=True,
                          **more).stdout


class Link:
    """Another network, and the link to it."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "100000"])
        try:
            ours = os.readlink("/proc/self/ns/net")
            wait_for(lambda: os.readlink("/proc/%d/ns/net" % self.holder.pid)
                     != ours, text="a network")
            sh("ip", "link", "set", "lo", "up")
            sh("ip", "link", "add", "far0", "type", "veth", "peer", "name",
               "far1", "netns", str(self.holder.pid))
            sh("ip", "addr", "add", NEAR + "/24", "dev", "far0")
            sh("ip", "link", "set", "far0", "up")
            self.there("addr", "add", FAR + "/24", "dev", "far1")
            self.there("link", "set", "far1", "up")
        except BaseException:
            self.close()
            raise

    def there(self, *args):
        sh("nsenter", "-t", str(self.holder.pid), "-n", "ip", *args)

    def end(self, which, state):
        """far0 down: there is no way; far1 down: nobody answers."""
        if which == "far0":
            sh("ip", "link", "set", "far0", state)
        else:
            self.there("link", "set", "far1", state)

    def make(self, what):
        """what(), in a thread that lives there."""
        made = []

        def run():
            with open("/proc/%d/ns/net" % self.holder.pid, "rb") as f:
                if ctypes.CDLL(None, use_errno=True).setns(
                        f.fileno(), CLONE_NEWNET) == 0:
                    made.append(what())
        t = threading.Thread(target=run)
        t.start()
        t.join()
        assert made, "no socket there"
        return made[0]

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Clients:
    """So many messages a second, by some sessions, until told to stop."""

    def __init__(self, mta, ledger, seed, rate, sessions=6):
        self.mta, self.ledger, self.stop = mta, ledger, False
        self.large = 0          # until when half of them are
        self.pause = sessions / rate
        self.kinds = list(RECIPIENTS)
        self.shares = list(RECIPIENTS.values())
        self.threads = [threading.Thread(target=self.run, args=(
            i, random.Random("%s-%d" % (seed, i)))) for i in range(sessions)]
        for t in self.threads:
            t.start()

    def run(self, who, dice):
        n = 0
        while not self.stop:
            try:
                with self.mta.client() as c:
                    c.hello()
                    while not self.stop:
                        n += 1
                        self.one(c, "%d-%d%s" % (
                            who, n, "L" if time.monotonic() < self.large and
                            dice.random() < 0.5 else ""), dice)
                        time.sleep(dice.uniform(0, 2 * self.pause))
            except (OSError, AssertionError, EOFError, ValueError) as e:
                self.ledger.refused[type(e).__name__] += 1
                time.sleep(0.1)

    def one(self, c, number, dice):
        kinds = dict.fromkeys(dice.choices(
            self.kinds, self.shares, k=dice.choice((1, 1, 1, 2, 3))))
        epoch = self.ledger.epoch
        self.ledger.sent.add(number)
        c.cmd("MAIL FROM:<s@t%d.from.example> ENVID=%s" % (
            dice.randrange(6), number), 250)
        for kind, way in kinds:
            c.cmd("RCPT TO:<%s-%s@%s.example>%s" % (
                kind, number, way, " NOTIFY=SUCCESS,FAILURE"
                if kind == "tell" else ""), 250)
        c.cmd("DATA", 354)
        c.send(b"Subject: %s\r\n\r\n" % number.encode() + body_of(number) +
               b".\r\n")
        r = c.reply()
        if r.code == 250:
            self.ledger.ack(number, ["%s@%s" % k for k in kinds], epoch)
        else:
            self.ledger.refused[r.code] += 1

    def end(self):
        self.stop = True
        for t in self.threads:
            t.join()


class Service(Whole):
    """All daemons, with everything on."""

    def __init__(self, world, disk):
        self.world, self.disk, self.variant = world, disk, 0
        self.gone = free_port()
        super().__init__(self.ways(), pre=PRE, post=POST, hook=EOD,
                         workers=2, files={"helo.hsl": HELO}, params={
                             "hook_helo": "hooks/helo.hsl",
                             "spool_directory": disk.mount + "/queue",
                             "spool_min_free": 0, "spool_timeout": "10s",
                             "drain_limit": "3s", "restart_delay_max": "2s",
                             "drain_transaction_limit": "5s",
                             "dsn_transport": "back"})
        self.policy()
        self.clock = Clock(os.path.join(self.dir, "clock"))

    def start(self):
        self.begin()
        return self

    def ways(self):
        to = {"near": "127.0.0.1:%d" % self.world.near.port,
              "far": "%s:%d" % (FAR, self.world.far.port),
              "slow": "127.0.0.1:%d" % self.world.slow.port,
              "gone": "127.0.0.1:%d" % self.gone}
        return "transport back host 127.0.0.1:%d -o tls=disabled -o retry=1s" \
            " -o dead_host=1s\n" % self.world.back.port + "".join(
                "transport %s host %s -o tls=disabled -o retry=%s -o "
                "dead_host=1s -o jitter=20%% -o timeout_connect=5s -o "
                "timeout_RCPT=10s -o timeout_BLOCK=10s -o timeout_EOD=10s -o "
                "concurrency=%d -o dsn_transport=back%s\n" % (
                    way, at, ("1s", "1s,2s,2s", "2s,1s")[self.variant],
                    20 - 5 * self.variant,
                    " -o max_age=15s" if way == "gone" else "")
                for way, at in to.items())

    def policy(self):
        with open(self.path("policy.cf"), "w") as f:
            f.write(POLICIES[self.variant])

    def vary(self, variant):
        """Other limits and waits; mtactl's answer."""
        self.variant = variant
        self.transports(self.ways())
        self.policy()
        return self.ctl("reload", check=False)

    def processes(self):
        """master's and its workers', by pid."""
        top, found = self.master_pid(), {}
        for name in os.listdir("/proc"):
            try:
                with open("/proc/%s/stat" % name) as f:
                    head, rest = f.read().rsplit(")", 1)
                program = head.split("(", 1)[1].split(":")[0]
                if program in DAEMONS and rest.split()[0] != "Z" and \
                        top in (int(name), int(rest.split()[1])):
                    found[int(name)] = program
            except (OSError, ValueError):
                pass
        return found

    def end_all(self):
        """SIGKILL to everything, whether it listens or not."""
        pids = sorted(self.processes(), reverse=True)
        top = self.master_pid()
        for pid in [top] + pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        for pid in pids:
            wait_for(lambda: not alive(pid), text="death")

    def begin(self, shift=None):
        """A start; with shift, where the clocks that count from the start of
        the machine have another time, as after a start of the machine."""
        command = [MTACTL, "-c", self.conf, "start"]
        if shift is not None:
            command = ["unshare", "-T", "--monotonic=%d" % shift,
                       "--boottime=%d" % shift, "--fork"] + command
        said = []

        def up():
            p = subprocess.run(command, capture_output=True, text=True,
                               timeout=120, env={
                                   **os.environ, **self.clock.environment()})
            said[:] = [p.stderr]
            return p.returncode == 0
        try:
            wait_for(up, 30, "a start")
        except AssertionError as e:
            raise AssertionError("%s: %s" % (e, said[0])) from e

    def empty(self):
        # What was held as poison has to be released.
        self.ctl("queue", "release", "--state", "hold", check=False)
        self.ctl("queue", "retry", "--all", check=False)
        p = self.ctl("queue", "stats", "--json", check=False)
        return p.returncode == 0 and json.loads(p.stdout)["entries"] == 0

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.master_pid()))


class World:
    def __init__(self, seed, rate):
        self.ledger = Ledger()
        self.mounted = threading.Lock() # as long as the disk stays there
        self.open = []
        try:
            self.disk = self.keep(Disk(1024))
            self.link = self.keep(Link())
            self.near = self.keep(Hop(self.ledger, "near", seed))
            self.slow = self.keep(Hop(self.ledger, "slow", seed))
            self.far = self.keep(self.link.make(
                lambda: Hop(self.ledger, "far", seed, address=FAR)))
            self.back = self.keep(Mailbox(self.ledger))
            self.mta = Service(self, self.disk)
            self.mta.start()
            self.clients = None
            self.seed, self.rate = seed, rate
            self.unmet = []     # faults that nobody met
            self.harms = self.keep(Harms(self))
        except BaseException:
            self.close()
            raise

    def keep(self, what):
        self.open.append(what)
        return what

    def hops(self):
        return self.near, self.slow, self.far, self.back

    def load(self):
        self.clients = Clients(self.mta, self.ledger, self.seed, self.rate)

    def close(self):
        if getattr(self, "clients", None):
            self.clients.stop = True
        if hasattr(self, "mta"):
            self.mta.stop()
        for what in reversed(self.open):
            what.close()
