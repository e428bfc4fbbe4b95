"""The queue itself: put in, take out under a lease, acknowledge, put back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.orm import Session

from pretamane.core import prepared, request_ids
from pretamane.core.database import now
from pretamane.core.details import as_json
from pretamane.core.ids import new_id
from pretamane.core.prepared import Prepared

LEASE = timedelta(seconds=60)
BATCH = 10
CHANNEL = "jobs"  # only a hint that there is work: who misses it finds the work by looking


class Priority(IntEnum):
    HIGH = 1
    NORMAL = 2
    LOW = 3
    LAST = 4


class LeaseLost(Exception):
    """The lease ran out or somebody else holds the job by now, so what was done for it here must not count."""


@dataclass(frozen=True)
class Claimed:
    """A job as the one who may do it now knows it. An orphan's worker was lost in the middle of the attempt before."""

    id: UUID
    name: str
    args: Mapping[str, Any]
    attempts: int
    lost: int
    lease: UUID
    was_due_at: datetime
    wanted_at: datetime
    made_at: datetime
    request_id: str | None
    orphaned: bool


# Of a key that waits already, the newer arguments count, as new work; what is being worked on is done once more. Nobody
# works on what has a lease that ran out: that waits too.
_ENQUEUE = Prepared("""
    INSERT INTO jobs AS known (id, name, args, priority, unique_key, due_at, wanted_at, made_at, request_id)
    VALUES (:id, :name, CAST(:args AS jsonb), :priority, :unique_key, :due_at, :due_at, :now, :request_id)
    ON CONFLICT (name, unique_key) WHERE died_at IS NULL DO UPDATE SET
        args = excluded.args,
        request_id = excluded.request_id,
        priority = least(known.priority, excluded.priority),
        wanted_at = excluded.wanted_at,
        again = known.lease IS NOT NULL AND known.due_at > :now,
        lease = CASE WHEN known.due_at > :now THEN known.lease END,
        attempts = CASE WHEN known.lease IS NOT NULL AND known.due_at > :now THEN known.attempts ELSE 0 END,
        lost = CASE WHEN known.lease IS NOT NULL AND known.due_at > :now THEN known.lost ELSE 0 END,
        due_at = CASE WHEN known.lease IS NOT NULL AND known.due_at > :now THEN known.due_at
            ELSE least(known.due_at, excluded.due_at) END
    RETURNING pg_notify(:channel, '')
""")


def enqueue(
    session: Session,
    name: str,
    *,
    delay: timedelta = timedelta(0),
    priority: Priority = Priority.NORMAL,
    unique: str | None = None,
    **args: object,
) -> None:
    """Leave work for after the commit. Of jobs with one `unique` key at most one waits; it has the newest arguments."""
    at = now(session)
    queued = {
        "id": new_id(),
        "name": name,
        "args": as_json(args),
        "priority": priority,
        "unique_key": unique,
        "due_at": at + delay,
        "now": at,
        "request_id": request_ids.current.get(),
        "channel": CHANNEL,
    }
    prepared.run_later(session, _ENQUEUE, queued)


# What kills its worker takes nobody with it twice: an orphan is claimed alone, and of the others only the first may
# be one that was tried before. What was queued anew while its worker was being lost is new work and counts from nought.
_CLAIM = text("""
    WITH due AS (
        SELECT id, attempts, priority, due_at, lease IS NOT NULL AS orphaned FROM jobs
        WHERE died_at IS NULL AND due_at <= :now AND name = ANY(:names) AND (:orphans OR lease IS NULL)
        ORDER BY priority, due_at, id LIMIT :most FOR UPDATE SKIP LOCKED
    ), picked AS (
        SELECT *, row_number() OVER turn AS place, first_value(orphaned) OVER turn AS behind_an_orphan
        FROM due WINDOW turn AS (ORDER BY priority, due_at, id)
    )
    UPDATE jobs SET lease = :lease, due_at = :until, again = false,
        attempts = CASE WHEN again THEN 1 ELSE jobs.attempts + 1 END,
        lost = CASE WHEN again THEN 0 ELSE jobs.lost + CAST(picked.orphaned AS int) END
    FROM picked
    WHERE jobs.id = picked.id AND (picked.place = 1 OR picked.attempts = 0 AND NOT picked.behind_an_orphan)
    RETURNING picked.place, jobs.id, jobs.name, jobs.args, jobs.attempts, jobs.lost, jobs.lease,
        picked.due_at AS was_due_at, jobs.wanted_at, jobs.made_at, jobs.request_id, picked.orphaned
""")


