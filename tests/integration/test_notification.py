#!/usr/bin/env python3
"""Notifications as other people's parsers read them: Python's email package,
Sisimai and Mail::DeliveryStatus::BounceParser where these are installed; and
by RFC 3464's grammar (dsn_check.py)."""

import email
import email.policy
import json
import os
import random
import subprocess
import tempfile

from dsn_check import check
from halyard import BUILD, ROOT, Instance, main

MAKE = os.path.join(BUILD, "tests", "tools", "dsn_make")
TEMPLATES = os.path.join(ROOT, "conf/templates/bounce")
ORIGINAL = (b"Received: from client.example\r\n by mx.example.org; x\r\n"
            b"From: sender@a.example\r\nTo: recipient@b.example\r\n"
            b"Subject: hello\r\nMessage-ID: <1.2@a.example>\r\n"
            b"Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\r\nText.\r\n")
SMTP = {"order.diagnostictype": "smtp", "order.remotemta": "mx.b.example",
        "order.remoteip": "192.0.2.7", "order.reply_to": "RCPT",
        "order.attempt_us": "1700000050000000", "entry.helo": "c.example",
        "entry.client_address": "192.0.2.1"}
# What is said, and what must be read: recipient, action, status, diagnostic.
CASES = {
    "failed": dict(SMTP, **{
        "order.action": "1", "order.status": "5.1.1",
        "order.diagnosticcode": "550 5.1.1 <recipient@b.example>: User "
        "unknown"}),
    "delayed": dict(SMTP, **{
        "order.action": "2", "order.status": "4.2.2",
        "order.until_us": "1700400000000000",
        "order.diagnosticcode": "452 4.2.2 mailbox is full"}),
    "delivered": dict(SMTP, **{
        "order.action": "3", "order.diagnosticcode": "250 2.0.0 stored"}),
    "relayed": dict(SMTP, **{
        "order.action": "4", "order.diagnosticcode": "250 2.0.0 queued"}),
    "expired": {"order.action": "1", "order.status": "4.4.7",
                "order.why": "it was tried for 5 days"},
    "asked": dict(SMTP, **{
        "order.action": "1", "order.status": "5.2.2", "entry.dsn_envid":
        "QQ314159", "entry.dsn_orcpt": "rfc822;Recipient+x@b.example",
        "entry.dsn_ret": "1", "order.diagnosticcode":
        "552 5.2.2 over quota"}),
}
ODD = {
    "utf8": {"entry.recipient": "rücken@b.example", "order.diagnosticcode":
             "550 5.1.1 rücken gibt es nicht"},
    "utf8-sender": {"entry.sender": "größe@a.example"},
    "utf8-orcpt": {"entry.dsn_orcpt": "utf-8;größe@b.example"},
    "hostile": {"order.diagnosticcode": "550 x\r\n\r\n--=_y--\r\nX: y\x01",
                "order.remotemta": "a\r\nb", "entry.helo": "c\nd; e"},
    "long": {"order.diagnosticcode": "550 " + "x" * 7000},
    "words": {"order.diagnosticcode": "550 " + "word " * 1000},
    "bidi": {"order.diagnosticcode": "550 \u202egpj.exe"},
    "ordered": {"order.subject": "Grüße " * 30, "order.from_name":
                "Jörg, \"x\" <y@z>", "order.from": "\"a b\"@c.example",
                "order.headers": "X-Very: " + "z" * 900,
                "order.additional_fields": "X-A: b",
                "order.additional_recipient_fields": "X-C: ü"},
    "nothing": {"order.ret": "3"},
    "readable": {"order.readable_mimepart":
                 "Content-Type: text/html; charset=utf-8\n\n<p>größe</p>\n"},
}
ORIGINALS = {
    "plain": ORIGINAL,
    "8-bit header": ORIGINAL.replace(b"hello", b"gr\xfc\xdfe"),
    "utf8 header": ORIGINAL.replace(b"hello", "größe".encode()),
    "8-bit body": ORIGINAL.replace(b"Text.", b"gr\xfc\xdfe"),
    "long line": ORIGINAL.replace(b"Text.", b"y" * 5000),
    "long header": ORIGINAL.replace(b"hello", b"y" * 5000),
    "bare": ORIGINAL.replace(b"Text.", b"a\nb\rc\0d"),
    "no header": b"no header at all\r\n",
    "empty": b"",
}


def make(table, original=ORIGINAL, *more):
    with tempfile.NamedTemporaryFile() as f:
        f.write(original)
        f.flush()
        p = subprocess.run([MAKE, "original=" + f.name, *more] +
                           ["%s=%s" % x for x in table.items()],
                           capture_output=True)
    assert p.returncode == 0, (table, p)
    return p.stdout


def wanted(table):
    words = {"1": "failed", "2": "delayed", "3": "delivered", "4": "relayed"}
    status = {"1": "5.0.0", "2": "4.0.0", "3": "2.0.0", "4": "2.0.0"}
    action = table.get("order.action", "1")
    return words[action], table.get("order.status", status[action])


