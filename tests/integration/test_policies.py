#!/usr/bin/env python3
"""Mail finds its way by MX, under the limits of policy.cf: seen from outside,
by what the hosts record."""

import json
import os
import threading
import time

from halyard import SLOW, Backend, Gone, main, wait_for
from test_relay import HOOK, Queue, numbers

TENANTS = '''
$m = $arguments["mail"];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"], "mx",
        ["tenantid" => $m->getHeader("X-Tenant") ?? ""]);
Accept();
'''
MX = HOOK.replace('"out"', '"mx"')


class Hosts:
    """Mail exchangers on addresses of the loopback, with one port."""

    def __init__(self, count, hold=0.0):
        self.hold = hold
        self.open = {}
        self.peak = {}
        self.ends = []
        self.lock = threading.Lock()
        self.list = []
        for n in range(count):
            self.list.append(Backend(
                replies={"EOD": self.end}, address=self.address(n),
                port=self.list[0].port if self.list else 0))
        self.port = self.list[0].port

    @staticmethod
    def address(n):
        return "127.0.1.%d" % (n + 1)

    def end(self, conv, line):
        name = conv.sock.getsockname()[0]
        with self.lock:
            self.ends.append((time.monotonic(), name))
            self.open[name] = self.open.get(name, 0) + 1
            self.peak[name] = max(self.peak.get(name, 0), self.open[name])
            self.peak["all"] = max(self.peak.get("all", 0),
                                   sum(self.open.values()))
        time.sleep(self.hold)
        with self.lock:
            self.open[name] -= 1
        return None

    def zone(self, path, **domains):
        """DOMAIN=[(preference, host number), ...]."""
        with open(path, "w") as f:
            for n in range(len(self.list)):
                f.write("mx%d.hosts.example. 300 IN A %s\n"
                        % (n, self.address(n)))
            for domain, hosts in domains.items():
                for preference, n in hosts:
                    f.write("%s.example. 300 IN MX %d mx%d.hosts.example.\n"
                            % (domain, preference, n))

    def got(self, *which):
        """How many messages each has."""
        return [len(self.list[n].messages) for n in which]

    def numbers(self):
        return sorted(n for b in self.list for n in numbers(b))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for b in self.list:
            b.close()


class Mta(Queue):
    def __init__(self, hosts, domains, policy="", options="-o retry=1s",
                 hook=MX, addresses="",
                 **params):
        super().__init__(
            addresses +
            "transport mx mx - -o tls=disabled -o families=ipv4 "
            "-o jitter=0%% -o dead_host=1s %s\n" % options, hook=hook,
            params={"dns_local_data": "zone", "dns_servers": "127.0.0.1@9",
                    "send_default_port": str(hosts.port), **params})
        hosts.zone(self.path("zone"), **domains)
        self.policy(policy)

    def policy(self, text):
        with open(self.path("policy.cf"), "w") as f:
            f.write(text)

    def to(self, count, domain, first=0, tenant=None):
        return self.put(count, ("r@%s.example" % domain,), first=first,
                        headers=b"X-Tenant: %s\r\n" % tenant.encode()
                        if tenant else b"")


def windows(ends, seconds):
    """The most that began in any window of that length."""
    times = sorted(t for t, _ in ends)
    best, first = 0, 0
    for last, t in enumerate(times):
        while t - times[first] >= seconds:
            first += 1
        best = max(best, last - first + 1)
    return best


def test_mx():
    """The best preference; the next one when it can't be reached, within the
    same attempt."""
    with Hosts(3) as h, Mta(h, {"a": [(10, 0), (20, 1)],
                                "b": [(10, 2)]}) as mta:
        mta.to(3, "a")
        mta.to(2, "b", first=3)
        mta.wait(0)
        assert h.got(0, 1, 2) == [3, 0, 2], h.got(0, 1, 2)
        h.list[0].close()
        for c in h.list[0].conversations:
            c.sock.close()
        mta.to(2, "a", first=5)
        mta.wait(0)
        assert h.got(1) == [2], h.got(1)
        assert "verdict=defer" not in mta.log()


def test_concurrency():
    """Of one exchanger, whatever domain the mail is for; and a limit never
    sends mail to a worse one."""
    with Hosts(2, hold=0.1) as h, Mta(
            h, {"a": [(10, 0), (20, 1)], "b": [(10, 0), (20, 1)]},
            "policy mx remotemx -o concurrency=3\n") as mta:
        mta.to(20, "a")
        mta.to(20, "b", first=20)
        mta.wait(0)
        assert h.got(1) == [0]
        assert h.peak["all"] == 3, h.peak
        assert h.numbers() == list(range(40))


