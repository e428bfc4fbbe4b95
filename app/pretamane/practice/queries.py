"""Reads of the practice."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core.errors import NotFound, Unavailable
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.practice.models import THE_ONLY_ONE, Practice
from pretamane.practice.schemas import PublicPractice


def current(session: Session) -> Practice:
    return session.get_one(Practice, THE_ONLY_ONE)


def face(work: UnitOfWork) -> PublicPractice:
    """For pages that must come also while the database is away: then a plain one."""
    try:
        return PublicPractice.of(work.run_now(current))
    except Unavailable:
        return PublicPractice.plain()


def current_for_change(session: Session) -> Practice:
    """Nobody else changes it until this transaction ends."""
    return session.get_one(Practice, THE_ONLY_ONE, with_for_update=True)


def logo(session: Session) -> tuple[bytes, str]:
    picture, kind = session.execute(select(Practice.logo, Practice.logo_type)).one()
    if picture is None or kind is None:
        raise NotFound("This practice has no logo yet.")
    return picture, kind
