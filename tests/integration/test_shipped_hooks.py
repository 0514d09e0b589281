#!/usr/bin/env python3
"""The scripts of conf/hooks: each does what its head says."""

import json
import os
import subprocess
import tempfile
import time

import shipped
from halyard import MTACTL, Backend, main, wait_for
from whole import Whole, back, notification

SCRIPTS = shipped.scripts()
# Those of the configuration that one begins with: beside the others where they
# are installed.
BEGUN = {"eod": "eod", "queue": "eod", "rcptto": "rcptto"}
KINDS = {"codes": "eod", "predelivery": "predelivery",
         "suppress-check": "predelivery", "warm-up": "predelivery", **BEGUN}
OUT = "transport out host 127.0.0.1:%d -o tls=disabled -o dsn_transport=back" \
    " -o retry=%s -o jitter=0%%\n"


def script(name):
    return SCRIPTS[name + ".hsl"]


def left(policy):
    """Seconds that it has to live."""
    return policy["expires"] - time.time()


def test_check():
    """No error and no warning, as the hook that each is for."""
    assert len(SCRIPTS) >= 9, list(SCRIPTS)
    with tempfile.TemporaryDirectory() as hooks:
        for name, text in SCRIPTS.items():
            with open(os.path.join(hooks, name), "w", encoding="utf-8") as f:
                f.write(text)
        for name in SCRIPTS:
            p = subprocess.run(
                [MTACTL, "hsl", "check", "--hook",
                 KINDS.get(name[:-4], "postdelivery"), "--rootpath", hooks,
                 os.path.join(hooks, name)],
                capture_output=True, text=True, check=False)
            assert (p.returncode, p.stdout, p.stderr) == (0, "", ""), (name, p)


# ---- The suppression list ----------------------------------------------------

def test_suppression():
    """Who does not exist is not tried again, whatever another code or another
    command says; the sender is told; the list can be undone."""
    def rcpt(conv, line):
        who = line[9:line.index(b"@")]
        return {b"gone": b"550 5.1.1 no such user\r\n",
                b"moved": b"551 5.1.6 moved\r\n",
                b"full": b"552 5.2.2 full\r\n",
                b"later": b"450 4.2.1 later\r\n"}.get(who)

    def end(conv, _line):
        return b"550 5.1.1 no user after all\r\n" \
            if b"<end@a.example>" in conv.rcpts else None

    with Backend() as sink, Backend(replies={"RCPT": rcpt, "EOD": end}) as b, \
            Whole(back(sink) + OUT % (b.port, "1h"),
                  pre=script("suppress-check"),
                  post=script("suppress-learn")) as mta:
        def tried(who):
            return len([c for c in b.commands
                        if c == b"RCPT TO:<%s@a.example>" % who.encode()])

        for n, who in enumerate(("gone", "moved", "full", "end"), 1):
            mta.gone(mta.send(who + "@a.example"))
            notification(sink, n)
            assert tried(who) == 1, b.commands
        mta.entry(mta.send("later@a.example"), state="defer")
        mta.gone(mta.send("Gone@A.example"))
        m, _, one = notification(sink, 5)
        assert one["Status"] == "5.1.1" and one["Action"] == "failed", m
        assert one["Diagnostic-Code"] == "x-suppressed; not tried: the " \
            "recipient did not exist before", m
        assert one["Remote-MTA"] is None, m
        mta.gone(mta.send("moved@a.example"))
        notification(sink, 6)
        assert tried("gone") == tried("moved") == tried("Gone") + 1
        # These are not on it.
        for n, who in enumerate(("full", "end"), 7):
            mta.gone(mta.send(who + "@a.example"))
            notification(sink, n)
            assert tried(who) > 1, b.commands
        # An operator's file, read without a reload.
        with open(mta.path("hooks/suppressed"), "w") as f:
            f.write("other@a.example\nlisted@a.example\n")
        mta.gone(mta.send("listed@a.example"))
        notification(sink, 9)
        assert tried("listed") == 0, b.commands
        # Back again.
        mta.ctl("hsl", "memory", "delete", "suppressed:gone@a.example")
        mta.gone(mta.send("gone@a.example"))
        notification(sink, 10)
        assert tried("gone") > 1, b.commands


# ---- The delivery log --------------------------------------------------------

