#!/usr/bin/env python3
"""queue() in the end-of-DATA hook: what was answered 250 is in the spool,
byte for byte, once, whatever dies; what was not accepted is not."""

import glob
import json
import os
import re
import signal
import socket
import threading
import time

from halyard import SLOW, Client, Instance, alive, main, wait_for

ALL = '''
foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["sender"], $r["address"], "mx"%s);
Accept();
'''
NUMBERS = 13, 26                # useful_until and deliverby, of entry.def
ROW = "\ncleanup.sock unix - - - - 1 cleanup\n"


class Spooling(Instance):
    def __init__(self, hook=ALL % "", params=None, services="", **more):
        super().__init__(hook=hook, params=params, services=ROW + services,
                         **more)
        with open(self.path("transport.cf"), "a") as f:
            f.write("transport mx mx -\n")

    def exported(self):
        """{id: (envelope, bytes)} of all that lies in the spool."""
        to = os.path.join(self.dir, "export")
        for name in glob.glob(to + "/*"):
            os.unlink(name)
        self.ctl("spool", "export", "--to", to)
        out = {}
        for name in glob.glob(to + "/*.json"):
            with open(name) as f:
                envelope = json.load(f)
            with open(name[:-5] + ".eml", "rb") as f:
                out["%s:%d" % (envelope["id"]["transaction"],
                               envelope["id"]["queue"])] = envelope, f.read()
        return out

    def kill(self, *programs):
        """SIGKILL to these; to master and all others without."""
        pids = [p for name in programs for p in self.workers(name)]
        if not programs:
            pids = self.workers("smtpd") + self.workers("cleanup")
            pids.insert(0, self.master_pid())
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            wait_for(lambda: not alive(pid), text="death")


def deliver(c, body, rcpts=("b@example.org",), sender="a@example.org",
            code=250):
    c.cmd("MAIL FROM:<%s>" % sender, 250)
    for r in rcpts:
        c.cmd("RCPT TO:<%s>" % r, 250)
    c.cmd("DATA", 354)
    c.send(body + b".\r\n")
    return c.expect(code)


def txn_of(reply):
    found = re.search(r"queued as ([0-9a-f-]{36})", " ".join(reply.text))
    assert found, reply.text
    return found.group(1)


def test_stored():
    """Envelope, facts and bytes as they came, with our trace before them."""
    options = ''', ["hold" => true, "priority" => 1, "tenantid" => "t",
        "jobid" => "j", "metadata" => ["k" => "v", "x" => ""],
        "quotas" => ["q"], "delay" => 5, "dsn" => ["envid" => "e",
        "ret" => "HDRS", "notify" => ["SUCCESS", "FAILURE"]]]'''
    with Spooling(ALL % options) as mta, mta.client() as c:
        c.hello()
        body = b"Subject: x\r\n\r\nline\r\n..dot\r\n"
        txn = txn_of(deliver(c, body, ("b@example.org", "c@example.org")))
        found = mta.exported()
        assert sorted(found) == [txn + ":1", txn + ":2"], found.keys()
        envelope, got = found[txn + ":2"]
        assert envelope["recipient"] == "c@example.org"
        assert envelope["sender"] == "a@example.org"
        assert envelope["transportid"] == "mx" and envelope["hold"]
        assert envelope["tenantid"] == "t" and envelope["jobid"] == "j"
        assert envelope["metadata"] == {"k": "v", "x": ""}
        assert envelope["priority"] == 1
        assert got.startswith(b"Received: from "), got
        assert got.endswith(body.replace(b"\r\n..", b"\r\n.")), got
        assert got.count(b"Received:") == 1


def fields_of(raw):
    """{tag: number or bytes} of an entry: a tag, a length, the value."""
    out, at = {}, 0
    while at < len(raw):
        tag, size, shift = raw[at], 0, 0
        while True:
            at += 1
            size |= (raw[at] & 127) << shift
            shift += 7
            if raw[at] < 128:
                break
        value = raw[at + 1:at + 1 + size]
        out[tag] = int.from_bytes(value, "big") if tag in NUMBERS else value
        at += 1 + size
    return out


