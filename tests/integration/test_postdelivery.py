#!/usr/bin/env python3
"""The post-delivery document, row by row, with all daemons: what the hook is
told in each situation, and what each option of its functions does."""

import base64
import contextlib
import email.utils
import json
import re
import ssl
import subprocess
import tempfile
import time

from dnssec import MX, A, wire_name
from document import ABSENT, Rows, at
from dnssec import SignedZone
from halyard import MTACTL, Answerer, Backend, Conversation, Gone, free_port, main, wait_for
from pki import openssl
from test_bounce import read
from test_dane import ZONE, World
from whole import Whole, back, notification

rows = Rows()

# ---- What the hook is told ---------------------------------------------------

LOOK = '''
$a = $arguments;
$m = $message;
if (isset($a["attempt"]["connection"]["tls"]["peercert"]["x509"]))
    $a["attempt"]["connection"]["tls"]["peercert"]["x509"] =
        string($a["attempt"]["connection"]["tls"]["peercert"]["x509"]);
unset($a["attempt"]["connection"]["tls"]["peercert"]["chain"]);
foreach (["original", "modified"] as $which)
    $m["file"][$which] = File($message["file"][$which])->read(200);
$doc = ["arguments" => $a, "message" => $m];
if (isset($context))
    $doc["context"] = $context;
echo json_encode($doc);
'''
# Of a recipient's local part the options of Try().
TRY = '''
$try = json_decode(\'\'%s\'\');
$who = $message["recipientaddress"]["localpart"];
$context = ["for" => $who];
Try($try[$who] ?? []);
'''
EDIT = '''
$m = $arguments["mail"];
$options = json_decode($m->getHeader("X-Options") ?? "{}");
$m->delHeader("X-Options");
$m->addHeader("X-Edited", "yes");
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["senderaddress"], $r["address"],
        $m->getHeader("X-Transport") ?? "out", $options);
Accept();
'''
POLICY = '''
grouping exampledomains recipientdomain -o { match = *.grouped.example }
rollup hosts remotemx -o { match = *.signed.example }
policy mx remotemx#hosts,tenantid -o concurrency=5 -o rate=50/1s -o tag=ms
    -o property.myproperty1=foo
policy last jobid -o concurrency=7 -o stop=yes
policy never transportid,jobid -o concurrency=1
'''
# Everything that can be there.
FULL = {"tenantid": "customidentifier1", "jobid": "jobidentifier1",
        "priority": 1, "dsn": {"envid": "abcdef@example.com", "ret": "HDRS",
                               "notify": ["SUCCESS", "FAILURE"],
                               "orcpt": "rfc822;recipient@example.org"}}


class Looks:
    """What was said in the hook for a recipient of each kind."""

    def __init__(self, stack):
        self.tmp = stack.enter_context(tempfile.TemporaryDirectory())
        w = self.world = stack.enter_context(World(self.tmp))
        w.host("full." + ZONE, (3, 1, 1, None))
        w.host("lies." + ZONE, (3, 1, 1, None))
        w.lie("lies." + ZONE)
        w.host("plain." + ZONE)
        for name, kind, data in (
                ("nomail.example", MX, [b"\0\0\0"]),
                ("four.example", A, [b"\x7f\0\0\1"]),
                ("other.example", MX, [b"\0\x0a" + wire_name(
                    "four.example")])):
            w.more[name, kind] = data
        self.later = stack.enter_context(Backend(
            replies={"MAIL": b"450 Later\r\n"}))
        self.zone = stack.enter_context(SignedZone(
            ZONE, w.hosts, w.unsigned, w.more, w.lies))
        self.sink = stack.enter_context(Backend())
        host = {"port": w.backend.port, "tls": "dane"}
        self.tries = {
            "full": {**host, "host": "full." + ZONE, "sourceip": ["bulkip1"]},
            "lies": {**host, "host": "lies." + ZONE},
            "optional": {**host, "host": "plain." + ZONE,
                         "tls": "optional_verify"},
            "closed": {"host": "127.0.0.1", "port": free_port()},
            "nomail": {"host": "lookup-mx"},
            "nothing": {"host": "lookup-mx"},
            "excluded": {"host": "lookup-mx", "mx_exclude": ["four.example"]},
            "later": {"host": "127.0.0.1", "port": self.later.port},
            "clear": {"host": "127.0.0.1", "port": self.later.port,
                      "tls": "require"},
        }
        self.mta = stack.enter_context(self.instance())
        self.docs = {}

    def instance(self):
        mta = Whole(
            back(self.sink) + "address bulkip1 - 127.0.0.3\n"
            "transport out host 127.0.0.1:%d -o retry=1h+notify -o tls=disabled"
            " -o dsn_transport=back -o dead_host=0s -o families=ipv4\n"
            "transport six mx - -o retry=1h -o families=ipv6 "
            "-o dsn_transport=back\n" % self.world.backend.port, hook=EDIT, post=LOOK,
            pre=TRY % json.dumps(self.tries), params={
                "dns_trust_anchor": self.zone.anchor(),
                "send_tls_ca_file": self.world.pki.path("ca.pem"),
                "dns_servers": "127.0.0.1@%d" % self.zone.port})
        with open(mta.path("policy.cf"), "w") as f:
            f.write(POLICY)
        return mta

    def attempt(self, kind, domain="a.example", sender="Sender@From.example",
                transport=None, **options):
        txn = self.mta.send("%s@%s" % (kind, domain), sender, transport,
                            options=options or None)
        self.docs[kind] = self.mta.echo(txn)
        return txn

    def by_hand(self):
        """Held at once, and deleted: nothing was tried."""
        txn = self.mta.send("hand@a.example", "s@from.example",
                            options={"hold": True})
        self.mta.entry(txn, state="hold")
        self.mta.ctl("queue", "delete", txn)
        self.docs["hand"] = self.mta.echo(txn)


