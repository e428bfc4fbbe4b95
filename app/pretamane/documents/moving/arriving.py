"""Documents that come with all that is known of them: from another house, or from elsewhere."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.contacts import people
from pretamane.core import audit, events, jobs
from pretamane.core.actors import Actor
from pretamane.core.database import after_commit
from pretamane.core.moving import Row, Unfit, identity, moment, moment_or_none, number, words, yes
from pretamane.documents.about import steps
from pretamane.documents.about.steps import ATTACHMENTS, BROUGHT, DONE, FACTS, Step
from pretamane.documents.filing import labels
from pretamane.documents.models import (
    QUARANTINED,
    RECEIVED,
    Document,
    DocumentReader,
    DocumentTag,
    DocumentType,
    DocumentVersion,
    RetentionRule,
    Tag,
)
from pretamane.documents.names import in_order
from pretamane.documents.service import DOCUMENTS_RECEIVED, PROCESS, SCAN, Original
from pretamane.documents.stored import blobs

WAY: Final = "import"


@dataclass(frozen=True)
class BroughtVersion:
    id: UUID
    number: int
    filename: str
    made_at: datetime
    made_by: UUID | None
    # What machines took from it there.
    learned: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Brought:
    """A document as it was elsewhere, in the ids of this house."""

    id: UUID
    title: str
    made_at: datetime
    changed_at: datetime
    current_version_id: UUID
    versions: Sequence[BroughtVersion]
    contact_id: UUID | None = None
    received_by: UUID | None = None
    document_date: date | None = None
    language: str | None = None
    trashed_at: datetime | None = None
    type_id: UUID | None = None
    notes: str = ""
    is_restricted: bool = False
    held_at: datetime | None = None
    held_by: UUID | None = None
    hold_reason: str | None = None
    tag_ids: Collection[UUID] = field(default_factory=tuple)
    reader_ids: Collection[UUID] = field(default_factory=tuple)
    # The fields on which people had their say.
    settled: Sequence[str] = ()
    # People have seen what machines made of it: reading it again here changes none of that.
    is_settled: bool = True


_AS_BROUGHT: Final = (
    *("id", "title", "made_at", "changed_at", "current_version_id", "received_by", "document_date", "language"),
    *("trashed_at", "type_id", "notes", "is_restricted", "held_at", "held_by", "hold_reason"),
)


def known(session: Session, documents: Collection[UUID]) -> set[UUID]:
    return set(session.scalars(select(Document.id).where(Document.id.in_(documents))))


def file_brought(session: Session, brought: Brought, originals: Sequence[Original], by: Actor) -> bool:
    """All of it or nothing, and False where it is here already. Locked in the order of `service.file_original`."""
    if session.scalar(select(Document.id).where(Document.id == brought.id)) is not None:
        return False
    document = Document(**{name: getattr(brought, name) for name in _AS_BROUGHT}, settled=list(brought.settled))
    document.contact_id = people.stand_in(session, brought.contact_id) if brought.contact_id else None
    named = {each.stored.sha256: each.stored for each in originals}
    rows = {sha256: blobs.name(session, named[sha256]) for sha256 in sorted(named)}
    session.add(document)
    for each, original in zip(brought.versions, originals, strict=True):
        session.add(_version(document.id, each, original, rows[original.stored.sha256].id))
    session.flush()
    _file(session, brought)
    for each, original in zip(brought.versions, originals, strict=True):
        _have_read(session, each, original, is_settled=brought.is_settled)
    events.emit(session, "document.received", document, version=brought.current_version_id, way=WAY)
    audit.record(session, by, "document.received", document.id, way=WAY)
    return True


def _version(document_id: UUID, brought: BroughtVersion, original: Original, blob_id: UUID) -> DocumentVersion:
    kind, quarantine = original.recognised.kind, original.recognised.quarantine
    return DocumentVersion(
        id=brought.id,
        document_id=document_id,
        number=brought.number,
        blob_id=blob_id,
        filename=brought.filename,
        media_type=kind.media_type,
        kind=kind.name,
        state=QUARANTINED if quarantine else RECEIVED,
        reason=quarantine.reason if quarantine else None,
        is_unscanned=bool(quarantine and quarantine.is_to_be_scanned_again),
        marks=sorted(original.recognised.marks),
        made_at=brought.made_at,
        made_by=brought.made_by,
        learned=dict(brought.learned) if brought.learned else None,
    )


def _file(session: Session, brought: Brought) -> None:
    session.add_all(DocumentTag(document_id=brought.id, tag_id=tag) for tag in brought.tag_ids)
    session.add_all(DocumentReader(document_id=brought.id, account_id=reader) for reader in brought.reader_ids)
    session.flush()


def _have_read(session: Session, version: BroughtVersion, original: Original, *, is_settled: bool) -> None:
    quarantine = original.recognised.quarantine
    if is_settled:
        steps.note(session, version.id, Step(FACTS, DONE, BROUGHT), Step(ATTACHMENTS, DONE, BROUGHT))
    if quarantine is None:
        jobs.enqueue(session, PROCESS, unique=str(version.id), version=version.id)
    elif quarantine.is_to_be_scanned_again:
        jobs.enqueue(session, SCAN, unique=str(version.id), version=version.id)
    after_commit(session, DOCUMENTS_RECEIVED.labels(original.recognised.kind.name, WAY).inc)


def label(session: Session, document: Document, tags: Collection[UUID], type_id: UUID | None) -> None:
    """What came with it, in the transaction that files it."""
    document.type_id = type_id or document.type_id
    session.flush()
    rows = [{"document_id": document.id, "tag_id": tag} for tag in sorted(set(tags))]
    if rows:
        session.execute(insert(DocumentTag).values(rows).on_conflict_do_nothing())


def give(session: Session, document: Document, contact_id: UUID) -> None:
    document.contact_id = people.stand_in(session, contact_id)


def tie_to_its_mail(session: Session, document_id: UUID, mail_id: UUID) -> bool:
    """An attachment may come before its mail; the mail may never come."""
    mail = select(Document.id).where(Document.id == mail_id, Document.id != document_id)
    if session.scalar(mail.with_for_update(read=True, key_share=True)) is None:
        return False
    tied = update(Document).where(Document.id == document_id, Document.part_of.is_(None)).values(part_of=mail_id)
    session.execute(tied.execution_options(synchronize_session=False))
    return True


def bring_type(session: Session, row: Row) -> tuple[UUID, bool]:
    """The one that stands for it here, by its id or by its name, and whether it is new."""
    values = {"id": identity(row, "id"), "name": words(row, "name"), "made_at": moment(row, "made_at")}
    return _bring_named(session, DocumentType, {**values, "is_expected": yes(row, "is_expected")})


def bring_tag(session: Session, row: Row) -> tuple[UUID, bool]:
    values = {"id": identity(row, "id"), "name": words(row, "name"), "made_at": moment(row, "made_at")}
    return _bring_named(session, Tag, values)


def type_named(session: Session, name: str, by: Actor) -> UUID:
    """Made where there is none."""
    shortened = _shortened(name)
    known = select(DocumentType.id).where(func.lower(DocumentType.name) == func.lower(shortened))
    return session.scalar(known) or labels.make_type(session, shortened, by).id


def tags_named(session: Session, names: Sequence[str], by: Actor) -> set[UUID]:
    shortened = [short for name in names if (short := _shortened(name))]
    return {tag.id for tag in labels.tags_named(session, shortened, by)}


def _shortened(name: str) -> str:
    return in_order(name)[: labels.LONGEST_NAME].strip()


def _bring_named(session: Session, table: type[DocumentType | Tag], values: dict[str, object]) -> tuple[UUID, bool]:
    same_name = func.lower(table.name) == func.lower(str(values["name"]))
    wanted = select(table.id).where(or_(table.id == values["id"], same_name)).order_by(table.id != values["id"])
    made = session.scalar(insert(table).values(values).on_conflict_do_nothing().returning(table.id))
    if made is not None:
        return made, True
    return session.execute(wanted.limit(1)).scalar_one(), False


def bring_rule(session: Session, row: Row, type_id: UUID | None, tag_id: UUID | None, made_by: UUID | None) -> bool:
    """In a house with documents of its own it is not in force until somebody here has looked at what it removes."""
    counted_from, days = words(row, "counted_from"), number(row, "keep_days")
    if counted_from not in ("received", "document_date") or days < 1 or not (type_id or tag_id):
        raise Unfit("this is no rule")
    has_documents = session.scalar(select(Document.id).limit(1)) is not None
    rule = insert(RetentionRule).values(
        id=identity(row, "id"),
        name=words(row, "name"),
        type_id=type_id,
        tag_id=tag_id,
        keep_days=days,
        counted_from=counted_from,
        in_force_since=None if has_documents else moment_or_none(row, "in_force_since"),
        made_at=moment(row, "made_at"),
        made_by=made_by,
    )
    return session.scalar(rule.on_conflict_do_nothing().returning(RetentionRule.id)) is not None
