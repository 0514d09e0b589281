#!/usr/bin/env python3
"""What senders are told of their mail, end to end: attempts fail, wait, expire
or succeed, and what of it is told arrives by the transport of notifications,
where it is read by RFC 3464's grammar."""

import json
import os
import re
import subprocess
import time

from dsn_check import check
from halyard import BUILD, Backend, main, wait_for
from test_relay import Queue

REFUSES = {"RCPT": b"550 5.1.1 Nobody\r\n"}
LATER = {"MAIL": b"451 4.3.0 Later\r\n"}
SENDER = b"<s0@from.example>"
DSN = 'Accept(["extensions" => [...$arguments["extensions"], "DSN"]]);'


class Tells(Queue):
    """Mail goes by `out` to `hop`; what senders are told, by `back`."""

    def __init__(self, hop, back, options="", mode="host", more="", dsn=True,
                 back_options="-o retry=1s", params=None, **args):
        super().__init__(
            "transport back host 127.0.0.1:%d -o tls=disabled "
            "-o jitter=0%% %s\n"
            "transport out %s 127.0.0.1:%d -o tls=disabled -o jitter=0%% "
            "-o dead_host=0s %s %s\n%s" % (
                back.port, back_options, mode, hop.port,
                "-o dsn_transport=back" if dsn else "", options, more),
            workers=1, params={"hook_helo": "hooks/helo.hsl",
                               **(params or {})}, **args)
        self.back = back
        with open(self.path("hooks/helo.hsl"), "w") as f:
            f.write(DSN)
        with open(self.path("master.cf"), "a") as f:
            f.write("bounce unix y - - - 1 bounce\n")

    def mail(self, rcpts=("r@a.example",), sender="s0@from.example",
             mail="", rcpt=""):
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<%s>%s" % (sender, mail and " " + mail), 250)
            for r in rcpts:
                c.cmd("RCPT TO:<%s>%s" % (r, rcpt and " " + rcpt), 250)
            c.cmd("DATA", 354)
            c.send(b"Subject: s\r\nMessage-ID: <1@from.example>\r\n\r\n"
                   b"body 0.\r\n.\r\n")
            return re.search(r"[0-9a-f-]{36}", c.expect(250).text[0]).group(0)

    def told(self, action, status, count=1):
        """What has come is `count` notifications of this; the last one's
        message, its fields and those of its recipient."""
        wait_for(lambda: len(self.back.messages) >= count, 30,
                 "%d notifications" % count)
        m = self.back.messages[count - 1]
        assert m["sender"] == b"<>" and m["rcpts"] == [SENDER], m
        top, whole, (one,), parts = check(m["body"])
        assert (one["action"], one["status"]) == (action, status), one
        assert one["final-recipient"] == "rfc822; r@a.example", one
        assert top["in-reply-to"] == b"<1@from.example>", top
        return m, whole, one, parts

    def silent(self, *why):
        """It has gone, as the log says, and nobody was told."""
        self.wait(0)
        log = self.log()
        for text in why:
            assert text in log, (text, log)
        assert not self.back.messages, self.back.messages
        assert "event=dsn-made" not in log, log


def started(mta, files):
    """With some files more before it starts."""
    for name, text in files.items():
        with open(mta.path(name), "w") as f:
            f.write(text)
    return mta


class Two:
    """A next hop and where notifications go."""

    def __init__(self, replies=None, exts=Backend.EXTS, back=None):
        self.hop = Backend(exts, dict(replies or {}))
        self.back = Backend(replies=dict(back or {}))

    def __enter__(self):
        return self.hop, self.back

    def __exit__(self, *exc):
        self.hop.close()
        self.back.close()


# ---- Failed -----------------------------------------------------------------