def is_a(kind):
    return lambda v: isinstance(v, kind) and v != {} and v != []


ATTEMPT = "arguments.attempt."
CONN = ATTEMPT + "connection."
TLS = CONN + "tls."
POLICIES = "arguments.policy.policies."
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$").match
# A path of the document, and in which kind it is what; ABSENT: not there.
# "=" and another path: the row is that one's, as of the second policy.
LOOKS = [
    ("arguments", {"full": is_a(dict)}),
    ("message", {"full": is_a(dict)}),
    ("context", {"full": {"for": "full"}, "hand": ABSENT}),
    ("arguments.retry", {"full": 0, "hand": 0}),
    ("arguments.expired", {"full": False, "hand": False}),
    ("arguments.action", {"full": ABSENT, "later": "QUEUE",
                          "nomail": "BOUNCE", "hand": "DELETE"}),
    ("arguments.grouping", {"full": "&exampledomains", "later": ABSENT}),
    ("arguments.policy", {"full": is_a(dict), "hand": ABSENT}),
    ("arguments.attempt", {"full": is_a(dict), "hand": ABSENT}),
    ("arguments.dsn", {"full": is_a(dict), "optional": ABSENT}),
    ("arguments.queue", {"full": ABSENT, "hand": ABSENT}),
    ("arguments.queue.plugin", {"full": ABSENT, "hand": ABSENT}),
    ("arguments.queue.plugin.return", {"full": ABSENT}),
    ("arguments.policy.tags", {
        "full": lambda v: sorted(v) == ["backoff", "ms"], "hand": ABSENT}),
    ("arguments.policy.policies", {
        "full": lambda v: len(v) == 2, "hand": ABSENT}),
    (POLICIES + "0.fields", {
        "full": lambda v: sorted(v) == ["remotemx", "tenantid"],
        "later": ABSENT}),
    (POLICIES + "0.grouping", {"full": {"remotemx": "#hosts"},
                               "later": ABSENT}),
    (POLICIES + "1.grouping=" + POLICIES + "0.grouping", {"full": ABSENT}),
    (POLICIES + "0.dynamic", {
        "full": lambda v: [(d["id"], d["tag"]) for d in v] ==
        [("D1", "backoff")], "later": ABSENT}),
    (POLICIES + "1.dynamic=" + POLICIES + "0.dynamic", {"full": ABSENT}),
    (POLICIES + "0.tags", {
        "full": lambda v: sorted(v) == ["backoff", "ms"], "later": ABSENT}),
    (POLICIES + "1.tags=" + POLICIES + "0.tags", {"full": ABSENT}),
    # What is dynamic lies over what stands in the file.
    (POLICIES + "0.concurrency", {"full": 4, "later": ABSENT}),
    (POLICIES + "1.concurrency=" + POLICIES + "0.concurrency", {"full": 7}),
    (POLICIES + "0.rate", {"full": [50, 1], "later": ABSENT}),
    (POLICIES + "1.rate=" + POLICIES + "0.rate", {"full": ABSENT}),
    (POLICIES + "0.stop", {"full": False, "later": ABSENT}),
    (POLICIES + "1.stop=" + POLICIES + "0.stop", {"full": True}),
    (POLICIES + "0.properties", {
        "full": {"myproperty1": "foo", "more": "bar"}, "later": ABSENT}),
    (POLICIES + "1.properties=" + POLICIES + "0.properties", {
        "full": ABSENT}),
    (ATTEMPT + "result", {"full": is_a(dict), "later": is_a(dict),
                          "nomail": ABSENT}),
    (ATTEMPT + "error", {"full": ABSENT, "later": ABSENT,
                         "nomail": is_a(dict)}),
    (ATTEMPT + "connection", {"full": is_a(dict), "nomail": ABSENT}),
    (ATTEMPT + "duration", {
        "full": lambda v: isinstance(v, (int, float)) and 0 <= v < 60,
        "hand": ABSENT}),
    (ATTEMPT + "plugin", {"full": ABSENT, "nomail": ABSENT, "hand": ABSENT}),
    (ATTEMPT + "plugin.return", {"full": ABSENT}),
    (ATTEMPT + "result.code", {"full": 250, "later": 450, "nomail": ABSENT}),
    (ATTEMPT + "result.enhanced", {"full": [2, 0, 0], "later": ABSENT}),
    (ATTEMPT + "result.reason", {"full": ["Ok: queued as 4711"],
                                 "later": ["Later"], "nomail": ABSENT}),
    (ATTEMPT + "result.state", {"full": "EOD", "later": "MAIL",
                                "nomail": ABSENT}),
    (ATTEMPT + "error.temporary", {"nomail": False, "closed": True,
                                   "lies": True, "full": ABSENT}),
    (ATTEMPT + "error.message", {"nomail": is_a(str), "full": ABSENT}),
    (ATTEMPT + "error.type", {
        "nomail": "dns", "closed": "network", "lies": "dane", "clear": "tls",
        "full": ABSENT}),
    (ATTEMPT + "error.dns", {
        "nomail": "nullmx", "nothing": "nodata", "four": "ipfamily",
        "excluded": "excluded", "closed": ABSENT, "full": ABSENT}),
    (CONN + "id", {"full": UUID, "later": UUID, "nomail": ABSENT}),
    (CONN + "transactions", {"full": 1, "nomail": ABSENT}),
    (CONN + "localip", {"full": "127.0.0.3", "later": "127.0.0.1",
                        "nomail": ABSENT}),
    (CONN + "localipid", {"full": "bulkip1", "later": ABSENT}),
    (CONN + "remoteip", {"full": "127.0.0.1", "nomail": ABSENT}),
    (CONN + "remotemx", {"full": "full." + ZONE, "later": "127.0.0.1",
                         "nomail": ABSENT}),
    (CONN + "tls", {"full": is_a(dict), "later": ABSENT}),
    (TLS + "started", {"full": True, "clear": False, "later": ABSENT}),
    (TLS + "protocol", {"full": "TLSv1.3", "clear": ABSENT}),
    (TLS + "cipher", {"full": lambda v: v.startswith("TLS_"),
                      "clear": ABSENT}),
    (TLS + "keysize", {"full": lambda v: v in (128, 256), "clear": ABSENT}),
    (TLS + "peercert", {"full": is_a(dict), "clear": ABSENT}),
    (TLS + "peercert.x509", {"full": "X509Resource", "clear": ABSENT}),
    (TLS + "peercert.error", {"full": lambda v: isinstance(v, int),
                              "clear": ABSENT}),
    (TLS + "tlsrpt", {"clear": "starttls-not-supported", "full": ABSENT}),
    (TLS + "tlsa", {"full": is_a(dict), "optional": ABSENT}),
    (TLS + "tlsa.error", {"lies": {"temporary": True}, "full": ABSENT}),
    (TLS + "tlsa.records", {"full": lambda v: len(v) == 1, "lies": ABSENT}),
    (TLS + "tlsa.records.0.usage", {"full": 3, "lies": ABSENT}),
    (TLS + "tlsa.records.0.selector", {"full": 1, "lies": ABSENT}),
    (TLS + "tlsa.records.0.mtype", {"full": 1, "lies": ABSENT}),
    (TLS + "tlsa.records.0.data", {
        "full": re.compile("[0-9a-f]{64}$").match, "lies": ABSENT}),
    ("arguments.dsn.action", {"full": "relayed", "later": "delayed",
                              "nomail": "failed", "hand": ABSENT}),
    ("arguments.dsn.id", {
        "full": lambda v: UUID(v["transaction"]) and v["queue"] == 1,
        "nomail": is_a(dict), "hand": ABSENT}),
    ("arguments.dsn.status", {"nomail": [5, 1, 10], "later": [4, 0, 0],
                              "hand": is_a(list), "full": ABSENT}),
    ("arguments.dsn.diagnostictype", {"later": "smtp", "nomail": "x-error",
                                      "full": ABSENT}),
    ("arguments.dsn.diagnosticcode", {"later": "450 Later",
                                      "nomail": is_a(str), "full": ABSENT}),
    ("message.id", {"full": lambda v: set(v) == {"transaction", "queue"}}),
    ("message.id.transaction", {"full": UUID}),
    ("message.id.queue", {"full": 1}),
    ("message.ts", {"full": lambda v: abs(v - time.time()) < 600}),
    ("message.serverid", {"full": is_a(str)}),
    ("message.sender", {"full": "sender@from.example"}),
    ("message.senderaddress", {"full": is_a(dict)}),
    ("message.recipient", {"full": "full@x.grouped.example"}),
    ("message.recipientaddress", {"full": is_a(dict)}),
    ("message.transportid", {"full": "out"}),
    ("message.tenantid", {"full": "customidentifier1", "later": ""}),
    ("message.jobid", {"full": "jobidentifier1", "later": ""}),
    ("message.priority", {"full": 1, "later": 0}),
    ("message.size", {"full": lambda v: 20 < v < 1000}),
    ("message.file", {"full": is_a(dict)}),
    ("message.dsn", {"full": lambda v: len(v) == 4}),
    ("message.senderaddress.localpart", {"full": "Sender"}),
    ("message.senderaddress.domain", {"full": "From.example"}),
    ("message.recipientaddress.localpart", {"full": "full"}),
    ("message.recipientaddress.domain", {"full": "x.Grouped.example"}),
    ("message.file.original", {
        "full": lambda v: "X-Options: " in v and "X-Edited" not in v}),
    ("message.file.modified", {
        "full": lambda v: "X-Options: " not in v and "X-Edited: yes" in v}),
    ("message.dsn.envid", {"full": FULL["dsn"]["envid"], "later": ABSENT}),
    ("message.dsn.ret", {"full": "HDRS", "later": ABSENT}),
    ("message.dsn.notify", {"full": ["SUCCESS", "FAILURE"],
                            "later": ABSENT}),
    ("message.dsn.orcpt", {"full": FULL["dsn"]["orcpt"], "later": ABSENT}),
]


