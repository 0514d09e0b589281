#!/usr/bin/env python3
"""sendmail, mailq and newaliases as other programs call them: cron, mutt,
PHP, git; what is cut off is not sent, and who may say what of himself."""

import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time

from halyard import MTACTL, Backend, Instance, main, wait_for

HOOK = '''
foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["sender"], $r["address"], "mx",
        ["hold" => true]);
Accept();
'''
ROWS = """
cleanup.sock unix y - - - 1 cleanup
qmgr.sock unix y - - - 1 qmgr
sendmail.sock unix n - - - 1 smtpd
    -o add_missing_headers=yes -o smtpd_recipient_limit=2000 %s
"""
ME = pwd.getpwuid(os.getuid()).pw_name
ROOT = os.geteuid() == 0


def user(name):
    p = pwd.getpwnam(name)
    return {"user": p.pw_uid, "group": p.pw_gid, "extra_groups": []}


class Mail(Instance):
    def __init__(self, options="", rows=ROWS, **more):
        params = {"mailq_users": "static:anyone"}
        params.update(more.pop("params", {}))
        super().__init__(hook=HOOK, services=rows % options if rows else "",
                         params=params, **more)
        with open(self.path("transport.cf"), "a") as f:
            f.write("transport mx mx -\n")
        # As it is installed: who it is for can reach it.
        os.chmod(self.dir, 0o755)
        self.tool = os.path.join(self.dir, "mtactl")
        shutil.copy(MTACTL, self.tool)
        os.chmod(self.tool, 0o755)

    def call(self, *args, text=b"Subject: hi\n\nHello.\n", code=0, verb=None,
             **who):
        p = subprocess.run([self.tool, "-c", self.conf, verb or "sendmail",
                            *args], input=text, capture_output=True,
                           timeout=120, **who)
        assert p.returncode == code, (args, p)
        return p

    def open(self, *args, **who):
        return subprocess.Popen([self.tool, "-c", self.conf, "sendmail",
                                 *args], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **who)

    def list(self, *args):
        return json.loads(self.ctl("queue", "list", "--json", *args)
                          .stdout)["entries"]

    def wait(self, count):
        wait_for(lambda: self.ctl("queue", "list", "--json", check=False)
                 .returncode == 0 and len(self.list()) == count,
                 text="%d entries" % count)
        return self.list()

    def cat(self, e):
        return subprocess.run([MTACTL, "-c", self.conf, "queue", "cat",
                               "%s:%d" % (e["id"]["transaction"],
                                          e["id"]["queue"])],
                              check=True, capture_output=True).stdout

    def sent(self, count=1):
        """What the one message that came is: entries, text; it goes."""
        entries = self.wait(count)
        text = self.cat(entries[0])
        self.ctl("queue", "delete", "--all")
        return entries, text.decode()


def header(text, name):
    """Values of the fields of that name, folds taken out."""
    block = re.sub(r"\r\n[ \t]", " ", text.partition("\r\n\r\n")[0])
    return [l.partition(":")[2].strip() for l in block.split("\r\n")
            if l.lower().startswith(name.lower() + ":")]


