#!/usr/bin/env python3
"""Policies and suspensions for a time: by scripts and by mtactl, seen by both
and by the hosts; over restarts of qmgr, as the parameters say."""

import json
import os
import re
import threading

from halyard import main, wait_for
from test_policies import Hosts
from test_policies import Mta as Policies

HOOK = '''
function call($m) {
    $in = json_decode($m->getHeader("X-Args"));
    switch ($m->getHeader("X-Call")) {
        case "policy":
            return queue_policy($in[0], $in[1], $in[2], $in[3], $in[4]);
        case "delete":
            return queue_policy_delete($in[0]);
        case "suspend":
            return queue_suspend($in[0], $in[1], $in[2]);
        case "long":
            for ($i = 0; $i < $in[0]; $i += 1)
                $p["p" . $i] = str_repeat("v", 1020);
            $p["rest"] = str_repeat("v", $in[1]);
            return queue_policy(["tenantid"], ["tenantid" => "t"],
                ["concurrency" => 1, "properties" => $p], 3600);
    }
}
$m = $arguments["mail"];
if ($m->getHeader("X-Call")) {
    try { $said = json_encode(call($m)); }
    catch ($e) { $said = $e->message(); }
    Reject($said);
}
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"], "mx",
        ["tenantid" => $m->getHeader("X-Tenant") ?? ""]);
Accept();
'''
POLICY = '''list big remotemx -o { items = *.big.example }
rollup hosts remotemx -o { match = *.hosts.example }
policy tenants tenantid -o concurrency=2
policy mx remotemx#hosts -o rate=5/1h -o tag=slow
if mx remotemx=#hosts -o concurrency=9
policy all - -o concurrency=50
delivery d1 remotemx=mx0.hosts.example -o tls=disabled
suspend night remotemx=@big -o tag=night
suspend march jobid=none -o { window = 0 0 1 3 * +1m }
'''
YES = {"smtpd_queue_control": "yes"}


class Mta(Policies):
    def __init__(self, hosts, policy=POLICY, hook=HOOK, **params):
        super().__init__(hosts, {"a": [(10, 0)]}, policy, hook=hook, **params)

    def call(self, name, *args):
        """What a script of smtpd gets, or the exception."""
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<s@a.example>", 250)
            c.cmd("RCPT TO:<r@a.example>", 250)
            c.cmd("DATA", 354)
            c.send(b"X-Call: %s\r\nX-Args: %s\r\n\r\n.\r\n" % (
                name.encode(), json.dumps(args).encode()))
            text = c.reply().text[0]
        said = re.sub(r"^(550 )?(5\.7\.1 )?", "", text)
        try:
            return json.loads(said)
        except ValueError:
            return said

    def ask(self, *args, code=0):
        p = self.ctl(*args, check=False)
        assert p.returncode == code, (args, p)
        assert all(len(l) <= 80 for l in p.stdout.split("\n")), p.stdout
        return p

    def json(self, *args):
        return json.loads(self.ctl(*args, "--json").stdout)

    def policies(self):
        return self.json("policy", "list")["policies"]

    def suspensions(self):
        return {s["id"]: s for s in self.json("suspend", "list")[
            "suspensions"]}

    def ready(self):
        wait_for(lambda: self.ctl("queue", "stats", check=False)
                 .returncode == 0, 20, "qmgr")

    def again(self):
        self.kill("qmgr")
        self.ready()


def test_captured():
    """What a captured smtpd could do otherwise."""
    no = "%s(): smtpd_queue_control is no"
    with Hosts(1) as h, Mta(h) as mta:
        assert mta.call("policy", ["tenantid"], {}, {"concurrency": 1}, 0,
                        {}) == no % "queue_policy"
        assert mta.call("suspend", {}, 0, {}) == no % "queue_suspend"
        assert mta.call("delete", "x") == no % "queue_policy_delete"
        assert mta.policies() == []
        assert list(mta.suspensions()) == ["night", "march"]


