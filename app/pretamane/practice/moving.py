"""The practice, as it leaves one house and arrives in another."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.moving import Row, moment, sheet
from pretamane.practice import queries, service
from pretamane.practice.models import Practice

_SAID = (
    *("name", "language", "time_zone", "recipient", "primary_colour", "accent_colour", "thanks_visitors"),
    *("privacy_url", "imprint_url", "terms_url", "storage_quota"),
)
_LEAVING = (*_SAID, "logo_type", "changed_at")

SHEET = sheet("practice", select(*(getattr(Practice, name) for name in _LEAVING)))


def logo(session: Session) -> bytes | None:
    return session.scalar(select(Practice.logo))


def bring(session: Session, row: Row, picture: bytes | None, by: Actor) -> bool:
    """Only where nobody has said anything about the practice yet; by the rules for what may be said."""
    if queries.current_for_change(session).is_set_up:
        return False
    said = {name: row.get(name) for name in _SAID}
    practice = service.change(session, by, **said, logo=picture)
    practice.changed_at = moment(row, "changed_at")
    session.flush()
    return True