def python_reads(message):
    """The status as email's parser has it."""
    m = email.message_from_bytes(message, policy=email.policy.default)
    assert not m.defects and m.get_content_type() == "multipart/report"
    for part in m.iter_parts():
        assert not part.defects, (part.get_content_type(), part.defects)
        if part.get_content_type() == "message/delivery-status":
            whole, one = part.get_payload()
            return m, whole, one
    return m, None, None


def test_email_and_grammar():
    for name, table in CASES.items():
        action, status = wanted(table)
        message = make(table)
        top, whole, (one,), parts = check(message)
        assert (one["action"], one["status"]) == (action, status), name
        m, read_whole, read = python_reads(message)
        assert read["Action"] == action and read["Status"] == status, name
        assert read["Final-Recipient"] == "rfc822; recipient@b.example", name
        assert read_whole["Reporting-MTA"] == "dns; mx.example.org", name
        if "order.remotemta" in table:
            assert read["Remote-MTA"] == "dns; mx.b.example", name
            assert " ".join(read["Diagnostic-Code"].split()) == \
                "smtp; " + table["order.diagnosticcode"], name
            assert whole["received-from-mta"] == \
                "dns; c.example (192.0.2.1)", whole
        else:
            assert read["Diagnostic-Code"] == \
                "x-error; it was tried for 5 days", name
        assert m["In-Reply-To"] == "<1.2@a.example>", name
        assert ("Will-Retry-Until" in read) == (action == "delayed"), name
        text = m.get_body(("plain",)).get_content()
        assert "recipient@b.example" in text and "hello" in text, text
        full = name == "asked"
        assert parts[2].type == ("message/rfc822" if full else
                                 "text/rfc822-headers"), name
        assert (parts[2].data == ORIGINAL) if full else \
            parts[2].data == ORIGINAL[:ORIGINAL.index(b"\r\n\r\n") + 2], name
        if full:
            assert whole["original-envelope-id"] == "QQ314159", whole
            assert one["original-recipient"] == \
                "rfc822;Recipient+x@b.example", one
            assert top["original-envelope-id"] == b"QQ314159", top


def test_odd():
    for name, table in ODD.items():
        for which, original in ORIGINALS.items():
            for ret in ("1", "2"):
                message = make(dict({"order.ret": ret}, **table), original)
                try:
                    _, _, (one,), parts = check(message)
                    python_reads(message)
                except Exception as e:
                    raise AssertionError((name, which, ret, message)) from e
                assert one["action"] == "failed", (name, which)
                assert one["final-recipient"].split("; ")[1] == \
                    table.get("entry.recipient", "recipient@b.example")
                if name == "utf8":
                    assert one["diagnostic-code"].endswith(
                        "rücken gibt es nicht"), one
                if name == "nothing":
                    assert len(parts) == 2, name
                elif which == "plain" and ret == "1":
                    assert parts[2].data == original, name


def test_chance():
    """Bytes of chance wherever a stranger may say something."""
    chance = random.Random(15)
    pieces = ["\r\n", "\n", "\r", ":", ";", " ", "--", "=_", "ü", "\u2028",
              "<", ">", "\"", "@", "a", "Action: x", "\x7f", "=?utf-8?q?=?=",
              "x" * 300, "\\", ",", "\udcff"]
    names = ["order.diagnosticcode", "order.diagnostictype",
             "order.remotemta", "order.status", "order.why", "entry.helo",
             "order.from_name", "order.from", "order.subject",
             "order.subject_prepend", "order.headers", "entry.dsn_envid",
             "order.additional_fields", "order.reportingmta",
             "order.additional_recipient_fields", "order.receivedfrommta"]
    for _ in range(150):
        table = {}
        for name in chance.sample(names, 5):
            table[name] = "".join(chance.choice(pieces)
                                  for _ in range(chance.randrange(1, 12)))
            if name.endswith(("fields", "headers")):
                table[name] = "X-Z: " + table[name]
        p = subprocess.run([os.fsencode(x) for x in [MAKE] + [
            "%s=%s" % x for x in table.items()]], capture_output=True)
        assert p.returncode == 0, (table, p)
        try:
            check(p.stdout)
        except AssertionError as e:
            raise AssertionError((table, p.stdout)) from e


def perl(module, script, message):
    """What a parser of Perl's prints as JSON; None: it is not there."""
    if subprocess.run(["perl", "-M" + module, "-e", "1"],
                      capture_output=True).returncode != 0:
        return None
    p = subprocess.run(["perl", "-M" + module, "-MJSON::PP", "-e", script],
                       input=message, capture_output=True)
    assert p.returncode == 0, p
    return json.loads(p.stdout)


SISIMAI = r'''
local $/; my $mail = <STDIN>; $mail =~ s/\r\n/\n/g;
my $make = Sisimai->can("rise") || Sisimai->can("make");
my $v = Sisimai->$make(\$mail, "delivered" => 1) || [];
print JSON::PP->new->convert_blessed->encode([map { my $d = $_->damn; {
    recipient => $d->{recipient}, action => $d->{action},
    status => $d->{deliverystatus}, diagnostic => $d->{diagnosticcode},
    remote => $d->{rhost}, type => $d->{diagnostictype},
    subject => $d->{subject} } } @$v]);
'''
BOUNCEPARSER = r'''
local $/; my $mail = <STDIN>; $mail =~ s/\r\n/\n/g;
my $b = Mail::DeliveryStatus::BounceParser->new($mail);
print JSON::PP->new->encode([$b->is_bounce ? map { {
    recipient => $_->get("email"), status => $_->get("smtp_code") || "",
    action => $_->get("action"), diagnostic => $_->get("reason"),
    remote => $_->get("Remote-MTA") || "" } } $b->reports : ()]);
'''