def test_refused():
    with Two(REFUSES) as (hop, back), Tells(hop, back) as mta:
        parent = mta.mail(mail="RET=FULL ENVID=QQ1",
                          rcpt="ORCPT=rfc822;R@a.example")
        _, whole, one, parts = mta.told("failed", "5.1.1")
        assert one["diagnostic-code"] == "smtp; 550 5.1.1 Nobody", one
        assert one["original-recipient"] == "rfc822;R@a.example", one
        assert whole["original-envelope-id"] == "QQ1", whole
        assert parts[2].type == "message/rfc822", parts[2].type
        assert parts[2].data.endswith(b"\r\n\r\nbody 0.\r\n"), parts[2].data
        mta.wait(0)
        assert len(back.messages) == 1
        # The story of the parent names its notification.
        (made,) = [l for l in mta.log().splitlines() if "=dsn-made" in l]
        child = re.search(r"txn=(\S+)", made).group(1)
        for id in parent, parent + ":1":
            p = mta.ctl("log", "show", id)
            assert child in p.stdout, p.stdout
        p = mta.ctl("log", "show", child)
        assert parent in p.stdout and "back" in p.stdout, p.stdout
        # And what is counted is seen.
        p = mta.ctl("status")
        assert "\ntold      1 failed, 0 delayed, 0 relayed, 0 delivered " in \
            p.stdout, p.stdout
        p = mta.ctl("top", "--interval", "200ms", "--once")
        assert "0 bouncing; " in p.stdout and "/s told" in p.stdout, p.stdout
        assert max(map(len, p.stdout.split("\n"))) <= 80, p.stdout


def test_each_recipient():
    """Those who were taken are no part of it."""
    def rcpt(conv, line):
        return b"550 5.1.1 Nobody\r\n" if b"bad" in line else None

    with Two({"RCPT": rcpt}) as (hop, back), \
            Tells(hop, back, "-o recipients=10") as mta:
        mta.mail(["good@a.example", "bad1@a.example", "bad2@a.example"])
        wait_for(lambda: len(back.messages) == 2, 30, "two notifications")
        mta.wait(0)
        assert len(hop.messages) == 1 and len(back.messages) == 2
        of = sorted(one["final-recipient"] for m in back.messages
                    for one in check(m["body"])[2])
        assert of == ["rfc822; bad1@a.example", "rfc822; bad2@a.example"], of


def expires(options, *why):
    with Two(LATER) as (hop, back), \
            Tells(hop, back, "-o retry=1s " + options) as mta:
        mta.mail()
        _, _, one, _ = mta.told("failed", "4.3.0")
        assert one["diagnostic-code"] == "smtp; 451 4.3.0 Later", one
        mta.wait(0)
        assert len(back.messages) == 1
        for text in why:
            assert text in mta.log(), mta.log()
        return sum(v == "MAIL" for v in hop.verbs())


def test_retry_count():
    assert expires("-o retry_count=2") == 3


def test_max_age():
    """The last attempt is made when the time is over."""
    assert expires("-o max_age=3s") >= 3


def test_expired_without_an_attempt():
    """Nothing could be begun for an hour behind its time: the hook behind
    attempts is asked, and no attempt made."""
    post = 'echo json_encode([$arguments, isset($context)]);'
    with Two() as (hop, back), started(Tells(
            hop, back, "-o max_age=1s", params={
                "hook_postdelivery": "hooks/post.hsl"}),
            {"hooks/post.hsl": post}) as mta:
        mta.ctl("stop")
        spool = mta.path("queue")
        owner = os.stat(spool)
        subprocess.run([os.path.join(BUILD, "tests/tools/fillspool"),
                        "--age", "3600", "--delay", "3605", "--transport",
                        "out", spool, "1", "1"], check=True,
                       stdout=subprocess.DEVNULL)
        for root, dirs, files in os.walk(spool):
            for name in dirs + files:
                os.chown(os.path.join(root, name), owner.st_uid,
                         owner.st_gid)
        mta.start()
        wait_for(lambda: back.messages, 30, "a notification")
        _, _, (one,), _ = check(back.messages[0]["body"])
        assert (one["action"], one["status"]) == ("failed", "4.4.7"), one
        mta.wait(0)
        assert not hop.commands, hop.commands
        p = mta.ctl("log", "tail", "-n", "50", "--event", "echo", "--json")
        # The notification's own delivery is an attempt.
        said, _ = [json.loads(n["text"]) for n in map(
            json.loads, p.stdout.splitlines())]
        assert said[1] is False and said[0]["expired"] is True, said
        assert said[0]["action"] == "BOUNCE", said
        assert "attempt" not in said[0] and "policy" not in said[0], said
        assert said[0]["dsn"]["action"] == "failed", said


def test_dead_domain():
    with Two() as (hop, back), started(Tells(hop, back, more=(
            "transport mx mx - -o dsn_transport=back\n"),
            params={"dns_local_data": "zone",
                    "dns_servers": "127.0.0.1@9"}), {
            "zone": "a.example. 300 IN MX 0 .\n", "hooks/eod.hsl":
            '$arguments["mail"]->queue($transaction["sender"], '
            '"r@a.example", "mx"); Accept();'}) as mta:
        mta.mail()
        _, _, one, _ = mta.told("failed", "5.1.10")
        assert one["diagnostic-code"].startswith("x-error; "), one
        mta.wait(0)


