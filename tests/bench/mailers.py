"""Mail systems that are measured beside ours, as tests/bench/peers puts them
into PEERS_DIR, and where their spools lie.

As they are here each takes mail and delivers none.  With `relay`, a port, it
delivers all to 127.0.0.1 at that port, at once; `targets` are domains that
have addresses of their own, as {domain: address}."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import servers
from servers import wait_port

PEERS_DIR = os.path.join(tempfile.gettempdir(), "halyard-bench-peers")


class Exim:
    port = 2520
    HELD = "queue_only = true\n"
    AT_ONCE = "smtp_accept_queue_per_connection = 0\n" \
        "remote_max_parallel = 20\nrecipients_max = 0\n"

    def __init__(self, directory, relay=0, targets=None):
        base = os.path.join(directory, "exim")
        binary = PEERS_DIR + "/exim/usr/sbin/exim4"
        for d in ("spool", "log"):
            os.makedirs(os.path.join(base, d))
        for d in ("", "/spool", "/log"):
            shutil.chown(base + d, "Debian-exim", "Debian-exim")
        os.makedirs("/etc/exim4", exist_ok=True)
        with open(base + "/targets", "w") as f:
            f.writelines("%s: %s::%d\n" % (d, a, relay)
                         for d, a in (targets or {}).items())
        with open("/etc/exim4/exim4.conf", "w") as f:
            f.write("exim_path = %s\nspool_directory = %s/spool\n"
                    "log_file_path = %s/log/%%slog\n"
                    "primary_hostname = bench.invalid\n"
                    "local_interfaces = 127.0.0.1\ndaemon_smtp_ports = 2520\n"
                    "smtp_accept_max_per_connection = 0\n"
                    "disable_ipv6 = true\nsmtp_accept_max = 0\n"
                    "smtp_connect_backlog = 1024\nhost_lookup =\n"
                    "rfc1413_query_timeout = 0s\n"
                    "split_spool_directory = true\ntls_advertise_hosts =\n"
                    "keep_environment =\nacl_smtp_rcpt = ok\n"
                    "acl_smtp_data = ok\nnever_users =\n%s"
                    "begin acl\nok:\n  accept\nbegin routers\nr:\n"
                    "  driver = manualroute\n  domains = *\n"
                    "  route_data = ${lookup{$domain}lsearch{%s/targets}"
                    "{$value}{127.0.0.1::%d}}\n  self = send\n"
                    "  transport = t\nbegin transports\nt:\n  driver = smtp\n"
                    "  max_rcpt = 50\n  hosts_try_fastopen =\n"
                    "begin retry\n* * F,1h,10s\n"
                    % (binary, base, base, self.AT_ONCE if relay else
                       self.HELD, base, relay or 25))
        self.child = subprocess.Popen(
            [binary, "-bdf", *(["-q10s"] if relay else []), "-oP",
             base + "/pid"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.root = self.child.pid
        wait_port(self.port)

    def stop(self):
        self.child.terminate()
        self.child.wait()


class OpenSMTPD:
    """Its spool's place is compiled in: /var/spool/smtpd, which leads to the
    folder while it runs."""
    port = 2530

    def __init__(self, directory, relay=0, targets=None):
        base = os.path.join(directory, "opensmtpd")
        tree = PEERS_DIR + "/opensmtpd"
        os.makedirs(base + "/spool")
        os.chmod(base + "/spool", 0o711)
        os.makedirs("/var/lib/opensmtpd/empty", exist_ok=True)
        if os.path.islink("/var/spool/smtpd"):
            os.unlink("/var/spool/smtpd")
        elif os.path.isdir("/var/spool/smtpd"):
            shutil.rmtree("/var/spool/smtpd")
        os.makedirs("/var/spool/smtpd", mode=0o711)
        subprocess.run(["mount", "--bind", base + "/spool",
                        "/var/spool/smtpd"], check=True)
        if not os.path.exists("/usr/libexec/opensmtpd"):
            os.symlink(tree + "/usr/libexec/opensmtpd",
                       "/usr/libexec/opensmtpd")
        ctl = tree + "/usr/sbin/smtpctl"
        shutil.chown(ctl, None, "opensmtpq")
        os.chmod(ctl, 0o2555)
        if not os.path.exists("/etc/mailname"):
            with open("/etc/mailname", "w") as f:
                f.write("bench.invalid\n")
        with open(base + "/smtpd.conf", "w") as f:
            f.write("listen on 127.0.0.1 port 2530 hostname bench.invalid\n"
                    "smtp limit max-mails 1000000\n"
                    "smtp limit max-rcpt 100000\n")
            # As made, it waits between two connections to one place, and
            # takes ten messages from its queue at a time.
            f.write("scheduler limit max-schedule 1000\n"
                    "scheduler limit max-msg-batch-size 1000\n")
            f.writelines("mta limit %s %d\n" % l for l in (
                ("conn-delay-route", 0), ("reconn-delay-route", 0),
                ("session-keepalive", 0)))
            for n, (d, a) in enumerate((targets or {}).items()):
                f.write("action a%d relay host smtp://%s:%d\nmatch from any "
                        "for domain %s action a%d\n" % (n, a, relay, d, n))
            f.write("action out relay host smtp://127.0.0.1:%d\n"
                    "match from any for any action out\n" % (relay or 1))
        self.child = subprocess.Popen(
            [tree + "/usr/sbin/smtpd", "-d", "-f", base + "/smtpd.conf"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.root = self.child.pid
        try:
            wait_port(self.port)
        except RuntimeError:
            self.stop()
            raise
        if not relay:
            subprocess.run([ctl, "pause", "mta"], check=True,
                           stdout=subprocess.DEVNULL)

    def stop(self):
        self.child.terminate()
        self.child.wait()
        subprocess.run(["umount", "-l", "/var/spool/smtpd"])


class Haraka:
    """Its queue, not its proxy: what a client may relay goes into it."""
    port = 2540
    PLUGIN = """'use strict'
