"""What is attached to a mail becomes documents of its own, by the same writer as any other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError
from pretamane.core.spool import Spool
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.about.steps import ATTACHMENTS, DONE, FAILED, Step
from pretamane.documents.names import display_name
from pretamane.documents.reading.outcomes import Begun
from pretamane.documents.receiving.receiving import File, Receiving
from pretamane.documents.service import Arrival
from pretamane.ports import Attachment, Writer

WAY: Final = "mail"
# A mail within a mail is a mail: without an end to it, one of a few megabytes could become a million documents.
DEEPEST: Final = 5
FAMILY_MOST: Final = 500
_NAMED_MOST: Final = 5
_SHOWN_MOST: Final = 60

# How deep this mail lies in others, and how many documents came of the outermost; its own attachments do not count,
# which may have been filed by an attempt before.
_FAMILY = text("""
    WITH RECURSIVE up AS (
        SELECT id, part_of, 1 AS depth FROM documents WHERE id = :id
        UNION ALL SELECT outer_mail.id, outer_mail.part_of, up.depth + 1
        FROM documents AS outer_mail JOIN up ON outer_mail.id = up.part_of
    ), family AS (
        SELECT id, CAST(NULL AS uuid) AS part_of FROM up WHERE part_of IS NULL
        UNION ALL SELECT part.id, part.part_of FROM documents AS part JOIN family ON part.part_of = family.id
    )
    SELECT (SELECT max(depth) FROM up), (SELECT count(*) FROM family WHERE part_of IS DISTINCT FROM :id)
""").bindparams(bindparam("id", type_=Uuid))


def room_left(session: Session, document_id: UUID) -> int:
    """How many more documents may come of this mail."""
    depth, members = session.execute(_FAMILY, {"id": document_id}).one()
    return 0 if depth is None or depth >= DEEPEST else max(0, FAMILY_MOST - members)


class _Nowhere:
    """For bytes that nobody wants."""

    def write(self, piece: bytes, /) -> None:
        pass


@dataclass
class Attachments:
    """Of one mail, filed one after the other while the mail is read."""

    mail: Begun
    work: UnitOfWork
    spool: Spool
    receiving: Receiving
    limit: int
    room: int
    _number: int = 0
    _refused: list[str] = field(default_factory=list)

    @contextmanager
    def keep(self, attachment: Attachment) -> Iterator[Writer]:
        self._number += 1
        if self._number > self.room:
            yield _Nowhere()
            return
        with self.spool.filling(limit=self.limit) as filling:
            yield filling
            kept = filling.whole()
            identity = uuid5(self.mail.version_id, f"{self._number} {kept.sha256.hex()}")
            try:
                self.receiving.file(kept, self._arrival(attachment, identity), self._by, self._commit)
            except AppError as refusal:
                if refusal.status >= 500:  # nobody's fault, so it is tried again
                    raise
                self._refused.append(f"“{_shown(attachment.name)}”: {refusal.sentence}")

    def _arrival(self, attachment: Attachment, identity: UUID) -> Arrival:
        return Arrival(attachment.name, WAY, part_of=self.mail.document_id, identity=identity)

    def _commit(self, file: File) -> None:
        self.work.run_now(file)

    @property
    def _by(self) -> Actor:
        """Whoever brought the mail brought what is in it."""
        return Actor(self.mail.received_by, "attached to a mail", Role.STAFF)

    @property
    def step(self) -> Step:
        left_out = max(0, self._number - self.room)
        told = self._refused[:_NAMED_MOST]
        if len(self._refused) > _NAMED_MOST:
            told.append(f"And {len(self._refused) - _NAMED_MOST} more that are not taken.")
        if left_out:
            told.append(f"{left_out} were left in the mail, as too many or too deeply packed documents came of it.")
        return Step(ATTACHMENTS, FAILED if told else DONE, " ".join(told) or None)


def _shown(name: str) -> str:
    shown = display_name(name)
    return shown if len(shown) <= _SHOWN_MOST else f"{shown[:_SHOWN_MOST]}…"
