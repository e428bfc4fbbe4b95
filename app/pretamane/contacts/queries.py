"""Reads of contacts and their messages."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from pretamane.contacts.lists import plain
from pretamane.contacts.models import SPAM, AnswerTemplate, Contact, Note, Submission
from pretamane.core.addresses import normalised_email
from pretamane.core.errors import NotFound
from pretamane.practice import queries as practice_queries
from pretamane.web.times import local


def count_messages(session: Session) -> int:
    """What people sent; spam is not counted."""
    return session.execute(select(func.count()).select_from(Submission).where(Submission.status != SPAM)).scalar_one()


def message_to_tell(session: Session, submission: UUID) -> Submission | None:
    """A message that somebody should hear about; None when it is spam, or gone."""
    found = session.get(Submission, submission)
    return None if found is None or found.status == SPAM else found


def knows_others(session: Session, contacts: AbstractSet[UUID], submissions: AbstractSet[UUID]) -> bool:
    """Whether there is any contact or message but these."""
    others = or_(exists().where(Contact.id.not_in(contacts)), exists().where(Submission.id.not_in(submissions)))
    return session.execute(select(others)).scalar_one()


def submission(session: Session, submission_id: UUID) -> Submission:
    found = session.get(Submission, submission_id)
    if found is None:
        raise NotFound("There is no message with this id.")
    return found


def contact(session: Session, contact_id: UUID) -> Contact:
    found = session.get(Contact, contact_id)
    if found is None:
        raise NotFound("There is no contact with this id.")
    return found


def notes_about(session: Session, subject: Submission | Contact) -> Sequence[Note]:
    about = Note.submission_id if isinstance(subject, Submission) else Note.contact_id
    return session.scalars(select(Note).where(about == subject.id).order_by(Note.made_at, Note.id)).all()


def submission_with_notes(session: Session, submission_id: UUID) -> tuple[Submission, Sequence[Note]]:
    found = submission(session, submission_id)
    return found, notes_about(session, found)


def contact_with_notes(session: Session, contact_id: UUID) -> tuple[Contact, Sequence[Note]]:
    found = contact(session, contact_id)
    return found, notes_about(session, found)


def contact_called(session: Session, called: str) -> Contact | None:
    """The contact with this id or e-mail address, or who wrote the message with this reference."""
    found = session.scalar(select(Contact).where(_is_called(plain(called))))
    if found is not None and found.merged_into is not None:
        return session.get_one(Contact, found.merged_into)
    return found


def _is_called(called: str) -> ColumnElement[bool]:
    with suppress(ValueError):
        return Contact.id == UUID(called)
    with suppress(ValueError):
        return Contact.email == normalised_email(called)
    wrote = select(Submission.contact_id).where(Submission.reference == called.upper())
    return Contact.id == wrote.scalar_subquery()


def names(session: Session, contacts: AbstractSet[UUID]) -> Mapping[UUID, str]:
    """What they are called, by id."""
    rows = session.execute(select(Contact.id, Contact.name).where(Contact.id.in_(contacts)))
    return {row.id: row.name for row in rows}


def answer_templates(session: Session) -> Sequence[AnswerTemplate]:
    return session.scalars(select(AnswerTemplate).order_by(AnswerTemplate.title)).all()


def answer_template(session: Session, template_id: UUID) -> AnswerTemplate:
    found = session.get(AnswerTemplate, template_id)
    if found is None:
        raise NotFound("There is no such text any more.")
    return found


@dataclass(frozen=True)
class Letter:
    to: str
    subject: str
    reply_to: str | None
    context: Mapping[str, object]


def letter(session: Session, note_id: UUID) -> Letter:
    """An answer as its mail says it."""
    note = session.get_one(Note, note_id)
    asked = session.get_one(Submission, note.submission_id)
    practice = practice_queries.current(session)
    context = {
        "text": note.text,
        "reference": asked.reference,
        "message": asked.message,
        "received": local(asked.received_at, practice.time_zone),
    }
    subject = f"Re: {asked.subject or 'Your message'} ({asked.reference})"
    return Letter(asked.email, subject, practice.recipient, context)
