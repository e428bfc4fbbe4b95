"""A person's wish to have a document read again."""

from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.errors import Conflict, Forbidden
from pretamane.documents.models import PROCESSING, QUARANTINED, READY, Document
from pretamane.documents.reading import outcomes, quarantine
from pretamane.documents.recognising.found import Mark


def process_again(session: Session, document_id: UUID, by: Actor) -> Document:
    """What was read before stays to be seen until the new reading comes in its place."""
    document, version = quarantine.current(session, document_id, by)
    if version.state == QUARANTINED:
        raise Forbidden("This document is in quarantine; an administrator decides about it.", code="quarantined")
    if version.state == READY and Mark.LOCKED in version.marks:
        raise Conflict(
            "This document is locked: give its password again to have it read again.", code="password-needed"
        )
    if version.state != PROCESSING:
        outcomes.begin_again(session, version)
    audit.record(session, by, "document.processed-again", document_id)
    return document
