"""What the shipped rules find in a file: reasons to keep it without serving it."""

import os
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pretamane.documents.recognising.kinds import Kind

if TYPE_CHECKING:
    import yara_x

RULES = Path(__file__).with_name("rules")
# The engine holds the interpreter while it looks, so it is given a little at a time; each piece repeats the end of the
# one before, and no rule reaches further than that. A rule without a reason names a folder of others, which are worth
# their time only where it fits; these look through all of the file again.
WINDOW = 2 * 1024 * 1024
OVERLAP = 64 * 1024
# A file of 512 MiB takes one; ten times as long takes only what was made to hold the rules up.
LONGEST_SECONDS = 10.0
TOO_LONG = "This file is made so that looking for harmful things in it takes too long."
TEST_VIRUS = "This is the harmless test that every virus scanner must find (EICAR)."
# Backwards, so that no scanner takes this file for it.
_TEST_VIRUS = b"*H+H$!ELIF-TSET-SURIVITNA-DRADNATS-RACIE$}7)CC7)^P(45XZP\\4[PA@%P!O5X"[::-1]


def is_test_virus(head: bytes) -> bool:
    """As its makers define it: at the very beginning. It may be named like a program, and is found all the same."""
    return head.startswith(_TEST_VIRUS)


def what_a_rule_says(file: Path, kind: Kind) -> str | None:
    """The reason of the first rule that fits. All of the file is looked at, as it lies there: nothing is unpacked."""
    started, waiting = time.thread_time(), [RULES]
    while waiting:
        scan = _scanner(waiting.pop(), kind)
        for window in _windows(file):
            if time.thread_time() - started > LONGEST_SECONDS:
                return TOO_LONG
            for said in (dict(rule.metadata) for rule in scan.scan(window).matching_rules):
                if "reason" in said:
                    return str(said["reason"])
                further = RULES / str(said["then"])
                waiting = waiting or [further]
    return None


def _scanner(rules: Path, kind: Kind) -> "yara_x.Scanner":
    import yara_x

    scanner = yara_x.Scanner(_rules(rules))
    scanner.set_global("kind", kind.name)
    scanner.fast_scan(True)
    return scanner


@cache
def _rules(folder: Path) -> "yara_x.Rules":
    import yara_x

    compiler = yara_x.Compiler()
    compiler.define_global("kind", "")
    for file in sorted(folder.glob("*.yar")):
        compiler.add_source(file.read_text(encoding="utf-8"), origin=file.name)
    return compiler.build()


def _windows(file: Path) -> Iterator[bytes]:
    """The end of one is read again rather than copied: large files are looked at while somebody waits."""
    with file.open("rb", buffering=0) as opened:
        place = 0
        while window := os.pread(opened.fileno(), WINDOW, place):
            yield window
            if len(window) <= OVERLAP:
                return
            place += len(window) - OVERLAP
