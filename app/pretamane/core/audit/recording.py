"""Writing down what somebody did."""

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


def record(session: Session, by: Actor, act: str, subject: UUID | None = None, **details: object) -> None:
    """In the transaction of the act itself: an act without its entry does not happen."""
    entry = {
        "id": new_id(),
        "made_at": now(session),
        "account_id": by.account_id,
        "actor": by.name,
        "key_id": by.key_id,
        "act": act,
        "subject": subject,
        "details": as_json(details),
        "request_id": request_ids.current.get(),
    }
    prepared.run_later(session, _RECORD, entry)
