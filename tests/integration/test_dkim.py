#!/usr/bin/env python3
"""Signatures of DKIM as other people's programs read them: dkimpy and
OpenDKIM verify them."""

import base64
import os
import random
import shutil
import subprocess
import sys
import tempfile

from halyard import BUILD, main

SIGN = os.path.join(BUILD, "tests", "tools", "dkim_sign")
OPENDKIM = shutil.which("opendkim", path="/usr/sbin:/usr/local/sbin:"
                        + os.environ["PATH"])
# For the Python that has dkimpy, which may be another one than ours.
VERIFY = '''
import base64, dkim, sys
record = sys.argv[1].encode()
names = []
def dns(name, timeout=5):
    names.append(name)
    return record
for line in sys.stdin.buffer:
    message = base64.b64decode(line)
    try:
        print(dkim.verify(message, dnsfunc=dns), names[-1:], flush=True)
    except Exception as e:
        print(repr(e), flush=True)
'''
MESSAGES = [
    b"From: a@d.example\r\nTo: b@e.example\r\nSubject: x\r\n\r\nHello.\r\n",
    b"From: a@d.example\r\n\r\n",
    b"From: a@d.example\r\n\r\n\r\n\r\n",
    b"From:\ta@d.example \r\n (a\r\n  b)\r\nTo: x,\r\n\ty\r\nTo: z\r\n"
    b"X: 1\r\nX: 2\r\n\r\n a \t b \r\n\r\n\t \r\n\r\n",
    b"Received: x\r\nFROM: a@d.example\r\nsubject:  \r\n\r\nno end",
    b"From: a@d.example\r\nSubject: =?utf-8?q?=C3=BC?=\r\n\r\n"
    + bytes(range(14, 256)) + b"\r\n",
    b"From: a@d.example\r\n\r\n" + b"x" * 9000 + b"\r\n" * 3000 + b"y\r\n",
]


def python():
    for path in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(path) and subprocess.run(
                [path, "-c", "import dkim"], capture_output=True).returncode \
                == 0:
            return path
    return None


class Key:
    """A private key in a file, and its record."""

    def __init__(self, folder, kind):
        self.path = os.path.join(folder, kind)
        size = ["-pkeyopt", "rsa_keygen_bits:2048"] if kind == "RSA" else []
        subprocess.run(["openssl", "genpkey", "-algorithm", kind, "-out",
                        self.path] + size, check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.path, "-pubout",
                              "-outform", "DER"], check=True,
                             capture_output=True).stdout
        if kind == "RSA":
            self.record = "v=DKIM1; k=rsa; p="
        else:
            self.record, der = "v=DKIM1; k=ed25519; p=", der[-32:]
        self.record += base64.b64encode(der).decode()

    def sign(self, message, *options):
        p = subprocess.run([SIGN, self.path, "sel", "d.example", *options],
                           input=message, capture_output=True)
        assert p.returncode == 0, p.stderr
        assert p.stdout.endswith(message)
        field = p.stdout[:-len(message)]
        lines = field.split(b"\r\n")
        assert lines.pop() == b"" and all(len(x) <= 78 for x in lines), field
        return p.stdout

    def verify(self, messages):
        p = subprocess.run([python(), "-c", VERIFY, self.record],
                           input=b"".join(base64.b64encode(m) + b"\n"
                                          for m in messages),
                           capture_output=True)
        said = p.stdout.decode().splitlines()
        assert len(said) == len(messages), p
        return said


def variants():
    for header in ("relaxed", "simple"):
        for body in ("relaxed", "simple"):
            yield ["canonicalization_header=" + header,
                   "canonicalization_body=" + body]


def dkimpy(kind):
    if python() is None:
        return "there is no dkimpy"
    with tempfile.TemporaryDirectory() as folder:
        key = Key(folder, kind)
        signed = [key.sign(m, *v, "timestamp=true",
                           "expiration_relative=3600",
                           "identity=x@sub.d.example",
                           "additional_headers=X:Message-ID",
                           "oversign_headers=From:To:Subject")
                  for m in MESSAGES for v in variants()]
        good = "True [b'sel._domainkey.d.example.']"
        said = key.verify(signed)
        if kind != "RSA" and any("nacl" in s.lower() for s in said):
            return "dkimpy has no PyNaCl"
        for m, s in zip(signed, said):
            assert s == good, (s, m)
        bad = [m.replace(b"a@d.example", b"c@d.example") for m in signed]
        bad += [m.replace(b"\r\nFROM:", b"\r\nTo: new\r\nFROM:")
                for m in signed if b"\r\nFROM:" in m]
        for m, s in zip(bad, key.verify(bad)):
            assert s.startswith("False"), (s, m)
    return None


def test_dkimpy_rsa():
    return dkimpy("RSA")


def test_dkimpy_ed25519():
    return dkimpy("ED25519")


def test_messages_of_chance():
    """Bytes that canonical forms care for, in any order."""
    if python() is None:
        return "there is no dkimpy"
    chance = random.Random(11)
    pieces = [b" ", b"\t", b"\r\n", b"x", b"yz", b"\r\n\r\n", b" \r\n"]
    with tempfile.TemporaryDirectory() as folder:
        key = Key(folder, "RSA")
        signed = []
        for i in range(60):
            body = b"".join(chance.choice(pieces)
                            for _ in range(chance.randrange(20)))
            subject = b"".join(chance.choice([b" ", b"\t", b"\r\n ", b"w"])
                               for _ in range(chance.randrange(9)))
            signed.append(key.sign(
                b"From: a@d.example\r\nSubject:" + subject + b"z\r\n\r\n"
                + body + b"\r\n", *list(variants())[i % 4]))
        for m, s in zip(signed, key.verify(signed)):
            assert s.startswith("True"), (s, m)
    return None


def test_opendkim():
    if OPENDKIM is None:
        return "there is no opendkim"
    with tempfile.TemporaryDirectory() as folder:
        def path(name):
            return os.path.join(folder, name)

        key = Key(folder, "RSA")
        with open(path("keys"), "w") as f:
            f.write("sel._domainkey.d.example %s\n" % key.record)
        with open(path("conf"), "w") as f:
            f.write("Mode v\nSyslog no\nRequireSafeKeys no\n"
                    "TestPublicKeys %s\n" % path("keys"))
        # What has no end, or no date, is no message to it.
        for message in (m for m in MESSAGES if m.endswith(b"\r\n")):
            message = b"Date: Fri, 11 Jul 2003 21:00:37 -0700\r\n" + message
            for v in variants():
                # A milter is told of values without what stands before.
                if b"From:\t" in message and "header=simple" in v[0]:
                    continue
                with open(path("m"), "wb") as f:
                    f.write(key.sign(message, *v))
                p = subprocess.run([OPENDKIM, "-x", path("conf"), "-t",
                                    path("m")], capture_output=True)
                assert b"succeeded" in p.stdout + p.stderr, (p, v, message)
    return None


if __name__ == "__main__":
    main(globals())
