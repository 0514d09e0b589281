#!/usr/bin/env python3
"""What hooks call beside the core library: sleep, dns_query, syslog, encoded
words, class File; and a worker that goes on while a script waits."""

import os
import re
import subprocess
import tempfile
import time

from halyard import (MTACTL, SLOW, Answerer, Backend, Instance, main,
                     wait_for)

ZONE = '''
a.example. 60 IN A 192.0.2.1
a.example. 60 IN A 192.0.2.2
one.example. 60 IN A 192.0.2.3
a.example. 60 IN AAAA 2001:db8::1
alias.example. 60 IN CNAME a.example.
m.example. 300 IN MX 20 later.example.
m.example. 300 IN MX 10 first.example.
m.example. 300 IN MX 30 last.example.
t.example. 60 IN TXT "v=spf1 " "-all"
m.example. 60 IN NS ns.example.
_s._tcp.example. 60 IN SRV 20 0 25 b.example.
_s._tcp.example. 60 IN SRV 10 5 26 a.example.
_25._tcp.example. 60 IN TLSA 3 1 1 \
00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
1.2.0.192.in-addr.arpa. 60 IN PTR a.example.
'''


def instance(mailfrom=None, params=None, maxproc=1, eod="Accept();",
             zone=None, files=None):
    mta = Instance(hook=eod, params=params, maxproc=maxproc)
    if mailfrom is not None:
        with open(mta.path("hooks/mailfrom.hsl"), "w") as f:
            f.write(mailfrom)
        mta.set(hook_mailfrom="hooks/mailfrom.hsl")
    if zone is not None:
        with open(mta.path("zone"), "w") as f:
            f.write(zone)
        mta.set(dns_local_data="zone", dns_servers="127.0.0.1@9")
    for name, data in (files or {}).items():
        with open(mta.path("hooks/" + name), "wb") as f:
            f.write(data)
    return mta


def says(script, hook="eod", client=None, **kwargs):
    """The lines that a script ends with."""
    if hook == "eod":
        mta = instance(eod=script, **kwargs)
    else:
        mta = instance(mailfrom=script, **kwargs)
    with mta, mta.client() as c:
        c.hello()
        r = c.message() if hook == "eod" else \
            c.cmd("MAIL FROM:<a@example.net>")
        c.cmd("NOOP", 250)
        assert r.code in (250, 554), (r, mta.log()[-2000:])
        return [t[6:] for t in r.text]


def json(script, **kwargs):
    """Both hosts of natives: the end of DATA and the hooks before it."""
    import json as j
    for hook, end in (("eod", "Accept"), ("mailfrom", "Reject")):
        got = says("$say = [];\n" + script +
                   "\n%s(array_map(json_encode, $say));" % end,
                   hook=hook, **kwargs)
        got = [j.loads(l) for l in got]
        assert hook == "eod" or got == before, (got, before)
        before = got
    return got


def test_sleep():
    for hook, end in (("eod", "Accept"), ("mailfrom", "Reject")):
        got = says('''
$t = time();
$n = sleep(0.25);
$m = array_map(sleep, [0, 0.1]);
%s([$n >= 0.25 and $n < 20, $m[1] >= 0.1 and length($m) == 2,
    time() - $t >= 0.34]);''' % end, hook=hook)
        assert got == ["true"] * 3 or got == ["1"] * 3, got


def test_sleep_refuses():
    got = json('''
foreach ([-1, "x", none, 1000000, [1]] as $s)
    try { sleep($s); $say[] = "slept"; } catch ($e) { $say[] = "no"; }
''')
    assert got == ["no"] * 5, got


def test_the_worker_goes_on():
    text = 'if ($arguments["sender"] == "slow@example.net") sleep(2);'
    with instance(text) as mta, mta.client() as c:
        c.hello()
        start = time.monotonic()
        c.send("MAIL FROM:<slow@example.net>\r\nRCPT TO:<a@b.example>\r\n")
        done = 0
        while time.monotonic() - start < 1:
            with mta.client() as d:
                d.hello()
                d.message()
                done += 1
        assert done >= 5 / SLOW, done
        c.expect(250)
        c.expect(250)
        assert time.monotonic() - start >= 2


