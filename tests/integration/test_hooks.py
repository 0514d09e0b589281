#!/usr/bin/env python3
"""The hooks of a session: connect, helo, mailfrom, rcptto, disconnect."""

import os
import socket
import time

from tempfile import TemporaryDirectory

from halyard import SLOW, Backend, Client, Instance, main, wait_for
from pki import certificate

ACCEPT = 'Accept("ok");\n'


def instance(params=None, **hooks):
    """Each hook=text becomes a file and its parameter."""
    mta = Instance(hook=hooks.pop("eod", ACCEPT), params=params)
    for name, text in hooks.items():
        with open(mta.path("hooks/%s.hsl" % name), "w") as f:
            f.write(text)
        mta.set(**{"hook_" + name: "hooks/%s.hsl" % name})
    return mta


def test_connect():
    text = '''
if (!isset($arguments["remoteport"]) or isset($connection["remoteip"])
    or $arguments["localip"] != "127.0.0.1" or !isset($transaction["id"]))
    throw Exception("variables");
$n = $arguments["serverid"];
$context = ["from" => $arguments["remoteip"]];
if ($arguments["remoteip"] == "127.0.0.2") Reject("go away");
if ($arguments["remoteip"] == "127.0.0.3") Defer();
if ($arguments["remoteip"] == "127.0.0.4") throw 4;
Accept(["remoteip" => "192.0.2.7", "remoteptr" => "client.example"]);
'''
    eod = 'Accept([$connection["remoteip"], $connection["remoteptr"], ' \
        '$context["from"]]);'
    with instance(connect=text, eod=eod) as mta:
        c = dial(mta, "127.0.0.1")
        c.hello()
        assert [t[6:] for t in c.message().text] == [
            "192.0.2.7", "client.example", "127.0.0.1"]
        c.cmd("QUIT", 221)
        for source, code in (("127.0.0.2", 521), ("127.0.0.3", 421),
                             ("127.0.0.4", 421)):
            c = dial(mta, source, greet=False)
            r = c.expect(code)
            assert source != "127.0.0.2" or "go away" in r.text[0]
            assert c.closed()
            c.close()


def test_cache():
    """One store for all hooks of a worker; per_message for a message's."""
    rcptto = '''
function one($x) { return uuid(); }
$context = [cache [] one(1), cache ["per_message" => true] one(1)];
'''
    eod = '''
function one($x) { return uuid(); }
Accept([...$context, cache [] one(1), cache ["per_message" => true] one(1)]);
'''
    with instance(rcptto=rcptto, eod=eod) as mta, mta.client() as c:
        c.hello()
        kept = set()
        messages = set()
        for _ in range(3):
            a, m, b, n = (t[6:] for t in c.message().text)
            assert a == b and m == n, (a, b, m, n)
            kept.add(a)
            messages.add(m)
        assert len(kept) == 1 and len(messages) == 3


def dial(mta, source, greet=True):
    """A client from another address of 127/8."""
    import socket
    c = Client.__new__(Client)
    c.sock = socket.create_connection(("127.0.0.1", mta.port), 20,
                                      (source, 0))
    c.file = c.sock.makefile("rb")
    if greet:
        c.expect(220)
    return c


ZONE = '''
5.0.0.127.in-addr.arpa. PTR bad.example.
5.0.0.127.in-addr.arpa. PTR Good.example.
good.example. A 127.0.0.5
bad.example. A 192.0.2.5
6.0.0.127.in-addr.arpa. PTR liar.example.
liar.example. A 192.0.2.1
7.0.0.127.in-addr.arpa. PTR 127.0.0.7.
8.0.0.127.in-addr.arpa. PTR mute.example.
9.0.0.127.in-addr.arpa. PTR mute.example.
10.0.0.127.in-addr.arpa. PTR mute.example.
'''
TELL = 'echo json_encode([$arguments["remoteptr"] ?? none, ' \
    '$arguments["remoteptrresult"] ?? none]);'


