"""The grammar of notifications, read strictly: lines of mail (RFC 5322), parts
(RFC 2046, 6522), fields of message/delivery-status (RFC 3464) and of its form
with UTF-8 (RFC 6533).  check(message) raises AssertionError."""

import quopri
import re

TOKEN = re.compile(r"[!#$%&'*+\-.^_`{|}~0-9A-Za-z]+\Z")
ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~.\u0080-\U0010ffff]+"
ADDRESS = re.compile(r'(?:%s|"(?:[^"\\]|\\.)*")@(?:%s|\[[^\]]+\])\Z'
                     % (ATOM, ATOM))
DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), [ 0-9]?\d (Jan|Feb|Mar|Apr|"
                  r"May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d "
                  r"[+-]\d{4}\Z")
STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\Z")
ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
# Which fields there are (RFC 3464 2.2, 2.3), and how often.
MESSAGE = {"original-envelope-id": "text", "reporting-mta": "mta",
           "dsn-gateway": "mta", "received-from-mta": "mta",
           "arrival-date": "date"}
RECIPIENT = {"original-recipient": "address", "final-recipient": "address",
             "action": "action", "status": "status", "remote-mta": "mta",
             "diagnostic-code": "typed", "last-attempt-date": "date",
             "final-log-id": "text", "will-retry-until": "date"}
NEEDED = ("final-recipient", "action", "status")
ONCE = ("from", "to", "subject", "date", "message-id", "in-reply-to",
        "references", "mime-version", "content-type", "auto-submitted")


def lines(data):
    """Of bytes that end in CRLF; no line that mail may not have."""
    assert data.endswith(b"\r\n"), data[-40:]
    found = data[:-2].split(b"\r\n")
    for line in found:
        assert b"\r" not in line and b"\n" not in line and \
            b"\0" not in line, line
        assert len(line) <= 998, (len(line), line[:80])
    return found


def header(rows):
    """Fields up to the empty line: (name, unfolded value); the rest."""
    found = []
    for i, row in enumerate(rows):
        if row == b"":
            return found, rows[i + 1:]
        if row[:1] in (b" ", b"\t"):
            assert found and row.strip(), row
            found[-1][1] += b" " + row.strip()
            continue
        name, colon, value = row.partition(b":")
        assert colon and re.match(rb"[!-9;-~]+\Z", name), row
        found.append([name.decode(), value.strip()])
    return found, None


def parameter(value, name):
    m = re.search(rb';\s*%s=(?:"([^"]*)"|([^;\s]+))' % name, value)
    return (m.group(1) or m.group(2)) if m else None


def multipart(rows, boundary):
    """The parts' rows; nothing may follow the end."""
    parts, now = [], None
    for i, row in enumerate(rows):
        if row == b"--" + boundary + b"--":
            assert rows[i + 1:] in ([], [b""]), rows[i + 1:]
            parts.append(now)
            return parts
        if row == b"--" + boundary:
            if now is not None:
                parts.append(now)
            now = []
        elif now is not None:
            assert not row.startswith(b"--" + boundary), row
            now.append(row)
    raise AssertionError("no end of the parts")


class Part:
    def __init__(self, rows):
        assert rows and rows[-1] == b"" or True
        fields, body = header(rows)
        assert body is not None, rows
        self.fields = {n.lower(): v for n, v in fields}
        kind = self.fields.get("content-type", b"text/plain")
        self.type = kind.split(b";")[0].strip().decode().lower()
        self.encoding = self.fields.get("content-transfer-encoding",
                                        b"7bit").decode().lower()
        data = b"\r\n".join(body)
        if self.encoding == "quoted-printable":
            for row in body:
                assert len(row) <= 76 and re.match(rb"[\t -~]*\Z", row), row
                assert not row.endswith((b" ", b"\t")), row
            data = quopri.decodestring(data)
        elif self.encoding == "7bit":
            assert all(b < 128 for b in data), data
        else:
            assert self.encoding == "8bit", self.encoding
        self.data = data


def typed(value):
    kind, semicolon, rest = value.partition(";")
    assert semicolon and TOKEN.match(kind.strip()), value
    assert rest.strip(), value
    return kind.strip().lower(), rest.strip()


def check_value(kind, value, utf8):
    if not utf8:
        assert value.isascii(), value
    assert value and value.isprintable(), repr(value)
    if kind == "date":
        assert DATE.match(value), value
    elif kind == "status":
        assert STATUS.match(value), value
    elif kind == "action":
        assert value in ACTIONS, value
    elif kind == "address":
        how, address = typed(value)
        assert how != "utf-8" or utf8, value
        if how in ("rfc822", "utf-8"):
            assert ADDRESS.match(address), value
    elif kind in ("mta", "typed"):
        typed(value)


def check_block(rows, table, utf8):
    fields, rest = header(rows)
    assert rest is None, rows
    seen = {}
    for name, value in fields:
        name, value = name.lower(), value.decode()
        assert name not in seen, "twice: " + name
        seen[name] = value
        check_value(table.get(name, "text"), value, utf8)
    return seen


def check_status(part):
    """The fields of the message, and of each recipient."""
    utf8 = part.type == "message/global-delivery-status"
    data = part.data
    assert data.endswith(b"\r\n"), data
    blocks, now = [], []
    for row in data[:-2].split(b"\r\n"):
        if row == b"":
            blocks.append(now)
            now = []
        else:
            now.append(row)
    if now:
        blocks.append(now)
    assert len(blocks) >= 2 and all(blocks), blocks
    whole = check_block(blocks[0], MESSAGE, utf8)
    assert "reporting-mta" in whole, whole
    each = [check_block(b, RECIPIENT, utf8) for b in blocks[1:]]
    for one in each:
        for name in NEEDED:
            assert name in one, (name, one)
        assert "will-retry-until" not in one or \
            one["action"] == "delayed", one
    return whole, each


def check(message):
    """Its fields, those of its status, and its parts."""
    fields, body = header(lines(message))
    names = [n.lower() for n, _ in fields]
    for name in ONCE:
        assert names.count(name) <= 1, (name, fields)
    for name in ("from", "to", "subject", "date", "message-id",
                 "mime-version", "content-type"):
        assert name in names, (name, fields)
    top = {n.lower(): v for n, v in fields}
    kind = top["content-type"]
    assert kind.startswith(b"multipart/report;"), kind
    assert parameter(kind, b"report-type") == b"delivery-status", kind
    parts = [Part(p) for p in multipart(body, parameter(kind, b"boundary"))]
    assert len(parts) in (2, 3), parts
    eight = top.get("content-transfer-encoding", b"7bit")
    assert eight in (b"7bit", b"8bit"), eight
    if eight == b"7bit":
        assert all(p.encoding != "8bit" for p in parts), parts
    assert parts[1].type in ("message/delivery-status",
                             "message/global-delivery-status"), parts[1].type
    whole, each = check_status(parts[1])
    return top, whole, each, parts
