"""Uploads that come in parts, as rows: who sends what, until when, and which document it became."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from pretamane.contacts import people
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import Gone, NotFound
from pretamane.core.http.versions import Seen
from pretamane.core.ids import new_id
from pretamane.documents.models import Upload
from pretamane.documents.receiving import versions
from pretamane.documents.service import Onto, storable

LIVES_FOR = timedelta(hours=24)
# Whoever asks for one that has ended is told so for another day.
TOLD_FOR = timedelta(hours=24)


@dataclass(frozen=True)
class Announced:
    """What is going to come."""

    filename: str
    length: int
    details: Mapping[str, Any]


def begin(session: Session, announced: Announced, by: Actor, *, upload_id: UUID | None = None) -> Upload:
    if contact_id := announced.details.get("contact_id"):
        people.stand_in(session, UUID(contact_id))
    if onto := onto_in(announced.details):
        versions.expect(session, onto, by)
    at = now(session)
    upload = Upload(
        id=upload_id or new_id(),
        account_id=by.account_id,
        filename=storable(announced.filename),
        length=announced.length,
        details=dict(announced.details),
        made_at=at,
        expires_at=at + LIVES_FOR,
    )
    session.add(upload)
    session.flush()
    return upload


def onto_in(details: Mapping[str, Any], seen: Seen | None = None) -> Onto | None:
    """Whoever looked again meanwhile says what they saw then."""
    document_id = details.get("document")
    return Onto(UUID(document_id), seen or [details["version"]]) if document_id else None


def find(session: Session, upload_id: UUID, by: Actor) -> Upload:
    """Another account's is not even told to be there."""
    upload = session.get(Upload, upload_id)
    if upload is None or upload.account_id != by.account_id:
        raise NotFound("There is no upload with this id.")
    if upload.document_id is None and upload.expires_at <= now(session):
        raise gone()
    return upload


def gone() -> Gone:
    return Gone("This upload has ended, because it was not finished within a day. Please send the file again.")


def end(session: Session, upload_id: UUID) -> None:
    session.execute(delete(Upload).where(Upload.id == upload_id))


def held(session: Session, upload_id: UUID) -> Upload:
    """Until the commit, so that it is filed once."""
    upload = session.get(Upload, upload_id, with_for_update=True, populate_existing=True)
    if upload is None:
        raise gone()
    return upload


def forget_ended(session: Session, at: datetime) -> None:
    session.execute(delete(Upload).where(Upload.expires_at <= at - TOLD_FOR))
