"""The versions of a document's content: another one comes, an older one is current again, and none is ever lost."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core import events
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile, Conflict, NotFound
from pretamane.core.http.versions import Seen
from pretamane.documents import queries, service
from pretamane.documents.about import facts
from pretamane.documents.models import QUARANTINED, Blob, Document, DocumentVersion
from pretamane.documents.service import Arrival, Filed, Onto, Original
from pretamane.documents.serving import originals
from pretamane.documents.stored import blobs

RECEIVED: Final = "document.version-received"
CHOSEN: Final = "document.version-chosen"


def expect(session: Session, onto: Onto, by: Actor, *, as_seen: bool = True) -> None:
    """Refuse before bytes travel for nothing what would be refused behind them."""
    document = queries.document(session, onto.document_id, by).document
    _refuse_in_the_trash(document)
    if as_seen and document.version not in onto.seen:
        raise ChangedMeanwhile("Somebody changed this document meanwhile, so nothing was overwritten.")


def file_version(session: Session, original: Original, arrival: Arrival, by: Actor) -> Filed:
    """Make the next version of bytes that are durable already; of the current version's own bytes, nothing.

    Locked from the document to the bytes, as a purge goes. What is in quarantine waits behind the current version.
    """
    if arrival.onto is None:
        raise ValueError("it has to be said of which document this is a version")
    document = service.as_seen(session, arrival.onto.document_id, arrival.onto.seen, by)
    _refuse_in_the_trash(document)
    blob = blobs.name(session, original.stored)
    versions = _newest_first(session, document.id)
    current = next(each for each in versions if each.id == document.current_version_id)
    shown = current, session.get_one(Blob, current.blob_id)
    for same in _already(versions, current, blob):
        return Filed(document, same, blob, None, is_new=False, current_instead=shown)
    known = queries.known_already(session, original.stored.sha256, by)
    if known is not None and known.id != document.id and arrival.if_known == "ask":
        raise service.known_already(known)
    number = versions[0].number + 1
    version = service.new_version(session, document.id, number, original.recognised, arrival, by)
    version.blob_id = blob.id
    session.add(version)
    session.flush()
    is_held = version.state == QUARANTINED
    if not is_held:
        document.current_version_id = version.id
    service.tell(session, document, RECEIVED, by, version=version.id, way=arrival.way)
    service.have_read(session, version, arrival)
    other = known if known and known.id != document.id else None
    return Filed(document, version, blob, other, current_instead=shown if is_held else None)


def _already(versions: list[DocumentVersion], current: DocumentVersion, blob: Blob) -> list[DocumentVersion]:
    """The current version, or one that waits in quarantine, where it has these very bytes."""
    waiting = [version for version in versions[:1] if version.state == QUARANTINED]
    return [version for version in (current, *waiting) if version.blob_id == blob.id]


def make_current(session: Session, document_id: UUID, number: int, seen: Seen, by: Actor) -> Document:
    """Point at another version, an older one or a newer one again: nothing is copied, and nothing is lost."""
    document = service.as_seen(session, document_id, seen, by)
    _refuse_in_the_trash(document)
    chosen = select(DocumentVersion).where(DocumentVersion.document_id == document_id, DocumentVersion.number == number)
    version = session.scalar(chosen.execution_options(populate_existing=True))
    if version is None:
        raise NotFound(f"This document has no version {number}.")
    if version.state == QUARANTINED:
        raise originals.Quarantined(f"This version is in quarantine. {version.reason}")
    if version.id != document.current_version_id:
        document.current_version_id = version.id
        facts.follow_current(session, document)
        service.tell(session, document, CHOSEN, by, version=version.id)
    return document


def come_forward(session: Session, document: Document, version: DocumentVersion) -> None:
    """Out of quarantine, it becomes current now as it would have then, unless a newer one came in between."""
    newer = [each for each in _newest_first(session, document.id) if each.number > version.number]
    if document.current_version_id == version.id or any(each.state != QUARANTINED for each in newer):
        return
    document.current_version_id = version.id
    facts.follow_current(session, document)
    document.version += 1
    document.changed_at = now(session)
    session.flush()
    events.emit(session, CHOSEN, document, version=version.id)


def _newest_first(session: Session, document_id: UUID) -> list[DocumentVersion]:
    of_it = select(DocumentVersion).where(DocumentVersion.document_id == document_id)
    newest_first = of_it.order_by(DocumentVersion.number.desc()).execution_options(populate_existing=True)
    return list(session.scalars(newest_first))


def _refuse_in_the_trash(document: Document) -> None:
    if document.trashed_at is not None:
        raise Conflict("This document is in the trash. Take it out first.", code="in-the-trash")
