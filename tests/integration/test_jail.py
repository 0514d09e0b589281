#!/usr/bin/env python3
"""What workers are once root has started them: another user, another root,
a sandbox; and that all they need works from in there."""

import os
import pwd
import signal
import ssl
import subprocess
import sys
import tempfile

from dnssec import SignedZone
from halyard import (WATCHED, Backend, Conversation, Instance, alive, main,
                     wait_for)
from pki import Pki

SKIP = "only as root, in a build that is confined"
HOOK = '''
$file = File("file://words.txt");
$line = $file->readline();
import { inside } from "file://inside.hsl";
echo "local=" . strftime("%%Y", 0) . " line=" . $line . " in=" . inside();
$outside = "closed";
try { File("file://../main.cf"); $outside = "open"; } catch ($e) { }
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
    $transaction["recipients"]), ["host" => "127.0.0.1", "port" => %d]);
if ($r["result"]["code"] == 250)
    Accept($line . " " . inside() . " " . $outside);
Defer("no");
'''


def fields(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(l.rstrip("\n").split(":\t", 1) for l in f if ":\t" in l)


def jailed(mta):
    with open(mta.path("hooks/words.txt"), "w") as f:
        f.write("a line\nand another\n")
    with open(mta.path("hooks/inside.hsl"), "w") as f:
        f.write('function inside() { return "imported"; }\n')
    return mta


def user(name):
    """The one of programs.def, or who takes its place if it is missing."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return pwd.getpwnam("nobody")


def test_rights():
    """No worker has root's user, groups, capabilities or root directory."""
    if os.geteuid() != 0 or WATCHED:
        return SKIP
    with Instance() as mta:
        for program, name in (("smtpd", "halyard-smtpd"),
                              ("metrics", "halyard")):
            for pid in mta.workers(program):
                s = fields(pid)
                who = user(name)
                assert s["Uid"].split() == [str(who.pw_uid)] * 4, s["Uid"]
                assert s["Gid"].split() == [str(who.pw_gid)] * 4, s["Gid"]
                assert s["Groups"].split() == [str(who.pw_gid)]
                assert int(s["CapEff"], 16) == 0 == int(s["CapPrm"], 16)
                assert s["NoNewPrivs"] == "1"
                assert s["Seccomp"] == "2"
                root = os.readlink("/proc/%d/root" % pid)
                assert root == mta.path("run"), root
                for fd in os.listdir("/proc/%d/fd" % pid):
                    to = os.readlink("/proc/%d/fd/%s" % (pid, fd))
                    assert not to.endswith(".cf"), to
        assert ("wanted=halyard-smtpd user=nobody" in mta.log()) == \
            (user("halyard-smtpd").pw_name == "nobody")
        sock = os.stat(mta.path("run/metrics.sock"))
        assert (sock.st_uid, sock.st_gid) == (0, user("halyard").pw_gid)
        assert sock.st_mode & 0o777 == 0o660


def test_owner_takes_the_place():
    """Without the users, the owner of the directory runs the workers."""
    if os.geteuid() != 0 or WATCHED:
        return SKIP
    if user("halyard-smtpd").pw_name != "nobody":
        return "the users are there"
    mta = Instance()
    for top, dirs, files in os.walk(mta.dir):
        for name in dirs + files:
            os.chown(os.path.join(top, name), 1234, 1234)
    with mta:
        for pid in mta.workers():
            assert fields(pid)["Uid"].split() == ["1234"] * 4


def test_columns():
    """unpriv and chroot of master.cf say what a row keeps."""
    if os.geteuid() != 0 or WATCHED:
        return SKIP
    mta = Instance(maxproc=1)
    text = open(mta.path("master.cf")).read().replace(
        "inet n - - - 1 smtpd", "inet n n n - 1 smtpd")
    assert " n n n - 1 smtpd" in text
    with open(mta.path("master.cf"), "w") as f:
        f.write(text)
    with mta:
        pid = mta.workers()[0]
        assert fields(pid)["Uid"].split()[0] == "0"
        assert os.readlink("/proc/%d/root" % pid) == "/"
        mta.wait_log("event=worker-root")


def test_mail_through():
    """Files, imports, local time, a large body and a backend, from inside."""
    with Backend() as b:
        mta = jailed(Instance(b.port, hook=HOOK % b.port,
                              params={"body_memory_limit": "1k"}))
        with mta, mta.client() as c:
            c.hello()
            r = c.message("Subject: x\r\n\r\n" + "0123456789\r\n" * 20000)
            assert r.code == 250, r
            assert r.text == ["2.0.0 a line imported closed"], r
            assert len(b.messages) == 1
            assert os.listdir(mta.path("spool")) == []
            assert "local=1970 line=a line in=imported" in mta.log()


def test_dnssec():
    """Answers that are signed, that are not, and that lie, from inside."""
    text = '''
    $said = [];
    foreach (["good.signed.example", "bogus.signed.example", "open.example"]
        as $name) {
        $r = dns_query($name);
        $said[] = isset($r["error"]) ? $r["error"] :
            $r["result"][0] . ($r["dnssec"] ? " secure" : " insecure");
    }
    Accept($said);
    '''
    hosts = {"good.signed.example": ["192.0.2.1"],
             "bogus.signed.example": ["192.0.2.2"]}
    with SignedZone("signed.example", hosts,
                    {"open.example": ["192.0.2.3"]}) as zone:
        for anchor, want in (
                (zone.anchor(), ["192.0.2.1 secure", "SERVFAIL",
                                 "192.0.2.3 insecure"]),
                ("", ["192.0.2.1 insecure", "192.0.2.2 insecure",
                      "192.0.2.3 insecure"])):
            with Instance(hook=text, params={
                    "dns_trust_anchor": anchor,
                    "dns_servers": "127.0.0.1@%d" % zone.port}) as mta, \
                    mta.client() as c:
                c.hello()
                r = c.message()
                assert [t.split(" ", 1)[1] for t in r.text] == want, r


def test_verified_tls():
    """Authorities were read outside; names and charsets need no file."""
    with tempfile.TemporaryDirectory() as d:
        pki = Pki(d)
        pki.make("ca", "CA", is_ca=True)
        pki.make("other", "Other", is_ca=True)
        cert, key = pki.make("server", "b.example.org", ["b.example.org"],
                             ca="ca")
        os.chmod(d, 0o700)                  # root's alone
        text = '''
        $r = $arguments["mail"]->send("", ["x@y.example"], ["host" =>
            "b.example.org", "port" => %d, "tls" => "require_verify"]);
        Accept([$r["result"]["code"] ?? $r["error"]["message"],
            url_encode(mimeword_decode("=?iso-8859-1?Q?caf=E9?="))]);
        '''
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)

        def starttls(conv, line):
            conv.send(b"220 go\r\n")
            conv.sock = context.wrap_socket(conv.sock, server_side=True)
            conv.file = conv.sock.makefile("rb")
            return b""

        Conversation.do_STARTTLS = lambda self, line: self.answer(
            "STARTTLS", line, b"")
        with Backend(Backend.EXTS + ("STARTTLS",),
                     {"STARTTLS": starttls}) as b:
            zone = pki.path("zone")
            with open(zone, "w") as f:
                f.write("b.example.org. 60 IN A 127.0.0.1\n")
            for ca, want in (("ca", "250"), ("other", "unable to get")):
                with Instance(hook=text % b.port, params={
                        "send_tls_ca_file": pki.path(ca + ".pem"),
                        "dns_local_data": zone}) as mta, mta.client() as c:
                    c.hello()
                    r = c.message()
                    assert want in r.text[0].split(" ", 1)[1], r
                    assert r.text[1].endswith("caf%C3%A9"), r
            assert len(b.messages) == 1


