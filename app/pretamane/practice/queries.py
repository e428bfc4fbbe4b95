"""Reads of the practice."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core.errors import NotFound
from pretamane.practice.models import THE_ONLY_ONE, Practice


def current(session: Session) -> Practice:
    return session.get_one(Practice, THE_ONLY_ONE)


def logo(session: Session) -> tuple[bytes, str]:
    picture, kind = session.execute(select(Practice.logo, Practice.logo_type)).one()
    if picture is None or kind is None:
        raise NotFound("This practice has no logo yet.")
    return picture, kind
