"""What bench-relay is made of: control groups, the sink with its counts, a
client that keeps its session, many of them, and how each server relays."""

import os
import socket
import struct
import threading

import mailers
import servers

# ---- What it costs ----------------------------------------------------------


class Group:
    """A control group of which CPU is counted; what is started inside the
    with statement is in it.  Where there are none: the process tree."""

    FILES = {"cgroup2": ("cpu.stat", lambda s: int(s.split()[1]) / 1e6),
             "cpuacct": ("cpuacct.usage", lambda s: int(s) / 1e9)}
    made = 0

    def __init__(self):
        found = self.find()
        self.path = None
        if found is None:
            return
        top, kind = found
        Group.made += 1
        path = "%s/halyard-bench.%d.%d" % (top, os.getpid(), Group.made)
        try:
            os.mkdir(path)
        except OSError:
            return
        self.top, self.path, self.kind_of = top, path, kind

    @classmethod
    def find(cls):
        """(where this process is, which kind)"""
        with open("/proc/self/mounts") as f:
            mounts = [l.split() for l in f]
        with open("/proc/self/cgroup") as f:
            mine = [l.rstrip("\n").split(":", 2) for l in f]
        for _, point, kind, options, *_ in mounts:
            for number, names, path in mine:
                if kind == "cgroup2" and number == "0" or kind == "cgroup" \
                        and "cpuacct" in options.split(",") \
                        and "cpuacct" in names.split(","):
                    which = "cgroup2" if kind == "cgroup2" else "cpuacct"
                    where = (point + path).rstrip("/")
                    if os.path.exists(where + "/cgroup.procs") and \
                            os.access(where, os.W_OK):
                        return where, which
        return None

    @classmethod
    def kind(cls):
        g = cls()
        try:
            return "control group (%s)" % g.kind_of if g.path else \
                "process tree: there is no control group"
        finally:
            g.end()

    def move(self, where):
        with open(where + "/cgroup.procs", "w") as f:
            f.write("%d\n" % os.getpid())

    def __enter__(self):
        if self.path:
            self.move(self.path)

    def __exit__(self, *exc):
        if self.path:
            self.move(self.top)

    def cpu_seconds(self, root):
        if not self.path:
            return servers.cpu_seconds(root)
        name, read = self.FILES[self.kind_of]
        with open(os.path.join(self.path, name)) as f:
            return read(f.read())

    def end(self):
        """What is left in it is ended: a delivery that a server forgot."""
        if not self.path:
            return
        for _ in range(100):
            try:
                os.rmdir(self.path)
                break
            except OSError:
                with open(self.path + "/cgroup.procs") as f:
                    for pid in f.read().split():
                        try:
                            os.kill(int(pid), 9)
                        except OSError:
                            pass
                threading.Event().wait(0.05)
        self.path = None


def busy():
    """Seconds that all cores were at work, so far."""
    with open("/proc/stat") as f:
        v = [int(n) for n in f.readline().split()[1:]]
    return (sum(v[:8]) - v[3] - v[4]) / servers.TICK


# ---- The sink ---------------------------------------------------------------

class Sink(servers.Child):
    """The tests' own; count(): messages, recipients, slow messages."""

    def __init__(self, directory, address, slow_ms):
        self.file = os.path.join(directory, "sink.count")
        servers.Child.__init__(self, [
            servers.SINK, "--listen", "%s:%d" % (address, servers.SINK_PORT),
            "--without", "CHUNKING", "--count", self.file,
            "--slow", str(slow_ms)], servers.SINK_PORT)
        self.fd = os.open(self.file, os.O_RDONLY)

    def count(self):
        return struct.unpack("=QQQ", os.pread(self.fd, 24, 0))

    def stop(self):
        os.close(self.fd)
        servers.Child.stop(self)


# ---- Clients ----------------------------------------------------------------

