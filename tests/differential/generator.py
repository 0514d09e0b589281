"""Random programs of HSL: statements, functions, classes."""
import random

from expressions import Expressions, KEYS, TYPES
from tree import block, expr, stmt

COMPOUND = {"num": ["+=", "-=", "*=", "/=", "%="], "str": [".=", "+="],
            "list": ["+=", "-="], "words": ["+=", "-="], "map": ["+="]}


class Callable:
    def __init__(self, name, params, returns, pure=True, least=None,
                 indirect=False):
        self.name, self.params, self.returns = name, params, returns
        self.pure, self.indirect = pure, indirect
        self.least = len(params) if least is None else least
        self.optional = self.least < len(params)
        self.spread = indirect or name[0] != "$"


class Scope:
    """What may be read here, and what may be written."""
    count = 0

    def __init__(self, suffix, functions):
        self.types, self.fixed, self.shared = {}, set(), set()
        self.functions, self.suffix = list(functions), suffix
        self.later, self.loop = [], 0
        self.in_loop, self.returns = 0, None

    def inner(self, names, types):
        s = Scope(self.suffix, [f for f in self.functions
                                if f.name[0] != "$" and f.pure])
        s.types = dict(zip(names, types))
        return s

    def places(self, kind):
        return [p for p, k in self.types.items() if k == kind]

    def writable(self, kind):
        return [p for p in self.places(kind) if p not in self.fixed]

    def fresh(self, letter="t"):
        Scope.count += 1
        return "$%s%d%s" % (letter, Scope.count, self.suffix)


