"""The documents of one contact, a stretch at a time, with the originals of all their versions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, not_, select
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.documents import queries
from pretamane.documents.models import (
    QUARANTINED,
    Blob,
    Document,
    DocumentTag,
    DocumentType,
    DocumentVersion,
    Tag,
)

DOCUMENT: Final = (
    *("title", "document_date", "type", "tags", "notes", "language", "received_at", "trashed_at", "version"),
    *("filename", "media_type", "size", "sha256", "file"),
)


@dataclass(frozen=True)
class Original:
    """One version; in quarantine its bytes are given to nobody."""

    id: UUID
    key: str
    size: int
    made_at: datetime
    title: str
    filename: str
    number: int
    is_current: bool
    is_withheld: bool
    row: dict[str, Any]


def originals(session: Session, contacts: Collection[UUID], by: Actor, after: UUID, limit: int) -> Sequence[Original]:
    asked = (
        select(Document, DocumentVersion, Blob, DocumentType.name)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
        .outerjoin(DocumentType, DocumentType.id == Document.type_id)
        .where(Document.contact_id.in_(contacts), queries.readable(by), DocumentVersion.id > after)
        .order_by(DocumentVersion.id)
        .limit(limit)
    )
    rows = session.execute(asked).all()
    tags = _tags_of(session, {row[0].id for row in rows})
    return [_original(*row, tags.get(row[0].id, [])) for row in rows]


def _tags_of(session: Session, documents: Collection[UUID]) -> dict[UUID, list[str]]:
    asked = (
        select(DocumentTag.document_id, func.array_agg(Tag.name))
        .join(Tag, Tag.id == DocumentTag.tag_id)
        .where(DocumentTag.document_id.in_(documents))
        .group_by(DocumentTag.document_id)
    )
    return {document: sorted(names) for document, names in session.execute(asked)}


def _original(document: Document, version: DocumentVersion, blob: Blob, kind: str | None, tags: list[str]) -> Original:
    about = {name: getattr(document, name) for name in ("title", "document_date", "notes", "language", "trashed_at")}
    bytes_of = {"filename": version.filename, "media_type": version.media_type, "size": blob.size}
    row = {"type": kind, "tags": tags, "received_at": document.made_at, "version": version.number}
    return Original(
        version.id,
        blob.key,
        blob.size,
        version.made_at,
        document.title,
        version.filename,
        version.number,
        version.id == document.current_version_id,
        version.state == QUARANTINED,
        {**about, **row, **bytes_of, "sha256": blob.sha256.hex()},
    )


def ids_of(session: Session, contacts: Collection[UUID], by: Actor) -> Sequence[UUID]:
    return session.scalars(select(Document.id).where(Document.contact_id.in_(contacts), queries.readable(by))).all()


def count_left_out(session: Session, contacts: Collection[UUID], by: Actor) -> int:
    """Restricted ones that whoever asks may not know more of."""
    others = select(func.count()).select_from(Document).where(Document.contact_id.in_(contacts))
    return session.execute(others.where(not_(queries.readable(by)))).scalar_one()
