"""Values of HSL and what its operators do with them.

none is None, a boolean bool, a number float, a string str of bytes.  An
array is never changed: to write is to make another one, so that copies need
no thought.  What the language page leaves open raises Unspecified, and the
program is not compared.
"""
import math
import re

LIMIT = 20000


class Unspecified(Exception):
    pass


class Thrown(Exception):
    """An exception of the script; a run-time error has no value."""

    def __init__(self, value):
        super().__init__()
        self.value = value


class Error:
    """The built-in Exception; text is None if it is not of the script."""

    def __init__(self, text=None):
        self.text = text


class Func:
    def __init__(self, code, names, glob, name=None):
        self.params, self.rest, self.captures, self.body = code
        self.names, self.glob, self.name = names, glob, name
        self.cells, self.this, self.cls = {}, None, None
        self.native = None

    def bound(self, this):
        f = Func((self.params, self.rest, self.captures, self.body),
                 self.names, self.glob, self.name)
        f.cells, f.this, f.cls = self.cells, this, self.cls
        return f


class Native:
    def __init__(self, call, least, most):
        self.call, self.least, self.most = call, least, most


class Class:
    def __init__(self, name):
        self.name = name
        self.init, self.statics, self.methods, self.static = {}, {}, {}, {}
        self.private, self.readonly = set(), set()
        self.constructor = None


class Object:
    def __init__(self, cls):
        self.cls, self.props = cls, {}


class Regex:
    def __init__(self, body, flags):
        self.re = compiled(body, flags)


def compiled(body, flags):
    bits = 0
    for f in flags:
        bits |= {"i": re.I, "m": re.M, "s": re.S, "x": re.X}[f]
    return re.compile(body, bits)


INTEGER = re.compile(r"-?[1-9][0-9]{0,14}\Z|0\Z")


def key_of(v):
    """A Python key: int, str or None."""
    if isinstance(v, bool):
        return int(v)
    if isinstance(v, float):
        if math.isinf(v) or math.isnan(v) or abs(v) >= 2 ** 53:
            raise Unspecified("key")
        return int(v)
    if isinstance(v, str):
        return int(v) if INTEGER.match(v) else v
    if v is None:
        return None
    raise Unspecified("key")


def key_value(k):
    return float(k) if isinstance(k, int) else k


class Array:
    __slots__ = ("d",)

    def __init__(self, d=None):
        self.d = {} if d is None else d
        if len(self.d) > LIMIT:
            raise Unspecified("size")

    def next(self):
        n = max([k for k in self.d if isinstance(k, int)] + [-1]) + 1
        if n >= 2 ** 53:
            raise Unspecified("key")
        return n

    def with_(self, k, v):
        d = dict(self.d)
        d[k] = v
        return Array(d)

    def without(self, k):
        return Array({n: v for n, v in self.d.items() if n != k})

    def merged(self, other):
        a = Array(dict(self.d))
        at = a.next()
        for k, v in other.d.items():
            if isinstance(k, int):
                k, at = at, at + 1
            a.d[k] = v
        return a

    def values(self):
        return list(self.d.values())


def listed(values):
    return Array(dict(enumerate(values)))


def error():
    return Thrown(Error())


def truth(v):
    if v is None or isinstance(v, bool):
        return bool(v)
    if isinstance(v, float):
        return v != 0
    if isinstance(v, str):
        return v != ""
    if isinstance(v, Array):
        return bool(v.d)
    return True


def number_text(x):
    """As Number.prototype.toString() of JavaScript."""
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    if x == 0:
        return "0"
    sign = "-" if x < 0 else ""
    mantissa, exponent = ("%r" % abs(x)), 0
    if "e" in mantissa:
        mantissa, e = mantissa.split("e")
        exponent = int(e)
    whole, _, part = mantissa.partition(".")
    digits = (whole + part).lstrip("0")
    # value = 0.digits * 10 ** point
    point = len(whole) + exponent
    point -= len(whole + part) - len(digits)
    digits = digits.rstrip("0")
    n = len(digits)
    if n <= point <= 21:
        return sign + digits + "0" * (point - n)
    if 0 < point <= 21:
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    e = "e%s%d" % ("+" if point > 0 else "-", abs(point - 1))
    return sign + digits[0] + ("." + digits[1:] if n > 1 else "") + e


def quoted(s):
    if "$" in s:
        raise Unspecified("$ in a quoted string")
    out = []
    for c in s:
        if c in '\\"':
            out.append("\\" + c)
        elif c in "\n\r\t":
            out.append({"\n": "\\n", "\r": "\\r", "\t": "\\t"}[c])
        elif c < " " or c == "\x7f":
            raise Unspecified("control byte in a quoted string")
        else:
            out.append(c)
    return '"%s"' % "".join(out)