def test_deliverby():
    """BY= is kept with the entry; an option of queue() is stronger."""
    for options, own in ("", False), (', ["useful_until" => 4000000000]', True):
        with Spooling(ALL % options,
                      params={"smtpd_deliverby": "yes"}) as mta, \
                mta.client() as c:
            c.hello()
            before = int(time.time())
            for by in " BY=600;R", " BY=-60;NT", "":
                c.cmd("MAIL FROM:<a@example.org>" + by, 250)
                c.cmd("RCPT TO:<r@example.org>", 250)
                c.cmd("DATA", 354)
                c.send(b"Subject: %s\r\n\r\n.\r\n" % by.encode())
                c.expect(250)
            found = {m.split(b"Subject: ")[1].split(b"\r")[0].strip():
                     fields_of(bytes.fromhex(e["entry"]))
                     for e, m in mta.exported().values()}
            late, past, plain = (found[k] for k in (
                b"BY=600;R", b"BY=-60;NT", b""))
            assert (late.get(26), past.get(26), plain.get(26)) == (1, 2, None)
            if own:
                assert {f[13] for f in found.values()} == {4000000000}
            else:
                assert 600 <= late[13] - before < 660, late
                assert -60 <= past[13] - before < 0, past
                assert 13 not in plain


def test_edits():
    """Each queue() has the message as it was then; the body lies there once."""
    hook = '''
$mail = $arguments["mail"];
$mail->setHeader("X-Who", "one");
$mail->queue("s@example.org", "one@example.org", "mx");
$mail->setHeader("X-Who", "two");
$mail->delHeader("Subject");
$r = $mail->queue("s@example.org", "two@example.org", "mx");
if ($r["queue"] != 2 or $r["transaction"] != $transaction["id"])
    throw Exception("result");
$mail->reset();
$mail->queue("", ["localpart" => "three", "domain" => "example.org"], "mx");
Accept("own text");
'''
    with Spooling(hook) as mta, mta.client() as c:
        c.hello()
        big = b"x" * 70 + b"\r\n"
        body = b"Subject: s\r\nFrom: f\r\n\r\n" + big * 3000
        r = deliver(c, body)
        assert "own text" in r.text[0], r.text
        by = {e["recipient"]: (e, m) for e, m in mta.exported().values()}
        one, two, three = (by[n + "@example.org"]
                           for n in ("one", "two", "three"))
        assert b"X-Who: one\r\n" in one[1] and b"Subject: s" in one[1]
        assert b"X-Who: two\r\n" in two[1] and b"Subject" not in two[1]
        assert b"X-Who" not in three[1] and three[0]["sender"] == ""
        for _, m in (one, two, three):
            assert m.endswith(b"\r\n\r\n" + big * 3000)
        size = int(mta.ctl("spool", "verify", "--json").stdout and
                   json.loads(mta.ctl("spool", "verify",
                                      "--json").stdout)["bytes"])
        assert size < 2 * len(body), size


def test_missing_headers():
    """By parameter, and only what is missing."""
    with Spooling(params={"add_missing_headers": "yes"}) as mta, \
            mta.client() as c:
        c.hello()
        txn = txn_of(deliver(c, b"Subject: x\r\n\r\nDate: no\r\n"))
        got = mta.exported()[txn + ":1"][1]
        head, body = got.split(b"\r\n\r\n", 1)
        assert b"\r\nMessage-ID: <%s@mx.example.org>\r\n" % txn.encode() \
            in head, got
        assert re.search(rb"\r\nDate: \w{3}, \d+ \w{3} \d{4} [\d:]{8} "
                         rb"\+0000\r\n", head), got
        assert body == b"Date: no\r\n"
        txn = txn_of(deliver(c, b"date: now\r\nMESSAGE-ID: <a@b>\r\n\r\n"))
        got = mta.exported()[txn + ":1"][1]
        assert b"Date: " not in got and b"Message-ID: " not in got, got


