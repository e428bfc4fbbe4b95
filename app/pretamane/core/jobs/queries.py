"""The queue as a person or a graph wants to see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from pretamane.core import metrics
from pretamane.core.database import now
from pretamane.core.errors import NotFound
from pretamane.core.jobs.models import Job

LISTED = 100
# The dead stay until a person sees to them; however many there are must not slow what looks every few seconds.
MOST_DEAD_COUNTED = 10_000


class State(StrEnum):
    DUE = "due"
    RUNNING = "running"
    DELAYED = "delayed"
    DEAD = "dead"


@dataclass(frozen=True)
class Queue:
    counts: dict[State, int]
    oldest_due: timedelta


def how_full(session: Session) -> Queue:
    """The living and the dead are asked for apart, so that each question has its index."""
    at = now(session)
    state = _state(at)
    alive = select(state, func.count(), func.min(Job.due_at)).where(Job.died_at.is_(None)).group_by(state)
    rows = session.execute(alive).all()
    counts = dict.fromkeys(State, 0) | {State(name): count for name, count, _ in rows}
    last = select(Job.died_at).where(Job.died_at.is_not(None)).order_by(Job.died_at.desc()).limit(MOST_DEAD_COUNTED)
    counts[State.DEAD] = session.scalar(select(func.count()).select_from(last.subquery())) or 0
    since = next((due_at for name, _, due_at in rows if name == State.DUE), at)
    return Queue(counts, at - since)


def measure(session: Session) -> None:
    queue = how_full(session)
    for state, count in queue.counts.items():
        metrics.JOBS.labels(state.value).set(count)
    metrics.OLDEST_JOB_SECONDS.set(queue.oldest_due.total_seconds())
    metrics.JOBS_MEASURED.set(now(session).timestamp())


def alive(session: Session, most: int = LISTED) -> Sequence[tuple[Job, State]]:
    """In the order in which they will be done."""
    return _with_state(session, select(Job).where(Job.died_at.is_(None)).order_by(Job.priority, Job.due_at), most)


def dead(session: Session, most: int = LISTED) -> Sequence[tuple[Job, State]]:
    """The last to die first."""
    return _with_state(session, select(Job).where(Job.died_at.is_not(None)).order_by(Job.died_at.desc()), most)


def one(session: Session, job: UUID) -> tuple[Job, State]:
    for found in _with_state(session, select(Job).where(Job.id == job), 1):
        return found
    raise NotFound(f"There is no job {job}; one that is done is gone.")


def _with_state(session: Session, jobs: Select[Job], most: int) -> Sequence[tuple[Job, State]]:
    rows = session.execute(jobs.add_columns(_state(now(session))).limit(most)).all()
    return [(job, State(state)) for job, state in rows]


def _state(at: datetime) -> ColumnElement[str]:
    return case(
        (Job.died_at.is_not(None), State.DEAD.value),
        (Job.due_at <= at, State.DUE.value),
        (Job.lease.is_not(None), State.RUNNING.value),
        else_=State.DELAYED.value,
    )
