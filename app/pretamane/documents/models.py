"""Documents and how they are filed, the versions of their content, the bytes behind those, and what machines read."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pretamane.core.database import Record
from pretamane.core.ids import new_id

RECEIVED: Final = "received"
PROCESSING: Final = "processing"
READY: Final = "ready"
FAILED: Final = "failed"
QUARANTINED: Final = "quarantined"
STATES: Final = (RECEIVED, PROCESSING, READY, FAILED, QUARANTINED)

_STATES = ", ".join(f"'{state}'" for state in STATES)
_Moment = DateTime(timezone=True)
# Of two fingerprints that differ in three of 64 bits, one of four bands of 16 is the same.
_BANDS = tuple(f"((fingerprint >> {shift}) & 65535)" for shift in (48, 32, 16, 0))
_HAS_A_FINGERPRINT = text("fingerprint IS NOT NULL")
# Signs inside names of files part words, so that any part of one is found. As PostgreSQL gives it back, casts and all.
TITLE_WORDS: Final = text(
    "to_tsvector('simple'::regconfig, translate(title::text, '@._-/+<>&'::text, '         '::text))"
)


class Blob(Record):
    """Bytes in the store, under a key that is used once. Whoever names or purges them locks the row first.

    The row outlives its bytes: a key that was ever named is never collected, and what was purged is not missing.
    """

    __tablename__ = "blobs"
    __table_args__ = (
        CheckConstraint("octet_length(sha256) = 32", name="is_named_by_a_sha256"),
        CheckConstraint("size >= 0", name="has_a_size"),
        Index("uq_blobs_live_sha256", "sha256", unique=True, postgresql_where=text("purged_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime] = mapped_column(_Moment)
    purged_at: Mapped[datetime | None] = mapped_column(_Moment)


class Document(Record):
    """What people file. `version` counts its changes, for ETags; the versions of its content are DocumentVersions."""

    __tablename__ = "documents"
    __table_args__ = (
        CheckConstraint("version >= 1", name="counts_from_one"),
        CheckConstraint("part_of <> id", name="is_part_of_another"),
        CheckConstraint("(held_at IS NULL) = (hold_reason IS NULL)", name="is_held_for_a_reason"),
        Index("ix_documents_newest", "made_at", "id", postgresql_where=text("trashed_at IS NULL")),
        Index("ix_documents_trash", "made_at", "id", postgresql_where=text("trashed_at IS NOT NULL")),
        Index("ix_documents_contact", "contact_id", "made_at", "id"),
        Index("ix_documents_part_of", "part_of", postgresql_where=text("part_of IS NOT NULL")),
        Index("ix_documents_type", "type_id", "made_at", "id"),
        Index("ix_documents_title", TITLE_WORDS, postgresql_using="gin"),
        Index("ix_documents_dated", "document_date", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str]
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("contacts.id"))
    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1)
    # Each names the other, so the one that is written first is believed until the commit.
    current_version_id: Mapped[UUID] = mapped_column(
        ForeignKey("document_versions.id", deferrable=True, initially="DEFERRED", use_alter=True), unique=True
    )
    made_at: Mapped[datetime] = mapped_column(_Moment)
    changed_at: Mapped[datetime] = mapped_column(_Moment)
    received_by: Mapped[UUID | None]
    # A mail's attachment outlives the mail.
    part_of: Mapped[UUID | None] = mapped_column(ForeignKey("documents.id", ondelete="SET NULL"))
    document_date: Mapped[date | None]
    language: Mapped[str | None]
    trashed_at: Mapped[datetime | None] = mapped_column(_Moment)
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("document_types.id", ondelete="SET NULL"))
    notes: Mapped[str] = mapped_column(server_default="", default="")
    # Only whom DocumentReader names may know of it.
    is_restricted: Mapped[bool] = mapped_column(server_default=false(), default=False)
    # On hold nothing removes it: no trash, no purge, no rule, no erasure.
    held_at: Mapped[datetime | None] = mapped_column(_Moment)
    held_by: Mapped[UUID | None]
    hold_reason: Mapped[str | None]
    # The fields on which people had their say, also where they left nothing: machines guess these no more.
    settled: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)

    type: Mapped["DocumentType | None"] = relationship(viewonly=True)
    tags: Mapped[list["Tag"]] = relationship(secondary="document_tags", order_by="func.lower(Tag.name)", viewonly=True)


class DocumentType(Record):
    """What a practice files: invoice, contract, certificate."""

    __tablename__ = "document_types"
    __table_args__ = (Index("uq_document_types_name", func.lower(text("name")), unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    # A contact without one is shown as lacking it.
    is_expected: Mapped[bool] = mapped_column(server_default=false(), default=False)
    made_at: Mapped[datetime] = mapped_column(_Moment)


class Tag(Record):
    __tablename__ = "tags"
    __table_args__ = (Index("uq_tags_name", func.lower(text("name")), unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(_Moment)


class DocumentTag(Record):
    __tablename__ = "document_tags"
    __table_args__ = (Index("ix_document_tags_tag", "tag_id", "document_id"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[UUID] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)


class FormerValues(Record):
    """What a document was before somebody's act, for as long as that can be undone; gone with its document."""

    __tablename__ = "document_former_values"
    __table_args__ = (
        Index("ix_document_former_values_document", "document_id"),
        Index("ix_document_former_values_made_at", "made_at"),
    )

    act_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID]
    # The version that the act made: a newer one is somebody's later change.
    version: Mapped[int]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(_Moment)


