#!/usr/bin/env python3
"""Row by row: what each hook is told, and what each of its ends answers."""

import base64
import json

from halyard import Client, Instance, main, wait_for
from pki import certificate
from tempfile import TemporaryDirectory

# $arguments, $connection and $transaction are exactly these, hook by hook.
CONNECTION = {"id", "priority", "remoteip", "remoteport", "localip",
              "localport", "serverid", "tls"}
ENVELOPE = {"id", "sender", "senderaddress", "senderparams", "recipients"}
TOLD = {
    "connect": ({"remoteip", "remoteport", "localip", "localport",
                 "serverid"}, {"id", "priority"}, {"id"}),
    "helo": ({"verb", "host", "extensions"}, CONNECTION, {"id"}),
    "proxy": ({"command"}, CONNECTION | {"helo", "auth"}, ENVELOPE),
    "auth": ({"mechanism", "username", "password"}, CONNECTION | {"helo"},
             {"id"}),
    "mailfrom": ({"sender", "address", "params"},
                 CONNECTION | {"helo", "auth"}, {"id"}),
    "rcptto": ({"recipient", "address", "params", "transportid"},
               CONNECTION | {"helo", "auth"}, ENVELOPE),
    "eod": ({"mail"}, CONNECTION | {"helo", "auth"}, ENVELOPE | {"ts"}),
    "disconnect": ({"close", "reply"}, CONNECTION | {"helo", "auth"}, set()),
}
SAY = '''
$a = $arguments;
if (isset($a["mail"])) $a["mail"] = true;
foreach (["arguments" => $a, "connection" => $connection,
    "transaction" => $transaction] as $what => $is)
{
    // A value of the log has 512 bytes.
    $parts = str_chunk(json_encode([%s, $what, $is]), 200);
    foreach ($parts as $i => $part)
        echo json_encode([$i + 1 == length($parts), base64_encode($part)]);
}
'''


def instance(params=None, **hooks):
    mta = Instance(hook=hooks.pop("eod", "Accept();"), params=params)
    for name, text in hooks.items():
        with open(mta.path("hooks/%s.hsl" % name), "w") as f:
            f.write(text)
        mta.set(**{"hook_" + name: "hooks/%s.hsl" % name})
    return mta


def told(mta):
    """What each hook said last of each variable, by its name."""
    last, text = {}, b""
    for line in mta.log().splitlines():
        row = json.loads(line)
        if row["event"] == "echo":
            ends, part = json.loads(row["text"])
            text += base64.b64decode(part)
            if ends:
                hook, what, value = json.loads(text)
                last.setdefault(hook, {})[what] = value or {}
                text = b""
    return last


def test_what_hooks_are_told():
    import ssl
    ends = {"proxy": "Pass();", "disconnect": "Pass();"}
    hooks = {name: SAY % json.dumps(name) + ends.get(name, "Accept();")
             for name in TOLD}
    with TemporaryDirectory() as d, instance(
            dict(certificate(d), smtpd_tls_wrapper="yes", log_format="json",
                 default_transport="mx", server_id="front",
                 smtpd_auth_mechanisms="PLAIN"), **hooks) as mta:
        c = Client(mta.port, greet=False)
        c.sock = ssl._create_unverified_context().wrap_socket(
            c.sock, server_hostname="mx.example.org")
        c.file = c.sock.makefile("rb")
        c.expect(220)
        c.cmd("EHLO Client.example", 250)
        c.cmd("AUTH PLAIN " + base64.b64encode(b"\0Bob\0pw").decode(), 235)
        c.cmd("MAIL FROM:<Some.One@B.example> size=10 BODY=8BITMIME", 250)
        c.cmd("RCPT TO:<Other@C.example>", 250)
        c.cmd("RCPT TO:<Third@C.example>", 250)
        c.cmd("DATA", 354)
        c.send("x\r\n.\r\n")
        c.expect(250)
        c.cmd("MAIL FROM:<>", 250)
        c.close()
        wait_for(lambda: len(told(mta).get("disconnect", ())) == 3,
                 text="the disconnect hook")
        got = told(mta)
    for name, sets in TOLD.items():
        for what, want in zip(("arguments", "connection", "transaction"),
                              sets):
            if name == "proxy" and what == "transaction":
                want = {"id"}       # its last run was before that MAIL
            assert set(got[name][what]) == want, (name, got[name])
    a, c, t = (got["rcptto"][w] for w in ("arguments", "connection",
                                          "transaction"))
    assert a == {"recipient": "third@c.example", "address": {
        "localpart": "Third", "domain": "C.example",
        "domain_lower": "c.example"}, "params": [],
        "transportid": "mx"}, a
    assert t["sender"] == "some.one@b.example", t
    assert t["senderaddress"] == {"localpart": "Some.One",
                                  "domain": "B.example",
                                  "domain_lower": "b.example"}, t
    assert t["senderparams"] == {"SIZE": "10", "BODY": "8BITMIME"}, t
    assert [r["recipient"] for r in t["recipients"]] == ["other@c.example"]
    assert c["helo"] == {"verb": "EHLO", "host": "Client.example"}, c
    assert c["auth"] == {"mechanism": "PLAIN", "username": "Bob"}, c
    assert c["tls"]["protocol"] == "TLSv1.3" and c["tls"]["keysize"] >= 128
    assert c["tls"]["sni"] == "mx.example.org", c
    assert c["remoteip"] == c["localip"] == "127.0.0.1", c
    assert c["serverid"] == "front" and c["priority"] == 0, c
    t = got["eod"]["transaction"]
    assert [(r["recipient"], r["transportid"]) for r in t["recipients"]] == [
        ("other@c.example", "mx"), ("third@c.example", "mx")], t
    assert 1.6e9 < t["ts"] < 1e11, t
    assert got["auth"]["arguments"] == {"mechanism": "PLAIN", "username": "Bob",
                              "password": "pw"}, got["auth"]
    assert got["mailfrom"]["arguments"]["sender"] == "", got["mailfrom"]
    assert got["helo"]["arguments"]["extensions"][0] == "PIPELINING", got["helo"]
    # One connection and one transaction have one id in all hooks.
    assert len({got[n]["connection"]["id"] for n in TOLD}) == 1
    assert got["rcptto"]["transaction"]["id"] == \
        got["eod"]["transaction"]["id"]