const targets = %s
exports.hook_rcpt = (next, connection) => {
    connection.relaying = true
    next(OK)
}
exports.hook_get_mx = (next, hmail, domain) => {
    next(OK, { priority: 0, exchange: targets[domain] || '127.0.0.1',
        port: %d })
}
"""

    def __init__(self, directory, relay=0, targets=None):
        base = os.path.join(directory, "haraka")
        home = PEERS_DIR + "/haraka/node_modules/Haraka"
        for d in ("plugins", "queue"):
            os.makedirs(os.path.join(base, d))
        shutil.copytree(home + "/config", base + "/config")
        files = {"config/smtp.ini": "listen=127.0.0.1:2540\nnodes=cpus\n"
                 "daemonize=false\n",
                 "config/plugins": "bench\n", "config/me": "bench.invalid\n",
                 "config/loglevel": "ERROR\n",
                 "config/host_list": "",
                 "config/queue_dir": base + "/queue\n",
                 "config/outbound.ini": "concurrency_max=100\n"
                 "local_mx_ok=true\nenable_tls=false\n",
                 "plugins/bench.js": self.PLUGIN % (
                     json.dumps(targets or {}), relay or 1),
                 "package.json": "{}"}
        for name, text in files.items():
            with open(os.path.join(base, name), "w") as f:
                f.write(text)
        self.child = subprocess.Popen(
            ["node", home + "/bin/haraka", "-c", base], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.root = self.child.pid
        wait_port(self.port)

    def stop(self):
        self.child.terminate()
        try:
            self.child.wait(5)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


# ---- Where their spools lie -------------------------------------------------

def loop_device(args, measure):
    """An ext4 with a journal, in a file, mounted for this process only."""
    mount = tempfile.mkdtemp(prefix="halyard-bench.")
    image = mount + ".img"      # nobody else's, where two run at once
    device = None
    try:
        subprocess.run(["dd", "if=/dev/zero", "of=" + image, "bs=4M",
                        "count=1024", "oflag=direct", "status=none"],
                       check=True)
        device = subprocess.run(
            ["losetup", "--direct-io=on", "-f", "--show", image], check=True,
            capture_output=True, text=True).stdout.strip()
        subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
        subprocess.run(["mount", device, mount], check=True)
        os.chmod(mount, 0o755)
        return measure(args, mount)
    finally:
        subprocess.run(["umount", "-l", mount], stderr=subprocess.DEVNULL)
        if device:
            subprocess.run(["losetup", "-d", device])
        os.unlink(image)
        os.rmdir(mount)


def no_resolver():
    """There is none to be reached; who asks is told so at once."""
    name = os.path.join(tempfile.gettempdir(), "halyard-bench.resolv")
    with open(name, "w") as f:
        f.write("nameserver 127.0.0.1\nlookup file\n")
    subprocess.run(["mount", "--bind", name, "/etc/resolv.conf"],
                   stderr=subprocess.DEVNULL)


def on_a_disk(args, measure):
    """measure(args, folder), as root, in namespaces of our own."""
    subprocess.run([os.path.join(servers.HERE, "peers"), PEERS_DIR],
                   check=True)
    if not args.inside:
        return subprocess.run(["unshare", "-m", "-n", sys.executable,
                               *sys.argv, "--inside", "1500"]).returncode
    servers.enter(1500)
    no_resolver()
    return loop_device(args, measure)