def test_as_programs_call_it():
    with Mail() as mta:
        mta.wait(0)
        # cron: a name that has no domain, a user's own name, old options.
        mta.call("-FCronDaemon", "-i", "-B8BITMIME", "-oem", "root",
                 text=b"To: root\nSubject: Cron\n\nout\n.\nput\n")
        (e,), text = mta.sent()
        assert e["recipient"] == "root@example.org", e
        assert e["sender"] == ME + "@example.org", e
        assert e["uid"] == os.getuid(), e
        assert header(text, "From") == ['"CronDaemon" <%s@example.org>' % ME]
        assert len(header(text, "Date")) == 1, text
        assert len(header(text, "Message-ID")) == 1, text
        assert "uid %d" % os.getuid() in header(text, "Received")[0], text
        assert text.endswith("\r\n\r\nout\r\n.\r\nput\r\n"), text

        # PHP mail(), with its fifth argument; text without a last line end.
        mta.call("-t", "-i", "-fwww@example.net",
                 text=b"To: a@a.example\r\nSubject: s\r\nFrom: W <w@x.example>"
                 b"\r\n\r\nline\r\n\r\nlast")
        (e,), text = mta.sent()
        assert e["sender"] == "www@example.net", e
        assert header(text, "From") == ["W <w@x.example>"], text
        assert not header(text, "Sender"), text
        assert text.endswith("\r\n\r\nline\r\n\r\nlast\r\n"), text

        # mutt, with Bcc in -- and DSN options.
        mta.call("-oem", "-oi", "-f", "me@example.net", "-N",
                 "failure,delay", "-R", "hdrs", "-V", "id 1", "--",
                 "a@a.example", "b@b.example, C <c@c.example>")
        entries, text = mta.sent(3)
        assert sorted(e["recipient"] for e in entries) == [
            "a@a.example", "b@b.example", "c@c.example"], entries

        # git send-email: sendmail -i ADDRESSES, 8 bit.
        mta.call("-i", "a@a.example", text="From: J\u00f6rg <j@x.example>\n"
                 "Subject: [PATCH] x\n\n+\u00fc\n--\n.\n2.39\n".encode())
        _, text = mta.sent()
        assert text.endswith("+\u00fc\r\n--\r\n.\r\n2.39\r\n"), text

        # By hand: a dot ends it, and there is no header.
        mta.call("a@a.example", text=b"hello\n..\n.\nnot this\n")
        _, text = mta.sent()
        assert text.endswith("\r\n\r\nhello\r\n..\r\n"), text
        assert header(text, "From")[0].endswith("<%s@example.org>" % ME)

        # What other systems take and what means nothing here.
        mta.call("-C/no/such", "-OX=y", "-X", "/no/such/log", "-Dx", "-G",
                 "-U", "-v", "-n", "-m", "-odb", "-L", "tag", "-h", "3",
                 "-d0.1", "-f", "<>", "a@a.example")
        (e,), text = mta.sent()
        assert e["sender"] == "", e


def test_recipients_of_the_header():
    with Mail() as mta:
        mta.wait(0)
        mta.call("-t", "-oi", "more@m.example",
                 text=b"To: Joe <a@a.example>, root\nCc: (x) b@b.example\n"
                 b"Bcc: secret@s.example,\n a@a.example\nSubject: s\n\nx\n")
        entries, text = mta.sent(5)
        assert sorted(e["recipient"] for e in entries) == [
            "a@a.example", "b@b.example", "more@m.example",
            "root@example.org", "secret@s.example"], entries
        assert "secret" not in text and not header(text, "Bcc"), text
        # Again, with a line for the new ones alone.
        mta.call("-t", text=b"Resent-To: n@n.example\nTo: a@a.example\n\nx\n")
        (e,), _ = mta.sent()
        assert e["recipient"] == "n@n.example", e
        for bad in (b"Subject: none\n\nx\n", b"To: John Smith\n\nx\n",
                    b"To: \"open\n\nx\n", b"To: a@b@c.example\n\nx\n",
                    b"To: a\0b@c.example\n\nx\n", b"To: a..b@c.example\n\n"):
            p = mta.call("-t", text=bad, code=65)
            assert p.stderr.startswith(b"sendmail: "), p
        many = b"To: " + b",\n ".join(b"r%d@a.example" % i
                                      for i in range(1500)) + b"\n\nx\n"
        mta.call("-t", text=many)
        mta.sent(1500)


