"""Arriving from any folder: each file is filed by the same rules as an upload, and keeps one identity for all runs."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from pretamane.contacts import finding
from pretamane.contacts.finding import SeveralMeant
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import AppError, TooLarge
from pretamane.documents import queries as documents
from pretamane.documents.moving import arriving
from pretamane.documents.receiving.receiving import File
from pretamane.documents.service import Arrival, Filed, IfKnown
from pretamane.system.arriving import folders
from pretamane.system.arriving.bringing import Bringing
from pretamane.system.arriving.folders import Found, Unreachable
from pretamane.system.arriving.patterns import Meant, Pattern
from pretamane.system.arriving.report import (
    DUPLICATE,
    KNOWN,
    LEFT_OUT,
    QUARANTINED,
    REFUSED,
    TAKEN,
    UNREADABLE,
    WOULD_TAKE,
    Line,
    Report,
)

_FILES: Final = UUID("3b1f3f0a-7f53-5b57-9d0e-0c7a2f5f6c9e")


@dataclass(frozen=True)
class Wishes:
    pattern: Pattern
    limit: int
    makes_contacts: bool = False
    skips_duplicates: bool = False
    is_only_looking: bool = False

    @property
    def if_known(self) -> IfKnown:
        return "ask" if self.skips_duplicates else "keep"


@dataclass(frozen=True)
class _Looked:
    """A file that is there, and what its bytes come to."""

    path: str
    sha256: bytes
    size: int

    @property
    def identity(self) -> UUID:
        """Of the same bytes in the same place: so a second run finds what the first has filed."""
        return uuid5(_FILES, f"{os.fsencode(self.path).hex()} {self.sha256.hex()}")


class Gathering:
    def __init__(
        self, bringing: Bringing, place: Path, wishes: Wishes, report: Report, seen: Callable[[str, None, int], None]
    ) -> None:
        self._bringing, self._work, self._place, self._wishes = bringing, bringing.work, place, wishes
        self._report, self._seen = report, seen

    def run(self) -> None:
        for found in folders.walk(self._place):
            self._report.tell(self._line(found))
            self._seen("Files", None, 1)

    def _line(self, found: Found) -> Line:
        if found.refusal:
            return Line(found.path, UNREADABLE if found.is_fault else LEFT_OUT, found.refusal)
        try:
            looked = self._look(found.path)
            if self._work.run_now(arriving.known, [looked.identity]):
                return Line(found.path, KNOWN, "It is here already, from here.", looked.identity)
            return self._take(looked)
        except Unreachable as refusal:
            return Line(found.path, UNREADABLE, refusal.sentence)
        except AppError as refusal:
            if refusal.status >= 500:  # nobody's fault: whoever runs it again goes on here
                raise
            return Line(found.path, DUPLICATE if refusal.code == "known-already" else REFUSED, refusal.sentence)

    def _look(self, path: str) -> _Looked:
        digest, size = hashlib.sha256(), 0
        with folders.opened(self._place, path) as file:
            for piece in folders.pieces(file):
                digest.update(piece)
                size += len(piece)
                if size > self._wishes.limit:
                    raise TooLarge.beyond(self._wishes.limit)
        return _Looked(path, digest.digest(), size)

    def _take(self, looked: _Looked) -> Line:
        spool, receiving = self._bringing.spool, self._bringing.receiving
        with spool.filling(limit=self._wishes.limit) as filling:
            with folders.opened(self._place, looked.path) as file:
                for piece in folders.pieces(file):
                    filling.write(piece)
            kept = filling.whole()
            if kept.sha256 != looked.sha256:
                raise Unreachable("It was being changed while it was read; run the command again.")
            name = PurePosixPath(looked.path).name
            if self._wishes.is_only_looking:
                quarantine = receiving.look(kept, name).quarantine
                return self._work.run_now(self._would_be, looked, quarantine.reason if quarantine else None)
            placed = _Placed(looked, self._meant(looked), self._wishes)
            arrival = Arrival(name, arriving.WAY, if_known=self._wishes.if_known, identity=looked.identity)
            return receiving.file(kept, arrival, OPERATOR, lambda file: self._work.run_now(placed.filed, file))

    def _meant(self, looked: _Looked) -> Meant:
        return self._wishes.pattern.read(looked.path.split("/")[:-1])

    def _would_be(self, session: Session, looked: _Looked, quarantine: str | None) -> Line:
        told = [quarantine] if quarantine else []
        if known := documents.known_already(session, looked.sha256, OPERATOR):
            told.append(f"You have this already, as “{known.title}”.")
        contact = self._meant(looked).contact
        if contact and not self._wishes.makes_contacts:
            told.append(_whose(session, contact)[1])
        return Line(looked.path, WOULD_TAKE, " ".join(filter(None, told)))


@dataclass(frozen=True)
class _Placed:
    """A file with what its folders say of it; filed with that, in one transaction, or not at all."""

    looked: _Looked
    meant: Meant
    wishes: Wishes

    def filed(self, session: Session, file: File) -> Line:
        filed, told = file(session), []
        if self.meant.contact:
            told.append(self._give(session, filed))
        tags = arriving.tags_named(session, self.meant.tags, OPERATOR)
        type_id = arriving.type_named(session, self.meant.type, OPERATOR) if self.meant.type else None
        arriving.label(session, filed.document, tags, type_id)
        if filed.duplicate_of is not None:
            told.append(f"You have this already, as “{filed.duplicate_of.title}”.")
        quarantine = filed.version.reason
        outcome = QUARANTINED if quarantine else DUPLICATE if filed.duplicate_of else TAKEN
        return Line(self.looked.path, outcome, " ".join(filter(None, [quarantine, *told])), filed.document.id)

    def _give(self, session: Session, filed: Filed) -> str:
        found, sentence = _whose(session, str(self.meant.contact))
        if found is None and self.wishes.makes_contacts and sentence == _nobody(str(self.meant.contact)):
            found, sentence = finding.make(session, str(self.meant.contact), OPERATOR), ""
        if found is not None:
            arriving.give(session, filed.document, found)
        return sentence


def _whose(session: Session, word: str) -> tuple[UUID | None, str]:
    try:
        found = finding.find(session, word)
    except SeveralMeant:
        return None, f"Several contacts are called “{word}”, so it has none."
    return found, "" if found else _nobody(word)


def _nobody(word: str) -> str:
    return f"No contact is called “{word}”, so it has none."
