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

A, NS, CNAME, SOA, MX, TXT, AAAA = 1, 2, 5, 6, 15, 16, 28
DS, RRSIG, NSEC, DNSKEY, TLSA = 43, 46, 47, 48, 52


def wire_name(name):
    out = b""
    for label in name.rstrip(".").split("."):
        if label:
            out += bytes([len(label)]) + label.lower().encode()
    return out + b"\0"


def text_name(wire):
    labels, at = [], 0
    while wire[at]:
        labels.append(wire[at + 1:at + 1 + wire[at]].decode())
        at += 1 + wire[at]
    return ".".join(labels)


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
    TCP alone.  `more` is (name, type) -> data of records, of those in `lies`
    the signature is another's, too.  What is not there is proved not to be."""

    def __init__(self, zone, hosts, unsigned=(), more=(), lies=()):
        self.zone = zone
        self.hosts = hosts
        self.unsigned = dict(unsigned)
        self.more = dict(more)
        self.lies = set(lies)
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
        if not name.endswith(self.zone):
            return rrs, len(rdatas)
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
        return self.answer_more(name, kind)

    def answer_more(self, name, kind):
        alias = self.more.get((name, CNAME))
        found = self.more.get((name, kind), alias)
        if found is None:
            return b"", 0
        if found is not alias or kind == CNAME:
            return self.rrset(name, kind, found, (name, kind) in self.lies)
        rrs, count = self.rrset(name, CNAME, found,
                                (name, CNAME) in self.lies)
        more, n = self.answer(text_name(found[0]), kind)
        return rrs + more, count + n

    def denial(self, name):
        """Such a name has these types alone, and nothing lies beneath it."""
        kinds = {RRSIG, NSEC} | {k for n, k in self.more if n == name}
        kinds |= {A} if name in self.hosts else set()
        bits = bytearray(max(kinds) // 8 + 1)
        for k in kinds:
            bits[k // 8] |= 0x80 >> k % 8
        soa = wire_name("ns." + self.zone) * 2 + struct.pack(
            "!IIIII", 1, 60, 60, 60, 60)
        a, n = self.rrset(self.zone, SOA, [soa])
        b, m = self.rrset(name, NSEC, [b"\1\0" + wire_name(name) + bytes(
            [0, len(bits)]) + bytes(bits)])
        return a + b, n + m

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
        last = self.last_name(name, kind)
        denied, denials = self.denial(last) if not cut and \
            last.endswith(self.zone) and not self.there(last, kind) else \
            (b"", 0)
        edns = b"\0" + struct.pack("!HHIH", 41, 4096, 0x8000, 0)
        return query[:2] + struct.pack(
            "!HHHHH", 0x8380 if cut else 0x8180, 1, count, denials, 1) + \
            query[12:at + 5] + records + denied + edns

    def last_name(self, name, kind):
        while kind != CNAME and (name, CNAME) in self.more:
            name = text_name(self.more[name, CNAME][0])
        return name

    def there(self, name, kind):
        return (kind == A and name in self.hosts) or \
            (name, kind) in self.more or \
            (name == self.zone and kind == DNSKEY)

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