def test_rollup_and_condition():
    """Two hosts count as one; the rest has a limit of its own."""
    with Hosts(3, hold=0.1) as h, Mta(
            h, {"a": [(10, 0)], "b": [(10, 1)], "c": [(10, 2)]},
            "rollup big remotemx -o { match = mx0.hosts.example "
            "mx1.hosts.example }\n"
            "policy mx remotemx#big -o concurrency=1\n"
            "if mx remotemx=#big -o concurrency=2\n") as mta:
        for n, domain in enumerate("abc"):
            mta.to(8, domain, first=8 * n)
        mta.wait(0)
        both = [e for e in h.ends if e[1] != h.address(2)]
        assert len(both) == 16
        assert h.peak[h.address(2)] == 1, h.peak
        assert h.peak["all"] == 3, h.peak


def test_rate():
    with Hosts(1) as h, Mta(h, {"a": [(10, 0)]},
                            "policy all - -o rate=20/1s\n") as mta:
        began = time.monotonic()
        mta.to(40, "a")
        mta.wait(0, seconds=30)
        took = time.monotonic() - began
        assert windows(h.ends, 0.95) <= 21, windows(h.ends, 0.95)
        assert took >= 1.8, took


def test_algorithms():
    """What each lets through in any window, and that it lets that through."""
    for algorithm, most in (("spread", 21), ("tokenbucket", 40),
                            ("fixedwindow", 40)):
        with Hosts(1) as h, Mta(
                h, {"a": [(10, 0)]}, "policy all - -o rate=20/1s "
                "-o rate_algorithm=%s\n" % algorithm) as mta:
            mta.to(120, "a")
            mta.wait(0, seconds=60)
            at = sorted(t for t, _ in h.ends)
            assert windows(h.ends, 0.95) <= most, (algorithm, at)
            # From the second full window on; a limit is not a waste.
            rest = [t for t in at if t >= at[0] + 1]
            took = rest[-1] - rest[0]
            assert len(rest) - 1 >= 0.95 * 20 * (took - 1), (algorithm, at)
            if algorithm == "fixedwindow":
                # In bursts: else it was not what was asked for.
                assert windows(h.ends, 0.5) > 11, at


def test_rate_through_all():
    """A better host that answers nobody, a reload, a worker and qmgr that are
    killed: no window has more."""
    with Hosts(2) as h, Mta(
            h, {"a": [(10, 0), (20, 1)], "b": [(10, 1)]},
            "policy all - -o rate=20/1s\n"
            "policy mx remotemx -o concurrency=3\n") as mta:
        h.list[0].replies["CONNECT"] = b"421 4.3.2 Not now\r\n"
        mta.to(40, "a")
        mta.to(80, "b", first=40)
        for n, program in enumerate(("deliver", None, "qmgr", "deliver")):
            wait_for(lambda: sum(h.got(0, 1)) >= 15 * (n + 1), 60, "some")
            if program is None:
                mta.policy("policy all - -o rate=20/1s\n"
                           "policy mx remotemx -o concurrency=4\n")
                mta.ctl("reload")
            else:
                mta.kill(program)
        mta.wait(0, seconds=90)
        assert set(h.numbers()) == set(range(120))
        assert h.got(0) == [0]
        assert windows(h.ends, 0.95) <= 21, windows(h.ends, 0.95)


def test_tenants():
    """Each combination of values has a count of its own."""
    with Hosts(1, hold=0.1) as h, Mta(
            h, {"a": [(10, 0)]}, "policy t tenantid,remotemx "
            "-o concurrency=2\n", hook=TENANTS) as mta:
        mta.to(10, "a", tenant="one")
        mta.to(10, "a", first=10, tenant="two")
        mta.wait(0)
        assert 2 < h.peak["all"] <= 4, h.peak


def test_reload():
    """What is suspended waits, until a reload lets it go; limits are others
    from then on."""
    with Hosts(2, hold=0.2) as h, Mta(
            h, {"a": [(10, 0)], "b": [(10, 1)]},
            "policy mx remotemx -o concurrency=1\n"
            "suspend no recipientdomain=a.example -o tag=maintenance\n"
            ) as mta:
        mta.to(4, "a")
        mta.to(4, "b", first=4)
        wait_for(lambda: h.got(1) == [4], text="the others")
        assert h.got(0) == [0]
        e = json.loads(mta.queue("explain", "--json", mta.list()[0]["id"][
            "transaction"] + ":1").stdout)
        assert "suspended" in json.dumps(e), e
        mta.policy("policy mx remotemx -o concurrency=2\n")
        workers = sorted(mta.workers("deliver") + mta.workers("smtpd"))
        mta.ctl("reload")
        mta.wait(0)
        assert h.peak[h.address(0)] == 2, h.peak
        assert h.numbers() == list(range(8))
        assert workers == sorted(mta.workers("deliver") +
                                 mta.workers("smtpd"))


