"""mtactl log show and log tail: the story of a message from the log and what
was rotated beside it, lines by filter, and following a log that rotates."""

import contextlib
import gzip
import json
import os
import re
import subprocess
import threading

from halyard import MTACTL, Backend, Instance, main, wait_for

UUID = "01a226a6-5d54-7308-b540-78e0016600a8"


def log_of(mta):
    return mta.path(mta.ctl("config", "get",
                            "log_target").stdout.split()[2])


def beside(mta, name):
    return os.path.join(os.path.dirname(log_of(mta)), name)


def transaction(mta, event="message"):
    found = wait_for(lambda: re.findall(
        r"event=%s conn=(\S+) txn=(\S+)" % event, mta.log()), 10, event)
    return found[-1]


def rotate(mta, name, packed=False):
    """As logrotate does it: renamed, then the daemons are told."""
    new = beside(mta, name)
    os.rename(log_of(mta), new)
    mta.ctl("reload")
    if packed:
        with open(new, "rb") as f, gzip.open(new + ".gz", "wb") as z:
            z.write(f.read())
        stamp = os.stat(new).st_mtime
        os.utime(new + ".gz", (stamp, stamp))
        os.unlink(new)


def send(mta, **params):
    with mta.client() as c:
        c.hello()
        c.message(**params)
        c.cmd("QUIT", 221)


def test_a_message_has_a_story():
    with Backend() as b, Instance(backend_port=b.port) as mta:
        send(mta)
        conn, txn = transaction(mta)
        send(mta)
        wait_for(lambda: mta.log().count("event=disconnect") == 2)
        text = mta.ctl("log", "show", txn).stdout
        order = re.findall(r"^[0-9:.]+  (\S+) ", text, re.M)
        assert order == ["connect", "inline", "message", "disconnect"], text
        assert "from=a@example.net to=b@example.org:250" in text, text
        assert "verdict on a message" in text, text
        assert txn not in text, text
        doc = json.loads(mta.ctl("log", "show", txn, "--json").stdout)
        assert doc["id"] == txn, doc
        assert [n["event"] for n in doc["lines"]] == order, doc
        assert doc["lines"][2]["code"] == 250, doc
        for bad, status in ((txn[:-1], 2), (txn + ":0", 2), (txn + ":x", 2),
                            (txn[:-4] + "0000", 1)):
            p = mta.ctl("log", "show", bad, check=False)
            assert p.returncode == status, (bad, p)


QUEUE = """
foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["sender"], $r["address"],
        $r["address"]["domain"] == "a.example" ? "good" : "bad");
Accept();
"""
ROWS = """
cleanup.sock unix y - - - 1 cleanup
qmgr.sock unix y - - - 1 qmgr
deliver unix y - - - 1 deliver
"""


def test_a_queued_message_has_a_story_for_each_recipient():
    with Backend() as b, Backend(replies={"RCPT": b"451 4.7.1 later\r\n"}) \
            as late, Instance(hook=QUEUE, services=ROWS) as mta:
        with open(mta.path("transport.cf"), "w") as f:
            f.write("transport good host 127.0.0.1:%d -o tls=disabled\n"
                    "transport bad host 127.0.0.1:%d -o tls=disabled\n" %
                    (b.port, late.port))
        mta.ctl("reload")
        send(mta, rcpts=("x@a.example", "y@b.example"))
        conn, txn = transaction(mta)
        wait_for(lambda: mta.log().count("event=delivery ") == 2, 20)
        wait_for(lambda: "1 changed" in mta.ctl(
            "queue", "hold", txn + ":2", check=False).stdout)

        def story(id):
            lines = json.loads(mta.ctl("log", "show", "--json",
                                       id).stdout)["lines"]
            return [n["event"] for n in lines], [
                n for n in lines if n["event"] == "delivery"]

        events, tried = story(txn + ":1")
        assert "queue-change" not in events, events
        assert [(n["queue"], n["verdict"]) for n in tried] == [
            (txn + ":1", "done")], tried
        events, tried = story(txn + ":2")
        assert events[-1] == "queue-change" and "queued" in events, events
        assert [(n["queue"], n["code"]) for n in tried] == [
            (txn + ":2", 451)], tried
        text = mta.ctl("log", "show", txn).stdout
        assert "action=hold" in text and "next_ms=" in text, text
        tail = mta.ctl("log", "tail", "--recipientdomain", "b.example",
                       "--event", "delivery").stdout
        assert tail.count("\n") == 1 and "later" in tail, tail


def test_both_formats_and_rotated_files():
    with Backend() as b, Instance(backend_port=b.port) as mta:
        with mta.client() as c:             # one that begins in another file
            c.hello()
            wait_for(lambda: "event=connect" in mta.log())
            rotate(mta, "halyard.log.2", packed=True)
            c.message()
            conn, txn = transaction(mta)
        wait_for(lambda: "event=disconnect" in mta.log())
        mta.set(log_format="json")
        rotate(mta, "halyard.log-20261122")
        doc = json.loads(mta.ctl("log", "show", txn, "--json").stdout)
        assert [n["event"] for n in doc["lines"]] == [
            "connect", "inline", "message", "disconnect"], doc
        assert all(n["conn"] == conn for n in doc["lines"]), doc
        one = json.loads(mta.ctl("log", "show", txn, "--json", "--file",
                                 beside(mta, "halyard.log-20261122")).stdout)
        assert one["lines"] == doc["lines"][1:], one
        send(mta)
        wait_for(lambda: '"event":"disconnect"' in mta.log())
        last = json.loads(mta.ctl("log", "tail", "--json", "-n1", "--event",
                                  "message").stdout)
        whole = json.loads(mta.ctl("log", "show", last["txn"],
                                   "--json").stdout)
        assert len(whole["lines"]) == 4 and last in whole["lines"], whole
        assert mta.ctl("log", "show", last["txn"]).stdout.count(
            "a client connected") == 1
        with open(beside(mta, "halyard.log.2.gz"), "r+b") as f:
            f.truncate(40)
        p = mta.ctl("log", "show", txn, check=False)
        assert p.returncode == 1 and "gzip could not read" in p.stderr, p