def text(v, nested=False):
    if v is None:
        return "none" if nested else ""
    if isinstance(v, bool):
        return "true" if v else "false"
    if isinstance(v, float):
        return number_text(v)
    if isinstance(v, str):
        return quoted(v) if nested else v
    if isinstance(v, Array):
        return sized("[%s]" % ",".join(
            text(key_value(k), True) + "=>" + text(e, True)
            for k, e in v.d.items()))
    raise Unspecified("text of " + type(v).__name__)


def sized(s):
    if len(s) > LIMIT:
        raise Unspecified("size")
    return s


NUMERIC = re.compile(r"[ \t\r\n]*([+-]?[0-9]+(?:\.[0-9]+)?|0x[0-9a-fA-F]+)"
                     r"[ \t\r\n]*\Z")
DOUBTFUL = re.compile(r"\s*[+-]?(\.|[0-9]+\.\s*\Z|0x|[0-9.]+[eE])")


def parse_number(s):
    """The number that s spells, or None."""
    m = NUMERIC.match(s)
    if m is None:
        if DOUBTFUL.match(s):
            raise Unspecified("spelling of a number")
        return None
    t = m.group(1)
    return float(int(t[2:], 16)) if t.startswith("0x") else float(t)


def number(v):
    """number()"""
    if isinstance(v, bool):
        return float(v)
    if isinstance(v, float):
        return v
    if isinstance(v, str):
        return parse_number(v) or 0.0
    return 0.0


def operand(v):
    """An operand of arithmetic."""
    if v is None:
        return 0.0
    if isinstance(v, (bool, float)):
        return float(v)
    if isinstance(v, str):
        x = parse_number(v)
        if x is not None:
            return x
    raise error()


def identical(a, b):
    if isinstance(a, Array) and isinstance(b, Array):
        if a.d.keys() != b.d.keys():
            return False
        same = all(identical(v, b.d[k]) for k, v in a.d.items())
        if same and list(a.d) != list(b.d):
            raise Unspecified("=== of arrays in another order")
        return same
    if isinstance(a, Func) and isinstance(b, Func) and a is not b:
        raise Unspecified("identity of functions")
    if type(a) is not type(b):
        return False
    if a is None or isinstance(a, (bool, float, str)):
        return a == b
    return a is b


def equal(a, b):
    if a is None or b is None:
        return a is b
    if type(a) is type(b):
        return identical(a, b)
    for p, q in ((a, b), (b, a)):
        if isinstance(p, bool):
            return float(p) == q if isinstance(q, float) else p == truth(q)
    for p, q in ((a, b), (b, a)):
        if isinstance(p, float):
            return p == (number(q) if isinstance(q, str)
                         else float(truth(q)))
    return identical(a, b)


def less(a, b, op):
    if isinstance(a, str) and isinstance(b, str):
        pass
    else:
        for v in (a, b):
            if not (v is None or isinstance(v, (bool, float, str, Array))):
                raise Unspecified("order of " + type(v).__name__)
        a, b = number(a), number(b)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]


def int32(v):
    if not (v is None or isinstance(v, (bool, float))):
        raise Unspecified("bits of " + type(v).__name__)
    x = operand(v)
    if math.isnan(x) or math.isinf(x):
        return 0
    return wrapped(int(x))


def wrapped(n):
    n &= 0xffffffff
    return n - (1 << 32) if n & 0x80000000 else n


def bits(op, a, b):
    x, y = int32(a), int32(b)
    if op == "&":
        return float(x & y)
    if op == "|":
        return float(x | y)
    if op == "^":
        return float(x ^ y)
    if not 0 <= y <= 31:
        raise Unspecified("shift count")
    if op == "<<":
        return float(wrapped(x << y))
    if op == ">>":
        return float(x >> y)
    return float((x & 0xffffffff) >> y)


def add(a, b):
    if isinstance(a, Array):
        if isinstance(b, Array):
            return a.merged(b)
        if b is None:
            raise Unspecified("array + none")
        return a.with_(a.next(), b)
    if isinstance(b, Array):
        raise Unspecified("value + array")
    if a is None and not isinstance(b, float):
        raise Unspecified("none + no number")
    if isinstance(a, str) and isinstance(b, str):
        return sized(a + b)
    if isinstance(a, str) or isinstance(b, str):
        s, other = (a, b) if isinstance(a, str) else (b, a)
        if not isinstance(other, float):
            raise Unspecified("string + " + type(other).__name__)
        if parse_number(s) is None:
            return text(a) + text(b)
    return operand(a) + operand(b)


