"""What can be done with contacts and their messages: the only code that writes their tables."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import Row
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.contacts.models import NEW, SPAM, Contact, Submission
from pretamane.contacts.schemas import MessageIn, Receipt
from pretamane.core import events, prepared, request_ids
from pretamane.core.addresses import normalised_email
from pretamane.core.database import after_commit
from pretamane.core.ids import new_id, new_reference
from pretamane.core.prepared import Prepared

SUBMISSIONS = Counter("submissions_total", "Messages kept, by the status they were given on arrival.", ["status"])

# One statement meets the contact and files the message. A known contact is locked on the way, so that a merge comes
# wholly before or wholly after: what arrives during one is with the survivor.
_FILE = Prepared("""
    WITH sender AS (
        SELECT coalesce(:spam_reason, (SELECT 'the sender is blocked' FROM blocked_senders WHERE email = :address))
            AS spam_reason
    ), met AS (
        INSERT INTO contacts AS known (id, email, name, phone, company, made_at, changed_at)
        SELECT :new_contact, :address, :name, :phone, :company, :now, :now FROM sender WHERE sender.spam_reason IS NULL
        ON CONFLICT (email) DO UPDATE SET version = known.version
        RETURNING coalesce(known.merged_into, known.id) AS id
    )
    INSERT INTO submissions (
        id, reference, contact_id, status, spam_reason, name, email, phone, company, subject, message, page,
        consented, consent_version, received_at, changed_at, request_id
    )
    SELECT
        :id, :reference, (SELECT id FROM met), CASE WHEN sender.spam_reason IS NULL THEN 'new' ELSE 'spam' END,
        sender.spam_reason, :name, :email, :phone, :company, :subject, :message, :page,
        :consented, :consent_version, :now, :now, :request_id
    FROM sender
    ON CONFLICT (reference) DO NOTHING
    RETURNING id, reference, status
""")
_SAID = {"name", "email", "phone", "company", "subject", "message", "page", "consent_version"}


def keep_message(session: Session, message: MessageIn, now: datetime) -> Receipt:
    """Store what a visitor sent; what looks like a program's work is marked, never dropped."""
    filed = _file_under_a_free_reference(session, _filed(message, now))
    if filed.status == NEW:
        events.emit(session, "message.received", filed.id)
    after_commit(session, SUBMISSIONS.labels(filed.status).inc)
    return Receipt(reference=filed.reference, received_at=now)


def _filed(message: MessageIn, now: datetime) -> dict[str, object]:
    return {
        **message.model_dump(include=_SAID),
        "id": new_id(),
        "new_contact": new_id(),
        "address": normalised_email(message.email),
        "spam_reason": message.spam_reason,
        "consented": message.consent,
        "now": now,
        "request_id": request_ids.current.get(),
    }


def _file_under_a_free_reference(session: Session, submission: dict[str, object]) -> Row[Any]:
    """References are drawn blindly; one that is taken is drawn again."""
    filed = None
    while filed is None:
        filed = prepared.run(session, _FILE, {"reference": new_reference(), **submission}).first()
    return filed


@dataclass(frozen=True)
class Import:
    """A message from elsewhere that brings its own identity; spam names no contact."""

    message: MessageIn
    id: UUID
    contact_id: UUID | None
    reference: str
    received_at: datetime
    status: str = NEW


def import_message(session: Session, brought: Import) -> bool:
    """False when it had been imported before: then nothing changes."""
    if brought.contact_id:
        _import_contact(session, brought, brought.contact_id)
    message = brought.message
    imported = session.scalar(
        insert(Submission)
        .values(
            **message.model_dump(include={"name", "email", "phone", "company", "subject", "message", "page"}),
            id=brought.id,
            reference=brought.reference,
            contact_id=brought.contact_id,
            status=SPAM if message.spam_reason else brought.status,
            spam_reason=message.spam_reason,
            consented=message.consent,
            consent_version=message.consent_version,
            received_at=brought.received_at,
        )
        .on_conflict_do_nothing(index_elements=[Submission.id])
        .returning(Submission.id)
    )
    return imported is not None


def _import_contact(session: Session, brought: Import, contact_id: UUID) -> None:
    said = brought.message.model_dump(include={"name", "phone", "company"})
    known = {"id": contact_id, "email": normalised_email(brought.message.email), "made_at": brought.received_at}
    session.execute(insert(Contact).values(said | known).on_conflict_do_nothing(index_elements=[Contact.id]))