def test_by_hand():
    with Two(LATER) as (hop, back), \
            Tells(hop, back, "-o retry=1h") as mta:
        for _ in range(2):
            mta.mail()
        mta.wait(2, "--state", "defer")
        p = mta.queue("bounce", "--dry-run", "--all")
        assert "2" in p.stdout and not back.messages, p
        first = mta.list()[0]["id"]
        mta.queue("bounce", "%s:%d" % (first["transaction"], first["queue"]))
        mta.told("failed", "5.0.0")
        mta.wait(1)
        # One that is held is given up as well.
        mta.queue("hold", "--all")
        mta.queue("bounce", "--all")
        mta.told("failed", "5.0.0", 2)
        mta.wait(0)
        assert len(back.messages) == 2
        assert sum(v == "MAIL" for v in hop.verbs()) == 2, hop.verbs()


# ---- Delayed ----------------------------------------------------------------

STEPS = "-o retry=1s,1s+notify,1s,1h+notify"


def test_delayed():
    """Once for each such step; then the attempt that fails for good."""
    with Two(LATER) as (hop, back), Tells(hop, back, STEPS) as mta:
        mta.mail()
        _, _, one, _ = mta.told("delayed", "4.3.0")
        assert one["will-retry-until"], one
        mta.told("delayed", "4.3.0", 2)
        mta.wait(1, "--state", "defer")
        # The last step is another one each time that it repeats.
        assert mta.list()[0]["retry"] == 4, mta.list()
        assert sum(v == "MAIL" for v in hop.verbs()) == 4, hop.verbs()
        hop.replies.clear()
        mta.queue("retry", "--all")
        mta.wait(0)
        assert len(back.messages) == 2 and len(hop.messages) == 1


def without_bounce(mta):
    """It is stopped, so that nobody is told of anything for a while."""
    wait_for(lambda: mta.workers("bounce"), text="bounce")
    with open(mta.path("master.cf")) as f:
        rows = f.read()
    with open(mta.path("master.cf"), "w") as f:
        f.write(rows.replace("\nbounce unix", "\n#bounce unix"))
    mta.ctl("reload")
    wait_for(lambda: not mta.workers("bounce"), text="its end")

    def again():
        with open(mta.path("master.cf"), "w") as f:
            f.write(rows)
        mta.ctl("reload")
    return again


def test_delayed_while_bounce_is_away():
    """It is tried at its times; and told of once when somebody is there."""
    with Two(LATER) as (hop, back), \
            Tells(hop, back, "-o retry=1s+notify,1s,1s,1h") as mta:
        again = without_bounce(mta)
        mta.mail()
        wait_for(lambda: sum(v == "MAIL" for v in hop.verbs()) >= 4, 60,
                 "attempts meanwhile")
        assert not back.messages
        again()
        _, _, one, _ = mta.told("delayed", "4.3.0")
        assert one["will-retry-until"], one
        mta.wait(1, "--state", "defer")
        assert len(back.messages) == 1


def test_delivered_before_it_was_told():
    with Two(LATER) as (hop, back), \
            Tells(hop, back, "-o retry=1s+notify,1s") as mta:
        again = without_bounce(mta)
        mta.mail()
        wait_for(lambda: sum(v == "MAIL" for v in hop.verbs()) >= 2, 60,
                 "attempts meanwhile")
        hop.replies.clear()
        mta.wait(0, seconds=60)
        again()
        wait_for(lambda: mta.workers("bounce"), text="bounce")
        time.sleep(1)
        assert len(hop.messages) == 1 and not back.messages


def test_failed_while_bounce_is_away():
    """An order waits, over a restart of all, until somebody makes it."""
    with Two(REFUSES) as (hop, back), Tells(hop, back) as mta:
        again = without_bounce(mta)
        mta.mail()
        mta.wait(1, "--state", "bouncing")
        mta.kill("qmgr", "cleanup", "deliver")
        mta.wait(1, "--state", "bouncing")
        again()
        mta.told("failed", "5.1.1")
        mta.wait(0)
        assert len(back.messages) == 1
        assert sum(v == "MAIL" for v in hop.verbs()) == 1, hop.verbs()


# ---- Relayed, delivered -----------------------------------------------------