def test_nothing_is_kept():
    """Unless the hook ends in Accept(), and all of it is well."""
    hook = '''
$m = $arguments["mail"];
$m->queue("s@example.org", "r@example.org", "mx");
$what = $m->getHeader("X-What");
if ($what == "reject") Reject("no");
if ($what == "defer") Defer("later");
if ($what == "throw") throw Exception("x");
if ($what == "transport") $m->queue("s@x.org", "r@x.org", "no such");
if ($what == "metadata") $m->queue("s@x.org", "r@x.org", "mx", ["metadata" => ["a" => 1]]);
if ($what == "reserved") $m->queue("s@x.org", "r@x.org", "mx", ["metadata" => ["_a" => "1"]]);
if ($what == "priority") $m->queue("s@x.org", "r@x.org", "mx", ["priority" => 7]);
if ($what == "recipient") $m->queue("s@x.org", "no address@", "mx");
if ($what == "null") $m->queue("s@x.org", "", "mx");
if ($what == "delay") $m->queue("s@x.org", "r@x.org", "mx", ["delay" => -1]);
if ($what == "option") $m->queue("s@x.org", "r@x.org", "mx", ["hodl" => true]);
if ($what == "end") return;
Accept();
'''
    cases = {"reject": 550, "defer": 421, "throw": 421, "transport": 421,
             "metadata": 421, "reserved": 421, "priority": 421,
             "recipient": 421, "null": 421, "delay": 421, "option": 421,
             "end": 421}
    with Spooling(hook) as mta:
        for what, code in cases.items():
            with mta.client() as c:
                c.hello()
                deliver(c, b"X-What: %s\r\n\r\nx\r\n" % what.encode(),
                        code=code)
        assert mta.exported() == {}
        for line in range(8, 16):
            wait_for(lambda: re.search(
                r"event=hook-error .*eod\.hsl:?.*\b%d\b" % line, mta.log()),
                text="an error of line %d" % line)
        with mta.client() as c:
            c.hello()
            deliver(c, b"X-What: fine\r\n\r\nx\r\n")
        assert len(mta.exported()) == 1


def test_large():
    """A body over a mebibyte lies in a file of its own."""
    with Spooling() as mta, mta.client() as c:
        c.hello()
        lines = b"".join(b"%08d %s\r\n" % (i, b"y" * 60) for i in range(60000))
        body = b"Subject: large\r\n\r\n" + lines
        txn = txn_of(deliver(c, body, ("b@example.org", "c@example.org")))
        small = txn_of(deliver(c, b"Subject: small\r\n\r\nx\r\n"))
        found = mta.exported()
        assert len(found) == 3
        assert found[txn + ":1"][1].endswith(body)
        assert found[txn + ":2"][1].endswith(body)
        assert found[small + ":1"][1].endswith(b"small\r\n\r\nx\r\n")
        files = glob.glob(mta.path("queue/bodies/*/*"))
        assert [os.path.basename(f) for f in files] == [txn], files


