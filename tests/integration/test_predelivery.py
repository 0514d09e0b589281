#!/usr/bin/env python3
"""The hook before an attempt, from the queue to the next hop: what Try() asks
for is what the next hop sees, and what else the script says becomes of the
entry."""

import base64
import json
import ssl
import subprocess
import tempfile
import time

from halyard import SLOW, Backend, Instance, main, wait_for
from pki import Pki
from test_routing import Proxy

HOOK = '''
$m = $arguments["mail"];
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["sender"], $r["address"], "hop",
        ["metadata" => ["from" => "eod"]]);
Accept();
'''
ROWS = """
cleanup.sock unix y - - - 1 cleanup
qmgr.sock unix y - - - 1 qmgr
deliver unix y - - - %d deliver
"""


class Mta(Instance):
    def __init__(self, backend, script, options="", workers=1, more="",
                 **args):
        super().__init__(hook=HOOK, services=ROWS % workers, **args)
        self.script(script)
        self.set(hook_predelivery="hooks/pre.hsl")
        with open(self.path("transport.cf"), "w") as f:
            f.write("transport hop host 127.0.0.1:%d -o tls=disabled %s\n%s"
                    % (backend.port, options, more))

    def script(self, text):
        with open(self.path("hooks/pre.hsl"), "w") as f:
            f.write(text)

    def mail(self, rcpts=("r@a.example",), sender="s@from.example"):
        with self.client() as c:
            c.hello()
            c.cmd("MAIL FROM:<%s>" % sender, 250)
            for r in rcpts:
                c.cmd("RCPT TO:<%s>" % r, 250)
            c.cmd("DATA", 354)
            c.send(b"Subject: s\r\n\r\nbody\r\n.\r\n")
            c.expect(250)

    def left(self):
        p = self.ctl("queue", "list", "--json", check=False)
        return json.loads(p.stdout)["entries"] if p.returncode == 0 else None

    def wait_empty(self):
        wait_for(lambda: self.left() == [], 30, "an empty queue")

    def wait_state(self, state):
        wait_for(lambda: [e["state"] for e in self.left() or []] == [state],
                 30, "one in %s" % state)
        return self.left()[0]


def test_try():
    """Another host, envelope and name than the transport's."""
    with Backend() as unused, Backend() as b:
        script = '''
            Try(["host" => "127.0.0.1", "port" => %d,
                "helo" => "name.example", "sender" => "else@from.example",
                "recipient" => "other@b.example"]);
        ''' % b.port
        with Mta(unused, script) as mta:
            mta.mail()
            mta.wait_empty()
        assert unused.connections == 0
        (m,) = b.messages
        assert m["sender"] == b"<else@from.example>", m
        assert m["rcpts"] == [b"<other@b.example>"], m
        assert b"EHLO name.example" in b"\n".join(b.commands), b.commands


def secured(conversation):
    """STARTTLS; then XCLIENT and a login are taken."""
    def tls(line):
        conversation.send(b"220 go\r\n")
        conversation.sock = conversation.backend.context.wrap_socket(
            conversation.sock, server_side=True)
        conversation.file = conversation.sock.makefile("rb")
    conversation.do_STARTTLS = tls
    conversation.do_XCLIENT = \
        lambda line: conversation.send(b"220 again\r\n")
    conversation.do_AUTH = \
        lambda line: conversation.send(b"235 2.7.0 Ok\r\n")
    conversation.run()


def test_try_secured():
    """TLS that is verified, a login and XCLIENT that the transport has not:
    one name's certificate is good, the other's is not."""
    exts = Backend.EXTS + ("STARTTLS", "AUTH PLAIN", "XCLIENT NAME LOGIN")
    with tempfile.TemporaryDirectory() as d, \
            Backend(exts, handler=secured) as b:
        pki = Pki(d)
        pki.make("ca", "CA", is_ca=True)
        b.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        b.context.load_cert_chain(*pki.make("mx", "good.example",
                                            ["good.example"], ca="ca"))
        script = '''
            Try(["tls" => "require_verify", "tls_default_ca" => true,
                "tls_sni" => "sni.example",
                "tls_verify_name" => [$message["recipientaddress"]
                    ["domain"]],
                "saslusername" => "us", "saslpassword" => "hush-word",
                "xclient" => ["NAME" => "c.example", "LOGIN" => "tom"]]);
        '''
        asked = []
        b.context.sni_callback = lambda sock, name, context: \
            asked.append(name)
        with Mta(b, script, "-o retry=1h",
                 params={"send_tls_ca_file": pki.path("ca.pem")}) as mta:
            mta.mail(("r@good.example",))
            mta.wait_empty()
            mta.mail(("r@bad.example",))
            e = mta.wait_state("defer")
            assert "hostname mismatch" in e["reason"], e
            assert len(b.messages) == 1 and set(asked) == {"sni.example"}
            said = b"\n".join(b.commands)
            assert b"XCLIENT NAME=c.example LOGIN=tom" in said, said
            assert b"AUTH PLAIN " + base64.b64encode(
                b"\0us\0hush-word") in said, said
            assert "hush" not in mta.log()
            spool = subprocess.run(["grep", "-rc", "hush-word",
                                    mta.path("queue")], capture_output=True,
                                   text=True).stdout
            assert all(l.endswith(":0") for l in spool.split()), spool


