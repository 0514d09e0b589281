"""Hosts that mean harm to whoever brings them mail, and what a client may make
of each at worst; for deliveries in-line and out of the queue."""

import collections
import socket
import struct
import time

from halyard import SLOW, Backend, Gone

DEADLINE = 6 * SLOW             # seconds, of what hangs
CHUNKING = Backend.EXTS + ("CHUNKING",)
STATES = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "EOD")
HELLO = (b"EHLO", b"LHLO")
TEMPORARY = range(400, 500)
REFUSED = range(400, 600)

# name, backend, codes its clients may get, "tls" option of send()
Kind = collections.namedtuple("Kind", "name backend codes tls")


def kind(name, replies=None, exts=Backend.EXTS, codes=TEMPORARY,
         tls="disabled", handler=None):
    replies = dict(replies or {})
    replies.setdefault("STARTTLS", b"454 4.7.0 no\r\n")
    return Kind(name, Backend(exts, replies, handler), codes, tls)


# ---- What they do -----------------------------------------------------------

def hang(conv, line):
    """Says nothing until the other side leaves."""
    while conv.sock.recv(65536):
        pass
    raise Gone()


def reset(conv, line):
    conv.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack("ii", 1, 0))
    conv.file.close()
    conv.sock.close()
    raise Gone()


def bye(conv, line):
    conv.send(b"421 4.3.2 going down\r\n")
    raise Gone()


def dribble(conv):
    """Every reply, one byte a second."""
    def slowly(data):
        for i in range(len(data)):
            conv.sock.sendall(data[i:i + 1])
            time.sleep(1)

    conv.send = slowly
    conv.run()


def dribble_end(conv, line):
    for byte in b"250 2.0.0 taken, one day":
        conv.send(bytes([byte]))
        time.sleep(1)
    raise Gone()


def drops_pipelined(conv):
    """Offers PIPELINING, takes one command of what came and forgets the
    rest."""
    conv.send(b"220 liar\r\n")
    while True:
        data = conv.sock.recv(65536)
        if not data:
            raise Gone()
        verb = data[:4].upper()
        conv.send(b"250-liar\r\n250 PIPELINING\r\n" if verb in HELLO
                  else b"354 go on\r\n" if verb == b"DATA"
                  else b"250 2.0.0 ok\r\n")


def takes_chunks_for_commands(conv):
    """Offers CHUNKING, refuses BDAT and reads the message as commands."""
    conv.send(b"220 liar\r\n")
    while True:
        verb = conv.line()[:4].upper()
        conv.send(b"250-liar\r\n250-PIPELINING\r\n250 CHUNKING\r\n"
                  if verb in HELLO else b"250 2.0.0 ok\r\n"
                  if verb in (b"MAIL", b"RCPT", b"RSET")
                  else b"502 5.5.1 what?\r\n")


def closes(conv, line):
    raise Gone()


def speaks_first(conv):
    """All the replies of a delivery before the first command."""
    conv.send(b"220 hi\r\n250 hi\r\n250 ok\r\n250 ok\r\n354 go\r\n"
              b"250 taken\r\n")
    hang(conv, b"")


def too_early(conv, line):
    """The reply to the end behind that to DATA, with nothing read of it."""
    conv.send(b"354 go on\r\n250 2.0.0 taken\r\n")
    hang(conv, line)


def at_once(conv, line):
    """MAIL, RCPT, DATA and the end are answered when MAIL is there."""
    conv.send(b"250 ok\r\n250 ok\r\n354 go\r\n250 2.0.0 taken\r\n")
    hang(conv, line)


def refuses_chunks(conv, line):
    return b"502 5.5.1 no BDAT here\r\n"


def endless(conv, line):
    while True:
        conv.send(b"250-and more\r\n" * 1000)


def long_line(conv, line):
    while True:
        conv.send(b"250 " + b"x" * 65536)


def endless_refusal(conv, line):
    while True:
        conv.send(b"450-and more\r\n" * 70000)


def babbles(conv, line):
    """Answers what nobody asked."""
    return b"250 2.0.0 ok\r\n" * 50


def noise(conv, line):
    return bytes(range(256)) * 8


def no_handshake(conv, line):
    conv.send(b"220 2.0.0 go\r\n")
    hang(conv, line)


def broken_handshake(conv, line):
    conv.send(b"220 2.0.0 go\r\n")
    conv.sock.recv(1)
    conv.send(b"\x15\x03\x03\x00\x02\x02\x28 this is not TLS\r\n")
    raise Gone()


def injects(conv, line):
    """What was put behind the 220 shall pass for what came through TLS."""
    conv.send(b"220 2.0.0 go\r\n250-evil\r\n250 PIPELINING\r\n")
    hang(conv, line)


