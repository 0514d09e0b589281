#!/usr/bin/env python3
"""mtactl queue: what lies in the queue is listed, filtered, held, released,
changed and deleted, by a qmgr that may die at any moment."""

import glob
import grp
import json
import os
import pwd
import shutil
import signal
import subprocess

from halyard import MTACTL, Instance, alive, main, wait_for

HOOK = '''
$m = $arguments["mail"];
$n = number($m->getHeader("X-N"));
foreach ($transaction["recipients"] as $r) {
    if ($r["recipient"] == "edited@b.example")
        $m->setHeader("X-Who", "edited");
    $m->queue($transaction["sender"], $r["address"], "mx", [
        "hold" => $n % 5 == 0, "tenantid" => "t" . string($n % 2),
        "metadata" => ["n" => string($n)],
        "priority" => $n == 3 ? 1 : 0]);
}
Accept();
'''
ROWS = "\ncleanup.sock unix y - - - 1 cleanup\nqmgr.sock unix y - - - 1 qmgr\n"


class Queue(Instance):
    def __init__(self, hook=HOOK, rows=ROWS, **more):
        super().__init__(hook=hook, services=rows, **more)
        with open(self.path("transport.cf"), "a") as f:
            f.write("transport mx mx -\n")

    def fill(self, count, rcpts=("r@a.example", "r@b.example")):
        with self.client() as c:
            c.hello()
            for n in range(count):
                c.cmd("MAIL FROM:<s%d@from%d.example>" % (n, n % 3), 250)
                for r in rcpts:
                    c.cmd("RCPT TO:<%s>" % r, 250)
                c.cmd("DATA", 354)
                c.send(b"Subject: s\r\nX-N: %d\r\n\r\nbody %d\r\n.\r\n"
                       % (n, n))
                c.expect(250)

    def queue(self, *args, code=0):
        p = self.ctl("queue", *args, check=False)
        assert p.returncode == code, (args, p)
        return p

    def list(self, *args):
        return json.loads(self.queue("list", "--json", *args).stdout)[
            "entries"]

    def ids(self, *args):
        return sorted("%s:%d" % (e["id"]["transaction"], e["id"]["queue"])
                      for e in self.list(*args))

    def wait(self, count):
        wait_for(lambda: self.ctl("queue", "list", "--json", check=False)
                 .returncode == 0 and len(self.list()) == count,
                 text="%d entries" % count)

    def kill(self, program="qmgr"):
        old = self.workers(program)
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        for pid in old:
            wait_for(lambda: not alive(pid), text="death")
        wait_for(lambda: self.ctl("queue", "stats", check=False)
                 .returncode == 0, 20, "qmgr")
        return old


def test_list_and_filters():
    with Queue() as mta:
        mta.fill(20)
        mta.wait(40)
        one = mta.list("--sender", "s7@from1.example", "--recipient",
                       "R@A.example")
        assert len(one) == 1, one
        e = one[0]
        assert e["transportid"] == "mx" and e["retry"] == 0, e
        assert e["metadata"] == {"n": "7"} and e["tenantid"] == "t1", e
        assert e["state"] == "active" and e["priority"] == 0, e
        assert abs(e["ts"] - e["due"]) < 60 and e["size"] > 20, e
        for args, count in (
                (("--state", "HOLD"), 8),
                (("--state", "Hold", "--state", "active"), 40),
                (("--state", "ACTIVE"), 32),
                (("--state", "UPDATE"), 0),
                (("--tenantid", "t0", "--state", "hold"), 4),
                (("--senderdomain", "from0.example"), 14),
                (("--senderdomain", "from*.EXAMPLE"), 40),
                (("--recipientdomain", "b.example"), 20),
                (("--metadata", "n=5", "--metadata", "n=6"), 4),
                (("--priority", "1"), 2), (("--priority", "=0"), 38),
                (("--retrycount", ">0"), 0),
                (("--age", "<1h"), 40), (("--age", "1h..2d"), 0),
                (("--ts", ">2020-01-01"), 40),
                (("--ts", "<2020-01-01T00:00:00Z"), 0),
                (("--transportid", "other"), 0),
                (("--id", e["id"]["transaction"]), 2)):
            assert len(mta.list(*args)) == count, (args, count)
        # For people; and columns for scripts.
        text = mta.queue("list", "--state", "hold").stdout
        assert text.startswith("ID ") and text.count("\n") == 17, text
        assert max(len(l) for l in text.splitlines()) <= 80, text
        columns = mta.queue("list", "-F", "sender,metadata.n", "--metadata",
                            "n=7").stdout
        assert columns == "s7@from1.example\t7\n" * 2, columns
        groups = json.loads(mta.queue("list", "--groupby", "senderdomain",
                                      "--json").stdout)["groups"]
        assert sorted((g["value"], g["entries"]) for g in groups) == [
            ("from0.example", 14), ("from1.example", 14),
            ("from2.example", 12)], groups