class Generator(Expressions):
    holes = True

    def __init__(self, seed, number):
        self.r = random.Random("%s/%s" % (seed, number))
        self.suffix = "_%d" % number
        self.top = Scope(self.suffix, [])
        self.scope = self.top
        self.depth = self.r.choice([1, 2, 2, 3])
        self.wild = self.r.choice([0, 0.02, 0.02, 0.08])
        self.classes, self.serial = [], 0
        self.in_function = False
        Scope.count = 0

    def name(self, letter):
        self.serial += 1
        return "%s%d%s" % (letter, self.serial, self.suffix)

    def e(self, kind):
        return self.make(kind, self.depth)

    # -- the whole --

    def program(self):
        """A block: what stands at top level, then one try with the rest."""
        r = self.r
        head = []
        for _ in range(r.randrange(3)):
            head.append(self.function())
        for _ in range(r.choice([0, 0, 1, 1, 2])):
            head.append(self.make_class())
        if r.random() < 0.5:
            main = self.in_a_function(head)
        else:
            main = self.statements(r.randrange(4, 16)) + self.leftovers()
        catch = stmt('catch ($e) { echo is_object($e) ? ($e->line() === none'
                     ' ? $e->message() : "error") : $e; }')
        return block(head + [stmt("try {\n", block(main), "} ", catch)])

    def in_a_function(self, head):
        """The program as a function, with globals."""
        r = self.r
        name = self.name("main")
        shared = [self.declared(r.choice(TYPES))
                  for _ in range(r.randrange(3))]
        setup = [s for s in shared if r.random() < 0.85]
        names = list(self.top.types)
        inner = Scope(self.suffix, self.top.functions)
        inner.types, inner.shared = dict(self.top.types), set(names)
        self.scope, self.in_function = inner, True
        body = self.statements(r.randrange(4, 16)) + self.leftovers()
        if names:
            body.insert(0, stmt("global %s;" % ", ".join(names)))
        body.append(stmt("return ", self.e("any"), ";"))
        self.scope, self.in_function = self.top, False
        head.append(stmt("function %s() {\n" % name, block(body), "}"))
        out = setup + [stmt("echo %s();" % name)]
        return out + [stmt("echo %s ?? none;" % n) for n in names]

    def leftovers(self):
        return [stmt('echo %s ?? "-";' % n) for n, _ in
                self.scope.later[:4] + list(self.scope.types.items())[:8]
                if n != "$this"]

    def statements(self, n):
        out = []
        for _ in range(n):
            s = self.statement()
            out += s if isinstance(s, list) else [s]
        return out

    def body(self, n=None):
        """Statements of a branch; what they declare may not be there."""
        before = dict(self.scope.types)
        functions = list(self.scope.functions)
        out = self.statements(n or self.r.randrange(1, 4))
        if self.r.random() < 0.95:
            self.scope.types = before
            self.scope.functions = functions
        return block(out)

    def statement(self):
        r = self.r
        if r.random() < 0.04:
            leave = self.leave()
            if leave:
                return leave
        if self.scope.loop < 2 and r.random() < 0.25:
            return r.choice([self.s_if, self.s_if, self.s_for, self.s_while,
                             self.s_foreach, self.s_foreach, self.s_switch,
                             self.s_try, self.s_try])()
        return r.choice([
            self.s_echo, self.s_echo, self.s_echo, self.s_echo,
            self.s_declare, self.s_declare, self.s_declare, self.s_assign,
            self.s_assign, self.s_compound, self.s_compound, self.s_step,
            self.s_write, self.s_write, self.s_write, self.s_nested,
            self.s_unset, self.s_slice, self.s_destructure,
            self.s_destructure, self.s_closure, self.s_call, self.s_call,
            self.s_object, self.s_method, self.s_copy, self.s_throw,
            self.s_iife, self.s_coalesce, self.s_value, self.s_deep,
            self.s_generator, self.s_callback, self.s_targets,
            self.s_order, self.s_order])()

    def leave(self):
        """return, break or continue, wherever it may stand."""
        words = ["break", "continue"] if self.scope.in_loop else []
        if self.scope.returns:
            words.append("return")
        if not words:
            return None
        word = self.r.choice(words)
        if word == "return":
            return stmt("if (", self.e("bool"), ") return ",
                        self.e(self.scope.returns), ";")
        return stmt("if (", self.e("bool"), ") %s;" % word)

    # -- simple statements --

    def s_echo(self):
        return stmt("echo ", self.e(self.r.choice(TYPES)), ";")

    def declared(self, kind):
        name = self.scope.fresh("v")
        s = stmt(name, " = ", self.e(kind), ";")
        self.scope.types[name] = kind
        return s

    def s_declare(self):
        return self.declared(self.r.choice(TYPES))

    def pick(self, *kinds):
        found = [p for k in kinds for p in self.scope.writable(k)
                 if p != "$this"]
        return self.r.choice(found) if found else None

    def s_assign(self):
        kind = self.r.choice(TYPES)
        p = self.pick(kind)
        return stmt(p, " = ", self.e(kind), ";") if p else self.s_declare()

    def s_compound(self):
        kind = self.r.choice(list(COMPOUND))
        p = self.pick(kind)
        if p is None:
            return self.s_declare()
        op = self.r.choice(COMPOUND[kind])
        s = stmt(p, " %s " % op, self.e(kind), ";")
        return [s, stmt("echo %s;" % p)] if self.r.random() < 0.4 else s

    def s_step(self):
        p = self.pick("num")
        if p is None:
            return self.s_declare()
        op = self.r.choice(["++", "--"])
        text = p + op if self.r.random() < 0.5 else op + p
        return stmt("echo %s;" % text if self.r.random() < 0.5
                    else text + ";")

    def key(self, kind):
        if kind == "map":
            return self.lit(self.r.choice(KEYS))
        if self.r.random() < 0.3:
            return self.make("num", 1)
        return self.lit(str(self.r.randrange(5)))

    def s_write(self):
        """Into an array, through an index."""
        r = self.r
        kind = r.choice(["list", "words", "map", "map", "any"])
        p = self.pick(kind)
        if p is None:
            return self.s_declare()
        inner = {"words": "str", "any": "any"}.get(kind, "num")
        how = r.randrange(4)
        if how == 0 and kind != "map":
            s = stmt(p, "[] = ", self.e(inner), ";")
        elif how == 1:
            s = stmt(p, "[", self.key(kind), "]++;") if inner == "num" \
                else stmt(p, "[", self.key(kind), "] .= ", self.e("str"),
                          ";")
        else:
            op = r.choice(["=", "=", "+=", "??="]) if inner != "any" else "="
            s = stmt(p, "[", self.key(kind), "] %s " % op, self.e(inner),
                     ";")
        return [s, stmt("echo %s;" % p)] if r.random() < 0.4 else s

    def s_nested(self):
        """Arrays made on the way; the variable may not be there."""
        p = self.pick("any") or self.scope.fresh("n")
        path = "".join(self.r.choice(["[0]", "[1]", '["a"]', '["b"]', "[]"])
                       for _ in range(self.r.randrange(1, 4)))
        self.scope.types[p] = "any"
        op = "=" if "[]" in path else self.r.choice(["=", "??="])
        return [stmt(p, path, " %s " % op, self.e("any"), ";"),
                stmt("echo %s;" % p)]

    def s_unset(self):
        p = self.pick("list", "words", "map", "any")
        if p is None:
            return self.s_echo()
        if self.r.random() < 0.2 and p not in self.scope.shared and \
                p[1:].replace("_", "").isalnum():
            del self.scope.types[p]
            return [stmt("echo unset(%s);" % p),
                    stmt("echo isset(%s);" % p)]
        tail = self.r.choice(["[0]", "[1]", '["a"]', '["b"]["c"]', "[1.7]"])
        return [stmt("echo unset(%s%s);" % (p, tail)),
                stmt("echo %s;" % p)]

    def s_slice(self):
        kind = self.r.choice(["list", "words"])
        p = self.pick(kind)
        if p is None:
            return self.s_declare()
        a, b = self.r.randrange(-3, 5), self.r.randrange(-3, 6)
        at = "[%s:%s]" % (self.r.choice(["", str(a)]),
                          self.r.choice(["", str(b)]))
        if self.r.random() < 0.4:
            return [stmt("unset(%s%s);" % (p, at)), stmt("echo %s;" % p)]
        return [stmt(p, at, " = ", self.e(kind), ";"),
                stmt("echo %s;" % p)]

    def s_destructure(self):
        r = self.r
        how = r.randrange(5)
        if how == 0:
            a, b = self.pick("num"), self.pick("num")
            if a and b and a != b:
                return [stmt("[%s, %s] = [%s, %s];" % (a, b, b, a)),
                        stmt('echo [%s, %s];' % (a, b))]
        new = [self.scope.fresh("d") for _ in range(3)]
        a, b, c = new
        if how == 1:
            keys = r.sample(KEYS[:4], 3)
            s = stmt("[%s => %s, %s => %s = 5, %s => %s] = " % (
                keys[0], a, keys[1], b, keys[2], c), self.e("map"), ";")
        elif how == 2:
            s = stmt("[%s, %s = 3, ...%s] = " % (a, b, c),
                     self.e("list"), ";")
        elif how == 3:
            s = stmt("[[%s, %s], %s] = [" % (a, b, c), self.e("list"), ", ",
                     self.e("num"), "];")
        else:
            p = self.pick("list")
            s = stmt("[%s, %s, %s] = " % (p, a, b), p, ";") if p else \
                stmt("[%s, %s%s] = " % (a, self.hole(), b), self.e("list"), ";")
            if p:
                del self.scope.types[p]
                self.scope.types[p] = "any"
        for n in new:
            self.scope.types[n] = "any"
        return [s, stmt("echo [%s ?? 0, %s ?? 0, %s ?? 0];" % tuple(new))]

    def hole(self):
        return ", " if self.holes else ""

    def s_copy(self):
        """A copy must not see what is written to the other."""
        p = self.pick("list", "map", "words")
        if p is None:
            return self.s_declare()
        kind = self.scope.types[p]
        name = self.scope.fresh("c")
        self.scope.types[name] = kind
        inner = "str" if kind == "words" else "num"
        one, other = self.r.sample([p, name], 2)
        return [stmt("%s = %s;" % (name, p)),
                stmt(one, "[", self.key(kind), "] = ", self.e(inner), ";"),
                stmt("echo [%s, %s];" % (one, other))]

    def s_coalesce(self):
        name = self.pick("num", "str", "any") or self.scope.fresh("q")
        kind = self.scope.types.setdefault(name, "any")
        return [stmt(name, " ??= ", self.e(kind), ";"),
                stmt("echo %s;" % name)]

    def s_throw(self):
        r = self.r
        if r.random() < 0.7:
            return self.s_echo()
        what = expr(17, "Exception(", (self.e("str"), 0), ")") \
            if r.random() < 0.3 else self.e(r.choice(TYPES))
        return stmt("if (", self.e("bool"), ") throw ", what, ";")

    # -- compound statements --

    def s_if(self):
        self.scope.loop += 1
        parts = ["if (", self.cond(), ") {\n", self.body(), "}"]
        if self.r.random() < 0.3:
            parts += [" else if (", self.cond(), ") {\n", self.body(), "}"]
        if self.r.random() < 0.5:
            parts += [" else {\n", self.body(), "}"]
        self.scope.loop -= 1
        return stmt(*parts)

    def cond(self):
        p = self.pick("any")
        if p and self.r.random() < 0.15:
            return expr(6, "(", p, " = ", (self.e("any"), 1), ") ",
                        self.r.choice(["==", "!=="]), " ",
                        (self.literal("any"), 7))
        return self.e(self.truthy())

    def loop(self, names):
        """The body of a loop, with break and continue."""
        s = self.scope
        s.loop += 1
        before = dict(s.types), set(s.fixed)
        for n, kind in names.items():
            s.types[n] = kind
            s.fixed.add(n)
        s.in_loop += 1
        out = self.body()
        s.in_loop -= 1
        for word in ("break", "continue"):
            if self.r.random() < 0.2:
                at = self.r.randrange(len(out.parts) + 1)
                out.parts.insert(at, stmt("if (", self.e("bool"),
                                          ") %s;" % word))
        s.loop -= 1
        s.types, s.fixed = before
        return out

    def s_for(self):
        i = self.scope.fresh("i")
        n = self.r.randrange(1, 5)
        head = self.r.choice([
            "for (%s = 0; %s < %d; %s++) {\n" % (i, i, n, i),
            "for (%s = 0; %s < %d; %s += 1) {\n" % (i, i, n, i),
            "for (%s = %d; %s > 0; --%s) {\n" % (i, n, i, i)])
        return [stmt(head, self.loop({i: "num"}), "}"),
                stmt("echo %s;" % i)]

    def s_while(self):
        i, n = self.scope.fresh("w"), self.r.randrange(1, 5)
        first = stmt("%s = 0;" % i)
        if self.r.random() < 0.5:
            return [first, stmt("while (%s++ < %d) {\n" % (i, n),
                                self.loop({i: "num"}), "}")]
        return [first, stmt("forever {\nif (++%s > %d) break;\n" % (i, n),
                            self.loop({i: "num"}), "}")]

    def s_foreach(self):
        kind = self.r.choice(["list", "words", "map", "any"])
        k, v = self.scope.fresh("k"), self.scope.fresh("x")
        inner = {"list": "num", "map": "num", "words": "str"}.get(kind, "any")
        p = self.pick(kind)
        e = self.lit(p) if p and self.r.random() < 0.5 else self.e(kind)
        names = {v: inner}
        head = v
        if self.r.random() < 0.5:
            names[k] = "any" if kind == "map" else "num"
            head = "%s => %s" % (k, v)
        out = [stmt("foreach (", e, " as %s) {\n" % head, self.loop(names),
                    "}")]
        return out + [stmt('echo %s ?? "-";' % v)]

    def s_switch(self):
        self.scope.loop += 1
        kind = self.r.choice(["num", "str", "any"])
        parts = ["switch (", self.e(kind), ") {\n"]
        labels = ["case"] * self.r.randrange(1, 4)
        if self.r.random() < 0.7:
            labels.insert(self.r.randrange(len(labels) + 1), "default")
        for w in labels:
            parts += ["default:\n"] if w == "default" else \
                ["case ", self.make(kind, 1), ":\n"]
            parts.append(self.body(1))
            if self.r.random() < 0.6:
                parts.append("break;\n")
        self.scope.loop -= 1
        return stmt(*parts, "}")

    def s_try(self):
        self.scope.loop += 1
        e = self.scope.fresh("e")
        body = self.body()
        if self.r.random() < 0.5:
            body.parts.insert(self.r.randrange(len(body.parts) + 1),
                              stmt("if (", self.e("bool"), ") throw ",
                                   self.e(self.r.choice(TYPES)), ";"))
        if self.r.random() < 0.1:
            body.parts.append(stmt("echo ", self.wrong(), ";"))
        end = "%s\n" % self.r.choice([
            "if (!is_object(%s)) throw %s;" % (e, e), "", "", "", ""])
        self.scope.loop -= 1
        return stmt("try {\n", body, "} catch (%s) {\n" % e,
                    'echo is_object(%s) ? "error" : %s;\n' % (e, e), end,
                    "}")

    def wrong(self):
        """What must be an error, mostly."""
        return self.r.choice([
            lambda: self.lit('"a" - 1'), lambda: self.lit("[] * []"),
            lambda: self.lit("-[1]"), lambda: self.lit('1 / "x"'),
            lambda: self.lit("[1] / 2"), lambda: self.lit('2 ** "b"'),
            lambda: self.lit("match (9) { 1 => 2 }"),
            lambda: self.lit("none()"), lambda: self.lit('"f"(1)'),
            lambda: self.lit('"%s%s" % [1]'),
            lambda: self.lit("function ($a) { return $a; }()"),
            lambda: self.lit("none->f()"),
            lambda: self.op(14, self.e("words"), "/", self.e("num"))])()

    # -- functions --

    def in_scope(self, scope, step):
        outer, self.scope = self.scope, scope
        was, self.in_function = self.in_function, True
        depth = scope.loop
        scope.loop = 1
        out = step()
        scope.loop = depth
        self.scope, self.in_function = outer, was
        return out

    def function(self):
        r = self.r
        name, returns = self.name("f"), r.choice(TYPES)
        params = [r.choice(TYPES) for _ in range(r.randrange(4))]
        names = ["$a%d" % i for i in range(len(params))]
        least = r.randrange(len(params) + 1) if r.random() < 0.3 \
            else len(params)
        if r.random() < 0.15:
            return self.recursive(name)
        heads = [n if i < least else "%s = %s" % (
            n, self.literal(params[i]).text())
            for i, n in enumerate(names)]
        if r.random() < 0.15:
            heads.append("...$rest")
        scope = self.scope.inner(names, params)
        if heads and heads[-1] == "...$rest":
            scope.types["$rest"] = "any"

        body = self.in_scope(scope, lambda: self.returning(
            returns, r.randrange(0, 4)))
        self.scope.functions.append(
            Callable(name, params, returns, least=least))
        return stmt("function %s(%s) {\n" % (name, ", ".join(heads)), body,
                    "}")

    def returning(self, kind, n):
        self.scope.returns = kind
        body = self.statements(n)
        return block(body + [stmt("return ", self.e(kind), ";")])

    def recursive(self, name):
        kind = self.r.choice(["num", "str", "list"])
        scope = self.scope.inner(["$n", "$a"], ["num", kind])

        def step():
            return block([
                stmt("if ($n < 1 or $n > 6) return ", self.e(kind), ";"),
                *self.statements(self.r.randrange(2)),
                stmt("return %s($n - 1, " % name, self.e(kind), ") %s " % (
                    "." if kind == "str" else "+"), self.e(kind), ";")])
        scope.fixed.add("$n")
        body = self.in_scope(scope, step)
        self.scope.functions.append(Callable(name, ["num", kind], kind))
        return stmt("function %s($n, $a) {\n" % name, body, "}")

    def s_closure(self):
        r = self.r
        name, returns = self.scope.fresh("f"), r.choice(TYPES)
        mine = [p for p in self.scope.types if p not in self.scope.fixed
                and p[1:].replace("_", "").isalnum()]
        caught = r.sample(mine, min(len(mine), r.randrange(4)))
        params = [r.choice(TYPES) for _ in range(r.randrange(3))]
        names = [self.scope.fresh("a") for _ in params]
        scope = self.scope.inner(names, params)
        for p in caught:
            scope.types[p] = self.scope.types[p]
            scope.shared.add(p)
            self.scope.shared.add(p)

        body = self.in_scope(scope, lambda: self.returning(
            returns, r.randrange(1, 4)))
        self.scope.functions.append(Callable(
            name, params, returns, pure=not caught, indirect=True))
        use = " closure (%s)" % ", ".join(caught) if caught else ""
        return stmt("%s = function (%s)%s {\n" % (name, ", ".join(names),
                                                 use), body, "};")

    def s_call(self):
        """Calls that may change what an expression would read."""
        if not self.scope.functions:
            return self.s_closure()
        f = self.r.choice(self.scope.functions)
        s = stmt("echo ", self.call_of(f, 1), ";")
        named = [f for f in self.scope.functions
                 if len(f.params) == 1 and f.params[0] in ("num", "str")]
        if named and self.r.random() < 0.3:
            f = self.r.choice(named)
            kind = "list" if f.params[0] == "num" else "words"
            s = stmt("echo array_map(%s, " % f.name, self.make(kind, 1),
                     ");")
        return s

    def s_iife(self):
        kind = self.r.choice(TYPES)
        return stmt("echo ", self.immediate(kind, 1), ";")

    def s_value(self):
        """A function by another name."""
        r = self.r
        found = [f for f in self.scope.functions if not f.optional]
        if not found:
            return self.s_closure()
        f = r.choice(found)
        name = self.scope.fresh("g")
        objects = [p[:-3] for p in self.scope.types if p.endswith("->x")]
        if objects and r.random() < 0.4:
            name = r.choice(objects) + "->" + name[1:]
        elif r.random() < 0.4:
            name += r.choice(['["f"]', "[0]", '["a"]["b"]'])
        self.scope.functions.append(Callable(
            name, f.params, f.returns, pure=False, indirect=True))
        return [stmt("%s = %s;" % (name, f.name)),
                stmt("echo is_function(%s);" % name)]

    def s_callback(self):
        """A callback that changes what it has captured."""
        p = self.pick("num", "str", "list")
        if p is None or not p[1:].replace("_", "").isalnum():
            return self.s_call()
        self.scope.shared.add(p)
        kind = self.scope.types[p]
        change = {"num": p + " += 1", "str": p + ' .= "c"',
                  "list": p + "[] = 7"}[kind]
        form, rest = self.r.choice([
            ("array_map(", ", "), ("array_filter(", ", "),
            ("array_every(", ", "), ("array_find(", ", ")])
        what = self.r.choice(["list", "words", "map"])
        return [stmt("echo %sfunction ($q) closure (%s) { %s; return " % (
            form, p, change), "$q; }" if self.r.random() < 0.5 else
            "[$q, %s]; }" % p, rest, self.e(what), ");"),
                stmt("echo %s;" % p)]

    def s_deep(self):
        """A table of tables, written at places that depend on others."""
        p = self.pick("any") or self.scope.fresh("n")
        self.scope.types[p] = "any"
        i, j = self.key("map"), self.key("list")
        op = self.r.choice(["=", "+=", "??=", ".="])
        tail = self.r.choice(["++", "--", " %s " % op])
        first = stmt(p, " = [];")
        if tail in ("++", "--"):
            second = stmt(p, "[", i, "][", j, "]%s;" % tail)
        else:
            second = stmt(p, "[", i, "][", j, "]", tail,
                          self.e("str" if op == ".=" else "num"), ";")
        third = stmt("%s[%s] = [%s, ...(%s[%s] ?? [])];" % (
            p, i.text(), p, p, self.r.choice(KEYS)))
        out = [first, second, third, stmt("echo %s;" % p)]
        return out if self.r.random() < 0.5 else out[:2] + out[3:]

    def s_order(self):
        """Operands that change a variable which others around read."""
        r = self.r
        v, f, a = (self.scope.fresh(x) for x in "vfa")
        self.scope.types[v], self.scope.types[a] = "num", "any"
        self.scope.shared.add(v)
        step = "%s()" % f

        def one():
            return r.choice([v, step, step, v + "++", "--" + v,
                             "(%s = %d)" % (v, r.randrange(4)),
                             "%s[%s]" % (a, r.choice([v, step])),
                             str(r.randrange(3))])

        def pair():
            return "%s %s %s" % (one(), r.choice(
                ["+", "-", ".", "==", "<", "??", "?:"]), one())
        op = r.choice(["=", "=", "+=", "??=", "??=", "++", ""])
        path = "%s[%s]" % (a, one())
        if r.random() < 0.6:
            path += "[%s]" % one()
        if op == "":
            last = "echo [%s, %s => %s, %s];" % (
                one(), one(), one(), pair())
        elif op == "++":
            last = "echo %s++;" % path
        else:
            last = "echo %s %s %s;" % (path, op, pair())
        return [stmt("%s = %d;" % (v, r.randrange(3))),
                stmt("%s = function () closure (%s) { echo %s; "
                     "return ++%s; };" % (f, v, v, v)),
                stmt("%s = [0, none, [7], 3, [4, 5]];" % a),
                stmt(last), stmt("echo [%s, %s];" % (a, v))]

    def s_targets(self):
        """foreach into places and patterns."""
        a, b = self.scope.fresh("d"), self.scope.fresh("d")
        self.scope.types[a] = "any"
        if self.r.random() < 0.5:
            return stmt("foreach ([", self.e("list"), ", ", self.e("list"),
                        "] as [%s, %s]) echo [%s, %s];" % (a, b, a, b))
        return [stmt("%s = [];" % a),
                stmt("foreach (", self.e("map"), ' as %s["k"] => %s["v"][])'
                     " echo %s;" % (a, a, a))]

    def s_generator(self):
        """function (..) { .. yield ..; } in a foreach"""
        r = self.r
        name, kind = self.scope.fresh("y"), r.choice(["num", "str", "any"])
        scope = self.scope.inner([], [])
        caught = [p for p in self.scope.writable("num")
                  if p[1:].replace("_", "").isalnum()][:1]
        for p in caught:
            scope.types[p] = "num"
            scope.shared.add(p)
            self.scope.shared.add(p)

        def one():
            if r.random() < 0.3:
                return stmt("yield ", self.e("str"), " => ", self.e(kind),
                            ";")
            return stmt("yield ", self.e(kind), ";")

        def step():
            out = []
            for _ in range(r.randrange(1, 4)):
                out.append(one())
                out += self.statements(r.randrange(2))
            if r.random() < 0.4:
                i = self.scope.fresh("i")
                out.append(stmt("for (%s = 0; %s < 3; %s++) {\n" % (
                    i, i, i), block([one()]), "}"))
            if r.random() < 0.2:
                out.insert(r.randrange(len(out)),
                           stmt("if (", self.e("bool"), ") return;"))
            return block(out)
        use = " closure (%s)" % caught[0] if caught else ""
        made = stmt("%s = function ()%s {\n" % (name, use),
                    self.in_scope(scope, step), "};")
        k, v = self.scope.fresh("k"), self.scope.fresh("x")
        self.scope.loop += 1
        head = "%s => %s" % (k, v) if r.random() < 0.3 else v
        loop = stmt("foreach (%s() as %s) {\n" % (name, head),
                    self.loop({v: "any"}), "}")
        self.scope.loop -= 1
        return [made, loop]

    # -- classes --

    def make_class(self):
        r, name = self.r, self.name("C")
        props = {"$x": "num", "$l": "list", "$s": "str", "$m": "map"}
        lines = []
        private = set()
        for p, kind in props.items():
            word = r.choice(["", "", "private ", "readonly "])
            if word == "private ":
                private.add(p)
            lines.append(stmt("%s%s = " % (word, p), self.literal(kind),
                              ";"))
        lines.append(stmt("static $n = 1;"))
        lines.append(stmt("static $t = ", self.literal("map"), ";"))
        inside = {"$this->" + p[1:]: k for p, k in props.items()}
        inside["static::$n"], inside["static::$t"] = "num", "map"

        def method(kind, params, returns, extra):
            names = ["$a%d" % i for i in range(len(params))]
            scope = self.scope.inner(names, params)
            scope.types.update(extra)
            scope.shared.update(extra)

            return stmt("%s(%s) {\n" % (kind, ", ".join(names)),
                        self.in_scope(scope, lambda: self.returning(
                            returns, r.randrange(1, 4))), "}")
        methods = []
        args = [r.choice(TYPES) for _ in range(r.randrange(3))]
        lines.append(method("constructor", args, "any", inside))
        for i in range(r.randrange(1, 4)):
            params = [r.choice(TYPES) for _ in range(r.randrange(2))]
            returns = r.choice(TYPES)
            word = r.choice(["", "", "", "private "])
            methods.append(Callable("m%d" % i, params, returns, pure=False))
            lines.append(method("%sfunction m%d" % (word, i), params,
                                returns, inside))
        lines.append(method("static function st", ["num"], "num",
                            {"static::$n": "num"}))
        self.scope.functions.append(
            Callable(name + "::st", ["num"], "num", pure=False))
        self.classes.append((name, args, methods,
                             {p: k for p, k in props.items()
                              if p not in private}))
        r.shuffle(lines)
        return stmt("class %s {\n" % name, block(lines), "}")

    def s_object(self):
        if not self.classes:
            return self.s_declare()
        name, args, methods, props = self.r.choice(self.classes)
        o = self.scope.fresh("o")
        for m in methods:
            self.scope.functions.append(Callable(
                "%s->%s" % (o, m.name), m.params, m.returns, pure=False))
        for p, kind in props.items():
            self.scope.types["%s->%s" % (o, p[1:])] = kind
            self.scope.shared.add("%s->%s" % (o, p[1:]))
        out = [stmt(o, " = ", self.fn(name, *[self.make(k, 1)
                                             for k in args]), ";")]
        if self.r.random() < 0.3:
            p = self.scope.fresh("o")
            out += [stmt("%s = %s;" % (p, o)),
                    stmt("try { %s->x = 77; echo %s->x; } catch ($e) "
                         '{ echo "error"; }' % (p, o)),
                    stmt("echo %s === %s;" % (o, p)),
                    stmt('echo %s["x"] ?? 0;' % o)]
        return out

    def s_method(self):
        found = [f for f in self.scope.functions if "->" in f.name or
                 "::" in f.name]
        if not found:
            return self.s_object()
        return stmt("echo ", self.call_of(self.r.choice(found), 1), ";")