# How a hook may end: name, HSL, then code, enhanced code and lines, where
# None is the hook's own default, and whether the session ends.
CODES = '["reply_codes" => ["code" => %d, "enhanced" => [%d, 7, 99]]]'
WAYS = (
    ("r", "Reject();", "R", None, None, False),
    ("rt", 'Reject("text");', "R", None, ["text"], False),
    ("ra", 'Reject(["one", "two"]);', "R", None, ["one", "two"], False),
    ("rn", 'Reject("one\\ntwo\\r\\nthree");', "R", None,
     ["one", "two", "three"], False),
    ("rc", 'Reject("text", %s);' % (CODES % (571, 5)), 571, "5.7.99",
     ["text"], False),
    ("rk", 'Reject(none, ["reply_codes" => ["code" => 550]]);', 550, "5.0.0",
     None, False),
    ("rf", 'Reject("text", ["host" => "another function takes this"]);', "R",
     None, ["text"], False),
    ("rx", 'Reject("text", ["disconnect" => true]);', "R", None, ["text"],
     True),
    ("d", "Defer();", "D", None, None, False),
    ("da", 'Defer(["one", "two"]);', "D", None, ["one", "two"], False),
    ("dc", 'Defer("text", %s);' % (CODES % (471, 4)), 471, "4.7.99",
     ["text"], False),
    ("dx", 'Defer("text", ["disconnect" => true]);', "D", None, ["text"],
     True),
    ("e", 'throw Exception("oops");', "E", None, None, False),
    ("o", 'Reject("x", ["reply_codes" => ["code" => 700]]);', "E", None,
     None, False),
    ("oe", 'Defer("x", ["reply_codes" => ["enhanced" => [4, 7]]]);', "E",
     None, None, False),
    ("or", "Reject(true);", "E", None, None, False),
    # A code of another class would tell the client the opposite.
    ("r2", 'Reject("x", ["reply_codes" => ["code" => 250]]);', "E", None,
     None, False),
    ("r4", 'Reject("x", ["reply_codes" => ["code" => 450]]);', "E", None,
     None, False),
    ("d2", 'Defer("x", ["reply_codes" => ["code" => 250]]);', "E", None,
     None, False),
    ("d5", 'Defer("x", ["reply_codes" => ["code" => 550]]);', "E", None,
     None, False),
    ("d3", 'Defer("x", ["reply_codes" => ["code" => 354]]);', "E", None,
     None, False),
    ("df", 'Defer("x", ["reply_codes" => ["code" => 450.5]]);', "E", None,
     None, False),
    ("e2", 'Defer("x", %s);' % (CODES % (450, 2)), "E", None, None, False),
    ("e4", 'Reject("x", ["reply_codes" => ["enhanced" => [4, 0, 0]]]);', "E",
     None, None, False),
    ("ek", 'Reject("x", ["reply_codes" => ["enhanced" => ["a" => 5, "b" => '
     '0, "c" => 0]]]);', "E", None, None, False),
    ("ou", 'Reject("x", ["replycodes" => ["code" => 550]]);', "E", None,
     None, False),
    ("oc", 'Reject("x", ["reply_codes" => ["kode" => 550]]);', "E", None,
     None, False),
    ("ol", 'Reject("x", ["disconnect"]);', "E", None, None, False),
)
# Reject, Defer, error: code and enhanced code.
DEFAULTS = {
    "connect": ((521, ""), (421, ""), (421, "")),
    "helo": ((554, ""), (450, ""), (450, "")),
    "auth": ((535, "5.7.8"), (454, "4.7.0"), (454, "4.7.0")),
    "mailfrom": ((554, "5.7.1"), (450, "4.3.0"), (450, "4.3.0")),
    "rcptto": ((554, "5.7.1"), (450, "4.3.0"), (450, "4.3.0")),
    "eod": ((550, "5.7.1"), (421, "4.3.0"), (421, "4.3.0")),
}
HOW = {"connect": '$arguments["remoteip"]', "helo": '$arguments["host"]',
       "auth": '$arguments["username"]',
       "mailfrom": '$arguments["address"]["localpart"]',
       "rcptto": '$arguments["address"]["localpart"]',
       "eod": '$arguments["mail"]->getHeader("subject")'}