def test_variables():
    with contextlib.ExitStack() as stack:
        looks = Looks(stack)
        looks.mta.ctl("policy", "add", "remotemx=#hosts", "tenantid",
                      "--concurrency", "4", "--tag", "backoff", "--id", "D1",
                      "--property", "more=bar")
        looks.attempt("full", "x.Grouped.example", **FULL)
        # The second notification is of what was passed on.
        m, _, one = notification(looks.sink)
        assert one["Action"] == "relayed", m
        assert m["Message-ID"].startswith("<%s@" % at(
            looks.docs["full"], "arguments.dsn.id")["transaction"]), m
        for kind in "optional", "lies", "closed", "later", "clear":
            looks.attempt(kind)
        looks.attempt("nomail", "nomail.example")
        looks.attempt("excluded", "other.example")
        looks.attempt("nothing", "nothing.example")
        looks.attempt("four", "four.example", transport="six")
        looks.by_hand()
        for path, kinds in LOOKS:
            path, _, row = path.partition("=")
            for kind, want in kinds.items():
                value = at(looks.docs[kind], path)
                assert value is want or value is not ABSENT and (
                    want(value) if callable(want) else value == want), \
                    (path, kind, value, looks.docs[kind])
                rows.mark(row or path, "absent" if want is ABSENT else
                          "there")
    # There is but one of some variables, and these only can be read.
    for name in "arguments", "message", "context":
        with tempfile.NamedTemporaryFile("w", suffix=".hsl") as f:
            f.write("$%s = 5;\n" % name)
            f.flush()
            p = subprocess.run([MTACTL, "hsl", "check", "--hook",
                                "postdelivery", f.name], check=False,
                               capture_output=True, text=True)
        assert p.returncode != 0 and "$" + name in p.stderr, p
        rows.mark(name, "readonly")

