"""What an operator gets, as texts: the pages of the manual and the scripts of
conf/hooks; of this tree, or, where HALYARD_INSTALLED says so, of what was
installed."""

import glob
import gzip
import os
import re

from halyard import INSTALLED, ROOT

PAGE = re.compile(r"/man/man[1-9]/[^/]+\.[1-9](\.gz)?$")
SCRIPT = re.compile(r"/halyard/hooks/[^/]+\.hsl(\.sample)?$")


def text(path):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as f:
        return f.read()


def found(pattern, in_tree):
    """Files by their names as they are in use; a link is the file it means."""
    if INSTALLED is None:
        paths = [p for g in in_tree
                 for p in glob.glob(os.path.join(ROOT, g))]
    else:
        paths = {os.path.realpath(p) for p in INSTALLED if pattern.search(p)}
    return {re.sub(r"\.(gz|sample)$", "", os.path.basename(p)): text(p)
            for p in sorted(paths)}


def pages():
    """{"main.cf.5": what it says}"""
    return found(PAGE, ["*/*.[1-9]", "common/*/*.[1-9]", "master/*/*.[1-9]"])


def scripts():
    """{"backoff.hsl": what it says}; what was installed has those that the
    configuration begins with, too."""
    return found(SCRIPT, ["conf/hooks/*.hsl"])
