"""An instance with all daemons of the queue, whose hooks are the test's: what
was said in the hook behind an attempt, what became of an entry, and what its
sender is told."""

import json

from halyard import wait_for
from test_bounce import read
from test_relay import Queue

# X-Options: options of queue(), as JSON.
EOD = '''
$m = $arguments["mail"];
$options = json_decode($m->getHeader("X-Options") ?? "{}");
foreach ($transaction["recipients"] as $r)
    $m->queue($transaction["senderaddress"], $r["address"],
        $m->getHeader("X-Transport") ?? "out", $options);
Accept();
'''
BOUNCE = "bounce unix y - - - 1 bounce\n"


def back(backend):
    """The transport of notifications."""
    return "transport back host 127.0.0.1:%d -o tls=disabled -o retry=1s\n" \
        % backend.port


class Whole(Queue):
    """`pre` and `post` are scripts; files of the directory of hooks are in
    `files`."""

    def __init__(self, transports, pre=None, post=None, hook=EOD, files=None,
                 params=None, workers=1, **more):
        hooks = {"predelivery": pre, "postdelivery": post}
        super().__init__(transports, hook=hook, workers=workers, params={
            **{"hook_" + k: "hooks/%s.hsl" % k for k, v in hooks.items()
               if v is not None}, **(params or {})}, **more)
        with open(self.path("master.cf"), "a") as f:
            f.write(BOUNCE)
        for name, text in {**{k + ".hsl": v for k, v in hooks.items()
                              if v is not None}, **(files or {})}.items():
            with open(self.path("hooks/" + name), "w") as f:
                f.write(text)

    def send(self, rcpt="r@a.example", sender="s@from.example", transport=None,
             options=None, headers=b"", body=b"body 0.\r\n"):
        """One message for one recipient; its transaction."""
        if transport is not None:
            headers += b"X-Transport: %s\r\n" % transport.encode()
        if options is not None:
            headers += b"X-Options: %s\r\n" % json.dumps(options).encode()
        with self.client() as c:
            c.hello()
            r = c.message(b"Subject: s\r\n" + headers + b"\r\n" + body,
                          sender, (rcpt,))
            assert r.code == 250, r
        return r.text[0].split(" as ")[1].split()[0]

    def entries(self, *args):
        """What is in the queue; None while nobody answers."""
        p = self.ctl("queue", "list", "--json", *args, check=False)
        return json.loads(p.stdout)["entries"] if p.returncode == 0 else None

    def entry(self, txn, seconds=20, **want):
        """That of a transaction, once it is as it should be."""
        def look():
            for e in self.entries() or []:
                if e["id"]["transaction"] == txn and \
                        all(e.get(k) == v for k, v in want.items()):
                    return e
            return None
        return wait_for(look, seconds, "%s with %s" % (txn, want))

    def gone(self, txn, seconds=20):
        wait_for(lambda: self.entries() is not None and not [
            e for e in self.entries() if e["id"]["transaction"] == txn],
            seconds, txn + " is gone")

    def lines(self, *args):
        """Of the log, as objects."""
        p = self.ctl("log", "tail", "--json", "-n", "100000", *args,
                     check=False)
        return [json.loads(l) for l in p.stdout.splitlines()]

    def echoes(self, txn=None):
        """What hooks echoed as JSON, of one transaction or of all."""
        return [json.loads(n["text"]) for n in
                self.lines("--event", "echo")
                if txn is None or n.get("txn") == txn]

    def echo(self, txn, nth=1, seconds=20):
        """What was echoed for the nth time."""
        return wait_for(lambda: self.echoes(txn)[nth - 1:nth], seconds,
                        "echo %d of %s" % (nth, txn))[0]

    def story(self, txn):
        """The events by `log show`."""
        return json.loads(self.ctl("log", "show", "--json", txn).stdout)[
            "lines"]


def notification(backend, count=1, seconds=20):
    """The newest of `count`, as other people read it: the whole, the fields of
    the message and of the recipient."""
    wait_for(lambda: len(backend.messages) >= count, seconds,
             "%d notifications" % count)
    assert len(backend.messages) == count, backend.messages
    m, (whole, one) = read(backend.messages[-1])
    return m, whole, one