def test_delivery_row():
    """For some destinations TLS has to be: there nothing goes in clear."""
    with Hosts(2) as h, Mta(
            h, {"a": [(10, 0)], "b": [(10, 1)]},
            "delivery d1 remotemx=mx0.hosts.example -o tls=require\n",
            "-o retry=1h") as mta:
        mta.to(1, "a")
        mta.to(1, "b", first=1)
        mta.wait(1, "--state", "defer")
        wait_for(lambda: h.got(0, 1) == [0, 1], 20, "the one in clear")
        assert "TLS" in mta.list()[0]["reason"], mta.list()


def test_through_kills():
    """Neither a worker's death nor qmgr's lets more connections be open."""
    with Hosts(1, hold=0.05) as h, Mta(
            h, {"a": [(10, 0)], "b": [(10, 0)]},
            "policy mx remotemx -o concurrency=4\n") as mta:
        mta.to(60, "a")
        mta.to(60, "b", first=60)
        for program in ("qmgr", "deliver", "qmgr"):
            time.sleep(SLOW / 2)
            mta.kill(program)
        mta.wait(0, seconds=60)
        assert set(h.numbers()) == set(range(120))
        # A host may not have seen yet that a killed worker's are closed.
        assert h.peak["all"] <= 4 * 2, h.peak


def test_long_rate():
    """A bucket that takes long to fill goes on where it was when qmgr alone
    dies; and can be filled by hand."""
    with Hosts(1) as h, Mta(
            h, {"a": [(10, 0)]}, "policy all - -o rate=3/1h "
            "-o rate_algorithm=tokenbucket\n") as mta:
        mta.to(2, "a")
        time.sleep(SLOW / 2)
        assert h.got(0) == [0]          # it began empty
        mta.ctl("policy", "refill", "all")
        mta.wait(0)
        mta.kill("qmgr")
        mta.to(4, "a", first=2)
        wait_for(lambda: h.got(0) == [3], text="what was left")
        time.sleep(SLOW)
        assert h.got(0) == [3]
        mta.kill("qmgr")
        mta.wait(3)
        time.sleep(SLOW)
        assert h.got(0) == [3]
        mta.ctl("policy", "refill", "all")
        mta.wait(0)
        assert h.numbers() == list(range(6))


def test_connect_interval():
    """From one connect to the next; what is there is used meanwhile."""
    with Hosts(1, hold=0.3) as h, Mta(
            h, {"a": [(10, 0)]}, "policy mx remotemx "
            "-o connectinterval=1s\n") as mta:
        mta.to(8, "a")
        mta.wait(0, seconds=30)
        began = sorted(t for t, _ in h.ends)
        took = began[-1] - began[0]
        assert h.list[0].connections <= 2 + took, (h.list[0].connections,
                                                   took)


def test_dynamic():
    """Added and taken back while mail waits: by mtactl."""
    with Hosts(1, hold=0.1 * SLOW) as h, Mta(
            h, {"a": [(10, 0)]}, "policy mx remotemx\n") as mta:
        mta.ctl("suspend", "add", "recipientdomain=a.example", "--id", "s")
        mta.to(20, "a")
        time.sleep(SLOW / 2)
        assert h.got(0) == [0]
        mta.ctl("policy", "add", "remotemx=mx0.hosts.example",
                "--concurrency", "2", "--id", "p", "--ttl", "1h")
        mta.ctl("suspend", "delete", "s")
        wait_for(lambda: len(mta.list()) <= 10, 30, "half of it")
        assert h.peak["all"] == 2, h.peak
        mta.ctl("policy", "delete", "p")
        mta.wait(0)
        assert h.peak["all"] > 2, h.peak


def test_nowhere():
    """A domain that takes no mail."""
    with Hosts(1) as h, Mta(h, {"a": [(10, 0)]}) as mta:
        with open(mta.path("zone"), "a") as f:
            f.write("none.example. 300 IN MX 0 .\n")
        mta.ctl("reload")
        mta.to(1, "none")
        wait_for(lambda: mta.list() and mta.list()[0].get("reason"),
                 text="the verdict")
        assert mta.list()[0]["state"] == "bouncing", mta.list()
        assert "5.1.10" in mta.log(), mta.log()[-2000:]


if __name__ == "__main__":
    main(globals())