def test_what_is_wrong_is_said():
    mta = Mail("-o hook_mailfrom=hooks/from.hsl -o hook_rcptto=hooks/to.hsl "
               "-o message_size_limit=20000")
    for name, text in (
            ("from", 'if ($arguments["address"]["localpart"] == "bad")'
             ' Reject("no", ["reply_codes" => ["enhanced" => [5, 1, 8]]]);'),
            ("to", 'if (str_find($arguments["recipient"], "code") == 0) {'
             ' $c = $arguments["address"]["localpart"];'
             ' Reject("no", ["reply_codes" => ["enhanced" =>'
             ' [5, number($c[4:5]), number($c[5:6])]]]); }'
             ' if ($arguments["address"]["localpart"] == "later") Defer();')):
        with open(mta.path("hooks/%s.hsl" % name), "w") as f:
            f.write(text)
    with mta:
        mta.wait(0)
        for args, code in (
                ((), 64), (("-bd",), 64), (("-bv", "a@b.example"), 64),
                (("-Z", "a@b.example"), 64), (("-f",), 64),
                (("-N", "maybe", "a@b.example"), 64),
                (("-R", "none", "a@b.example"), 64),
                (("-V", "", "a@b.example"), 64),
                (("-B", "9BIT", "a@b.example"), 64),
                (("a@b.example\nRCPT TO:<x@y.example>",), 65),
                (("-f", "a@b.example\r\nX", "a@b.example"), 65),
                (("-f", "a@b.example, c@d.example", "a@b.example"), 65),
                (("-F", "a\nb", "a@b.example"), 65),
                (("John Smith",), 65), (("a@-b-.example.",), 65),
                (("-f", "bad@x.example", "a@b.example"), 65),
                (("code11@b.example",), 67), (("code12@b.example",), 68),
                (("code71@b.example",), 77), (("code30@b.example",), 69),
                (("later@b.example",), 75)):
            p = mta.call(*args, code=code)
            assert p.stderr.startswith(b"sendmail: ") and \
                p.stderr.count(b"\n") == 1, p
        assert b" -Z: " in mta.call("-Z", code=64).stderr
        mta.call("a@b.example", text=b"x" * 30000, code=69)
        mta.call("a@b.example", text=b"Subject: s\n\na\0b\n", code=65)
        # One is refused: nobody gets it.
        mta.call("a@b.example", "code11@b.example", code=67)
        assert mta.list() == []


def test_cut_off_is_not_sent():
    with Mail() as mta:
        mta.wait(0)
        for how in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            p = mta.open("-t", "-i")
            p.stdin.write(b"To: a@a.example\nSubject: s\n\nhalf")
            p.stdin.flush()
            time.sleep(0.2)
            p.send_signal(how)
            assert p.wait(30) == -how
            for f in (p.stdin, p.stdout, p.stderr):
                f.close()
        # A read error: a directory is no message.
        fd = os.open(mta.dir, os.O_RDONLY)
        p = subprocess.run([mta.tool, "-c", mta.conf, "sendmail",
                            "a@a.example"], stdin=fd, capture_output=True)
        os.close(fd)
        assert p.returncode == 74, p
        # In SMTP: the end of the input is no end of the message.
        p = mta.call("-bs", text=b"EHLO x\r\nMAIL FROM:<a@x.example>\r\n"
                     b"RCPT TO:<a@a.example>\r\nDATA\r\nSubject: s\r\n\r\n"
                     b"half\r\n")
        assert b"\r\n354 " in p.stdout, p
        mta.wait_log("event=message-cut")
        assert mta.list() == []


def test_smtp_on_standard_input():
    with Mail() as mta:
        mta.wait(0)
        p = mta.call("-bs", text=b"EHLO me\r\nMAIL FROM:<a@x.example>\r\n"
                     b"RCPT TO:<a@a.example>\r\nDATA\r\nSubject: s\r\n\r\n"
                     b"text\r\n.\r\nQUIT\r\n")
        assert p.stdout.startswith(b"220 ") and \
            p.stdout.splitlines()[-1].startswith(b"221 "), p
        (e,), text = mta.sent()
        assert e["uid"] == os.getuid() and "text" in text, e


