"""Reads of the audit, the newest first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from pretamane.core.audit.models import AuditEntry


def entries(
    session: Session,
    *,
    before: tuple[datetime, UUID] | None = None,
    account_id: UUID | None = None,
    act: str | None = None,
    subject: UUID | None = None,
    limit: int = 50,
) -> Sequence[AuditEntry]:
    """A page of them; `before` is the (made_at, id) of the last one on the page before."""
    wanted = select(AuditEntry).order_by(AuditEntry.made_at.desc(), AuditEntry.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(tuple_(AuditEntry.made_at, AuditEntry.id) < before)
    if account_id is not None:
        wanted = wanted.where(AuditEntry.account_id == account_id)
    if act is not None:
        wanted = wanted.where(AuditEntry.act == act)
    if subject is not None:
        wanted = wanted.where(AuditEntry.subject == subject)
    return session.scalars(wanted).all()