def test_remoteptr():
    with Backend() as b, Instance(b.port) as mta:
        with open(mta.path("zone"), "w") as f:
            f.write(ZONE)
        with open(mta.path("hooks/connect.hsl"), "w") as f:
            f.write(TELL)
        mta.set(hook_connect="hooks/connect.hsl", dns_local_data="zone",
                dns_servers="127.0.0.1@9")
        mta.ctl("reload")
        for source, name, reverse, forward in (
                ("127.0.0.5", "good.example",
                 ["bad.example", "good.example"],
                 ["127.0.0.5", "192.0.2.5"]),
                ("127.0.0.6", None, ["liar.example"], ["192.0.2.1"]),
                ("127.0.0.7", None, [], [])):
            with dial(mta, source) as c:
                c.hello()
                assert c.message().code == 250
            got = echoed(mta)
            if name is not None:
                got[0] = got[0].lower()
            assert got[0] == name, got
            assert sorted(r.lower() for r in got[1]["reverse"]) == reverse
            assert sorted(got[1]["forward"]) == forward, got
        body = b.messages[0]["body"].decode().lower()
        assert "(good.example [127.0.0.5])" in body, body
        assert b"([127.0.0.6])" in b.messages[1]["body"]


def echoed(mta):
    """The JSON of the last echo."""
    import json
    line = mta.wait_log("event=echo") and [
        l for l in mta.log().splitlines() if "event=echo" in l][-1]
    text = line.split("text=", 1)[1]
    if text.startswith('"'):
        text = text[1:-1].replace('\\\\', '\\').replace('\\"', '"')
    return json.loads(text)


def test_dead_dns_does_not_stall():
    """Asked for by parameter; asked for by an included file; never asked."""
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute, \
            TemporaryDirectory() as d:
        mute.bind(("127.0.0.1", 0))
        with open(d + "/zone", "w") as f:
            f.write(ZONE)
        params = {"dns_servers": "127.0.0.1@%d" % mute.getsockname()[1],
                  "dns_local_data": d + "/zone",
                  "smtpd_peer_lookup_timeout": "2s"}

        def greeted_after(mta, source="127.0.0.9"):
            start = time.monotonic()
            with dial(mta, source) as c:
                took = time.monotonic() - start
                c.hello()
                assert c.message().code == 250
            return took

        with instance(params=dict(params, smtpd_peer_lookup="yes"),
                      eod='if (isset($connection["remoteptr"])) Reject();'
                      'Accept();') as mta:
            assert 1.9 < greeted_after(mta) < 10 * SLOW
            # Commands before the greeting wait, in order.
            c = dial(mta, "127.0.0.8", greet=False)
            c.send("EHLO x\r\nNOOP\r\nQUIT\r\n")
            for code in (220, 250, 250, 221):
                c.expect(code)
            # One that leaves meanwhile is forgotten.
            dial(mta, "127.0.0.10", greet=False).reset()
            wait_for(lambda: mta.counters()["sessions"] == 0, text="end")
        mta = instance(params=params, connect='include "./more.hsl";')
        with open(mta.path("hooks/more.hsl"), "w") as f:
            f.write('$x = $arguments["remoteptr"] ?? "none";')
        with mta:
            assert 1.9 < greeted_after(mta) < 10 * SLOW
        with instance(params=params, connect="Accept();") as mta:
            assert greeted_after(mta) < 1.9
        with instance(params=dict(params, smtpd_peer_lookup="no"),
                      connect=TELL) as mta:
            assert greeted_after(mta) < 1.9
            assert echoed(mta) == [None, None]


def test_connect_changes_the_client():
    """A new remoteip takes the old name away."""
    with instance(connect='Accept(["remoteip" => $arguments["remoteip"] == '
                  '"127.0.0.5" ? "192.0.2.1" : "127.0.0.5"]); '
                  '$x = $arguments["remoteptr"];',
                  eod='Accept([$connection["remoteip"], '
                  '$connection["remoteptr"] ?? "none"]);') as mta:
        with open(mta.path("zone"), "w") as f:
            f.write(ZONE)
        mta.set(dns_local_data="zone", dns_servers="127.0.0.1@9")
        mta.ctl("reload")
        with dial(mta, "127.0.0.5") as c:
            c.hello()
            assert [t[6:] for t in c.message().text] == ["192.0.2.1",
                                                         "none"]