def test_delivery_log():
    """One line an attempt, one where an entry leaves without."""
    answers = [b"450 4.2.1 later\r\n", None]
    with Backend() as sink, \
            Backend(replies={"RCPT": lambda c, l: answers.pop(0)
                             if answers else None}) as b, \
            Whole(back(sink) + OUT % (b.port, "1s"),
                  pre='$context = ["a" => 1]; SetMetaData(["k" => "v"]);',
                  post=script("delivery-log")) as mta:
        txn = mta.send(options={"tenantid": "t", "jobid": "j", "dsn": {
            "envid": "E", "notify": ["SUCCESS", "FAILURE"]}})
        mta.gone(txn)
        first, second = mta.echo(txn, 1), mta.echo(txn, 2)
        assert first["action"] == "QUEUE" and "action" not in second
        assert (first["retry"], second["retry"]) == (0, 1)
        assert first["message"]["id"] == {"transaction": txn, "queue": 1}
        assert "file" not in first["message"]
        for n in first, second:
            assert n["message"]["tenantid"] == "t", n
            assert n["message"]["jobid"] == "j", n
            assert n["message"]["dsn"]["envid"] == "E", n
            assert n["metadata"] == {"k": "v"} and n["context"] == {"a": 1}, n
            assert abs(n["time"] - time.time()) < 600, n
        assert first["attempt"]["result"] == {
            "code": 450, "enhanced": [4, 2, 1], "reason": ["later"],
            "state": "RCPT"}, first
        assert first["attempt"]["connection"]["remoteip"] == "127.0.0.1"
        assert first["attempt"]["duration"] >= 0
        assert first["dsn"]["diagnosticcode"] == "450 4.2.1 later", first
        assert second["attempt"]["result"]["state"] == "EOD", second
        assert second["dsn"]["action"] == "relayed", second
        # Each is one line of the log.
        assert len(mta.echoes(txn)) == 2
        answers[:] = [b"450 4.2.1 later\r\n"]
        txn = mta.send(options={"hold": True})
        mta.entry(txn, state="hold")
        mta.ctl("queue", "delete", txn)
        mta.gone(txn)
        n = mta.echo(txn)
        assert n["action"] == "DELETE" and "attempt" not in n, n
        assert "context" not in n, n


# ---- Warming up --------------------------------------------------------------

def test_warm_up():
    """The day's rate is in force from the first message on."""
    day = time.time() - 2 * 86400
    text = script("warm-up").replace("192.0.2.10", "127.0.0.2").replace(
        "2026-12-01", time.strftime("%Y-%m-%d", time.gmtime(day))).replace(
            "[50, 100, 200,", "[50, 100, 7200,")
    assert "127.0.0.2" in text
    with Backend() as b, Whole(
            back(b) + "address new - 127.0.0.2\n" + OUT.replace(
                "-o retry", "-o source=new -o retry") % (b.port, "1s"),
            pre=text) as mta:
        with open(mta.path("policy.cf"), "w") as f:
            f.write("list new localip -o items=127.0.0.2\n"
                    "policy warm-up localip\n"
                    "if warm-up localip=@new -o rate=1/3600s\n")
        mta.ctl("reload")
        for _ in range(3):
            mta.send()
        # Three are more than the policy's own row lets pass in an hour.
        wait_for(lambda: len(b.messages) == 3, 30, "the messages")
        (p,) = json.loads(mta.ctl("policy", "list", "--json").stdout)[
            "policies"]
        assert p["policy"] == "warm-up" and p["tag"] == "Day_3", p
        assert p["rate"] == [7200, 3600], p
        assert p["on"] == {"localip": "127.0.0.2"}, p
        assert left(p) > 86400, p


def test_warm_up_days():
    """The first day before it, the last rate for ever."""
    head, _, _ = script("warm-up").partition("// Says the day's rate")
    _, _, function = head.partition("// Which day")
    text = "//" + function + '''
        foreach (["2026-11-30" => 1, "2026-12-01" => 1, "2026-12-02" => 2,
            "2026-12-15" => 15] as $today => $want)
            if (warm_up_day("2026-12-01", strptime($today, "%Y-%m-%d") + 1)
                != $want)
                echo $today;
        try { warm_up_day("soon", 0); echo "taken"; } catch ($e) { }
        '''
    with tempfile.NamedTemporaryFile("w", suffix=".hsl") as f:
        f.write(text)
        f.flush()
        p = subprocess.run([MTACTL, "hsl", "run", f.name],
                           capture_output=True, text=True, check=False)
    assert (p.returncode, p.stdout) == (0, ""), p


# ---- Codes for logging in ----------------------------------------------------

