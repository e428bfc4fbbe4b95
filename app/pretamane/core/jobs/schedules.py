"""Work that recurs: by the calendar of a time zone, as jobs; or every second or so, without a queue."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim
from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.core.database import now
from pretamane.core.jobs.models import Appointment
from pretamane.core.jobs.queue import enqueue


@dataclass(frozen=True)
class Schedule:
    """Queues the job of this name at each time that the cron expression means in the zone."""

    name: str
    cron: str
    zone: str

    def next_after(self, at: datetime) -> datetime:
        """A time that spring leaves out comes right after the gap; one that autumn repeats, the first time only."""
        times = CronSim(self.cron, at.astimezone(ZoneInfo(self.zone)))
        # In the repeated hour cronsim begins with times of its first half, which are over.
        return next(time for time in (local.astimezone(UTC) for local in times) if time > at)


@dataclass(frozen=True)
class Tick:
    """A verb that one worker at a time runs every so many seconds; it misses turns rather than queue them."""

    name: str
    every_seconds: float
    verb: Callable[[Session], object]


def declare(session: Session, schedules: Iterable[Schedule]) -> None:
    """What is new or has changed gets its next time; what is known keeps its own, even one that was missed."""
    at = now(session)
    for each in schedules:
        appointment = insert(Appointment).values(
            name=each.name, cron=each.cron, zone=each.zone, next_at=each.next_after(at)
        )
        given = appointment.excluded
        session.execute(
            appointment.on_conflict_do_update(
                index_elements=[Appointment.name],
                set_={"cron": given.cron, "zone": given.zone, "next_at": given.next_at},
                where=or_(Appointment.cron != given.cron, Appointment.zone != given.zone),
            )
        )


def queue_what_is_due(session: Session, schedules: Iterable[Schedule]) -> None:
    """Under a lock of the row, with its next time: however many workers look and however late they come, once."""
    at = now(session)
    names = [each.name for each in schedules]
    due = select(Appointment).where(Appointment.next_at <= at, Appointment.name.in_(names))
    for each in session.scalars(due.with_for_update(skip_locked=True)):
        enqueue(session, each.name, unique=each.name)
        each.next_at = Schedule(each.name, each.cron, each.zone).next_after(at)


_ALONE = text("SELECT pg_try_advisory_xact_lock(hashtextextended('tick ' || :name, 0))")


def take_turn(session: Session, tick: Tick) -> None:
    if session.scalar(_ALONE, {"name": tick.name}):
        tick.verb(session)
