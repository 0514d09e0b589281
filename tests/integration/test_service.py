#!/usr/bin/env python3
"""What a service manager sees: systemd's unit, and what it is notified of."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile

from halyard import ROOT, Instance, main


def test_unit():
    """systemd takes the unit for a valid one, where it can be asked."""
    if shutil.which("systemd-analyze") is None:
        return "no systemd-analyze"
    unit = os.path.join(ROOT, "conf/service/halyard.service")
    p = subprocess.run(["systemd-analyze", "verify", unit], text=True,
                       capture_output=True, timeout=60, check=False)
    complaints = [l for l in p.stderr.splitlines() if "halyard" in l and
                  "is not executable" not in l and "man" not in l]
    assert not complaints, complaints
    return None


def test_notify():
    """READY=1 once mail is taken, STOPPING=1 before it ends."""
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(20)
            mta = Instance()
            os.environ["NOTIFY_SOCKET"] = path
            try:
                mta.start()
            finally:
                del os.environ["NOTIFY_SOCKET"]
            try:
                assert s.recv(100) == b"READY=1"
                with mta.client() as c:
                    c.hello()
                mta.ctl("reload")
                assert s.recv(100) == b"READY=1"
            finally:
                mta.stop()
            assert s.recv(100) == b"STOPPING=1"


if __name__ == "__main__":
    sys.exit(main(globals()))
