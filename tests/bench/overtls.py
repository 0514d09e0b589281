"""What is measured over TLS and from the dot to the 250: the tests' own client
with TLS, and each server with a certificate."""

import os
import re
import statistics
import subprocess
import sys

import durable
import servers

LOAD = os.path.join(servers.BUILD, "tests/tools/load")
FLOOR = os.path.join(servers.BUILD, "tests/tools/tls_floor")
# How a server is to be reached: in clear, TLS from the first byte, STARTTLS.
CLEAR, TLS, STARTTLS = (), ("--tls",), ("--starttls",)


# ---- The client -------------------------------------------------------------

def load(*args, seconds=120):
    """load's figures by their names."""
    p = subprocess.run([LOAD, *map(str, args)], text=True, timeout=seconds,
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, check=False)
    if p.returncode != 0:
        raise RuntimeError("load: " + (p.stderr or p.stdout).strip()[-300:])
    return figures(p.stdout)


def figures(line):
    return {k: int(v) for k, v in re.findall(r"(\w+) (\d+)", line)}


def address(server):
    return "127.0.0.1:%d" % server.port


def mail(server, how, sessions, size, count, rate=0):
    return load("mail", *how, "--sessions", sessions, "--count", count,
                "--size", size, *(("--rate", rate) if rate else ()),
                address(server))


def handshakes(server, how, resume, at_once, count):
    """STARTTLS is what load does when nothing is said."""
    return load("handshakes", *(() if how == STARTTLS else how),
                *(("--resume",) if resume else ()), "--at-once", at_once,
                "--count", count, address(server))


class Hold:
    """COUNT sessions that are idle inside the with statement."""

    def __init__(self, server, how, count):
        self.child = subprocess.Popen(
            [LOAD, "hold", *(() if how == STARTTLS else how), "--count",
             str(count), address(server)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE)
        self.held = figures(self.child.stdout.readline()).get("held", 0)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.child.stdin.close()
        self.alive = figures(self.child.stdout.readline()).get("alive", 0)
        self.child.wait()


# ---- The servers ------------------------------------------------------------

def certificate(top):
    """The files of a certificate, its key, and both: ECDSA, as most have."""
    cert, key, both = (os.path.join(top, n + ".pem")
                       for n in ("cert", "key", "both"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                    "-subj", "/CN=bench.invalid", "-keyout", key, "-out",
                    cert], check=True, stderr=subprocess.DEVNULL)
    with open(both, "w") as f:
        for name in (cert, key):
            with open(name) as part:
                f.write(part.read())
    return cert, key, both


class Floor(servers.Child):
    """OpenSSL and nothing else."""

    def __init__(self, files, how):
        servers.Child.__init__(self, [
            FLOOR, *(how if how == STARTTLS else ()), "127.0.0.1:2570",
            *files[:2]], 2570)


def halyard(kind, directory, files, how, **more):
    params = {} if how == CLEAR else {
        "smtpd_tls_cert_file": files[0], "smtpd_tls_key_file": files[1],
        "smtpd_tls_wrapper": "yes" if how == TLS else "no"}
    return kind(directory, params={**params, **more})


def postfix(kind, directory, files, how):
    """Tickets, and so tlsmgr, as most have it."""
    class Over(kind):
        if how != CLEAR:
            more = kind.more + "smtpd_tls_cert_file = %s\n" \
                "smtpd_tls_key_file = %s\nsmtpd_tls_security_level = may\n" \
                "smtpd_tls_session_cache_database = btree:" \
                "${data_directory}/scache\n" % files[:2]
            SERVICES = kind.SERVICES + (
                "tlsmgr unix - - n 1000? 1 tlsmgr",)
        if how == TLS:
            first, rest = kind.row.split("\n", 1)
            row = first + "\n  -o smtpd_tls_wrappermode=yes\n" + rest
    return Over(directory)


class Haproxy(servers.Haproxy):
    """It ends TLS and hands bytes on."""

    def __init__(self, directory, files, how):
        self.bind = " ssl crt " + files[2] if how == TLS else ""
        servers.Haproxy.__init__(self, directory)


def inline(files, how):
    """name -> maker; the sink is at servers.SINK_PORT."""
    found = {"direct": servers.Direct if how == CLEAR else
             lambda d: Floor(files, how)}
    if servers.installed("haproxy") and how != STARTTLS:
        found["haproxy"] = lambda d: Haproxy(d, files, how)
    if servers.installed("postfix"):
        found["postfix"] = lambda d: postfix(servers.Postfix, d, files, how)
    found["halyard"] = lambda d: halyard(servers.Halyard, d, files, how)
    return found


def accept(files, how):
    found = {"direct": inline(files, how)["direct"]}
    if servers.installed("postfix"):
        found["postfix"] = lambda d: postfix(durable.PostfixHold, d, files,
                                             how)
    found["halyard"] = lambda d: halyard(durable.Halyard, d, files, how)
    found["halyard, hold"] = lambda d: halyard(durable.Held, d, files, how)
    return found


# ---- Rounds -----------------------------------------------------------------

def rounds(args, top, makers, measure):
    """name -> what measure(server, last) returned, a round each: rounds are
    interleaved and their order rotates."""
    names = [n for n in makers if not args.peers or n in
             args.peers.split(";")]
    samples = {n: [] for n in names}
    for r in range(args.rounds):
        for n in names[r % len(names):] + names[:r % len(names)]:
            directory = os.path.join(top, "%s.%d" % (n.replace(", ", "-"), r))
            os.makedirs(directory)
            os.chmod(directory, 0o755)
            server = makers[n](directory)
            try:
                samples[n].append(measure(server, samples[n][-1] if samples[n]
                                          else None))
            finally:
                server.stop()
                subprocess.run(["rm", "-rf", directory], check=False)
            print(".", end="", file=sys.stderr, flush=True)
    print("", file=sys.stderr)
    return samples


def mailing(how, sessions, size, seconds, at=0):
    """A measure: load's figures, and CPU us a message.  at: messages a second;
    0: as fast as they are taken."""
    def measure(server, last):
        warm = mail(server, how, min(sessions, 10), size, max(200, sessions))
        rate = at or (last["rate"] if last else warm["rate"])
        count = int(max(rate * seconds, sessions * 5, 500))
        before = servers.cpu_seconds(server.root)
        got = mail(server, how, sessions, size, count, at)
        got["cpu"] = 1e6 * (servers.cpu_seconds(server.root) - before) / count
        return got
    return measure


def median(samples, what):
    return statistics.median(s[what] for s in samples)


def spread(samples, what):
    values = [s[what] for s in samples]
    return "%.0f [%.0f-%.0f]" % (statistics.median(values), min(values),
                                 max(values))


def times(samples, name, what, base="postfix"):
    """How many times the base's."""
    if base not in samples:
        return "-"
    return "%.2f" % (median(samples[name], what) /
                     max(median(samples[base], what), 1e-9))


def head(title, columns):
    print("\n### %s\n\n| %s |\n|%s" % (title, " | ".join(columns),
                                       "---|" * len(columns)), flush=True)


def row(*cells):
    print("| %s |" % " | ".join(map(str, cells)), flush=True)