def test_service_down_and_spool_full():
    mta = Mail()
    try:
        for verb, args in (("sendmail", ("a@a.example",)),
                           ("sendmail", ("-bs",)), ("mailq", ())):
            mta.call(*args, verb=verb, code=75)
        # As a link, with the configuration that is built in: there is none.
        if not os.path.exists("/etc/halyard") and \
                not os.path.exists("/usr/local/etc/halyard"):
            link = os.path.join(mta.dir, "sendmail")
            os.symlink("mtactl", link)
            p = subprocess.run([link, "-i", "a@a.example"], input=b"x\n",
                               capture_output=True)
            assert p.returncode == 75, p
            assert p.stderr.startswith(b"sendmail: the mail service is "
                                       b"down"), p
            link = os.path.join(mta.dir, "newaliases")
            os.symlink("mtactl", link)
            p = subprocess.run([link], capture_output=True)
            assert p.returncode == 0 and b"aliases" in p.stdout, p
        mta.set(spool_min_free="99")
        mta.start()
        p = mta.call("a@a.example", code=75)
        assert b"452" in p.stderr, p
        mta.call("-q")
        mta.call("-q30m")
        assert b"aliases" in mta.call("-bi").stdout
        assert b"aliases" in mta.call(verb="newaliases").stdout
    finally:
        mta.stop()


def test_slow_writer():
    """Hours may pass between two lines: no session waits meanwhile."""
    with Mail("-o smtpd_idle_timeout=1s -o smtpd_data_timeout=1s") as mta:
        mta.wait(0)
        p = mta.open("-i", "a@a.example")
        p.stdin.write(b"Subject: s\n\nfirst\n")
        p.stdin.flush()
        time.sleep(2.5)
        p.stdin.write(b"last\n")
        _, said = p.communicate(timeout=60)
        assert p.returncode == 0, said
        _, text = mta.sent()
        assert text.endswith("first\r\nlast\r\n"), text


def test_large():
    with Mail() as mta:
        mta.wait(0)
        body = b"".join(b".%06d %s\n" % (i, b"x" * 60) for i in range(50000))
        mta.call("-i", "a@a.example", text=b"Subject: s\n\n" + body)
        _, text = mta.sent()
        assert text.partition("\r\n\r\n")[2].encode() == \
            body.replace(b"\n", b"\r\n")


def test_nobody_reads_the_spool():
    """Segments, journal, index, large bodies: for their user alone."""
    with Mail() as mta:
        mta.wait(0)
        mta.call("a@a.example", text=b"x\n" * 10)
        mta.call("a@a.example", text=b"x" * 60 + b"\n" + b"y\n" * 1000000)
        mta.wait(2)
        count = 0
        for d, _, names in os.walk(mta.path("queue")):
            assert os.stat(d).st_mode & 0o077 == 0, d
            for name in names:
                mode = os.stat(os.path.join(d, name)).st_mode
                assert mode & 0o177 == 0, (name, oct(mode))
                count += 1
        assert count >= 4, count
        if ROOT:
            p = subprocess.run(["ls", mta.path("queue")], **user("games"),
                               capture_output=True)
            assert p.returncode != 0 and not p.stdout, p


