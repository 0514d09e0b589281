#!/usr/bin/env python3
"""Ways that mail takes: the next host in the same attempt, loops to ourselves,
and proxies that connect for us."""

import socket
import struct
import threading

from halyard import main, wait_for
from test_policies import Hosts, Mta


class Proxy:
    """Connects for whoever asks by SOCKS5 or by a PROXY header, from the
    address that is asked for; `seen` is what it was asked."""

    def __init__(self):
        self.seen = []
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(s,),
                             daemon=True).start()

    @staticmethod
    def take(s, n):
        got = b""
        while len(got) < n:
            more = s.recv(n - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    def serve(self, s):
        first = self.take(s, 1)
        if first == b"\5":
            self.take(s, self.take(s, 1)[0])
            s.sendall(b"\5\0")
            assert self.take(s, 4) == b"\5\1\0\1"
            source, to = None, self.take(s, 4)
            port = struct.unpack(">H", self.take(s, 2))[0]
        else:
            head = first + self.take(s, 15)
            assert head == b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", head
            source, to = self.take(s, 4), self.take(s, 4)
            port = struct.unpack(">HH", self.take(s, 4))[1]
            source = socket.inet_ntoa(source)
        to = socket.inet_ntoa(to)
        self.seen.append((source, to))
        host = socket.create_connection(
            (to, port), source_address=(source, 0) if source else None)
        if first == b"\5":
            s.sendall(b"\5\0\0\1\xc0\0\2\7\0\1")
        threading.Thread(target=self.relay, args=(host, s),
                         daemon=True).start()
        self.relay(s, host)

    @staticmethod
    def relay(a, b):
        try:
            while True:
                data = a.recv(65536)
                if not data:
                    break
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.shutdown(socket.SHUT_RDWR)    # accept() would keep it
        self.sock.close()


def test_refused():
    """A host that refuses before MAIL has said nothing of the message."""
    with Hosts(2) as h, Mta(h, {"a": [(10, 0), (20, 1)]}) as mta:
        h.list[0].replies["CONNECT"] = b"554 5.3.2 Not today\r\n"
        mta.to(2, "a")
        mta.wait(0)
        assert h.got(0, 1) == [0, 2], h.got(0, 1)
        assert "verdict=defer" not in mta.log()


def test_loop():
    """An exchanger that is ourselves takes all worse ones with it."""
    with Hosts(1) as h, Mta(h, {"a": [(10, 0)]}) as mta:
        with open(mta.path("zone"), "a") as f:
            f.write("name.example. 300 IN MX 10 mx.example.org.\n"
                    "name.example. 300 IN MX 20 mx0.hosts.example.\n"
                    "self.example. 300 IN A 127.0.0.1\n")
        mta.set(send_default_port=mta.port)
        mta.ctl("reload")
        mta.to(1, "name")
        mta.to(1, "self", first=1)
        wait_for(lambda: len([e for e in mta.list() if e.get("reason")]) == 2,
                 text="the verdicts")
        for e in mta.list():
            assert "loops back to myself" in e["reason"], e
        assert "5.4.6" in mta.log()
        assert h.got(0) == [0]


def test_proxy_header():
    """From the addresses of `source`, of which the proxy is told."""
    with Proxy() as proxy, Hosts(1) as h, Mta(
            h, {"a": [(10, 0)]}, options="-o retry=1s -o source=x "
            "-o proxyprotocol=127.0.0.1:%d" % proxy.port,
            addresses="address x - 127.0.0.7 -o helo=x.example\n") as mta:
        mta.to(3, "a")
        mta.wait(0)
        assert h.got(0) == [3]
        assert set(proxy.seen) == {("127.0.0.7", h.address(0))}, proxy.seen
        assert "local=127.0.0.7" in mta.log()


def test_socks():
    with Proxy() as proxy, Hosts(1) as h, Mta(
            h, {"a": [(10, 0)]}, options="-o retry=1s "
            "-o socks5=127.0.0.1:%d" % proxy.port) as mta:
        mta.to(3, "a")
        mta.wait(0)
        assert h.got(0) == [3]
        assert set(proxy.seen) == {(None, h.address(0))}, proxy.seen
        assert "local=192.0.2.7" in mta.log()


def test_no_proxy():
    """That it is away is nobody's fault but the proxy's."""
    with Proxy() as proxy:
        port = proxy.port
    with Hosts(1) as h, Mta(
            h, {"a": [(10, 0)]}, options="-o retry=1h "
            "-o socks5=127.0.0.1:%d" % port) as mta:
        mta.to(1, "a")
        mta.wait(1, "--state", "defer")
        assert "proxy 127.0.0.1:%d: " % port in mta.list()[0]["reason"], \
            mta.list()
        assert h.list[0].connections == 0


if __name__ == "__main__":
    main(globals())