def test_unix_socket():
    """A service of type unix: its clients have a user, and no address."""
    import os
    import socket
    eod = 'Accept([$connection["remoteuid"], isset($connection["remoteip"]),' \
        ' $connection["helo"]["host"]]);'
    mta = instance(connect='echo json_encode($arguments);', eod=eod)
    with open(mta.path("master.cf"), "a") as f:
        f.write("smtpd.sock unix n - - - 1 smtpd -o server_id=local\n")
    with mta:
        path = [os.path.join(d, "smtpd.sock") for d, _, n in
                os.walk(mta.conf) if "smtpd.sock" in n][0]
        c = Client.__new__(Client)
        c.sock = socket.socket(socket.AF_UNIX)
        c.sock.settimeout(20)
        c.sock.connect(path)
        c.file = c.sock.makefile("rb")
        c.expect(220)
        got = echoed(mta)
        assert got["remoteuid"] == os.getuid(), got
        assert got["serverid"] == "local", got
        assert not [k for k in got if k in ("remoteip", "remoteport",
                                            "localip", "localport")], got
        c.hello()
        r = c.message()
        assert [t[6:] for t in r.text] == [str(os.getuid()), "false",
                                           "client.example.net"], r
        c.cmd("QUIT", 221)


def test_helo():
    text = '''
if ($arguments["host"] == "bad") Reject("bad name");
if ($arguments["host"] == "later") Defer("later");
if ($arguments["host"] == "oops") throw "x";
if ($arguments["host"] == "dsn")
    Accept(["extensions" => [...$arguments["extensions"], "DSN", "XFOO"]]);
if ($arguments["host"] == "less") Accept(["extensions" => ["PIPELINING"]]);
if ($arguments["host"] == "alias") Accept(["host" => "real.example"]);
'''
    eod = 'Accept([$connection["helo"]["verb"], ' \
        '$connection["helo"]["host"]]);'
    with instance(helo=text, eod=eod) as mta, mta.client() as c:
        assert c.cmd("EHLO bad", 554).text == ["bad name"]
        c.cmd("MAIL FROM:<a@b.example>", 503)
        c.cmd("EHLO later", 450)
        c.cmd("HELO oops", 450)
        r = c.cmd("EHLO dsn", 250)
        assert "DSN" in r.text and "XFOO" in r.text and "SMTPUTF8" in r.text
        c.cmd("MAIL FROM:<a@b.example> RET=HDRS ENVID=x", 250)
        c.cmd("RCPT TO:<a@b.example> NOTIFY=NEVER", 250)
        c.cmd("RCPT TO:<a@b.example> NOTIFY=NEVER,DELAY", 501)
        r = c.cmd("EHLO less", 250)
        assert r.text[1:] == ["PIPELINING"]
        c.cmd("MAIL FROM:<a@b.example> SIZE=1", 555)
        c.cmd("EHLO alias", 250)
        assert c.message().text[1].endswith("real.example")
        c.cmd("HELO plain", 250)
        assert c.message().text[0].endswith("HELO")


