"""HSL, evaluated by walking the tree.

Written from the language page alone, as plain as can be, to be compared
with the compiler and machine of common/hsl.
"""
import library
from coroutine import Coroutine, has_yield
from parser import parse
from references import (AppendRef, Cell, IndexRef, PropRef, Removed,
                        SliceRef, StaticRef, UNSET, ValueRef, VarRef, cut,
                        index, sliced)
from values import (Array, Class, Error, Func, Native, Object, Regex, Thrown,
                    Unspecified, binary, concat, equal, error, int32,
                    listed, operand, sized, text, truth)

STEPS = 60000
DEPTH = 100
BREAK, CONTINUE = "break", "continue"


class Frame:
    """One call: its variables and what it may see."""

    def __init__(self, names, glob=None):
        self.vars, self.names, self.glob = {}, names, glob or self
        self.shared, self.this, self.cls = set(), None, None
        self.coroutine = None

    def cell(self, name):
        if name not in self.vars:
            self.vars[name] = Cell()
        return self.vars[name]


class Evaluator:
    def __init__(self, echo):
        self.echo, self.steps, self.depth = echo, 0, 0

    def run(self, source):
        """Uncaught exceptions come out as Thrown."""
        frame = Frame({})
        return self.body(parse(source), frame)

    # -- statements: None, BREAK, CONTINUE or ("return", value) --

    def body(self, body, f):
        for s in body:
            if s[0] == "funcdecl":
                f.names[s[1]] = Func(s[2], f.names, f.glob, s[1])
            elif s[0] == "class":
                f.names[s[1]] = self.make_class(s, f)
        return self.all(body, f)

    def all(self, body, f):
        for s in body:
            how = self.statement(s, f)
            if how is not None:
                return how
        return None

    def statement(self, s, f):
        self.steps += 1
        if self.steps > STEPS:
            raise Unspecified("steps")
        return getattr(self, "s_" + s[0])(s, f)

    def s_funcdecl(self, s, f):
        return None

    s_class = s_funcdecl

    def s_block(self, s, f):
        return self.all(s[1], f)

    def s_expr(self, s, f):
        try:
            self.eval(s[1], f)
        except Removed:
            pass

    def s_echo(self, s, f):
        self.echo(text(self.eval(s[1], f)))

    def s_if(self, s, f):
        if truth(self.eval(s[1], f)):
            return self.statement(s[2], f)
        return self.statement(s[3], f) if s[3] else None

    def s_while(self, s, f):
        while truth(self.eval(s[1], f)):
            how = self.statement(s[2], f)
            if how == BREAK:
                break
            if how not in (None, CONTINUE):
                return how
        return None

    def s_for(self, s, f):
        if s[1]:
            self.eval(s[1], f)
        while s[2] is None or truth(self.eval(s[2], f)):
            how = self.statement(s[4], f)
            if how == BREAK:
                break
            if how not in (None, CONTINUE):
                return how
            if s[3]:
                self.eval(s[3], f)
        return None

    def s_foreach(self, s, f):
        v = self.eval(s[1], f)
        if v is None:
            return None
        if isinstance(v, Coroutine):
            items = v
        elif isinstance(v, Array):
            items = [(library.key_value(k), e) for k, e in v.d.items()]
        elif isinstance(v, (bool, float, str)):
            raise error()
        else:
            raise Unspecified("foreach")
        for k, e in items:
            if s[2]:
                self.assign(s[2], k, f)
            self.assign(s[3], e, f)
            how = self.statement(s[4], f)
            if how == BREAK:
                break
            if how not in (None, CONTINUE):
                return how
        return None

    def s_switch(self, s, f):
        v = self.eval(s[1], f)
        start = None
        for i, (label, _) in enumerate(s[2]):
            if label is not None and equal(v, self.eval(label, f)):
                start = i
                break
        if start is None:
            start = next((i for i, c in enumerate(s[2]) if c[0] is None),
                         len(s[2]))
        for _, body in s[2][start:]:
            how = self.all(body, f)
            if how == BREAK:
                return None
            if how is not None:
                return how
        return None

    def s_try(self, s, f):
        depth = self.depth
        try:
            return self.all(s[1], f)
        except Thrown as e:
            self.depth = depth
            f.cell(s[2]).value = e.value
        return self.all(s[3], f)

    def s_throw(self, s, f):
        raise Thrown(self.eval(s[1], f))

    def s_return(self, s, f):
        return ("return", self.eval(s[1], f) if s[1] else None)

    def s_break(self, s, f):
        return BREAK

    def s_continue(self, s, f):
        return CONTINUE

    def s_yield(self, s, f):
        if f.coroutine is None:
            raise Unspecified("yield outside of a function")
        key = self.eval(s[1], f) if s[1] else None
        f.coroutine.give(s[1] is not None, key,
                         self.eval(s[2], f) if s[2] else None)

    def s_global(self, s, f):
        for name in s[1]:
            f.vars[name] = f.glob.cell(name)
            f.shared.add(name)

    # -- functions and classes --

    def make_class(self, s, f):
        c = Class(s[1])
        for flags, kind, name, what in s[2]:
            static = "static" in flags
            if kind == "var":
                (c.statics if static else c.init)[name] = self.eval(what, f)
            else:
                fn = Func(what, f.names, f.glob, name)
                fn.cls = c
                if kind == "constructor":
                    c.constructor = fn
                else:
                    (c.static if static else c.methods)[name] = fn
            if "private" in flags:
                c.private.add(name)
            if "readonly" in flags:
                c.readonly.add(name)
        return c

    def call(self, v, args):
        if isinstance(v, Native):
            if not v.least <= len(args) <= v.most:
                raise error()
            return v.call(self, *args)
        if isinstance(v, Class):
            return self.construct(v, args)
        if not isinstance(v, Func):
            raise error()
        self.depth += 1
        if self.depth > DEPTH:
            raise Unspecified("depth")
        inner = Frame(dict(v.names), v.glob)
        inner.vars.update(v.cells)
        inner.shared.update(v.cells)
        inner.this, inner.cls = v.this, v.cls
        self.bind(v, args, inner)
        if has_yield(v.body):
            self.depth -= 1
            return Coroutine(self, v.body, inner)
        how = self.body(v.body, inner)
        self.depth -= 1
        return how[1] if isinstance(how, tuple) else None

    def bind(self, fn, args, inner):
        n = len(fn.params)
        least = sum(1 for p in fn.params if p[1] is None)
        if len(args) < least or len(args) > n and fn.rest is None:
            raise error()
        for i, (name, default) in enumerate(fn.params):
            inner.vars[name] = Cell(
                args[i] if i < len(args) else self.eval(default, inner))
        if fn.rest is not None:
            inner.vars[fn.rest] = Cell(listed(args[n:]))

    def construct(self, cls, args):
        o = Object(cls)
        o.props.update(cls.init)
        if cls.constructor is not None:
            self.call(cls.constructor.bound(o), args)
        elif args:
            raise error()
        return o

    def arguments(self, args, f):
        out = []
        for spread, e in args:
            v = self.eval(e, f)
            if not spread:
                out.append(v)
            elif isinstance(v, Array):
                out += v.values()
            elif v is not None:
                raise error()
            else:
                raise Unspecified("spread of none in a call")
        return out

    # -- places --

    def inside(self, f):
        return f.cls

    def ref(self, e, f):
        kind = e[0]
        if kind == "var":
            if e[1] == "this":
                return ValueRef(self.this(f))
            return VarRef(f.cell(e[1]), e[1] not in f.shared)
        if kind == "index":
            base = self.ref(e[1], f)
            return IndexRef(base, self.eval(e[2], f), f.cls)
        if kind == "append":
            return AppendRef(self.ref(e[1], f))
        if kind == "slice":
            base = self.ref(e[1], f)
            return SliceRef(base, self.bounds(e, f))
        if kind == "prop":
            return PropRef(self.eval(e[1], f), e[2], f.cls)
        if kind == "static":
            return StaticRef(self.class_of(e, f, e[2]), e[2])
        return ValueRef(self.eval(e, f))

    def bounds(self, e, f):
        return cut([self.eval(b, f) if b else None for b in e[2:]],
                   [b is None for b in e[2:]])

    def this(self, f):
        if f.this is None:
            raise Unspecified("$this")
        return f.this

    def class_of(self, e, f, name):
        cls = f.cls if e[1] == "static" else f.names.get(e[1])
        if not isinstance(cls, Class):
            raise Unspecified("no class")
        if name in cls.private and f.cls is not cls:
            raise error()
        if name not in cls.statics and name not in cls.static:
            raise Unspecified("no static member")
        return cls

    def assign(self, target, value, f):
        if target[0] == "pattern":
            self.destructure(target, value, f)
        else:
            self.ref(target, f).set(value)

    def destructure(self, pattern, value, f):
        if not isinstance(value, Array) and \
                not (value is None or isinstance(value, (bool, float))):
            raise Unspecified("destructuring of " + type(value).__name__)
        for i, (spread, key, target, default) in enumerate(pattern[1]):
            if target is None:
                continue
            if spread:
                self.assign(target, self.rest(value, i), f)
                continue
            v = index(value, self.eval(key, f) if key else float(i))
            if v is None and default is not None:
                v = self.eval(default, f)
            self.assign(target, v, f)

    def rest(self, value, start):
        if not isinstance(value, Array):
            raise Unspecified("rest of no array")
        if list(value.d) != list(range(len(value.d))):
            raise Unspecified("rest of a map")
        return listed(value.values()[start:])

    # -- expressions --

    def eval(self, e, f):
        self.steps += 1
        if self.steps > STEPS:
            raise Unspecified("steps")
        return getattr(self, "e_" + e[0])(e, f)

    def e_const(self, e, f):
        return e[1]

    def e_paren(self, e, f):
        return self.eval(e[1], f)

    def e_string(self, e, f):
        return sized("".join(
            p if isinstance(p, str) else text(self.variable(p[1], f))
            for p in e[1]))

    def e_regex(self, e, f):
        return Regex(*e[1])

    def variable(self, name, f):
        if name == "this":
            return self.this(f)
        c = f.vars.get(name)
        if c is None or c.value is UNSET:
            raise error()
        return c.value

    def e_var(self, e, f):
        return self.variable(e[1], f)

    def e_index(self, e, f):
        base = self.eval(e[1], f)
        key = self.eval(e[2], f)
        if isinstance(base, Object):
            return IndexRef(ValueRef(base), key, f.cls).get()
        return index(base, key)

    def e_slice(self, e, f):
        base = self.eval(e[1], f)
        return sliced(base, self.bounds(e, f))

    def e_prop(self, e, f):
        return PropRef(self.eval(e[1], f), e[2], f.cls).get()

    def e_static(self, e, f):
        return StaticRef(self.class_of(e, f, e[2]), e[2]).get()

    def e_staticfn(self, e, f):
        cls = self.class_of(e, f, e[2])
        if e[2] not in cls.static:
            raise Unspecified("no static method")
        return cls.static[e[2]]

    def e_name(self, e, f):
        if e[1] in f.names:
            return f.names[e[1]]
        return self.e_builtin(e, f)

    def e_builtin(self, e, f):
        if e[1] not in library.FUNCTIONS:
            raise Unspecified("function " + e[1])
        return library.FUNCTIONS[e[1]]

    def e_call(self, e, f):
        if e[1][0] == "prop":
            base = self.eval(e[1][1], f)
            if isinstance(base, Error):
                return library.error_method(base, e[1][2])
            if not isinstance(base, Object):
                raise error()
            fn = PropRef(base, e[1][2], f.cls).get()
        else:
            fn = self.eval(e[1], f)
        return self.call(fn, self.arguments(e[2], f))

    def e_array(self, e, f):
        a = Array()
        for spread, key, item in e[1]:
            if spread:
                v = self.eval(item, f)
                if isinstance(v, Array):
                    a = a.merged(v)
                elif v is not None:
                    raise error()
            elif key is None:
                v = self.eval(item, f)
                a = a.with_(a.next(), v)
            else:
                k = self.eval(key, f)
                a = a.with_(library.key_of(k), self.eval(item, f))
        return a

    def e_function(self, e, f):
        fn = Func(e[1], f.names, f.glob)
        for name in fn.captures:
            if name == "this":
                fn.this, fn.cls = self.this(f), f.cls
            else:
                fn.cells[name] = f.cell(name)
                f.shared.add(name)
        return fn

    def e_match(self, e, f):
        v = self.eval(e[1], f)
        default = None
        for labels, result in e[2]:
            if labels is None:
                default = result
            elif any(equal(v, self.eval(x, f)) for x in labels):
                return self.eval(result, f)
        if default is None:
            raise error()
        return self.eval(default, f)

    def e_binary(self, e, f):
        a = self.eval(e[2], f)
        return binary(e[1], a, self.eval(e[3], f))

    def e_and(self, e, f):
        return truth(self.eval(e[1], f)) and truth(self.eval(e[2], f))

    def e_or(self, e, f):
        return truth(self.eval(e[1], f)) or truth(self.eval(e[2], f))

    def e_unary(self, e, f):
        v = self.eval(e[2], f)
        if e[1] == "!":
            return not truth(v)
        if e[1] == "~":
            return float(~int32(v))
        if e[1] == "+":
            raise Unspecified("unary +")
        return -operand(v)

    def e_ternary(self, e, f):
        return self.eval(e[2] if truth(self.eval(e[1], f)) else e[3], f)

    def e_elvis(self, e, f):
        v = self.eval(e[1], f)
        return v if truth(v) else self.eval(e[2], f)

    def e_coalesce(self, e, f):
        v = self.soft(e[1], f)
        return self.eval(e[2], f) if v is None else v

    def soft(self, e, f):
        """As eval, but what is not set is none, also as a base."""
        if e[0] == "paren":
            return self.soft(e[1], f)
        if e[0] == "var" and e[1] != "this":
            return VarRef(f.cell(e[1]), True).get()
        if e[0] == "index":
            base = self.soft(e[1], f)
            return IndexRef(ValueRef(base), self.eval(e[2], f), f.cls).get()
        if e[0] == "slice":
            return sliced(self.soft(e[1], f), self.bounds(e, f))
        if e[0] == "prop":
            return PropRef(self.soft(e[1], f), e[2], f.cls).get()
        return self.eval(e, f)

    def e_isset(self, e, f):
        return self.ref(self.softly(e[1], f), f).exists()

    def softly(self, e, f):
        """The place e, with the object in its middle already looked up."""
        if e[0] == "prop":
            return ("prop", ("const", self.soft(e[1], f)), e[2])
        if e[0] in ("index", "slice", "append"):
            return (e[0], self.softly(e[1], f), *e[2:])
        return e

    def e_unset(self, e, f):
        return self.ref(e[1], f).unset()

    def e_step(self, e, f):
        _, op, prefix, target = e
        ref = self.ref(target, f)
        old = ref.read()
        if not (old is None or isinstance(old, float)):
            raise Unspecified("++ of " + type(old).__name__)
        old = old or 0.0
        new = old + 1 if op == "++" else old - 1
        ref.set(new)
        return new if prefix else old

    def e_assign(self, e, f):
        _, op, target, right = e
        ref = self.ref(target, f)
        if op == "":
            v = self.eval(right, f)
        elif op == "??":
            v = ref.get()
            if v is not None:
                return v
            v = self.eval(right, f)
        else:
            v = self.compound(op, ref, self.eval(right, f))
        ref.set(v)
        return v

    def compound(self, op, ref, right):
        old = ref.read()
        if op == ".":
            return concat(old, right)
        if op == "+" and old is None:
            if not isinstance(right, (float, str, Array)):
                raise Unspecified("none += " + type(right).__name__)
            return right
        return binary(op, old, right)

    def e_destruct(self, e, f):
        v = self.eval(e[2], f)
        self.destructure(e[1], v, f)
        return v


def run(source):
    """(lines echoed, whether it ended well)"""
    lines = []
    try:
        Evaluator(lines.append).run(source)
    except Thrown:
        return lines, False
    return lines, True
