"""Writing down what somebody did."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core import prepared, request_ids
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.details import as_json
from pretamane.core.ids import new_id
from pretamane.core.prepared import Prepared

_RECORD = Prepared("""
    INSERT INTO audit_entries (id, made_at, account_id, actor, key_id, act, subject, details, request_id)
    VALUES (:id, :made_at, :account_id, :actor, :key_id, :act, :subject, CAST(:details AS jsonb), :request_id)
""")
_RECORD_MANY = Prepared("""
    INSERT INTO audit_entries (id, made_at, account_id, actor, key_id, act, subject, details, request_id)
    SELECT id, :made_at, :account_id, :actor, :key_id, :act, subject, CAST(:details AS jsonb), :request_id
    FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS uuid[])) AS done (id, subject)
""")


def record(session: Session, by: Actor, act: str, subject: UUID | None = None, **details: object) -> None:
    """In the transaction of the act itself: an act without its entry does not happen."""
    entry = {**_entry(session, by, act, details), "id": new_id(), "subject": subject}
    prepared.run_later(session, _RECORD, entry)


def record_many(session: Session, by: Actor, act: str, subjects: Sequence[UUID], **details: object) -> None:
    """An entry for each of them, written by one statement."""
    if subjects:
        each = {"ids": [new_id() for _ in subjects], "subjects": list(subjects)}
        prepared.run_later(session, _RECORD_MANY, {**_entry(session, by, act, details), **each})


def _entry(session: Session, by: Actor, act: str, details: Mapping[str, object]) -> dict[str, object]:
    return {
        "made_at": now(session),
        "account_id": by.account_id,
        "actor": by.name,
        "key_id": by.key_id,
        "act": act,
        "details": as_json(details),
        "request_id": request_ids.current.get(),
    }
