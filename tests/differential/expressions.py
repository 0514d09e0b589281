"""Random expressions of HSL, each of a wished type.

Types: num str bool list (of num) words (list of str) map (str to num) and
any.  What is generated is nearly always of its type; a few are wild.
"""
from tree import expr

NUMBERS = ["0", "1", "2", "3", "5", "7", "10", "16", "42", "100", "255",
           "1000", "0.5", "1.5", "2.25", "0.1", "3.14159", "1_000", "0x1f",
           "0b101", "0o17", "123456789", "2147483647", "2147483648",
           "4294967295", "9007199254740991", "0.000001", "0.0000001",
           "1000000000000000000000", "123456789012345680000"]
STRINGS = ['"a"', '"b"', '"ab"', '"abc"', '""', '"0"', '"1"', '"12"',
           '"hello world"', '"a,b,c"', '"A-Z"', '"x\\ty"', "''raw'quote''",
           '"x\\n"', '"\\x41\\"q\\\\"', '" pad "', '"1.5"', '"-3"', '"07"',
           '"0x10"', "'END'it's'END'", '"12abc"', '"aXbXc"', '"\\q"']
KEYS = ['"a"', '"b"', '"c"', '"key"', '"1"', '"01"']
PATTERNS = ["#/^a/", "#/[0-9]+/", "#/B/i", "#/b$/", '"a.c"', '"/AB/i"',
            "#/x|y/", '"[a-c]+"']
FORMATS = [("%s", "num"), ("%s", "str"), ("%.2f", "num"), ("%f", "num"),
           ("%>8s", "str"), ("%<6s|", "str"), ("%'0>6s", "str"),
           ("%08.3f", "num"), ("%'*<9.1f", "num"), ("%'0=9.2f", "num"),
           ("%x", "int"), ("%b", "int"), ("%c", "char"), ("%>6x", "int"),
           ("%%", None), ("%s", "list"), ("%s", "any")]
TYPES = ["num", "str", "bool", "list", "words", "map", "any"]


