#!/usr/bin/env python3
"""What workers have learned is forgotten when the administrator says so: the
DNS, and the caches of scripts."""

import json

from halyard import Answerer, Instance, main

HOOK = '''
function one($n) { return memory_inc("one"); }
function two($n) { return memory_inc("two"); }
$r = dns_query("x.lab", ["type" => "A"]);
Accept((cache ["namespace" => "n", "ttl" => 3600] one(1)) . " " .
    (cache ["ttl" => 3600] two(1)) . " " . json_encode($r) . ".");
'''


def instance(server):
    return Instance(hook=HOOK, maxproc=1, params={
        "dns_servers": "127.0.0.1@%d" % server.port})


def counts(mta):
    """Of one() and two()."""
    with mta.client() as c:
        c.hello()
        words = " ".join(c.message().text).split()
        assert "192.0.2.77" in words[-1], words
        return tuple(int(n) for n in words[-3:-1])


def test_dns():
    with Answerer(ttl=3600) as server, instance(server) as mta:
        for n in range(1, 4):
            counts(mta)
            counts(mta)
            assert server.asked.count("x") == n, server.asked
            mta.ctl("dns", "flush")
        mta.wait_log("event=control")


def test_cache():
    with Answerer() as server, instance(server) as mta:
        p = mta.ctl("hsl", "cache", "list")
        assert "empty" in p.stderr, p
        assert counts(mta) == (1, 1)
        assert counts(mta) == (1, 1)
        listed = json.loads(mta.ctl("hsl", "cache", "list", "--json").stdout)
        pid, = [p for p in mta.workers("smtpd")]
        assert sorted((c["namespace"], c["function"], c["entries"],
                       c["worker"]) for c in listed["caches"]) == [
            ("", "two", 1, pid), ("n", "one", 1, pid)], listed
        out = mta.ctl("hsl", "cache", "list").stdout
        assert "one in n\n" in out, out
        out = mta.ctl("hsl", "cache", "clear", "--function", "one").stdout
        assert out.startswith("1 forgotten"), out
        assert counts(mta) == (2, 1)
        mta.ctl("hsl", "cache", "clear", "--function", "none")
        assert counts(mta) == (2, 1)
        assert mta.ctl("hsl", "cache", "clear").stdout.startswith(
            "2 forgotten")
        assert counts(mta) == (3, 2)


def test_long():
    """No name that a script gives ends the worker that is asked for it."""
    hook = """function one($n) { return $n; }
$n = str_repeat("n", 5000);
Accept(cache ["namespace" => $n, "ttl" => 3600] one(1));
"""
    with Instance(hook=hook, maxproc=1) as mta:
        with mta.client() as c:
            c.hello()
            text = " ".join(c.message().text)
            assert text.endswith("1"), text
            pid = mta.workers("smtpd")
            listed = json.loads(mta.ctl("hsl", "cache", "list",
                                        "--json").stdout)["caches"]
            one, = listed
            assert one["namespace"] == "n" * 1024, one
            assert mta.ctl("hsl", "cache", "clear").stdout.startswith("1 ")
            assert mta.workers("smtpd") == pid
            c.cmd("NOOP", 250)


if __name__ == "__main__":
    main(globals())