def test_try_proxy():
    """By a proxy, from a source that the script names."""
    with Proxy() as proxy, Backend() as b:
        script = '''
            Try(["proxyprotocol" => ["server" => "127.0.0.1", "port" => %d],
                "sourceip" => [["address" => "127.0.0.9",
                    "helo" => "nine.example"]]]);
        ''' % proxy.port
        with Mta(b, script) as mta:
            mta.mail()
            mta.wait_empty()
        assert proxy.seen == [("127.0.0.9", "127.0.0.1")], proxy.seen
        assert b"EHLO nine.example" in b"\n".join(b.commands), b.commands


def test_implicit():
    """A script that says nothing, and none at all."""
    with Backend() as b, Mta(b, "echo $message[\"recipient\"];") as mta:
        mta.mail()
        mta.wait_empty()
        assert len(b.messages) == 1
        assert "event=echo" in mta.log() and "r@a.example" in mta.log()
        mta.set(hook_predelivery="")
        mta.ctl("reload")
        mta.mail()
        mta.wait_empty()
        assert len(b.messages) == 2


def test_together():
    """Those that ask for the same go together, with `recipients`."""
    script = '''
        Try(["recipients" => 10,
            "helo" => $message["recipientaddress"]["domain"]]);
    '''
    with Backend() as b, Mta(b, script) as mta:
        mta.mail(rcpts=["r%d@%s.example" % (i, d) for i in range(3)
                        for d in "ab"])
        mta.wait_empty()
        for m in b.messages:
            domains = {r.split(b"@")[1] for r in m["rcpts"]}
            assert len(domains) == 1, b.messages
        assert sum(len(m["rcpts"]) for m in b.messages) == 6


def test_queue():
    """Held with a reason and changes; metadata is shown and filtered."""
    script = '''
        SetMetaData(["seen" => "yes"] + GetMetaData());
        if ($arguments["retry"] == 0)
            Queue(["hold" => true, "reason" => "look at it",
                "tenantid" => "ten"]);
        Delete("enough");
    '''
    with Backend() as b, Mta(b, script) as mta:
        mta.mail()
        e = mta.wait_state("hold")
        assert e["reason"] == "look at it", e
        assert e["tenantid"] == "ten", e
        p = mta.ctl("queue", "list", "--metadata", "seen=yes", "--json",
                    check=False)
        assert len(json.loads(p.stdout)["entries"]) == 1, p
        mta.ctl("queue", "release", "--all")
        mta.wait_empty()
        assert b.connections == 0
        assert "reason=enough" in mta.log(), mta.log()


def test_metadata_of_an_attempt():
    """What is set before an attempt is there behind it."""
    script = '''
        $n = GetMetaData()["n"] ?? "";
        SetMetaData(["n" => $n . "x"]);
        Try();
    '''
    with Backend(replies={"MAIL": b"450 4.2.1 Later\r\n"}) as b, \
            Mta(b, script, "-o retry=1h") as mta:
        mta.mail()
        mta.wait_state("defer")
        p = mta.ctl("queue", "list", "--metadata", "n=x", "--json")
        assert len(json.loads(p.stdout)["entries"]) == 1, p.stdout
        mta.ctl("queue", "retry", "--all")
        wait_for(lambda: len(json.loads(mta.ctl(
            "queue", "list", "--metadata", "n=xx", "--json",
            check=False).stdout or '{"entries": []}')["entries"]) == 1, 30,
            "the second attempt's")


def test_context_memory():
    """Contexts have a bound: entries behind it wait before their hook, until
    there is room; none is lost, and each has its own."""
    script = '''
        echo "ran";
        $context = str_repeat("x", 50000) . $message["recipient"];
        Try();
    '''
    post = 'if (substr($context, 50000) != $message["recipient"]) ' \
        'echo "another\'s";'
    count = 60
    with Backend() as b:
        mta = Mta(b, script)
        with open(mta.path("hooks/post.hsl"), "w") as f:
            f.write(post)
        with open(mta.path("policy.cf"), "w") as f:
            f.write("suspend all -\n")
        mta.set(queue_context_memory="1M",
                hook_postdelivery="hooks/post.hsl")

        def ran():
            return mta.log().count("text=ran")
        with mta:
            # What is on its way when the bound is met may pass it.
            mta.mail(["r%d@a.example" % n for n in range(30)])
            wait_for(lambda: ran() == 30, 30, "hooks to run")
            mta.mail(["r%d@a.example" % n for n in range(30, count)])
            time.sleep(2 * SLOW)
            assert ran() == 30, ran()
            assert not b.messages
            with open(mta.path("policy.cf"), "w"):
                pass
            mta.ctl("reload")
            mta.wait_empty()
            assert len(b.messages) == count
            assert "another" not in mta.log(), mta.log()


def test_error():
    """Five minutes, and nothing counted."""
    with Backend() as b, Mta(b, "throw \"no\";") as mta:
        mta.mail()
        e = mta.wait_state("defer")
        assert "hook_predelivery" in e["reason"], e
        assert b.connections == 0
        assert "event=hook-error" in mta.log(), mta.log()


def test_slow_script():
    """A run that waits holds up nobody else's."""
    script = '''
        if ($message["recipientaddress"]["localpart"] == "slow") sleep(30);
        Try();
    '''
    with Backend() as b, Mta(b, script) as mta:
        mta.mail(rcpts=["slow@a.example"])
        for i in range(20):
            mta.mail(rcpts=["r%d@a.example" % i])
        wait_for(lambda: len(b.messages) == 20, 25, "the others")


if __name__ == "__main__":
    main(globals())
