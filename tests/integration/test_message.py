#!/usr/bin/env python3
"""The message a script holds: what its methods say, and what the backend gets
byte by byte after edits."""

import base64
import contextlib
import quopri
import time

from halyard import SLOW, Backend, Instance, main

SEND = '''
$r = $arguments["mail"]->send($transaction["senderaddress"],
    array_map(function ($r) { return $r["address"]; },
        $transaction["recipients"]), ["host" => "127.0.0.1", "port" => %d]);
if (isset($r["result"]) and $r["result"]["code"] == 250)
    Accept($say ?? "sent");
Reject($r["error"]["message"] ?? $r["result"]["reason"]);
'''
CHUNKING = Backend.EXTS + ("CHUNKING",)
MESSAGE = (b"Received: one\r\nFrom: \"A\" <a@example.net>\r\n"
           b"Subject: =?UTF-8?Q?caf=C3=A9?=\r\n"
           b"X-Long: first\r\n\tsecond\r\n third\r\n"
           b"Received : two\r\njunk without colon\r\n\r\nBody\r\n")


class Mail:
    """An instance whose hook is `script` and then send(); one client."""

    def __init__(self, script, exts=Backend.EXTS, **params):
        self.stack = contextlib.ExitStack()
        self.backend = self.stack.enter_context(Backend(exts))
        params.setdefault("received_header", "no")
        self.mta = self.stack.enter_context(Instance(
            hook='$mail = $arguments["mail"];\n' + script +
            SEND % self.backend.port, params=params, maxproc=1))
        self.client = self.stack.enter_context(self.mta.client())
        self.client.hello()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if exc[0] is not None:
            print("# " + self.mta.log()[-3000:].replace("\n", "\n# "))
        self.stack.close()

    def put(self, message, code=250, by="BDAT"):
        """One message; the lines of the reply."""
        self.client.cmd("MAIL FROM:<a@example.net>", 250)
        self.client.cmd("RCPT TO:<b@example.org>", 250)
        if by == "BDAT":
            self.client.send(b"BDAT %d LAST\r\n" % len(message) + message)
        else:
            self.client.cmd("DATA", 354)
            self.client.send(message.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return self.client.expect(code).text

    def got(self):
        return self.backend.messages.pop()["body"]


def edited(script, message=MESSAGE, exts=Backend.EXTS, **params):
    """What the backend gets."""
    with Mail(script, exts, **params) as m:
        m.put(message)
        return m.got()


def says(expressions, message=MESSAGE):
    """What each expression is, in one run, as JSON."""
    import json
    script = "$say = [];\n" + "".join(
        "$say[] = json_encode(%s, [\"ensure_ascii\" => true]);\n" % e
        for e in expressions)
    with Mail(script) as m:
        lines = m.put(message)
        lines[0] = lines[0].split(" ", 1)[1]        # enhanced code
        return [json.loads(l.split(" ", 1)[1] if l.startswith("2.0.0 ")
                           else l) for l in lines]


def expect(pairs, message=MESSAGE):
    for (what, want), got in zip(pairs, says([p[0] for p in pairs], message)):
        assert got == want, (what, got, want)


def test_get_header():
    expect([
        ('$mail->getHeader("subject")', "caf\u00e9"),
        ('$mail->getHeader("Subject", ["decode" => false])',
         "=?UTF-8?Q?caf=C3=A9?="),
        ('$mail->getHeader("Subject", ["field" => true])',
         "Subject: =?UTF-8?Q?caf=C3=A9?=\r\n"),
        ('$mail->getHeader("x-long")', "first\tsecond third"),
        ('$mail->getHeader("x-long", ["decode" => false])',
         "first\r\n\tsecond\r\n third"),
        ('$mail->getHeader("x-long", ["field" => true])',
         "X-Long: first\r\n\tsecond\r\n third\r\n"),
        ('$mail->getHeader("received")', "one"),
        ('$mail->getHeader("received", ["index" => 1])', "two"),
        ('$mail->getHeader("received", ["index" => -1])', "two"),
        ('$mail->getHeader("received", ["index" => -2])', "one"),
        ('$mail->getHeader("received", ["index" => -3])', None),
        ('$mail->getHeader("received", ["index" => 2])', None),
        ('$mail->getHeader("none")', None),
        ('$mail->getHeader("")', None),
        ('$mail->getHeader("junk without colon")', None),
        ('$mail->getHeaders("received")', ["one", "two"]),
        ('$mail->getHeaders("received", ["field" => true])',
         ["Received: one\r\n", "Received : two\r\n"]),
        ('$mail->getHeaders("none")', []),
        ('$mail->getHeaderNames()', ["received", "from", "subject", "x-long",
                                     "received"]),
        ('$mail->getSize()', len(MESSAGE)),
        ('$mail->toString()', MESSAGE.decode()),
    ])


def word(how, charset, text):
    data = text if isinstance(text, bytes) else text.encode(charset)
    if how == "B":
        return b"=?%s?B?%s?=" % (charset.encode(), base64.b64encode(data))
    return b"=?%s?Q?%s?=" % (charset.encode(), quopri.encodestring(
        data, quotetabs=True, header=True).replace(b"\n", b""))


def test_decode_words():
    cases = [(word(how, charset, text), text)
             for how in "QB" for charset, text in (
                 ("UTF-8", "\u20ac\u00e9 \U0001f600"),
                 ("ISO-8859-1", "\u00e9\u00df"),
                 ("iso-8859-15", "\u20ac 5"), ("us-ascii", "plain"),
                 ("windows-1252", "\u201cx\u201d \u20ac"))]
    cases += [
        (b" ".join([word("Q", "utf-8", "a b"), word("B", "utf-8", " c")]),
         "a b c"),
        (word("B", "utf-8", b"\xe2\x82") + b"\r\n " +
         word("B", "utf-8", b"\xac"), "\u20ac"),
        (word("Q", "koi8-r", b"\xc1"), "=?koi8-r?Q?=C1?="),
        (b"=?utf-8?Q?a=0D=0ABcc:_x@y=00?=", "a  Bcc: x@y "),
        (b"x =?utf-8?Q?y?= z", "x y z"),
        (b"caf\xe9 \x80 =?utf-8?Q?=C3=A9?= \x81", "caf\u00e9 \u20ac "
         "\u00e9 \ufffd"),
        (b"bare \xc3\xa9", "bare \u00e9"),
    ]
    message = b"".join(b"W: %s\r\n" % c[0] for c in cases) + b"\r\n"
    got = says(['$mail->getHeaders("w")'], message)[0]
    for (raw, want), have in zip(cases, got):
        assert have == want, (raw, have, want)


def test_edits_reach_the_backend():
    """Every way to send, by memory and by file, with and without trace."""
    script = '''
        $none = $mail->addHeader("X-One", "1");
        $mail->addHeader("X-Two", "2");
        $a = $mail->setHeader("Subject", "[spam] " .
            $mail->getHeader("Subject"));
        $b = $mail->setHeader("Received", "only");
        $c = $mail->delHeader("X-Long");
        $d = $mail->setHeader("New", "n");
        $e = $mail->delHeader("None");
        $say = "$a $b $c $d $e " . $mail->getSize() .
            ($none === none ? "" : " no");
    '''
    want = (b"New: n\r\nX-Two: 2\r\nX-One: 1\r\nReceived: only\r\n"
            b"From: \"A\" <a@example.net>\r\n"
            b"Subject: [spam] =?UTF-8?Q?caf=C3=A9?=\r\n"
            b"junk without colon\r\n\r\n")
    start, body = MESSAGE.split(b"Body\r\n")[0], b"Body\r\n"
    for exts in (Backend.EXTS, CHUNKING):
        with Mail(script, exts, body_memory_limit="32k") as m:
            for n in (1, 20000):
                for by in ("BDAT", "DATA"):
                    size = len(want) + n * len(body)
                    said = m.put(start + n * body, by=by)
                    assert said == ["2.0.0 1 2 1 1 0 %d" % size], said
                    assert m.got() == want + n * body
    assert edited(script, received_header="yes").endswith(
        b"\r\n" + want + body)


def test_unedited_is_byte_identical():
    messages = [MESSAGE, b" first\r\nA: b\r\n\r\nx\r\n", b"\r\nA: b\r\n",
                b"A: b\r\nno blank line\r\n", b"nothing\r\n",
                b"A:\0b\r\n\xff: \xfe\r\n\r\n.\r\n..\r\n",
                b"A: b\r\n \r\n\t\r\nC: d\r\n\r\n"]
    script = '''
        $names = $mail->getHeaderNames();
        $mail->getHeader("A");
        if ($mail->toString() != $mail->toString() or
            length($mail->toString()) != $mail->getSize())
            Reject("size");
        $mail->addHeader("X", "y");
        $mail->reset();
    '''
    for exts in (Backend.EXTS, CHUNKING):
        with Mail(script, exts, smtpd_nul="accept") as m:
            for message in messages:
                m.put(message)
                assert m.got() == message, message


def test_to_string_is_what_is_sent():
    script = '''
        $mail->addHeader("Z", "1");
        $mail->delHeader("From");
        $say = sha1($mail->toString());
    '''
    import hashlib
    with Mail(script, body_memory_limit="32k") as m:
        for n in (0, 1, 50000):
            said = m.put(MESSAGE + b"line\r\n" * n)
            got = m.got()
            assert said == ["2.0.0 " + hashlib.sha1(got).hexdigest()], said
            assert got.startswith(b"Z: 1\r\nReceived: one\r\nSubject: ")


def test_index():
    message = b"A: 1\r\nB: 2\r\nA: 3\r\na: 4\r\n\r\n"
    for script, want in (
            ('$mail->setHeader("A", "x", ["index" => 1]);',
             b"A: 1\r\nB: 2\r\nA: x\r\na: 4\r\n\r\n"),
            ('$mail->setHeader("A", "x", ["index" => -1]);',
             b"A: 1\r\nB: 2\r\nA: 3\r\nA: x\r\n\r\n"),
            ('$say = $mail->setHeader("A", "x", ["index" => 9]);', message),
            ('$mail->setHeader("A", "x");', b"A: x\r\nB: 2\r\n\r\n"),
            ('$mail->delHeader("A", ["index" => 0]);',
             b"B: 2\r\nA: 3\r\na: 4\r\n\r\n"),
            ('$mail->delHeader("A", ["index" => -1]);',
             b"A: 1\r\nB: 2\r\nA: 3\r\n\r\n"),
            ('$mail->delHeader("A", ["index" => 3]);', message),
            ('$mail->delHeader("A");', b"B: 2\r\n\r\n"),
            ('$mail->delHeader("A"); $mail->delHeader("B");', b"\r\n")):
        assert edited(script, message) == want, script


def test_encode():
    raw = 'A: kept  as\\r\\n it is\\r\\n'
    for script, want in (
            ('$mail->addHeader("S", "caf\u00e9");',
             b"S: =?UTF-8?Q?caf=C3=A9?=\r\n"),
            ('$mail->addHeader("From", "\\"J\u00f6rg, X\\" <a@b>");',
             b"From: =?UTF-8?Q?J=C3=B6rg=2C_X?= <a@b>\r\n"),
            ('$mail->addHeader("S", "caf\u00e9", ["encode" => false]);',
             "S: caf\u00e9\r\n".encode()),
            ('$mail->addHeader("A", "%s", ["field" => true]);' % raw,
             b"A: kept  as\r\n it is\r\n"),
            ('$mail->addHeader("S", 5);', b"S: 5\r\n"),
            ('$mail->addHeader("S", "");', b"S:\r\n"),
            ('$mail->addHeader("S", "a\\r\\n b");', b"S: a b\r\n"),
            ('$mail->addHeader("S", "a\\r\\n b", ["encode" => false]);',
             b"S: a\r\n b\r\n")):
        got = edited(script, b"X: y\r\n\r\n")
        assert got == want + b"X: y\r\n\r\n", (script, got)


def test_long_lines_are_folded():
    got = edited('''
        $mail->addHeader("A", str_repeat("word ", 300) . "end");
        $mail->addHeader("U", str_repeat("\u20ac", 300));
    ''', b"\r\nx\r\n")
    lines = got.split(b"\r\n")
    assert max(map(len, lines)) <= 78, lines
    assert len(lines) > 20
    with Mail('''if ($mail->getHeader("U") != str_repeat("\u20ac", 300) or
        $mail->getHeader("A") != str_repeat("word ", 300) . "end")
        Reject("not the same");''') as m:
        m.put(got)


def test_edits_show_in_the_outcome_only():
    """What is read is the header as it came."""
    with Mail('''
        $was = [$mail->getHeaderNames(), $mail->getHeader("A"),
            $mail->getHeaders("A"), $mail->getHeader("A", ["index" => -1])];
        $mail->addHeader("A", "new");
        $mail->setHeader("B", "other");
        $mail->delHeader("C");
        $is = [$mail->getHeaderNames(), $mail->getHeader("A"),
            $mail->getHeaders("A"), $mail->getHeader("A", ["index" => -1])];
        $say = ($was === $is ? "same" : "differs") . " " .
            str_find($mail->toString(), "A: new") . " " .
            $mail->getHeader("C");
    ''') as m:
        assert m.put(b"A: 1\r\nB: 2\r\nC: 3\r\nA: 4\r\n\r\n") == [
            "2.0.0 same 0 3"]
        assert m.got() == b"A: new\r\nA: 1\r\nB: other\r\nA: 4\r\n\r\n"


def test_methods_of_a_later_version():
    with Mail('''$say = "";
        foreach ([function () closure ($mail) { $mail->signDKIM("", "", ""); },
            function () closure ($mail) { $mail->mail(); }] as $f)
            try { $f(); } catch ($e) {
                $say .= $e->message() . "\\n"; }''') as m:
        assert m.put(MESSAGE)[:2] == [
            "2.0.0 class EODMailMessage has no method 'signDKIM'; a later "
            "version has it", "2.0.0 class EODMailMessage has no method "
            "'mail'"]


def test_encoding():
    """Of encoded words: quoted-printable, or base64."""
    for option, want in (("", b"=?UTF-8?Q?caf=C3=A9?="),
                         (', ["encoding" => "quoted-printable"]',
                          b"=?UTF-8?Q?caf=C3=A9?="),
                         (', ["encoding" => "base64"]',
                          b"=?UTF-8?B?Y2Fmw6k=?=")):
        for method in "addHeader", "setHeader":
            got = edited('$mail->%s("S", "caf\u00e9"%s);' % (method, option),
                         b"\r\nx\r\n")
            assert got == b"S: " + want + b"\r\n\r\nx\r\n", got


def test_no_value_injects():
    """Each is an exception, and the message goes out as it came."""
    values = ["a\\r\\nBcc: b", "a\\nBcc: b", "a\\rb", "a\\r\\n\\r\\nbody",
              "a\\r\\n", "a\\x00b", "caf\u00e9\\r\\nBcc: b", "a\\x01",
              "a\\n b"]
    names = ["A B", "A:", "A\\r\\nB", "\u00e4", "A\\x00"]
    calls = ['$mail->%s("S", "%s"%s)' % (m, v, o) for v in values
             for m in ("addHeader", "setHeader")
             for o in ("", ', ["encode" => false]')]
    calls += ['$mail->%s("%s", "x")' % (m, n) for n in names
              for m in ("addHeader", "setHeader")]
    calls += ['$mail->addHeader("S", "S: a\\r\\nB: c", ["field" => true])',
              '$mail->addHeader("S", "T: a", ["field" => true])',
              '$mail->addHeader("S", "a", ["fold" => true])',
              '$mail->addHeader("S", "a", ["encoding" => "binary"])',
              '$mail->addHeader("S", [])', '$mail->addHeader(5, "a")',
              '$mail->getHeader("S", 5)', '$mail->getHeader("S", ["x"])',
              '$mail->getHeader("S", ["encode" => true])',
              '$mail->getHeader("S", ["index" => 0.5])',
              '$mail->getHeader("S", ["index" => 3000000000])',
              '$mail->delHeader("S", ["index" => "x"])',
              '$mail->addHeader("S", str_repeat("a", 2000), '
              '["encode" => false])']
    script = "$n = 0;\n" + "".join(
        "try { %s; echo \"passed: %d\"; } catch ($e) { $n += 1; }\n" % (c, i)
        for i, c in enumerate(calls)) + '$say = "$n";\n'
    with Mail(script) as m:
        said = m.put(MESSAGE)
        assert said == ["2.0.0 %d" % len(calls)], (
            said, len(calls), [c for i, c in enumerate(calls)
                               if "passed: %d\"" % i in m.mta.log()])
        assert m.got() == MESSAGE


def test_snapshots():
    with Mail('''
        $zero = $mail->snapshot();
        $mail->addHeader("A", "1");
        $one = $mail->snapshot();
        $mail->delHeader("Subject");
        $mail->addHeader("B", "2");
        $a = $mail->restore($one);
        $b = $mail->restore(99);
        $c = $mail->restore("x");
        $say = json_encode([$a, $b, $c]);
        if ($mail->getHeader("X-Reset") == "yes")
            $say = $mail->reset();
    ''') as m:
        assert m.put(b"Subject: s\r\n\r\n") == [
            '2.0.0 [true,false,false]']
        assert m.got() == b"A: 1\r\nSubject: s\r\n\r\n"
        assert m.put(b"X-Reset: yes\r\n\r\n") == ["2.0.0 1"]
        assert m.got() == b"X-Reset: yes\r\n\r\n"


def test_continuation_of_nothing():
    """The sender's first line can't continue what the script added."""
    got = edited('$mail->addHeader("X-Spam", "No");',
                 b" , Yes\r\n\tVery\r\nA: b\r\n\r\n")
    assert got == (b"X-Spam: No\r\nX-Malformed-Header: , Yes\r\n\tVery\r\n"
                   b"A: b\r\n\r\n"), got


def test_continuation_of_our_trace():
    """Nor what the server puts above every message."""
    for by, exts in (("DATA", Backend.EXTS), ("BDAT", CHUNKING)):
        for first in (b"\tby evil.example; x\r\n", b" \r\n"):
            with Mail("", exts, received_header="yes") as m:
                m.put(first + b"A: b\r\n\r\nx\r\n", by=by)
                got = m.got()
                assert got.startswith(b"Received: from "), got
                trace, rest = got.split(b" +0000\r\n", 1)
                assert rest == b"X-Malformed-Header:" + first + \
                    b"A: b\r\n\r\nx\r\n", got


def test_eight_bit_follows_the_edits():
    """A backend without 8BITMIME takes the message once its header is
    encoded, and does not while the body is not ASCII."""
    script = '''if ($mail->getHeader("Fix") == "yes")
        $mail->setHeader("Subject", $mail->getHeader("Subject"));
    '''
    fix, raw = b"Fix: yes\r\n", "Subject: caf\u00e9\r\n".encode()
    with Mail(script, ("PIPELINING",), body_memory_limit="32k") as m:
        for body in (b"\r\nx\r\n", b"\r\n" + b"x\r\n" * 50000):
            m.put(raw + body, 550)
            m.put(fix + raw + body)
            assert m.got() == fix + \
                b"Subject: =?UTF-8?Q?caf=C3=A9?=\r\n" + body
            m.put(fix + raw + body + b"\xff\r\n", 550)
    with Mail('$mail->addHeader("A", "\u00e9", ["encode" => false]);') as m:
        m.put(b"\r\nx\r\n")
        assert m.backend.messages[0]["params"].find(b"8BITMIME") > 0


def test_dots():
    """A field that begins with a dot is stuffed."""
    body = b"\r\n.\r\n..\r\n"
    got = edited('$mail->addHeader(".A", "b");', body)
    assert got == b".A: b\r\n" + body
    got = edited('$mail->delHeader(".A");', b".A: b\r\n\r\nx\r\n")
    assert got == b"\r\nx\r\n"


def test_header_bombs():
    """Over the limits is an exception; under them it is quick; the message
    goes either way."""
    script = '''
        try {
            $n = count($mail->getHeaderNames());
            $mail->addHeader("X", $n);
            $v = count($mail->getHeaders("a"));
            $l = length($mail->getHeader("a"));
            $d = $mail->delHeader("a");
            $mail->restore($mail->snapshot());
            $mail->reset();
            $say = "$n $v $l $d";
        } catch ($e) {
            $say = $e->message();
        }
    '''
    end = b"\r\nbody\r\n"
    bombs = [
        (b"a: b\r\n" * 99000, "99000 99000 1 99000"),
        (b"a: b\r\n" + b" c\r\n" * 99000, "1 1 198001 1"),
        (b"a: " + b"=?utf-8?q?a?=\r\n " * 60000 + b"x\r\n",
         "1 1 60002 1"),
        (b"a: b\r\n" * 1000000, "getHeaderNames: the header of the message "
         "has more than 100000 lines"),
        (b"a: b\r\n" + b" cc\r\n" * 1000000, "getHeaderNames: the header of "
         "the message has more than 100000 lines"),
        (b"a: " + (b"x" * 900 + b"\r\n ") * 2000 + b"x\r\n",
         "getHeaderNames: the header of the message is larger than "
         "1048576 bytes"),
    ]
    with Mail(script, message_size_limit="20M",
              header_size_limit="20M") as m:
        for header, want in bombs:
            start = time.monotonic()
            said = m.put(header + end)
            assert said == ["2.0.0 " + want], (said, want)
            assert m.got() == header + end
            assert time.monotonic() - start < 5 * SLOW


def test_limits_end_the_script_alone():
    """Edits without end, strings over the heap's limit: 421, and the worker
    serves on."""
    grow = '''if ($mail->getHeader("Go") == "edits")
        for ($i = 0; true; $i += 1) $mail->addHeader("X-$i", "v");
    if ($mail->getHeader("Go") == "index")
        for ($i = 0; true; $i += 1) $mail->getHeader("none");
    if ($mail->getHeader("Go") == "string")
        $say = length($mail->toString());
    if ($mail->getHeader("Go") == "states")
        for ($i = 0; true; $i += 1) $mail->snapshot();
    '''
    with Mail(grow, hook_memory_limit="4M", body_memory_limit="64k",
              message_size_limit="20M") as m:
        for go in (b"edits", b"index", b"states"):
            m.put(b"Go: " + go + b"\r\n" + b"y: z\r\n" * 20000 + b"\r\n", 421)
        m.put(b"Go: string\r\n\r\n" + b"x" * 900 + b"\r\n")
        m.got()
        m.put(b"Go: string\r\n\r\n" + (b"x" * 900 + b"\r\n") * 10000, 421)
        m.put(b"A: b\r\n\r\n")
        assert m.got() == b"A: b\r\n\r\n"
        assert m.mta.counters()["hook_errors"] == 4


def test_edits_between_two_sends():
    """A refusal leaves the script another try, with other edits."""
    def eod(conv, line):
        return b"550 5.7.1 no\r\n" if b"First" in conv.body else None

    with Backend(replies={"EOD": eod}) as b:
        first = (SEND % b.port).split("if (isset")[0]
        hook = '$mail = $arguments["mail"];\n$mail->addHeader("First", "1");' \
            + first + '$mail->delHeader("First");\n' \
            '$mail->addHeader("Second", "2");\n' + SEND % b.port
        with Instance(hook=hook, params={"received_header": "no"}) as mta, \
                mta.client() as c:
            c.hello()
            assert c.message("A: b\r\n\r\nx\r\n").code == 250
            assert b.messages[0]["body"] == \
                b"Second: 2\r\nA: b\r\n\r\nx\r\n"


if __name__ == "__main__":
    main(globals())