def test_mailq_of_ones_own():
    if not ROOT:
        return "users are for root"
    with Mail(params={"control_view_group": "mail"}) as mta:
        mta.wait(0)
        mta.call("games@a.example", **user("games"))
        mta.call("news@a.example", "other@a.example", **user("news"))
        mta.wait(3)

        def mailq(code=0, **who):
            return mta.call(verb="mailq", code=code, **who).stdout.decode()
        text = mailq(**user("games"))
        assert "games@a.example" in text and "news@" not in text, text
        assert mailq(**user("news")).count("@a.example") == 2
        assert mailq(**user("man")) == "Mail queue is empty\n"
        # All of it for root, and for who may view.
        assert mailq().count("@a.example") == 3
        assert mailq(**user("mail")).count("@a.example") == 3
        # The same by the other ways to ask; and nothing else is told.
        for args, code in ((("list",), 1), (("stats",), 1),
                           (("hold", "--all"), 1), (("delete", "--all"), 1),
                           (("cat", mta.list()[0]["id"]["transaction"]), 1)):
            p = mta.call(*args, verb="queue", code=code, **user("games"))
            assert b"not permitted" in p.stderr and not p.stdout, p
        # A worker's user is told nothing, whoever may ask.
        worker = pwd.getpwuid(os.stat("/proc/%d" % mta.workers()[0]).st_uid)
        if worker.pw_uid != 0:
            mailq(code=69, **user(worker.pw_name))
    # Without the parameter the socket is for workers alone.
    with Mail(params={"mailq_users": ""}) as mta:
        mta.wait(0)
        run = [os.path.join(d, "qmgr.sock") for d, _, n in os.walk(mta.conf)
               if "qmgr.sock" in n][0]
        assert os.stat(run).st_mode & 0o777 == 0o660
        mailq = mta.call(verb="mailq", code=69, **user("games"))
        assert b"mailq_users" in mailq.stderr, mailq
    # Named users alone; one that does not exist is an error.
    with Mail(params={"mailq_users": "news"}) as mta:
        mta.wait(0)
        assert mta.call(verb="mailq", **user("news"))
        mta.call(verb="mailq", code=69, **user("games"))
        mta.set(mailq_users="nosuchuser")
        p = mta.ctl("config", "check", check=False)
        assert p.returncode == 1 and "no user nosuchuser" in p.stdout + \
            p.stderr, p


def test_many_who_ask():
    """Those who see their own can't take qmgr's places from the operator."""
    if not ROOT:
        return "users are for root"
    with Mail() as mta:
        mta.wait(0)
        path = [os.path.join(d, "qmgr.sock") for d, _, n in
                os.walk(mta.conf) if "qmgr.sock" in n][0]
        hold = ("import os, socket, sys, time\n"
                "s = []\n"
                "for _ in range(8):\n"
                "    c = socket.socket(socket.AF_UNIX)\n"
                "    c.connect(sys.argv[1])\n"
                "    s.append(c)\n"
                "print(sum(len(c.recv(1)) for c in s), flush=True)\n"
                "sys.stdin.read()\n")
        holders = [subprocess.Popen(
            ["python3", "-c", hold, path], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, user=20000 + i, group=20000,
            extra_groups=[]) for i in range(10)]
        try:
            got = [int(h.stdout.readline()) for h in holders]
            assert max(got) <= 4 and sum(got) <= 16, got
            assert mta.list() == []
        finally:
            for h in holders:
                h.kill()
                h.communicate()


def test_who_may_send():
    if not ROOT:
        return "users are for root"
    with Mail("-o { sendmail_users = games 54321 }") as mta:
        mta.wait(0)
        mta.call("a@a.example", **user("games"))
        mta.call("a@a.example", user=54321, group=54321, extra_groups=[])
        mta.call("a@a.example")
        p = mta.call("a@a.example", code=77, **user("news"))
        assert b"521" in p.stderr, p
        assert "sendmail_users" in mta.wait_log("event=refuse")
        entries = mta.wait(3)
        assert {e["uid"] for e in entries} == {0, 54321,
                                               user("games")["user"]}
        assert {e["sender"] for e in entries} == {
            "root@example.org", "54321@example.org", "games@example.org"}