def test_mailfrom():
    text = '''
$l = $arguments["address"]["localpart"];
if ($l == "bad") Reject(["no", "never"]);
if ($l == "busy") Defer("busy", ["reply_codes" =>
    ["code" => 451, "enhanced" => [4, 7, 1]]]);
if ($l == "bye") Reject("bye", ["disconnect" => true]);
if ($l == "Old") Accept(["sender" => "new@b.example"]);
if ($arguments["params"]["SIZE"] == "7") Reject("seven");
'''
    eod = 'Accept($transaction["sender"]);'
    with instance(mailfrom=text, eod=eod) as mta, mta.client() as c:
        c.hello()
        r = c.cmd("MAIL FROM:<bad@b.example>")
        assert r.lines == ["554-5.7.1 no", "554 5.7.1 never"], r
        r = c.cmd("MAIL FROM:<busy@b.example>")
        assert r.lines == ["451 4.7.1 busy"], r
        c.cmd("RCPT TO:<a@b.example>", 503)
        c.cmd("MAIL FROM:<x@b.example> SIZE=7", 554)
        assert c.message(sender="Old@b.example").text == [
            "2.0.0 new@b.example"]
        assert c.message(sender="").code == 250
        c.cmd("MAIL FROM:<bye@b.example>", 554)
        assert c.closed()


def test_rcptto():
    text = '''
$r = $arguments["recipient"];
if ($r == "unknown@b.example") Reject("no such user");
if ($r == "full@b.example") Defer();
if ($r == "alias@b.example")
    Accept(["recipient" => ["localpart" => "Real", "domain" => "c.example"],
        "transportid" => "inbound"]);
if (length($transaction["recipients"]) >= 2) Reject("two are enough");
'''
    eod = '''
$s = array_map(function ($r) { return $r["recipient"] . "/" .
    ($r["transportid"] ?? "none"); }, $transaction["recipients"]);
Accept($s);
'''
    with instance(rcptto=text, eod=eod,
                  params={"default_transport": "mx"}) as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("MAIL FROM:<a@b.example>", 250)
        c.cmd("RCPT TO:<unknown@b.example>", 554)
        c.cmd("RCPT TO:<full@b.example>", 450)
        c.cmd("DATA", 503)
        c.cmd("RCPT TO:<Alias@b.example>", 250)
        c.cmd("RCPT TO:<x@b.example>", 250)
        c.cmd("RCPT TO:<y@b.example>", 554)
        c.cmd("DATA", 354)
        r = c.cmd(".")
        assert [t[6:] for t in r.text] == ["real@c.example/inbound",
                                           "x@b.example/mx"], r


def test_pipelining_through_hooks():
    """Commands behind one whose hook runs wait, in order."""
    text = '$i = 0; while ($i < 200000) $i += 1; Accept();'
    with instance(helo=text, mailfrom=text, rcptto=text) as mta, \
            mta.client() as c:
        c.send("EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<b@b.example>"
               "\r\nRCPT TO:<c@b.example>\r\nDATA\r\n")
        for code in (250, 250, 250, 250, 354):
            c.expect(code)
        c.send("x\r\n.\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nQUIT\r\n")
        for code in (250, 250, 250, 221):
            c.expect(code)


def test_client_leaves_while_a_hook_runs():
    loop = 'while (true) $x = 1;'
    with instance(mailfrom=loop, params={
            "hook_instruction_limit": "100000000000"}) as mta:
        c = mta.client()
        c.hello()
        c.send("MAIL FROM:<a@b.example>\r\n")
        time.sleep(0.3)
        c.reset()
        wait_for(lambda: mta.counters()["sessions"] == 0, text="its end")
        pids = mta.workers()
        with mta.client() as d:
            d.hello()
        assert mta.workers() == pids


def test_time_limit():
    with instance(mailfrom='while (true) $x = 1;', params={
            "hook_time_limit": "500ms", "hook_instruction_limit":
            "100000000000"}) as mta, mta.client() as c:
        c.hello()
        start = time.monotonic()
        c.cmd("MAIL FROM:<a@b.example>", 450)
        assert time.monotonic() - start < 15 * SLOW
        c.cmd("NOOP", 250)


def test_disconnect():
    text = 'echo "gone " . $arguments["close"] . " " . $context["n"]; Pass();'
    with instance(disconnect=text,
                  eod='$context = ["n" => 7]; Accept();') as mta:
        with mta.client() as c:
            c.hello()
            c.message()
            c.cmd("QUIT", 221)
        mta.wait_log("gone local 7")
        c = mta.client()
        c.hello()
        c.message()
        c.close()
        mta.wait_log("gone remote 7")
        wait_for(lambda: mta.counters()["sessions"] == 0, text="the end")