def claim(
    session: Session,
    names: Sequence[str],
    *,
    most: int = BATCH,
    lease: timedelta = LEASE,
    orphans: bool = True,
) -> list[Claimed]:
    at = now(session)
    values = {
        "now": at,
        "names": list(names),
        "most": most,
        "orphans": orphans,
        "lease": uuid4(),
        "until": at + lease,
    }
    rows = sorted(session.execute(_CLAIM, values), key=lambda row: int(row[0]))
    return [Claimed(*row[1:]) for row in rows]


_EXTEND = text("""
    UPDATE jobs SET due_at = :until WHERE id = ANY(:ids) AND lease = ANY(:leases) AND due_at > :now
""")


def extend(session: Session, held: Sequence[Claimed], lease: timedelta = LEASE) -> None:
    """A sign of life. A lease that has run out stays so: somebody may be about to claim the job."""
    at = now(session)
    values = {"ids": [job.id for job in held], "leases": [job.lease for job in held], "now": at, "until": at + lease}
    session.execute(_EXTEND, values)


_HOLD = Prepared("SELECT true FROM jobs WHERE id = :id AND lease = :lease AND due_at > :now FOR SHARE")


def hold(session: Session, job: Claimed) -> None:
    """Nobody else claims it before this transaction ends."""
    if prepared.run(session, _HOLD, {"id": job.id, "lease": job.lease, "now": now(session)}).first() is None:
        raise LeaseLost


_DONE = Prepared("DELETE FROM jobs WHERE id = :id AND lease = :lease AND due_at > :now AND NOT again RETURNING true")
_ONCE_MORE = text("""
    UPDATE jobs SET lease = NULL, again = false, attempts = 0, lost = 0, due_at = greatest(wanted_at, :now)
    WHERE id = :id AND lease = :lease AND due_at > :now RETURNING true
""")


def acknowledge(session: Session, job: Claimed) -> None:
    """In the transaction of the job's effect, so that both count or neither."""
    held = {"id": job.id, "lease": job.lease, "now": now(session)}
    if prepared.run(session, _DONE, held).first() is None and session.execute(_ONCE_MORE, held).first() is None:
        raise LeaseLost


# What was queued anew under its key meanwhile is new work: it neither pauses nor dies for the failure of the old.
_PUT_BACK = text("""
    UPDATE jobs SET lease = NULL, again = false, last_failure = :failure,
        attempts = CASE WHEN again THEN 0 ELSE :attempts END,
        lost = CASE WHEN again THEN 0 ELSE lost END,
        due_at = CASE WHEN again THEN greatest(wanted_at, :now) ELSE :due_at END,
        died_at = CASE WHEN again THEN NULL ELSE CAST(:died_at AS timestamptz) END
    WHERE id = :id AND lease = :lease RETURNING died_at IS NOT NULL
""")


def put_back(session: Session, job: Claimed, due_at: datetime, reason: str) -> None:
    """For another attempt, later."""
    values = {"attempts": job.attempts, "due_at": due_at, "died_at": None, "failure": reason}
    session.execute(_PUT_BACK, values | {"id": job.id, "lease": job.lease, "now": now(session)})


def bury(session: Session, job: Claimed, reason: str, *, attempts: int) -> bool:
    """To the dead-letter list, where a person finds it; False where somebody else has it, or wants it anew."""
    at = now(session)
    values = {"attempts": attempts, "due_at": at, "died_at": at, "failure": reason}
    return session.execute(_PUT_BACK, values | {"id": job.id, "lease": job.lease, "now": at}).scalar() is True


_GIVE_BACK = text("""
    UPDATE jobs SET lease = NULL, again = false,
        attempts = CASE WHEN again THEN 0 ELSE attempts - 1 END,
        lost = CASE WHEN again THEN 0 ELSE lost END,
        due_at = CASE WHEN again THEN greatest(wanted_at, :now) ELSE :due_at END
    WHERE id = :id AND lease = :lease
""")


def give_back(session: Session, jobs: Sequence[Claimed]) -> None:
    """As if they had never been claimed: to their old places, and somebody else may begin at once."""
    at = now(session)
    given = [{"id": job.id, "lease": job.lease, "due_at": job.was_due_at, "now": at} for job in jobs]
    session.execute(_GIVE_BACK, given)
    session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


_FORGET = text("""
    DELETE FROM jobs WHERE EXISTS (
        SELECT FROM regexp_matches(CAST(args AS text), '[0-9A-Za-z-]{8,}', 'g') AS word WHERE word[1] = ANY(:named)
    )
""")


def forget(session: Session, named: Collection[str]) -> None:
    """Jobs about what is gone for good, the dead too. Who is at one finds its lease lost."""
    prepared.send_waiting(session)
    session.execute(_FORGET, {"named": list(named)})
