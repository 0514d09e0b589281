"""The functions of HSL that random programs use."""
import functools
import math

from values import (Array, Error, Native, Object, Unspecified, equal, error,
                    identical, key_of, key_value, listed, number, sized,
                    text, truth)
import values

BLANK = " \t\r\n"
FUNCTIONS = {}


def native(least, most=None, kinds=""):
    """A function of HSL; kinds says what arguments must be, or Unspecified:
    a(rray) s(tring) n(umber) f(unction), anything else any value."""
    def add(fn):
        @functools.wraps(fn)
        def checked(ev, *args):
            for kind, v in zip(kinds, args):
                want = {"a": Array, "s": str, "n": float,
                        "f": (values.Func, Native, values.Class)}.get(kind)
                if want and not isinstance(v, want):
                    raise Unspecified("argument of " + fn.__name__)
                if kind == "n" and not math.isfinite(v):
                    raise Unspecified("number for " + fn.__name__)
            return fn(ev, *args)
        FUNCTIONS[fn.__name__.rstrip("_")] = \
            Native(checked, least, most or least)
        return fn
    return add


@native(1)
def boolean(ev, v):
    return truth(v)


@native(1, kinds=".")
def number_(ev, v):
    return number(v)


@native(1)
def string(ev, v):
    return text(v)


@native(1)
def is_array(ev, v):
    return isinstance(v, Array)


@native(1)
def is_boolean(ev, v):
    return isinstance(v, bool)


@native(1)
def is_number(ev, v):
    return isinstance(v, float)


@native(1)
def is_string(ev, v):
    return isinstance(v, str)


@native(1)
def is_function(ev, v):
    return isinstance(v, (values.Func, Native, values.Class))


@native(1)
def is_object(ev, v):
    return isinstance(v, (Object, Error))


@native(1)
def length(ev, v):
    if isinstance(v, Array):
        return float(len(v.d))
    return float(len(v)) if isinstance(v, str) else None


@native(0, 1, "s")
def Exception_(ev, message=""):
    return Error(message)


def error_method(e, name):
    if e.text is None and name == "message":
        raise Unspecified("words of an error")
    if name == "message":
        return e.text
    if name == "line" and e.text is None:
        return 1.0
    if name in ("line", "file", "column"):
        return None
    raise Unspecified("method of an exception")


# -- arrays --


@native(1, kinds="a")
def array_keys(ev, a):
    return listed(key_value(k) for k in a.d)


@native(2, kinds="fa")
def array_map(ev, fn, a):
    return Array({k: ev.call(fn, [v]) for k, v in a.d.items()})


@native(2, kinds="fa")
def array_filter(ev, fn, a):
    return Array({k: v for k, v in a.d.items() if truth(ev.call(fn, [v]))})


@native(2, kinds="fa")
def array_every(ev, fn, a):
    return all(truth(ev.call(fn, [v])) for v in a.d.values())


@native(2, kinds="fa")
def array_find(ev, fn, a):
    for v in a.d.values():
        if truth(ev.call(fn, [v])):
            return v
    return None


@native(2, kinds=".a")
def array_includes(ev, needle, a):
    if isinstance(needle, (values.Func, Native, values.Class)):
        return any(truth(ev.call(needle, [v])) for v in a.d.values())
    return any(identical(v, needle) for v in a.d.values())


@native(1, 2, "as")
def array_join(ev, a, separator=""):
    return sized(separator.join(text(v) for v in a.d.values()))


@native(2, 3, "fa")
def array_reduce(ev, fn, a, *initial):
    items = a.values()
    if not initial and not items:
        raise error()
    carry = initial[0] if initial else items.pop(0)
    for v in items:
        carry = ev.call(fn, [carry, v])
    return carry


@native(1, kinds="a")
def array_reverse(ev, a):
    out = Array()
    for k, v in reversed(list(a.d.items())):
        out = out.with_(out.next() if isinstance(k, int) else k, v)
    return out


@native(2, kinds="fa")
def array_sort(ev, fn, a):
    """Only where the order is total: ties may stand in any order."""
    def compare(x, y):
        before = truth(ev.call(fn, [x[1], y[1]]))
        after = truth(ev.call(fn, [y[1], x[1]]))
        if before == after and not identical(x[1], y[1]):
            raise Unspecified("order of a sort")
        return -1 if before else 1 if after else 0
    items = sorted(a.d.items(), key=functools.cmp_to_key(compare))
    for i in range(len(items) - 1):
        if compare(items[i], items[i + 1]) == 0:
            raise Unspecified("ties of a sort")
    return Array(dict(items))


