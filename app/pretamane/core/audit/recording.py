"""Writing down what somebody did."""

from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core import request_ids
from pretamane.core.actors import Actor
from pretamane.core.audit.models import AuditEntry
from pretamane.core.database import now
from pretamane.core.ids import new_id


def record(session: Session, by: Actor, act: str, subject: UUID | None = None, **details: object) -> None:
    """In the transaction of the act itself: an act without its entry does not happen."""
    session.add(
        AuditEntry(
            id=new_id(),
            made_at=now(session),
            account_id=by.account_id,
            actor=by.name,
            key_id=by.key_id,
            act=act,
            subject=subject,
            details=details,
            request_id=request_ids.current.get(),
        )
    )
