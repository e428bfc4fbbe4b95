"""People who wrote to the practice, what they wrote, and what the staff noted about it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, DateTime, ForeignKey, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.actors import Actor
from pretamane.core.database import Record
from pretamane.core.ids import new_id

NEW: Final = "new"
OPEN: Final = "open"
DONE: Final = "done"
SPAM: Final = "spam"
STATUSES: Final = (NEW, OPEN, DONE, SPAM)

NOTE: Final = "note"
ANSWER: Final = "answer"

_ASSIGNED = text("assignee_id IS NOT NULL")


def _words_of(*columns: str) -> Computed:
    """What a search looks through; signs inside addresses part words, so that any part of one is found.

    What stands between < and > is words too, and no tag that PostgreSQL would leave out.

    Written as PostgreSQL gives it back, casts and all, or `alembic check` would see another expression.
    """
    said = f"COALESCE({columns[0]}, ''::character varying)::text"
    for column in columns[1:]:
        said = f"({said} || ' '::text) || COALESCE({column}, ''::character varying)::text"
    return Computed(
        f"to_tsvector('simple'::regconfig, translate({said}, '@._-/+<>&'::text, '         '::text))", persisted=True
    )


class Contact(Record):
    """One for each normalised e-mail address, whoever is quickest to write twice.

    One that was merged stays as a pointer, so that its address and its old links lead to the survivor; a survivor
    never points any further.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        CheckConstraint("merged_into <> id", name="merged_into_another"),
        Index("ix_contacts_newest", "made_at", "id", postgresql_where=text("merged_into IS NULL")),
        Index("ix_contacts_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_contacts_tags", "tags", postgresql_using="gin"),
        Index("ix_contacts_words", "words", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    company: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    # Names and addresses of those who were merged into this one: whoever knows them finds it still.
    known_as: Mapped[str] = mapped_column(String, server_default="", default="")
    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("contacts.id"))
    words: Mapped[str] = mapped_column(
        TSVECTOR, _words_of("name", "email", "company", "phone", "known_as"), deferred=True
    )


class Submission(Record):
    """A message as it was sent, never altered. Spam is kept too, but makes nobody a contact."""

    __tablename__ = "submissions"
    __table_args__ = (
        CheckConstraint("status = 'spam' OR contact_id IS NOT NULL", name="has_a_contact_unless_spam"),
        CheckConstraint("NOT consented OR consent_version IS NOT NULL", name="consent_names_its_text"),
        Index(None, "status", "received_at", "id"),
        Index("ix_submissions_newest", "received_at", "id"),
        # Partial, so that what arrives, which is nobody's yet, costs them nothing.
        Index("ix_submissions_assignee", "assignee_id", "received_at", "id", postgresql_where=_ASSIGNED),
        Index(
            "ix_submissions_assignee_status", "assignee_id", "status", "received_at", "id", postgresql_where=_ASSIGNED
        ),
        Index("ix_submissions_words", "words", postgresql_using="gin"),
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
    assignee_id: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    words: Mapped[str] = mapped_column(
        TSVECTOR,
        _words_of("reference", "name", "email", "company", "phone", "subject", "message"),
        deferred=True,
    )


class Note(Record):
    """What staff wrote down about a message or a contact, for each other; or answered, for the sender."""

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("num_nonnulls(submission_id, contact_id) = 1", name="is_about_one_thing"),
        Index("ix_notes_submission", "submission_id", "made_at"),
        Index("ix_notes_contact", "contact_id", "made_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    submission_id: Mapped[UUID | None] = mapped_column(ForeignKey("submissions.id"))
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contacts.id"))
    kind: Mapped[str]
    author_id: Mapped[UUID | None]
    author_name: Mapped[str]
    text: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    # Of an answer: when a mail server took it, or why none ever will.
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failure: Mapped[str | None]

    @classmethod
    def by(
        cls,
        author: Actor,
        at: datetime,
        words: str,
        *,
        kind: str = NOTE,
        submission_id: UUID | None = None,
        contact_id: UUID | None = None,
    ) -> "Note":
        return cls(
            id=new_id(),
            author_id=author.account_id,
            author_name=author.name,
            text=words,
            made_at=at,
            kind=kind,
            submission_id=submission_id,
            contact_id=contact_id,
        )


class BlockedSender(Record):
    """A normalised address whose messages are kept as spam."""

    __tablename__ = "blocked_senders"

    email: Mapped[str] = mapped_column(primary_key=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    blocked_by: Mapped[str]


class AnswerTemplate(Record):
    """A text that staff begin their answers with."""

    __tablename__ = "answer_templates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str] = mapped_column(unique=True)
    text: Mapped[str]
    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