def test_dns_over_tcp():
    """What is too large for a datagram is asked again, from inside."""
    text = """$r = dns_query("big.example", ["type" => "A"]);
    Accept(isset($r["error"]) ? $r["error"] : "" . length($r["result"]));
    """
    many = ["192.0.2.%d" % i for i in range(1, 251)]
    with SignedZone("signed.example", {}, {"big.example": many}) as zone, \
            Instance(hook=text, params={
                "dns_servers": "127.0.0.1@%d" % zone.port}) as mta, \
            mta.client() as c:
        c.hello()
        assert c.message().text == ["2.0.0 250"]


def test_body_directory_not_writable():
    """Said at start, with a name, not at the first large message."""
    if os.geteuid() != 0 or WATCHED:
        return SKIP
    mta = Instance()
    try:
        os.chown(mta.path("spool"), 0, 0)
        p = mta.ctl("start", check=False)
        assert p.returncode == 1, p
        assert ": a file in spool, as user " in \
            p.stderr, p.stderr
    finally:
        mta.stop()


def test_rotation():
    """SIGUSR1: workers in the jail write to the new file."""
    with Backend() as b:
        with Instance(b.port) as mta:
            log = mta.path("log/halyard.log")
            os.rename(log, log + ".1")
            os.kill(mta.master_pid(), signal.SIGUSR1)
            wait_for(lambda: os.path.exists(log), text="the new log")
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250

            def told():
                with open(log) as f:
                    return "smtpd[" in f.read()
            wait_for(told, text="a worker's line in the new log")
            with open(log + ".1") as f:
                old = f.read()
            with mta.client() as c:
                c.hello()
            with open(log + ".1") as f:
                assert f.read() == old


