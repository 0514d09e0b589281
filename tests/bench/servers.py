"""The servers that the benchmarks start, and what processes cost.

Each class starts one in a directory of its own, on 127.0.0.1; `port` is where
it listens, `root` the process that all of its processes come from."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("HALYARD_BUILD", os.path.join(ROOT, "build"))
MTACTL = os.path.join(BUILD, "bin/mtactl")
SINK = os.path.join(BUILD, "tests/tools/sink")
CONNS = os.path.join(BUILD, "tests/tools/conns")
SINK_PORT = 2600
CHUNK_SINK_PORT = 2601
TICK = os.sysconf("SC_CLK_TCK")
HOOK = '''$r = $arguments["mail"]->send($transaction["senderaddress"],
array_map(function ($r) { return $r["address"]; }, $transaction["recipients"]),
["host" => "127.0.0.1", "port" => %d]);
if (isset($r["result"])) {
    $c = $r["result"]["code"];
    if ($c >= 200 and $c <= 299) Accept($r["result"]["reason"]);
    if ($c >= 500) Reject($r["result"]["reason"]);
    Defer($r["result"]["reason"]);
}
Defer($r["error"]["message"]);
'''


# ---- Where all this runs ----------------------------------------------------

def raise_files():
    """As many descriptors as this user may have."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def has_namespaces():
    return os.geteuid() == 0 and bool(shutil.which("unshare")) and \
        bool(shutil.which("ip"))


def in_namespace(mtu, *extra):
    """Runs this program again where only a loopback of that MTU exists."""
    return subprocess.run(["unshare", "-n", sys.executable, *sys.argv,
                           "--inside", str(mtu), *extra]).returncode


def enter(mtu):
    """The beginning of what in_namespace() started."""
    subprocess.run(["ip", "link", "set", "lo", "mtu", str(mtu), "up"],
                   check=True)
    for name, value in (("net/core/somaxconn", "16384"),
                        ("net/ipv4/ip_local_port_range", "10000 65000")):
        try:
            with open("/proc/sys/" + name, "w") as f:
                f.write(value)
        except OSError:
            pass


def wait_port(port):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("port %d does not answer" % port)


# ---- Processes --------------------------------------------------------------

def stat(pid):
    """ppid, own ticks, ticks of children that were waited for"""
    with open("/proc/%d/stat" % pid) as f:
        v = f.read().rsplit(")", 1)[1].split()
    return int(v[1]), int(v[11]) + int(v[12]), int(v[13]) + int(v[14])


