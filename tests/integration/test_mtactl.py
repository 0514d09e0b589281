#!/usr/bin/env python3
"""mtactl from the outside: exit codes, what it prints, what it leaves."""

import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile

from halyard import (Backend, Client, Instance, MTACTL, WATCHED, alive,
                     free_port, main, wait_for)
from test_syscalls import traced, unable


def run(*args, env=None, **kw):
    return subprocess.run([os.path.abspath(MTACTL), *args],
                          capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, **(env or {})), **kw)


FILES = ("main.cf", "master.cf", "transport.cf", "policy.cf", "hooks/eod.hsl",
         "hooks/queue.hsl", "hooks/rcptto.hsl")


class Dir:
    """A directory that is gone afterwards."""

    def __enter__(self):
        self.name = tempfile.mkdtemp(prefix="halyard-ctl.")
        return self

    def __exit__(self, *exc):
        shutil.rmtree(self.name)

    def path(self, *names):
        return os.path.join(self.name, *names)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w") as f:
            f.write(text)
        return self.path(name)

    def init(self, *args):
        # The usual port may be another instance's on this machine.
        p = run("init", self.path("mta"), "--hostname", "mx.example.org",
                "--listen", "127.0.0.1:%d" % free_port(), *args)
        assert p.returncode == 0, p
        return self.path("mta")


def check(p, code, stdout=None, stderr=None):
    assert p.returncode == code, p
    for want, got in (stdout, p.stdout), (stderr, p.stderr):
        assert want is None or want in got, (want, p)


def test_usage():
    check(run(), 2, "", "usage: mtactl")
    check(run("--help"), 0, "config check")
    check(run("--nonsense"), 2)
    check(run("frobnicate"), 2, "", "no verb \"frobnicate\"")
    check(run("config"), 2, "", "config get")
    check(run("config", "--help"), 0, "config get")
    check(run("config", "frobnicate"), 2)
    check(run("hsl", "check"), 2, "", "usage: mtactl [-c DIR] hsl check")
    for verb in ("start", "stop", "run", "reload", "status"):
        check(run(verb, "x"), 2, "", "usage: mtactl [-c DIR] " + verb)


def test_help_of_each_verb():
    lines = run("--help").stdout.splitlines()
    verbs = [l.split("[")[0].split("DIR")[0].split("FILE")[0].split("NAME")[0]
             for l in lines if l.startswith("    ")]
    assert len(verbs) > 8, lines
    for verb in verbs:
        p = run(*verb.split(), "--help")
        check(p, 0, "usage: mtactl [-c DIR] " + verb.strip())
        assert p.stderr == ""


def test_init():
    with Dir() as d:
        mta = d.init("--backend", "[::1]:2526")
        assert sorted(os.listdir(mta)) == ["hooks", "log", "main.cf",
                                           "master.cf", "policy.cf", "run",
                                           "spool", "templates",
                                           "transport.cf"]
        hook = open(os.path.join(mta, "hooks/eod.hsl")).read()
        assert '"host" => "::1", "port" => 2526' in hook
        assert "@" not in hook
        text = open(os.path.join(mta, "transport.cf")).read()
        assert "host  [::1]:2526 " in text and "@" not in text, text
        text = open(os.path.join(mta, "main.cf")).read()
        assert "\nmyhostname = mx.example.org\n" in text
        assert text.endswith("@53\n")
        check(run("-c", mta, "config", "check"), 0, "ok")


def test_init_queue():
    """As it is written it has a queue, a hook that uses it, and a transport
    that delivers."""
    with Dir() as d, Backend() as b:
        mta = d.path("mta")
        port = free_port()
        check(run("init", mta, "--hostname", "mx.example.org", "--listen",
                  "127.0.0.1:%d" % port, "--backend", "127.0.0.1:%d" % b.port),
              0, "hook_eod = hooks/queue.hsl")
        check(run("-c", mta, "hsl", "check", "--hook", "eod",
                  os.path.join(mta, "hooks/queue.hsl")), 0)
        path = os.path.join(mta, "main.cf")
        text = open(path).read()
        with open(path, "w") as f:
            f.write(text.replace("\nhook_eod = hooks/eod.hsl",
                                 "\nhook_eod = hooks/queue.hsl"))
        check(run("-c", mta, "start"), 0)
        try:
            with Client(port) as c:
                c.hello()
                r = c.message()
                assert r.code == 250 and "queued as" in r.text[0], r
            wait_for(lambda: len(b.messages) == 1, 30, "the delivery")
            assert b.messages[0]["body"].endswith(b"Hello.\r\n"), b.messages
            wait_for(lambda: json.loads(run(
                "-c", mta, "queue", "list", "--json").stdout)["entries"] == [],
                     text="an empty queue")
        finally:
            check(run("-c", mta, "stop"), 0)


