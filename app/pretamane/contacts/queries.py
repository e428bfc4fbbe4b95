"""Reads of contacts and their messages."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from pretamane.contacts.models import SPAM, Contact, Submission


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