def tree(root):
    """pid -> ticks of root and all below it"""
    parents, ticks = {}, {}
    if not root:
        return {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                ppid, own, reaped = stat(int(name))
            except OSError:
                continue
            parents[int(name)] = ppid
            ticks[int(name)] = own + reaped
    found = {}
    for pid in ticks:
        p = pid
        while p and p != root:
            p = parents.get(p, 0)
        if p == root:
            found[pid] = ticks[pid]
    return found


def cpu_seconds(root):
    return sum(tree(root).values()) / TICK


def smaps_kib(pid, field="Pss:"):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return sum(int(l.split()[1]) for l in f if l.startswith(field))


def pss_mib(root):
    total = 0
    for pid in tree(root):
        try:
            total += smaps_kib(pid)
        except OSError:
            pass
    return total / 1024


def source(port, sessions, size, count, seconds=120):
    """smtp-source; how long it took."""
    start = time.monotonic()
    p = subprocess.run(["smtp-source", "-4", "-d", "-s", str(sessions), "-m",
                        str(count), "-l", str(size), "-f", "a@bench.invalid",
                        "-t", "b@sink.invalid", "127.0.0.1:%d" % port],
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                       text=True, timeout=seconds)
    if p.returncode != 0:
        raise RuntimeError(p.stderr.strip()[-200:])
    return time.monotonic() - start


# ---- Backends ---------------------------------------------------------------

class Child:
    """A program that ends with the with statement."""

    def __init__(self, command, port):
        self.port = port
        self.child = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        self.root = self.child.pid
        wait_port(port)

    def stop(self):
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()


def smtp_sink():
    return Child(["smtp-sink", "-u", "postfix", "-4", "-m", "20000",
                  "127.0.0.1:%d" % SINK_PORT, "4096"], SINK_PORT)


def chunk_sink(port=CHUNK_SINK_PORT, *options):
    """The tests' own, which offers CHUNKING."""
    return Child([SINK, "--listen", "127.0.0.1:%d" % port, *options], port)


# ---- What is compared -------------------------------------------------------

class Direct:
    root = 0

    def __init__(self, directory, backend=SINK_PORT):
        self.port = backend

    def stop(self):
        pass


class Halyard:
    port = 2525
    queues = False
    without = ("deliver", "cleanup", "qmgr")  # programs

    def __init__(self, directory, backend=SINK_PORT, hooks=None, maxproc=2,
                 params=None):
        self.conf = os.path.join(directory, "halyard")
        self.ctl("init", self.conf, "--listen", "127.0.0.1:2525",
                 "--backend", "127.0.0.1:%d" % backend)
        hooks = hooks or {"eod": HOOK % backend}
        values = {"smtpd_command_limit": 1000000000,
                  "smtpd_message_limit": 1000000000, **(params or {})}
        for name, text in hooks.items():
            with open(self.conf + "/hooks/%s.hsl" % name, "w") as f:
                f.write(text)
            if name != "eod":
                values["hook_" + name] = "hooks/%s.hsl" % name
        with open(self.conf + "/main.cf", "a") as f:
            f.writelines("%s = %s\n" % kv for kv in values.items())
        self.maxproc(maxproc)
        self.ctl("-c", self.conf, "start")
        with open(self.conf + "/run/master.pid") as f:
            self.root = int(f.read())

    def maxproc(self, n):
        with open(self.conf + "/master.cf") as f:
            rows = [l.split() for l in f if l.strip()]
        rows = [r for r in rows if r[-1] not in self.without]
        for row in rows:
            if len(row) >= 8 and row[0][0] != "#" and row[7] == "smtpd":
                row[6] = str(n)
        with open(self.conf + "/master.cf", "w") as f:
            f.writelines(" ".join(row) + "\n" for row in rows)

    def ctl(self, *args):
        p = subprocess.run([MTACTL, *args], capture_output=True, text=True)
        if p.returncode != 0:
            raise RuntimeError(p.stdout + p.stderr)
        return p.stdout

    def status(self):
        import json
        return json.loads(self.ctl("-c", self.conf, "status", "--json"))

    def workers(self):
        return [p["pid"] for p in self.status()["processes"]
                if p["program"] == "smtpd" and p["pid"]]

    def stop(self):
        self.ctl("-c", self.conf, "stop")


class Haproxy(Child):
    bind = ""

    def __init__(self, directory, backend=SINK_PORT):
        conf = os.path.join(directory, "haproxy.cfg")
        with open(conf, "w") as f:
            f.write("global\n maxconn 9000\n nbthread 2\n"
                    "defaults\n mode tcp\n timeout connect 5s\n"
                    " timeout client 300s\n timeout server 300s\n"
                    "frontend f\n bind 127.0.0.1:2560%s\n default_backend b\n"
                    "backend b\n server s 127.0.0.1:%d\n" % (self.bind,
                                                            backend))
        Child.__init__(self, ["haproxy", "-f", conf], 2560)


class Postfix:
    """smtpd_proxy_filter: the message is in no queue, as with us"""
    port = 2510
    more = ""
    row = "127.0.0.1:2510 inet n - n - - smtpd\n" \
        "  -o smtpd_proxy_filter=inet:127.0.0.1:%d\n" \
        "  -o smtpd_authorized_xforward_hosts=\n"
    SERVICES = ("cleanup unix n - n - 0 cleanup",
                "qmgr unix n - n 300 1 qmgr",
                "rewrite unix - - n - - trivial-rewrite",
                "proxymap unix - - n - - proxymap",
                "anvil unix - - n - 1 anvil",
                "postlog unix-dgram n - n - 1 postlogd")

    def __init__(self, directory, backend=SINK_PORT):
        os.chmod(directory, 0o755)
        base = os.path.join(directory, "postfix")
        for d in ("etc", "spool", "data"):
            os.makedirs(os.path.join(base, d), exist_ok=True)
        shutil.chown(base + "/data", "postfix")
        with open(base + "/etc/main.cf", "w") as f:
            f.write("compatibility_level = 3.7\nqueue_directory = %s/spool\n"
                    "data_directory = %s/data\nmyhostname = bench.invalid\n"
                    "mydestination =\nlocal_recipient_maps =\nalias_maps =\n"
                    "inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\n"
                    "mynetworks = 127.0.0.0/8\nsmtpd_relay_restrictions ="
                    " permit_mynetworks, reject\ndefault_process_limit = 250"
                    "\nmaillog_file_prefixes = %s\nmaillog_file = %s/log\n"
                    % (base, base, base, base) + self.more)
        with open(base + "/etc/master.cf", "w") as f:
            f.write(self.row % backend if "%d" in self.row else self.row)
            f.write("\n".join(self.SERVICES) + "\n")
        subprocess.run(["postfix", "-c", base + "/etc", "set-permissions"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.child = subprocess.Popen(
            ["/usr/lib/postfix/sbin/master", "-c", base + "/etc", "-d"],
            env=dict(os.environ, MAIL_CONFIG=base + "/etc"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.root = self.child.pid
        wait_port(self.port)

    def stop(self):
        self.child.terminate()
        self.child.wait()


PEERS = {"direct": Direct, "haproxy": Haproxy, "postfix": Postfix,
         "halyard": Halyard}


def installed(peer):
    program = {"haproxy": "haproxy", "postfix": "postfix"}.get(peer)
    return program is None or shutil.which(program) is not None
