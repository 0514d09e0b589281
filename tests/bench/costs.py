"""What a number of messages cost a server: CPU by program, what its disk wrote
and how often it was flushed, memory."""

import os
import statistics
import subprocess

import servers


def by_program(root):
    """program -> ticks of what runs below root, and of children that ended."""
    found = {}
    for pid, ticks in servers.tree(root).items():
        try:
            with open("/proc/%d/comm" % pid) as f:
                name = f.read().strip()
        except OSError:
            continue
        found[name] = found.get(name, 0) + ticks
    return found


def device(directory):
    """(bytes written, flushes) of the device under a directory, so far."""
    subprocess.run(["sync", "-f", directory], check=True)
    dev = os.stat(directory).st_dev
    try:
        with open("/sys/dev/block/%d:%d/stat" % (os.major(dev),
                                                 os.minor(dev))) as f:
            v = [int(n) for n in f.read().split()]
    except OSError:                     # no device, as tmpfs
        return 0, 0
    return v[6] * 512, v[15] if len(v) > 15 else 0


class Costs:
    """From when it is made until of()."""

    def __init__(self, root, directory):
        self.root, self.directory = root, directory
        self.device = device(directory)
        self.ticks = by_program(root)

    def of(self, messages):
        ticks = by_program(self.root)
        wrote, flushed = device(self.directory)
        return {
            "cpu": {n: 1e6 * (t - self.ticks.get(n, 0)) / servers.TICK /
                    messages for n, t in ticks.items()},
            "bytes": (wrote - self.device[0]) / messages,
            "flushes": (flushed - self.device[1]) / messages,
            "mib": servers.pss_mib(self.root)}


def cpu(costs):
    """Medians of the programs that cost a microsecond or more."""
    names = {n for c in costs for n in c["cpu"]}
    mean = {n: statistics.median(c["cpu"].get(n, 0) for c in costs)
            for n in names}
    return ", ".join("%s %.0f" % (n, mean[n]) for n in
                     sorted(mean, key=mean.get, reverse=True)
                     if mean[n] >= 1) or "-"


HEAD = "CPU us by program | KiB written | flushes | MiB (PSS)"


def cells(costs):
    """A row's cells under HEAD, medians."""
    def mid(what):
        return statistics.median(c[what] for c in costs)
    return "%s | %.1f | %.3f | %.1f" % (cpu(costs), mid("bytes") / 1024,
                                        mid("flushes"), mid("mib"))


def table(title, first, rows):
    """rows: (the first columns' cells, costs of each round)"""
    print("\n### %s\n\n| %s | %s |\n|%s" % (
        title, " | ".join(first), HEAD, "---|" * (len(first) + 4)))
    for before, costs in rows:
        print("| %s | %s |" % (" | ".join(before), cells(costs)), flush=True)