def test_codes():
    """First, soon, not after their time; and then without a word."""
    with Backend() as sink, \
            Backend(replies={"RCPT": b"450 4.2.1 later\r\n"}) as b, \
            Whole(back(sink) + (OUT % (b.port, "1h")).replace(
                " out ", " backend "), hook=script("codes"),
                  post=script("codes-late")) as mta:
        code = mta.send(headers=b"X-Code-Lifetime: 8\r\n")
        other = mta.send(headers=b"X-Code-Lifetime: soon\r\n")
        e = mta.entry(code, state="defer")
        assert e["priority"] == 1, e
        e = mta.entry(other, state="defer")
        assert e["priority"] == 0, e
        mta.gone(code, 30)
        assert mta.entry(other)
        assert sink.messages == [], sink.messages
        (last,) = [n for n in mta.story(code)
                   if n.get("verdict") == "delete"]
        assert last["expired"] in (True, "yes", "true"), last
        # One who does not exist is told of.
        b.replies["RCPT"] = b"550 5.1.1 nobody\r\n"
        mta.gone(mta.send(headers=b"X-Code-Lifetime: 600\r\n"))
        notification(sink)
        b.replies.clear()
        mta.gone(mta.send(headers=b"X-Code-Lifetime: 600\r\n"))
        (m,) = b.messages
        assert b"X-Code" not in m["body"], m


# ---- Backing off -------------------------------------------------------------

MX = "address here - 127.0.0.2\n" \
    "transport out mx - -o source=here -o tls=disabled -o families=ipv4 " \
    "-o jitter=0%% -o dead_host=0s -o dsn_transport=back -o retry=%s\n"
ZONE = ("mx.hosts.example. 300 IN A 127.0.0.1\n"
        "a.example. 300 IN MX 10 mx.hosts.example.\n")
# What is said, to which command, and the tag; none: it is no reason.
TEXTS = [
    ("421 4.7.0 too many connections from your address", "MAIL",
     "connections"),
    ("451 4.7.1 Maximum sessions: limit exceeded", "RCPT", "connections"),
    ("421 4.7.28 unusual rate of unsolicited mail", "EOD", "reputation"),
    ("450 4.7.1 poor reputation", "MAIL", "reputation"),
    ("452 4.5.3 sending too fast, slow down", "RCPT", "rate"),
    ("421 4.3.2 closing", "MAIL", "busy"),
    ("451 4.3.2 overloaded, try again later", "MAIL", "busy"),
    ("451 4.3.2 overloaded, try again later", "RCPT", None),
    ("451 4.7.1 greylisted, try again later", "MAIL", None),
    ("452 4.2.2 mailbox full", "RCPT", None),
    ("452 4.2.1 too many messages for this mailbox", "RCPT", None),
    ("550 5.7.1 rate limit exceeded", "RCPT", "rate"),
    ("550 5.7.1 no thank you", "RCPT", None),
]


def backing_off(backend, sink, properties, retry="1h", more=""):
    mta = Whole(back(sink) + MX % retry, post=script("backoff"), params={
        "dns_local_data": "zone", "dns_servers": "127.0.0.1@9",
        "send_default_port": str(backend.port)})
    with open(mta.path("zone"), "w") as f:
        f.write(ZONE)
    with open(mta.path("policy.cf"), "w") as f:
        f.write("rollup hosts remotemx -o { match = *.hosts.example }\n"
                "policy mx remotemx#hosts -o concurrency=20 " +
                " ".join("-o property.backoff-%s=%s" % x
                         for x in properties.items()) + "\n" + more)
    return mta


def dynamic(mta):
    return json.loads(mta.ctl("policy", "list", "--json").stdout)["policies"]


def test_backoff():
    """What is a reason, and what not; a delivery ends it."""
    with Backend() as sink, Backend() as b, backing_off(b, sink, {
            "concurrency": 1, "connectinterval": "10ms", "ttl": 600,
            "disableable": "true", "stop": "true"}) as mta:
        for text, verb, tag in TEXTS:
            b.replies[verb] = text.encode() + b"\r\n"
            txn = mta.send()
            if text.startswith("4"):
                mta.entry(txn, state="defer")
            else:
                mta.gone(txn)
            # The hook has run before the verdict is known.
            found = dynamic(mta)
            if tag is None:
                assert found == [], (text, verb, found)
            else:
                (p,) = found
                assert p["tag"] == "backoff-" + tag, (text, verb, p)
                assert p["policy"] == "mx" and p["concurrency"] == 1, p
                assert p["on"] == {"remotemx": "#hosts"}, p
                assert p["stop"] is True and 500 < left(p) <= 600, p
            del b.replies[verb]
            mta.ctl("queue", "delete", "--all", check=False)
            mta.gone(mta.send())
            assert dynamic(mta) == [], (text, verb)
        # Whoever meets it again makes no second one.
        b.replies["RCPT"] = b"452 4.5.3 slow down\r\n"
        for _ in range(3):
            mta.entry(mta.send(), state="defer")
        assert len(dynamic(mta)) == 1, dynamic(mta)
        assert "event=hook-error" not in mta.log()