def test_message_id():
    """By its Message-ID a sender's complaint is found."""
    with Queue() as mta:
        with mta.client() as c:
            c.hello()
            for field in b"Message-ID: <1.\xc3\xa4@a.example>\r\n", b"":
                c.cmd("MAIL FROM:<s@a.example>", 250)
                c.cmd("RCPT TO:<r@a.example>", 250)
                c.cmd("DATA", 354)
                c.send(field + b"Subject: s\r\n\r\n.\r\n")
                c.expect(250)
        mta.wait(2)
        assert [e["messageid"] for e in mta.list()] == [
            "<1.\u00e4@a.example>", ""]
        assert mta.queue("list", "-F", "messageid").stdout == (
            "<1.\u00e4@a.example>\n\n")


def test_pages():
    with Queue() as mta:
        mta.fill(15)
        mta.wait(30)
        seen, after = [], None
        for _ in range(40):
            args = ["list", "--json", "--limit", "7"]
            page = json.loads(mta.queue(*args, *(
                ["--after", after] if after else [])).stdout)
            seen += [(e["id"]["transaction"], e["id"]["queue"])
                     for e in page["entries"]]
            after = page["cursor"]
            if after is None:
                break
        assert len(seen) == 30 and len(set(seen)) == 30, len(seen)


def test_stats():
    """Counted by state as a list shows it: what is deferred is ready once it
    is due, whether it was written to the index or not."""
    hook = '''
foreach ([0, 3, 3600, 7200] as $delay)
    $arguments["mail"]->queue("", "r@a.example", "mx", ["delay" => $delay,
        "hold" => $delay == 7200]);
Accept();
'''

    def states(mta):
        listed = [e["state"] for e in mta.list()]
        stats = json.loads(mta.queue("stats", "--json").stdout)
        names = "ready", "active", "sending", "defer", "hold"
        assert stats["entries"] == len(listed) == sum(stats[s] for s in names)
        due = stats["ready"] + stats["active"] + stats["sending"]
        return {s: stats[s] for s in names} == \
            {s: listed.count(s) for s in names} and \
            (due, stats["defer"], stats["hold"]) == (600, 300, 300)
    with Queue(hook) as mta:
        mta.fill(300, ("r@a.example",))
        mta.wait(1200)
        wait_for(lambda: states(mta), 20, "their due")
        mta.kill()
        wait_for(lambda: states(mta), 20, "the same")


