"""The audit's two tables; the app's role in the database can add to both and change neither (core/roles.py)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.database import Record
from pretamane.core.ids import new_id


class AuditEntry(Record):
    """Who did what to what. Names of fields are told, what people wrote in them is not."""

    __tablename__ = "audit_entries"
    # The newest first, all of them or those of one account, act or subject; sealing goes by the first as well.
    __table_args__ = (
        Index("ix_audit_entries_made_at", "made_at", "id"),
        Index("ix_audit_entries_account_id", "account_id", "made_at", "id"),
        Index("ix_audit_entries_act", "act", "made_at", "id"),
        Index("ix_audit_entries_subject", "subject", "made_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    account_id: Mapped[UUID | None]
    actor: Mapped[str]
    key_id: Mapped[UUID | None]
    act: Mapped[str]
    subject: Mapped[UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    request_id: Mapped[str | None]


class AuditSeal(Record):
    """A link of the chain: its hash covers the entry and the seal before."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