def disconnects():
    """What the disconnect hook is told, by how a session ended."""
    def quit(mta, c):
        c.hello()
        c.cmd("QUIT", 221)

    def leave(mta, c):
        c.hello()
        c.close()

    def after_message(mta, c):
        c.hello()
        c.message()
        c.close()

    def reset(mta, c):
        c.hello()
        c.reset()

    def idle(mta, c):
        c.expect(421)

    def refused(mta, c):
        c.hello()
        c.cmd("MAIL FROM:<bye@b.example>", 554)
        assert c.closed()

    def pipelined_quit(mta, c):
        c.hello()
        c.send("MAIL FROM:<slow@b.example>\r\nQUIT\r\n")
        c.sock.shutdown(1)
        c.expect(250)
        c.expect(221)

    def pipelined_noop(mta, c):
        c.hello()
        c.send("MAIL FROM:<slow@b.example>\r\nNOOP\r\n")
        c.sock.shutdown(1)
        c.expect(250)
        c.expect(250)

    def no_tls(mta, c):
        c.hello()
        c.cmd("STARTTLS", 220)
        c.send("this is no TLS\r\n")
        assert c.closed()

    def unknown(mta, c):
        c.cmd("FOO", 500)
        c.close()

    def challenged(mta, c):
        c.hello()
        c.cmd("AUTH LOGIN", 334)
        c.close()

    bye = (["bye", "now"], [5, 7, 1])
    return (
        (quit, "local", 221, "QUIT", None),
        (leave, "remote", 250, "EHLO", None),
        (after_message, "remote", 250, "EOD", None),
        (reset, "remote", 250, "EHLO", "socket"),
        (idle, "local", 421, "CONNECT", None),
        (refused, "local", 554, "MAIL", None, bye),
        (pipelined_quit, "local", 221, "QUIT", None),
        (pipelined_noop, "remote", 250, "NOOP", None),
        (no_tls, "remote", 220, "STARTTLS", "tls"),
        (unknown, "remote", 500, "UNKNOWN", None),
        (challenged, "remote", 334, "AUTH", None),
    )


def test_disconnect_arguments():
    mail = '''
$l = $arguments["address"]["localpart"];
if ($l == "bye") Reject(["bye", "now"], ["disconnect" => true]);
if ($l == "slow") sleep(0.3);
'''
    with TemporaryDirectory() as d, instance(
            disconnect='echo json_encode($arguments);', mailfrom=mail,
            auth="Reject();", params=dict(
                certificate(d), smtpd_idle_timeout="2s",
                smtpd_auth_tls_only="no")) as mta:
        for case in disconnects():
            seen = mta.log().count("event=echo")
            with mta.client() as c:
                case[0](mta, c)
                wait_for(lambda: mta.log().count("event=echo") > seen,
                         text="the hook")
            got = echoed(mta)
            what = (case[0].__name__, got)
            assert got["close"] == case[1], what
            assert got["reply"]["code"] == case[2], what
            assert got["reply"]["state"] == case[3], what
            assert got.get("error", {}).get("type") == case[4], what
            if case[4] is not None:
                assert got["error"]["code"] > 0 and got["error"]["reason"]
                assert case[4] != "socket" or got["error"]["code"] == 104
            if len(case) > 5:
                assert got["reply"]["reason"] == case[5][0], what
                assert got["reply"]["enhanced"] == case[5][1], what


def test_disconnect_after_refusal():
    """Of the connect hook, whose refusal ends the session."""
    with instance(connect='Reject("not you");', disconnect='echo '
                  '"gone " . $arguments["close"] . $arguments["reply"]["code"]'
                  ' . $arguments["reply"]["state"];') as mta:
        with Client(mta.port, greet=False) as c:
            c.expect(521)
            assert c.closed()
        mta.wait_log("gone local521CONNECT")