def test_script():
    """Added by a script, seen by mtactl, taken back by either."""
    with Hosts(1) as h, Mta(h, **YES) as mta:
        one = mta.call("policy", ["tenantid"], {"tenantid": "t"},
                       {"concurrency": "3", "rate": [10, 60], "tag": "slow",
                        "properties": {"a": 1}}, 3600,
                       {"type": "backoff"})["id"]
        # The same one again, and another.
        assert mta.call("policy", ["tenantid"], {"tenantid": "t"},
                        {"concurrency": "4", "rate": "10/60"}, "7200",
                        {})["id"] == one
        two = mta.call("policy", ["remotemx"],
                       {"remotemx": "mx7.hosts.example"}, {"stop": True}, 0,
                       {"id": "mine"})["id"]
        assert two == "mine"
        listed = {p["id"]: p for p in mta.policies()}
        assert set(listed) == {one, two}
        p = listed[one]
        assert p["policy"] == "tenants" and p["concurrency"] == 4, p
        assert p["rate"] == [10, 60] and p["on"] == {"tenantid": "t"}, p
        assert "type" not in p and p["expires"] > 0, p
        text = mta.ask("policy", "list").stdout
        assert one in text and "concurrency 4, rate 10/60s" in text, text
        assert "tenantid=t" in text and "never" in text, text
        # None where no policy has just these fields.
        assert mta.call("policy", ["jobid"], {}, {"concurrency": 1}, 0,
                        {}) is None
        assert "not among the fields" in mta.call(
            "policy", ["tenantid"], {"jobid": "x"}, {"concurrency": 1}, 0, {})
        assert mta.call("delete", one) is True
        assert mta.call("delete", one) is False
        assert "1 deleted" in mta.ask("policy", "delete", "mine",
                                      "none", code=1).stdout
        assert mta.policies() == []
        said = mta.call("suspend", {"remotemx": "*.hosts.example"}, 60,
                        {"tag": "why", "id": "s"})
        assert said == {"id": "s"}, said
        s = mta.suspensions()["s"]
        assert s["tag"] == "why" and s["suspends"] is True, s