def test_relayed():
    """A next hop that knows nothing of DSN can't tell."""
    with Two() as (hop, back), Tells(hop, back) as mta:
        mta.mail(rcpt="NOTIFY=SUCCESS,FAILURE")
        _, _, one, _ = mta.told("relayed", "2.0.0")
        assert one["diagnostic-code"].startswith("smtp; 250 "), one
        mta.mail(rcpt="NOTIFY=FAILURE")
        mta.mail()
        mta.wait(0)
        assert len(hop.messages) == 3 and len(back.messages) == 1


def test_passed_on():
    """One that knows is told what to tell."""
    with Two(exts=Backend.EXTS + ("DSN",)) as (hop, back), \
            Tells(hop, back) as mta:
        mta.mail(mail="ENVID=QQ2", rcpt="NOTIFY=SUCCESS")
        mta.silent()
        assert b" NOTIFY=SUCCESS" in hop.messages[0]["rcpts"][0], hop.messages
        assert b"ENVID=QQ2" in hop.messages[0]["params"], hop.messages


def test_delivered():
    with Two() as (hop, back), Tells(hop, back, mode="lmtp") as mta:
        mta.mail(rcpt="NOTIFY=SUCCESS")
        mta.told("delivered", "2.0.0")
        mta.wait(0)
        assert len(hop.messages) == 1 and len(back.messages) == 1


def test_success_that_a_script_says():
    with Two(exts=Backend.EXTS + ("DSN",)) as (hop, back), \
            started(Tells(hop, back, params={
                "hook_predelivery": "hooks/pre.hsl"}), {"hooks/pre.hsl":
            'Try(["dsn" => ["notify" => "SUCCESS", "success" => '
            '"delivered"]]);'}) as mta:
        mta.mail()
        mta.told("delivered", "2.0.0")
        mta.wait(0)


# ---- Nobody is told ---------------------------------------------------------

def test_null_sender():
    with Two(REFUSES) as (hop, back), Tells(hop, back) as mta:
        mta.mail(sender="")
        mta.silent("verdict=delete")


def test_not_wanted():
    with Two(REFUSES) as (hop, back), Tells(hop, back) as mta:
        mta.mail(rcpt="NOTIFY=NEVER")
        mta.mail(rcpt="NOTIFY=DELAY,SUCCESS")
        mta.silent("verdict=delete")


def test_disabled():
    with Two(REFUSES) as (hop, back), Tells(hop, back, "-o dsn=no") as mta:
        mta.mail()
        mta.silent("verdict=delete")


def test_no_transport():
    with Two(REFUSES) as (hop, back), Tells(hop, back, dsn=False) as mta:
        p = mta.ctl("config", "check")
        assert "no sender is told of" in p.stdout + p.stderr, p
        mta.mail()
        mta.silent("verdict=delete")
        # One of the instance is for all.
        mta.set(dsn_transport="back")
        p = mta.ctl("config", "check")
        mta.ctl("reload")
        mta.mail()
        mta.told("failed", "5.1.1")
        mta.wait(0)


def test_by_hand_without_anybody_to_tell():
    with Two(LATER) as (hop, back), \
            Tells(hop, back, "-o retry=1h") as mta:
        mta.mail(sender="")
        mta.wait(1, "--state", "defer")
        mta.queue("bounce", "--all")
        mta.silent("verdict=delete")


# ---- Of notifications -------------------------------------------------------

def test_no_loop():
    """A notification that is refused is no reason for another."""
    with Two(REFUSES, back=REFUSES) as (hop, back), Tells(hop, back) as mta:
        mta.mail()
        wait_for(lambda: "RCPT" in back.verbs(), 30, "the notification")
        mta.wait(0)
        log = mta.log()
        assert log.count("event=dsn-made") == 1, log
        assert log.count("verdict=bounce") == 1, log
        assert log.count("verdict=delete") == 1, log


def test_bounce_max_age():
    """They have an age of their own, and not the transport's other one."""
    with Two(REFUSES, back=LATER) as (hop, back), Tells(
            hop, back, back_options="-o retry=1s -o bounce_max_age=2s "
            "-o max_age=5d") as mta:
        mta.mail()
        wait_for(lambda: "verdict=delete" in mta.log(), 60, "its end")
        mta.wait(0)
        assert sum(v == "MAIL" for v in back.verbs()) >= 2, back.verbs()
        assert mta.log().count("event=dsn-made") == 1


