"""A Halyard instance in a temporary directory, a raw SMTP client, a scripted
backend, and a runner that prints TAP.  Standard library only; everything
listens on loopback and ends with the test."""

import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import weakref

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BUILD = os.environ.get("HALYARD_BUILD", os.path.join(ROOT, "build"))


def installed():
    """The paths that the file HALYARD_INSTALLED lists, one a line, as dpkg -L
    does: what is tested in the place of the tree's; or None."""
    name = os.environ.get("HALYARD_INSTALLED")
    if not name:
        return None
    with open(name) as f:
        return f.read().split()


INSTALLED = installed()
MTACTL = os.path.join(BUILD, "bin", "mtactl") if INSTALLED is None else \
    [p for p in INSTALLED if p.endswith("/sbin/mtactl")][0]
# Builds that watch themselves, by sanitizers or counts of lines: they are slow,
# and must reach more than a jail and a sandbox would let them.
WATCHED = {"san": "SAN=1", "cov": "COV=1"}.get(os.path.basename(BUILD))
SLOW = 4 if WATCHED else 1


GIVEN = set()


def free_port():
    """One that nothing has, by TCP or UDP, and that this test was not given.
    Not from the range of which the system takes the ports of connections:
    another test's, or our own, could have it by the time that it is bound."""
    while True:
        port = random.randrange(11000, 32000)
        if port in GIVEN:
            continue
        with socket.socket() as t, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
            try:
                t.bind(("127.0.0.1", port))
                u.bind(("127.0.0.1", port))
                GIVEN.add(port)
                return port
            except OSError:
                pass


def wait_for(what, seconds=10, text="condition"):
    """Polls what() until it is true; its value."""
    end = time.monotonic() + seconds * SLOW
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("timeout waiting for " + text)
        time.sleep(0.02)