def test_mtactl():
    """Each verb, with what it says of wrong words."""
    with Hosts(1) as h, Mta(h) as mta:
        assert mta.ask("policy", "add", "tenantid=c17", "--concurrency", "1",
                       "--rate=60/1m", "--rate-algorithm", "tokenbucket",
                       "--connectinterval", "2s", "--stop", "--tag", "b",
                       "--property", "k=v", "--ttl", "30m", "--id", "c17",
                       "--type", "block").stdout == "c17\n"
        p, = mta.policies()
        assert p["rate_algorithm"] == "tokenbucket" and p["stop"], p
        assert p["connectinterval"] == 2 and p["tag"] == "b", p
        assert p["properties"] == {"k": "v"} and p["type"] == "block", p
        mta.ask("policy", "add", "tenantid=c17", "--concurrency", "2",
                "--id", "c17", "--keep")
        assert mta.policies()[0]["concurrency"] == 1
        for args, text in (
                (("policy", "add", "tenantd", "--concurrency", "1"),
                 "did you mean tenantid?"),
                (("policy", "add", "tenantid", "--concurency", "1"),
                 "did you mean --concurrency?"),
                (("policy", "add", "tenantid"), "say what is to be changed"),
                (("policy", "add", "--rate", "fast"), "is not a rate"),
                (("suspend", "add"), "--all"),
                (("suspend", "add", "--all", "jobid=1"), "--all"),
                (("suspend", "add", "jobid"), "not FIELD=VALUE"),
                (("queue", "shape", "x=y"), "fields are transportid,")):
            p = mta.ask(*args, code=2)
            assert text in p.stderr, p
        for args, text in (
                (("policy", "add", "jobid", "--concurrency", "1"),
                 "no policy of policy.cf has exactly these fields"),
                (("policy", "refill", "none"), "no policy of this id"),
                (("list", "show", "none"), "no list of this id"),
                (("list", "add", "none", "x"), "no list"),
                (("suspend", "add", "remotemx=@none"), "none"),
                (("suspend", "delete", "night"), "none of this id")):
            p = mta.ask(*args, code=1)
            assert text in p.stderr, p
        assert mta.ask("list", "show", "big").stdout == "*.big.example\n"
        mta.ask("list", "add", "big", "mx0.hosts.example", "x.example")
        assert sorted(mta.json("list", "show", "big")["items"]) == [
            "*.big.example", "mx0.hosts.example", "x.example"]
        mta.ask("list", "delete", "big", "x.example")
        assert len(mta.json("list", "show", "big")["items"]) == 2
        # A list is in use at once.
        shape = ("queue", "shape", "remotemx=mx0.hosts.example",
                 "tenantid=c17")
        got = mta.json(*shape)
        assert got["suspension"]["id"] == "night", got
        mta.ask("list", "delete", "big", "mx0.hosts.example")
        got = mta.json(*shape)
        assert "suspension" not in got and got["delivery"]["id"] == "d1", got
        # The dynamic one stops after its row.
        assert [(p["policy"], p["line"]) for p in got["policies"]] == [
            ("tenants", 3)], got
        mta.ask("policy", "delete", "c17")
        got = mta.json(*shape)
        assert [(p["policy"], p["line"]) for p in got["policies"]] == [
            ("tenants", 3), ("mx", 5), ("all", 6)], got
        text = mta.ask(*shape).stdout
        assert "mx (policy.cf:5) for remotemx=#hosts: concurrency 9" in text
        assert "d1 (policy.cf:7)" in text, text
        text = mta.ask("suspend", "list").stdout
        assert "policy.cf:8" in text and "tag night" in text, text
        # One with a window has no end, and does not hold for ever.
        assert re.search(r"policy.cf:8 +yes +never\n", text), text
        assert re.search(r"policy.cf:9 +(yes|not now) +by window\n",
                         text), text
        # A terminal would obey it.
        mta.ask("suspend", "add", "jobid=\033[2J", "--tag", "\033[1m")
        text = mta.ask("suspend", "list").stdout
        assert "jobid=\\x1b[2J, tag \\x1b[1m" in text, text
        rows = mta.json("config", "dump")["policies"]
        assert [r["kind"] for r in rows][:2] == ["list", "rollup"], rows
        assert rows[3]["options"] == {"rate": "5/1h", "tag": "slow"}, rows
        text = mta.ctl("config", "dump").stdout
        assert "if mx remotemx=#hosts\t(policy.cf:5)" in text, text


def test_time_ends():
    with Hosts(1) as h, Mta(h) as mta:
        mta.ask("policy", "add", "tenantid", "--concurrency", "1", "--ttl",
                "500ms")
        mta.ask("suspend", "add", "--all", "--ttl", "1s", "--id", "s")
        mta.to(1, "a")
        wait_for(lambda: mta.policies() == [], text="the end of a policy")
        wait_for(lambda: "s" not in mta.suspensions(),
                 text="the end of a suspension")
        mta.wait(0)
        assert h.got(0) == [1]


def test_suspended():
    """Nothing goes there until it is let go; explain says so."""
    with Hosts(2) as h, Mta(h) as mta:
        with open(mta.path("zone"), "a") as f:
            f.write("b.example. 300 IN MX 10 mx1.hosts.example.\n")
        mta.ctl("reload")
        mta.ask("suspend", "add", "remotemx=/^mx0\\./", "--id", "s", "--tag",
                "repair")
        mta.to(3, "a")
        mta.to(2, "b", first=3)
        wait_for(lambda: h.got(1) == [2], text="the others")
        one = mta.list()[0]["id"]["transaction"] + ":1"
        wait_for(lambda: "the end of a suspension" in mta.ask(
            "queue", "explain", one).stdout, text="its reason")
        text = mta.ask("queue", "explain", one).stdout
        assert "suspended by s: remotemx=/^mx0\\./, tag repair" in text, text
        assert "10 mx0.hosts.example 127.0.1.1:%d: " % h.port in text, text
        assert "policy mx (policy.cf:5) for remotemx=#hosts" in text, text
        assert h.got(0) == [0]
        mta.ask("suspend", "delete", "s")
        mta.wait(0)
        assert h.got(0, 1) == [3, 2]


