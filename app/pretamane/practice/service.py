"""What can be done to the practice."""

from sqlalchemy.orm import Session

from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile
from pretamane.practice import queries
from pretamane.practice.models import Practice
from pretamane.practice.schemas import Changes, logo_type


def change(session: Session, by: Actor, /, **fields: object) -> Practice:
    """Set what is given, leave the rest."""
    changes = Changes.of(**fields)
    practice = queries.current_for_change(session)
    changed = _set(practice, changes)
    practice.changed_at = now(session)
    audit.record(session, by, "practice.changed", fields=changed)
    session.flush()
    return practice


def change_what_was_seen(session: Session, seen: str, by: Actor, /, **fields: object) -> Practice:
    """The same, refused when the version that was seen is no longer what is there."""
    if queries.current_for_change(session).version != seen:
        raise ChangedMeanwhile("Somebody else changed the practice meanwhile, so nothing of yours was saved yet.")
    return change(session, by, **fields)


def _set(practice: Practice, changes: Changes) -> list[str]:
    given = changes.model_dump(exclude_unset=True)
    if "logo" in given:
        practice.logo_type = None if changes.logo is None else logo_type(changes.logo)
    changed = [name for name, value in given.items() if name == "logo" or getattr(practice, name) != value]
    for name in changed:
        setattr(practice, name, given[name])
    return changed