def alive(pid):
    """Runs; one that ended and was not collected yet does not."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Instance:
    """mtactl init, changed by `params` and `hook`, started and stopped."""

    def __init__(self, backend_port=1, params=None, hook=None, maxproc=2,
                 services=""):
        self.dir = tempfile.mkdtemp(prefix="halyard-test.")
        self.conf = os.path.join(self.dir, "mta")
        self.port = free_port()
        self.ctl("init", self.conf, "--listen", "127.0.0.1:%d" % self.port,
                 "--backend", "127.0.0.1:%d" % backend_port, "--hostname",
                 "mx.example.org", conf=False)
        self.only_inline()
        self.set(**(params or {}))
        if hook is not None:
            self.write_hook(hook)
        self.maxproc(maxproc)
        if services:
            with open(self.path("master.cf"), "a") as f:
                f.write(services)

    def only_inline(self):
        """Takes the queue out of what init wrote: a test that wants one says
        which, and the others have fewer processes."""
        with open(self.path("master.cf")) as f:
            rows = [r for r in f if not r.split() or r.split()[-1] not in
                    ("cleanup", "qmgr", "deliver", "bounce")]
        with open(self.path("master.cf"), "w") as f:
            f.writelines(rows)
        os.unlink(self.path("transport.cf"))
        os.unlink(self.path("policy.cf"))

    def path(self, name):
        return os.path.join(self.conf, name)

    def ctl(self, *args, conf=True, check=True):
        command = [MTACTL] + (["-c", self.conf] if conf else []) + list(args)
        p = subprocess.run(command, capture_output=True, text=True,
                           timeout=120)
        if check and p.returncode != 0:
            raise AssertionError("%s: exit %d\n%s%s" % (" ".join(command),
                                 p.returncode, p.stdout, p.stderr))
        return p

    def set(self, **params):
        with open(self.path("main.cf")) as f:
            lines = [l for l in f if l.split("=")[0].strip() not in params]
        lines += ["%s = %s\n" % (k, v) for k, v in params.items()]
        with open(self.path("main.cf"), "w") as f:
            f.writelines(lines)

    def write_hook(self, text):
        with open(self.path("hooks/eod.hsl"), "w") as f:
            f.write(text)

    def maxproc(self, n):
        with open(self.path("master.cf")) as f:
            lines = f.read().splitlines()
        for i, line in enumerate(lines):
            columns = line.split()
            if len(columns) >= 8 and columns[7] == "smtpd" and \
                    line[0] not in "# \t":
                columns[6] = str(n)
                lines[i] = " ".join(columns)
        with open(self.path("master.cf"), "w") as f:
            f.write("\n".join(lines) + "\n")

    def start(self):
        self.ctl("start")
        return self

    def master_pid(self):
        for root, _, files in os.walk(self.conf):
            if "master.pid" in files:
                with open(os.path.join(root, "master.pid")) as f:
                    return int(f.read() or 0)
        return 0

    def workers(self, program="smtpd"):
        """Pids of the running workers, from the status."""
        import json
        status = json.loads(self.ctl("status", "--json").stdout)
        return [p["pid"] for p in status["processes"]
                if p["program"] == program and p["pid"] != 0]

    def counters(self, service=None):
        import json
        status = json.loads(self.ctl("status", "--json").stdout)
        return status["counters"][service or "127.0.0.1:%d" % self.port]

    def log(self):
        """All that is logged, by file: lines that are whole, since who reads
        while a daemon writes may see a write up to the end of a page."""
        found = ""
        for root, _, files in os.walk(self.conf):
            for name in files:
                if name.endswith(".log"):
                    with open(os.path.join(root, name), "rb") as f:
                        text = f.read()
                    found += text[:text.rfind(b"\n") + 1].decode()
        return found

    def wait_log(self, text, seconds=10):
        return wait_for(lambda: [l for l in self.log().splitlines()
                                 if text in l], seconds, "log: " + text)[0]

    def client(self, timeout=30 * SLOW):
        return Client(self.port, timeout)

    def stop(self):
        pid = self.master_pid()
        for c in [c for c in Client.known if c.port == self.port]:
            c.hang_up()         # else the server waits for them to close
        try:
            self.ctl("stop", check=False)
        finally:
            if pid and alive(pid):
                os.kill(pid, signal.SIGKILL)
            if not os.environ.get("HALYARD_KEEP"):
                shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc):
        if exc[0] is not None:
            sys.stderr.write(self.log()[-6000:])
        self.stop()


class Reply:
    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3])
        self.text = [l[4:] for l in lines]

    def __repr__(self):
        return "Reply(%r)" % self.lines


class Client:
    """Bytes out, replies in; nothing is done by itself."""

    known = weakref.WeakSet()

    def __init__(self, port, timeout=30 * SLOW, greet=True,
                 host="127.0.0.1"):
        self.port = port
        self.known.add(self)
        self.sock = socket.create_connection((host, port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        if greet:
            self.expect(220)

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes)
                          else data.encode())

    def reply(self):
        lines = []
        while True:
            line = self.file.readline()
            if not line.endswith(b"\r\n"):
                raise EOFError("connection closed: %r" % (lines + [line]))
            lines.append(line[:-2].decode("utf-8", "replace"))
            if lines[-1][3:4] != "-":
                return Reply(lines)

    def expect(self, code):
        r = self.reply()
        if r.code != code:
            raise AssertionError("expected %d, got %r" % (code, r))
        return r

    def cmd(self, line, code=None):
        self.send(line + "\r\n")
        return self.reply() if code is None else self.expect(code)

    def hello(self):
        return self.cmd("EHLO client.example.net", 250)

    def envelope(self, sender="a@example.net", rcpts=("b@example.org",)):
        self.cmd("MAIL FROM:<%s>" % sender, 250)
        for r in rcpts:
            self.cmd("RCPT TO:<%s>" % r, 250)

    def message(self, text="Subject: hi\r\n\r\nHello.\r\n",
                sender="a@example.net", rcpts=("b@example.org",)):
        """One whole transaction; the reply to its end."""
        self.envelope(sender, rcpts)
        self.cmd("DATA", 354)
        self.send(text if isinstance(text, bytes) else text.encode())
        return self.cmd(".")

    def closed(self):
        """True when the server has closed the connection."""
        try:
            return self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self):
        self.file.close()
        self.sock.close()

    def hang_up(self):
        """As seen by the server; another thread may be reading here."""
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError, ValueError):
            pass

    def reset(self):
        """Closes by RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             b"\1\0\0\0\0\0\0\0")
        self.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Gone(Exception):
    """The peer closed, or the script wants the connection closed."""