def test_changes():
    with Queue() as mta:
        mta.fill(10)
        mta.wait(20)
        out = mta.queue("hold", "--recipientdomain", "a.example", "--dry-run")
        assert out.stdout == "8 would be changed\n", out.stdout
        assert len(mta.list("--state", "hold")) == 4
        out = mta.queue("hold", "--recipientdomain", "a.example")
        assert out.stdout == "8 changed, 0 busy\n", out.stdout
        assert len(mta.list("--state", "hold")) == 12
        held = mta.ids("--state", "hold")
        mta.kill()
        assert mta.ids("--state", "hold") == held
        first = held[0]
        assert mta.queue("release", first).stdout == "1 changed, 0 busy\n"
        assert mta.queue("release", first).stdout == "0 changed, 0 busy\n"
        mta.queue("set", "--id", first, "priority=1", "tenantid=new",
                  "metadata.k=v", "metadata.n=")
        for args, said in (
                (("set", "priority=5"), "priority is 0 or 1"),
                (("set", "colour=red"), '"colour" can\'t be set; '),
                (("set", "jobid=x", "metadata.=v"), "a key of metadata"),
                (("move", "--transport", "none"),
                 'there is no transport "none" in transport.cf')):
            p = mta.queue(*args, first, code=1)
            assert said in p.stderr and p.stdout == "", p
        # Whatever the queue has: this one has no uid, which others have.
        for field, code in ("id,colour", 2), ("uid", 0), ("metadata.x", 0):
            for more in (first,), ("--state", "ready", "--tenantid", "nobody"):
                p = mta.queue("list", "-F", field, *more, code=code)
                assert ("-F colour: entries have no" in p.stderr) == (
                    code == 2) == ("usage: " in p.stderr), p
        assert "event=ipc-bad" not in mta.log()
        e, = mta.list("--id", first)
        assert (e["state"], e["priority"], e["tenantid"], e["metadata"]) == \
            ("active", 1, "new", {"k": "v"}), e
        mta.kill()
        assert mta.list("--id", first)[0]["metadata"] == {"k": "v"}
        assert mta.ids("--tenantid", "new") == [first]
        mta.queue("delete", held[1], held[2])
        assert len(mta.list()) == 18
        mta.queue("show", held[1], code=1)
        mta.kill()
        assert len(mta.list()) == 18
        log = mta.log()
        assert "event=queue-change uid=%d action=delete" % os.getuid() in log
        assert "changed=8" in log
        mta.queue("delete", "--all")
        assert mta.list() == []
        stats = json.loads(mta.queue("stats", "--json").stdout)
        assert stats["entries"] == 0 and stats["hold"] == 0, stats


def test_usage():
    with Queue() as mta:
        for args in (("list", "--nonsense", "1"), ("list", "--state", "x"),
                     ("list", "--age", "soon"), ("hold",), ("delete",),
                     ("set", "--all"), ("show",), ("cat",),
                     ("cat", "not-an-id"), ("list", "--metadata", "k"),
                     ("list", "--groupby", "ts"), ("list", "--limit", "0"),
                     ("list", "--id", "zz")):
            mta.queue(*args, code=2)
        assert "senderdomain, " in mta.queue("list", "--groupby", "ts",
                                             code=2).stderr
        assert "2026-" in mta.queue("list", "--ts", "today", code=2).stderr
        assert " 5m" in mta.queue("list", "--age", "soon", code=2).stderr
        for args, text in (
                (("move", "--all"), "--transport ID is missing"),
                (("hold", "--all", "--transport", "mx"), "for queue move"),
                (("set", "--all"), "NAME=VALUE"), (("delete",), "--all"),
                (("retry", "--all", "--groupby", "state"), "queue list"),
                (("show",), "a filter"),
                (("explain", "--state", "hold"), "-F id")):
            said = mta.queue(*args, code=2).stderr
            assert text in said.split("usage: ")[0], (args, said)
        for args in (("set", "--all", "priority=7"),
                     ("set", "--all", "sender=x"),
                     ("list", "--after", "zz")):
            mta.queue(*args, code=1)
        mta.wait(0)
        missing = "01234567-89ab-7def-8123-456789abcdef:1"
        mta.queue("show", missing, code=1)
        mta.queue("cat", missing, code=1)
        assert "not in the queue" in mta.queue("hold", missing,
                                               code=1).stderr
        mta.ctl("stop")
        assert "not running" in mta.queue("list", code=3).stderr


def test_no_qmgr():
    with Queue(rows="") as mta:
        assert "no qmgr runs" in mta.queue("list", code=1).stderr


