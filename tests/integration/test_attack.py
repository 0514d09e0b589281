#!/usr/bin/env python3
"""Clients that mean harm: what they can take from a worker, and from whoever
reads the log."""

import base64
import os
import select
import socket
import ssl
import subprocess
import tempfile
import time

from halyard import MTACTL, SLOW, Client, Instance, main, wait_for
from pki import certificate

ACCEPT = 'Accept("ok");\n'
AUTH = 'if ($arguments["username"] == "bob") Accept(["username" => "bob"]);' \
    'Reject("no");\n'


def instance(params=None, eod=ACCEPT, maxproc=1, **hooks):
    mta = Instance(hook=eod, params=params, maxproc=maxproc)
    for name, text in hooks.items():
        with open(mta.path("hooks/%s.hsl" % name), "w") as f:
            f.write(text)
        mta.set(**{"hook_" + name: "hooks/%s.hsl" % name})
    return mta


def peak(pid):
    """The most memory a process ever had, in KiB."""
    with open("/proc/%d/status" % pid) as f:
        return [int(l.split()[1]) for l in f if l.startswith("VmHWM")][0]


def flood(socks, data):
    """Writes without ever reading, until nobody takes more for a second."""
    took = {s: 0 for s in socks}
    for s in socks:
        s.setblocking(False)
    quiet = time.monotonic() + 1
    while time.monotonic() < quiet:
        for s in select.select([], socks, [], 0.1)[1]:
            try:
                at = took[s] % len(data)
                took[s] += s.send(data[at:] + data[:at])
                quiet = time.monotonic() + 1
            except BlockingIOError:
                pass
    return list(took.values())


def test_replies_that_nobody_reads():
    """A client that never reads is not read from for ever: neither memory
    nor time is its own to take."""
    for command in (b"EHLO x\r\n", b"HELP\r\n", b"VRFY a\r\n"):
        with instance() as mta:
            pid = mta.workers()[0]
            clients = [mta.client() for _ in range(4)]
            before = peak(pid)
            took = flood([c.sock for c in clients], command * 4000)
            assert max(took) < 64 << 20, took
            # 64 KiB of replies, 64 of input, and what one turn adds.
            grown = peak(pid) - before
            assert SLOW > 1 or grown < 4 * 400, (command, grown)
            for c in clients:
                c.close()
            with mta.client() as c:
                c.cmd("NOOP", 250)


def test_late_reader_gets_all():
    """Every reply, in order, however late it is read; also behind a FIN."""
    n = 20000
    for end in (b"QUIT\r\n", b""):
        with instance({"smtpd_error_limit": str(3 * n)}) as mta, \
                mta.client() as c:
            data = b"NOOP\r\nFOO\r\nHELP\r\n" * n + end
            c.sock.setblocking(False)
            sent, got = 0, b""
            while sent < len(data):
                _, w, _ = select.select([], [c.sock], [], 0.3)
                if w:
                    sent += c.sock.send(data[sent:sent + 65536])
                else:                               # it waits for us
                    got += c.sock.recv(65536)
            c.sock.shutdown(socket.SHUT_WR)
            c.sock.setblocking(True)
            while part := c.sock.recv(65536):
                got += part
            codes = [l[:3] for l in got.split(b"\r\n")[:-1]]
            want = [b"250", b"500", b"214"] * n + [b"221"] * (end != b"")
            assert codes == want, (len(codes), len(want), got[-200:])


def test_late_reader_over_tls():
    n = 20000
    with tempfile.TemporaryDirectory() as d, instance(certificate(d)) as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("STARTTLS", 220)
        c.sock = ssl._create_unverified_context().wrap_socket(c.sock)
        c.sock.setblocking(False)
        data, sent, got = b"HELP\r\n" * n, 0, b""
        while sent < len(data):
            try:
                sent += c.sock.send(data[sent:sent + 16384])
            except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
                if not select.select([], [c.sock], [], 0.3)[1]:
                    got += c.sock.recv(65536)
        c.sock.setblocking(True)
        while got.count(b"\r\n") < n:
            got += c.sock.recv(65536)
        assert set(l[:3] for l in got.split(b"\r\n")) == {b"214", b""}


def test_long_lines_in_auth():
    """A response that is too long ends the exchange, and nothing of it is
    left over for the next."""
    long = "x" * 12288
    with instance({"smtpd_auth_tls_only": "no"}, auth=AUTH) as mta, \
            mta.client() as c:
        c.hello()
        for extra in (3, 100000):
            c.cmd("AUTH LOGIN", 334)
            c.cmd(long + "y" * extra, 500)
            c.cmd("NOOP", 250)                      # a command again
        c.cmd("AUTH LOGIN", 334)
        c.cmd(base64.b64encode(b"bob").decode(), 334)
        c.cmd(base64.b64encode(b"z" * 9000).decode(), 235)


