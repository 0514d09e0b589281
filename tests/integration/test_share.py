#!/usr/bin/env python3
"""What scripts of several workers share: exact sums, barriers that outlive
workers and the service itself, values that outlive a reload."""

import json
import os
import re
import signal
import socket
import threading
import time

from halyard import SLOW, Instance, alive, main, wait_for

# The sender's local part says what to do, its reply what came of it.
HOOK = r'''
function add($key, $current, $value) { return $current + $value; }
function total() {
    barrier "sum" => $n { $shared = isset($n) ? $n : 0; }
    return "inc=" . (memory_fetch("inc") ?? 0) . " update=" .
        (memory_fetch("update") ?? 0) . " barrier=" . $shared . ".";
}
$do = $transaction["senderaddress"]["localpart"];
if ($do == "add") {
    memory_inc("inc");
    memory_update("update", 1, add, 0);
    barrier "sum" => $n { $n = isset($n) ? $n + 1 : 1; }
} else if ($do == "total") {
    Accept(total());
} else if ($do == "alone") {
    barrier "alone" {
        echo "in " . $transaction["id"];
        sleep(0.02);
        echo "out " . $transaction["id"];
    }
} else if ($do == "hold") {
    barrier "held" { memory_store("holding", true); sleep(50); }
} else if ($do == "rate") {
    Accept("rate=" . (rate("n", "e", 3, 3600) ? "yes" : "no") .
        rate("n", "e", 0, 3600) . ".");
} else if ($do == "get") {
    barrier "held" { Accept("got it"); }
} else if ($do == "exit") {
    barrier "held" { Accept("left"); }
} else if ($do == "throw") {
    barrier "held" { throw "no"; }
} else if ($do == "keep") {
    memory_store("kept", [1, "two", ["x" => none]]);
    barrier "kept" => $v { $v = "var"; }
} else if ($do == "kept") {
    barrier "kept" => $v { $w = isset($v) ? $v : "unset"; }
    Accept("kept=" . json_encode(memory_fetch("kept")) . $w . ".");
} else if ($do == "fill") {
    try { memory_store("big" . memory_inc("big"), str_repeat("x", 200000)); }
    catch ($e) { Accept("e=" . $e->message() . "."); }
    Accept("stored");
}
Accept("done");
'''
PARAMS = {"hook_time_limit": "60s", "inline_deadline": "60s"}


def instance(**params):
    return Instance(hook=HOOK, params=dict(PARAMS, **params), maxproc=2)


def say(client, what):
    """One message; code and text of the reply."""
    r = client.message(sender=what + "@example.net")
    return "%d %s" % (r.code, re.sub(r"^\d\.\d\.\d ", "",
                                     " ".join(r.text)))


def ask(mta, what, timeout=60):
    with mta.client(timeout) as c:
        c.hello()
        return say(c, what)


def workers_of(mta, clients):
    """{pid: clients}, by what the log says of their connections."""
    served = {}
    for line in mta.log().splitlines():
        m = re.search(r" smtpd\[(\d+)\]: event=connect .* client_port=(\d+)",
                      line)
        if m:
            served[int(m.group(2))] = int(m.group(1))
    found = {}
    for c in clients:
        pid = served.get(c.sock.getsockname()[1])
        found.setdefault(pid, []).append(c)
    return found


def both_workers(mta, want=2):
    """Open sessions until both workers have one: {pid: [client, ...]}."""
    clients = []
    for _ in range(200):
        c = mta.client(90)
        c.hello()
        clients.append(c)
        by = workers_of(mta, clients)
        if len([p for p in by if p]) >= want:
            return by
    raise AssertionError("only one worker accepts")


def parallel(count, work):
    errors = []

    def one(i):
        try:
            work(i)
        except Exception as e:          # told below
            errors.append(e)
    threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors[:3]


def add(mta, sessions, rounds):
    def work(_):
        with mta.client(120) as c:
            c.hello()
            for _ in range(rounds):
                said = say(c, "add")
                assert said == "250 done", said
    parallel(sessions, work)


def test_totals_are_exact():
    with instance() as mta:
        assert len(mta.workers()) == 2
        add(mta, 50, 6)
        said = ask(mta, "total")
        assert said == "250 inc=300 update=300 barrier=300.", said
        n = mta.counters("share.sock")
        assert n["share_questions"] > 1500 and n["share_keys"] >= 3, n
        assert n["share_locks"] == 0 and n["share_bytes"] > 0, n


def inside(mta):
    """How many were inside; fails if two were at once."""
    lines = re.findall(r'^(\S+) .*event=echo .*text="(in|out) (\S+)"',
                       mta.log(), re.M)
    lines.sort()
    for (_, a, x), (_, b, y) in zip(lines[::2], lines[1::2]):
        assert a == "in" and b == "out" and x == y, (a, x, b, y)
    return len(lines) // 2


def test_barrier_is_exclusive():
    with instance() as mta:
        def work(_):
            assert ask(mta, "alone", 120) == "250 done"
        parallel(30, work)
        mta.ctl("stop")
        assert inside(mta) == 30


