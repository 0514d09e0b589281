"""The grammar of HSL; a node is a tuple, its kind first."""
from lexer import KEYWORDS, SyntaxError_, tokens

ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "**=", ".=", "??="}
LVALUES = {"var", "index", "slice", "append", "prop", "static"}
# From what binds least; all of these are left-associative.
LEVELS = [("or",), ("and",), ("==", "!=", "===", "!==", "=~", "!~"),
          ("<", "<=", ">", ">="), ("|",), ("^",), ("&",),
          ("<<", ">>", ">>>"), (".",), ("+", "-"), ("*", "/", "%")]


class Parser:
    def __init__(self, text):
        self.list, self.at = tokens(text), 0

    # -- tokens --

    def peek(self, *values, ahead=0):
        t = self.list[min(self.at + ahead, len(self.list) - 1)]
        return t.kind in ("op", "name") and t.value in values

    def take(self, *values):
        if self.peek(*values):
            self.at += 1
            return self.list[self.at - 1].value
        return None

    def need(self, value):
        if not self.take(value):
            raise SyntaxError_("%r before %r" % (value, self.list[self.at]))

    def kind(self, kind, ahead=0):
        return self.list[min(self.at + ahead,
                             len(self.list) - 1)].kind == kind

    def value(self, kind):
        t = self.list[self.at]
        if t.kind != kind:
            raise SyntaxError_("%s before %r" % (kind, t))
        self.at += 1
        return t.value

    def name(self):
        n = self.value("name")
        if n in KEYWORDS:
            raise SyntaxError_("keyword " + n)
        return n

    # -- statements --

    def program(self):
        body = []
        while not self.kind("end"):
            body.append(self.statement())
        return body

    def block(self):
        self.need("{")
        body = []
        while not self.take("}"):
            body.append(self.statement())
        return body

    def statement(self):
        if self.peek("{"):
            return ("block", self.block())
        if self.take(";"):
            return ("block", [])
        if self.peek("function") and self.kind("name", 1):
            self.at += 1
            return ("funcdecl", self.name(), self.function())
        t = self.list[self.at]
        step = getattr(self, "s_" + t.value, None) if t.kind == "name" \
            else None
        if step:
            self.at += 1
            return step()
        e = self.expr()
        self.need(";")
        return ("expr", e)

    def ended(self, *node):
        self.need(";")
        return node

    def condition(self):
        self.need("(")
        e = self.expr()
        self.need(")")
        return e

    def s_if(self):
        cond, then = self.condition(), self.statement()
        return ("if", cond, then,
                self.statement() if self.take("else") else None)

    def s_while(self):
        return ("while", self.condition(), self.statement())

    def s_forever(self):
        return ("while", ("const", True), self.statement())

    def s_for(self):
        self.need("(")
        parts = []
        for end in (";", ";", ")"):
            parts.append(None if self.peek(end) else self.expr())
            self.need(end)
        return ("for", *parts, self.statement())

    def s_foreach(self):
        self.need("(")
        e = self.expr()
        self.need("as")
        key, target = None, self.target()
        if self.take("=>"):
            key, target = target, self.target()
        self.need(")")
        return ("foreach", e, key, target, self.statement())

    def target(self):
        e = self.postfix()
        return self.pattern(e) if e[0] == "array" else e

    def s_switch(self):
        e, cases = self.condition(), []
        self.need("{")
        while not self.take("}"):
            if self.take("default"):
                label = None
            else:
                self.need("case")
                label = self.expr()
            self.need(":")
            body = []
            while not self.peek("case", "default", "}"):
                body.append(self.statement())
            cases.append((label, body))
        return ("switch", e, cases)

    def s_try(self):
        body = self.block()
        self.need("catch")
        self.need("(")
        var = self.value("var")
        self.need(")")
        return ("try", body, var, self.block())

    def s_echo(self):
        return self.ended("echo", self.expr())

    def s_throw(self):
        return self.ended("throw", self.expr())

    def s_return(self):
        return self.ended("return",
                          None if self.peek(";") else self.expr())

    def s_break(self):
        return self.ended("break")

    def s_continue(self):
        return self.ended("continue")

    def s_yield(self):
        key = value = None
        if not self.peek(";"):
            value = self.expr()
            if self.take("=>"):
                key, value = value, self.expr()
        return self.ended("yield", key, value)

    def s_global(self):
        names = [self.value("var")]
        while self.take(","):
            names.append(self.value("var"))
        return self.ended("global", names)

    def s_class(self):
        name, members = self.name(), []
        self.need("{")
        while not self.take("}"):
            members.append(self.member())
        return ("class", name, members)

    def member(self):
        if self.take("constructor"):
            return (set(), "constructor", None, self.function())
        flags = set()
        while self.peek("private", "static", "readonly"):
            flags.add(self.list[self.at].value)
            self.at += 1
        if self.take("function"):
            return (flags, "function", self.value("name"), self.function())
        name, init = self.value("var"), ("const", None)
        if self.take("="):
            init = self.expr()
        self.need(";")
        return (flags, "var", name, init)

    # -- functions --

    def function(self):
        """params [closure (vars)] block -> (params, rest, captured, body)"""
        params, rest = [], None
        self.need("(")
        while not self.take(")"):
            if self.take("..."):
                rest = self.value("var")
            else:
                name = self.value("var")
                params.append((name, self.expr() if self.take("=")
                               else None))
            if not self.peek(")"):
                self.need(",")
        return (params, rest, self.captured(), self.block())

    def captured(self):
        names = []
        if self.take("closure"):
            self.need("(")
            while not self.take(")"):
                names.append(self.value("var"))
                if not self.peek(")"):
                    self.need(",")
        return names

    # -- expressions --

    def expr(self):
        cond = self.binary(0)
        if not self.take("?"):
            return cond
        if self.take(":"):
            return ("elvis", cond, self.expr())
        yes = self.expr()
        self.need(":")
        return ("ternary", cond, yes, self.expr())

    def binary(self, level):
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while True:
            op = self.take(*LEVELS[level])
            if not op:
                return left
            right = self.binary(level + 1)
            left = (op, left, right) if op in ("and", "or") \
                else ("binary", op, left, right)

    def unary(self):
        op = self.take("!", "not", "~", "-", "+")
        if op:
            return ("unary", "!" if op == "not" else op, self.unary())
        left = self.operand()
        if self.take("??"):
            return ("coalesce", left, self.binary(0))
        return left

    def operand(self):
        op = self.take("++", "--")
        if op:
            return ("step", op, True, self.lvalue(self.postfix()))
        left = self.postfix()
        if self.take("**"):
            return ("binary", "**", left, self.unary())
        return left

    def lvalue(self, e):
        if e[0] not in LVALUES:
            raise SyntaxError_("no lvalue: " + e[0])
        return e

    def postfix(self):
        e = self.primary()
        while True:
            if self.take("["):
                e = self.subscript(e)
            elif self.take("->"):
                e = ("prop", e, self.value("name"))
            elif self.take("("):
                e = ("call", e, self.args())
            else:
                break
        return self.assigned(e)

    def assigned(self, e):
        if e[0] == "array" and self.peek("="):
            pattern = self.pattern(e)
            self.need("=")
            return ("destruct", pattern, self.expr())
        if e[0] not in LVALUES:
            return e
        op = self.take("++", "--")
        if op:
            return ("step", op, False, e)
        op = self.take(*ASSIGN)
        if op:
            return ("assign", op[:-1], e, self.expr())
        return e

    def subscript(self, base):
        if self.take("]"):
            return ("append", base)
        parts = [None, None, None]
        at = 0
        while not self.take("]"):
            if self.take("::"):
                at += 2
            elif self.take(":"):
                at += 1
            else:
                parts[at] = self.expr()
                if at == 0 and self.take("]"):
                    return ("index", base, parts[0])
        return ("slice", base, *parts)

    def args(self):
        args = []
        while not self.take(")"):
            spread = bool(self.take("..."))
            args.append((spread, self.expr()))
            if not self.peek(")"):
                self.need(",")
        return args

    def primary(self):
        t = self.list[self.at]
        self.at += 1
        if t.kind == "number":
            return ("const", t.value)
        if t.kind == "string":
            return ("string", t.value)
        if t.kind in ("regex", "var"):
            return (t.kind, t.value)
        if t.kind == "name":
            return self.word(t.value)
        if t.kind == "op" and t.value == "(":
            e = self.expr()
            self.need(")")
            # No lvalue, no pattern.
            return ("paren", e)
        if t.kind == "op" and t.value == "[":
            return ("array", self.items("]"))
        raise SyntaxError_("unexpected %r" % t)

    def word(self, name):
        if name in ("true", "false", "none"):
            return ("const", {"true": True, "false": False}.get(name))
        if name in ("isset", "unset"):
            return (name, self.lvalue(self.condition()))
        if name == "array":
            self.need("(")
            return ("array", self.items(")"))
        if name == "function":
            return ("function", self.function())
        if name == "match":
            return self.match()
        if name == "builtin":
            return ("builtin", self.name())
        if self.take("::"):
            if self.kind("var"):
                return ("static", name, self.value("var"))
            return ("staticfn", name, self.value("name"))
        if name in KEYWORDS:
            raise SyntaxError_("keyword " + name)
        return ("name", name)

    def items(self, end):
        """[(spread, key, value)]; a hole of a pattern has no value"""
        items = []
        while not self.take(end):
            if self.peek(","):
                items.append((False, None, None))
            elif self.take("..."):
                items.append((True, None, self.expr()))
            else:
                key, e = None, self.expr()
                if self.take("=>"):
                    key, e = e, self.expr()
                items.append((False, key, e))
            if not self.peek(end):
                self.need(",")
        return items

    def match(self):
        e, arms = self.condition(), []
        self.need("{")
        while not self.take("}"):
            labels = None
            if not self.take("default"):
                labels = [self.expr()]
                while self.take(","):
                    labels.append(self.expr())
            self.need("=>")
            arms.append((labels, self.expr()))
            if not self.peek("}"):
                self.need(",")
        return ("match", e, arms)

    def pattern(self, literal):
        """An array literal read again as [(spread, key, target, default)]"""
        items = []
        for spread, key, e in literal[1]:
            default = None
            if e is not None and e[0] == "assign" and e[1] == "":
                e, default = e[2], e[3]
            elif e is not None and e[0] == "destruct":
                e, default = e[1], e[2]
            if e is not None and e[0] == "array":
                e = self.pattern(e)
            elif e is not None and e[0] != "pattern":
                self.lvalue(e)
            items.append((spread, key, e, default))
        return ("pattern", items)


def parse(text):
    return Parser(text).program()
