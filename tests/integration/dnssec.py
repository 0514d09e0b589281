"""A name server on loopback with a zone that it signs (RFC 4034, algorithm
13), by openssl."""

import base64
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time

from halyard import free_port

A, NS, SOA, TXT, AAAA, DS, RRSIG, NSEC, DNSKEY = 1, 2, 6, 16, 28, 43, 46, 47, 48


def wire_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.lower().encode()
    return out + b"\0"


class Key:
    def __init__(self, directory):
        self.path = os.path.join(directory, "zone.key")
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1",
                        "-genkey", "-noout", "-out", self.path], check=True,
                       capture_output=True)
        der = subprocess.run(["openssl", "ec", "-in", self.path, "-pubout",
                              "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.rdata = struct.pack("!HBB", 257, 3, 13) + der[-64:]
        total = sum(b << 8 if i % 2 == 0 else b
                    for i, b in enumerate(self.rdata))
        self.tag = (total + (total >> 16 & 0xffff)) & 0xffff

    def sign(self, data):
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign",
                              self.path], input=data, check=True,
                             capture_output=True).stdout
        out, at = b"", 2
        for _ in range(2):                      # two INTEGERs: r, s
            n = der[at + 1]
            out += der[at + 2:at + 2 + n].lstrip(b"\0").rjust(32, b"\0")
            at += 2 + n
        return out


class SignedZone:
    """zone/NAME -> A addresses; "bogus.*" has a signature that is another's,
    names outside the zone are answered without any.  "big.*" is answered over
    TCP alone."""

    def __init__(self, zone, hosts, unsigned=()):
        self.zone = zone
        self.hosts = hosts
        self.unsigned = dict(unsigned)
        self.dir = tempfile.mkdtemp(prefix="halyard-dns.")
        self.key = Key(self.dir)
        self.asked = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.port = free_port()
        self.sock.bind(("127.0.0.1", self.port))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen(16)
        threading.Thread(target=self.serve, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    def anchor(self):
        """As dns_trust_anchor wants it, in a file."""
        path = os.path.join(self.dir, "anchor")
        with open(path, "w") as f:
            f.write("; the key of the zone\n%s. 3600 IN DNSKEY 257 3 13 %s\n"
                    % (self.zone, base64.b64encode(self.key.rdata[4:])
                       .decode()))
        os.chmod(self.dir, 0o755)
        return path

    def rrset(self, name, kind, rdatas, lie=False):
        """Records and their signature, ready for an answer."""
        owner = wire_name(name)
        now = int(time.time())
        labels = len(name.rstrip(".").split("."))
        head = struct.pack("!HBBIIIH", kind, 13, labels, 60, now + 86400,
                           now - 3600, self.key.tag) + wire_name(self.zone)
        rrs = b"".join(owner + struct.pack("!HHIH", kind, 1, 60, len(r)) + r
                       for r in sorted(rdatas))
        signature = self.key.sign(head + (b"lie" if lie else b"") + rrs)
        sig = head + signature
        return rrs + owner + struct.pack("!HHIH", RRSIG, 1, 60, len(sig)) + \
            sig, len(rdatas) + 1

    def answer(self, name, kind):
        if name == self.zone and kind == DNSKEY:
            return self.rrset(name, DNSKEY, [self.key.rdata])
        if name in self.hosts and kind == A:
            return self.rrset(name, A, [socket.inet_aton(a)
                                        for a in self.hosts[name]],
                              name.startswith("bogus."))
        if name in self.unsigned and kind == A:
            return b"".join(
                wire_name(name) + struct.pack("!HHIH", A, 1, 60, 4) +
                socket.inet_aton(a) for a in self.unsigned[name]), \
                len(self.unsigned[name])
        return b"", 0

    def serve(self):
        while True:
            try:
                query, peer = self.sock.recvfrom(4096)
            except OSError:
                return
            self.sock.sendto(self.reply(query, False), peer)

    def serve_tcp(self):
        while True:
            try:
                sock, _ = self.tcp.accept()
            except OSError:
                return
            with sock, sock.makefile("rb") as f:
                while len(head := f.read(2)) == 2:
                    out = self.reply(f.read(int.from_bytes(head, "big")), True)
                    sock.sendall(len(out).to_bytes(2, "big") + out)

    def reply(self, query, tcp):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name = ".".join(labels).lower()
        kind = struct.unpack("!H", query[at + 1:at + 3])[0]
        self.asked.append((name, kind))
        cut = name.startswith("big.") and not tcp
        records, count = (b"", 0) if cut else self.answer(name, kind)
        edns = b"\0" + struct.pack("!HHIH", 41, 4096, 0x8000, 0)
        return query[:2] + struct.pack(
            "!HHHHH", 0x8380 if cut else 0x8180, 1, count, 0, 1) + \
            query[12:at + 5] + records + edns

    def close(self):
        self.sock.close()
        self.tcp.close()
        for name in os.listdir(self.dir):
            os.unlink(os.path.join(self.dir, name))
        os.rmdir(self.dir)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()