def test_cat():
    with Queue() as mta:
        mta.fill(1, ("plain@a.example", "edited@b.example"))
        mta.wait(2)
        plain, edited = mta.ids()
        text = mta.queue("cat", edited).stdout
        assert "X-Who: edited\n" in text and text.endswith("\nbody 0\n"), text
        assert text.startswith("Received:"), text
        assert "X-Who" not in mta.queue("cat", plain).stdout
        original = mta.queue("cat", "--original", edited).stdout
        assert original == "Subject: s\nX-N: 0\n\nbody 0\n", original
        assert "event=queue-cat" in mta.log()


def test_large_body():
    """In pieces, from a file of its own."""
    with Queue() as mta:
        line = b"y" * 70 + b"\r\n"
        with mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<s@a.example>", 250)
            c.cmd("RCPT TO:<r@a.example>", 250)
            c.cmd("DATA", 354)
            c.send(b"Subject: s\r\n\r\n" + line * 40000 + b".\r\n")
            c.expect(250)
        mta.wait(1)
        got = subprocess.run([MTACTL, "-c", mta.conf, "queue", "cat",
                              mta.ids()[0]], capture_output=True).stdout
        assert got.endswith(b"\r\n\r\n" + line * 40000), len(got)


def test_index_lost():
    """Deleted, damaged: made anew, and nothing of the list differs."""
    with Queue() as mta:
        mta.fill(30)
        mta.wait(60)
        mta.queue("hold", "--tenantid", "t1")
        before = sorted(map(json.dumps, (dict(e, age=0) for e in mta.list())))
        for damage in ("delete", "damage"):
            mta.ctl("stop")
            index = glob.glob(mta.path("**/index"), recursive=True)
            assert len(index) == 1, index
            if damage == "delete":
                shutil.rmtree(index[0])
            for name in os.listdir(index[0]) if damage == "damage" else ():
                with open(os.path.join(index[0], name), "r+b") as f:
                    f.write(b"\xff" * 4096)
            mta.ctl("start")
            mta.wait(60)
            stats = json.loads(mta.queue("stats", "--json").stdout)
            assert stats["rebuilt"], (damage, stats)
            after = sorted(map(json.dumps,
                               (dict(e, age=0) for e in mta.list())))
            drop = lambda rows: [{k: v for k, v in json.loads(r).items()
                                  if k != "due"} for r in rows]
            assert drop(after) == drop(before), damage
        mta.kill()
        assert not json.loads(mta.queue("stats", "--json").stdout)["rebuilt"]


def test_tables():
    """A segment at rest gets a table, by which a lost index is made anew, and
    one that is damaged is no loss."""
    with Queue() as mta:
        with mta.client() as c:
            c.hello()
            for n in range(70):
                c.cmd("MAIL FROM:<s@a.example>", 250)
                c.cmd("RCPT TO:<r@b.example>", 250)
                c.cmd("DATA", 354)
                c.send(b"X-N: %d\r\n\r\n" % n + b"x" * 70 + b"\r\n")
                c.send((b"y" * 98 + b"\r\n") * 10000 + b".\r\n")
                c.expect(250)
        ids = mta.ids()
        assert len(ids) == 70
        (segments,) = glob.glob(mta.path("**/segments"), recursive=True)
        tables = os.path.join(os.path.dirname(segments), "tables", "0*")
        wait_for(lambda: glob.glob(tables), 60, "a table")
        for damage in False, True:
            mta.ctl("stop")
            shutil.rmtree(os.path.join(os.path.dirname(segments), "index"))
            if damage:
                with open(glob.glob(tables)[0], "r+b") as f:
                    f.seek(200)
                    f.write(b"damage")
            verified = json.loads(mta.ctl("spool", "verify", "--json",
                                          check=False).stdout)
            assert verified["tables"] == 1, verified
            assert verified["damaged"] == damage, verified
            mta.ctl("start")
            mta.wait(70)
            assert mta.ids() == ids
        wait_for(lambda: "the table of segment" in mta.log(), text="a line")


