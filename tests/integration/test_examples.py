#!/usr/bin/env python3
"""Each example of the man pages does what it is there to show: hooks compile
as the hook that they are for, configuration passes config check, commands run
against an instance.  An example that none of this knows is an error, as is one
that NOT_RUN names and no page has."""

import gzip
import os
import re
import shutil
import signal
import subprocess

import shipped
from halyard import MTACTL, Backend, Instance, free_port, main, wait_for
from whole import EOD, Whole

ID = "01234567-89ab-7def-8123-456789abcdef"
# What an example begins with, and why it is not run.
NOT_RUN = {
    "event=connect": "lines of a log: test_log.py has each event's fields",
    "halyard_certificate": "a rule of the collector's: test_metrics.py has "
                           "the names",
    "sendmail_path": "php.ini: test_sendmail.py has PHP's call",
}
# Commands that would go as well if they found nothing, and what they say of
# what furnish() and Shell have made for them to find.
SAYS = {
    "jq -r 'select(.event == \"smtp-error\")": r"^ *1 127\.0\.0\.1$",
    "mtactl queue hold": r"^1 changed",
    "mtactl queue delete --state hold --sender": r"^1 changed",
    "mtactl policy simulate --log log/halyard.log.2.gz": r"^4 messages(.|\n)*c17",
    "mtactl policy simulate --log log/halyard.log.1": r"^c17$",
    "mtactl hsl memory list": r" grey:192\.0\.2\.7:a@",
    "mtactl rate list": r"\brcpt\b",
    "mtactl rate clear": r"^1 cleared",
    "mtactl log tail --json --event smtp-error": r"\t127\.0\.0\.1\t500\t",
}
# Commands that go on until they are ended.
ENDLESS = re.compile(r"mtactl (sink|trace|log tail -f)|"
                     r"mtactl -c \S+ (sink|trace)")
PAGES = {"main.cf.5": "main", "master.cf.5": "master", "policy.cf.5": "policy"}


# ---- What the pages have ----------------------------------------------------

def plain(text):
    """As mandoc shows it."""
    return text.replace("\\e", "\\").replace("\\(dq", '"')


def kind(page, hook, text):
    """(what it is, which hook)"""
    if hook:
        return "hook", hook
    if text.split()[0] in ("mtactl", "sendmail", "jq", "grep"):
        return "command", None
    if page in PAGES:
        return PAGES[page], None
    if re.match(r"\S+ +(inet|unix) ", text):
        return "master", None
    return None, None


def sections():
    """(page, what it has under EXAMPLES)"""
    for page, text in shipped.pages().items():
        found = re.search(r"\n\.Sh EXAMPLES\n(.*?)(?=\n\.Sh |\Z)", text, re.S)
        if found:
            yield page, found.group(1) + "\n"


def examples():
    """(page, kind, hook, text) of each, or of what NOT_RUN has."""
    found = []
    for page, section in sections():
        for m in re.finditer(
                r'(?:^\.\\" hook: (\w+)\n)?(?:^\.Bd -literal.*\n'
                r"((?:(?!\.Ed).*\n)+)\.Ed|^\.Dl (.*))",
                section, re.M):
            text = plain(m.group(2) or m.group(3) + "\n")
            what, hook = kind(page, m.group(1), text)
            found.append((page, what, hook, text))
    return found


def of(*kinds):
    return [e for e in examples() if e[1] in kinds]


def test_all_are_known():
    """Pages that have examples have them found, and each is run or said why
    not."""
    got = examples()
    there = re.findall(r"^\.(?:Bd|Dl) ", "".join(s for _, s in sections()),
                       re.M)
    assert len(got) == len(there) >= 50, (len(got), len(there))
    left = dict(NOT_RUN)
    for page, what, _, text in got:
        if what is None:
            begin = [b for b in NOT_RUN if text.startswith(b)]
            assert begin, "%s: nobody runs this example:\n%s" % (page, text)
            left.pop(begin[0], None)
    assert not left, left


# ---- Hooks ------------------------------------------------------------------

def test_hooks():
    """No error and no warning, as the hook that each is for."""
    with Instance() as mta:
        seen = set()
        for page, _, hook, text in of("hook"):
            mta.set(smtpd_queue_control="yes")
            path = mta.path("hooks/example.hsl")
            with open(path, "w") as f:
                f.write(text)
            p = mta.ctl("hsl", "check", "--hook", hook, path, check=False)
            assert p.returncode == 0 and not p.stdout + p.stderr, (
                page, hook, text, p)
            seen.add(hook)
        assert {"rcptto", "eod", "auth", "mailfrom",
                "postdelivery"} <= seen, seen


# ---- Configuration ----------------------------------------------------------

TRANSPORTS = "transport mx host 127.0.0.1:%d -o retry=1h\n" \
    "transport out host 127.0.0.1:%d -o retry=1h\n"
PARAMS = {"dsn_transport": "out"}


def put(path, text, how="w"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, how) as f:
        f.write(text)


def checked(mta, example):
    p = mta.ctl("config", "check", check=False)
    said = [l for l in p.stderr.splitlines() if "there is no user" not in l]
    assert p.returncode == 0 and not said, (example, p)


def with_rows(mta, text):
    """master.cf with these rows in the place of those of their name; a whole
    page's example, which begins with a comment, is all of it.  What is listened
    on is an address and a port that are free here."""
    text = re.sub(r"^\S+(?= +inet )", lambda m: "127.0.0.1:%d" % free_port(),
                  text, flags=re.M)
    names = {l.split()[0] for l in text.splitlines() if l and l[0] not in "# "}
    with open(mta.path("master.cf")) as f:
        rows = [] if text.startswith("#") else [
            l for l in f if l.strip() and l[0] not in "# " and
            l.split()[0] not in names]
    put(mta.path("master.cf"), "".join(rows) + text)


