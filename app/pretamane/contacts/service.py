"""What can be done with contacts and their messages: the only code that writes their tables."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prometheus_client import Counter
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.contacts.models import NEW, SPAM, Contact, Submission
from pretamane.contacts.schemas import MessageIn, Receipt
from pretamane.core import events, request_ids
from pretamane.core.addresses import normalised_email
from pretamane.core.database import after_commit
from pretamane.core.ids import new_id, new_reference

SUBMISSIONS = Counter("submissions_total", "Messages kept, by the status they were given on arrival.", ["status"])

# Written once, and run on the connection: building them anew for each message costs more than carrying them out.
_MEET = insert(Contact).on_conflict_do_nothing(index_elements=[Contact.email]).returning(Contact.id)
_FILE = insert(Submission).on_conflict_do_nothing(index_elements=[Submission.reference]).returning(Submission.reference)


def keep_message(session: Session, message: MessageIn, now: datetime) -> Receipt:
    """Store what a visitor sent; what looks like a program's work is marked, never dropped."""
    spam_reason = message.spam_reason
    said = message.model_dump(include={"name", "email", "phone", "company", "subject", "message", "page"})
    submission = {
        **said,
        "id": new_id(),
        "contact_id": None if spam_reason else find_or_make_contact(session, message, now),
        "status": SPAM if spam_reason else NEW,
        "spam_reason": spam_reason,
        "consented": message.consent,
        "consent_version": message.consent_version,
        "received_at": now,
        "request_id": request_ids.current.get(),
    }
    reference = _file_under_a_free_reference(session, submission)
    if not spam_reason:
        events.emit(session, "message.received", submission["id"])
    after_commit(session, SUBMISSIONS.labels(submission["status"]).inc)
    return Receipt(reference=reference, received_at=now)


def _file_under_a_free_reference(session: Session, submission: dict[str, object]) -> str:
    """References are drawn blindly; one that is taken is drawn again."""
    filed: str | None = None
    while filed is None:
        filed = session.connection().scalar(_FILE, {"reference": new_reference(), **submission})
    return filed


def find_or_make_contact(session: Session, message: MessageIn, now: datetime) -> UUID:
    """One statement when the address is new, one more when somebody knows it already."""
    email = normalised_email(message.email)
    first_seen = {"name": message.name, "phone": message.phone, "company": message.company, "made_at": now}
    made: UUID | None = session.connection().scalar(_MEET, {"id": new_id(), "email": email, **first_seen})
    return made or session.execute(select(Contact.id).where(Contact.email == email)).scalar_one()


@dataclass(frozen=True)
class Import:
    """A message from elsewhere that brings its own identity; spam names no contact."""

    message: MessageIn
    id: UUID
    contact_id: UUID | None
    reference: str
    received_at: datetime


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
            status=SPAM if message.spam_reason else NEW,
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
