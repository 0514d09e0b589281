"""Clients that send one message after the other, and what each waits from its
last dot to the 250; a spool to do so beside."""

import os
import selectors
import socket
import time

import servers

FILL = os.path.join(servers.BUILD, "tests/tools/fillspool")
QUEUE = '''
foreach ($transaction["recipients"] as $r)
    $arguments["mail"]->queue($transaction["sender"], $r["address"], "backend",
        ["hold" => true]);
Accept();
'''


class Session:
    """Sends one message after the other, by BDAT so that each is one write
    and its answer tells when it is durable."""
    STEPS = b"EHLO bench.invalid\r\n", b"MAIL FROM:<a@bench.invalid>\r\n" \
        b"RCPT TO:<b@sink.invalid>\r\n"

    def __init__(self, port, size):
        line = b"x" * 76 + b"\r\n"
        body = b"Subject: x\r\n\r\n" + line * (size // len(line))
        self.message = b"BDAT %d LAST\r\n" % len(body) + body
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.unread = b""
        self.step = -1
        self.want = 1

    def send(self, what, replies):
        self.sock.sendall(what)
        self.want = replies
        self.sent = time.monotonic()

    def readable(self):
        """The seconds of a message, if this was its answer."""
        self.unread += self.sock.recv(65536)
        lines = self.unread.split(b"\r\n")
        done = [l for l in lines[:-1] if l[3:4] == b" "]
        if len(done) < self.want:
            return None
        assert all(l[:1] in b"2" for l in done), done
        took = time.monotonic() - self.sent if self.step == 2 else None
        self.unread = b""
        self.step = self.step + 1 if self.step < 2 else 1
        if self.step < 2:
            self.send(self.STEPS[self.step], (1, 2)[self.step])
        else:
            self.send(self.message, 1)
        return took


def load(port, sessions, size, seconds):
    """What each message of that time took."""
    sel, took = selectors.DefaultSelector(), []
    for _ in range(sessions):
        s = Session(port, size)
        sel.register(s.sock, selectors.EVENT_READ, s)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in sel.select(1):
            t = key.data.readable()
            if t is not None:
                took.append(t)
    for key in list(sel.get_map().values()):
        key.data.sock.close()
    return took


def ms(samples, part):
    return 1000 * sorted(samples)[min(len(samples) - 1,
                                      int(len(samples) * part))]
