"""What was found out about a file's content, before its name is held against it."""

from dataclasses import dataclass
from enum import StrEnum

from pretamane.documents.recognising.kinds import OOXML, Kind


class Mark(StrEnum):
    """What a person must know of a document that is taken all the same."""

    LOCKED = "password-protected"
    DAMAGED = "damaged"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    Mark.LOCKED: "This file is password-protected: give the password to read it.",
    Mark.DAMAGED: "This file seems damaged or cut off: some of it may be unreadable, and it is kept just as it came.",
}


@dataclass(frozen=True)
class Found:
    """`kinds` are what the content may be: the name decides among texts that are alike, and of locked Office files."""

    kinds: tuple[Kind, ...]
    marks: frozenset[Mark] = frozenset()
    has_macros: bool = False
    # Where the content ends by its own account; what stands behind it is something else.
    ends_at: int | None = None

    @property
    def called(self) -> str:
        return "an Office document with a password" if self.kinds == OOXML else self.kinds[0].called


def marked(kind: Kind, *, whole: bool, locked: bool = False, ends_at: int | None = None) -> Found:
    marks = {mark for mark, applies in ((Mark.DAMAGED, not whole), (Mark.LOCKED, locked)) if applies}
    return Found((kind,), frozenset(marks), ends_at=ends_at)
