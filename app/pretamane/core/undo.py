"""What was just done can be taken back for some seconds, by whoever did it."""

from datetime import datetime, timedelta
from uuid import UUID

from pretamane.core.actors import Actor
from pretamane.core.errors import Conflict, NotFound

# What a page offers; a click on its last moment still has to travel.
OFFERED_FOR = timedelta(seconds=10)
GRACE = timedelta(seconds=5)


def refuse_unless_possible(
    whose: UUID | None, done_at: datetime, by: Actor, at: datetime, grace: timedelta = timedelta(0)
) -> None:
    """Only what this account did itself, and not too long ago."""
    if whose is None or whose != by.account_id:
        raise nothing_to_undo()
    if at > done_at + OFFERED_FOR + grace:
        raise Conflict("It is too late to undo this. Change it by hand instead.", code="too-late-to-undo")


def nothing_to_undo() -> NotFound:
    return NotFound("There is nothing of yours to undo here.")


def seconds_left(done_at: datetime, at: datetime) -> int:
    """For how long a page offers it from now on."""
    return max(1, round((done_at + OFFERED_FOR - at).total_seconds()))
