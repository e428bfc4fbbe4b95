"""What can be done to the practice."""

from datetime import datetime

from sqlalchemy.orm import Session

from pretamane.practice import queries
from pretamane.practice.models import Practice
from pretamane.practice.schemas import Changes, logo_type


def change(session: Session, now: datetime, **fields: object) -> Practice:
    """Set what is given, leave the rest."""
    changes = Changes.of(**fields)
    practice = queries.current(session)
    for name, value in changes.model_dump(exclude_unset=True).items():
        setattr(practice, name, value)
    if "logo" in changes.model_fields_set:
        practice.logo_type = None if changes.logo is None else logo_type(changes.logo)
    practice.changed_at = now
    session.flush()
    return practice
