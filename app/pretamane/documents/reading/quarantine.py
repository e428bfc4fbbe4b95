"""Files that are kept and not served: until the scanner has looked after all, or an administrator has decided."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.core.errors import Conflict, NotFound, Unavailable
from pretamane.core.jobs import Run
from pretamane.documents import queries, service
from pretamane.documents.models import QUARANTINED, Blob, Document, DocumentVersion
from pretamane.documents.reading import outcomes
from pretamane.documents.receiving import versions
from pretamane.documents.recognising.recognition import Quarantine, scanned
from pretamane.ports import BlobStore, Scanner

NOT_SCANNED: Final = "This file could not be scanned for viruses for a whole day; an administrator decides."


@dataclass(frozen=True)
class Scanning:
    """Nobody named a scanner: then nothing is left to wait for."""

    store: BlobStore
    scanner: Scanner | None

    def scan(self, run: Run) -> None:
        version_id = UUID(run.args["version"])
        key = run.read(_key, version_id)
        if key is None:
            return
        try:
            with self.store.as_file(key) as file:
                found = scanned(file, self.scanner) if self.scanner else None
        except FileNotFoundError:
            found = Quarantine("The bytes of this document are missing from where they are kept.")
        if found is not None and found.is_to_be_scanned_again:
            raise Unavailable(found.reason)
        run.finish(_note_scan, version_id, found)


def _key(session: Session, version_id: UUID) -> str | None:
    version = session.get(DocumentVersion, version_id)
    return session.get_one(Blob, version.blob_id).key if version and version.is_unscanned else None


def _note_scan(session: Session, version_id: UUID, found: Quarantine | None) -> None:
    held = outcomes.hold(session, version_id)
    if held is None or not held[1].is_unscanned:
        return
    document, version = held
    version.is_unscanned = False
    if found is not None:
        version.reason = found.reason
        return
    _let_go(session, document, version)


def _let_go(session: Session, document: Document, version: DocumentVersion) -> None:
    version.is_unscanned = False
    outcomes.begin_again(session, version)
    versions.come_forward(session, document, version)
    events.emit(session, "document.released", document, version=version.id)


def note_death(session: Session, version_id: UUID) -> None:
    held = outcomes.hold(session, version_id)
    if held is not None and held[1].is_unscanned:
        held[1].reason = NOT_SCANNED


def release(session: Session, document_id: UUID, by: Actor, number: int | None = None) -> Document:
    """An administrator has looked at it, and answers for it: it is served and processed like any other.

    Without a number it is the newest version that is in quarantine.
    """
    document = service.locked(session, document_id, by)
    held = select(DocumentVersion).where(
        DocumentVersion.document_id == document_id, DocumentVersion.state == QUARANTINED
    )
    if number is not None:
        held = held.where(DocumentVersion.number == number)
    newest = held.order_by(DocumentVersion.number.desc()).limit(1).with_for_update()
    version = session.scalar(newest.execution_options(populate_existing=True))
    if version is None:
        raise Conflict("This document is not in quarantine.", code="not-quarantined")
    _let_go(session, document, version)
    audit.record(session, by, "document.released", document_id)
    return document


def current(session: Session, document_id: UUID, by: Actor) -> tuple[Document, DocumentVersion]:
    """The document and the current version of its content, locked."""
    document = session.scalar(select(Document).where(Document.id == document_id, queries.readable(by)))
    held = document and outcomes.hold(session, document.current_version_id)
    if not held:
        raise NotFound("There is no document with this id.")
    return held