def refuses_tls(conv, line):
    return b"454 4.7.0 not now\r\n"


TLS = Backend.EXTS + ("STARTTLS",)


def silent_kinds():
    """Those that are given up at the deadline, not before."""
    return [kind("hang at " + s, {s: hang}) for s in STATES] + [
        kind("hang at BDAT", {"BDAT": hang, "EOD": hang}, CHUNKING),
        kind("dribble", handler=dribble),
        kind("dribble at the end", {"EOD": dribble_end}),
        kind("drops pipelined commands", handler=drops_pipelined),
        kind("STARTTLS and silence", {"STARTTLS": no_handshake}, TLS,
             tls="require")]


def quick_kinds():
    return [kind("reset at " + s, {s: reset}) for s in STATES] + [
        kind("closes at " + s, {s: closes}) for s in STATES] + [
        kind("421 at " + s, {s: bye}) for s in STATES] + [
        kind("421 at BDAT", {"EOD": bye}, CHUNKING),
        kind("refuses BDAT", {"BDAT": refuses_chunks,
                              "EOD": refuses_chunks}, CHUNKING, REFUSED),
        kind("reads BDAT as commands", handler=takes_chunks_for_commands,
             codes=REFUSED),
        kind("SIZE too small", exts=["PIPELINING", "SIZE 10"],
             codes=REFUSED),
        kind("250 to DATA", {"DATA": b"250 2.0.0 sure\r\n"}, codes=REFUSED),
        kind("354 to MAIL", {"MAIL": b"354 go on\r\n"}, codes=REFUSED),
        kind("endless reply", {"MAIL": endless}),
        kind("endless line", {"MAIL": long_line}),
        kind("babbles", {"EHLO": babbles}, codes=REFUSED),
        kind("endless hello", {"EHLO": endless}),
        kind("noise", {"MAIL": noise}),
        kind("noise at the end", {"EOD": noise}),
        kind("a bare LF", {"RCPT": b"250 2.1.5 ok\n"}),
        kind("a bare CR", {"RCPT": b"250 2.1.5 ok\rnot\r\n"}),
        kind("two codes", {"EHLO": b"250-one\r\n251 two\r\n"}),
        kind("NULs for a code", {"EOD": b"\0\0\0 ok\r\n"}),
        kind("speaks first", handler=speaks_first),
        kind("takes it before it came", {"DATA": too_early}),
        kind("answers all at once", {"MAIL": at_once}),
        kind("354 to BDAT", {"EOD": b"354 go on\r\n"}, CHUNKING),
        kind("354 to the end", {"EOD": b"354 go on\r\n"}),
        kind("refuses DATA", {"DATA": b"554 5.3.0 not so\r\n"},
             codes=REFUSED),
        kind("refuses the end", {"EOD": b"554 5.6.0 after all\r\n"},
             codes=REFUSED),
        kind("bytes behind STARTTLS", {"STARTTLS": injects}, TLS,
             tls="require"),
        kind("bytes behind an optional STARTTLS", {"STARTTLS": injects}, TLS,
             tls="optional"),
        kind("STARTTLS refused", {"STARTTLS": refuses_tls}, TLS,
             tls="require"),
        kind("STARTTLS broken", {"STARTTLS": broken_handshake}, TLS,
             tls="require")]


def large_kinds():
    """Megabytes a session, since nobody can ask for that reply again."""
    return [kind("endless refusal of the end", {"EOD": endless_refusal})]


def drips(conv):
    """Slowly, but within every limit."""
    def slowly(data):
        for i in range(0, len(data), 8):
            conv.sock.sendall(data[i:i + 8])
            time.sleep(0.02)

    conv.send = slowly
    conv.run()


def takes_and_closes(conv, line):
    conv.closing = True
    return b"250 2.0.0 taken, and bye\r\n" * (
        len(conv.rcpts) if conv.backend.lmtp else 1)


def closes_then(conv):
    """Closes when it has taken one message."""
    say = conv.send

    def send(data):
        say(data)
        if getattr(conv, "closing", False):
            raise Gone()

    conv.send = send
    conv.run()


def odd_kinds():
    """Strange, but they do take what they are given."""
    return [
        kind("drips", handler=drips),
        kind("NULs in texts", {"RCPT": b"250 2.1.5 o\0k\r\n",
                               "EOD": b"250 2.0.0 t\0k\xff\r\n"}),
        kind("wordy", {"EHLO": b"250-x\r\n" * 500 + b"250 PIPELINING\r\n",
                       "EOD": b"250 " + b"y" * 30000 + b"\r\n"}),
        kind("no text", {s: b"250\r\n" for s in ("MAIL", "RCPT", "EOD")}),
        kind("takes one and closes", {"EOD": takes_and_closes},
             handler=closes_then)]