# ---- The states ---------------------------------------------------------------

class Peer(Conversation):
    """Says 550 where its backend's `at` is met."""

    def no(self):
        self.send(b"550 5.7.0 not so\r\n")

    def do_AUTH(self, line):
        """334, but where it ends."""
        if self.backend.at in ("AUTH-CRAM-MD5", "AUTH-PLAIN", "AUTH-LOGIN"):
            self.no()
            return
        self.send(b"334 %s\r\n" % base64.b64encode(b"<1@backend>"))
        self.line()
        self.no()

    def do_XCLIENT(self, _line):
        self.no()


def serve(conversation):
    conversation.__class__ = Peer
    conversation.run()


NO = b"550 5.7.0 not so\r\n"
LOGIN = {"saslusername": "u", "saslpassword": "p"}
# What is said to what, what is offered, and what is asked for by Try().
STATES = {
    "BANNER": ({"CONNECT": NO}, [], {}),
    "EHLO": ({"EHLO": b"450 4.3.0 busy\r\n"}, [], {}),
    "HELO": ({"EHLO": b"500 5.5.1 What?\r\n", "HELO": NO}, [], {}),
    "LHLO": ({"EHLO": NO}, [], {"protocol": "lmtp"}),
    "STARTTLS": ({"STARTTLS": NO}, ["STARTTLS"], {"tls": "require"}),
    "AUTH-CRAM-MD5": ({}, ["AUTH CRAM-MD5"], LOGIN),
    "AUTH-PLAIN": ({}, ["AUTH PLAIN"], LOGIN),
    "AUTH-LOGIN": ({}, ["AUTH LOGIN"], LOGIN),
    "AUTH-LOGIN-USER": ({}, ["AUTH LOGIN"], LOGIN),
    "AUTH": ({}, ["AUTH CRAM-MD5"], LOGIN),
    "XCLIENT": ({}, ["XCLIENT NAME"], {"xclient": {"NAME": "n.example"}}),
    "MAIL": ({"MAIL": NO}, [], {}),
    "RCPT": ({"RCPT": NO}, [], {}),
    "DATA": ({"DATA": NO}, [], {"chunking": False}),
    "BDAT": ({"BDAT": NO}, ["CHUNKING", "BINARYMIME"], {"chunking": True}),
    "EOD": ({"EOD": NO}, [], {"chunking": False}),
}
# Their answers come when all has been said.
LATE = {"NOOP": NO, "QUIT": NO, "RSET": NO}


