"""Which rows of the post-delivery document a test has been through: the rows
and their situations are those of tests/golden/post-delivery.rows."""

import os

from halyard import ROOT

ABSENT = object()
# What no daemon comes to, and why.
NEVER = {
    ("RSET", "there"): "RSET comes between messages: where it is refused, the "
    "next one goes over another connection",
    ("QUIT", "there"): "QUIT comes when the result is known",
}


class Rows:
    def __init__(self):
        self.rows, self.seen = [], set()
        with open(os.path.join(ROOT, "tests/golden/post-delivery.rows"),
                  encoding="utf-8") as f:
            for line in f:
                if line[0] != "#" and line.strip():
                    section, name, situations = line.split()[:3]
                    self.rows.append((section, name, situations.split(",")))
        self.known = {(n, s) for _, n, list_ in self.rows for s in list_}

    def mark(self, name, situation):
        assert (name, situation) in self.known, (name, situation)
        self.seen.add((name, situation))

    def of(self, section):
        return [r for r in self.rows if r[0] == section]

    def report(self):
        """Prints what was seen of each section, row by row; what was not."""
        missing = []
        for section in dict.fromkeys(r[0] for r in self.rows):
            pairs = [(n, s) for _, n, list_ in self.of(section)
                     for s in list_]
            there = [p for p in pairs if p in self.seen]
            never = [p for p in pairs if p in NEVER]
            assert not set(there) & set(never), (there, never)
            print("# %s: %d of %d rows, %d of %d situations%s" % (
                section, len([r for r in self.of(section) if all(
                    (r[1], s) in self.seen for s in r[2])]),
                len(self.of(section)), len(there), len(pairs),
                "".join("; %s never: %s" % (n, NEVER[n, s])
                        for n, s in never)), flush=True)
            missing += [p for p in pairs if p not in self.seen and
                        p not in NEVER]
        assert not missing, "not covered: %s" % missing


def at(doc, path):
    """The value at "a.b.0.c"; ABSENT."""
    for part in path.split("."):
        if isinstance(doc, list):
            if not part.isdigit() or int(part) >= len(doc):
                return ABSENT
            doc = doc[int(part)]
        elif isinstance(doc, dict) and part in doc:
            doc = doc[part]
        else:
            return ABSENT
    return doc
