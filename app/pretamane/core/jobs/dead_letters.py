"""Jobs that were given up, and how a person gives them another chance."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import NotFound
from pretamane.core.jobs.models import Job


def bring_back(session: Session, jobs: Iterable[UUID], by: Actor) -> Sequence[UUID]:
    """Dead jobs are tried again, with all their attempts. Those come back whose key nobody has queued anew since."""
    return [job for job in jobs if _bring_back(session, job, by)]


def bring_all_back(session: Session, by: Actor) -> Sequence[UUID]:
    dead = select(Job.id).where(Job.died_at.is_not(None)).order_by(Job.died_at)
    return bring_back(session, session.scalars(dead).all(), by)


def _bring_back(session: Session, job: UUID, by: Actor) -> bool:
    kept = (Job.name, Job.args, Job.priority, Job.unique_key, Job.made_at, Job.last_failure, Job.request_id)
    buried = delete(Job).where(Job.id == job, Job.died_at.is_not(None)).returning(*kept)
    dead = session.execute(buried).mappings().first()
    if dead is None:
        raise NotFound(f"There is no dead job {job}.")
    at = now(session)
    # Deleted and queued, not updated: a live job with its key holds newer arguments, and those are the ones wanted.
    alive = insert(Job).values(id=job, due_at=at, wanted_at=at, **dead)
    unless_queued = alive.on_conflict_do_nothing(
        index_elements=[Job.name, Job.unique_key], index_where=Job.died_at.is_(None)
    )
    if session.scalar(unless_queued.returning(Job.id)) is None:
        return False
    audit.record(session, by, "job.brought-back", job)
    events.emit(session, "job.brought-back", job, job=dead["name"])
    return True