def test_many_sleep_at_once():
    with instance("sleep(1);") as mta:
        clients = [mta.client() for _ in range(100)]
        for c in clients:
            c.hello()
        start = time.monotonic()
        for c in clients:
            c.send("MAIL FROM:<a@b.example>\r\n")
        for c in clients:
            c.expect(250)
            c.close()
        assert time.monotonic() - start < 8 * SLOW


def test_time_limit_while_waiting():
    text = 'try { %s } catch ($e) { Accept(); } Accept();'
    with Answerer() as dns:
        for wait in ("sleep(100);",
                     'dns_query("mute.example", ["timeout" => 100]);'):
            with instance(text % wait, params={
                    "hook_time_limit": "500ms",
                    "dns_servers": "127.0.0.1@%d" % dns.port}) as mta, \
                    mta.client() as c:
                c.hello()
                start = time.monotonic()
                c.cmd("MAIL FROM:<a@b.example>", 450)
                assert time.monotonic() - start < 50    # of the hundred
                mta.wait_log("time limit exceeded")
                c.cmd("NOOP", 250)
            with instance(eod=text % wait, params={
                    "inline_deadline": "1s",
                    "dns_servers": "127.0.0.1@%d" % dns.port}) as mta, \
                    mta.client() as c:
                c.hello()
                assert c.message().code == 451
                c.cmd("NOOP", 250)


def test_time_limit_of_many_at_once():
    """A wait that the limit cuts short is the end of the script, however much
    else is due: nobody's Accept() is a matter of which timer comes first."""
    text = 'try { %s } catch ($e) { Accept(); } Accept();'
    with Answerer() as dns:
        for wait in ("sleep(100);",
                     'dns_query("mute.example", ["timeout" => 100]);'):
            with instance(text % wait, eod=text % wait, params={
                    "hook_time_limit": "500ms", "inline_deadline": "1s",
                    "dns_servers": "127.0.0.1@%d" % dns.port}) as mta:
                clients = [mta.client() for _ in range(100)]
                for c in clients:
                    c.hello()
                for c in clients:
                    c.send("MAIL FROM:<a@b.example>\r\n")
                for c in clients:
                    c.expect(450)
                with open(mta.path("hooks/mailfrom.hsl"), "w") as f:
                    f.write("Accept();")
                mta.ctl("reload")
                clients = [mta.client() for _ in range(100)]
                for c in clients:
                    c.hello()
                    c.envelope()
                    c.cmd("DATA", 354)
                for c in clients:
                    c.send("Subject: hi\r\n\r\nHello.\r\n.\r\n")
                for c in clients:
                    c.expect(451)


def test_dns_query():
    got = json('''
$say[] = dns_query("one.example");
$say[] = dns_query("a.example", ["type" => "AAAA"]);
$say[] = dns_query("m.example", ["type" => "mx"]);
$say[] = dns_query("t.example", ["type" => "txt"]);
$say[] = dns_query("alias.example", ["type" => "cname"]);
$say[] = dns_query("m.example", ["type" => "ns"]);
$say[] = dns_query("1.2.0.192.in-addr.arpa", ["type" => "ptr"]);
$say[] = dns_query("_s._tcp.example", ["type" => "srv"]);
$say[] = length(dns_query("_25._tcp.example",
    ["type" => "tlsa"])["result"][0]["data"]);
$say[] = dns_query("t.example", ["type" => "mx"]);
$say[] = dns_query("not a name");
$say[] = length(dns_query("a.example")["result"]);
''', zone=ZONE)
    want = [["192.0.2.3"], ["2001:db8::1"],
            [{"host": "first.example", "preference": 10},
             {"host": "later.example", "preference": 20},
             {"host": "last.example", "preference": 30}],
            ["v=spf1 -all"], ["a.example"], ["ns.example"], ["a.example"],
            [{"priority": 10, "weight": 5, "port": 26,
              "target": "a.example"},
             {"priority": 20, "weight": 0, "port": 25,
              "target": "b.example"}]]
    for g, w in zip(got, want):
        assert g == {"result": w, "dnssec": False}, (g, w)
    assert got[len(want):] == [
        32, {"error": "NODATA", "dnssec": False},
        {"error": "NXDOMAIN", "dnssec": False}, 2], got[len(want):]


def test_local_data_that_does_not_hold():
    mta = instance(zone="a.example. 60 IN A 192.0.2.1\nb.example. IN A x\n")
    try:
        p = mta.ctl("start", check=False)
        assert p.returncode != 0 and "zone:2:" in p.stdout + p.stderr, p
    finally:
        mta.stop()


