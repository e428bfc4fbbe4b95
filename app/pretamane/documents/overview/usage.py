"""How much room documents take: all together, by contact and type, and which are the largest and the oldest.

The total counts bytes that several documents share once, for so much there is. Beside a contact, a type or a document
stands all that is its own, as if nobody shared it: so much would have to be kept if only that were there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Subquery, func, select
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
        _largest(session, by, shown),
        _oldest(session, by, shown),
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
    each = _of_each_document()
    size = _summed(each.c.bytes)
    together = select(whose.label("whose"), func.count(), size).join(each, each.c.document_id == Document.id)
    return together.where(queries.readable(by)).group_by(whose).order_by(size.desc(), whose).limit(shown)


def _largest(session: Session, by: Actor, shown: int) -> Sequence[Heavy]:
    each = _of_each_document()
    asked = select(Document.id, Document.title, Document.made_at, each.c.versions, each.c.bytes)
    found = asked.join(each, each.c.document_id == Document.id).where(queries.readable(by))
    return [Heavy(*row) for row in session.execute(found.order_by(each.c.bytes.desc(), Document.id).limit(shown))]


def _oldest(session: Session, by: Actor, shown: int) -> Sequence[Heavy]:
    """Only of these few the versions are looked at."""
    first = select(Document.id).where(queries.readable(by)).order_by(Document.made_at, Document.id).limit(shown)
    each = _of_each_document(DocumentVersion.document_id.in_(session.scalars(first).all()))
    asked = select(Document.id, Document.title, Document.made_at, each.c.versions, each.c.bytes)
    found = asked.join(each, each.c.document_id == Document.id).order_by(Document.made_at, Document.id)
    return [Heavy(*row) for row in session.execute(found)]


def _of_each_document(*which: ColumnElement[bool]) -> Subquery:
    versions = select(DocumentVersion.document_id, func.count().label("versions"), _summed(Blob.size).label("bytes"))
    named = versions.join(Blob, Blob.id == DocumentVersion.blob_id).where(*which)
    return named.group_by(DocumentVersion.document_id).subquery()


def _summed(size: Any) -> Any:
    """PostgreSQL adds up in numbers without end."""
    return func.coalesce(func.sum(size), 0).cast(BigInteger)
