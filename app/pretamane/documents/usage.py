"""How much room documents take: all together, by contact and type, and which are the largest and the oldest.

The total counts bytes that several documents share once, for so much there is. Beside a contact, a type or a document
stands all that is its own, as if nobody shared it: so much would have to be kept if only that were there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core.actors import Actor
from pretamane.documents import queries
from pretamane.documents.models import Blob, Document, DocumentType, DocumentVersion

SHOWN: Final = 10


@dataclass(frozen=True)
class Share:
    """Of a contact or a type; without an id, of those documents that have none."""

    id: UUID | None
    name: str | None
    documents: int
    bytes: int


@dataclass(frozen=True)
class Heavy:
    """A document with every version of its content."""

    id: UUID
    title: str
    made_at: datetime
    versions: int
    bytes: int


@dataclass(frozen=True)
class Usage:
    """`bytes` is of everything, whoever asks; what has a name is only what they may know of."""

    bytes: int
    documents: int
    in_the_trash: int
    by_contact: Sequence[Share]
    by_type: Sequence[Share]
    largest: Sequence[Heavy]
    oldest: Sequence[Heavy]


def total(session: Session) -> int:
    """What all originals take, restricted ones and those in the trash too."""
    used: int = session.execute(select(_summed(Blob.size)).where(Blob.purged_at.is_(None))).scalar_one()
    return used


def usage(session: Session, by: Actor, shown: int = SHOWN) -> Usage:
    count = select(func.count(), func.count(Document.trashed_at)).where(queries.readable(by))
    documents, in_the_trash = session.execute(count).one()
    return Usage(
        total(session),
        documents,
        in_the_trash,
        _by_contact(session, by, shown),
        _by_type(session, by, shown),
        _heavy(session, by, shown, _summed(Blob.size).desc(), Document.id),
        _heavy(session, by, shown, Document.made_at, Document.id),
    )


def _by_contact(session: Session, by: Actor, shown: int) -> Sequence[Share]:
    shares = session.execute(_shares(by, Document.contact_id, shown)).all()
    names = contacts.names(session, {share.whose for share in shares if share.whose})
    return [Share(whose, names.get(whose), documents, size) for whose, documents, size in shares]


def _by_type(session: Session, by: Actor, shown: int) -> Sequence[Share]:
    shares = session.execute(_shares(by, Document.type_id, shown)).all()
    named = select(DocumentType.id, DocumentType.name).where(DocumentType.id.in_([share.whose for share in shares]))
    names = {row.id: row.name for row in session.execute(named)}
    return [Share(whose, names.get(whose), documents, size) for whose, documents, size in shares]


def _shares(by: Actor, whose: Any, shown: int) -> Select[Any]:
    size = _summed(Blob.size)
    together = select(whose.label("whose"), func.count(func.distinct(Document.id)), size)
    return _with_bytes(together, by).group_by(whose).order_by(size.desc(), whose).limit(shown)


def _heavy(session: Session, by: Actor, shown: int, *order: Any) -> Sequence[Heavy]:
    each = select(Document.id, Document.title, Document.made_at, func.count(), _summed(Blob.size))
    rows = session.execute(_with_bytes(each, by).group_by(Document.id).order_by(*order).limit(shown))
    return [Heavy(*row) for row in rows]


def _with_bytes(asked: Select[Any], by: Actor) -> Select[Any]:
    together = asked.join(DocumentVersion, DocumentVersion.document_id == Document.id)
    return together.join(Blob, Blob.id == DocumentVersion.blob_id).where(queries.readable(by))


def _summed(size: Any) -> Any:
    """PostgreSQL adds up in numbers without end."""
    return func.coalesce(func.sum(size), 0).cast(Blob.size.type)