def test_context_through_all_hooks():
    step = '$context = [...($context ?? []), "%s"]; Accept();'
    eod = 'Accept(array_join($context, ","));'
    with instance(connect=step % "connect", helo=step % "helo",
                  mailfrom=step % "mail", rcptto=step % "rcpt",
                  eod=eod) as mta, mta.client() as c:
        c.hello()
        assert c.message().text == ["2.0.0 connect,helo,mail,rcpt"]


def test_errors_of_all_hooks_at_once():
    mta = instance(connect="Accept(", mailfrom="\n\n$x = ;", eod="Try();")
    try:
        p = mta.ctl("start", check=False)
        said = p.stdout + p.stderr
        for where in ("connect.hsl:1:", "mailfrom.hsl:3:", "eod.hsl:1:"):
            assert where in said, (where, said)
        p = mta.ctl("config", "check", check=False)
        assert p.returncode == 1
        for where in ("connect.hsl:1:", "mailfrom.hsl:3:", "eod.hsl:1:"):
            assert where in p.stdout + p.stderr, p
    finally:
        mta.stop()


def test_hook_of_one_service():
    """-o in master.cf gives a service its own hook."""
    from halyard import free_port
    mta = instance()
    port = free_port()
    with open(mta.path("hooks/strict.hsl"), "w") as f:
        f.write('Reject("strict");')
    with open(mta.path("master.cf"), "a") as f:
        f.write("127.0.0.1:%d inet n - - - 1 smtpd\n"
                "    -o hook_mailfrom=hooks/strict.hsl -o server_id=b\n"
                % port)
    with mta, mta.client() as c, Client(port) as d:
        c.hello()
        d.hello()
        c.cmd("MAIL FROM:<a@b.example>", 250)
        d.cmd("MAIL FROM:<a@b.example>", 554)


def b64(data):
    import base64
    return base64.b64encode(data).decode()


def test_auth():
    text = '''
if ($arguments["mechanism"] == "X-STEPS") {
    if ($arguments["state"] == 0) Reply("first");
    if ($arguments["state"] == 1 and $arguments["response"] == "one")
        Reply("second\\x00\\xff");
    if ($arguments["state"] == 2 and $arguments["response"] == "two")
        Accept(["username" => "stepper"]);
    Reject("no");
}
if ($arguments["username"] == "busy") Defer("later");
if (isset($arguments["authorizationid"])
    and $arguments["authorizationid"] != $arguments["username"]
    and $arguments["authorizationid"] != "team")
    Reject("not as " . $arguments["authorizationid"]);
if ($arguments["username"] == "bob" and $arguments["password"] == "s3cret")
    Accept();
Reject();
'''
    eod = '''
Accept([$connection["auth"]["mechanism"], $connection["auth"]["username"]]);
'''
    params = {"smtpd_auth_tls_only": "no",
              "smtpd_auth_mechanisms": "PLAIN LOGIN X-STEPS"}
    plain = b64(b"\0bob\0s3cret")
    with instance(auth=text, eod=eod, params=params) as mta:
        with mta.client() as c:
            c.cmd("AUTH PLAIN " + plain, 503)       # before EHLO
            assert "AUTH PLAIN LOGIN X-STEPS" in c.hello().text
            c.cmd("AUTH", 501)
            c.cmd("AUTH FOO", 504)
            c.cmd("AUTH PLAIN !!!!", 501)
            c.cmd("AUTH PLAIN " + b64(b"bob s3cret"), 501)
            r = c.cmd("AUTH PLAIN " + b64(b"x\0bob\0s3cret"), 535)
            assert r.text == ["5.7.8 not as x"], r
            c.cmd("AUTH PLAIN " + b64(b"x\0\0s3cret"), 501)
            c.cmd("AUTH PLAIN " + b64(b"x\0bob\0s3\0cret"), 501)
            c.cmd("AUTH PLAIN " + b64(b"\0bob\0wrong"), 535)
            c.cmd("AUTH PLAIN " + b64(b"\0busy\0x"), 454)
            c.cmd("AUTH PLAIN", 334)
            c.cmd("*", 501)
            c.cmd("AUTH PLAIN", 334)
            c.cmd("a=b=", 501)
            r = c.cmd("auth plain " + plain, 235)
            assert r.text[0].startswith("2.7.0 "), r
            c.cmd("AUTH PLAIN " + plain, 503)
            c.cmd("RSET", 250)
            assert c.message().text[1][6:] == "bob"
        for who in (b"team", b"bob"):       # bob logs in all the same
            with mta.client() as c:
                c.hello()
                c.cmd("AUTH PLAIN", 334)
                c.cmd(b64(who + b"\0bob\0s3cret"), 235)
                assert c.message().text[1][6:] == "bob"
        with mta.client() as c:
            c.hello()
            r = c.cmd("AUTH LOGIN", 334)
            assert r.text == ["VXNlcm5hbWU6"], r
            r = c.cmd(b64(b"bob"), 334)
            assert r.text == ["UGFzc3dvcmQ6"], r
            c.cmd(b64(b"s3cret"), 235)
            assert [t[6:] for t in c.message().text] == ["LOGIN", "bob"]
        with mta.client() as c:
            c.hello()
            c.cmd("AUTH LOGIN " + b64(b"bob"), 334)
            c.cmd(b64(b"s3cret"), 235)
        with mta.client() as c:
            c.hello()
            assert c.cmd("AUTH X-STEPS", 334).text == [b64(b"first")]
            assert c.cmd(b64(b"one"), 334).text == [
                b64(b"second\0\xff")]
            c.cmd(b64(b"two"), 235)
            assert c.message().text[1][6:] == "stepper"
        with mta.client() as c:
            c.hello()
            c.cmd("AUTH X-STEPS", 334)
            c.cmd("=", 535)
            c.cmd("MAIL FROM:<a@b.example>", 250)
            c.cmd("AUTH PLAIN " + plain, 503)       # in a transaction
        assert "s3cret" not in mta.log() and plain not in mta.log()