def test_dns_query_extended():
    got = json('''
$say[] = dns_query("m.example", ["type" => "mx",
    "extended_result" => true])["result"];
$say[] = dns_query("t.example", ["type" => "txt",
    "extended_result" => true])["result"];
''', zone=ZONE)
    assert got[0][0] == {"type": "mx", "ttl": 300, "host": "first.example",
                         "preference": 10}, got
    assert got[1] == [{"type": "txt", "ttl": 60, "value": "v=spf1 -all"}]


def test_dns_query_refuses():
    got = json('''
$calls = [["servers" => "127.0.0.1"], ["port" => 53], ["servers" => []],
    ["servers" => ["ns.example"]], ["servers" => ["127.0.0.1"],
    "port" => 0], ["servers" => ["127.0.0.1@53"]], ["type" => "any"],
    ["type" => 1], ["timeout" => 0], ["timeout" => "x"], "a"];
foreach ($calls as $o)
    try { dns_query("a.example", $o); $say[] = "asked"; }
    catch ($e) { $say[] = $e->message(); }
''', zone=ZONE)
    assert "asked" not in got, got
    for line in got[:6]:
        assert "servers" in line, line


def test_header_dkim_decode():
    got = json('''
$say[] = array_keys(header_dkim_decode("v=1; d=b.example; a=rsa-sha256;" .
    "\r\n\tb=aa\r\n bb"));
$say[] = header_dkim_decode("v=1; d=b.example;\r\n\tb=aa\r\n bb");
$say[] = header_dkim_decode("DKIM-Signature: v=1; s=x", ["field" => true]);
$say[] = header_dkim_decode("DKIM-Signature: v=1; s=x");
$say[] = header_dkim_decode("no field", ["field" => true]);
$say[] = header_dkim_decode("a=1; a=2");
try { header_dkim_decode(1); } catch ($e) { $say[] = "thrown"; }
$say[] = header_dkim_decode("v=DMARC1; p=none") ==
    header_dkim_decode("v=DMARC1;p=none;");
''')
    assert got == [["a", "b", "d", "v"],
                   {"v": "1", "d": "b.example", "b": "aa bb"},
                   {"v": "1", "s": "x"}, None, None, None, "thrown",
                   True], got


def test_dns_query_soa():
    got = json('$say[] = dns_query("z.example", ["type" => "soa"]);'
               '$say[] = dns_query("a.example", ["type" => "soa"]);',
               zone=ZONE + "z.example. 60 IN SOA ns.example. "
               "hostmaster.z.example. 4294967295 7200 900 1209600 86400\n")
    assert got[0] == {"result": [{
        "mname": "ns.example", "rname": "hostmaster.z.example",
        "serial": 4294967295, "refresh": 7200, "retry": 900,
        "expire": 1209600, "minimum": 86400}], "dnssec": False}, got
    assert got[1]["error"] == "NODATA", got


def test_dns_query_servers():
    """Those are asked, and nothing that is known locally."""
    with Answerer() as dns, Answerer(19) as other:
        script = '''
$o = ["servers" => ["127.0.0.1"], "port" => %d];
$say[] = dns_query("one.example");
$say[] = dns_query("one.example", $o);
$say[] = dns_query("nx.example", $o);
$say[] = dns_query("fail.example", $o);
for ($i = 1; $i < 20; $i += 1)
    $r = dns_query("two.example", ["servers" => ["127.0.0.1", "127.0.0." .
        $i], "port" => %d]);
$say[] = $r;
$say[] = dns_query("mute.example", [...$o, "timeout" => 0.3]);
''' % (dns.port, other.port)
        got = json(script, zone=ZONE)
        answer = {"result": ["192.0.2.77"], "dnssec": False}
        assert got[0]["result"] == ["192.0.2.3"], got
        assert got[1] == answer and got[4] == answer, got
        assert [g["error"] for g in got[2:4] + got[5:]] == [
            "NXDOMAIN", "SERVFAIL", "TRY_AGAIN"], got
        assert "one" in dns.asked and "two" not in dns.asked
        assert "two" in other.asked


