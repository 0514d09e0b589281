"""Generated programs as trees, so that a failing one can be made smaller."""


class Node:
    """parts: str, or (Node, least precedence) in an expression, or Node.

    kind is "expr", "stmt" or "block"; a block's parts are its statements.
    """
    __slots__ = ("kind", "parts", "prec")

    def __init__(self, kind, parts, prec=18):
        self.kind, self.parts, self.prec = kind, parts, prec

    def children(self):
        return [(i, p[0] if isinstance(p, tuple) else p)
                for i, p in enumerate(self.parts) if not isinstance(p, str)]

    def text(self, least=0):
        out = []
        for p in self.parts:
            if isinstance(p, str):
                out.append(p)
            elif isinstance(p, tuple):
                out.append(p[0].text(p[1]))
            else:
                out.append(p.text())
        if self.kind == "block":
            return "".join(line + "\n" for line in out)
        s = "".join(out)
        return "(%s)" % s if self.prec < least else s


def block(parts):
    return Node("block", parts)


def stmt(*parts):
    return Node("stmt", list(parts))


def expr(prec, *parts):
    return Node("expr", list(parts), prec)


def smaller(node):
    """Functions that make the tree smaller, each with one that undoes it."""
    for i, child in node.children():
        part = node.parts[i]
        for swap in candidates(node, part, child):
            yield node, i, part, swap
        yield from smaller(child)


def candidates(node, part, child):
    """What may stand in place of a child: lists of parts."""
    if node.kind == "block":
        yield []
        for _, inner in child.children():
            if inner.kind == "block":
                yield list(inner.parts)
    elif child.kind == "expr":
        least = part[1] if isinstance(part, tuple) else 0
        for _, inner in child.children():
            if inner.kind == "expr":
                yield [(inner, least)]
        if child.children():
            yield ["1"]


def shrink(root, fails, tries):
    """The smallest tree found for which fails() is still true."""
    again = True
    while again and tries > 0:
        again = False
        for node, i, part, swap in list(smaller(root)):
            # The list is of the tree as it was: look whether this is there.
            if i >= len(node.parts) or node.parts[i] is not part:
                continue
            node.parts[i:i + 1] = swap
            tries -= 1
            if fails():
                again = True
                break
            node.parts[i:i + len(swap)] = [part]
            if tries <= 0:
                break
    return root