class DocumentReader(Record):
    """An account that may know of a restricted document."""

    __tablename__ = "document_readers"
    __table_args__ = (Index("ix_document_readers_account", "account_id", "document_id"),)

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)


class RetentionRule(Record):
    """For how long documents of a type, with a tag, or both are kept. Until it is in force it removes nothing."""

    __tablename__ = "retention_rules"
    __table_args__ = (
        CheckConstraint("type_id IS NOT NULL OR tag_id IS NOT NULL", name="is_about_some"),
        CheckConstraint("keep_days >= 1", name="keeps_for_a_while"),
        CheckConstraint("counted_from IN ('received', 'document_date')", name="counts_from_a_known_day"),
        CheckConstraint("version >= 1", name="counts_from_one"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    type_id: Mapped[UUID | None] = mapped_column(ForeignKey("document_types.id"))
    tag_id: Mapped[UUID | None] = mapped_column(ForeignKey("tags.id"))
    keep_days: Mapped[int]
    counted_from: Mapped[str]
    in_force_since: Mapped[datetime | None] = mapped_column(_Moment)
    version: Mapped[int] = mapped_column(Integer, server_default="1", default=1)
    made_at: Mapped[datetime] = mapped_column(_Moment)
    made_by: Mapped[UUID | None]


class DocumentVersion(Record):
    """An original as it came, never altered, and how far machines have read it."""

    __tablename__ = "document_versions"
    __table_args__ = (
        CheckConstraint("number >= 1", name="counts_from_one"),
        CheckConstraint(f"state IN ({_STATES})", name="has_a_known_state"),
        CheckConstraint(
            f"state NOT IN ('{FAILED}', '{QUARANTINED}') OR reason IS NOT NULL", name="says_why_it_is_not_ready"
        ),
        CheckConstraint("page_count >= 0", name="has_a_number_of_pages"),
        UniqueConstraint("document_id", "number"),
        Index("ix_document_versions_blob", "blob_id"),
        Index("ix_document_versions_state", "state", "id"),
        *(
            Index(f"ix_document_versions_band_{band}", text(words), postgresql_where=_HAS_A_FINGERPRINT)
            for band, words in enumerate(_BANDS)
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    number: Mapped[int]
    blob_id: Mapped[UUID] = mapped_column(ForeignKey("blobs.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    marks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}", default=list)
    # In quarantine only because no scanner has looked at it yet.
    is_unscanned: Mapped[bool] = mapped_column(server_default="false", default=False)
    page_count: Mapped[int | None]
    # What machines took from it: title, dated, language. The document has it while this version is the current one.
    learned: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(_Moment)
    made_by: Mapped[UUID | None]
    # Of its words: whether another text is the same, and whether it is nearly so (about/fingerprints.py).
    text_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    fingerprint: Mapped[int | None] = mapped_column(BigInteger)


class DocumentLikeness(Record):
    """Two documents' versions whose texts are nearly the same; the first is the one that was read later."""

    __tablename__ = "document_likenesses"
    __table_args__ = (Index("ix_document_likenesses_other", "other_id"),)

    version_id: Mapped[UUID] = mapped_column(ForeignKey("document_versions.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("document_versions.id", ondelete="CASCADE"), primary_key=True)
    distance: Mapped[int] = mapped_column(SmallInteger)
    is_same_text: Mapped[bool]


class DocumentStep(Record):
    """How far one step of the reading has come."""

    __tablename__ = "document_steps"

    version_id: Mapped[UUID] = mapped_column(ForeignKey("document_versions.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(_Moment)


class DocumentPage(Record):
    """The text of one page, and where its words stand."""

    __tablename__ = "document_pages"
    __table_args__ = (
        CheckConstraint("number >= 1", name="counts_from_one"),
        CheckConstraint("source IN ('text', 'ocr')", name="says_who_read_it"),
    )

    version_id: Mapped[UUID] = mapped_column(ForeignKey("document_versions.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
    source: Mapped[str]
    width: Mapped[float | None]
    height: Mapped[float | None]
    words: Mapped[list[Any] | None] = mapped_column(JSONB)


class Upload(Record):
    """A document that comes in parts. How far it has come is its file's size, and nothing here."""

    __tablename__ = "uploads"
    __table_args__ = (
        CheckConstraint("length >= 0", name="has_a_length"),
        CheckConstraint("expires_at > made_at", name="ends_after_it_began"),
        Index("ix_uploads_expires_at", "expires_at"),
        Index("ix_uploads_document", "document_id", postgresql_where=text("document_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID]
    filename: Mapped[str]
    length: Mapped[int] = mapped_column(BigInteger)
    details: Mapped[dict[str, Any]] = mapped_column("metadata", JSONB)
    made_at: Mapped[datetime] = mapped_column(_Moment)
    expires_at: Mapped[datetime] = mapped_column(_Moment)
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