def test_backoff_fields():
    """Each policy by its own fields, and those without properties not."""
    with Backend(replies={"RCPT": b"452 4.5.3 slow down\r\n"}) as b, \
            Backend() as sink, backing_off(b, sink, {"rate": "10/60s"}, more=(
            "policy dom recipientdomain,transportid,localip,remoteip,tenantid "
            "-o property.backoff-concurrency=2\n"
            "policy job jobid -o property.backoff-concurrency=2\n"
            "policy all - -o concurrency=50\n")) as mta:
        mta.entry(mta.send(options={"tenantid": "t"}), state="defer")
        found = {p["policy"]: p for p in dynamic(mta)}
        assert set(found) == {"mx", "dom"}, found
        assert found["mx"]["rate"] == [10, 60], found
        assert 3500 < left(found["mx"]) <= 3600, found
        assert found["dom"]["on"] == {
            "recipientdomain": "a.example", "transportid": "out",
            "localip": "127.0.0.2", "remoteip": "127.0.0.1",
            "tenantid": "t"}, found
        # It stays where nothing says that a delivery ends it.
        b.replies.clear()
        mta.gone(mta.send())
        assert len(dynamic(mta)) == 2


def test_backoff_suspends():
    said = b"421 4.7.0 temporarily blocked\r\n"
    with Backend(replies={"MAIL": said}) as b, Backend() as sink, \
            backing_off(b, sink, {"suspendable": "true", "ttl": 8}) as mta:
        mta.entry(mta.send(), state="defer")
        (s,) = json.loads(mta.ctl("suspend", "list", "--json").stdout)[
            "suspensions"]
        assert s["tag"] == "backoff-blocked" and dynamic(mta) == [], s
        b.replies.clear()
        begun = time.monotonic()
        mta.gone(mta.send(), 30)
        assert time.monotonic() - begun > 1
        assert json.loads(mta.ctl("suspend", "list", "--json").stdout)[
            "suspensions"] == []


def test_backoff_requeue():
    """The message itself is tried again, so often, and then has failed."""
    with Backend(replies={"RCPT": b"550 5.7.1 rate limit exceeded\r\n"}) as b, \
            Backend() as sink, backing_off(b, sink, {
                "concurrency": 5, "requeue": "true", "retry-count": 2,
                "retry-intervals": "1,2,3600"}) as mta:
        txn = mta.send()
        e = mta.entry(txn, state="defer")
        assert e["reason"] == "back-off: 550 5.7.1 rate limit exceeded", e
        mta.gone(txn, 30)
        notification(sink)
        tried = [n for n in mta.story(txn) if n["event"] == "delivery" and
                 n["txn"] == txn]
        assert [n["verdict"] for n in tried] == [
            "defer", "defer", "bounce"], tried
        assert [n.get("next_ms") for n in tried[:2]] == [1000, 2000], tried


# ---- All together ------------------------------------------------------------

def test_together():
    """predelivery.hsl and postdelivery.hsl, as they are shipped."""
    files = {n: text for n, text in SCRIPTS.items() if n[:-4] not in
             {"predelivery", "postdelivery", *BEGUN}}
    with Backend() as sink, \
            Backend(replies={"RCPT": b"550 5.1.1 nobody\r\n"}) as b, \
            Whole(back(sink) + OUT % (b.port, "1h"), files=files,
                  pre=script("predelivery"),
                  post=script("postdelivery")) as mta:
        for n in 1, 2:
            txn = mta.send()
            mta.gone(txn)
            notification(sink, n)
            assert mta.echo(txn)["action"] == "BOUNCE"
        assert b.verbs().count("RCPT") == 1, b.commands
        assert "event=hook-error" not in mta.log(), mta.log()


if __name__ == "__main__":
    main(globals())