def test_dns_query_too_many_servers():
    """Each is kept while a question of it is open; a script that wants more
    gets an exception, and the worker goes on."""
    with Answerer() as dns:
        got = json('''
for ($i = 1; $i < 12; $i += 1) {
    try {
        $r = dns_query("mute.example", ["servers" => ["127.0.0." . $i],
            "port" => %d, "timeout" => 0.05]);
        $say[] = $r["error"];
    } catch ($e) { $say[] = $e->message(); }
}
''' % dns.port)
        assert got[:8] == ["TRY_AGAIN"] * 8, got
        assert "too many" in got[8], got


def test_dns_errors():
    with Answerer() as dns:
        got = json('''
foreach (["alias.example", "nx.example", "empty.example", "fail.example"]
    as $name)
    $say[] = dns_query($name, ["timeout" => 60]);
$t = time();
$say[] = dns_query("mute.example", ["timeout" => 0.5]);
$say[] = time() - $t >= 0.45 and time() - $t < 20;
''', params={"dns_servers": "127.0.0.1@%d" % dns.port})
        assert got[0] == {"result": ["192.0.2.77"], "dnssec": False}, got
        errors = ["NXDOMAIN", "NODATA", "SERVFAIL", "TRY_AGAIN"]
        assert [g.get("error") for g in got[1:5]] == errors, got
        assert got[5], got


def test_client_leaves_while_a_script_waits():
    with Answerer() as dns:
        for wait in ("sleep(50);",
                     'dns_query("mute.example", ["timeout" => 50]);'):
            with instance(wait, params={
                    "dns_servers": "127.0.0.1@%d" % dns.port}) as mta:
                pids = mta.workers()
                clients = [mta.client() for _ in range(20)]
                for i, c in enumerate(clients):
                    c.hello()
                    c.send("MAIL FROM:<a@b.example>\r\n")
                time.sleep(0.5)
                assert mta.counters()["sessions"] == 20
                for i, c in enumerate(clients):
                    c.reset() if i % 2 else c.close()
                wait_for(lambda: mta.counters()["sessions"] == 0,
                         text="their end")
                time.sleep(1)
                with mta.client() as d:
                    d.hello()
                assert mta.workers() == pids


def test_client_leaves_at_the_end_of_data():
    with instance(eod="sleep(50); Accept();") as mta:
        pids = mta.workers()
        c = mta.client()
        c.hello()
        c.envelope()
        c.cmd("DATA", 354)
        c.send("x\r\n.\r\n")
        time.sleep(0.5)
        c.reset()
        wait_for(lambda: mta.counters()["sessions"] == 0, text="its end")
        assert mta.workers() == pids


TAKEN = '''
$r = $arguments["mail"]->send("a@example.net", ["b@example.org"],
    ["host" => "127.0.0.1", "port" => %d]);
%s
Accept("taken " . $r["result"]["code"]);
'''


def test_client_leaves_after_a_backend_took_it():
    """The script goes on to its end: what happened is told in the log."""
    with Backend() as b, instance(eod=TAKEN % (b.port, "sleep(2);")) as mta:
        c = mta.client()
        c.hello()
        c.envelope()
        c.cmd("DATA", 354)
        c.send("Message-ID: <1@x>\r\n\r\nx\r\n.\r\n")
        wait_for(lambda: b.messages, text="the backend")
        time.sleep(0.5)
        c.reset()
        assert "code=250" in mta.wait_log("event=inline-orphan")
        wait_for(lambda: mta.counters()["sessions"] == 0, text="its end")


def test_no_deadline_after_a_backend_took_it():
    """Waits end at inline_deadline, and what was taken is not deferred."""
    with Backend() as b, instance(eod=TAKEN % (
            b.port, "sleep(60); dns_query('x.example'); sleep(60);".replace(
                "'", '"')), params={"inline_deadline": "2s"}) as mta, \
            mta.client() as c:
        c.hello()
        start = time.monotonic()
        r = c.message()
        assert r.code == 250 and "taken 250" in r.text[0], r
        assert 1.5 < time.monotonic() - start < 10 * SLOW


def test_reload_while_a_hook_sleeps():
    with instance("sleep(3);") as mta:
        c = mta.client()
        c.hello()
        c.send("MAIL FROM:<a@b.example>\r\n")
        time.sleep(0.5)
        mta.ctl("reload")
        with mta.client() as d:
            d.hello()
        c.expect(250)
        c.cmd("QUIT", 221)
        mta.wait_log("event=worker-exit")
        assert "event=worker-death" not in mta.log()


