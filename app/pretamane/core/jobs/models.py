"""Work that is left to do, work that was given up, and when recurring work is due next."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.database import Record
from pretamane.core.ids import new_id

_ALIVE = text("died_at IS NULL")


class Job(Record):
    """Waiting, or held under a lease until `due_at`, or dead. A job that is done is gone.

    For whoever looks for work there is one question: is it due? A lease that ran out makes a job due again.
    `wanted_at` is the time for which it was queued, from which a limit in time counts; retries leave it alone.
    `lost` is how many of its attempts ended with their worker, as far as is known: the next claim tells.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        Index("ix_jobs_next", "priority", "due_at", "id", postgresql_where=_ALIVE),
        Index("uq_jobs_name_unique_key", "name", "unique_key", unique=True, postgresql_where=_ALIVE),
        Index("ix_jobs_died_at", "died_at", postgresql_where=text("died_at IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    args: Mapped[dict[str, Any]] = mapped_column(JSONB)
    priority: Mapped[int] = mapped_column(SmallInteger)
    unique_key: Mapped[str | None]
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    wanted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    lost: Mapped[int] = mapped_column(SmallInteger, server_default="0", default=0)
    lease: Mapped[UUID | None]
    again: Mapped[bool] = mapped_column(server_default="false", default=False)
    last_failure: Mapped[str | None]
    died_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    request_id: Mapped[str | None]


class Appointment(Record):
    """A schedule's next time, and the cron expression and zone from which it was reckoned."""

    __tablename__ = "schedules"

    name: Mapped[str] = mapped_column(primary_key=True)
    cron: Mapped[str]
    zone: Mapped[str]
    next_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