class Load:
    """Clients that send numbered messages until told to stop; what each was
    told of which number, and how often a connection was lost."""

    def __init__(self, mta, clients=8, size=2000):
        self.mta = mta
        self.size = size
        self.acked = {}
        self.lost = 0
        self.refused = 0
        self.stop = False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,))
                        for i in range(clients)]
        for t in self.threads:
            t.start()

    def body(self, number):
        line = (number.encode() + b" ") * (70 // len(number)) + b"\r\n"
        return b"Subject: %s\r\n\r\n" % number.encode() + \
            line * (self.size // len(line))

    def run(self, who):
        n = 0
        while not self.stop:
            try:
                with self.mta.client() as c:
                    c.hello()
                    while not self.stop:
                        n += 1
                        number = "%d-%d" % (who, n)
                        self.one(c, number)
            except (OSError, AssertionError, EOFError):
                self.lost += 1
                time.sleep(0.05)

    def one(self, c, number):
        c.cmd("MAIL FROM:<a@example.org>", 250)
        c.cmd("RCPT TO:<b@example.org>", 250)
        c.cmd("DATA", 354)
        c.send(self.body(number) + b".\r\n")
        r = c.reply()
        with self.lock:
            if r.code == 250:
                self.acked[number] = txn_of(r)
            else:
                self.refused += 1

    def said(self):
        with self.lock:
            return dict(self.acked)

    def unsay(self, said):
        """Nobody can be told anything after the power went.  A file system
        that is shut down under running processes lets a sync that is under
        way then succeed: what is not of `said` does not count."""
        with self.lock:
            self.acked = said

    def end(self):
        self.stop = True
        for t in self.threads:
            t.join()


def check_ledger(mta, load, twice=False):
    """All that was acknowledged is there, once, whole."""
    by_number = {}
    by_id = {}
    for key, (_, message) in mta.exported().items():
        number = re.search(rb"Subject: (\S+)", message).group(1).decode()
        assert message.endswith(load.body(number)), number
        by_number.setdefault(number, []).append(key)
        by_id[key] = number
    missing = [n for n, txn in load.acked.items()
               if by_id.get(txn + ":1") != n]
    assert not missing, "%d of %d are missing: %s" % (
        len(missing), len(load.acked), missing[:5])
    double = [n for n in load.acked if len(by_number[n]) != 1]
    assert twice or not double, double[:5]


def test_killed_at_once():
    """master and all workers, at any moment; and again."""
    with Spooling() as mta:
        load = Load(mta)
        for _ in range(4):
            time.sleep(0.7)
            mta.kill()
            mta.start()
        time.sleep(0.3)
        load.end()
        assert len(load.acked) > 50, len(load.acked)
        check_ledger(mta, load)


def test_cleanup_killed():
    """cleanup alone: nobody's session notices but by the time it takes."""
    with Spooling() as mta:
        load = Load(mta)
        for _ in range(6):
            time.sleep(0.5)
            mta.kill("cleanup")
        time.sleep(0.5)
        load.end()
        assert load.lost == 0 and load.refused == 0, (load.lost, load.refused)
        check_ledger(mta, load)


def test_cleanup_stopped():
    """One that is connected and silent: 451 after spool_timeout, for what it
    has in whole as for what it has in part; and it goes on where it was."""
    with Spooling(params={"spool_timeout": "2s"}) as mta, \
            mta.client() as known, mta.client() as other:
        known.hello()
        other.hello()
        deliver(known, b"Subject: before\r\n\r\nx\r\n")
        stopped = mta.workers("cleanup")
        assert stopped
        for p in stopped:
            os.kill(p, signal.SIGSTOP)
        began = time.monotonic()
        for c, subject in (known, b"first"), (other, b"second"), \
                (known, b"third"):
            r = deliver(c, b"Subject: %s\r\n\r\nx\r\n" % subject, code=451)
            assert "4.3.0" in r.text[0], r.text
        assert 5.5 < time.monotonic() - began < 40
        deliver(known, b"Subject: large\r\n\r\n" + b"y\r\n" * 500000,
                ["r%d@example.org" % i for i in range(900)], code=451)
        log = mta.log()
        assert "does not answer; the message may be queued all the same" \
            in log
        for p in stopped:
            os.kill(p, signal.SIGCONT)
        deliver(other, b"Subject: after\r\n\r\nx\r\n")
        deliver(known, b"Subject: after\r\n\r\nx\r\n")
        subjects = [re.search(rb"Subject: (\w+)", m).group(1)
                    for _, m in mta.exported().values()]
        assert subjects.count(b"before") == 1
        assert subjects.count(b"after") == 2
        for s in b"first", b"second", b"third", b"large":
            assert subjects.count(s) in (0, 900 if s == b"large" else 1)


def test_smtpd_killed():
    with Spooling() as mta:
        load = Load(mta)
        for _ in range(4):
            time.sleep(0.4)
            mta.kill("smtpd")
        time.sleep(0.5)
        load.end()
        check_ledger(mta, load)


def test_reloads():
    """No session is cut off while it waits for what it gave to the queue."""
    with Spooling(params={"drain_limit": "1s"}) as mta:
        load = Load(mta, clients=4)
        for _ in range(5):
            time.sleep(0.4)
            mta.ctl("reload")
        load.end()
        assert load.refused == 0
        check_ledger(mta, load)


def test_full():
    """Below the mark new mail is refused for now."""
    with Spooling(params={"spool_min_free": "99"}) as mta, \
            mta.client() as c:
        c.hello()
        r = deliver(c, b"Subject: x\r\n\r\nx\r\n", code=452)
        assert "4.3.1" in r.text[0], r.text
        assert mta.exported() == {}
        wait_for(lambda: "event=spool-full" in mta.log(), text="the log")


def test_absent():
    """No cleanup in master.cf: the message is deferred, and the log says why."""
    mta = Instance(hook=ALL % "")
    with open(mta.path("transport.cf"), "a") as f:
        f.write("transport mx mx -\n")
    with mta, mta.client() as c:
        c.hello()
        deliver(c, b"Subject: x\r\n\r\nx\r\n", code=451)
        wait_for(lambda: "no service cleanup" in mta.log(), text="the log")


MADE = '''
$r = MailMessage::String("From: <p@x.org>\nSubject: made\n\nfor %s\n")
    ->queue("", ["localpart" => "post", "domain" => "example.org"], "mx",
    ["hold" => true, "jobid" => "%s", "metadata" => ["k" => "v"]]);
if ($r["queue"] != 1 or !is_string($r["transaction"])) throw Exception("r");
%s
'''


def made(mta):
    return {e["jobid"]: (e, m) for e, m in mta.exported().values()
            if e.get("jobid")}


def test_script_mail():
    """Every hook may make a message; it is durable before the script goes on,
    whatever becomes of the client's."""
    ends = {"connect": "Accept();", "helo": "Accept();",
            "mailfrom": "Accept();", "rcptto": "Reject();",
            "eod": "Reject(\"no\");", "disconnect": "Pass();"}
    hooks = {h: MADE % (h, h, end) for h, end in ends.items()}
    mta = Spooling(hooks["eod"], params={
        "hook_" + h: "hooks/%s.hsl" % h for h in ends})
    for h, text in hooks.items():
        with open(mta.path("hooks/%s.hsl" % h), "w") as f:
            f.write(text)
    with mta:
        with mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<a@example.org>", 250)
            c.cmd("RCPT TO:<b@example.org>", 554)
            assert sorted(made(mta)) == ["connect", "helo", "mailfrom",
                                         "rcptto"]
        wait_for(lambda: "disconnect" in made(mta), text="the last message")
        envelope, got = made(mta)["rcptto"]
        assert envelope["sender"] == "" and envelope["hold"]
        assert envelope["recipient"] == "post@example.org"
        assert envelope["metadata"] == {"k": "v"}
        txn = envelope["id"]["transaction"].encode()
        assert re.match(
            rb"Received: by mx\.example\.org id %s;\r\n\t\w{3}, [^\r]* "
            rb"\+0000\r\nMessage-ID: <%s@mx\.example\.org>\r\n"
            rb"Date: \w{3}, [^\r]*\r\nFrom: <p@x\.org>\r\n"
            rb"Subject: made\r\n\r\nfor rcptto\r\n$" % (txn, txn), got), got
        assert len({e["id"]["transaction"] for e, _ in made(mta).values()}) \
            == 5
        assert "event=script-queued" in mta.log()
        with open(mta.path("hooks/rcptto.hsl"), "w") as f:
            f.write("Accept();")
        mta.ctl("reload")
        with mta.client() as c:
            c.hello()
            deliver(c, b"x\r\n", code=550)
        assert "eod" in made(mta)


def test_script_mail_file():
    """A file beneath script_root, and no other."""
    hook = '''
$what = $arguments["mail"]->getHeader("X-What");
$m = MailMessage::File(File($what));
$m->queue("", "r@example.org", "mx", ["jobid" => "one"]);
$m->queue("", "r@example.org", "mx", ["jobid" => "two"]);
Reject("done");
'''
    with Spooling(hook) as mta:
        with open(mta.path("hooks/note.eml"), "w") as f:
            f.write("Subject: note\nDate: now\n\n.dot\n" + "x\n" * 700000)
        os.symlink("/etc/passwd", mta.path("hooks/link.eml"))
        for what, code in ("note.eml", 550), ("../main.cf", 421), \
                ("/etc/passwd", 421), ("link.eml", 421), ("none", 421):
            with mta.client() as c:
                c.hello()
                deliver(c, b"X-What: %s\r\n\r\n" % what.encode(), code=code)
        found = made(mta)
        assert sorted(found) == ["one", "two"]
        for _, m in found.values():
            head, body = m.split(b"\r\n\r\n", 1)
            assert body == b".dot\r\n" + b"x\r\n" * 700000
            assert head.count(b"Date:") == 1, head
            assert head.count(b"Received:") == 1, head
        assert len(glob.glob(mta.path("queue/bodies/*/*"))) == 2
        assert len(re.findall(r"event=hook-error .*eod\.hsl line=3 ", mta.log())) \
            == 4


def test_script_mail_refused():
    """What can't be queued is an exception that a script may catch; without,
    the message is deferred."""
    hook = '''
$text = $arguments["mail"]->getHeader("X-Text");
try {
    MailMessage::String(str_repeat("0123456789", number($text)))
        ->queue("", "r@example.org", "mx");
} catch ($e) {
    Reject($e->toString());
}
Reject("queued");
'''

    def said(mta, n):
        with mta.client() as c:
            c.hello()
            r = deliver(c, b"X-Text: %d\r\n\r\n" % n, code=550)
            return " ".join(r.text)
    with Spooling(hook, params={"message_size_limit": "1M"}) as mta:
        assert "queued" in said(mta, 1)
        r = said(mta, 104858)
        assert "larger than message_size_limit" in r and "eod.hsl:5:11" in r, r
        assert "queued" in said(mta, 104850)
        assert len(mta.exported()) == 2
    with Spooling(hook, params={"spool_min_free": "99"}) as mta:
        assert "spool is full" in said(mta, 1)
        assert mta.exported() == {}
    mta = Instance(hook=hook)
    with open(mta.path("transport.cf"), "a") as f:
        f.write("transport mx mx -\n")
    with mta:
        assert "no service cleanup" in said(mta, 1)
        script = mta.path("hooks/run.hsl")
        with open(script, "w") as f:
            f.write('echo 1;\nMailMessage::String("x")->queue("", "a@b.c", '
                    '"mx");\n')
        r = mta.ctl("hsl", "run", script, check=False)
        assert r.returncode == 1 and "no queue here" in r.stderr and \
            "run.hsl:2:" in r.stderr, r.stderr


def test_many_recipients():
    """Twenty thousand of one message."""
    many = 20000
    hook = '''
for ($i = 1; $i <= %d; $i += 1)
    $arguments["mail"]->queue("s@example.org", "r" . $i . "@example.org", "mx");
Accept();
''' % many
    with Spooling(hook) as mta, mta.client() as c:
        c.hello()
        deliver(c, b"Subject: many\r\n\r\nx\r\n")
        report = json.loads(mta.ctl("spool", "verify", "--json").stdout)
        assert report["entries"] == many, report
        assert report["transactions"] == 1
        assert report["damaged"] == 0


if __name__ == "__main__":
    main(globals())