def test_stop_while_hooks_wait():
    with Answerer() as dns:
        text = '''
if ($arguments["sender"] == "s@b.example") sleep(500);
dns_query("mute.example", ["timeout" => 500]);
'''
        mta = instance(text, params={
            "shutdown_limit": "1s", "dns_servers":
            "127.0.0.1@%d" % dns.port, "hook_time_limit": "1h"})
        with mta:
            clients = []
            for sender in "sd":
                c = mta.client()
                c.hello()
                c.send("MAIL FROM:<%s@b.example>\r\n" % sender)
                clients.append(c)
            time.sleep(0.5)
            start = time.monotonic()
            mta.ctl("stop")
            assert time.monotonic() - start < 8 * SLOW
            for c in clients:
                c.expect(421)
                assert c.closed()
            log = mta.log()
            assert "event=worker-death" not in log, log[-2000:]
            assert "Sanitizer" not in log, log[-4000:]


def test_syslog():
    with instance('''
syslog("warning", "hello\\n\\"there\\"");
syslog(22, "by number");
try { syslog("loud", "x"); } catch ($e) { syslog("info", "refused"); }
syslog("debug", str_repeat("long ", 1000));
''') as mta, mta.client() as c:
        c.hello()
        c.cmd("MAIL FROM:<a@b.example>", 250)
        line = mta.wait_log("there")
        assert "event=syslog" in line and "priority=warning" in line, line
        assert "txn=" in line
        assert "priority=info" in mta.wait_log("by number")
        mta.wait_log("refused")
        assert len(mta.wait_log("priority=debug")) < 1000


def test_gethostname():
    got = says("Reject(gethostname());", hook="mailfrom",
               params={"myhostname": "name.of.hooks.example"})
    assert got == ["name.of.hooks.example"], got


def test_encoded_words():
    got = json('''
$say[] = mimeword_encode("plain");
$say[] = mimeword_encode("caf\\xc3\\xa9");
$say[] = mimeword_decode("=?UTF-8?Q?caf=C3=A9?=");
$say[] = mimeword_decode("=?ISO-8859-1?Q?caf=E9?= =?UTF-8?B?w6k=?=");
$long = str_repeat("na\\xc3\\xafve and ", 60);
$say[] = mimeword_decode(mimeword_encode($long)) == str_strip($long)
    or mimeword_decode(mimeword_encode($long)) == $long;
$say[] = str_find(mimeword_encode($long), "\\n") < 0;
try { mimeword_encode("a\\r\\nB: c\\x01"); } catch ($e) { $say[] = "no"; }
''')
    assert got == ["plain", "=?UTF-8?Q?caf=C3=A9?=", "caf\u00e9",
                   "caf\u00e9\u00e9", True, True, "no"], got


def test_file():
    got = json('''
$f = File("list.txt");
$say[] = [$f->getPath(), $f->readline(), $f->tell(), $f->readline(),
    $f->readline(), $f->readline(), $f->readline(), $f->read(), $f->tell()];
$say[] = [$f->seek(4), $f->read(3), $f->seek(-2, "SEEK_CUR"), $f->read(2),
    $f->seek(-4, "SEEK_END"), $f->read(), $f->seek(100), $f->read(),
    $f->seek(-1), $f->seek(0, "SEEK_SET"), $f->read(0), $f->read(2)];
$f->close();
$say[] = [$f->read(), $f->readline(), $f->tell(), $f->seek(0), $f->close(),
    $f->getPath()];
$s = File::String("x\\ny");
$say[] = [$s->getPath(), $s->readline(), $s->readline(), $s->readline()];
$say[] = File::read("file://dir/../list.txt");
$say[] = File::read("nothing");
$say[] = File::read("empty");
$say[] = [File("empty")->readline(), File("./list.txt")->readline()];
''', files={"list.txt": b"one\ntwo\r\n\nlast", "empty": b""})
    assert got == [
        ["list.txt", "one", 4, "two", "", "last", False, "", 14],
        [4, "two", 5, "wo", 10, "last", 100, "", None, 0, "", "on"],
        [None, None, None, None, None, "list.txt"],
        [None, "x", "y", False], "one\ntwo\r\n\nlast", None, "",
        [False, "one"]], got


