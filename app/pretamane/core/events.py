"""What happened, told inside the transaction in which it happened: whoever listens there succeeds or fails with it."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import DateTime, delete
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from pretamane.core import prepared, request_ids
from pretamane.core.database import Record, now
from pretamane.core.details import as_json
from pretamane.core.ids import new_id
from pretamane.core.prepared import Prepared

KEPT_FOR = timedelta(days=30)


class Event(Record):
    """The outbox: what was told, for thirty days."""

    __tablename__ = "events"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    subject: Mapped[UUID]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


_KEEP = Prepared("""
    INSERT INTO events (id, name, subject, details, request_id, made_at)
    VALUES (:id, :name, :subject, CAST(:details AS jsonb), :request_id, :made_at)
""")
_KEEP_MANY = Prepared("""
    INSERT INTO events (id, name, subject, details, request_id, made_at)
    SELECT id, :name, subject, CAST(:details AS jsonb), :request_id, :made_at
    FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS uuid[])) AS told (id, subject)
""")


class Identified(Protocol):
    @property
    def id(self) -> UUID: ...


Listener = Callable[[Session, Event], None]
Listeners = Mapping[str, Sequence[Listener]]


def emit(session: Session, name: str, subject: Identified | UUID, **details: object) -> Event:
    """Keep the event and let everyone who listens act in the same transaction; wiring says who does."""
    told = {
        "id": new_id(),
        "name": name,
        "subject": subject if isinstance(subject, UUID) else subject.id,
        "request_id": request_ids.current.get(),
        "made_at": now(session),
    }
    kept = as_json(details)
    prepared.run_later(session, _KEEP, told | {"details": kept})
    # As whoever reads it again finds it, so that a listener sees what a later reader will.
    event = Event(**told, details=json.loads(kept))
    for listen in _listening(session, name):
        listen(session, event)
    return event


def emit_many(session: Session, name: str, subjects: Sequence[UUID], **details: object) -> None:
    """The same of each of them, kept by one statement."""
    if not subjects:
        return
    told = {"name": name, "request_id": request_ids.current.get(), "made_at": now(session)}
    ids, kept = [new_id() for _ in subjects], as_json(details)
    prepared.run_later(session, _KEEP_MANY, {**told, "details": kept, "ids": ids, "subjects": list(subjects)})
    for listen in _listening(session, name):
        for identity, subject in zip(ids, subjects, strict=True):
            listen(session, Event(**told, id=identity, subject=subject, details=json.loads(kept)))


def _listening(session: Session, name: str) -> Sequence[Listener]:
    listeners: Listeners = session.info["listeners"]
    return listeners.get(name, ())


def forget_old(session: Session, at: datetime) -> None:
    session.execute(delete(Event).where(Event.made_at <= at - KEPT_FOR))
