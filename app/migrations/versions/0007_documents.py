"""Documents, the versions of their content, the bytes behind those, and uploads on their way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _blobs()
    _documents()
    _document_versions()
    _what_was_read()
    _uploads()


def _blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("purged_at", _MOMENT, nullable=True),
        sa.CheckConstraint("octet_length(sha256) = 32", name=op.f("ck_blobs_is_named_by_a_sha256")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_blobs_has_a_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blobs")),
        sa.UniqueConstraint("key", name=op.f("uq_blobs_key")),
    )
    live = sa.text("purged_at IS NULL")
    op.create_index("uq_blobs_live_sha256", "blobs", ["sha256"], unique=True, postgresql_where=live)


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("current_version_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=True),
        sa.Column("part_of", sa.Uuid(), nullable=True),
        sa.Column("document_date", sa.Date(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("trashed_at", _MOMENT, nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_documents_counts_from_one")),
        sa.CheckConstraint("part_of <> id", name=op.f("ck_documents_is_part_of_another")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_documents_contact_id_contacts")),
        sa.ForeignKeyConstraint(
            ["part_of"], ["documents.id"], name=op.f("fk_documents_part_of_documents"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("current_version_id", name=op.f("uq_documents_current_version_id")),
    )
    newest = ["made_at", "id"]
    op.create_index("ix_documents_newest", "documents", newest, postgresql_where=sa.text("trashed_at IS NULL"))
    op.create_index("ix_documents_trash", "documents", newest, postgresql_where=sa.text("trashed_at IS NOT NULL"))
    op.create_index("ix_documents_contact", "documents", ["contact_id", *newest])
    op.create_index("ix_documents_part_of", "documents", ["part_of"], postgresql_where=sa.text("part_of IS NOT NULL"))


def _document_versions() -> None:
    op.create_table(
        "document_versions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("marks", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("is_unscanned", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_document_versions_counts_from_one")),
        sa.CheckConstraint(
            "state IN ('received', 'processing', 'ready', 'failed', 'quarantined')",
            name=op.f("ck_document_versions_has_a_known_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('failed', 'quarantined') OR reason IS NOT NULL",
            name=op.f("ck_document_versions_says_why_it_is_not_ready"),
        ),
        sa.CheckConstraint("page_count >= 0", name=op.f("ck_document_versions_has_a_number_of_pages")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_versions_document_id_documents")
        ),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_document_versions_blob_id_blobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_versions")),
        sa.UniqueConstraint("document_id", "number", name=op.f("uq_document_versions_document_id")),
    )
    op.create_index("ix_document_versions_blob", "document_versions", ["blob_id"])
    op.create_index("ix_document_versions_state", "document_versions", ["state", "id"])
    op.create_foreign_key(
        op.f("fk_documents_current_version_id_document_versions"),
        *("documents", "document_versions", ["current_version_id"], ["id"]),
        deferrable=True,
        initially="DEFERRED",
    )


def _what_was_read() -> None:
    op.create_table(
        "document_steps",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["document_versions.id"],
            name=op.f("fk_document_steps_version_id_document_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "step", name=op.f("pk_document_steps")),
    )
    op.create_table(
        "document_pages",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("width", sa.Float(), nullable=True),
        sa.Column("height", sa.Float(), nullable=True),
        sa.Column("words", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_document_pages_counts_from_one")),
        sa.CheckConstraint("source IN ('text', 'ocr')", name=op.f("ck_document_pages_says_who_read_it")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["document_versions.id"],
            name=op.f("fk_document_pages_version_id_document_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "number", name=op.f("pk_document_pages")),
    )


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("length >= 0", name=op.f("ck_uploads_has_a_length")),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_uploads_ends_after_it_began")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_uploads_document_id_documents"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_expires_at", "uploads", ["expires_at"])
    filed = sa.text("document_id IS NOT NULL")
    op.create_index("ix_uploads_document", "uploads", ["document_id"], postgresql_where=filed)