def test_who_holds():
    """A limit that is reached: which worker has it, and with what."""
    gate = threading.Event()
    with Hosts(1) as h:
        h.list[0].replies["EOD"] = lambda conv, line: gate.wait(60) and None
        with Mta(h, "policy mx remotemx -o concurrency=2\n") as mta:
            mta.to(3, "a")
            mta.wait(2, "--state", "sending")
            one, = mta.json("queue", "list", "--state", "active")["entries"]
            sent = {e["id"]["transaction"] + ":1" for e in mta.json(
                "queue", "list", "--state", "sending")["entries"]}
            one = one["id"]["transaction"] + ":1"
            e = mta.json("queue", "explain", one)["entries"][0]["explain"]
            assert e["why"] == "concurrency", e
            held, = e["held"]
            assert held["limiter"] == "mx remotemx=mx0.hosts.example", e
            assert {i for b in held["by"] for i in b["entries"]} == sent, e
            assert {b["worker"] for b in held["by"]} <= set(
                mta.workers("deliver")), (e, mta.workers("deliver"))
            text = mta.ask("queue", "explain", one).stdout
            assert "mx remotemx=mx0.hosts.example is held by" in text, text
            for other in sent:
                assert "for " + other in text.replace("\n", " ").replace(
                    "  ", ""), text
            gate.set()
            mta.wait(0)


def test_suspended_without_hops():
    """A domain that DNS does not have is no reason to give mail up while
    nothing is delivered; once it goes on, DNS is asked anew."""
    with Hosts(1) as h, Mta(h) as mta:
        with open(mta.path("zone"), "a") as f:
            for domain in "gone", "back", "null":
                f.write("%s.example. 300 IN MX 0 .\n" % domain)
        mta.ctl("reload")
        mta.ask("suspend", "add", "recipientdomain=*.example", "--id", "s")
        mta.to(1, "gone")
        mta.to(2, "back", first=1)
        wait_for(lambda: [mta.json("queue", "explain", e["id"][
            "transaction"] + ":1")["entries"][0]["explain"].get("suspension",
            {}).get("id") for e in mta.list()] == ["s"] * 3,
            text="their reason")
        one = mta.list()[0]["id"]["transaction"] + ":1"
        text = mta.ask("queue", "explain", one).stdout
        assert "suspended by s: recipientdomain=*.example" in text, text
        # Another one holds them still.
        mta.ask("suspend", "add", "--all", "--id", "all")
        mta.ask("suspend", "delete", "s")
        with open(mta.path("zone")) as f:
            zone = f.read().replace("back.example. 300 IN MX 0 .",
                                    "back.example. 300 IN MX 10 "
                                    "mx0.hosts.example.")
        with open(mta.path("zone"), "w") as f:
            f.write(zone)
        mta.ctl("reload")
        # Workers that are busy may not answer in time.
        wait_for(lambda: mta.ctl("dns", "flush", check=False)
                 .returncode == 0, text="answers to a flush")
        mta.ask("queue", "retry", "--all")
        assert len(mta.list()) == 3 and h.got(0) == [0]
        mta.ask("suspend", "delete", "all")
        wait_for(lambda: h.got(0) == [2] and [e["state"] for e in mta.list()
                 ] == ["bouncing"], text="what DNS has now, and has not")