def test_auth_has_an_end():
    """A mechanism of the hook's own that asks on and on."""
    params = {"smtpd_auth_tls_only": "no", "smtpd_command_limit": "20",
              "smtpd_auth_mechanisms": "X-MORE"}
    with instance(auth='Reply("more");', params=params) as mta, \
            mta.client() as c:
        c.hello()
        c.cmd("AUTH X-MORE", 334)
        for _ in range(18):
            c.cmd("eA==", 334)
        c.cmd("eA==", 421)
        assert c.closed()


def test_auth_reply_options():
    """Reply() takes a code of 3xx and disconnect; others are exceptions."""
    params = {"smtpd_auth_tls_only": "no", "smtpd_auth_mechanisms": "X-ASK"}
    for options, code, ends in (
            ('["reply_codes" => ["code" => 335]]', 335, False),
            ('["disconnect" => true]', 334, True),
            ('["username" => "another function takes this"]', 334, False),
            ('["reply_codes" => ["code" => 235]]', 454, False),
            ('["what" => 1]', 454, False)):
        with instance(auth='Reply("ask", %s);' % options,
                      params=params) as mta, mta.client() as c:
            c.hello()
            r = c.cmd("AUTH X-ASK")
            assert r.code == code, (options, r)
            if ends:
                assert c.closed(), options
            elif code < 400:
                c.cmd("*", 501)


def test_auth_needs_tls():
    with instance(auth="Accept();") as mta, mta.client() as c:
        assert not [t for t in c.hello().text if t.startswith("AUTH")]
        c.cmd("AUTH PLAIN =", 538)
    with instance() as mta, mta.client() as c:
        c.hello()
        c.cmd("AUTH PLAIN =", 502)