def test_states():
    with contextlib.ExitStack() as stack:
        backends, tries = {}, {}
        for state, (replies, exts, options) in STATES.items():
            b = backends[state] = stack.enter_context(Backend(
                Backend.EXTS + tuple(exts), {**LATE, **replies}, serve))
            b.at = state
            tries[state.lower()] = {
                "host": "127.0.0.1", "port": b.port, "tls": "disabled",
                "pooling": False, **options}
        dns = stack.enter_context(Answerer())
        mta = stack.enter_context(Whole(
            back(stack.enter_context(Backend())) + "transport out mx - "
            "-o retry=1h -o dsn_transport=back\n", hook=EDIT, post=LOOK,
            pre=TRY % json.dumps(tries),
            params={"dns_servers": "127.0.0.1@%d" % dns.port}))
        seen = set()
        for state in STATES:
            body = b"x" * 70 + b"\r\n"
            txn = mta.send(state.lower() + "@a.example",
                           body=body * (20000 if state == "BDAT" else 1))
            result = at(mta.echo(txn), "arguments.attempt.result")
            assert result is not ABSENT and result["state"] == state, \
                (state, mta.echo(txn))
            rows.mark(state, "there")
            seen.add(result["state"])
        assert not seen & set(LATE), seen
        rows.mark("NOOP", "absent")
        # Of errors those that a zone of the test's has not.
        for domain, dns_error in (("nx.example", "nxdomain"),
                                  ("fail.example", "other")):
            error = at(mta.echo(mta.send("r@" + domain)),
                       "arguments.attempt.error")
            assert error["type"] == "dns" and error["dns"] == dns_error, error
            assert error["temporary"] == (dns_error == "other"), error


if __name__ == "__main__":
    main(globals())
