"""People who wrote to the practice, and what they wrote."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.database import Record
from pretamane.core.ids import new_id

NEW: Final = "new"
SPAM: Final = "spam"


class Contact(Record):
    """One for each normalised e-mail address, whoever is quickest to write twice."""

    __tablename__ = "contacts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    company: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Submission(Record):
    """A message as it was sent, never altered. Spam is kept too, but makes nobody a contact."""

    __tablename__ = "submissions"
    __table_args__ = (
        CheckConstraint("status = 'spam' OR contact_id IS NOT NULL", name="has_a_contact_unless_spam"),
        CheckConstraint("NOT consented OR consent_version IS NOT NULL", name="consent_names_its_text"),
        Index(None, "status", "received_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reference: Mapped[str] = mapped_column(unique=True)
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    status: Mapped[str]
    spam_reason: Mapped[str | None]
    name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str | None]
    company: Mapped[str | None]
    subject: Mapped[str | None]
    message: Mapped[str]
    consented: Mapped[bool]
    consent_version: Mapped[str | None]
    page: Mapped[str | None]
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    request_id: Mapped[str | None]