def test_file_does_not_lead_out():
    text = '''
$names = ["../main.cf", "/../main.cf", "link", "dir/../../main.cf", "",
    "file://../main.cf", "loop", ".", "absent", "a\\x00b", "linkdir/main.cf",
    "/etc/passwd", "fifo", "./../main.cf", "extras://x"];
foreach ($names as $n)
    try { File($n); $say[] = $n; } catch ($e) { $say[] = none; }
$say[] = File("inside")->readline();
$say[] = File::read("link");
'''
    mta = instance(
        eod="$say = [];\n" + text + "Accept(array_map(json_encode, $say));",
        files={"real": b"ok\n"})
    os.symlink("../main.cf", mta.path("hooks/link"))
    os.symlink("..", mta.path("hooks/linkdir"))
    os.symlink("loop", mta.path("hooks/loop"))
    os.symlink("real", mta.path("hooks/inside"))
    os.mkfifo(mta.path("hooks/fifo"))
    with mta, mta.client() as c:
        c.hello()
        got = [t[6:] for t in c.message().text]
        assert got == ["null"] * 15 + ['"ok"', "null"], got


def test_file_and_memory():
    """A limit ends the script, never the worker."""
    params = {"hook_memory_limit": "1M"}
    for text in ('try { File("big"); } catch ($e) { Accept(); }',
                 'try { File::read("big"); } catch ($e) { Accept(); }',
                 '$a = []; while (true) $a[] = File("small");',
                 '$a = []; while (true) $a[] = File::String("x");'):
        with instance(text, params=params, files={
                "big": b"x" * 2000000, "small": b"y" * 1000}) as mta, \
                mta.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<a@b.example>", 450)
            mta.wait_log("memory limit exceeded")
            c.cmd("NOOP", 250)


def test_mail_to_file():
    text = '''
$mail = $arguments["mail"];
$mail->addHeader("X-New", "1");
$f = $mail->toFile();
Accept([$f->readline(), $f->readline(), $f->getPath() ?? "none",
    $f->seek(0, "SEEK_END") == $mail->getSize()]);
'''
    got = says(text)
    assert got[:3] == ["X-New: 1", "Subject: hi", "none"], got
    assert got[3] in ("true", "1"), got


def test_waits_in_a_loop():
    """A thousand waits one after the other; nothing is left behind."""
    got = says('''
for ($i = 0; $i < 300; $i += 1) { sleep(0); dns_query("a.example"); }
Accept($i);''', zone=ZONE)
    assert got == ["300"], got


LITERALS = ("5", '"5"', '"x"', "true", "[]", "function () { return 1; }",
            "#/a/")
USUAL = {"rate": ('"a"', '"b"', "1", "1"), "sleep": ("0",),
         "syslog": ('"info"', '"x"'),
         "memory_update": ('"k"', "1", "function ($k, $a, $b) { return 1; }"),
         "dns_query": ('"localhost"', '["timeout" => 0.1]')}


def calls():
    """Each function of library.def, with each literal as each argument."""
    path = os.path.join(os.path.dirname(__file__),
                        "../../common/hooks/library/library.def")
    with open(path) as f:
        rows = re.findall(r"FN\((\w+), (\d), (\d),", f.read())
    for name, least, most in rows:
        usual = USUAL.get(name, ('"x"', '"y"'))
        for i in range(int(most)):
            for literal in LITERALS:
                args = [usual[k] if k < len(usual) else "none"
                        for k in range(max(i + 1, int(least)))]
                args[i] = literal
                yield "%s(%s)" % (name, ", ".join(args))


def test_what_is_warned_of_fails():
    """The types in library.def are what its functions throw over."""
    listed = list(calls())
    assert len(listed) > 200
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "calls.hsl")
        with open(path, "w") as f:
            for n, call in enumerate(listed, 1):
                f.write('try { %s; echo "good %d"; } catch ($e) { echo '
                        '$e->message(); }\n' % (call, n))
        p = subprocess.run([MTACTL, "hsl", "check", path],
                           capture_output=True, text=True)
        warned = set(int(n) for n in
                     re.findall(r":(\d+):\d+: warning", p.stderr))
        p = subprocess.run([MTACTL, "hsl", "run", path],
                           capture_output=True, text=True)
    said = p.stdout.split("\n")
    assert p.returncode == 0 and len(said) == len(listed) + 1, p
    for n, call in enumerate(listed, 1):
        if n in warned:
            assert said[n - 1] != "good %d" % n, call
        else:
            assert "(): argument" not in said[n - 1], (call, said[n - 1])


if __name__ == "__main__":
    main(globals())