def test_refill():
    """A rate that is used up, and is not any more."""
    with Hosts(1) as h, Mta(h, "policy mx remotemx -o rate=2/1h "
                               "-o rate_algorithm=tokenbucket\n") as mta:
        mta.to(6, "a")
        # It begins empty, as nobody knows what was used before.
        wait_for(lambda: mta.json("policy", "refill", "mx") ==
                 {"refilled": 1}, text="the limiter")
        mta.wait(4)
        one = mta.list()[0]["id"]["transaction"] + ":1"
        wait_for(lambda: mta.json("queue", "explain", one)["entries"][0][
            "explain"]["why"] == "rate", text="its reason")
        limiter, = mta.json("policy", "limiters", "mx")["limiters"]
        assert limiter["tokens"] == 0 and limiter["room"] > 0, limiter
        text = mta.ask("policy", "limiters").stdout
        assert "mx remotemx=mx0.hosts.example\n" in text, text
        assert "rate 2/3600s tokenbucket (0 now)" in text, text
        assert "waiting" in text and "room in" in text, text
        assert mta.json("policy", "refill", "mx",
                        "remotemx=other.example") == {"refilled": 0}
        assert mta.ask("policy", "refill", "mx",
                       "remotemx=mx0.hosts.example").stdout == "1 refilled\n"
        mta.wait(2)
        assert h.got(0) == [4]


def test_limits_bind():
    """A dynamic policy limits what is delivered."""
    with Hosts(1, hold=0.1) as h, Mta(h, "policy mx remotemx\n") as mta:
        mta.ask("policy", "add", "remotemx", "--concurrency", "2")
        mta.to(12, "a")
        mta.wait(0)
        assert h.got(0) == [12] and h.peak["all"] == 2, h.peak


def test_over_restarts():
    """keep_dynamic, and suspend_at_start."""
    with Hosts(1) as h, Mta(h, keep_dynamic="yes",
                            suspend_at_start="no") as mta:
        mta.ask("policy", "add", "tenantid=t", "--rate", "3", "--ttl", "1h",
                "--id", "p")
        mta.ask("suspend", "add", "remotemx=*.example.org", "--id", "s")
        before = mta.policies()[0]["expires"]
        mta.ctl("stop")
        # The lock of a master that ends goes a moment after its sockets.
        wait_for(lambda: mta.ctl("start", check=False).returncode == 0,
                 text="a new start")
        mta.ready()
        p, = mta.policies()
        assert p["id"] == "p" and p["policy"] == "tenants", p
        assert abs(p["expires"] - before) < 60, (p, before)
        assert "s" in mta.suspensions()
    with Hosts(1) as h, Mta(h, suspend_at_start="yes") as mta:
        mta.ask("policy", "add", "tenantid=t", "--rate", "3", "--id", "p")
        mta.to(1, "a")
        assert mta.suspensions()["start"]["tag"] == "start"
        text = mta.ask("suspend", "list").stdout
        assert "everything" in text, text
        mta.again()
        assert mta.policies() == []
        assert h.got(0) == [0]
        mta.ask("suspend", "delete", "start")
        mta.wait(0)
        assert h.got(0) == [1]
    # A script releases it: by its end, as it can end none at once.
    with Hosts(1) as h, Mta(h, suspend_at_start="yes", **YES) as mta:
        mta.to(1, "a")
        assert "start" in mta.suspensions()
        assert mta.call("suspend", {}, 1, {"id": "start"}) == {"id": "start"}
        mta.wait(0)
        assert h.got(0) == [1] and "start" not in mta.suspensions()


def test_long():
    """One that no frame holds is refused, and costs nobody a connection; the
    longest is kept over a restart, with the others."""
    with Hosts(1) as h, Mta(h, keep_dynamic="yes", suspend_at_start="no",
                            **YES) as mta:
        mta.ask("policy", "add", "tenantid=o", "--rate", "3", "--id", "o")
        too = "queue_policy(): options: they are too long"
        fits, most = 0, 1020
        got = mta.call("long", 63, most)
        assert got == too, got
        while most - fits > 1:
            rest = (fits + most) // 2
            if mta.call("long", 63, rest) == too:
                most = rest
            else:
                fits = rest
        id = mta.call("long", 63, fits)["id"]
        kept = mta.path("queue/dynamic")
        wait_for(lambda: os.path.exists(kept) and
                 os.path.getsize(kept) > 65000, text="dynamic")
        assert "event=queue-error" not in mta.log(), mta.log()
        mta.again()
        assert sorted(p["id"] for p in mta.policies()) == sorted(("o", id))


if __name__ == "__main__":
    main(globals())
