#!/usr/bin/env python3
"""mtactl policy simulate: a recorded run under the policy that was in force,
and under others."""

import gzip
import json
import shutil

from halyard import SLOW, main
from recorded import Recorded, Sink, deviations

# The machine is to be faster than the limits, also where programs watch
# themselves.
COUNT = 3000 // SLOW
SECONDS = 12


def test_recorded():
    """What was comes out again; half the rate takes twice as long; a wider
    one does not, and then others bind."""
    with Sink(COUNT, SECONDS) as sink, Recorded(sink, COUNT, SECONDS) as mta:
        mta.run()
        r = mta.simulate(mta.path("policy.cf"))
        assert r["messages"] == r["over"] == COUNT, r
        for what, by in deviations(r):
            assert by < 0.1, (what, by, r["logged"], r["tenants"])
        assert r["waits"][0]["why"] == "rate", r["waits"][:3]
        assert r["waits"][0]["limiter"].startswith("tenant "), r["waits"]
        assert 0.99 < sum(w["share"] for w in r["waits"]) < 1.01

        half = mta.simulate(mta.write_policy("half.cf", 2 * SECONDS))
        assert half["simulated"]["p50"] > 1.8 * r["simulated"]["p50"], half
        assert 1.8 * SECONDS < half["simulated"]["seconds"] < \
            2.5 * SECONDS, half["simulated"]
        assert half["logged"] == r["logged"]
        wide = mta.simulate(mta.write_policy("wide.cf", SECONDS / 100))
        assert wide["simulated"]["p50"] < 0.5 * r["simulated"]["p50"], wide
        assert wide["waits"][0]["why"] == "concurrency", wide["waits"][:3]
        check_forms(mta, r)


def check_forms(mta, r):
    """The same of a packed log; tables for people; a suspension."""
    log = mta.path("log/halyard.log")
    with open(log, "rb") as f, gzip.open(log + ".1.gz", "wb") as g:
        shutil.copyfileobj(f, g)
    policy = mta.path("policy.cf")
    p = mta.ctl("policy", "simulate", "--policy=" + policy, "--json",
                "--transport", mta.path("transport.cf"), "--top", "3",
                "--log", log + ".1.gz")
    again = json.loads(p.stdout)
    assert again["simulated"] == r["simulated"]
    assert len(again["destinations"]) == 3, again["destinations"]
    text = mta.ctl("policy", "simulate", "--log", log, "--policy",
                   policy).stdout
    for word in ("TENANT", "DESTINATION", "WAITED FOR", "rate"):
        assert word in text, text
    for line in text.split("\n"):
        assert len(line) <= 80 and line == line.rstrip(), line
    with open(mta.path("stop.cf"), "w") as f:
        f.write("suspend no recipientdomain=d1.example\n")
    r = mta.simulate(mta.path("stop.cf"))
    assert r["stuck"] > 0 and r["over"] + r["stuck"] == COUNT, r
    with open(mta.path("bad.cf"), "w") as f:
        f.write("policy a nofield -o concurrency=1\n")
    p = mta.ctl("policy", "simulate", "--log", log, "--policy",
                mta.path("bad.cf"), check=False)
    assert p.returncode == 1 and "bad.cf:1" in p.stderr, p


if __name__ == "__main__":
    main(globals())