def test_own_senders():
    """sendmail_sender = own: somebody else's name is not taken, whatever
    the client says; From stays, and Sender is the user's."""
    if not ROOT:
        return "users are for root"
    with Mail("-o sendmail_sender=own -o trusted_users=news") as mta:
        mta.wait(0)
        games = user("games")
        mta.call("-f", "boss@example.org", "a@a.example", code=77, **games)
        mta.call("-f", "games@elsewhere.example", "a@a.example", code=77,
                 **games)
        mta.call("-f", "", "a@a.example", **games)
        mta.sent()
        # His own, under both names of this place: no Sender.
        for sender in ("games@example.org", "games@MX.example.org"):
            mta.call("-f", sender, "a@a.example",
                     text=b"From: G (x) <games@example.org>\n\nx\n", **games)
            (e,), text = mta.sent()
            assert e["sender"] == sender.lower(), e
            assert not header(text, "Sender"), text
        own = "games@example.org"
        for text, sender in (
                (b"From: Boss <boss@example.org>\nSender: boss@x.example\n"
                 b"sender : again@x.example,\n more@x.example\nTo: a\n\n"
                 b"Sender: body\n", [own]),
                (b"From: games@example.org, boss@example.org\n\nx\n", [own]),
                (b"From: games@example.org\nFrom: boss@example.org\n\nx\n",
                 [own]),
                (b"From: \"games@example.org\" <boss@x.example>\n\nx\n",
                 [own]),
                (b"From: broken <\n\nx\n", [own]),
                (b"Subject: none\n\nx\n", [])):
            mta.call("a@a.example", text=text, **games)
            _, got = mta.sent()
            assert header(got, "Sender") == sender, got
            assert header(text.decode().replace("\n", "\r\n"), "From") == \
                header(got, "From") or not sender, got
        # It is the server that looks: by SMTP it is the same.
        smtp = (b"EHLO x\r\nMAIL FROM:<%s>\r\nRCPT TO:<a@a.example>\r\n"
                b"BDAT %d LAST\r\n%sQUIT\r\n")
        m = b"From: boss@x.example\r\nSender: boss@x.example\r\n\r\nx\r\n"
        p = mta.call("-bs", text=smtp % (b"boss@x.example", len(m), m),
                     **games)
        assert b"550 5.7.1" in p.stdout, p
        mta.call("-bs", text=smtp % (b"games@example.org", len(m), m),
                 **games)
        _, got = mta.sent()
        assert header(got, "Sender") == [own], got
        # Not for root and whom the parameter names.
        for who in ({}, user("news")):
            mta.call("-f", "boss@x.example", "a@a.example",
                     text=b"From: boss@x.example\nSender: s@x.example\n\nx\n",
                     **who)
            (e,), got = mta.sent()
            assert e["sender"] == "boss@x.example", e
            assert header(got, "Sender") == ["s@x.example"], got


class Shipped(Instance):
    """With all that init wrote."""

    def only_inline(self):
        pass


def test_the_sample():
    """The rows that are shipped as comments are the service: what it is given
    is queued, and goes on from there."""
    with Backend() as b:
        mta = Shipped(backend_port=b.port, params={
            "hook_rcptto": "hooks/rcptto.hsl"})
        with open(mta.path("hooks/rcptto.hsl"), "w") as f:
            f.write("Reject();")
        with open(mta.path("master.cf")) as f:
            text = f.read()
        with open(mta.path("master.cf"), "w") as f:
            f.write(re.sub(r"(?m)^#(sendmail\.sock |    -o)", r"\1", text))
        with open(mta.path("main.cf")) as f:
            assert "\n#mailq_users = static:anyone\n" in f.read()
        with mta:
            p = mta.ctl("sendmail", "-i", "a@a.example", check=False)
            assert p.returncode == 0, p
            wait_for(lambda: b.messages, 20, "the message")
            m, = b.messages
            assert b"\r\nDate: " in m["body"], m
            assert m["rcpts"] == [b"<a@a.example>"], m


def test_connections_of_a_user():
    with Mail("-o smtpd_user_connection_limit=3") as mta:
        mta.wait(0)
        path = [os.path.join(d, "sendmail.sock") for d, _, n in
                os.walk(mta.conf) if "sendmail.sock" in n][0]
        open_ = []
        for i in range(4):
            c = socket.socket(socket.AF_UNIX)
            c.settimeout(20)
            c.connect(path)
            open_.append(c)
            assert c.recv(100).startswith(b"220 " if i < 3 else
                                          b"421 4.7.0 "), i
        mta.call("a@a.example", code=75)
        if ROOT:
            mta.call("a@a.example", **user("games"))
        open_[0].close()
        wait_for(lambda: subprocess.run(
            [mta.tool, "-c", mta.conf, "sendmail", "a@a.example"],
            input=b"x\n", capture_output=True).returncode == 0)
        for c in open_:
            c.close()


if __name__ == "__main__":
    main(globals())
