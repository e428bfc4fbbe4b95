"""How documents are filed: types, tags, notes; who may know of them; how long they are kept, and what holds them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _types_and_tags()
    _documents()
    _readers()
    _retention_rules()
    _finding()
    _former_values()
    op.add_column("practice", sa.Column("storage_quota", sa.BigInteger(), nullable=True))


def _types_and_tags() -> None:
    op.create_table(
        "document_types",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("is_expected", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_types")),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
    )
    for table in ("document_types", "tags"):
        op.create_index(f"uq_{table}_name", table, [sa.text("lower(name)")], unique=True)
    op.create_table(
        "document_tags",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["documents.id"], name=op.f("fk_document_tags_document_id_documents"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_document_tags_tag_id_tags"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "tag_id", name=op.f("pk_document_tags")),
    )
    op.create_index("ix_document_tags_tag", "document_tags", ["tag_id", "document_id"])


def _documents() -> None:
    op.add_column("documents", sa.Column("type_id", sa.Uuid(), nullable=True))
    op.add_column("documents", sa.Column("notes", sa.String(), server_default="", nullable=False))
    op.add_column("documents", sa.Column("is_restricted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("documents", sa.Column("held_at", _MOMENT, nullable=True))
    op.add_column("documents", sa.Column("held_by", sa.Uuid(), nullable=True))
    op.add_column("documents", sa.Column("hold_reason", sa.String(), nullable=True))
    texts: sa.ARRAY[str] = sa.ARRAY(sa.Text())
    op.add_column("documents", sa.Column("settled", texts, server_default=sa.text("'{}'"), nullable=False))
    op.create_foreign_key(
        op.f("fk_documents_type_id_document_types"),
        *("documents", "document_types", ["type_id"], ["id"]),
        ondelete="SET NULL",
    )
    op.create_check_constraint(
        op.f("ck_documents_is_held_for_a_reason"), "documents", "(held_at IS NULL) = (hold_reason IS NULL)"
    )
    op.add_column("document_versions", sa.Column("learned", postgresql.JSONB(), nullable=True))
    op.create_index("ix_documents_type", "documents", ["type_id", "made_at", "id"])


def _readers() -> None:
    op.create_table(
        "document_readers",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_readers_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_document_readers_account_id_accounts")),
        sa.PrimaryKeyConstraint("document_id", "account_id", name=op.f("pk_document_readers")),
    )
    op.create_index("ix_document_readers_account", "document_readers", ["account_id", "document_id"])


def _retention_rules() -> None:
    op.create_table(
        "retention_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("type_id", sa.Uuid(), nullable=True),
        sa.Column("tag_id", sa.Uuid(), nullable=True),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("counted_from", sa.String(), nullable=False),
        sa.Column("in_force_since", _MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("type_id IS NOT NULL OR tag_id IS NOT NULL", name=op.f("ck_retention_rules_is_about_some")),
        sa.CheckConstraint("keep_days >= 1", name=op.f("ck_retention_rules_keeps_for_a_while")),
        sa.CheckConstraint(
            "counted_from IN ('received', 'document_date')", name=op.f("ck_retention_rules_counts_from_a_known_day")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_retention_rules_counts_from_one")),
        sa.ForeignKeyConstraint(
            ["type_id"], ["document_types.id"], name=op.f("fk_retention_rules_type_id_document_types")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_retention_rules_tag_id_tags")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rules")),
    )


def _finding() -> None:
    """By the words of a title, as PostgreSQL writes the expression itself, and by the day on a document."""
    words = "to_tsvector('simple'::regconfig, translate(title::text, '@._-/+<>&'::text, '         '::text))"
    op.create_index("ix_documents_title", "documents", [sa.text(words)], postgresql_using="gin")
    op.create_index("ix_documents_dated", "documents", ["document_date", "id"])


def _former_values() -> None:
    op.create_table(
        "document_former_values",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_former_values_document_id_documents"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("act_id", "document_id", name=op.f("pk_document_former_values")),
    )
    op.create_index("ix_document_former_values_document", "document_former_values", ["document_id"])
    op.create_index("ix_document_former_values_made_at", "document_former_values", ["made_at"])
