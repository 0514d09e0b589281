"""A run of real daemons that is recorded, and simulated with the policy that
was in force: three tenants, a hundred destinations, limits that bind."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from halyard import BUILD, wait_for
from test_relay import Queue

DESTINATIONS = 100
SHARES = {"one": 12, "two": 5, "three": 3}      # of 20
# The last one's windows are short: the log does not tell when they began.
ALGORITHMS = {"one": ("tokenbucket", 1000), "two": ("spread", 1000),
              "three": ("fixedwindow", 100)}
HOOK = '''
$m = $arguments["mail"];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"], "mx",
        ["tenantid" => $m->getHeader("X-Tenant")]);
Accept();
'''


def domain(n):
    """Each tenth destination answers late."""
    n %= DESTINATIONS
    return "%s%d.example" % ("slow" if n % 10 == 0 else "d", n)


def tenant(n):
    n %= 20
    for name, share in SHARES.items():
        if n < share:
            return name
        n -= share
    return None


class Sink:
    """Slow destinations, of which each has two connections, take a little
    longer than `seconds` for their part of the messages."""

    def __init__(self, count, seconds):
        slow_ms = 2 * 1100 * seconds * DESTINATIONS // count
        self.dir = tempfile.mkdtemp(prefix="halyard-sink.")
        port = os.path.join(self.dir, "port")
        self.child = subprocess.Popen(
            [os.path.join(BUILD, "tests/tools/sink"), "--listen",
             "127.0.0.1:0", "--port-file", port, "--slow", str(slow_ms)],
            stdout=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(port) and os.path.getsize(port),
                 text="the sink")
        with open(port) as f:
            self.port = int(f.read())

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.child.terminate()
        self.child.wait()
        shutil.rmtree(self.dir)


class Recorded(Queue):
    """Enough for each tenant's rate to take `seconds`, or a part of it."""

    def __init__(self, sink, count, seconds, **params):
        super().__init__(
            "transport mx mx - -o tls=disabled -o families=ipv4\n",
            hook=HOOK, params={
                "dns_local_data": "zone", "dns_servers": "127.0.0.1@9",
                "send_default_port": str(sink.port), **params})
        self.count = count
        # They come in a quarter of the time.
        self.pace = count / (0.25 * seconds)
        with open(self.path("zone"), "w") as f:
            for n in range(DESTINATIONS):
                f.write("mx%d.hosts.example. 3600 IN A 127.0.0.1\n"
                        "%s. 3600 IN MX 10 mx%d.hosts.example.\n"
                        % (n, domain(n), n))
        self.write_policy("policy.cf", seconds)

    def write_policy(self, name, seconds, parts=(1.0, 0.85, 0.7)):
        path = self.path(name)
        with open(path, "w") as f:
            f.write("policy host remotemx -o concurrency=2\n"
                    "policy tenant tenantid\n")
            for (who, share), part in zip(SHARES.items(), parts):
                algorithm, ms = ALGORITHMS[who]
                rate = self.count * share / 20 / (seconds * part)
                f.write("if tenant tenantid=%s -o rate=%d/%dms "
                        "-o rate_algorithm=%s\n" % (
                            who, rate * ms / 1000 + 1, ms, algorithm))
        return path

    def send(self, first, step):
        """One session, with pipelining."""
        with socket.create_connection(("127.0.0.1", self.port), 60) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            f = s.makefile("rb")

            def reply(code):
                while True:
                    line = f.readline()
                    assert line.startswith(code), line
                    if line[3:4] != b"-":
                        return
            reply(b"220")
            s.sendall(b"EHLO recorded.invalid\r\n")
            reply(b"250")
            for n in range(first, self.count, step):
                time.sleep(max(0, self.began + n / self.pace -
                               time.monotonic()))
                s.sendall(b"MAIL FROM:<s@from.example>\r\n"
                          b"RCPT TO:<r%d@%s>\r\nDATA\r\n"
                          % (n, domain(n // 20 + n * 7).encode()))
                reply(b"250")
                reply(b"250")
                reply(b"354")
                s.sendall(b"Subject: s\r\nX-Tenant: %s\r\n\r\nbody\r\n.\r\n"
                          % tenant(n).encode())
                reply(b"250")

    def run(self, sessions=8, seconds=600):
        threads = [threading.Thread(target=self.send, args=(n, sessions))
                   for n in range(sessions)]
        self.began = time.monotonic()
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        wait_for(self.empty, seconds, "an empty queue")
        # What a worker has to say of the last ones comes after that.
        wait_for(self.silent, seconds, "the end of the log")

    def silent(self):
        """It says no more."""
        before = os.stat(self.path("log/halyard.log")).st_size
        time.sleep(1)
        return os.stat(self.path("log/halyard.log")).st_size == before

    def empty(self):
        p = self.ctl("queue", "stats", "--json", check=False)
        time.sleep(0.2)
        return p.returncode == 0 and json.loads(p.stdout)["entries"] == 0

    def simulate(self, policy, *more):
        p = self.ctl("policy", "simulate", "--log", self.path("log/halyard.log"),
                     "--policy", policy, "--json", *more)
        return json.loads(p.stdout)


def apart(a, b):
    """How far the second is from the first, of one."""
    return abs(b - a) / a


def pairs(report):
    """What was, and what the simulation has: all, and tenants' medians."""
    yield "completion", report["logged"]["seconds"], \
        report["simulated"]["seconds"]
    for t in report["tenants"]:
        yield "median of " + t["name"], t["logged"]["p50"], \
            t["simulated"]["p50"]


def deviations(report):
    return [(what, apart(a, b)) for what, a, b in pairs(report)]