class Expressions:
    """Needs self.r, a Random, self.scope and self.wild (generator.py)."""

    def lit(self, text):
        return expr(18, text)

    def op(self, prec, left, sym, right):
        """A left-associative operator."""
        return expr(prec, (left, prec), " %s " % sym, (right, prec + 1))

    def fn(self, name, *args):
        parts = [name, "("]
        for i, a in enumerate(args):
            parts += [", "] * (i > 0) + [(a, 0)]
        if args and self.r.random() < 0.03:
            parts.append(",")
        return expr(17, *parts, ")")

    def place(self, kind):
        """A variable or property of this type, or None."""
        found = self.scope.places(kind)
        return self.lit(self.r.choice(found)) if found else None

    def make(self, kind, d):
        if self.r.random() < self.wild:
            kind = self.r.choice(TYPES)
        if self.r.random() < self.wild / 5:
            return self.lit("$undefined" + self.suffix)
        if d <= 0 or self.r.random() < 0.2:
            return self.place(kind) or self.literal(kind)
        if self.r.random() < 0.25:
            p = self.place(kind)
            if p:
                return p
        if self.r.random() < 0.2:
            return self.general(kind, d - 1)
        return getattr(self, "make_" + kind)(d - 1)

    def literal(self, kind):
        r = self.r
        if kind == "num":
            if r.random() < 0.7:
                return self.lit(str(r.randrange(20)))
            t = r.choice(NUMBERS)
            return expr(15, "-", t) if r.random() < 0.2 else self.lit(t)
        if kind == "str":
            return self.lit(r.choice(STRINGS))
        if kind == "bool":
            return self.lit(r.choice(["true", "false"]))
        if kind == "any":
            return r.choice([lambda: self.lit("none"),
                             lambda: self.literal("bool"),
                             lambda: self.literal("num"),
                             lambda: self.literal("str"),
                             lambda: self.lit("[]")])()
        if kind == "map":
            return self.items([(self.lit(k), self.literal("num")) for k in
                               r.sample(KEYS, r.randrange(4))])
        inner = "num" if kind == "list" else "str"
        return self.items([(None, self.literal(inner))
                           for _ in range(r.randrange(5))])

    def items(self, pairs):
        parts = ["["]
        for i, (k, v) in enumerate(pairs):
            parts += [", "] * (i > 0)
            if k == "...":
                parts.append("...")
            elif k is not None:
                parts += [(k, 0), " => "]
            parts.append((v, 0))
        return expr(18, *parts, "]")

    # -- any type --

    def general(self, kind, d):
        return self.r.choice([
            self.ternary, self.ternary, self.elvis, self.match,
            self.coalesced, self.called, self.called, self.called,
            self.item, self.assignment, self.immediate])(kind, d)

    def ternary(self, kind, d):
        return expr(2, (self.make("bool", d), 3), " ? ",
                    (self.make(kind, d), 2), " : ", (self.make(kind, d), 2))

    def elvis(self, kind, d):
        return expr(2, (self.make(kind, d), 3),
                    self.r.choice([" ?: ", " ? : "]),
                    (self.make(kind, d), 2))

    def coalesced(self, kind, d):
        left = self.r.choice([
            lambda: self.make(kind, d), lambda: self.lit("none"),
            lambda: self.lit("$undefined" + self.suffix),
            lambda: expr(17, (self.make("map", 0), 17), '["zz"]["y"]')])()
        return expr(3, (left, 17), " ?? ", (self.make(kind, d), 3))

    def match(self, kind, d):
        what = self.r.choice(["num", "str", "bool", "any"])
        parts = ["match (", (self.make(what, d), 0), ") { "]
        for _ in range(self.r.randrange(3)):
            parts += [(self.make(what, 0), 0)]
            if self.r.random() < 0.3:
                parts += [", ", (self.make(what, 0), 0)]
            parts += [" => ", (self.make(kind, d), 0), ", "]
        if self.r.random() < 0.93:
            parts += ["default => ", (self.make(kind, d), 0)]
        return expr(18, *parts, " }")

    def called(self, kind, d):
        found = [f for f in self.scope.functions
                 if f.returns == kind and f.pure]
        if not found:
            return self.make(kind, d)
        return self.call_of(self.r.choice(found), d)

    def call_of(self, f, d):
        args = [self.make(k, d) for k in f.params]
        least = f.least
        if f.optional and self.r.random() < 0.5:
            args = args[:least]
        if f.indirect and self.r.random() < 0.02:
            args = args[1:]
        if args and f.spread and self.r.random() < 0.1:
            n = self.r.randrange(len(args))
            rest = self.items([(None, a) for a in args[n:]])
            parts = [f.name, "("]
            for a in args[:n]:
                parts += [(a, 0), ", "]
            return expr(17, *parts, "...", (rest, 0), ")")
        return self.fn(f.name, *args)

    def item(self, kind, d):
        r = self.r
        if kind in ("num", "str"):
            base = self.make("list" if kind == "num" else "words", d)
            return expr(17, (base, 17), "[",
                        (self.make("num", d) if r.random() < 0.2 else
                         self.lit(str(r.randrange(4))), 0), "]")
        return self.make(kind, d)

    def assignment(self, kind, d):
        """Where a variable is set that nothing else here reads."""
        name = self.scope.fresh()
        value = self.make(kind, d)
        self.scope.later.append((name, kind))
        # 3.1: an assignment to a place needs no parentheses.
        return expr(self.r.choice([1, 1, 18]), name, " = ", (value, 1))

    def immediate(self, kind, d):
        """function (params) { return expr; }(args)"""
        types = [self.r.choice(TYPES) for _ in range(self.r.randrange(3))]
        args = [self.make(t, d) for t in types]
        f = self.function_expr(types, kind, d)
        return self.fn_of(f, args)

    def fn_of(self, f, args):
        parts = [(f, 17), "("]
        for i, a in enumerate(args):
            parts += [", "] * (i > 0) + [(a, 0)]
        return expr(17, *parts, ")")

    def function_expr(self, types, kind, d):
        """An anonymous function that sees its parameters only."""
        names = ["$p%d" % i for i in range(len(types))]
        outer, self.scope = self.scope, self.scope.inner(names, types)
        e = self.make(kind, d)
        self.scope = outer
        return expr(18, "function (%s) { return " % ", ".join(names),
                    (e, 0), "; }")

    def make_any(self, d):
        return self.make(self.r.choice(TYPES[:-1]), d)

    # -- numbers --

    def make_num(self, d):
        return self.r.choice([
            self.arithmetic, self.arithmetic, self.arithmetic, self.bits,
            self.measure, self.converted, self.minus, self.reduced,
            self.found, self.rounded])(d)

    def arithmetic(self, d):
        sym = self.r.choice("+ + - - * * / % **".split())
        left, right = self.make("num", d), self.make("num", d)
        if sym == "**":
            right = self.lit(self.r.choice(["2", "3", "0", "0.5", "-1"]))
            if right.parts[0] == "-1":
                right.prec = 15
            return expr(16, (left, 17), " ** ", (right, 15))
        return self.op({"+": 13, "-": 13}.get(sym, 14), left, sym, right)

    def bits(self, d):
        r = self.r
        sym = r.choice("& | ^ << >> >>> ~".split())
        if sym == "~":
            return expr(15, "~", (self.make("num", d), 15))
        prec = {"&": 10, "^": 9, "|": 8}.get(sym, 11)
        right = self.make("num", d) if prec < 11 \
            else self.lit(str(r.randrange(32)))
        return self.op(prec, self.make("num", d), sym, right)

    def measure(self, d):
        kind = self.r.choice(["str", "list", "words", "map"])
        return self.fn(self.r.choice(["length", "length", "count"]),
                       self.make(kind, d))

    def converted(self, d):
        return self.fn("number", self.make(
            self.r.choice(["str", "bool", "num"]), d))

    def minus(self, d):
        return expr(15, "-", (self.make("num", d), 16))

    def reduced(self, d):
        f = self.function_expr(["num", "num"], "num", min(d, 1))
        args = [f, self.make("list", d)]
        if self.r.random() < 0.8:
            args.append(self.make("num", d))
        return self.fn("array_reduce", *args)

    def found(self, d):
        return self.fn(self.r.choice(["str_find", "str_rfind", "strpos"]),
                       self.make("str", d),
                       self.lit(self.r.choice(['"a"', '"b"', '","'])))

    def rounded(self, d):
        return self.fn(self.r.choice(["floor", "ceil", "round", "abs"]),
                       self.make("num", d))

    # -- strings --

    def make_str(self, d):
        return self.r.choice([
            self.concat, self.concat, self.concat, self.interpolated,
            self.interpolated, self.str_function, self.str_function,
            self.formatted, self.repeated, self.joined,
            lambda n: self.cut("str", n), self.byte,
            self.plus_str])(d)

    def concat(self, d):
        return self.op(12, self.make(self.r.choice(["str", "any", "num"]),
                                     d), ".", self.make("str", d))

    def plus_str(self, d):
        return self.op(13, self.make("str", d), "+", self.make("str", d))

    def interpolated(self, d):
        parts = []
        for _ in range(self.r.randrange(1, 4)):
            names = [p for t in ("num", "str", "any", "list", "bool")
                     for p in self.scope.places(t)
                     if p[1:].replace("_", "").isalnum() and p[0] == "$"
                     and p != "$this"]
            if names:
                n = self.r.choice(names)
                parts.append(self.r.choice(
                    [n, "${%s}" % n[1:], n + "[0]", n + "->x"]))
            parts.append(self.r.choice(
                [" ", "-", ":", "x=", "$", "\\$", " $ ", "$1", "%"]))
        if parts[-1] == "$" or "$" in parts:
            parts.append(" ")
        # A lone $ must not meet what could be a name.
        text = "".join(p + (" " if p == "$" else "") for p in parts)
        return self.lit('"%s"' % text)

    def str_function(self, d):
        r, s = self.r, self.make("str", d)
        return r.choice([
            lambda: self.fn(r.choice(["str_upper", "str_lower", "trim",
                                      "str_strip", "string", "str_rstrip",
                                      "str_lstrip"]), s),
            lambda: self.fn("str_replace", self.lit(r.choice(
                ['"a"', '"b"', '","', '"ab"'])), self.make("str", d), s),
            lambda: self.fn("string", self.make("any", d)),
            lambda: self.fn("chr", self.lit(str(r.randrange(65, 91)))),
            lambda: self.fn("str_slice", s,
                            self.lit(str(r.randrange(-3, 5))),
                            self.lit(str(r.randrange(5))))])()

    def formatted(self, d):
        form, args = [], []
        for _ in range(self.r.randrange(1, 4)):
            spec, kind = self.r.choice(FORMATS)
            form.append(spec + self.r.choice(["", " ", ",", "-"]))
            if kind in ("int", "char"):
                args.append(self.lit(str(self.r.randrange(
                    65, 123 if kind == "char" else 70000))))
            elif kind:
                args.append(self.make(kind, d))
        if self.r.random() < 0.03 and args:
            args.pop()
        right = self.items([(None, a) for a in args])
        return self.op(14, self.lit('"%s"' % "".join(form)), "%", right)

    def repeated(self, d):
        n = self.lit(str(self.r.randrange(4)))
        if self.r.random() < 0.3:
            return self.fn("str_repeat", self.make("str", d), n)
        return self.op(14, self.make("str", d), "*", n)

    def joined(self, d):
        args = [self.make(self.r.choice(["words", "list", "map"]), d)]
        if self.r.random() < 0.8:
            args.append(self.lit(self.r.choice(['","', '""', '", "'])))
        return self.fn("array_join", *args)

    def byte(self, d):
        return self.fn("string", expr(
            17, (self.make("str", d), 17), "[",
            (self.lit(str(self.r.randrange(-3, 5))), 0), "]"))

    def cut(self, kind, d):
        r = self.r

        def bound():
            if r.random() < 0.3:
                return [""]
            if r.random() < 0.2:
                return [(self.make("num", 0), 3)]
            return [str(r.randrange(-4, 6))]
        parts = ["[", *bound(), ":", *bound()]
        if r.random() < 0.25:
            parts += [":", r.choice(["", "1", "2", "-1", "-2"])]
        return expr(17, (self.make(kind, d), 17), *parts, "]")

    # -- booleans --

    def make_bool(self, d):
        return self.r.choice([
            self.compared, self.compared, self.compared, self.ordered,
            self.ordered, self.logic, self.logic, self.negated,
            self.is_set, self.is_type, self.matched, self.included])(d)

    def compared(self, d):
        a = self.r.choice(TYPES)
        b = a if self.r.random() < 0.6 else self.r.choice(TYPES)
        return self.op(6, self.make(a, d),
                       self.r.choice(["==", "!=", "===", "!=="]),
                       self.make(b, d))

    def ordered(self, d):
        a = self.r.choice(["num", "num", "num", "str", "bool", "any"])
        b = a if self.r.random() < 0.8 else "any"
        return self.op(7, self.make(a, d),
                       self.r.choice(["<", "<=", ">", ">="]),
                       self.make(b, d))

    def logic(self, d):
        sym = self.r.choice(["and", "or"])
        return self.op(4 if sym == "or" else 5, self.make(self.truthy(), d),
                       sym, self.make(self.truthy(), d))

    def truthy(self):
        return "bool" if self.r.random() < 0.8 else self.r.choice(TYPES)

    def negated(self, d):
        # "!~" is another operator.
        sign, least = self.r.choice([("!", 16), ("! ", 15), ("not ", 15)])
        return expr(15, sign, (self.make(self.truthy(), d), least))

    def is_set(self, d):
        r = self.r
        p = self.place(r.choice(TYPES)) or self.lit("$undefined" +
                                                    self.suffix)
        if p.text() == "$this" or p.text()[0] != "$":
            return self.literal("bool")
        tail = r.choice(["", "", '["a"]', "[0]", '["a"]["b"]'])
        return expr(18, "isset(", (p, 0), tail, ")")

    def is_type(self, d):
        return self.fn(self.r.choice(
            ["is_array", "is_number", "is_string", "is_boolean",
             "is_function", "is_object"]), self.make("any", d))

    def matched(self, d):
        return self.op(6, self.make("str", d), self.r.choice(["=~", "!~"]),
                       self.lit(self.r.choice(PATTERNS)))

    def included(self, d):
        return self.fn("array_includes", self.make("num", d),
                       self.make("list", d))

    # -- arrays --

    def make_list(self, d):
        return self.array("list", "num", d)

    def make_words(self, d):
        if self.r.random() < 0.3:
            args = [self.make("str", d), self.lit('","')]
            if self.r.random() < 0.3:
                args.append(self.lit(str(self.r.randrange(-2, 4))))
            return self.fn("str_split", *args)
        if self.r.random() < 0.15:
            return self.fn("array_keys", self.make("map", d))
        return self.array("words", "str", d)

    def array(self, kind, inner, d):
        r = self.r
        how = r.randrange(10)
        if how < 3:
            return self.listed(kind, inner, d)
        if how == 3:
            return self.cut(kind, d)
        if how == 4:
            return self.op(13, self.make(kind, d), r.choice("+-"),
                           self.make(r.choice([kind, inner]), d))
        if how == 5:
            return self.op(14, self.literal(kind), "*",
                           self.lit(str(r.randrange(4))))
        if how == 6:
            return self.fn("array_map",
                           self.function_expr([inner], inner, min(d, 1)),
                           self.make(kind, d))
        if how == 7:
            return self.fn("array_filter",
                           self.function_expr([inner], "bool", min(d, 1)),
                           self.make(kind, d))
        if how == 8:
            return self.fn(r.choice(["array_reverse", "array_unique"]),
                           self.make(kind, d))
        if inner == "num" and r.random() < 0.5:
            return self.fn("array_range", self.lit(str(r.randrange(3))),
                           self.lit(str(r.randrange(8))),
                           self.lit(r.choice(["1", "2", "0.5"])))
        return self.sorted(kind, d)

    def sorted(self, kind, d):
        sym = self.r.choice("<>")
        f = expr(18, "function ($x, $y) { return $x %s $y; }" % sym)
        e = self.fn("array_sort", f, self.fn("array_unique",
                                             self.make(kind, d)))
        return expr(17, (e, 17), "[:]") if self.r.random() < 0.5 else e

    def listed(self, kind, inner, d):
        pairs = []
        for _ in range(self.r.randrange(5)):
            if self.r.random() < 0.15:
                pairs.append(("...", self.make(kind, d)))
            elif self.r.random() < 0.05:
                pairs.append((self.make("num", 0), self.make(inner, d)))
            else:
                pairs.append((None, self.make(inner, d)))
        return self.items(pairs)

    def make_map(self, d):
        r = self.r
        if r.random() < 0.4:
            return self.op(13, self.make("map", d), "+",
                           self.make("map", d))
        pairs = []
        for _ in range(r.randrange(5)):
            if r.random() < 0.12:
                pairs.append(("...", self.make("map", d)))
            else:
                k = self.lit(r.choice(KEYS)) if r.random() < 0.8 \
                    else self.make(r.choice(["str", "num", "bool"]), d)
                pairs.append((k, self.make("num", d)))
        return self.items(pairs)
