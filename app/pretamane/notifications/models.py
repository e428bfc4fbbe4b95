"""Whom a mail has reached lately, so that nobody is flooded."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.database import Record


class Thanked(Record):
    """When a visitor was last sent a thanks; rows that no longer keep one back are swept."""

    __tablename__ = "visitors_thanked"

    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    thanked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