def test_init_refuses_to_overwrite():
    with Dir() as d:
        mta = d.init()
        for name in "main.cf", "master.cf", "policy.cf", "hooks/eod.hsl":
            path = os.path.join(mta, name)
            for other in FILES:
                if os.path.exists(os.path.join(mta, other)):
                    os.unlink(os.path.join(mta, other))
            d.write("mta/" + name, "mine\n")
            check(run("init", mta), 1, "", name + " is there already")
            assert open(path).read() == "mine\n"
            left = sum(os.path.exists(os.path.join(mta, n)) for n in
                       FILES)
            assert left == 1, name


def test_init_domain():
    """Mail for other domains is refused, but for who has authenticated."""
    with Dir() as d:
        mta = d.path("mta")
        check(run("init", mta, "--domain", "Example.com, example.org",
                  "--listen", "127.0.0.1:%d" % free_port()), 0,
              "for no other domain")
        text = open(os.path.join(mta, "hooks/rcptto.hsl")).read()
        assert '["example.com", "example.org"]' in text, text
        assert "\nhook_rcptto = hooks/rcptto.hsl" in \
            open(os.path.join(mta, "main.cf")).read()
        check(run("-c", mta, "config", "check"), 0, "ok")
        other = d.path("other")
        check(run("init", other), 0, "ANY domain")
        assert "\n#hook_rcptto = hooks/rcptto.hsl" in \
            open(os.path.join(other, "main.cf")).read()
        for bad in "", "a b", 'a"', "a,,b", "1:2":
            check(run("init", d.path("x"), "--domain", bad), 1, "",
                  "--domain")
        hook = text
    auth = 'Accept(["username" => $arguments["username"]]);\n'
    with Backend() as b:
        i = Instance(b.port, params={"hook_rcptto": "hooks/rcptto.hsl",
                                     "hook_auth": "hooks/auth.hsl",
                                     "smtpd_auth_tls_only": "no"})
        for name, body in ("rcptto", hook), ("auth", auth):
            with open(i.path("hooks/%s.hsl" % name), "w") as f:
                f.write(body)
        with i, i.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<a@example.net>", 250)
            for rcpt, code in (("b@example.com", 250), ("b@EXAMPLE.ORG", 250),
                               ("b@sub.example.com", 550), ("postmaster", 250),
                               ("Postmaster@example.com", 250),
                               ("b@example.net", 550)):
                r = c.cmd("RCPT TO:<%s>" % rcpt)
                assert r.code == code, (rcpt, r)
                assert code == 250 or r.text[0].startswith("5.7.1 "), r
            c.cmd("RSET", 250)
            c.cmd("AUTH PLAIN AHVzZXIAc2VjcmV0", 235)
            c.cmd("MAIL FROM:<a@example.net>", 250)
            c.cmd("RCPT TO:<b@example.net>", 250)


def test_version_and_help():
    p = run("--version")
    check(p, 0, "Halyard")
    assert "make init" not in p.stdout
    check(run("help"), 0, "config dump")
    check(run("help", "config"), 0, "config dump")
    check(run("help", "config", "dump"), 0, "only the")
    check(run("help", "stop"), 0, "usage: mtactl [-c DIR] stop")
    check(run("help", "stpo"), 2, "", 'did you mean "stop"')
    # On a terminal of 80 columns, none cut within its brackets.
    text = run("help").stdout + "".join(
        run("help", *verb).stdout for verb in (
            ("policy", "add"), ("bounce", "preview"), ("queue", "list")))
    for line in text.split("\n"):
        assert len(line) <= 80, line
        assert line.count("[") == line.count("]"), line


def test_mistyped_verbs():
    for typed, meant in (("strat", "start"), ("relaod", "reload"),
                         ("stat", "start"), ("config chekc", "config check"),
                         ("hsl rnu", "hsl run"), ("hls run", "hsl run")):
        p = run(*typed.split())
        check(p, 2, "", 'did you mean "%s"' % meant)
    check(run("frobnicate"), 2, "", "usage: mtactl")
    check(run("config"), 2, "", "config check")


