"""What can be done to the practice."""

from sqlalchemy.orm import Session

from pretamane.core import audit, jobs
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile
from pretamane.practice import queries
from pretamane.practice.models import Practice
from pretamane.practice.schemas import FULL, NEARLY_FULL, Changes, logo_type

MEASURE_STORAGE = "storage.measure"
# So many percent below a mark, whoever was told of it may be told again: one document more or less makes no news.
AT_EASE = 5


def change(session: Session, by: Actor, /, **fields: object) -> Practice:
    """Set what is given, leave the rest."""
    changes = Changes.of(**fields)
    practice = queries.current_for_change(session)
    changed = _set(practice, changes)
    practice.changed_at = now(session)
    audit.record(session, by, "practice.changed", fields=changed)
    if "storage_quota" in changed:
        jobs.enqueue(session, MEASURE_STORAGE, unique=MEASURE_STORAGE)
    session.flush()
    return practice


def change_what_was_seen(session: Session, seen: str, by: Actor, /, **fields: object) -> Practice:
    """The same, refused when the version that was seen is no longer what is there."""
    if queries.current_for_change(session).version != seen:
        raise ChangedMeanwhile("Somebody else changed the practice meanwhile, so nothing of yours was saved yet.")
    return change(session, by, **fields)


def note_storage(session: Session, used: int) -> int | None:
    """What was measured; and the mark that was passed since administrators were last told, if one was."""
    practice = queries.current_for_change(session)
    practice.storage_used = used
    told = min(practice.storage_told, _mark_at((practice.fullness or 0) + AT_EASE))
    passed = _mark_at(practice.fullness or 0)
    practice.storage_told = max(told, passed)
    session.flush()
    return passed if passed > told else None


def _mark_at(fullness: int) -> int:
    return max(mark for mark in (0, NEARLY_FULL, FULL) if fullness >= mark)


def _set(practice: Practice, changes: Changes) -> list[str]:
    given = changes.model_dump(exclude_unset=True)
    if "logo" in given:
        practice.logo_type = None if changes.logo is None else logo_type(changes.logo)
    changed = [name for name, value in given.items() if name == "logo" or getattr(practice, name) != value]
    for name in changed:
        setattr(practice, name, given[name])
    return changed
