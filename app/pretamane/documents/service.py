"""What can be done with documents: the only code that writes their rows."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import BigInteger, bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from pretamane.contacts import people
from pretamane.core import audit, events, jobs
from pretamane.core.actors import Actor
from pretamane.core.database import after_commit, now
from pretamane.core.errors import ChangedMeanwhile, Conflict, NotFound
from pretamane.core.http.versions import Seen
from pretamane.core.ids import new_id
from pretamane.documents import queries
from pretamane.documents.models import QUARANTINED, RECEIVED, Blob, Document, DocumentReader, DocumentVersion
from pretamane.documents.names import in_order
from pretamane.documents.recognising.recognition import Recognised
from pretamane.documents.stored import blobs, removal
from pretamane.documents.stored.blobs import Stored

PROCESS = "documents.process"
SCAN = "documents.scan"
LONGEST_TITLE = 300
LONGEST_NAME = 4000

DOCUMENTS_RECEIVED = Counter("documents_received_total", "Documents kept, by kind and by way in.", ["kind", "way"])

IfKnown = Literal["keep", "ask"]


@dataclass(frozen=True)
class Onto:
    """The document whose next version it is, and which versions of that document its sender had seen."""

    document_id: UUID
    seen: Seen


@dataclass(frozen=True)
class Arrival:
    """What came with the bytes, and by which way."""

    filename: str
    way: str
    title: str | None = None
    contact_id: UUID | None = None
    # The mail that it is attached to, and whose it then is.
    part_of: UUID | None = None
    if_known: IfKnown = "keep"
    # At first only whoever brought it may know of it.
    is_restricted: bool = False
    # Of what may be brought twice, by whoever cannot know whether it was filed before: the id that it gets.
    identity: UUID | None = None
    onto: Onto | None = None


@dataclass(frozen=True)
class Original:
    """Bytes that are durable already, and what they are."""

    stored: Stored
    recognised: Recognised


@dataclass(frozen=True)
class Filed:
    document: Document
    version: DocumentVersion
    blob: Blob
    duplicate_of: queries.Known | None
    # The document has these very bytes already, so nothing was made of them.
    is_new: bool = True
    # Where it is another one than what was filed.
    current_instead: tuple[DocumentVersion, Blob] | None = None

    @property
    def current(self) -> tuple[DocumentVersion, Blob]:
        return self.current_instead or (self.version, self.blob)


def file_original(session: Session, original: Original, arrival: Arrival, by: Actor) -> Filed:
    """Make the document of bytes that are already durable, and queue its processing.

    Locked from the contact and the mail to the bytes, in the order in which a purge goes.
    """
    if arrival.identity is not None and (before := _filed_before(session, arrival.identity)) is not None:
        return before
    contact_id, readers = _whose(session, arrival, by)
    blob = blobs.name(session, original.stored)
    known = queries.known_already(session, original.stored.sha256, by)
    if known is not None and arrival.if_known == "ask":
        raise known_already(known)
    document, version = _first_version(session, original.recognised, arrival, by)
    document.contact_id, version.blob_id = contact_id, blob.id
    document.is_restricted = readers is not None
    session.add_all((document, version))
    session.add_all(DocumentReader(document_id=document.id, account_id=each) for each in readers or ())
    session.flush()
    set_committed_value(document, "type", None)
    set_committed_value(document, "tags", [])
    events.emit(session, "document.received", document, version=version.id, way=arrival.way)
    audit.record(session, by, "document.received", document.id, way=arrival.way)
    have_read(session, version, arrival)
    return Filed(document, version, blob, known)


def have_read(session: Session, version: DocumentVersion, arrival: Arrival) -> None:
    """Whatever is in quarantine is scanned, or waits for a person."""
    if version.state != QUARANTINED:
        jobs.enqueue(session, PROCESS, unique=str(version.id), version=version.id)
    elif version.is_unscanned:
        jobs.enqueue(session, SCAN, unique=str(version.id), version=version.id)
    after_commit(session, DOCUMENTS_RECEIVED.labels(version.kind, arrival.way).inc)


def _filed_before(session: Session, identity: UUID) -> Filed | None:
    """Whoever files the same at the same time waits here, and then finds it."""
    turn = bindparam("turn", identity.int % 2**63, BigInteger)
    session.execute(select(func.pg_advisory_xact_lock(turn)))
    known = (
        select(Document, DocumentVersion, Blob)
        .join(DocumentVersion, DocumentVersion.id == Document.current_version_id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
        .where(Document.id == identity)
    )
    found = session.execute(known).first()
    return Filed(found[0], found[1], found[2], None) if found else None


def _first_version(
    session: Session, recognised: Recognised, arrival: Arrival, by: Actor
) -> tuple[Document, DocumentVersion]:
    at, document_id = now(session), arrival.identity or new_id()
    version = new_version(session, document_id, 1, recognised, arrival, by)
    document = Document(
        id=document_id,
        title=tidy_title(arrival.title or "") or title_of_file(version.filename),
        current_version_id=version.id,
        part_of=arrival.part_of,
        received_by=by.account_id,
        made_at=at,
        changed_at=at,
        settled=["title"] if arrival.title else [],
    )
    return document, version


def new_version(
    session: Session, document_id: UUID, number: int, recognised: Recognised, arrival: Arrival, by: Actor
) -> DocumentVersion:
    quarantine = recognised.quarantine
    return DocumentVersion(
        id=new_id(),
        document_id=document_id,
        number=number,
        filename=storable(arrival.filename) or "unnamed",
        kind=recognised.kind.name,
        media_type=recognised.kind.media_type,
        marks=sorted(recognised.marks),
        state=QUARANTINED if quarantine else RECEIVED,
        reason=quarantine.reason if quarantine else None,
        is_unscanned=bool(quarantine and quarantine.is_to_be_scanned_again),
        made_at=now(session),
        made_by=by.account_id,
    )


def storable(name: str) -> str:
    """As it was given, but for what PostgreSQL takes in no text, and for the middle of one that nobody could read."""
    name = name.encode("utf-8", "ignore").decode("utf-8").replace("\0", "")
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[: half - 1]}…{name[-half:]}"


def tidy_title(text: str) -> str:
    """As a person or a file gave it; what cannot be seen in it goes, as from a file's name."""
    return in_order(text)[:LONGEST_TITLE].strip()


