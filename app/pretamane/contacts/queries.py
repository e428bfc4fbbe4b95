"""Reads of contacts and their messages."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pretamane.contacts.models import SPAM, Submission


def count_messages(session: Session) -> int:
    """What people sent; spam is not counted."""
    return session.execute(select(func.count()).select_from(Submission).where(Submission.status != SPAM)).scalar_one()