def test_login_with_nul():
    """A name that ends early would be another one in the log and in
    Received."""
    def b64(text):
        return base64.b64encode(text).decode()

    with instance({"smtpd_auth_tls_only": "no"}, auth='Accept();') as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("AUTH LOGIN", 334)
        c.cmd(b64(b"bob\0eve"), 501)
        c.cmd("AUTH LOGIN " + b64(b"\0"), 501)
        c.cmd("AUTH LOGIN", 334)
        c.cmd(b64(b"bob"), 334)
        c.cmd(b64(b"x\0"), 501)
        c.cmd("AUTH PLAIN " + b64(b"\0bob\0x"), 235)


def test_plain_asked_twice():
    """What a hook asks for again takes the place of what came before."""
    hook = 'if ($arguments["password"] == "two") ' \
        'Accept(["username" => $arguments["username"]]); Reply("again");'
    with instance({"smtpd_auth_tls_only": "no"}, auth=hook, eod='Accept('
                  '$connection["auth"]["username"]);') as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("AUTH PLAIN " + base64.b64encode(b"\0eve\0one").decode(), 334)
        c.cmd(base64.b64encode(b"\0bob\0two").decode(), 235)
        assert c.message().text == ["2.0.0 bob"]


def test_xclient_counts_whom_it_names():
    """A proxy that speaks for one client speaks for as many as it may have;
    and gives back what it took."""
    with instance({"xclient_hosts": "127.0.0.1",
                   "smtpd_client_connection_limit": "2"}) as mta:
        held = []
        for _ in range(2):
            held.append(mta.client())
            held[-1].cmd("XCLIENT ADDR=192.0.2.1", 220)
        with mta.client() as c:
            c.cmd("XCLIENT ADDR=192.0.2.1", 421)
            assert c.closed()
        with mta.client() as c:
            c.cmd("XCLIENT ADDR=192.0.2.2", 220)
        held.pop().close()
        wait_for(lambda: mta.counters()["sessions"] == 1, text="its end")
        for address in ("192.0.2.1", "192.0.2.2", "127.0.0.1"):
            with mta.client() as c:
                c.cmd("XCLIENT ADDR=" + address, 220)
        held.pop().close()


CONTROLS = ["\x1b[2J", "\u009b31m", "\u0085", "\u202e", "\u2028", "\u2066",
            "\u200f", "\x7f", "\x08"]


def test_log_shows_no_controls():
    """One event, one line, and nothing in it that commands a terminal, in
    both formats, whatever a client says, in whatever field."""
    for form in ("text", "json"):
        with instance({"log_format": form, "xclient_hosts": "127.0.0.1",
                       "smtpd_error_limit": "1000"},
                      helo='echo $arguments["host"]; Accept();',
                      rcptto='echo $arguments["recipient"]; Accept();',
                      eod='echo $arguments["mail"]->getHeader("Subject");'
                      'Reject($arguments["mail"]->getHeader("Subject"));') \
                as mta:
            for bad in CONTROLS + ['" event=x a="', "a\\", "event=fake"]:
                with mta.client() as c:
                    raw = "".join("+%02X" % b for b in bad.encode())
                    c.cmd("XCLIENT NAME=a%sb HELO=a%sb LOGIN=a%sb"
                          % (raw, raw, raw))
                with mta.client() as c:
                    c.cmd("EHLO a%sb" % bad)
                    c.cmd("NOOP %s" % bad)
                    c.cmd("%s" % bad)
                    c.cmd("MAIL FROM:<a%s@b.example> SMTPUTF8" % bad)
                    c.cmd("RSET")
                    c.cmd("MAIL FROM:<a@b.example> SMTPUTF8")
                    c.cmd("RCPT TO:<a%s@b.example>" % bad)
                    c.cmd("RCPT TO:<a@b.example>")
                    if c.cmd("DATA").code == 354:
                        c.send(("Subject: x%sy\r\n\r\n.\r\n" % bad).encode())
                        c.reply()
            mta.wait_log("event" if form == "text" else '"event"')
            wait_for(lambda: mta.counters()["sessions"] == 0, text="the end")
            log = mta.log()
            seen = set(ch for ch in log if ch != "\n" and (
                not ch.isprintable() or ch in "\u200f"))
            assert not seen, (form, seen)
            for line in log.splitlines():
                if form == "json":
                    import json
                    assert json.loads(line)["event"] != "fake"
                else:
                    assert len([w for w in line.split('"')[0].split()
                                if w.startswith("event=")]) == 1, line


