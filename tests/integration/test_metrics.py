#!/usr/bin/env python3
"""What a collector reads: the text format and its conventions, durations,
backends with a bound, certificates, restarts; healthz and readyz."""

import os
import re
import shutil
import signal
import socket
import subprocess
import time

import pki
from halyard import Backend, Instance, main, wait_for
from test_inline import hook

ACCEPT = "Accept();"
SAMPLE = re.compile(r'^(halyard_[a-z_]+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\\\]|\\\\[\\\\"n])*)"(?:,|$)')


def get(mta, path):
    """Status and body; the client says that it sends no more."""
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(mta.path("run/metrics.sock"))
        s.sendall(b"GET %s HTTP/1.0\r\n\r\n" % path.encode())
        s.shutdown(socket.SHUT_WR)
        head, _, body = s.makefile(newline="").read().partition("\r\n\r\n")
    return int(head.split()[1]), body


class Metrics:
    """Parsed, with every rule of the format and the conventions held."""

    def __init__(self, text):
        self.types, self.values = {}, {}
        helped = set()
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name, words = line[7:].split(" ", 1)
                assert name not in helped and words, line
                helped.add(name)
            elif line.startswith("# TYPE "):
                name, kind = line[7:].split(" ")
                assert name in helped and name not in self.types, line
                assert (kind == "counter") == name.endswith("_total"), line
                self.types[name] = kind
            else:
                self.sample(line)

    def sample(self, line):
        m = SAMPLE.match(line)
        assert m, line
        name, labels, value = m.groups()
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in self.types or self.types.get(family) == "histogram", \
            line
        found = LABEL.findall(labels or "")
        assert "".join('%s="%s",' % p for p in found).rstrip(",") == \
            (labels or ""), line
        key = (name, tuple(sorted(found)))
        assert key not in self.values, line
        self.values[key] = float(value)

    def of(self, name, **labels):
        return sum(v for (n, l), v in self.values.items() if n == name and
                   labels.items() <= dict(l).items())

    def labels(self, name, label):
        return {dict(l).get(label) for n, l in self.values if n == name}


def metrics(mta):
    status, text = get(mta, "/metrics")
    assert status == 200
    return Metrics(text)


def test_format():
    with Backend() as b, Instance(hook=hook(b.port)) as mta:
        with mta.client() as c:
            c.hello()
            assert c.message().code == 250
        m = metrics(mta)
        assert m.of("halyard_messages_accepted_total") == 1
        assert m.of("halyard_build_info") == 1
        assert m.types["halyard_sessions_open"] == "gauge"
        assert m.types["halyard_received_bytes_total"] == "counter"
        for name in "message", "inline_delivery":
            name = "halyard_%s_duration_seconds" % name
            assert m.types[name] == "histogram"
            assert m.of(name + "_count") == 1
            assert m.of(name + "_bucket", le="+Inf") == 1
            last = 0
            for le in ("0.001", "0.01", "0.1", "1", "10", "60", "+Inf"):
                n = m.of(name + "_bucket", le=le)
                assert n >= last, (name, le)
                last = n
        assert m.of("halyard_backend_deliveries_total", result="accepted",
                    backend="127.0.0.1:%d" % b.port) == 1
        if shutil.which("promtool"):
            p = subprocess.run(["promtool", "check", "metrics"], text=True,
                               input=get(mta, "/metrics")[1],
                               capture_output=True, check=False)
            assert (p.returncode, p.stdout, p.stderr) == (0, "", ""), p


def test_durations():
    """In their bucket, and in the sum."""
    mta = Instance(hook="sleep(0.3); Accept();",
                   params={"hook_helo": "hooks/helo.hsl"})
    with open(mta.path("hooks/helo.hsl"), "w") as f:
        f.write("sleep(0.2); Accept();\n")
    with mta:
        with mta.client() as c:
            c.hello()
            assert c.message().code == 250
        m = metrics(mta)
        for name, least in (("message", 0.3), ("hook", 0.2)):
            name = "halyard_%s_duration_seconds" % name
            assert m.of(name + "_sum") >= least, (name, m.values)
            assert m.of(name + "_bucket", le="0.1") == 0
            assert m.of(name + "_bucket", le="+Inf") == 1


def test_backends_have_a_bound():
    """Names come from scripts: many, long, and not text."""
    script = '''
for ($i = 0; $i < 60; $i += 1)
	$arguments["mail"]->send($transaction["senderaddress"],
	    [$transaction["recipients"][0]["address"]],
	    ["host" => "127.0.0." . ($i + 1), "port" => 1]);
$arguments["mail"]->send($transaction["senderaddress"],
    [$transaction["recipients"][0]["address"]],
    ["host" => "a\\"\\\\\n" . str_repeat("x", 200), "port" => 1]);
Defer();
'''
    with Instance(hook=script, maxproc=1) as mta:
        with mta.client(timeout=60) as c:
            c.hello()
            assert c.message().code == 421
        m = metrics(mta)
        names = m.labels("halyard_backend_deliveries_total", "backend")
        assert len(names) == 32 and "other" in names, names
        assert m.of("halyard_backend_deliveries_total",
                    result="failed") == 61


def test_after_a_death():
    """What a worker had counted stays, and that it was replaced."""
    with Backend() as b, Instance(hook=hook(b.port), maxproc=1) as mta:
        with mta.client() as c:
            c.hello()
            assert c.message().code == 250
        os.kill(mta.workers()[0], signal.SIGKILL)
        wait_for(lambda: metrics(mta).of("halyard_worker_restarts_total",
                 service="127.0.0.1:%d" % mta.port) == 1, text="a restart")
        m = metrics(mta)
        assert m.of("halyard_message_duration_seconds_count") == 1
        assert m.of("halyard_backend_deliveries_total",
                    result="accepted") == 1


def test_certificate():
    mta = Instance(hook=ACCEPT)
    mta.set(**pki.certificate(mta.dir, days=20))
    with mta:
        ends = {v for (n, _), v in metrics(mta).values.items() if n ==
                "halyard_certificate_expiry_timestamp_seconds"}
        assert len(ends) == 1, ends
        days = (ends.pop() - time.time()) / 86400
        assert 18.9 < days < 20.1, days


def test_health():
    with Instance(hook=ACCEPT, maxproc=1) as mta:
        assert get(mta, "/healthz") == (200, "ok\n")
        assert get(mta, "/readyz") == (200, "ready\n")
        with mta.client() as c:
            c.hello()
        # A hook that no longer compiles, and a worker that dies.
        mta.write_hook("Accept(")
        mta.ctl("reload", check=False)
        assert get(mta, "/readyz") == (200, "ready\n")
        assert get(mta, "/nothing")[0] == 404


if __name__ == "__main__":
    main(globals())
