"""Words of HSL.  Text is a str whose characters are bytes (latin-1)."""
import re

KEYWORDS = set(
    "and or not if else for foreach as while forever switch case default "
    "break continue return function closure global builtin include "
    "include_once import from with class constructor static private "
    "readonly object cache barrier try catch throw match yield echo true "
    "false none isset unset array".split())
RESERVED = set(
    "this self public protected struct clone final const goto namespace new "
    "interface in extends print trait assert finally lambda pass destroy "
    "export use".split())
OPERATORS = sorted(
    "... ??= ?? **= ** *= * /= / %= % += ++ + -= -- -> - .= . === == =~ => = "
    "!== != !~ ! << <= < >>> >> >= > & | ^ ~ ? : :: , ; ( ) [ ] { }".split(),
    key=len, reverse=True)

SPACE = re.compile(r"(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)+", re.S)
DIGITS = r"[0-9]+(?:_[0-9]+)*"
NUMBER = re.compile(
    r"0x[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0o[0-7]+(?:_[0-7]+)*"
    r"|0b[01]+(?:_[01]+)*|%s(?:\.%s)?" % (DIGITS, DIGITS))
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
VAR = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
RAW = re.compile(r"'([\x21-\x26\x28-\x7e]*)'")
REGEX = re.compile(r"#/((?:\\.|[^\\/\n])+)/([imsuxUX]*)")
PIECE = re.compile(
    r"\\x([0-9a-fA-F]{2})|\\(.)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}"
    r"|\$([A-Za-z_][A-Za-z0-9_]*)", re.S)
ESCAPES = {"\\": "\\", '"': '"', "$": "$", "n": "\n", "r": "\r", "t": "\t"}


class SyntaxError_(Exception):
    pass


class Token:
    __slots__ = ("kind", "value")

    def __init__(self, kind, value):
        self.kind, self.value = kind, value

    def __repr__(self):
        return "%s %r" % (self.kind, self.value)


def number(text):
    text = text.replace("_", "")
    base = {"0x": 16, "0o": 8, "0b": 2}.get(text[:2])
    return float(int(text[2:], base)) if base else float(text)


def string(text):
    """The parts of a double-quoted string: str, or ("var", name)."""
    parts, at = [], 0
    for m in PIECE.finditer(text):
        parts.append(text[at:m.start()])
        at = m.end()
        if m.group(1):
            parts.append(chr(int(m.group(1), 16)))
        elif m.group(2):
            parts.append(ESCAPES.get(m.group(2), m.group(0)))
        else:
            parts.append(("var", m.group(3) or m.group(4)))
    parts.append(text[at:])
    return [p for p in parts if p != ""]


def double_quoted(text, at):
    end = at + 1
    while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        raise SyntaxError_("string without end")
    return Token("string", string(text[at + 1:end])), end + 1


def raw(text, at):
    m = RAW.match(text, at)
    end = text.find(m.group(0), m.end()) if m else -1
    if end < 0:
        raise SyntaxError_("raw string")
    return (Token("string", [text[m.end():end]] if end > m.end() else []),
            end + len(m.group(0)))


def token(text, at):
    c = text[at]
    if c == '"':
        return double_quoted(text, at)
    if c == "'":
        return raw(text, at)
    for kind, pattern in (("regex", REGEX), ("var", VAR), ("number", NUMBER),
                          ("name", NAME)):
        m = pattern.match(text, at)
        if m is None:
            continue
        if kind == "regex":
            return Token(kind, m.groups()), m.end()
        if kind == "var":
            return Token(kind, m.group(1)), m.end()
        if kind == "number":
            return Token(kind, number(m.group(0))), m.end()
        if m.group(0) in RESERVED:
            raise SyntaxError_("reserved word " + m.group(0))
        return Token(kind, m.group(0)), m.end()
    for op in OPERATORS:
        if text.startswith(op, at):
            return Token("op", op), at + len(op)
    raise SyntaxError_("%r at %d" % (c, at))


def tokens(text):
    found, at = [], 0
    while True:
        m = SPACE.match(text, at)
        if m:
            at = m.end()
        if at >= len(text):
            return found + [Token("end", None)]
        t, at = token(text, at)
        found.append(t)
