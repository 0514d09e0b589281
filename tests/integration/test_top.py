#!/usr/bin/env python3
"""mtactl top: what is busy, for programs, for a file and on a terminal."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from halyard import MTACTL, main, wait_for
from test_policies import TENANTS, Hosts, Mta

POLICY = "policy t tenantid -o concurrency=1\n"
TOP = ("top", "--interval", "200ms")


def busy(mta):
    """Two tenants with a connection each, behind which others wait."""
    mta.to(6, "a", tenant="one")
    mta.to(3, "b", first=6, tenant="two")


def test_json():
    with Hosts(2, hold=0.5) as h, Mta(
            h, {"a": [(10, 0)], "b": [(10, 1)]}, POLICY,
            hook=TENANTS) as mta:
        busy(mta)
        p = subprocess.Popen([MTACTL, "-c", mta.conf, *TOP, "--json"],
                             stdout=subprocess.PIPE, text=True)
        seen = [json.loads(p.stdout.readline())]
        while seen[-1]["queue"]["ready"] + seen[-1]["queue"]["sending"] > 0:
            seen.append(json.loads(p.stdout.readline()))
        p.send_signal(signal.SIGTERM)
        assert p.wait(10) == -signal.SIGTERM
        p.stdout.close()
        assert all(s["notes"] == [] for s in seen), seen
        names = [[d["name"] for d in s["destinations"]] for s in seen]
        assert ["a.example", "b.example"] in names, names
        assert any({t["name"] for t in s["tenants"]} == {"one", "two"}
                   for s in seen), seen
        assert any(d["now"] > 1 and d["entries"] >= d["now"]
                   for s in seen for d in s["destinations"]), seen
        waits = [l for s in seen for l in s["limiters"] if l["waiting"] > 0]
        assert {l["limiter"].split()[0] for l in waits} == {"t"}, seen
        # What is delivered between two samples is in one of them.
        done = sum(s["rates"]["delivered"] * s["seconds"] for s in seen)
        assert 0 < done < 9.5, done


def test_lines():
    with Hosts(1) as h, Mta(h, {"a": [(10, 0)]}, POLICY) as mta:
        p = mta.ctl(*TOP, "--once")
        lines = p.stdout.split("\n")
        assert len(lines) <= 24 and max(map(len, lines)) <= 80, p.stdout
        assert "queue      0 ready, 0 sending" in p.stdout, p.stdout
        assert "\033" not in p.stdout
        assert mta.ctl("top", "--interval", "1", "x",
                       check=False).returncode == 2
        p = mta.ctl("top", "--interval", "1ms", check=False)
        assert p.returncode == 2 and "100ms" in p.stderr, p
        mta.ctl("stop")
        p = mta.ctl(*TOP, check=False)
        assert p.returncode == 3 and p.stdout == "", p


class Screen:
    """mtactl top on a terminal of 80x24."""

    def __init__(self, mta):
        self.fd, self.tty = pty.openpty()
        fcntl.ioctl(self.tty, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.tty)
        self.text = b""

        def own():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.p = subprocess.Popen(
            [MTACTL, "-c", mta.conf, *TOP], stdin=self.tty,
            stdout=self.tty, stderr=self.tty, preexec_fn=own)

    def read(self):
        while select.select([self.fd], [], [], 0)[0]:
            self.text += os.read(self.fd, 65536)
        return self.text

    def until(self, text):
        wait_for(lambda: text in self.read(), text=text)

    def end(self):
        """Its status; the terminal is what it was."""
        wait_for(lambda: self.read() and self.p.poll() is not None,
                 text="the end")
        time.sleep(0.05)
        assert self.read().endswith(b"\033[?25h\033[?1049l"), self.text
        assert termios.tcgetattr(self.tty) == self.before
        os.close(self.fd)
        os.close(self.tty)
        return self.p.returncode


def test_terminal():
    with Hosts(1) as h, Mta(h, {"a": [(10, 0)]}, POLICY) as mta:
        for key, code in ((b"q", 0), (b"\x03", -signal.SIGINT)):
            s = Screen(mta)
            # Drawn more than once, from the same corner.
            s.until(b"\033[?1049h")
            wait_for(lambda: s.read().count(b"\033[H") > 2, text="frames")
            frame = s.text.split(b"\033[H")[1]
            assert frame.count(b"\n") <= 23, frame
            assert b"LIMITER" in frame
            # Not echoed, and not obeyed.
            os.write(s.fd, b"x\x1a")
            os.write(s.fd, key)
            assert s.end() == code


def test_terminal_gone():
    """The instance ends meanwhile: it is said on the screen as it was."""
    with Hosts(1) as h, Mta(h, {"a": [(10, 0)]}, POLICY) as mta:
        s = Screen(mta)
        s.until(b"LIMITER")
        mta.ctl("stop")
        wait_for(lambda: s.read() and s.p.poll() is not None, text="end")
        s.read()
        assert s.p.returncode == 3, s.p.returncode
        left = s.text.split(b"\033[?25h\033[?1049l")
        assert len(left) == 2 and b"not running" in left[1], left
        assert termios.tcgetattr(s.tty) == s.before
        os.close(s.fd)
        os.close(s.tty)


if __name__ == "__main__":
    main(globals())