class Backend:
    """An SMTP server that does what a test says.

    `replies` maps a verb (CONNECT, EHLO, MAIL, RCPT, DATA, EOD, BDAT, RSET,
    STARTTLS, QUIT) to bytes, or to a function of (conversation, line) that
    returns bytes, or None for the usual answer; it may sleep or raise Gone.
    Over LMTP bytes of EOD are said for each recipient, those of a function as
    they are.
    """

    EXTS = ("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8",
            "ENHANCEDSTATUSCODES")

    def __init__(self, exts=EXTS, replies=None, handler=None, port=0,
                 address="127.0.0.1"):
        self.exts = list(exts)
        self.replies = dict(replies or {})
        self.handler = handler or Conversation.run
        self.lmtp = False
        self.messages = []
        self.commands = []
        self.connections = 0
        self.lock = threading.Lock()
        self.sock = socket.socket()
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((address, port))
        self.sock.listen(512)
        self.port = self.sock.getsockname()[1]
        self.open = True
        self.conversations = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            try:
                sock, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            conv = Conversation(self, sock)
            self.conversations.append(conv)
            threading.Thread(target=conv.serve, daemon=True).start()

    def verbs(self):
        with self.lock:
            return [c.split(b" ")[0].split(b":")[0].decode().upper()
                    for c in self.commands]

    def close(self):
        self.open = False
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()
        for conv in list(self.conversations):
            conv.hang_up()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