def test_damaged():
    """What no longer reads is set aside and told of, or stays, as
    spool_corrupt says; the rest is there after a start."""
    for how, left, aside in (("rename", 5, 1), ("ignore", 6, 0),
                             ("remove", 5, 0)):
        with Queue(params={"spool_corrupt": how}) as mta:
            mta.fill(6, ("r@a.example",))
            mta.wait(6)
            sender = "s4@from1.example"
            which, = mta.ids("--sender", sender)
            segment, = [n for n in glob.glob(mta.path("queue/segments/*"))
                        if sender.encode() in open(n, "rb").read()]
            with open(segment, "r+b") as f:
                at = f.read().rindex(sender.encode())
                f.seek(at)
                f.write(b"X" * 4)
            said = mta.queue("cat", which, code=1).stderr
            assert "damaged" in said, said
            mta.wait_log("event=queue-damage")
            stats = json.loads(mta.queue("stats", "--json").stdout)
            assert stats["entries"] == left, stats
            assert len(glob.glob(mta.path("queue/corrupt/*"))) == aside
            mta.kill()
            assert len(mta.list()) == 5


def test_damaged_body():
    """It is told of by the name of its message."""
    with Queue() as mta:
        mta.fill(2, ("r@a.example",))
        mta.wait(2)
        which, = mta.ids("--sender", "s0@from0.example")
        # The last of the newest segment, damaged, is taken for its torn end.
        mta.ctl("stop")
        mta.ctl("start")
        mta.wait(2)
        segment, = [n for n in glob.glob(mta.path("queue/segments/*"))
                    if b"body 0\r\n" in open(n, "rb").read()]
        with open(segment, "r+b") as f:
            f.seek(f.read().index(b"body 0\r\n"))
            f.write(b"B")
        p = mta.ctl("spool", "verify", check=False)
        assert p.returncode == 1 and which in p.stderr, p
        assert p.stderr.count("\n") == 1, p
        assert "damaged" in mta.queue("cat", which, code=1).stderr


def test_one_owner():
    """A second instance on the same spool waits, and says why."""
    with Queue() as one:
        one.fill(2)
        one.wait(4)
        spool = os.path.dirname(glob.glob(one.path("**/segments"),
                                          recursive=True)[0])
        two = Queue(rows="\nqmgr.sock unix y - - - 1 qmgr\n",
                    params={"spool_directory": spool})
        with two:
            p = two.queue("list", code=1)
            assert "another process" in p.stderr, p
            one.ctl("stop")
            wait_for(lambda: two.ctl("queue", "list", check=False)
                     .returncode == 0, 40, "the other's spool")


def test_status():
    with Queue() as mta:
        mta.fill(5)
        mta.wait(10)
        text = mta.ctl("status").stdout
        assert "queue_loaded" in text and "queue_ready" in text, text


def test_roles():
    """Members of the groups may ask, each what its role allows; a stranger
    nothing, and a worker's user neither."""
    if os.getuid() != 0:
        return "SKIP users are for root"
    groups = {"control_view_group": "games", "control_operate_group": "mail"}
    with Queue(params=groups) as mta:
        mta.fill(5)
        mta.wait(10)
        os.chmod(mta.dir, 0o755)
        for name in ("", "run"):
            os.chmod(mta.path(name), 0o755)
        os.chmod(mta.path("main.cf"), 0o644)

        def run(group, *args, user=12345):
            return subprocess.run(
                [os.path.abspath(MTACTL), "-c", mta.conf, "queue", *args],
                capture_output=True, text=True, user=user,
                group=grp.getgrnam(group).gr_gid, extra_groups=[])
        for group, args, code in (
                ("games", ("list",), 0), ("games", ("stats",), 0),
                ("games", ("hold", "--all"), 1),
                ("games", ("cat", mta.ids()[0]), 1),
                ("mail", ("list",), 0), ("mail", ("hold", "--all"), 0),
                ("mail", ("release", "--all"), 0),
                ("mail", ("delete", "--all"), 1),
                ("mail", ("set", "--all", "priority=1"), 1),
                ("nogroup", ("list",), 1)):
            p = run(group, *args)
            assert p.returncode == code, (group, args, p)
            if code and group != "nogroup":
                assert "not permitted" in p.stderr, (group, args, p)
        assert "uid=12345" in mta.log()
        nobody = pwd.getpwnam("nobody").pw_uid
        assert run("mail", "list", user=nobody).returncode == 1
        assert len(mta.list()) == 10