ACCEPTS = ("at", "aa", "ax", "ac")


def script(hook):
    lines = ["$how = %s;" % HOW[hook]]
    for i, way in enumerate(WAYS):
        word = "127.0.1.%d" % (i + 1) if hook == "connect" else way[0]
        lines.append('if ($how == "%s") { %s }' % (word, way[1]))
    if hook == "eod":
        says = ('Accept("text");', 'Accept(["one", "two"], ' +
                CODES % (251, 2) + ");",
                'Accept("text", ["disconnect" => true]);',
                'Accept(["reason" => "text", "reply_codes" => ["code" => '
                '259]]);')
    else:
        says = ('Accept(["reason" => "text"]);',
                'Accept(["reason" => ["one", "two"]]);',
                'Accept(["reason" => "text", "disconnect" => true]);',
                'Accept(["reason" => "text", "reply_codes" => ["code" => '
                '259]]);')
    for i, (name, say) in enumerate(zip(ACCEPTS, says)):
        word = "127.0.2.%d" % (i + 1) if hook == "connect" else name
        lines.append('if ($how == "%s") { %s }' % (word, say))
    return "\n".join(lines + ["Accept();"])


def run(mta, hook, how, index, net):
    """The reply that a hook ended with so, and its session."""
    import socket
    c = Client(mta.port, greet=False) if hook != "connect" else None
    if hook == "connect":
        c = Client.__new__(Client)
        c.sock = socket.create_connection(("127.0.0.1", mta.port), 20,
                                          ("127.0.%d.%d" % (net, index + 1),
                                           0))
        c.file = c.sock.makefile("rb")
        return c.reply(), c
    c.expect(220)
    if hook == "helo":
        return c.cmd("EHLO " + how), c
    c.hello()
    if hook == "auth":
        return c.cmd("AUTH PLAIN " + base64.b64encode(
            b"\0" + how.encode() + b"\0x").decode()), c
    if hook == "mailfrom":
        return c.cmd("MAIL FROM:<%s@b.example>" % how), c
    c.cmd("MAIL FROM:<a@b.example>", 250)
    if hook == "rcptto":
        return c.cmd("RCPT TO:<%s@b.example>" % how), c
    c.cmd("RCPT TO:<a@b.example>", 250)
    c.cmd("DATA", 354)
    return c.cmd("Subject: %s\r\n\r\n." % how), c


def check_way(mta, hook, index, way):
    name, _, code, enhanced, lines, ends = way
    r, c = run(mta, hook, name, index, 1)
    what = (hook, name, r)
    if code in ("R", "D", "E"):
        code, own = DEFAULTS[hook]["RDE".index(code)]
    elif hook in ("connect", "helo") and enhanced.endswith(".0.0"):
        own = ""
    else:
        own = enhanced
    assert r.code == code, (code, what)
    for i, line in enumerate(r.lines):
        text = line[4:]
        if own:
            assert text.startswith(own + " "), (own, what)
            text = text[len(own) + 1:]
        if lines is not None:
            assert text == lines[i], what
        else:
            assert text and not text[0].isdigit(), what
    assert lines is None or len(r.lines) == len(lines), what
    if ends or hook == "connect":
        assert c.closed(), what
    else:
        c.cmd("NOOP", 250)
    c.close()