def cpu(pid):
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def test_out_of_descriptors():
    """A worker without a free descriptor waits for one, and does not spin."""
    mta = instance({"smtpd_client_connection_limit": "0"})
    subprocess.run(["sh", "-c", "ulimit -n 64; exec \"$@\"", "sh", MTACTL,
                    "-c", mta.conf, "start"], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    try:
        pid = mta.workers()[0]
        socks = [socket.create_connection(("127.0.0.1", mta.port))
                 for _ in range(150)]
        mta.wait_log("call=accept")
        used = cpu(pid)
        time.sleep(1)
        assert cpu(pid) - used < 0.2 * SLOW
        for s in socks:
            s.close()
        with mta.client() as c:
            c.cmd("NOOP", 250)
        assert mta.workers() == [pid]
    finally:
        mta.stop()


TO_DATA = b"EHLO a\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<a@b.example>\r\n"
STAGES = {
    "nothing": b"", "half a command": b"EH", "ehlo": b"EHLO a\r\n",
    "auth": b"EHLO a\r\nAUTH LOGIN\r\n", "long": b"x" * 20000,
    "hook": b"EHLO a\r\nMAIL FROM:<slow@b.example>\r\nRSET\r\n",
    "data": TO_DATA + b"DATA\r\nSubject: x\r\n\r\nhalf",
    "end": TO_DATA + b"DATA\r\nx\r\n.\r\n", "xclient":
    b"XCLIENT ADDR=192.0.2.1\r\nEHLO b\r\nXCLIENT ADDR=192.0.2.2\r\n",
    "chunk": TO_DATA + b"BDAT 100\r\nhalf", "skip": b"BDAT 100\r\nhalf",
    "quit": b"EHLO a\r\nQUIT\r\nNOOP\r\n", "tls": b"EHLO a\r\nSTARTTLS\r\n",
    "tls, injected": b"EHLO a\r\nSTARTTLS\r\nNOOP\r\n",
}


def ends(port, how, stage, over_tls, split):
    """One client that gets as far as `stage` and ends as `how` says."""
    c = Client(port, greet=False)
    sock = c.sock
    if over_tls:
        c.expect(220)
        c.hello()
        c.cmd("STARTTLS", 220)
        sock = ssl._create_unverified_context().wrap_socket(sock)
    for at in range(0, len(stage), split):
        sock.sendall(stage[at:at + split])
    sock.settimeout(20)
    if how == "fin":
        sock.shutdown(socket.SHUT_WR)
    elif how == "garbage":
        raw = socket.socket(fileno=os.dup(sock.fileno()))
        raw.sendall(b"\x16\x03\x01\xff\xff" + b"\0\xff" * 200)
        raw.close()
    elif how == "close_notify" and over_tls:
        raw = socket.socket(fileno=os.dup(sock.fileno()))
        sock.settimeout(0.01)
        try:
            sock.unwrap()
        except (OSError, ValueError):
            pass
        raw.sendall(b"\r\n.\r\nRSET\r\n")         # in clear, behind it
        raw.close()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    b"\1\0\0\0\0\0\0\0" if how == "rst" else b"\0" * 8)
    sock.close()
    c.file.close()
    c.sock.close()


def test_ends_at_every_stage():
    """However a client leaves, and wherever it stood: the worker lives, no
    session stays, no message comes of half a one."""
    slow = 'if ($arguments["address"] == "slow@b.example") sleep(0.2);' \
        'Accept();'
    with tempfile.TemporaryDirectory() as d, instance(dict(
            certificate(d), xclient_hosts="127.0.0.0/8",
            smtpd_auth_tls_only="no", smtpd_client_connection_limit="0"),
            auth=AUTH, mailfrom=slow) as mta:
        pids = mta.workers()
        for name, stage in STAGES.items():
            for how in ("fin", "rst", "close", "garbage", "close_notify"):
                for over_tls in (False, True):
                    for split in (1 << 20, 1000 if len(stage) > 999 else 1):
                        try:
                            ends(mta.port, how, stage, over_tls, split)
                        except (OSError, ValueError):
                            pass                    # it was cut off first
            assert mta.workers() == pids, name
        wait_for(lambda: mta.counters()["sessions"] == 0, 20, "their end")
        with mta.client() as c:                     # and one that stays
            c.hello()
            assert c.message("x\r\n").code == 250
        mta.wait_log("event=message ")
        assert "worker-death" not in mta.log()
        assert mta.log().count("event=connect ") >= 20 * len(STAGES)
        assert mta.log().count("result=started") >= 9 * len(STAGES)
        sizes = [l for l in mta.log().splitlines() if "event=message " in l]
        assert sizes and all("size=3 " in l for l in sizes), sizes


if __name__ == "__main__":
    main(globals())