def subtract(a, b):
    if isinstance(a, Array):
        away = b.values() if isinstance(b, Array) else [b]
        return Array({k: v for k, v in a.d.items()
                      if not any(equal(v, w) for w in away)})
    return operand(a) - operand(b)


def multiply(a, b):
    if isinstance(a, float) and isinstance(b, (str, Array)):
        a, b = b, a
    if isinstance(a, (str, Array)):
        if not isinstance(b, float) or math.isnan(b) or b < 0 or \
                math.isinf(b) or b != int(b):
            raise Unspecified("repetition")
        if b > 1000:
            raise Unspecified("size")
        if isinstance(a, str):
            return sized(a * int(b))
        out = Array()
        for _ in range(int(b)):
            out = out.merged(a)
        if list(a.d) != list(range(len(a.d))):
            raise Unspecified("repetition of a map")
        return out
    return operand(a) * operand(b)


def divide(a, b):
    a, b = operand(a), operand(b)
    if b != 0:
        return a / b
    if a == 0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1, b)


def modulo(a, b):
    if isinstance(a, str):
        return formatted(a, b)
    a, b = operand(a), operand(b)
    if b == 0 or math.isinf(a) or math.isnan(a) or math.isnan(b):
        return math.nan
    return math.fmod(a, b)


def is_odd(n):
    return math.isfinite(n) and n == int(n) and int(n) % 2 == 1


def power(a, b):
    a, b = operand(a), operand(b)
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0 and is_odd(b) else math.inf
    except ValueError:
        if a != 0:
            return math.nan
        return math.copysign(math.inf, a) if is_odd(b) else math.inf


SPEC = re.compile(r"%(?:\[(\d+)\])?(?:'(.))?([<>=^])?(\d+)?(?:\.(\d+))?"
                  r"([sfxcb])", re.S)


def formatted(form, right):
    items = right if isinstance(right, Array) else listed([right])
    out, at, next_ = [], 0, 0
    while at < len(form):
        if form[at] != "%":
            out.append(form[at])
            at += 1
            continue
        if form.startswith("%%", at):
            out.append("%")
            at += 2
            continue
        m = SPEC.match(form, at)
        if m is None:
            raise Unspecified("format")
        at = m.end()
        index = int(m.group(1)) if m.group(1) else next_
        next_ = index + 1
        if index not in items.d:
            raise error()
        out.append(one_format(m, items.d[index]))
    return sized("".join(out))


def one_format(m, v):
    pad, align, width = m.group(2) or " ", m.group(3), int(m.group(4) or 0)
    kind, precision = m.group(6), m.group(5)
    if kind == "s":
        if precision:
            raise Unspecified("precision of %s")
        if width and not align and not isinstance(v, str):
            raise Unspecified("default alignment")
        s = text(v)
    else:
        if not isinstance(v, float) or math.isnan(v) or math.isinf(v):
            raise Unspecified("argument of %" + kind)
        s = number_format(kind, precision, v)
    align = align or ("<" if kind in "sc" else ">")
    fill = pad * max(0, width - len(s))
    if align == "=":
        if kind not in "fxb":
            raise Unspecified("alignment")
        sign = s[:1] if s[:1] == "-" else ""
        return sign + fill + s[len(sign):]
    if align == "^":
        if len(fill) % 2:
            raise Unspecified("centre")
        half = pad * (len(fill) // 2)
        return half + s + half
    return s + fill if align == "<" else fill + s


def number_format(kind, precision, v):
    if kind == "f":
        return "%.*f" % (int(precision), v) if precision else number_text(v)
    if precision or not 0 <= v < 2 ** 53 or v != int(v):
        raise Unspecified("argument of %" + kind)
    if kind == "c":
        if v > 255:
            raise Unspecified("%c")
        return chr(int(v))
    return "%x" % int(v) if kind == "x" else "{:b}".format(int(v))


def concat(a, b):
    return sized(text(a) + text(b))


def matches(a, b):
    if isinstance(b, str):
        m = re.match(r"/(.*)/([imsuxUX]*)\Z", b, re.S)
        b = Regex(*m.groups()) if m else Regex(b, "")
    if not isinstance(b, Regex):
        raise Unspecified("pattern")
    return b.re.search(text(a)) is not None


ARITHMETIC = {"+": add, "-": subtract, "*": multiply, "/": divide,
              "%": modulo, "**": power, ".": concat}


def binary(op, a, b):
    if op in ARITHMETIC:
        return ARITHMETIC[op](a, b)
    if op in ("==", "!="):
        return equal(a, b) == (op == "==")
    if op in ("===", "!=="):
        return identical(a, b) == (op == "===")
    if op in ("=~", "!~"):
        return matches(a, b) == (op == "=~")
    if op in ("<", "<=", ">", ">="):
        return less(a, b, op)
    return bits(op, a, b)