def test_config_dump_set():
    with Dir() as d:
        mta = d.init()
        out = run("-c", mta, "config", "dump", "-n").stdout
        assert "hook_eod" in out and "(default)" not in out, out
        names = json.loads(run("-c", mta, "config", "dump", "--set",
                               "--json").stdout)["parameters"]
        assert 3 < len(names) < 10 and "hook_eod" in names, names
        check(run("-c", mta, "config", "dump"), 0, "(default)")


def test_through_path():
    """Called by its name alone, it finds the daemons beside it."""
    here = os.path.dirname(os.path.abspath(MTACTL))
    with Dir() as d:
        mta = d.init()
        p = subprocess.run(["mtactl", "-c", mta, "config", "check"],
                           env=dict(os.environ, PATH=here + ":" +
                                    os.environ["PATH"]),
                           capture_output=True, text=True, timeout=60)
        check(p, 0, "ok")


def test_sink():
    """As a backend of a real instance, by DATA and by BDAT."""
    port = free_port()
    with subprocess.Popen([MTACTL, "sink", "--json", "--show", "--count",
                           "3", str(port)], stdout=subprocess.PIPE,
                          text=True) as sink:
        with Instance(port) as i:
            with i.client() as c:
                c.hello()
                wait_for(lambda: c.message(rcpts=("b@example.org",
                         "c@example.org")).code == 250, text="the sink")
                assert c.message("x\r\n..y\r\n").code == 250
        with Client(port, greet=True) as c:     # by itself, pipelined
            c.send("EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<d@e>\r\n"
                   "BDAT 3\r\nabcBDAT 0 LAST\r\nQUIT\r\n")
            for code in (250,) * 5:
                c.expect(code)
        rows = [json.loads(l) for l in sink.stdout]
        assert sink.wait(20) == 0
    assert [r["recipients"] for r in rows] == [2, 1, 1], rows
    assert rows[0]["to"] == "<b@example.org>,<c@example.org>"
    assert "\r\n.y\r\n" in rows[1]["text"], rows[1]
    assert rows[2] == {"from": "", "to": "<d@e>", "recipients": 1,
                       "size": 3, "text": "abc"}
    check(run("sink", "x"), 1, "", "not a port")
    check(run("sink"), 2)


def test_init_wrong_arguments():
    with Dir() as d:
        new = d.path("new")
        for args in (("--backend", "x"), ("--backend", "x:0"),
                     ("--backend", "x:65536"), ("--backend", "::1:25"),
                     ("--backend", 'a"b:25'), ("--backend", ":25"),
                     ("--listen", "x:25"), ("--listen", "1.2.3.4:"),
                     ("--listen", "25 inet n - - - 1 smtpd\n26"),
                     ("--hostname", "a b"), ("--hostname", "")):
            check(run("init", new, *args), 1, "", args[0])
            assert not os.path.exists(new), args
        check(run("init"), 2)
        check(run("init", new, new), 2)
        check(run("init", new, "--port", "1"), 2)
        check(run("init", d.path("no/such")), 1, "", "No such file")
        check(run("init", d.path("x" * 120)), 1, "", "too long")


def test_config_check_reports_all():
    with Dir() as d:
        mta = d.init()
        with open(os.path.join(mta, "main.cf"), "a") as f:
            f.write("log_levl = info\nmessage_size_limit = 3G\n")
        with open(os.path.join(mta, "master.cf"), "a") as f:
            f.write("smtp inet n - - - 0 smtpd\n")
        n = len(open(os.path.join(mta, "main.cf")).readlines())
        p = run("-c", mta, "config", "check")
        check(p, 1, "", "main.cf:%d:1: unknown parameter \"log_levl\", did "
              "you mean \"log_level\"?" % (n - 1))
        check(p, 1, "", "main.cf:%d:22: message_size_limit must be" % n)
        check(p, 1, "", ":19: maxproc of smtpd must be from 1 to 1024")
        p = run("-c", mta, "config", "check", "--json")
        check(p, 1)
        errors = json.loads(p.stdout)["errors"]
        assert [e["column"] for e in errors] == [1, 22, 19], errors
        assert all(e["file"].endswith(".cf") for e in errors)