def test_entries_of_a_message():
    with Instance() as mta:
        path = mta.path("other.log")
        with open(path, "w") as f:
            for i, line in enumerate((
                    "queued txn=%s entries=2", "attempt queue=%s:1 code=451",
                    "attempt queue=%s:2 code=250", "noise a=b",
                    'queue-change uid=0 action=hold filter="id %s:1"')):
                f.write("2026-11-22T05:10:1%d.000000Z info x[1]: event=%s\n" %
                        (i, line % UUID if "%" in line else line))
        for id, want in ((UUID, "0124"), (UUID + ":1", "014"),
                         (UUID.upper() + ":2", "02"), (UUID + ":12", "0")):
            doc = json.loads(mta.ctl("log", "show", "--file", path, "--json",
                                     id).stdout)
            got = "".join(n["time"][18] for n in doc["lines"])
            assert got == want, (id, got)


def test_what_a_terminal_obeys_is_not_shown():
    with Instance() as mta:
        path = mta.path("other.log")
        with open(path, "wb") as f:
            f.write(b"\033]0;x\007 no line of ours \xc2\x9b\n"
                    b"0Z info x[1]: event=queued txn="
                    + UUID.encode() + b" text=a\033[2J\n"
                    + b"x" * 3000000 + b"\nevent=unfinished")
        for args in (("tail",), ("tail", "--json"), ("show", UUID)):
            out = mta.ctl("log", *args, "--file", path).stdout
            assert re.match(r"^[\n -~]+$", out), repr(out)
            assert "queued" in out and "xxx" not in out, repr(out)
        assert "unfinished" in mta.ctl("log", "tail", "--file", path).stdout


def test_tail_takes_the_last_lines_that_are_meant():
    with Instance() as mta:
        path = mta.path("other.log")
        with open(path, "w") as f:
            for i in range(30000):
                f.write("2026-11-22T05:10:18.%06dZ %s x[1]: event=%s n=%d\n" %
                        (i, "warn" if i % 1000 == 7 else "info",
                         "even" if i % 2 == 0 else "odd", i))

        def tail(*args):
            out = mta.ctl("log", "tail", "--file", path, *args).stdout
            return [int(n) for n in re.findall(r" n=([0-9]+)$", out, re.M)]

        assert tail() == list(range(29990, 30000))
        assert tail("-n", "0") == []
        assert tail("-n2", "--event", "even") == [29996, 29998]
        assert tail("-n", "3", "--level", "warn") == [27007, 28007, 29007]
        assert len(tail("-n", "100000")) == 30000
        assert tail("--event", "odd", "--event=even", "--level=error") == []
        for bad in (("--nope", "1"), ("-n", "x"), ("--level", "x"), ("-q",),
                    ("--event",), ("x",)):
            p = mta.ctl("log", "tail", *bad, check=False)
            assert p.returncode == 2, (bad, p)


@contextlib.contextmanager
def mail(mta):
    """A message after the other, each to another recipient."""
    stop = threading.Event()

    def run():
        n = 0
        while not stop.wait(0.2):
            send(mta, rcpts=("r%d@example.org" % n,))
            n += 1
    t = threading.Thread(target=run)
    t.start()
    try:
        yield
    finally:
        stop.set()
        t.join()


def recipients(text):
    """Of the lines of messages."""
    found = [int(n) for n in re.findall(
        r" event=message .* to=r([0-9]+)@", text)]
    assert found, text
    return found


def test_follow_goes_over_to_the_new_file():
    with Backend() as b, Instance(backend_port=b.port) as mta:
        p = subprocess.Popen([MTACTL, "-c", mta.conf, "log", "tail", "-f",
                              "-n", "0", "--event", "message"],
                             stdout=subprocess.PIPE, text=True)
        try:
            got, last = [], -1
            with mail(mta):
                for n in range(3):
                    # It has gone over when it shows what came later.
                    while len(got) < 4 * (n + 1) or got[-1] <= last:
                        got += recipients(p.stdout.readline())
                    if n < 2:
                        name = "halyard.log.%d" % (2 - n)
                        rotate(mta, name)
                        with open(beside(mta, name)) as f:
                            last = recipients(f.read())[-1]
            assert got == list(range(got[0], got[0] + len(got))), got
        finally:
            p.kill()
            p.wait()
            p.stdout.close()


def test_a_reader_without_rights_is_told_whose_it_is():
    with Instance() as mta:
        os.chmod(log_of(mta), 0o600)
        if os.geteuid() == 0:
            for d in (mta.dir, mta.conf, os.path.dirname(log_of(mta))):
                os.chmod(d, 0o755)
            p = subprocess.run([MTACTL, "-c", mta.conf, "log", "tail"],
                               capture_output=True, text=True, user=65534,
                               group=65534, extra_groups=[])
            assert p.returncode == 1, p
            assert "permission denied: only root may read it" in p.stderr, p
        mta.set(log_target="syslog")
        p = mta.ctl("log", "tail", check=False)
        assert p.returncode == 1 and "--file" in p.stderr, p


if __name__ == "__main__":
    main(globals())
