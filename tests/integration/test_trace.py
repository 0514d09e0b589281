#!/usr/bin/env python3
"""What a log tells of single sessions: smtpd_trace_clients shows what was said
and no secret; log_level = debug shows what a session does."""

import base64
import sys

from halyard import Backend, main, wait_for
from test_log import event, events, instance

AUTH = """
if ($arguments["mechanism"] == "X-TOKEN") {
    if ($arguments["state"] == 0) Reply("hush-challenge");
    Accept(["username" => "tom"]);
}
if ($arguments["password"] == "hush-right") Accept();
Reject();
"""


def b64(text):
    return base64.b64encode(text.encode()).decode()


def said(mta):
    """What each side said; the lines of two workers may stand in the log in
    another order than they were said."""
    return [(e["side"], e["text"])
            for e in sorted(events(mta, "trace"), key=lambda e: e["time"])]


def secrets(text):
    """All that must not be seen of it."""
    return text, b64(text), b64("\0bob\0" + text)


def traced(b, **params):
    base = dict(smtpd_trace_clients="127.0.0.0/8",
                smtpd_auth_mechanisms="PLAIN LOGIN X-TOKEN",
                smtpd_auth_tls_only="no", smtpd_error_delay="0s",
                xclient_hosts="127.0.0.0/8")
    base.update(params)
    return instance(b, base, auth=AUTH)


def test_what_was_said():
    with Backend() as b, traced(b) as mta, mta.client() as c:
        c.hello()
        c.envelope()
        c.cmd("DATA", 354)
        c.cmd("Subject: hush-body\r\n\r\nhush-body\r\n.", 250)
        c.cmd("QUIT", 221)
        wait_for(lambda: ("client", "QUIT") in said(mta), 10, "its trace")
        assert "hush-body" not in mta.log()
        got = said(mta)
        assert got[0][0] == "server" and got[0][1].startswith("220 "), got
        commands = [t for side, t in got if side == "client"]
        assert commands == ["EHLO client.example.net",
                            "MAIL FROM:<a@example.net>",
                            "RCPT TO:<b@example.org>", "DATA", "QUIT"]
        replies = [t[:4] for side, t in got if side == "server"]
        assert replies.count("250-") >= 4
        assert [r for r in replies if r != "250-"] == \
            ["220 ", "250 ", "250 ", "250 ", "354 ", "250 ", "221 "]
        assert all(int(e["ms"]) >= 0 and e["conn"] ==
                   event(mta, "connect")["conn"]
                   for e in events(mta, "trace"))


def test_no_secret():
    """Of an exchange, one that fails, is cancelled, or comes too early."""
    with Backend() as b, traced(b) as mta, mta.client() as c:
        c.hello()
        c.cmd("AUTH PLAIN " + b64("\0bob\0hush-wrong"), 535)
        c.cmd("auth plain", 334)
        c.cmd(b64("\0bob\0hush-wrong"), 535)
        c.cmd("AUTH LOGIN", 334)
        c.cmd(b64("bob"), 334)
        c.cmd("*", 501)
        c.cmd("AUTH " + b64("hush-wrong"), 504)
        c.cmd("AUTH hush-wrong " + b64("hush-wrong"), 504)
        c.cmd(b64("hush-wrong"), 500)
        c.cmd("AUTH\tPLAIN\t" + b64("\0bob\0hush-wrong"))
        c.cmd("XCLIENT LOGIN=hush-login HELO=x LOGIN hush-login", 501)
        c.cmd("xclient login=hush-login", 220)
        c.hello()
        c.cmd("AUTH X-TOKEN", 503)
        c.cmd("QUIT", 221)
        with mta.client() as d:
            d.hello()
            d.cmd("AUTH X-TOKEN", 334)
            d.cmd(b64("hush-right"), 235)
            d.cmd("QUIT", 221)
        with mta.client() as d:
            d.hello()
            d.cmd("AUTH LOGIN " + b64("bob"), 334)
            d.cmd(b64("hush-right"), 235)
            d.cmd("QUIT", 221)
        wait_for(lambda: said(mta).count(("client", "QUIT")) == 3, 10,
                 "the last line")
        log = mta.log()
        for text in "hush-right", "hush-wrong", "hush-challenge":
            for secret in secrets(text):
                assert secret not in log, secret
        got = said(mta)
        assert not any("hush" in t for _, t in got), got
        commands = [t for side, t in got if side == "client"]
        assert commands == [
            "EHLO client.example.net", "AUTH PLAIN ***", "auth plain", "***",
            "AUTH LOGIN", "***", "*", "AUTH ***", "AUTH *** ***", "***",
            "***", "XCLIENT LOGIN=*** HELO=x *** ***", "xclient LOGIN=***",
            "EHLO client.example.net", "AUTH X-TOKEN", "QUIT",
            "EHLO client.example.net", "AUTH X-TOKEN", "***", "QUIT",
            "EHLO client.example.net", "AUTH LOGIN ***", "***", "QUIT"]


def test_only_those_clients():
    """The one that XCLIENT speaks for, not the one that says it."""
    with Backend() as b, traced(b, smtpd_trace_clients="192.0.2.0/24") \
            as mta, mta.client() as c, mta.client() as d:
        c.hello()
        c.cmd("XCLIENT ADDR=192.0.2.7", 220)
        d.cmd("NOOP there", 250)
        c.cmd("NOOP here", 250)
        c.cmd("QUIT", 221)
        d.cmd("QUIT", 221)
        wait_for(lambda: len(events(mta, "disconnect")) == 2, 10, "the end")
        commands = [t for side, t in said(mta) if side == "client"]
        assert commands == ["NOOP here", "QUIT"]


def test_networks_are_checked():
    with Backend() as b:
        mta = instance(b, {"smtpd_trace_clients": "192.0.2.x"})
        p = mta.ctl("config", "check", check=False)
        assert p.returncode != 0
        assert "smtpd_trace_clients" in open(mta.path("main.cf")).read()
        assert "192.0.2.x" in p.stdout + p.stderr, p


def test_debug():
    with Backend() as b, instance(b, {"log_level": "debug"}, "localhost",
                                  connect="Accept();") as mta, \
            mta.client() as c:
        c.hello()
        c.envelope()
        c.cmd("DATA", 354)
        c.cmd("x\r\n.")
        wait_for(lambda: len(events(mta, "mode")) >= 5, 10, "modes")
        assert [e["mode"] for e in events(mta, "mode")] == \
            ["HOOK", "COMMAND", "DATA", "MESSAGE", "COMMAND"]
        ended = event(mta, "hook-end")
        assert ended["hook"] == "connect" and ended["verdict"] == "accept"
        assert event(mta, "dns-answer")["name"] == "localhost"
        mta.ctl("reload")
        assert event(mta, "drain")["limit"] == "none"
        assert event(mta, "drain")["level"] == "debug"


if __name__ == "__main__":
    sys.exit(main({k: v for k, v in globals().items()
                   if getattr(v, "__module__", "") == "__main__"}))