def test_rate():
    with instance() as mta:
        said = [ask(mta, "rate") for _ in range(5)]
        assert said == ["250 rate=yes1.", "250 rate=yes2.", "250 rate=yes3.",
                        "250 rate=no3.", "250 rate=no3."], said


def test_ways_out():
    """Accept() inside, an exception, and a client that leaves give it back."""
    with instance() as mta:
        assert ask(mta, "exit") == "250 left"
        assert ask(mta, "throw")[:3] == "421"
        assert ask(mta, "get") == "250 got it"
        c = hold(mta)
        c.reset()
        start = time.monotonic()
        assert ask(mta, "get") == "250 got it"
        assert time.monotonic() - start < 10 * SLOW


def hold(mta, c=None):
    """A session whose script holds the barrier; nothing is read."""
    if c is None:
        c = mta.client(90)
        c.hello()
    c.envelope("hold@example.net")
    c.cmd("DATA", 354)
    c.send("Subject: x\r\n\r\n.\r\n")
    wait_for(lambda: mta.counters("share.sock")["share_locks"] == 1,
             text="the barrier to be held")
    return c


def waiting(mta, client):
    """`client` asks for the barrier; its answer, in a list to come."""
    said = []

    def run():
        try:
            said.append(say(client, "get"))
        except (EOFError, OSError) as e:
            said.append(repr(e))
    threading.Thread(target=run, daemon=True).start()
    wait_for(lambda: mta.counters("share.sock")["share_locks"] == 2,
             text="a second one to wait")
    return said


def test_killed_worker():
    """Who waits in the other worker has the barrier at once."""
    with instance() as mta:
        by = both_workers(mta)
        one, two = list(by)[:2]
        hold(mta, by[one][0])
        said = waiting(mta, by[two][0])
        time.sleep(0.3)
        assert not said
        start = time.monotonic()
        os.kill(one, signal.SIGKILL)
        wait_for(lambda: said, text="the barrier")
        assert said == ["250 got it"], said
        assert time.monotonic() - start < 3 * SLOW
        wait_for(lambda: len(mta.workers()) == 2, text="a new worker")
        assert ask(mta, "get") == "250 got it"


def kill_share(mta):
    pid = mta.workers("share")[0]
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: mta.workers("share") not in ([], [pid]),
             text="a new share")


def test_killed_share_keeps_barriers():
    """One that is held stays held, and one that waits gets it after."""
    with instance() as mta:
        by = both_workers(mta)
        one, two = list(by)[:2]
        holder = hold(mta, by[one][0])
        said = waiting(mta, by[two][0])
        kill_share(mta)
        wait_for(lambda: mta.counters("share.sock")["share_locks"] == 2,
                 text="both to be known again")
        time.sleep(2.5)
        assert not said
        holder.reset()
        wait_for(lambda: said, text="the barrier")
        assert said == ["250 got it"], said


def test_killed_share_under_load():
    """Scripts see a pause; two never are inside at once."""
    with instance() as mta:
        stop = []
        counts = []

        def work(_):
            with mta.client(120) as c:
                c.hello()
                while not stop:
                    said = say(c, "alone")
                    assert said == "250 done", said
                    counts.append(1)

        def killer():
            for _ in range(2):
                time.sleep(1)
                kill_share(mta)
                time.sleep(2)
            stop.append(1)
        t = threading.Thread(target=killer)
        t.start()
        try:
            parallel(12, work)
        finally:
            stop.append(1)
            t.join()
        add(mta, 4, 2)
        assert ask(mta, "total") == "250 inc=8 update=8 barrier=8."
        mta.ctl("stop")
        assert inside(mta) == len(counts) > 20, len(counts)


def test_reload_keeps_values():
    with instance() as mta:
        assert ask(mta, "keep") == "250 done"
        ask(mta, "rate")
        pid = mta.workers("share")
        by = both_workers(mta)
        holder = hold(mta, by[list(by)[0]][0])
        mta.set(share_memory_limit="300k")
        mta.ctl("reload")
        mta.wait_log("event=reload ")
        assert mta.workers("share") == pid
        want = '250 kept=[1,"two",{"x":null}]var.'
        said = ask(mta, "kept")
        assert said == want, said
        assert ask(mta, "rate") == "250 rate=yes2."
        # The barrier of a draining worker is still held.
        said = waiting(mta, new_client(mta))
        time.sleep(0.3)
        assert not said
        holder.reset()
        wait_for(lambda: said, text="the barrier")
        assert said == ["250 got it"]
        # The limit is the new one.
        assert ask(mta, "fill") == "250 stored"
        said = ask(mta, "fill")
        assert said == "250 e=memory_store: shared memory is full.", said
        assert mta.workers("share") == pid
    assert not alive(pid[0])


def new_client(mta):
    c = mta.client(90)
    c.hello()
    return c


def test_stop_ends_it_last():
    """What the last scripts of a session need is there until they ran."""
    mta = instance(hook_disconnect="hooks/bye.hsl")
    with open(mta.path("hooks/bye.hsl"), "w") as f:
        f.write('echo "bye " . memory_inc("bye");\n')
    with mta:
        clients = [new_client(mta) for _ in range(4)]
        mta.set(shutdown_limit="1s")
        pid = mta.workers("share")[0]
        mta.ctl("stop")
        mta.wait_log("bye 4")
        wait_for(lambda: not alive(pid), text="the end of share")
        assert "event=hook-error" not in mta.log()
        for c in clients:
            c.close()