def test_proxy():
    text = '''
$c = $arguments["command"];
if ($c == "XHELLO there") Reply("hi");
if ($c == "XBYE") Reply("bye", ["disconnect" => true,
    "reply_codes" => ["code" => 221]]);
if ($c == "XCODES") Reply(["a", "b"], ["reply_codes" =>
    ["code" => 451, "enhanced" => [4, 7, 1]]]);
if ($c == "XMAIL") Pass(["command" => "MAIL FROM:<from@proxy.example>"]);
if ($c == "XFAIL") throw "x";
if ($c == "XNEXT") Reply("next", ["next" => true]);
if ($c == "XBAD") Reply("bad", ["reply_codes" => ["code" => 354]]);
if ($c == "NOOP inject") Pass(["command" => "NOOP\\r\\nQUIT"]);
'''
    with instance(proxy=text, eod='Accept($transaction["sender"]);') as mta, \
            mta.client() as c:
        assert c.cmd("XHELLO there", 250).text == ["2.0.0 hi"]
        c.hello()
        assert c.cmd("XCODES").lines == ["451-4.7.1 a", "451 4.7.1 b"]
        c.cmd("XFAIL", 421)
        c.cmd("XNEXT", 250)
        c.cmd("XBAD", 421)
        c.cmd("NOOP inject", 421)
        c.cmd("NOOP\0x", 500)
        c.cmd("XMAIL", 250)
        c.send("RCPT TO:<a@b.example>\r\nDATA\r\n")
        c.expect(250)
        c.expect(354)
        assert c.cmd("NOOP\r\n.").text == ["2.0.0 from@proxy.example"]
        c.cmd("XBYE", 221)
        assert c.closed()


def test_proxy_answers_what_has_more_behind():
    """What follows a line that the hook answered is no command."""
    text = '''
$c = $arguments["command"];
if ($c == "DATA") Reply("go on", ["reply_codes" => ["code" => 250]]);
if ($c == "BDAT 6 LAST") Pass(["command" => "NOOP"]);
if ($c == "BDAT 6") Pass(["command" => "BDAT 3"]);
if ($c == "BDAT 7") Pass(["command" => "bdat 7 last"]);
if ($c == "BDAT 8") throw "x";
if (str_find($c, "BDAT") == 0) Reply("not here",
    ["reply_codes" => ["code" => 502]]);
'''
    with instance(proxy=text, eod='Accept("taken");') as mta:
        for answer, line in ((502, "BDAT 12 LAST"), (502, "BDAT 12"),
                             (502, "bdat 12")):
            with mta.client() as c:
                c.hello()
                c.send(line.upper() + "\r\nMAIL FROM:<>QUIT\r\n")
                c.expect(answer)
                c.expect(221)
                assert c.closed()
        with mta.client() as c:
            c.hello()
            c.send("BDAT 8\r\nNOOP\r\n\r\n" + "NOOP\r\n")
            c.expect(421)
            c.expect(250)
        with mta.client() as c:         # in pieces
            c.hello()
            c.cmd("BDAT 1000", 502)
            for _ in range(100):
                c.send("QUIT\r\n....")
            c.cmd("NOOP", 250)
        for line in ("BDAT 6 LAST", "BDAT 6"):
            with mta.client() as c:
                c.hello()
                c.send(line + "\r\nQUIT\r\nRSET\r\n")
                c.expect(421)
                assert c.closed()
                mta.wait_log("hook=proxy reason=\"what follows")
        for line, code in ("BDAT x", 502), ("BDAT", 502), ("DATA", 250):
            with mta.client() as c:
                c.hello()
                c.send(line + "\r\nQUIT\r\n")
                c.expect(code)
                assert c.closed()
        with mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<>", 250)
            c.cmd("RCPT TO:<a@b.example>", 250)
            c.send("BDAT 7\r\na: b\r\n.")
            assert c.expect(250).text == ["2.0.0 taken"]


def test_end_behind_commands():
    """A client that sends no more gets its replies, and then the end."""
    with instance(proxy="sleep(0.02);") as mta, mta.client() as c:
        c.send("NOOP\r\nNOOP\r\n")
        c.sock.shutdown(socket.SHUT_WR)
        c.expect(250)
        c.expect(250)
        assert c.closed()


if __name__ == "__main__":
    main(globals())