class Conversation:
    def __init__(self, backend, sock):
        self.backend = backend
        self.sock = sock
        self.file = sock.makefile("rb")
        self.reset()

    def reset(self):
        self.sender = None
        self.rcpts = []
        self.body = b""
        self.params = b""

    def hang_up(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def send(self, data):
        self.sock.sendall(data)

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise Gone()
        with self.backend.lock:
            self.backend.commands.append(line[:-2])
        return line[:-2]

    def answer(self, verb, line, usual):
        said = self.backend.replies.get(verb)
        if callable(said):
            said = said(self, line)
        said = usual if said is None else said
        self.send(said)
        return said[:1] == b"2" or said[:1] == b"3"

    def serve(self):
        try:
            self.backend.handler(self)
        except (Gone, OSError, ValueError):
            pass
        finally:
            self.hang_up()
            self.file.close()       # it holds the descriptor, too
            self.sock.close()
            self.backend.conversations.remove(self)

    def run(self):
        self.answer("CONNECT", b"", b"220 backend ESMTP\r\n")
        while True:
            line = self.line()
            verb = line.split(b" ")[0].split(b":")[0].upper()
            getattr(self, "do_" + verb.decode("ascii", "replace"),
                    self.do_unknown)(line)

    def do_unknown(self, line):
        self.answer("UNKNOWN", line, b"500 5.5.1 What?\r\n")

    def do_EHLO(self, line):
        lines = [b"backend"] + [e.encode() for e in self.backend.exts]
        self.answer("EHLO", line, b"".join(
            b"250%s%s\r\n" % (b" " if i == len(lines) - 1 else b"-", l)
            for i, l in enumerate(lines)))

    def do_LHLO(self, line):
        self.backend.lmtp = True
        self.do_EHLO(line)

    def do_HELO(self, line):
        self.answer("HELO", line, b"250 backend\r\n")

    def do_MAIL(self, line):
        self.reset()
        if self.answer("MAIL", line, b"250 2.1.0 Sender ok\r\n"):
            self.sender, _, self.params = line[10:].partition(b" ")

    def do_RCPT(self, line):
        if self.answer("RCPT", line, b"250 2.1.5 Recipient ok\r\n"):
            self.rcpts.append(line[8:])

    def do_RSET(self, line):
        self.reset()
        self.answer("RSET", line, b"250 2.0.0 Reset\r\n")

    def do_NOOP(self, line):
        self.answer("NOOP", line, b"250 2.0.0 Ok\r\n")

    def do_STARTTLS(self, line):
        self.answer("STARTTLS", line, b"500 5.5.1 What?\r\n")

    def do_QUIT(self, line):
        self.answer("QUIT", line, b"221 2.0.0 Bye\r\n")
        raise Gone()

    def do_DATA(self, line):
        usual = b"354 Go on\r\n" if self.rcpts else b"503 5.5.1 No rcpt\r\n"
        if not self.answer("DATA", line, usual):
            return
        body = []
        while True:
            l = self.file.readline()
            if not l.endswith(b"\r\n"):
                raise Gone()
            if l == b".\r\n":
                break
            body.append(l[1:] if l.startswith(b".") else l)
        self.body = b"".join(body)
        self.end("DATA")

    def do_BDAT(self, line):
        words = line.split()
        n = int(words[1])
        chunk = self.file.read(n)
        if len(chunk) != n:
            raise Gone()
        self.body += chunk
        if len(words) > 2:
            self.end("BDAT")
        else:
            self.answer("BDAT", line, b"250 2.0.0 Chunk ok\r\n"
                        if self.rcpts else b"503 5.5.1 No rcpt\r\n")

    def end(self, how):
        usual = b"250 2.0.0 Ok: queued as 4711\r\n" if self.rcpts else \
            b"503 5.5.1 No rcpt\r\n"
        said = self.backend.replies.get("EOD")
        each = self.backend.lmtp and not callable(said)
        if callable(said):
            said = said(self, b"")
        said = usual if said is None else said
        if each:
            said *= len(self.rcpts)
        if said[:1] == b"2":
            with self.backend.lock:
                self.backend.messages.append({
                    "sender": self.sender, "rcpts": list(self.rcpts),
                    "body": self.body, "how": how, "params": self.params})
        self.reset()
        self.send(said)


class Answerer:
    """A DNS server: names that begin with nx, fail, empty, mute, alias; of
    half an A is answered, any other question is dropped."""

    def __init__(self, last=1, address="192.0.2.77", ttl=7):
        """On 127.0.0.1 to 127.0.0.LAST."""
        self.address = socket.inet_aton(address)
        self.ttl = struct.pack("!I", ttl)
        self.port, self.socks, self.asked = 0, [], []
        for i in range(1, last + 1):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.0.0.%d" % i, self.port))
            self.port = sock.getsockname()[1]
            self.socks.append(sock)
            threading.Thread(target=self.run, args=(sock,),
                             daemon=True).start()

    def run(self, sock):
        while True:
            try:
                packet, peer = sock.recvfrom(4096)
            except OSError:
                return
            end = packet.index(b"\0", 12) + 5
            label = packet[13:13 + packet[12]].lower().decode()
            self.asked.append(label)
            if label.startswith("mute") or (
                    label.startswith("half") and packet[end - 3] != 1):
                continue
            rcode = 3 if label.startswith("nx") else \
                2 if label.startswith("fail") else 0
            answer = b"" if rcode or label.startswith("empty") else \
                b"\xc0\x0c\0\5\0\1" + self.ttl + b"\0\x0e\4good\7example\0" \
                if label.startswith("alias") else \
                b"\xc0\x0c\0\1\0\1" + self.ttl + b"\0\4" + self.address
            sock.sendto(packet[:2] + struct.pack(
                "!HHHHH", 0x8180 | rcode, 1, bool(answer), 0, 0) +
                packet[12:end] + answer, peer)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for sock in self.socks:
            sock.close()


def main(names):
    """Runs every test_* of the calling module's globals and prints TAP."""
    only = sys.argv[1:]
    tests = [(n, f) for n, f in names.items() if n.startswith("test_")
             and (not only or n in only)]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        try:
            why = test()
            print("ok %d - %s%s" % (i, name, " # SKIP " + why if why else ""),
                  flush=True)
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, name), flush=True)
            for line in traceback.format_exc().splitlines():
                print("# " + line, flush=True)
    sys.exit(1 if failed else 0)
