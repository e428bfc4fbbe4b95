"""The queue itself: put in, take out under a lease, acknowledge, put back."""

import json
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from pretamane.core import request_ids
from pretamane.core.database import now
from pretamane.core.ids import new_id

LEASE = timedelta(seconds=60)
BATCH = 10


class Priority(IntEnum):
    HIGH = 1
    NORMAL = 2
    LOW = 3


class LeaseLost(Exception):
    """Somebody else holds the job by now, so what was done for it here must not count."""


# A key that is waiting already takes the newer arguments; one that is being worked on is done once more after that.
_ENQUEUE = text("""
    WITH queued AS (
        INSERT INTO jobs AS known (id, name, args, priority, unique_key, due_at, made_at, request_id)
        VALUES (:id, :name, CAST(:args AS jsonb), :priority, :unique_key, :due_at, :now, :request_id)
        ON CONFLICT (name, unique_key) WHERE died_at IS NULL DO UPDATE SET
            args = excluded.args,
            again = known.lease IS NOT NULL,
            due_at = CASE WHEN known.lease IS NULL THEN least(known.due_at, excluded.due_at) ELSE known.due_at END
        RETURNING id
    )
    SELECT id, pg_notify('jobs', '') FROM queued
""")


def enqueue(
    session: Session,
    name: str,
    *,
    delay: timedelta = timedelta(0),
    priority: Priority = Priority.NORMAL,
    unique: str | None = None,
    **args: object,
) -> UUID:
    """Leave work for after the commit. Of jobs with one `unique` key at most one waits; it has the newest arguments."""
    at = now(session)
    queued: UUID = session.execute(
        _ENQUEUE,
        {
            "id": new_id(),
            "name": name,
            "args": json.dumps(args, default=str),
            "priority": priority,
            "unique_key": unique,
            "due_at": at + delay,
            "now": at,
            "request_id": request_ids.current.get(),
        },
    ).scalar_one()
    return queued


# Only the first may be one that was tried before: what kills its worker takes nobody with it twice.
_CLAIM = text("""
    WITH due AS (
        SELECT id, attempts, priority, due_at FROM jobs
        WHERE died_at IS NULL AND due_at <= :now AND name = ANY(:names)
        ORDER BY priority, due_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ), picked AS (
        SELECT id, attempts, row_number() OVER (ORDER BY priority, due_at, id) AS place FROM due
    )
    UPDATE jobs SET attempts = jobs.attempts + 1, lease = :lease, due_at = :until
    FROM picked WHERE jobs.id = picked.id AND (picked.place = 1 OR picked.attempts = 0)
    RETURNING jobs.id, jobs.name, jobs.args, jobs.attempts, jobs.lease, jobs.made_at, jobs.request_id, picked.place
""")


def claim(session: Session, names: list[str], most: int = BATCH) -> list[Row[Any]]:
    at = now(session)
    values = {"now": at, "names": names, "most": most, "lease": uuid4(), "until": at + LEASE}
    return sorted(session.execute(_CLAIM, values), key=lambda row: row.place)


_DONE = text("DELETE FROM jobs WHERE id = :id AND lease = :lease AND NOT again RETURNING true")
_ONCE_MORE = text("""
    UPDATE jobs SET lease = NULL, again = false, attempts = 0, due_at = :now WHERE id = :id AND lease = :lease
    RETURNING true
""")


def acknowledge(session: Session, job: UUID, lease: UUID) -> None:
    """In the transaction of the job's effect, so that both count or neither."""
    held = {"id": job, "lease": lease}
    if session.execute(_DONE, held).first() is None and (
        session.execute(_ONCE_MORE, held | {"now": now(session)}).first() is None
    ):
        raise LeaseLost


_PUT_BACK = text("""
    UPDATE jobs SET lease = NULL, due_at = :due_at, last_failure = :failure WHERE id = :id AND lease = :lease
""")
_BURY = text("""
    UPDATE jobs SET lease = NULL, died_at = :now, last_failure = coalesce(:failure, last_failure)
    WHERE id = :id AND lease = :lease
""")


def put_back(session: Session, job: UUID, lease: UUID, due_at: datetime, failure: str) -> None:
    session.execute(_PUT_BACK, {"id": job, "lease": lease, "due_at": due_at, "failure": failure})


def bury(session: Session, job: UUID, lease: UUID, failure: str | None) -> None:
    """To the dead-letter list, where a person finds it."""
    session.execute(_BURY, {"id": job, "lease": lease, "now": now(session), "failure": failure})
