"""Makes a spool with the build of this tree, for later ones to read; it was
run in the tree of the commit that a spool's name says.  What is deferred there
waits longer than the hour that the queue clock moves at most at a start:

    PYTHONPATH=tests/integration python3 make.py OUT.tar.xz

Everything is killed at the end, so that the journal has a tail behind the
checkpoint."""

import os
import subprocess
import sys

from halyard import Backend, wait_for
from test_relay import Queue

HOOK = '''
foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["sender"], $r["address"], "out",
        ["metadata" => ["k" => "value of " . $r["address"]["localpart"]],
        "tenantid" => "tenant", "jobid" => "job"]);
Accept();
'''


def rcpt(conv, line):
    return None if b"good" in line else b"451 4.3.0 later\r\n"


def mail(mta, n, rcpts, body=b""):
    with mta.client() as c:
        c.hello()
        c.cmd("MAIL FROM:<s%d@from.example>" % n, 250)
        for r in rcpts:
            c.cmd("RCPT TO:<%s>" % r, 250)
        c.cmd("DATA", 354)
        c.send(b"Subject: %d\r\n\r\n" % n + body + b"body %d.\r\n.\r\n" % n)
        c.expect(250)


def fill(mta):
    for n in range(6):
        mail(mta, n, ["r%d@a.example" % n])
    mail(mta, 6, ["x@a.example", "good@a.example", "y@a.example"])
    mta.wait(8, "--state", "defer")
    mta.queue("hold", "--sender", "s0@from.example")
    mta.ctl("stop")
    mta.start()
    # Behind the checkpoint.
    line = b"y" * 76 + b"\r\n"
    mail(mta, 7, ["large@a.example"], line * 20000)
    for n in range(8, 12):
        mail(mta, n, ["r%d@a.example" % n])
    mta.wait(12, "--state", "defer")
    mta.queue("hold", "--sender", "s8@from.example")
    mta.queue("set", "metadata.k=changed", "priority=1", "--sender",
              "s1@from.example")


def run(out):
    with Backend(replies={"RCPT": rcpt}) as b:
        mta = Queue("transport out host 127.0.0.1:%d -o tls=disabled -o "
                    "retry=10h\n" % b.port, hook=HOOK, workers=1)
        with mta:
            fill(mta)
            pids = [p for name in ("smtpd", "deliver", "qmgr", "cleanup")
                    for p in mta.workers(name)]
            for pid in [mta.master_pid()] + pids:
                os.kill(pid, 9)
            wait_for(lambda: not any(os.path.exists("/proc/%d" % p)
                                     for p in pids), text="the end")
            subprocess.run(["tar", "-cJf", out, "--owner=0", "--group=0",
                            "--numeric-owner", "-C", mta.path("queue"), "."],
                           check=True)


if __name__ == "__main__":
    run(os.path.abspath(sys.argv[1]))
