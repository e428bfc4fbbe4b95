"""The practice, as it leaves one house and arrives in another."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.moving import Row, moment, sheet, yes
from pretamane.practice import queries
from pretamane.practice.models import Practice

_TEXTS = ("name", "language", "time_zone", "recipient", "primary_colour", "accent_colour", "logo_type")
_ADDRESSES = ("privacy_url", "imprint_url", "terms_url")
_LEAVING = (*_TEXTS, "thanks_visitors", *_ADDRESSES, "storage_quota", "changed_at")

SHEET = sheet("practice", select(*(getattr(Practice, name) for name in _LEAVING)))


def logo(session: Session) -> bytes | None:
    return session.scalar(select(Practice.logo))


def bring(session: Session, row: Row, picture: bytes | None, by: Actor) -> bool:
    """Only where nobody has said anything about the practice yet."""
    practice = queries.current_for_change(session)
    if practice.is_set_up:
        return False
    for name in (*_TEXTS, *_ADDRESSES, "storage_quota"):
        setattr(practice, name, row.get(name))
    practice.thanks_visitors, practice.changed_at = yes(row, "thanks_visitors"), moment(row, "changed_at")
    practice.logo = picture
    audit.record(session, by, "practice.brought")
    session.flush()
    return True