def title_of_file(filename: str) -> str:
    """What a document is called as long as nobody and nothing says better."""
    return tidy_title(PurePath(filename).stem) or "Untitled"


def known_already(known: queries.Known) -> Conflict:
    return Conflict(
        f"You have this already, as “{known.title}”.",
        code="known-already",
        headers={"Location": f"/api/v1/documents/{known.id}"},
        members={"document": {"id": str(known.id), "title": known.title}},
    )


def _whose(session: Session, arrival: Arrival, by: Actor) -> tuple[UUID | None, Collection[UUID] | None]:
    """The contact, and who may know of it: None for everybody. What is attached to a mail has those of the mail."""
    if arrival.part_of is not None:
        contact_id, is_restricted = _its_mails(session, arrival.part_of)
        named = select(DocumentReader.account_id).where(DocumentReader.document_id == arrival.part_of)
        return contact_id, session.scalars(named).all() if is_restricted else None
    own = [by.account_id] if by.account_id else []
    contact_id = people.stand_in(session, arrival.contact_id) if arrival.contact_id else None
    return contact_id, own if arrival.is_restricted else None


def _its_mails(session: Session, mail_id: UUID) -> tuple[UUID | None, bool]:
    """The mail is locked: it neither goes, nor is it restricted or given to another, before this is there to follow it.

    The contact is locked before it, as by all who lock both; so where the mail gets another one in between, once more.
    """
    mail = select(Document.contact_id, Document.is_restricted).where(Document.id == mail_id)
    seen = session.execute(mail).first()
    while seen is not None:
        whose = {seen.contact_id} - {None}
        contact_id = next(iter(people.stand_ins(session, whose).values()), None)
        with session.begin_nested() as lock:
            seen = session.execute(mail.with_for_update(read=True)).first()
            if seen is not None and seen.contact_id == contact_id:
                return contact_id, seen.is_restricted
            lock.rollback()
    raise NotFound("The document that this is part of is gone.")


def trash(session: Session, document_id: UUID, seen: Seen, by: Actor) -> Document:
    document = as_seen(session, document_id, seen, by)
    if document.trashed_at is None:
        put_into_trash(session, document, by)
    return document


def put_into_trash(session: Session, document: Document, by: Actor, **why: object) -> None:
    """One that is locked."""
    refuse_while_held(document)
    document.trashed_at = now(session)
    tell(session, document, "document.trashed", by, **why)


def refuse_while_held(document: Document) -> None:
    """Whatever trashes, purges or erases asks this of the row that it has locked."""
    if document.held_at is not None:
        sentence = "This document is on hold: nothing removes it until an administrator lifts the hold."
        raise Conflict(sentence, code="on-hold")


def restore(session: Session, document_id: UUID, seen: Seen, by: Actor) -> Document:
    document = as_seen(session, document_id, seen, by)
    if document.trashed_at is not None:
        document.trashed_at = None
        tell(session, document, "document.restored", by)
    return document


def as_seen(session: Session, document_id: UUID, seen: Seen, by: Actor) -> Document:
    """Locked until the commit, and no other version of it than one that they saw."""
    document = locked(session, document_id, by)
    if document.version not in seen:
        raise ChangedMeanwhile("Somebody changed this document meanwhile, so nothing was overwritten.")
    return document


def locked(session: Session, document_id: UUID, by: Actor) -> Document:
    """Until the commit, and as it is now; who may not know of it learns nothing by waiting for it either."""
    asked = select(Document).where(Document.id == document_id, queries.readable(by)).with_for_update(of=Document)
    document = session.scalar(asked.execution_options(populate_existing=True))
    if document is None:
        raise NotFound("There is no document with this id.")
    return document


def tell(session: Session, document: Document, what: str, by: Actor, **how: object) -> None:
    """Of a change that was just made: the document's next version, its event, and the audit's entry."""
    document.version += 1
    document.changed_at = now(session)
    session.flush()
    audit.record(session, by, what, document.id, **how)
    events.emit(session, what, document, **how)


def purge(session: Session, document_id: UUID, by: Actor) -> None:
    """Out of the trash for good: its rows now, and its bytes by a job where no other version names them."""
    tags = removal.hold_tags(session, [document_id])
    document = locked(session, document_id, by)
    refuse_while_held(document)
    if document.trashed_at is None:
        raise Conflict("Only what is in the trash can be removed for good.", code="not-in-the-trash")
    removal.remove(session, [document_id], tags)
    audit.record(session, by, "document.purged", document_id)
    events.emit(session, "document.purged", document_id)


def follow_a_merge(session: Session, merged: events.Event) -> None:
    """What was the other contact's is the survivor's. The merge holds both, so nothing is filed with the other now."""
    moved = {"contact_id": merged.subject, "version": Document.version + 1, "changed_at": now(session)}
    others = select(Document.id).where(Document.contact_id == UUID(merged.details["other"]))
    session.execute(others.order_by(Document.id).with_for_update())
    moving = update(Document).where(Document.contact_id == UUID(merged.details["other"])).values(moved)
    session.execute(moving.execution_options(synchronize_session=False))
