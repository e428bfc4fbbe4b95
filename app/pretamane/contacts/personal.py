"""What is known about one contact, a stretch at a time, as it is written down for them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.contacts.erasing import Person
from pretamane.contacts.models import ANSWER, Contact, Note, Submission

CONTACT: Final = ("id", "name", "email", "phone", "company", "tags", "known_as", "made_at", "changed_at")
MESSAGE: Final = (
    *("reference", "received_at", "status", "spam_reason", "name", "email", "phone", "company", "subject", "message"),
    *("page", "consented", "consent_version"),
)
NOTE: Final = ("about", "made_at", "kind", "author_name", "text", "sent_at", "failure")
MAIL: Final = ("sent_at", "to", "about", "text")

Row = Mapping[str, Any]


def facts(session: Session, person: Person) -> Sequence[Row]:
    """The contact first, then those that were merged into it."""
    family = session.scalars(select(Contact).where(Contact.id.in_(person.contacts)).order_by(Contact.made_at)).all()
    first = sorted(family, key=lambda each: each.id != person.id)
    return [{name: getattr(each, name) for name in CONTACT} for each in first]


def messages(session: Session, person: Person, after: UUID, limit: int) -> Sequence[tuple[UUID, Row]]:
    asked = select(Submission).where(Submission.id.in_(person.messages), Submission.id > after)
    rows = session.scalars(asked.order_by(Submission.id).limit(limit))
    return [(each.id, {name: getattr(each, name) for name in MESSAGE}) for each in rows]


def notes(session: Session, person: Person, after: UUID, limit: int) -> Sequence[tuple[UUID, Row]]:
    """Answers too; to which message they belong is told by its reference."""
    asked = (
        select(Note, Submission.reference)
        .outerjoin(Submission, Submission.id == Note.submission_id)
        .where(Note.id.in_(person.notes), Note.id > after)
    )
    rows = session.execute(asked.order_by(Note.id).limit(limit)).all()
    return [
        (note.id, {"about": reference or "the contact", **{name: getattr(note, name) for name in NOTE[1:]}})
        for note, reference in rows
    ]


def mails(session: Session, person: Person, after: UUID, limit: int) -> Sequence[tuple[UUID, Row]]:
    """Answers that a mail server took."""
    asked = (
        select(Note, Submission)
        .join(Submission, Submission.id == Note.submission_id)
        .where(Note.id.in_(person.notes), Note.kind == ANSWER, Note.sent_at.is_not(None), Note.id > after)
    )
    rows = session.execute(asked.order_by(Note.id).limit(limit)).all()
    return [
        (note.id, {"sent_at": note.sent_at, "to": message.email, "about": message.reference, "text": note.text})
        for note, message in rows
    ]