def check_accept(mta, hook, index, name):
    r, c = run(mta, hook, name, index, 2)
    what = (hook, name, r)
    usual = {"connect": 220, "auth": 235}.get(hook, 250)
    code = 251 if (hook, name) == ("eod", "aa") else \
        259 if name == "ac" else usual
    assert r.code == code, what
    want = ["one", "two"] if name == "aa" else ["text"]
    if hook == "helo":          # the first line is its, the rest are offered
        want = want[:1]
        assert r.text[0] == want[0], what
    else:
        assert [t.split(" ")[-1] for t in r.text] == want, what
    if name == "ax":
        assert c.closed(), what
    else:
        c.cmd("NOOP", 250)
    c.close()


def test_how_hooks_end():
    params = {"smtpd_auth_tls_only": "no", "smtpd_peer_lookup": "no"}
    hooks = {name: script(name) for name in HOW}
    with instance(params, **hooks) as mta:
        for hook in HOW:
            for i, way in enumerate(WAYS):
                check_way(mta, hook, i, way)
            for i, name in enumerate(ACCEPTS):
                check_accept(mta, hook, i, name)


def test_implicit_end():
    """connect, helo, mailfrom, rcptto accept; auth rejects; eod defers."""
    empty = {name: "$x = 1;" for name in ("connect", "helo", "auth",
                                          "mailfrom", "rcptto", "eod",
                                          "proxy", "disconnect")}
    with instance({"smtpd_auth_tls_only": "no"}, **empty) as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("AUTH PLAIN AHgAeA==", 535)
        c.envelope()
        c.cmd("DATA", 354)
        assert c.cmd("x\r\n.").lines[0].startswith("421 4.3.0 ")
        c.cmd("NOOP", 250)


# Hook, the options of its Accept(), what the end of DATA then sees.
CHANGES = (
    ("connect", '["remoteip" => "2001:db8::7", "remoteptr" => "c.example", '
     '"priority" => 1]', '[$connection["remoteip"], $connection["remoteptr"],'
     ' $connection["priority"]]', ["2001:db8::7", "c.example", 1]),
    ("helo", '["host" => "real.example"]', '[$connection["helo"]["host"]]',
     ["real.example"]),
    ("mailfrom", '["sender" => "New@b.example"]', '[$transaction["sender"], '
     '$transaction["senderaddress"]]',
     ["new@b.example", {"localpart": "New", "domain": "b.example",
                       "domain_lower": "b.example"}]),
    ("mailfrom", '["sender" => ""]', '[$transaction["sender"]]', [""]),
    ("mailfrom", '["sender" => ["localpart" => "x", "domain" => "c.example"'
     ']]', '[$transaction["sender"]]', ["x@c.example"]),
    ("rcptto", '["recipient" => "New@b.example", "transportid" => "t"]',
     '[$transaction["recipients"][0]["recipient"], '
     '$transaction["recipients"][0]["transportid"]]',
     ["new@b.example", "t"]),
)
REFUSED = (
    ("connect", '["remoteip" => "nowhere"]', 421),
    ("connect", '["priority" => 2]', 421),
    ("helo", '["extensions" => "DSN"]', 450),
    ("helo", '["host" => 1]', 450),
    ("mailfrom", '["sender" => "nobody"]', 450),
    ("mailfrom", '["reply_codes" => ["code" => 550]]', 450),
    ("mailfrom", '["sendr" => "a@b.example"]', 450),
    ("rcptto", '["recipient" => ""]', 450),
    ("rcptto", '["transportid" => ["x"]]', 450),
)


def test_what_accept_changes():
    for hook, options, seen, want in CHANGES:
        with instance(**{hook: "Accept(%s);" % options,
                         "eod": "Accept(json_encode(%s));" % seen}) as mta, \
                mta.client() as c:
            c.hello()
            got = json.loads(c.message().text[0][6:])
            assert got == want, (hook, options, got)


def test_what_accept_refuses():
    for hook, options, code in REFUSED:
        with instance(**{hook: "Accept(%s);" % options}) as mta, \
                Client(mta.port, greet=False) as c:
            if hook != "connect":
                c.expect(220)
                c.cmd("HELO x") if hook == "helo" else c.cmd("HELO x", 250)
            if hook == "rcptto":
                c.cmd("MAIL FROM:<a@b.example>", 250)
            line = {"helo": "EHLO x", "mailfrom": "MAIL FROM:<a@b.example>",
                    "rcptto": "RCPT TO:<a@b.example>"}.get(hook)
            r = c.cmd(line) if line else c.reply()
            assert r.code == code, (hook, options, r)


if __name__ == "__main__":
    main(globals())
