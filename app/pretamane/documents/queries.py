"""Reads of documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select, tuple_
from sqlalchemy.orm import Session

from pretamane.core.errors import NotFound
from pretamane.core.paging import PAGE, Page, Place, page_of
from pretamane.documents.models import Blob, Document, DocumentStep, DocumentVersion


class Known(NamedTuple):
    """A document whose bytes somebody brings again."""

    id: UUID
    title: str


def known_already(session: Session, sha256: bytes) -> Known | None:
    """The oldest document outside the trash that has these bytes."""
    known = (
        select(Document.id, Document.title)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
        .where(Blob.sha256 == sha256, Blob.purged_at.is_(None), Document.trashed_at.is_(None))
        .order_by(Document.made_at, Document.id)
        .limit(1)
    )
    found = session.execute(known).first()
    return Known(*found) if found else None


@dataclass(frozen=True)
class Documents:
    """Which documents; what is left out does not matter."""

    contact_id: UUID | None = None
    state: str | None = None
    in_the_trash: bool = False


@dataclass(frozen=True)
class Whole:
    """A document with all that is known about its content; the newest version comes first."""

    document: Document
    versions: Sequence[tuple[DocumentVersion, Blob]]
    steps: Sequence[DocumentStep]

    @property
    def current(self) -> tuple[DocumentVersion, Blob]:
        return next(each for each in self.versions if each[0].id == self.document.current_version_id)


Listed = Row[Document, DocumentVersion, Blob]


def documents(session: Session, which: Documents, *, after: str | None = None, limit: int = PAGE) -> Page[Listed]:
    """Newest first, each with its current version."""
    trashed = Document.trashed_at
    known: list[ColumnElement[bool]] = [trashed.is_not(None) if which.in_the_trash else trashed.is_(None)]
    if which.contact_id is not None:
        known.append(Document.contact_id == which.contact_id)
    if which.state is not None:
        known.append(DocumentVersion.state == which.state)
    if after is not None:
        place = Place.of(after)
        known.append(tuple_(Document.made_at, Document.id) < tuple_(place.at, place.id))
    newest = _with_current_version().where(*known).order_by(Document.made_at.desc(), Document.id.desc())
    rows: Sequence[Any] = session.execute(newest.limit(limit + 1)).all()
    return page_of(rows, limit, lambda row: Place(row.Document.made_at, row.Document.id))


def _with_current_version() -> Select[Document, DocumentVersion, Blob]:
    return (
        select(Document, DocumentVersion, Blob)
        .join(DocumentVersion, DocumentVersion.id == Document.current_version_id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
    )


def document(session: Session, document_id: UUID) -> Whole:
    found = session.get(Document, document_id)
    if found is None:
        raise NotFound("There is no document with this id.")
    versions = (
        select(DocumentVersion, Blob)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
        .where(DocumentVersion.document_id == document_id)
        .order_by(DocumentVersion.number.desc())
    )
    steps = select(DocumentStep).where(DocumentStep.version_id == found.current_version_id).order_by(DocumentStep.step)
    rows = [(version, blob) for version, blob in session.execute(versions)]
    return Whole(found, rows, session.scalars(steps).all())


@dataclass(frozen=True)
class Original:
    """One version of a document, as far as its bytes are concerned."""

    document: Document
    version: DocumentVersion
    blob: Blob


def original(session: Session, document_id: UUID, number: int | None = None) -> Original:
    """Of this document, the version with the number, or the current one."""
    which = DocumentVersion.number == number if number else DocumentVersion.id == Document.current_version_id
    return _original(session, Document.id == document_id, which)


def original_of(session: Session, version_id: UUID) -> Original:
    return _original(session, DocumentVersion.id == version_id)


def _original(session: Session, *which: ColumnElement[bool]) -> Original:
    named = (
        select(Document, DocumentVersion, Blob)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
    )
    found = session.execute(named.where(*which)).first()
    if found is None:
        raise NotFound("There is no document with this id, or no such version of it.")
    return Original(*found)


def parts_of(session: Session, document_id: UUID) -> Sequence[Known]:
    """What was attached to a mail, but for what is in the trash."""
    parts = select(Document.id, Document.title).where(Document.part_of == document_id, Document.trashed_at.is_(None))
    return [Known(*row) for row in session.execute(parts.order_by(Document.made_at, Document.id))]


def has_bytes(session: Session, key: str) -> bool:
    """Whether the bytes under this key should be there: nobody has purged them."""
    return session.scalar(select(Blob.id).where(Blob.key == key, Blob.purged_at.is_(None))) is not None
