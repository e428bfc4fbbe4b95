"""What became of each file: one line, for a person and for a program."""

import csv
from collections import Counter
from typing import Final, NamedTuple, TextIO
from uuid import UUID

from pretamane.core.http.tables import harmless

TAKEN: Final = "taken"
KNOWN: Final = "known"
DUPLICATE: Final = "duplicate"
QUARANTINED: Final = "quarantined"
REFUSED: Final = "refused"
DAMAGED: Final = "damaged"
MISSING: Final = "missing"
UNREADABLE: Final = "unreadable"
LEFT_OUT: Final = "left out"
WOULD_TAKE: Final = "would take"

# Somebody has to look after these.
FAULTS: Final = (REFUSED, DAMAGED, MISSING, UNREADABLE)


class Line(NamedTuple):
    path: str
    outcome: str
    sentence: str = ""
    document_id: UUID | None = None


class Report:
    """As CSV, each line as soon as it is known: whoever breaks off sees how far it came."""

    def __init__(self, into: TextIO) -> None:
        self._lines = csv.writer(into, quoting=csv.QUOTE_ALL, lineterminator="\n")
        self._into = into
        self.counts: Counter[str] = Counter()
        self._lines.writerow(Line._fields)

    def tell(self, line: Line) -> None:
        self.counts[line.outcome] += 1
        self._lines.writerow([_shown(harmless(cell)) for cell in line])
        self._into.flush()

    @property
    def faults(self) -> int:
        return sum(self.counts[outcome] for outcome in FAULTS)

    @property
    def summary(self) -> str:
        told = [f"{count:,} {outcome}" for outcome, count in sorted(self.counts.items())]
        return ", ".join(told) + "." if told else "There was nothing to take."


def _shown(text: str) -> str:
    """Names on a disk may be no text at all."""
    return text.encode("utf-8", "backslashreplace").decode()