def test_configuration():
    for page, what, _, text in of("main", "master", "policy"):
        mta = Whole(TRANSPORTS % (1, 1), params=PARAMS)
        try:
            shutil.copy(mta.path("hooks/eod.hsl"),
                        mta.path("hooks/submission.hsl"))
            put(mta.path("new-tenants"), "t1\n")
            if what == "main":
                mta.set(**dict(l.split(" = ", 1) for l in text.splitlines()
                               if l[0] != "#"))
            elif what == "master":
                with_rows(mta, text)
            else:
                put(mta.path("policy.cf"), text)
            checked(mta, (page, text))
        finally:
            shutil.rmtree(mta.dir)


# ---- Commands ---------------------------------------------------------------

POLICY = """list   big  remotemx -o file=big
policy mxip remotemx -o concurrency=20
policy tenants tenantid -o rate=100/1s
"""
HALON = {"smtpd-policy.yaml": "policies: []\n",
         "smtpd-suspend.yaml": "suspends: []\n",
         "smtpd-delivery.yaml": "policies: []\n",
         "smtpd-app.yaml": "transportgroups: []\n"}


def lines(text):
    """The commands of an example, whole: continued ones, pipes, texts."""
    text = text.replace("\\\n", " ")
    found = []
    for line in text.splitlines():
        before = found[-1] if found else ""
        if "<<EOF" in before and not before.endswith("\nEOF"):
            found[-1] += "\n" + line
        elif before.endswith("|") or before.count("'") % 2:
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


class Shell:
    """Where an example's commands find what they speak of."""

    def __init__(self, mta):
        self.mta = mta
        self.bin = mta.path("bin")
        self.init = os.path.join(mta.dir, "tried")
        put(self.bin + "/mtactl", "#!/bin/sh\ncase $1 in init|-c|sink) exec %s"
            ' "$@";; esac\nexec %s -c %s "$@"\n' % (MTACTL, MTACTL, mta.conf))
        os.chmod(self.bin + "/mtactl", 0o755)

    def run(self, command, seconds=60):
        """(exit code or None if it had to be ended, stdout, stderr)"""
        p = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", command], cwd=self.mta.conf, text=True,
            start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PATH": self.bin + ":" + os.environ["PATH"]})
        try:
            out, err = p.communicate(
                timeout=3 if ENDLESS.match(command) else seconds)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)
            out, err = p.communicate()
            return None, out, err
        return p.returncode, out, err


def went_well(command, code, out, err):
    """Exit 0, or still at work where a command goes on; nothing about usage;
    and said what it is to say."""
    if "usage" in (out + err).lower():
        return False
    if code is None:
        return bool(ENDLESS.match(command))
    return code == 0 and all(re.search(said, out, re.M)
                             for begin, said in SAYS.items()
                             if command.startswith(begin))


def deliveries():
    """A log of messages of a tenant that were delivered at once."""
    with Backend() as b, Whole(TRANSPORTS % (b.port, b.port)) as mta:
        for _ in range(2):
            mta.send(options={"tenantid": "c17"})
        wait_for(lambda: mta.log().count("event=delivery ") == 2, 20,
                 "the deliveries")
        return mta.log()


def refusals():
    """A log, as JSON, of a client that was refused."""
    with Instance(params={"log_format": "json"}) as mta:
        with mta.client() as c:
            c.cmd("WHAT", 500)
        mta.wait_log('"event":"smtp-error"')
        return mta.log()


def furnish(mta):
    """Files that the examples name."""
    put(mta.path("script.hsl"), 'echo "well";\n')
    put(mta.path("hooks/rcptto.hsl"), "Accept();\n")
    put(mta.path("big"), "mx.example.com\n")
    put(mta.path("policy.cf"), POLICY)
    # What was delivered at once would take minutes by this one.
    put(mta.path("policy.cf.new"), POLICY.replace("100/1s", "1/5m"))
    with gzip.open(mta.path("log/halyard.log.2.gz"), "wt") as f:
        f.write(deliveries())
    put(mta.path("log/halyard.log.1"), deliveries())
    put(mta.path("halyard.log"), refusals())
    for name, text in HALON.items():
        put(mta.path(name), text)


def happen(mta):
    """What the examples look for."""
    with mta.client() as c:
        c.cmd("WHAT", 500)
    mta.send("bob@example.org")
    mta.entry(mta.send("r@slow.example", "x@spam.example"), state="defer")
    mta.ctl("hsl", "memory", "store",
            "grey:192.0.2.7:a@example.com:b@example.org", "1")


def test_commands():
    """Whole examples in their order, as a reader would type them."""
    closed = free_port()
    whole = Whole(TRANSPORTS % (closed, closed), params=PARAMS,
                  hook='rate("rcpt", "192.0.2.7", 100, 3600);' + EOD)
    furnish(whole)
    with whole as mta:
        shell = Shell(mta)
        failed = []
        happen(mta)
        for page, _, _, text in of("command"):
            if text.startswith("sendmail"):
                continue                # test_sendmail.py has all of it
            txn = mta.send("r@slow.example")
            mta.entry(txn, state="defer")
            for command in lines(text):
                command = command.replace(ID, txn) \
                    .replace("/tmp/mta", shell.init) \
                    .replace("/var/log/halyard.log",
                             mta.path("log/halyard.log"))
                code, out, err = shell.run(command.rstrip(" &"))
                if not went_well(command, code, out, err):
                    failed.append((page, command, code, out[-300:],
                                   err[-300:]))
        if os.path.isdir(shell.init):
            subprocess.run([MTACTL, "-c", shell.init, "stop"], check=False)
        assert not failed, "\n".join(map(str, failed))


if __name__ == "__main__":
    main(globals())