def test_config_check_compiles_hooks():
    with Dir() as d:
        mta = d.init()
        d.write("mta/hooks/eod.hsl", "$a = 1;\n$b = = 2;\n")
        p = run("-c", mta, "config", "check")
        check(p, 1, "", "hooks/eod.hsl:2:")
        d.write("mta/hooks/eod.hsl", "Accept();\n")
        check(run("-c", mta, "config", "check"), 0, "ok\n")
        os.unlink(os.path.join(mta, "hooks/eod.hsl"))
        check(run("-c", mta, "config", "check"), 1, "",
              "hooks/eod.hsl: No such file")


def test_config_get_and_dump():
    with Dir() as d:
        mta = d.init()
        with open(os.path.join(mta, "master.cf"), "a") as f:
            f.write("127.0.0.1:2 inet n - - - 3 smtpd\n"
                    "    -o { smtpd_greeting = $myhostname hi }\n")
        p = run("-c", mta, "config", "get", "myhostname", "log_level")
        check(p, 0, "log_level = info\t(default)\n")
        check(p, 0, "myhostname = mx.example.org\t(main.cf:")
        p = run("-c", mta, "config", "get", "log_levl", "--json")
        check(p, 1, "{}", "did you mean \"log_level\"?")
        p = run("-c", mta, "config", "dump", "--json")
        check(p, 0)
        got = json.loads(p.stdout)
        assert got["parameters"]["hook_eod"]["value"] == "hooks/eod.hsl"
        assert got["parameters"]["log_level"] == {
            "value": "info", "origin": "default"}
        assert got["services"][-1]["maxproc"] == 3
        assert got["services"][-1]["parameters"] == {
            "smtpd_greeting": "mx.example.org hi"}
        check(run("-c", mta, "config", "dump"), 0,
              "    -o { smtpd_greeting = mx.example.org hi }\n")
        check(run("-c", d.path("none"), "config", "dump"), 1, "",
              "main.cf:1:1: ")


def test_hsl_run():
    with Dir() as d:
        good = d.write("good.hsl", 'echo "one"; echo 1 + 1;\n')
        check(run("hsl", "run", good), 0, "one\n2\n", "")
        bad = d.write("bad.hsl", 'echo "one";\nthrow "two";\n')
        p = run("hsl", "run", bad)
        check(p, 1, "one\n", "bad.hsl:2:")
        assert "two" in p.stderr and "two" not in p.stdout
        check(run("hsl", "run", d.path("none")), 1, "", "No such file")
        check(run("hsl", "run", d.name), 1, "", "Is a directory")
        check(run("hsl", "run", good, good), 2)


def test_hsl_includes():
    with Dir() as d:
        top = d.write("top.hsl", 'include "./lib.hsl"; include "sub/b.hsl";'
                      ' include "file://sub/c"; echo "top";\n')
        d.write("lib.hsl", 'echo "lib";\n')
        sub = d.write("sub/b.hsl", 'include "../lib.hsl"; echo "b";\n')
        d.write("sub/c.hsl", 'echo "c";\n')
        check(run("hsl", "run", top), 0, "lib\nlib\nb\nc\ntop\n", "")
        check(run("hsl", "run", "--rootpath", d.name, sub), 0, "lib\nb\n")
        check(run("hsl", "run", "--rootpath", d.path("sub"), sub), 1, "",
              "sub/b.hsl:1:1: ../lib.hsl: leads out of ")
        bad = d.write("bad.hsl", '\n include "extras://x";\n'
                      'include "./none.hsl";\n')
        p = run("hsl", "check", bad)
        check(p, 1, "", "bad.hsl:2:2: ")
        check(p, 1, "", "bad.hsl:3:1: ")
        d.write("extras/one.hsl", "function one() { return 1; }\n")
        d.write("extras/two/main.hsl", 'import { one } from "extras://one";\n'
                'import { six } from "./part.hsl";\n')
        d.write("extras/two/part.hsl", "function six() { return 6; }\n")
        check(run("hsl", "run", d.write("x.hsl", '''
import { one, six } from "extras://two"; echo one() . six();''')), 0, "16\n")
        # What is wrong in a file that was included is reported there.
        d.write("lib.hsl", "\n$x = ;\n")
        check(run("hsl", "check", top), 1, "", "/lib.hsl:2:6: ")


