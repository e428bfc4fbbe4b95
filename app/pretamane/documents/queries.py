"""Reads of documents."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, exists, func, or_, select, true, tuple_
from sqlalchemy.orm import Session, selectinload

from pretamane.core.actors import Actor
from pretamane.core.errors import NotFound
from pretamane.core.paging import PAGE, Page, Place, page_of
from pretamane.core.words import asked_for
from pretamane.documents import finding
from pretamane.documents.models import Blob, Document, DocumentReader, DocumentStep, DocumentTag, DocumentVersion, Tag
from pretamane.documents.names import in_order
from pretamane.practice import queries as practice_queries


def readable(by: Actor) -> ColumnElement[bool]:
    """What they may know of: to anybody else a restricted document does not exist. Every read for somebody asks it."""
    return readable_to(by.account_id)


def readable_to(account_id: UUID | None) -> ColumnElement[bool]:
    """To nobody's account, as the operator's and the house's own work is, everything."""
    if account_id is None:
        return true()
    named = select(DocumentReader.document_id).where(
        DocumentReader.document_id == Document.id, DocumentReader.account_id == account_id
    )
    return or_(Document.is_restricted.is_(False), named.exists())


class Known(NamedTuple):
    """A document by its name, such as one whose bytes somebody brings again."""

    id: UUID
    title: str


def known_already(session: Session, sha256: bytes, by: Actor) -> Known | None:
    """The oldest document outside the trash that has these bytes, of those that they may know of."""
    known = (
        select(Document.id, Document.title)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
        .where(Blob.sha256 == sha256, Blob.purged_at.is_(None), Document.trashed_at.is_(None), readable(by))
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
    type_id: UUID | None = None
    # By their names, whatever their case; a document must have all of them.
    tags: Sequence[str] = ()
    # Days on the document, and days of the practice on which it came; the last one counts too.
    dated_from: date | None = None
    dated_to: date | None = None
    received_from: date | None = None
    received_to: date | None = None
    # Words that are all in the title; the last may be the start of one.
    title: str | None = None
    is_untyped: bool = False
    is_without_contact: bool = False

    @property
    def by_their_day(self) -> bool:
        """Whoever asks for a span of days reads along it; an index does too."""
        return self.dated_from is not None or self.dated_to is not None


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


def documents(
    session: Session, which: Documents, by: Actor, *, after: str | None = None, limit: int = PAGE
) -> Page[Listed]:
    """Newest first, each with its current version; by the day on them where that is asked for."""
    at = Document.document_date if which.by_their_day else Document.made_at
    tags = _tags_called(session, which.tags)
    if tags is None:
        return Page((), None)
    known = [readable(by), *_known(which), *_received(session, which), *map(_has_tag, tags)]
    if after is not None:
        place = Place.of(after)
        known.append(tuple_(at, Document.id) < tuple_(place.at.date() if which.by_their_day else place.at, place.id))
    wanted = finding.places(at, known, by_version=which.state is not None)
    words = asked_for(which.title)
    ids = finding.newest(wanted, limit) if words is None else finding.newest_with(session, words, wanted, limit)
    listed = _with_current_version().options(*_LABELS).where(Document.id.in_(ids))
    rows: Sequence[Any] = session.execute(listed.order_by(at.desc(), Document.id.desc())).all()
    return page_of(rows, limit, lambda row: Place(_moment_of(row.Document, which), row.Document.id))


def _moment_of(document: Document, which: Documents) -> datetime:
    day = document.document_date
    return datetime.combine(day, time.min, UTC) if which.by_their_day and day else document.made_at


def _known(which: Documents) -> Iterator[ColumnElement[bool]]:
    trashed = Document.trashed_at
    yield trashed.is_not(None) if which.in_the_trash else trashed.is_(None)
    if which.contact_id is not None:
        yield Document.contact_id == which.contact_id
    if which.state is not None:
        yield DocumentVersion.state == which.state
    if which.type_id is not None:
        yield Document.type_id == which.type_id
    if which.is_untyped:
        yield Document.type_id.is_(None)
    if which.is_without_contact:
        yield Document.contact_id.is_(None)
    if which.dated_from is not None:
        yield Document.document_date >= which.dated_from
    if which.dated_to is not None:
        yield Document.document_date <= which.dated_to


def _received(session: Session, which: Documents) -> Iterator[ColumnElement[bool]]:
    if which.received_from is None and which.received_to is None:
        return
    zone = ZoneInfo(practice_queries.current(session).time_zone)
    if which.received_from is not None:
        yield Document.made_at >= datetime.combine(which.received_from, time.min, zone)
    if which.received_to is not None and which.received_to < date.max:
        yield Document.made_at < datetime.combine(which.received_to + timedelta(days=1), time.min, zone)


def _tags_called(session: Session, names: Sequence[str]) -> Sequence[UUID] | None:
    """None where one of them is no tag's name: nothing has it."""
    wanted = {in_order(name).lower() for name in names}
    called = func.lower(Tag.name).in_([func.lower(name) for name in wanted])
    tags = session.scalars(select(Tag.id).where(called)).all() if wanted else ()
    return tags if len(tags) == len(wanted) else None


def _has_tag(tag_id: UUID) -> ColumnElement[bool]:
    return exists().where(DocumentTag.document_id == Document.id, DocumentTag.tag_id == tag_id)


# What stands beside a document wherever it is told of.
_LABELS = (selectinload(Document.type), selectinload(Document.tags))


def _with_current_version() -> Select[Document, DocumentVersion, Blob]:
    return (
        select(Document, DocumentVersion, Blob)
        .join(DocumentVersion, DocumentVersion.id == Document.current_version_id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
    )


def document(session: Session, document_id: UUID, by: Actor) -> Whole:
    asked = select(Document).where(Document.id == document_id, readable(by)).options(*_LABELS)
    found = session.scalar(asked.execution_options(populate_existing=True))
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


def original(session: Session, document_id: UUID, by: Actor, number: int | None = None) -> Original:
    """Of this document, the version with the number, or the current one."""
    which = DocumentVersion.number == number if number else DocumentVersion.id == Document.current_version_id
    return _original(session, Document.id == document_id, which, readable(by))


def original_of(session: Session, version_id: UUID, reader: UUID | None) -> Original:
    """For whom it is fetched is an account, or nobody's."""
    return _original(session, DocumentVersion.id == version_id, readable_to(reader))


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


def parts_of(session: Session, document_id: UUID, by: Actor) -> Sequence[Known]:
    """What was attached to a mail, but for what is in the trash."""
    attached = Document.part_of == document_id, Document.trashed_at.is_(None), readable(by)
    parts = select(Document.id, Document.title).where(*attached).order_by(Document.made_at, Document.id)
    return [Known(*row) for row in session.execute(parts)]


def named(session: Session, document_id: UUID, by: Actor) -> Known | None:
    """None also where they may not know of it."""
    asked = select(Document.id, Document.title).where(Document.id == document_id, readable(by))
    found = session.execute(asked).first()
    return Known(*found) if found else None


def has_bytes(session: Session, key: str) -> bool:
    """Whether the bytes under this key should be there: nobody has purged them."""
    return session.scalar(select(Blob.id).where(Blob.key == key, Blob.purged_at.is_(None))) is not None


def knows_others(session: Session, documents: Collection[UUID]) -> bool:
    """Whether anything was filed but these, and what was attached to them."""
    other = select(Document.id).where(Document.id.not_in(documents), Document.part_of.is_(None)).limit(1)
    return session.scalar(other) is not None