def test_sisimai():
    message = make(CASES["failed"])
    found = perl("Sisimai", SISIMAI, message)
    if found is None:
        return "there is no Sisimai"
    for name in ("failed", "delayed", "asked", "expired", "relayed",
                 "delivered"):
        action, status = wanted(CASES[name])
        (d,) = perl("Sisimai", SISIMAI, make(CASES[name]))
        # To it what was passed on is delivered, too.
        assert d["recipient"] == "recipient@b.example", (name, d)
        assert d["action"] == action or action == "relayed", (name, d)
        assert d["status"] == status or not CASES[name].get("order.status"), \
            (name, d)
        assert CASES[name].get("order.diagnosticcode",
                               "it was tried for 5 days") in \
            d["diagnostic"], (name, d)
        if "order.remotemta" in CASES[name]:
            assert d["remote"] == "mx.b.example", (name, d)
        assert d["subject"] == "hello", (name, d)
    return None


def test_bounceparser():
    if perl("Mail::DeliveryStatus::BounceParser", BOUNCEPARSER,
            make(CASES["failed"])) is None:
        return "there is no Mail::DeliveryStatus::BounceParser"
    for name in ("failed", "asked"):
        (d,) = perl("Mail::DeliveryStatus::BounceParser", BOUNCEPARSER,
                    make(CASES[name]))
        # To it the address as it was asked for counts.
        assert d["recipient"] == ("Recipient+x@b.example" if name == "asked"
                                  else "recipient@b.example"), (name, d)
        assert CASES[name]["order.diagnosticcode"] in d["diagnostic"] or \
            CASES[name]["order.diagnosticcode"][4:] in d["diagnostic"], d
        assert d["action"] == "failed", d
        assert d["status"] == CASES[name]["order.diagnosticcode"][:3], d
        assert d["remote"].endswith("mx.b.example"), (name, d)
    return None


def test_languages():
    """Every text that is shipped, with all that it may hold."""
    for language, word in (("en", "could not be delivered"),
                           ("de", "konnte nicht zugestellt werden")):
        for name, table in CASES.items():
            message = make(table, ORIGINAL.replace(
                b"Subject:", b"Content-Language: fr-CA, %s-XX\r\nSubject:"
                % language.encode()), "templates=" + TEMPLATES)
            check(message)
            m = email.message_from_bytes(message,
                                         policy=email.policy.default)
            body = m.get_body(("plain",))
            assert body["Content-Language"] == language, name
            text = " ".join(body.get_content().split())
            assert "{" not in text, text
            if name == "failed":
                assert word in text, text


def test_preview():
    """What mtactl shows is a notification, in the language that is asked for;
    a template that does not hold is told by its line."""
    mta = Instance()
    with open(mta.path("m.eml"), "wb") as f:
        f.write(b"Subject: from a file\nContent-Language: en\n\nx\n")

    def preview(*args, code=0):
        p = subprocess.run([os.path.join(BUILD, "bin/mtactl"), "-c", mta.conf,
                            "bounce", "preview", *args], capture_output=True)
        assert p.returncode == code, (args, p)
        return p.stdout if code == 0 else p.stderr.decode()

    for action in ("failed", "delayed", "relayed", "delivered"):
        _, _, (one,), _ = check(preview("--action", action))
        assert one["action"] == action, one
    out = preview("--language", "de", "--from", "s@x.example", "--to",
                  "r@y.example", "--status", "5.2.2", "--diagnostic",
                  "552 voll", "--full", mta.path("m.eml"))
    top, _, (one,), parts = check(out)
    assert top["to"] == b"<s@x.example>", top
    assert top["subject"] == b"Nicht zugestellt: from a file", top
    assert one["final-recipient"] == "rfc822; r@y.example", one
    assert one["diagnostic-code"] == "smtp; 552 voll", one
    assert parts[2].type == "message/rfc822", parts[2].type
    assert parts[2].data.endswith(b"\r\n\r\nx\r\n"), parts[2].data
    assert "no template of the language fr" in preview("--language", "fr",
                                                       code=1)
    # As of a message that says so: the language without its country.
    assert b"Nicht zugestellt" in preview("--language", "de-AT")
    assert "--action lost: not failed, " in preview("--action", "lost",
                                                    code=2)
    for status in "9.9", "3.1.1", "5.1.1x", "5..1", "":
        assert "--status %s: " % status in preview("--status", status, code=2)
    with open(mta.path("templates/bounce/de.txt"), "a") as f:
        f.write("[x.9.9]\n{what}\n")
    assert "de.txt:" in preview(code=1)


if __name__ == "__main__":
    main(globals())