@native(1, kinds="a")
def array_unique(ev, a):
    seen, out = [], {}
    for k, v in a.d.items():
        if not any(equal(v, w) for w in seen):
            seen.append(v)
            out[k] = v
    return Array(out)


@native(2, 3, "nnn")
def array_range(ev, start, stop, step=1.0):
    if step == 0 or abs(stop - start) > 1000 * abs(step):
        raise Unspecified("range")
    n = max(0, math.ceil((stop - start) / step))
    return listed(start + i * step for i in range(n))


@native(2, kinds="aa")
def array_combine(ev, keys, vals):
    if len(keys.d) != len(vals.d):
        raise Unspecified("array_combine")
    return Array({key_of(k): v for k, v in
                  zip(keys.values(), vals.values())})


# -- strings --


@native(2, kinds="sn")
def str_repeat(ev, s, n):
    return values.multiply(s, n)


@native(3, kinds="sss")
def str_replace(ev, search, replace, subject):
    if search == "":
        raise Unspecified("empty search")
    return sized(subject.replace(search, replace))


def split_bytes(s, n):
    if n == 0 or abs(n) >= len(s):
        return listed(s)
    if n > 0:
        return listed([*s[:n - 1], s[n - 1:]])
    rest = len(s) + n + 1
    return listed([s[:rest], *s[rest:]])


@native(2, 3, "ssn")
def str_split(ev, s, delimiter, limit=0.0):
    n = int(limit)
    if delimiter == "":
        return split_bytes(s, n)
    if n == 0:
        return listed(s.split(delimiter))
    if n > 0:
        return listed(s.split(delimiter, n - 1))
    return listed(s.rsplit(delimiter, -n - 1))


@native(2, 3, "ssn")
def str_find(ev, s, sub, offset=0.0):
    if sub == "" or not 0 <= offset <= len(s):
        raise Unspecified("str_find")
    return float(s.find(sub, int(offset)))


@native(2, kinds="ss")
def str_rfind(ev, s, sub):
    if sub == "":
        raise Unspecified("str_rfind")
    return float(s.rfind(sub))


@native(1, kinds="s")
def str_lower(ev, s):
    return s.translate({i: i + 32 for i in range(65, 91)})


@native(1, kinds="s")
def str_upper(ev, s):
    return s.translate({i: i - 32 for i in range(97, 123)})


@native(2, 3, "snn")
def str_slice(ev, s, offset, n=None):
    start = max(0, len(s) + int(offset)) if offset < 0 else int(offset)
    if n is not None and n < 0:
        raise Unspecified("length of str_slice")
    return s[start:] if n is None else s[start:start + int(n)]


@native(1, 2, "ss")
def str_strip(ev, s, characters=BLANK):
    return s.strip(characters) if characters else s


@native(1, 2, "ss")
def str_lstrip(ev, s, characters=BLANK):
    return s.lstrip(characters) if characters else s


@native(1, 2, "ss")
def str_rstrip(ev, s, characters=BLANK):
    return s.rstrip(characters) if characters else s


@native(2, 3, "snn")
def str_chunk(ev, s, n, first=None):
    if n < 1 or first is not None or s == "":
        raise Unspecified("str_chunk")
    n = int(n)
    return listed(s[i:i + n] for i in range(0, len(s), n))


@native(1, kinds="n")
def chr_(ev, n):
    return chr(int(n) % 256)


@native(1, kinds="s")
def ord_(ev, s):
    if s == "":
        raise Unspecified("ord of nothing")
    return float(ord(s[0]))


# -- numbers --


@native(1, kinds="n")
def abs_(ev, x):
    return abs(x)


@native(1, kinds="n")
def floor(ev, x):
    return x if math.isinf(x) or math.isnan(x) else float(math.floor(x))


@native(1, kinds="n")
def ceil(ev, x):
    return x if math.isinf(x) or math.isnan(x) else float(math.ceil(x))


@native(1, kinds="n")
def round_(ev, x):
    if math.isinf(x) or math.isnan(x) or abs(x) > 2 ** 50:
        return x
    return math.copysign(math.floor(abs(x) + 0.5), x)


@native(2, kinds="nn")
def pow_(ev, a, b):
    return values.power(a, b)


@native(1, kinds="n")
def sqrt(ev, x):
    return math.sqrt(x) if x >= 0 else math.nan


for old, new in (("count", "length"), ("strlen", "length"),
                 ("strpos", "str_find"), ("trim", "str_strip")):
    FUNCTIONS[old] = FUNCTIONS[new]
