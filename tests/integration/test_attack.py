#!/usr/bin/env python3
"""Clients that mean harm: what they can take from a worker, and from whoever
reads the log."""

import base64
import os
import select
import socket
import ssl
import tempfile
import time

from halyard import SLOW, Client, Instance, main, wait_for
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


if __name__ == "__main__":
    main(globals())