def test_hsl_files():
    with Dir() as d:
        d.write("list", "one\r\ntwo\n\nlast")
        d.write("words", "key value more\n\n  b \td\te f \nlast a\nb d:x")
        d.write("csv", 'name,n,v\r\na,1,"x ""q"""\r\n"b\nc",2,z\nd,3,w')
        d.write("empty", "")
        script = d.write("x.hsl", '''
echo file("list"); echo file("empty"); echo file("none") === none;
echo in_file("two", "list"); echo in_file("tw", "list");
echo in_file("", "list"); echo in_file("last", "file://list");
echo in_file("x", "none") === none; echo in_file("", "empty");
echo in_file("a", "words", ["index" => 1]);
echo in_file(function ($w) { return length($w) == 3; }, "words");
echo in_file("b d", "words", ["delimiter" => ":"]);
$csv = ["type" => "text/csv"];
echo in_file("a", "csv", $csv); echo in_file("2", "csv", [...$csv,
    "index" => 1, "assoc" => true]);
echo in_file("3", "csv", [...$csv, "index" => "n", "assoc" => true]);
echo in_file("3", "csv", [...$csv, "index" => 0/0, "assoc" => true]);
echo in_file("q", "csv", [...$csv, "index" => 99]);
try { in_file(function ($w) { throw "no"; }, "csv"); } catch ($e) { echo $e; }
echo length(file_get_contents("list")); echo file_get_contents("no") === none;
try { file(5); } catch ($e) { echo $e->message(); }
try { in_file([], "list"); } catch ($e) { echo $e->message(); }
echo File("list")->readline(); echo file("../../../../etc/passwd") === none;
''')
        check(run("hsl", "run", "--rootpath", d.name, script), 0,
              '[0=>"one",1=>"two",2=>"",3=>"last"]\n[]\ntrue\n[0=>"two"]\n[]\n'
              '[]\n[0=>"last"]\ntrue\n[]\n[0=>"last",1=>"a"]\n'
              '[0=>"key",1=>"value",2=>"more"]\n[0=>"b d",1=>"x"]\n'
              '[0=>"a",1=>"1",2=>"x \\"q\\""]\n'
              '["name"=>"b\\nc","n"=>"2","v"=>"z"]\n'
              '["name"=>"d","n"=>"3","v"=>"w"]\n[]\n[]\nno\n14\ntrue\n'
              "file(): argument 1 is a number, not a string\n"
              "in_file(): argument 1 is an array, not a string\n"
              "one\ntrue\n", "")


def test_hsl_repl():
    def repl(text, *args, **kw):
        return run("hsl", "repl", *args, input=text, **kw)
    p = repl("$a = 5;\n$a + 1\nfunction f($x) {\n  return [$x,\n"
             "    $x * 2];\n}\nf($a)\n\n$a = 7\nclass A { $v = 1; }\nA()\n"
             'echo "x\ny"; none\n')
    check(p, 0, '6\n[0=>5,1=>10]\nA["v"=>1]\nx\ny\n', "")
    p = repl("$a = ;\nnope();\nthrow \"t\";\n$b\n$a = 3;\n$a\nf(\n")
    check(p, 0, "3\n", "input 1:1:6: ")
    for text in ("input 2:1:1: unknown function 'nope'", "input 3:1:1: t",
                 "input 4:1:1: undefined variable $b", "input 7:2:1: "):
        check(p, 0, None, text)
    check(repl(""), 0, "", "")
    check(repl("forever {\n}\n1\n"), 0, "1\n", "instruction limit")
    check(repl("", "x"), 2)
    with Dir() as d:
        d.write("lib/one.hsl", "$n = 0; function one() { global $n;"
                " return ++$n; }\n")
        text = 'import { one } from "lib/one";\none()\none()\n' \
            'import $t from "./lib/one.hsl";\nlength($t) > 9\n' \
            'include "../x";\n'
        p = repl(text, "--rootpath", d.name)
        check(p, 0, "1\n2\ntrue\n", "leads out of")
        check(repl(text, cwd=d.name), 0, "1\n2\ntrue\n", "input 6:1:1: ")
        check(repl('sleep(0.01) > 0\nFile("lib/one.hsl")->readline()\n'
                   'memory_store("k", 7)\nmemory_fetch("k")\n'
                   'barrier "b" { echo "in"; throw "out"; }\n'
                   'barrier "b" { echo "again"; }\n', cwd=d.name), 0,
              "true\n$n = 0; function one() { global $n; return ++$n; }\n"
              "false\n7\nin\nagain\n", "out")


