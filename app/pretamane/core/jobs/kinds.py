"""The queue by what there is to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pretamane.core.database import now
from pretamane.core.jobs.models import Job

LISTED = 50


@dataclass(frozen=True)
class Kind:
    """All jobs of one name."""

    name: str
    due: int
    running: int
    delayed: int
    dead: int
    due_since: datetime | None


def kinds(session: Session) -> Sequence[Kind]:
    at = now(session)
    alive, is_due = Job.died_at.is_(None), Job.due_at <= at
    due = alive & is_due
    asked = select(
        Job.name,
        func.count().filter(due),
        func.count().filter(alive & ~is_due & Job.lease.is_not(None)),
        func.count().filter(alive & ~is_due & Job.lease.is_(None)),
        func.count().filter(Job.died_at.is_not(None)),
        func.min(Job.due_at).filter(due),
    )
    return [Kind(*row) for row in session.execute(asked.group_by(Job.name).order_by(Job.name).limit(LISTED))]