def test_exported_and_imported():
    """In another queue a notification is mail like any other."""
    with Two(REFUSES, back=LATER) as (hop, back), Tells(
            hop, back, back_options="-o retry=1h") as mta:
        mta.mail()
        mta.wait(1, "--state", "defer")
        (before,) = mta.list()
        mta.ctl("spool", "export", "--remove", "--to", mta.path("out"))
        mta.wait(0)
        back.replies.clear()
        mta.ctl("spool", "import", mta.path("out"))
        mta.wait(1)
        mta.queue("retry", "--all")
        mta.told("failed", "5.1.1")
        mta.wait(0)
        assert len(back.messages) == 1
        (made,) = [l for l in mta.log().splitlines() if "=dsn-made" in l]
        assert " txn=%s " % before["id"]["transaction"] in made, made
        assert "event=queue-orphan" not in mta.log(), mta.log()


# ---- What was held before there were any ------------------------------------

# Whether it is given up, and how it was held: the address of the last attempt,
# whether a script wanted it, and why.
HELD = (
    (True, "127.0.0.1", 0, "550 5.1.1 Nobody"),
    (True, "127.0.0.1", 0, "554 no"),
    (True, "127.0.0.1", 0, "expired: 451 4.3.0 Later"),
    (True, "-", 0, "expired: no answer"),
    (True, "-", 0, "expired before it could be tried again"),
    (True, "-", 0, "5.4.7 its time to be delivered by has passed: 450 x"),
    (True, "-", 0, "no such name"),
    (True, "-", 0, "the domain takes no mail"),
    (True, "-", 0, "mail for a.example loops back to myself"),
    (True, "127.0.0.1", 0, "message is larger than the backend takes"),
    (False, "127.0.0.1", 0, "held by mtactl"),
    (False, "127.0.0.1", 0, "its worker died three times"),
    (False, "-", 0, "by the script of hook_predelivery"),
    (False, "-", 0, "550 is what a script wrote"),
    (False, "127.0.0.1", 1, "550 5.1.1 Nobody"),
    (False, "127.0.0.1", 1, "expired: 451 4.3.0 Later"),
    (False, "127.0.0.1", 0, "450 4.2.1 Later"),
    (False, "-", 0, "-"),
)


def hold_by_hand(mta):
    spool = mta.path("queue")
    os.makedirs(os.path.join(spool, "index"), exist_ok=True)
    rows = "".join("s0@from.example h%d@a.example %s %d %s\n" % (
        (n,) + row[1:]) for n, row in enumerate(HELD))
    rows += "- null@a.example 127.0.0.1 0 550 5.1.1 Nobody\n"
    subprocess.run([os.path.join(BUILD, "tests/tools/holdspool"), spool,
                    os.path.join(spool, "index")], check=True,
                   input=rows, text=True)
    owner = os.stat(spool)
    for root, dirs, files in os.walk(spool):
        for name in dirs + files:
            os.chown(os.path.join(root, name), owner.st_uid, owner.st_gid)


def test_held_before():
    """Given up once, when somebody is there who tells; nothing is tried."""
    with Two() as (hop, back):
        mta = Tells(hop, back)
        try:
            mta.start()
            wait_for(lambda: mta.workers("bounce"), text="bounce")
            mta.ctl("stop")
            for root, _, files in os.walk(mta.path(".")):
                if "bounces" in files:
                    os.unlink(os.path.join(root, "bounces"))
            hold_by_hand(mta)
            mta.start()
            given_up = [n for n, row in enumerate(HELD) if row[0]]
            mta.wait(len(HELD) - len(given_up))
            found = {}
            for m in back.messages:
                _, _, (one,), _ = check(m["body"])
                found[one["final-recipient"]] = one
            assert sorted(found) == sorted(
                "rfc822; h%d@a.example" % n for n in given_up), found
            assert found["rfc822; h0@a.example"]["diagnostic-code"] == \
                "x-error; 550 5.1.1 Nobody", found
            assert all(e["state"] == "hold" for e in mta.list()), mta.list()
            assert "event=queue-arrears entries=%d" % (
                len(given_up) + 1) in mta.log(), mta.log()
            assert not hop.commands, hop.commands
            # Another start finds nothing to be done.
            mta.kill("qmgr", "bounce")
            mta.wait(len(HELD) - len(given_up))
            wait_for(lambda: mta.workers("bounce"), text="bounce")
            mta.queue("release", "--all")
            mta.wait(0)
            assert len(hop.messages) == len(HELD) - len(given_up)
            assert len(back.messages) == len(given_up)
            assert mta.log().count("event=queue-arrears") == 1
        finally:
            mta.stop()


if __name__ == "__main__":
    main(globals())