SENDS = '$r = $arguments["mail"]->send("", [], "x");'
ORDERS = (          # how many warnings
    ("Accept();", 1), ("", 0), ("Defer();", 0), (SENDS + "Accept();", 0),
    ("if (x()) { %s } Accept(); function x() { return true; }" % SENDS, 1),
    ("if (1 > 0) Reject(); %s Accept();" % SENDS, 0),
    ("if (1 > 0) Accept(); %s Accept();" % SENDS, 1),
    ("if (1 > 0) Accept(); Accept();", 2),
    ("if (1 > 0) { %s } else { Reject(); } Accept();" % SENDS, 0),
    ("function f() { %s } f(); Accept();" % SENDS, 0),
    ("function f() { if (1 > 0) return 1; %s } f(); Accept();" % SENDS, 1),
    ("function f() { Accept(); } %s f();" % SENDS, 0),
    ("function f() { Accept(); } f();", 1),
    ("foreach ([1, 2] as $i) { %s } Accept();" % SENDS, 0),
    ("foreach ([1, 2] as $i) { %s if ($i == 2) Accept(); }" % SENDS, 0),
    ("while (true) { %s if ($r) break; } Accept();" % SENDS, 0),
    ("while (true) { if (1 > 0) break; %s } Accept();" % SENDS, 1),
    ("try { %s } catch ($e) { Defer(); } Accept();" % SENDS, 0),
    ("try { %s } catch ($e) { } Accept();" % SENDS, 1),
    ("switch (1) { case 1: %s break; default: Defer(); } Accept();" % SENDS,
     0),
    ("switch (1) { case 1: %s break; } Accept();" % SENDS, 1),
    ("function f($n) { f($n); f($n); f($n); f($n); } f(1);", 0),
)


def test_hsl_check_warns_of_a_lost_message():
    """Accept() that may come before a send()."""
    with tempfile.TemporaryDirectory() as d:
        hook = os.path.join(d, "hook.hsl")
        for text, count in ORDERS:
            with open(hook, "w") as f:
                f.write(text)
            p = run("hsl", "check", "--hook", "eod", hook)
            assert p.returncode == 0, (text, p)
            assert p.stderr.count("warning: Accept() without") == count, (
                text, p.stderr)
    with Instance() as mta:
        assert "warning: Accept" not in mta.ctl("config", "check").stderr
        mta.write_hook("Accept();")
        p = mta.ctl("config", "check")
        assert "eod.hsl:1:1: warning: Accept() without" in p.stderr, p


def test_hsl_check():
    with Dir() as d:
        good = d.write("good.hsl", "echo 1;\n")
        bad = d.write("bad.hsl", "$a = ;\n\n   $b = [1,;\n")
        hook = d.write("hook.hsl", "Accept();\n")
        check(run("hsl", "check", good), 0)
        p = run("hsl", "check", good, bad)
        check(p, 1, "", "bad.hsl:1:6: ")
        check(p, 1, "", "bad.hsl:3:")
        check(run("hsl", "check", hook), 1, "", "hook.hsl:1:1: ")
        check(run("hsl", "check", "--hook", "eod", hook), 0)
        check(run("hsl", "check", "--hook", "nothing", hook), 2)
        p = run("hsl", "check", "--json", bad)
        check(p, 1)
        assert json.loads(p.stdout)["errors"][0]["line"] == 1
        assert json.loads(run("hsl", "check", "--json", good).stdout) == {
            "ok": True, "errors": [], "warnings": []}


def test_not_running():
    with Dir() as d:
        mta = d.init()
        for verb in "stop", "reload", "status":
            check(run("-c", mta, verb), 3, "", "not running")
        for verb in "start", "stop", "reload", "status":
            check(run("-c", d.path("none"), verb), 1, "", "No such file")
        check(run("-c", mta, "start", env={"HALYARD_DAEMONS": d.name}), 1,
              "", "no master in " + d.name)


def test_start_says_why_not():
    with Backend() as b:
        i = Instance(b.port)
        with open(i.path("main.cf"), "a") as f:
            f.write("log_levl = info\n")
        p = i.ctl("start", check=False)
        check(p, 1, "", "main.cf:")
        check(p, 1, "", "unknown parameter \"log_levl\"")
        i.stop()
        i = Instance(b.port, hook="Accept(;\n")
        check(i.ctl("start", check=False), 1, "", "hooks/eod.hsl:1:")
        i.stop()
        # A port that is taken.
        i = Instance(b.port)
        i.ctl("config", "check")
        with open(i.path("master.cf"), "a") as f:
            f.write("127.0.0.1:%d inet n - - - 1 smtpd\n" % b.port)
        p = i.ctl("start", check=False)
        check(p, 1, "", "127.0.0.1:%d" % b.port)
        check(p, 1, "", "ddress already in use")
        i.stop()