def test_sandbox_parameter():
    """sandbox = no leaves the filter out, for who looks for faults."""
    if WATCHED:
        return SKIP
    with Instance(params={"sandbox": "no"}) as mta:
        for pid in mta.workers():
            assert fields(pid)["Seccomp"] == "0"


def test_reload_in_the_jail():
    """A new generation is made from outside, jailed like the first."""
    with Backend() as b:
        with Instance(b.port) as mta:
            before = mta.workers()
            mta.ctl("reload")
            wait_for(lambda: not any(alive(p) for p in before),
                     text="the old generation's end")
            for pid in mta.workers():
                if not WATCHED:
                    assert fields(pid)["Seccomp"] == "2"
            with mta.client() as c:
                c.hello()
                assert c.message().code == 250


def test_memory_is_hidden():
    """No core, and nobody but root may look at a worker's memory."""
    if WATCHED:
        return SKIP
    with Instance() as mta:
        for program in "smtpd", "metrics", "share":
            for pid in mta.workers(program):
                assert os.stat("/proc/%d/mem" % pid).st_uid == 0
                with open("/proc/%d/limits" % pid) as f:
                    core = [l.split()[4:6] for l in f if "core file" in l]
                assert core == [["0", "0"]], core


def open_files(pid):
    found = []
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            found.append(os.readlink("/proc/%d/fd/%s" % (pid, fd)))
        except FileNotFoundError:
            pass                # it was closed just now
    return found


def test_descriptors():
    """A worker holds nothing that it has no use for."""
    if os.geteuid() != 0 or WATCHED:
        return SKIP
    log = "log/halyard.log"
    with Instance(params={"body_memory_limit": "1k"}) as mta:
        want = {"smtpd": ["hooks", log, log, "spool"], "metrics": [log, log],
                "share": [log, log]}
        for program, files in want.items():
            for pid in mta.workers(program):
                # A status that was asked for may still be connected.
                wait_for(lambda: len([f for f in open_files(pid)
                                      if f.startswith("socket")]) == 3,
                         text="a channel held twice, and a listener")
                found = open_files(pid)
                paths = sorted(os.path.relpath(f, mta.conf) for f in found
                               if f.startswith("/") and f != "/dev/null")
                assert paths == files, (program, found)
                socks = [f for f in found if f.startswith("socket")]
                assert len(set(socks)) == 2, (program, found)
                with open("/proc/%d/maps" % pid) as f:
                    shared = [l for l in f if "/shm/" in l and
                              l.split()[1] == "rw-s"]
                assert len(shared) == 1, shared     # its own page


def test_warning():
    """mtactl says who takes the place of a user that does not exist."""
    mta = Instance()
    try:
        p = mta.ctl("start")
        expected = os.geteuid() == 0 and subprocess.run(
            ["id", "halyard-smtpd"], capture_output=True).returncode != 0
        assert ("no user halyard-smtpd" in p.stderr) == expected, p.stderr
    finally:
        mta.stop()


if __name__ == "__main__":
    sys.exit(main(globals()))
