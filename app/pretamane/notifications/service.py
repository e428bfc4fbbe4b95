"""Who is told about a new message, and who is not told again so soon."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core import jobs
from pretamane.core.database import now
from pretamane.core.events import Event
from pretamane.notifications.models import Thanked
from pretamane.practice import queries as practice

MESSAGE_RECEIVED = "notifications.message-received"
TELL_PRACTICE = "notifications.tell-practice"
THANK_VISITOR = "notifications.thank-visitor"

# Whoever types somebody else's address into the form again and again fills no mailbox.
THANKED_ONCE_IN = timedelta(minutes=10)


def announce(session: Session, received: Event) -> None:
    """One job for now, because a visitor waits; the job finds out who is to be told."""
    jobs.enqueue(session, MESSAGE_RECEIVED, submission=received.subject)


def tell_everyone(session: Session, submission: UUID) -> None:
    message = contacts.message_to_tell(session, submission)
    if message is None or message.contact_id is None:
        return
    ours = practice.current(session)
    if ours.recipient:
        jobs.enqueue(session, TELL_PRACTICE, submission=submission)
    if ours.thanks_visitors and _may_be_thanked(session, message.contact_id):
        jobs.enqueue(session, THANK_VISITOR, submission=submission)


def _may_be_thanked(session: Session, contact: UUID) -> bool:
    """One statement asks and notes, so that of many messages at once only one gets a thanks."""
    at = now(session)
    noted = insert(Thanked).values(contact_id=contact, thanked_at=at)
    noted = noted.on_conflict_do_update(
        index_elements=[Thanked.contact_id],
        set_={"thanked_at": at},
        where=Thanked.thanked_at <= at - THANKED_ONCE_IN,
    )
    return session.execute(noted.returning(Thanked.contact_id)).first() is not None


def forget_thanked(session: Session, at: datetime) -> None:
    session.execute(delete(Thanked).where(Thanked.thanked_at <= at - THANKED_ONCE_IN))


def forget_visitors(session: Session, contacts: Collection[UUID]) -> None:
    session.execute(delete(Thanked).where(Thanked.contact_id.in_(contacts)))