def test_bad_reload_leaves_it():
    with instance() as mta:
        pid = mta.workers("share")
        assert ask(mta, "keep") == "250 done"
        mta.write_hook("Accept(;")
        assert mta.ctl("reload", check=False).returncode == 1
        mta.write_hook(HOOK)
        mta.ctl("reload")
        assert mta.workers("share") == pid
        said = ask(mta, "kept")
        assert said == '250 kept=[1,"two",{"x":null}]var.', said


def test_without_the_service():
    """An exception that says what to do."""
    mta = instance()
    with open(mta.path("master.cf")) as f:
        rows = [l for l in f if not l.startswith("share.sock")]
    with open(mta.path("master.cf"), "w") as f:
        f.writelines(rows)
    with mta:
        assert ask(mta, "keep")[:3] == "421"
        mta.wait_log("master.cf needs a row for share.sock")
        assert mta.workers("share") == []


def test_by_hand():
    """What scripts keep and count, as the administrator sees it."""
    with instance() as mta:
        assert ask(mta, "keep") == "250 done"
        kept = json.loads(mta.ctl("hsl", "memory", "list", "--json").stdout)
        assert kept["all"] == len(kept["values"]) >= 1, kept
        assert "kept" in [v["key"] for v in kept["values"]], kept
        assert json.loads(mta.ctl("hsl", "memory", "fetch", "kept").stdout) \
            == [1, "two", {"x": None}]
        mta.ctl("hsl", "memory", "store", "kept", '{"a": [true, 1.5]}')
        assert mta.ctl("hsl", "memory", "fetch", "kept").stdout == \
            '{"a":[true,1.5]}\n'
        assert ask(mta, "kept").startswith('250 kept={"a":[true,1.5]}')
        mta.ctl("hsl", "memory", "store", "--ttl", "1h", "\033[m", "plain")
        out = mta.ctl("hsl", "memory", "list", "\033").stdout
        assert out.split("\n")[1].split() == ["10", "60m", "\\x1b[m"], out
        mta.ctl("hsl", "memory", "store", "--ttl", "200ms", "short", "1")
        wait_for(lambda: mta.ctl("hsl", "memory", "fetch", "short",
                                 check=False).returncode == 1, text="its end")
        mta.ctl("hsl", "memory", "delete", "kept")
        p = mta.ctl("hsl", "memory", "delete", "kept", check=False)
        assert p.returncode == 1 and "no such key" in p.stderr, p
        mta.wait_log("event=control")
        p = mta.ctl("hsl", "memory", "lst", check=False)
        assert 'did you mean "hsl memory list"?' in p.stderr, p


def test_rates_by_hand():
    with instance() as mta:
        assert [ask(mta, "rate") for _ in range(4)] == [
            "250 rate=yes1.", "250 rate=yes2.", "250 rate=yes3.",
            "250 rate=no3."]
        rates = json.loads(mta.ctl("rate", "list", "--json").stdout)
        assert rates == {"rates": [{"name": "n", "entry": "e", "hits": 3,
                                    "interval": 3600}], "all": 1}, rates
        out = mta.ctl("rate", "list", "n").stdout
        assert out.split("\n")[1].split() == ["3", "60m", "n", "e"], out
        assert mta.ctl("rate", "list", "other").stdout == ""
        assert mta.ctl("rate", "clear", check=False).returncode == 2
        assert mta.ctl("rate", "clear", "n").stdout == "1 cleared\n"
        assert ask(mta, "rate") == "250 rate=yes1."
        assert mta.ctl("rate", "clear", "--all").stdout == "1 cleared\n"
        assert json.loads(mta.ctl("rate", "list", "--json").stdout) == {
            "rates": [], "all": 0}


def test_hostile_client():
    """Whatever a process says that master did not start ends its own
    connection and nothing else, even where its user is served."""
    with instance() as mta:
        pid = mta.workers("share")
        assert ask(mta, "keep") == "250 done"
        path = [os.path.join(r, "share.sock")
                for r, _, f in os.walk(mta.conf) if "share.sock" in f][0]
        for data in (b"\xff" * 100, b"\0\0\0\x0c\0\x1e\0\0" + b"\0" * 12,
                     b"\0\0\0\x04\0\x20\0\0abcd",
                     b"\0\0\0\x08\0\x21\0\0" + b"\0" * 8,
                     b"\0\0\0\x04\0\x08\0\0\0\0\0\0"):
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(20)
                s.connect(path)
                try:
                    s.sendall(data)
                    assert s.recv(100) == b"", data
                except (BrokenPipeError, ConnectionResetError):
                    pass
        mta.wait_log("it is of another version")
        assert mta.workers("share") == pid
        assert ask(mta, "kept") == '250 kept=[1,"two",{"x":null}]var.'


if __name__ == "__main__":
    main(globals())