class Session:
    """SMTP over one connection, with pipelining where that is offered."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), 60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        self.reply(220)
        self.sock.sendall(b"EHLO bench.invalid\r\n")
        self.turn = 100 if b"PIPELINING" in self.reply(250) else 1

    def reply(self, want):
        text = b""
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError("the server closed the connection")
            text += line
            if line[3:4] != b"-":
                break
        if int(line[:3]) != want:
            raise RuntimeError("%r for %d" % (line, want))
        return text

    def message(self, sender, recipients, size):
        head = "From: <%s>\r\nSubject: bench\r\n\r\n" % sender
        lines = ["MAIL FROM:<%s>\r\n" % sender] + [
            "RCPT TO:<%s>\r\n" % r for r in recipients]
        # In turns: both sides' buffers are bounded.
        for at in range(0, len(lines), self.turn):
            part = lines[at:at + self.turn]
            self.sock.sendall("".join(part).encode())
            for _ in part:
                self.reply(250)
        self.sock.sendall(b"DATA\r\n")
        self.reply(354)
        body = ("x" * 70 + "\r\n") * (size // 72)
        self.sock.sendall((head + body + ".\r\n").encode())
        self.reply(250)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()


class Source:
    """Sends a message to each of a list of domains, in so many sessions."""

    def __init__(self, port, domains, sessions, size):
        self.left = list(reversed(domains))
        self.stopped = False
        self.threads = [threading.Thread(target=self.run, args=(port, size))
                        for _ in range(sessions)]
        for t in self.threads:
            t.start()

    def run(self, port, size):
        try:
            with Session(port) as s:
                while not self.stopped:
                    s.message("a@bench.invalid",
                              ["u@" + self.left.pop()], size)
        except (IndexError, OSError, EOFError, RuntimeError):
            pass

    def stop(self):
        self.stopped = True
        for t in self.threads:
            t.join()


def targets():
    """1,000 domains, each with an address of its own; a tenth is slow."""
    return {"%s%d.sink.invalid" % ("slow" if n % 10 == 3 else "d", n):
            "127.9.%d.%d" % (n // 250, n % 250 + 1) for n in range(1000)}


# ---- How each relays --------------------------------------------------------

class Postfix(servers.Postfix):
    row = "127.0.0.1:2510 inet n - n - - smtpd\n" \
        "pickup unix n - n 60 1 pickup\nbounce unix - - n - 0 bounce\n" \
        "defer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n" \
        "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\n" \
        "error unix - - n - - error\nretry unix - - n - - error\n" \
        "scache unix - - n - 1 scache\ntlsmgr unix - - n 1000? 1 tlsmgr\n" \
        "verify unix - - n - 1 verify\nflush unix n - n 1000? 0 flush\n"

    def __init__(self, directory, relay=0, targets=None):
        file = os.path.join(directory, "transport")
        with open(file, "w") as f:
            f.writelines("%s smtp:[%s]:%d\n" % (d, a, relay)
                         for d, a in (targets or {}).items())
        self.more = "relayhost = [127.0.0.1]:%d\nin_flow_delay = 0\n" \
            "smtpd_recipient_limit = 100000\ndisable_dns_lookups = yes\n" \
            "transport_maps = texthash:%s\n" % (relay, file)
        servers.Postfix.__init__(self, directory)


class Halyard(servers.Halyard):
    """A transport for each destination, and one for all others."""
    queues = True
    without = ()
    HOOK = '''foreach ($transaction["recipients"] as $r) {
    $domain = $r["address"]["domain"];
    $arguments["mail"]->queue($transaction["senderaddress"], $r["address"],
        %s);
}
Accept();
'''
    AFTER = {}

    def __init__(self, directory, relay=0, targets=None):
        self.relay, self.targets = relay, targets or {}
        servers.Halyard.__init__(
            self, directory, params={"dsn_transport": "all"}, hooks={
                "eod": self.HOOK % ('explode(".", $domain)[0]' if targets
                                    else '"all"'), **self.AFTER})

    def maxproc(self, n):
        servers.Halyard.maxproc(self, n)
        with open(self.conf + "/transport.cf", "w") as f:
            f.write("transport all host 127.0.0.1:%d -o recipients=50\n"
                    % self.relay)
            f.writelines("transport %s host %s:%d\n" % (
                d.split(".")[0], a, self.relay)
                for d, a in self.targets.items())


class Hooked(Halyard):
    """It logs each attempt whole, and remembers something of it."""
    AFTER = {"postdelivery": '''
echo json_encode(["arguments" => $arguments, "id" => $message["id"],
    "sender" => $message["sender"], "recipient" => $message["recipient"]]);
SetMetaData(["attempts" => string($arguments["retry"] + 1)]);
'''}


PEERS = {"postfix": Postfix, "exim": mailers.Exim,
         "opensmtpd": mailers.OpenSMTPD, "haraka": mailers.Haraka,
         "halyard": Halyard}