def test_roles_reload():
    """Who may ask changes with a reload, though the process stays and is in a
    jail without the system's users and groups."""
    if os.getuid() != 0:
        return "SKIP users are for root"
    with Queue() as mta:
        mta.fill(3)
        mta.wait(6)
        pid = mta.workers("qmgr")
        os.chmod(mta.dir, 0o755)
        for name in ("", "run"):
            os.chmod(mta.path(name), 0o755)
        os.chmod(mta.path("main.cf"), 0o644)

        def run(user, group, *args):
            return subprocess.run(
                [os.path.abspath(MTACTL), "-c", mta.conf, *args],
                capture_output=True, text=True, extra_groups=[],
                user=pwd.getpwnam(user).pw_uid,
                group=grp.getgrnam(group).gr_gid).returncode

        def mode():
            return os.stat(mta.path("run/qmgr.sock")).st_mode & 0o777

        def check(view, operate, owner):
            assert mta.workers("qmgr") == pid
            found = (run("man", "games", "queue", "list"),
                     run("man", "mail", "queue", "hold", "--all"),
                     run("news", "news", "mailq"))
            wanted = [0 if yes else 1 for yes in (view, operate, owner)]
            assert [min(code, 1) for code in found] == wanted, found
        check(False, False, False)
        assert mode() == 0o660          # for workers
        for params, allowed, bits in (
                (("games", "", ""), (True, False, False), 0o666),
                (("", "mail", ""), (False, True, False), 0o666),
                (("games", "mail", "man news"), (True, True, True), 0o666),
                (("", "", "static:anyone"), (False, False, True), 0o666),
                (("", "", ""), (False, False, False), 0o660)):
            mta.set(**dict(zip(("control_view_group", "control_operate_group",
                                "mailq_users"), params)))
            mta.ctl("reload")
            check(*allowed)
            assert mode() == bits, (params, oct(mode()))
        mta.set(mailq_users="nosuchuser")
        p = mta.ctl("reload", check=False)
        assert p.returncode == 1 and "nosuchuser" in p.stdout + p.stderr, p
        assert "main.cf:" in p.stdout + p.stderr, p
        check(False, False, False)


def test_reload_and_stop():
    """The process is kept over a reload, and what it confirmed over a stop."""
    with Queue() as mta:
        mta.fill(5)
        mta.wait(10)
        pid = mta.workers("qmgr")
        mta.ctl("reload")
        assert mta.workers("qmgr") == pid
        mta.queue("hold", "--all")
        held = mta.ids("--state", "hold")
        assert len(held) == 10
        mta.ctl("stop")
        mta.ctl("start")
        mta.wait(10)
        assert mta.ids("--state", "hold") == held
        assert not json.loads(mta.queue("stats", "--json").stdout)["rebuilt"]


def test_slow_reader():
    """One that reads nothing holds up neither others nor qmgr's memory."""
    with Queue() as mta:
        mta.fill(40, ["r%d@a.example" % i for i in range(50)])
        mta.wait(2000)
        slow = subprocess.Popen([MTACTL, "-c", mta.conf, "queue", "list",
                                 "--json"], stdout=subprocess.PIPE)
        try:
            assert len(mta.list("--limit", "100")) == 100
            out, _ = slow.communicate(timeout=60)
            assert len(json.loads(out)["entries"]) == 2000
        finally:
            slow.kill()
            slow.wait()


def test_killed_under_load():
    """qmgr dies while mail comes; at the end each message is there once."""
    with Queue() as mta:
        for _ in range(5):
            mta.fill(20, ("r@a.example",))
            mta.kill()
        mta.wait(100)
        assert len(set(mta.ids())) == 100


if __name__ == "__main__":
    main(globals())
