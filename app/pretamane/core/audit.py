"""What accounts and keys did: written with what they did, never changed afterwards, chained by seals."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from pretamane.core import request_ids
from pretamane.core.actors import Actor
from pretamane.core.database import Record, now
from pretamane.core.ids import new_id


class AuditEntry(Record):
    """Who did what to what. Names of fields are told, what people wrote in them is not."""

    __tablename__ = "audit_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    account_id: Mapped[UUID | None]
    actor: Mapped[str]
    key_id: Mapped[UUID | None]
    act: Mapped[str]
    subject: Mapped[UUID | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str | None]


class AuditSeal(Record):
    """A link of the chain: its hash covers the entry and the seal before."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


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