def test_life():
    with Backend() as b, Instance(b.port) as i:
        check(i.ctl("start", check=False), 1, "", "already running")
        check(i.ctl("run", check=False), 1, "", "already running")
        p = i.ctl("status")
        check(p, 0, "RESTARTS")
        check(p, 0, "running")
        status = json.loads(i.ctl("status", "--json").stdout)
        assert status["state"] == "running", status
        assert [q["program"] for q in status["processes"]].count(
            "smtpd") == 2, status
        assert all(q["pid"] > 0 and q["generation"] == 1
                   for q in status["processes"]), status
        assert "sessions_total" in \
            status["counters"]["127.0.0.1:%d" % i.port], status
        with i.client() as c:
            c.hello()
            assert c.message().code == 250
        wait_for(lambda: i.counters()["messages_accepted"] == 1)
        check(i.ctl("status"), 0, "messages_accepted")
        # A broken main.cf does not hide the instance.
        i.set(log_levl="info")
        p = i.ctl("reload", check=False)
        check(p, 1, "", "unknown parameter \"log_levl\"")
        check(i.ctl("stop", check=False), 0, "stopped")
        check(i.ctl("status", check=False), 3, "", "not running")
        p = i.ctl("status", "--json", check=False)
        check(p, 3, '"not running"', "not running")
        check(i.ctl("reload", check=False), 3, "", "not running")
        check(i.ctl("stop", check=False), 3, "", "not running")
        sock = i.path("run/master.sock")
        assert not (os.path.exists(sock) and
                    stat.S_ISSOCK(os.stat(sock).st_mode))


def test_status_beside_a_stop():
    """Whatever it meets, it is an answer or "not running"."""
    for _ in range(5):
        with Instance() as i:
            stop = subprocess.Popen([MTACTL, "-c", i.conf, "stop"],
                                    stdout=subprocess.DEVNULL)
            while stop.poll() is None:
                p = i.ctl("status", check=False)
                assert p.returncode in (0, 3), p
            check(i.ctl("status", check=False), 3, "", "not running")


def test_start_behind_a_stop():
    """A stop returns when nothing is left that the next start could meet, and
    nothing that could be taken from it: here the end of master is slow."""
    why = "built to watch itself" if WATCHED else unable()
    if why:
        return why
    with Instance() as i:
        old = i.master_pid()
        slow = subprocess.Popen(
            ["strace", "-qq", "-o", "/dev/null", "-p", str(old),
             "-e", "trace=unlink,unlinkat",
             "-e", "inject=unlink,unlinkat:delay_enter=300000"])
        wait_for(lambda: traced(old), text="strace")
        check(i.ctl("stop", check=False), 0, "stopped")
        check(i.ctl("start", check=False), 0, "started")
        slow.wait(20)
        assert not alive(old)
        check(i.ctl("status", check=False), 0, "running")
    return None


def test_why_nobody_answers():
    with Instance() as i:
        os.unlink(i.path("run/master.sock"))
        check(i.ctl("status", check=False), 1, "", "control socket is gone")
        check(i.ctl("start", check=False), 1, "", "control socket is gone")
        os.kill(i.master_pid(), signal.SIGHUP)
        wait_for(lambda: i.ctl("status", check=False).returncode == 0)
        i.set(run_directory="elsewhere")
        check(i.ctl("status", check=False), 1, "", "another run_directory")
        i.set(run_directory="run")
        check(i.ctl("status"), 0)
        os.rename(i.path("main.cf"), i.path("main.cf.not"))
        check(i.ctl("status", check=False), 1, "", "main.cf: No such file")
        os.rename(i.path("main.cf.not"), i.path("main.cf"))


def test_reload():
    with Backend() as b, Instance(b.port) as i:
        i.write_hook('Reject("no thanks");\n')
        check(i.ctl("reload"), 0)
        with i.client() as c:
            c.hello()
            assert c.message().code == 550
        i.write_hook('Reject("no thanks";\n')
        p = i.ctl("reload", check=False)
        check(p, 1, "", "hooks/eod.hsl:1:")
        with i.client() as c:
            c.hello()
            assert c.message().code == 550


if __name__ == "__main__":
    main(globals())
