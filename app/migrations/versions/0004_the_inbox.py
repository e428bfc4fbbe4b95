"""What the staff do with messages and contacts."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _contacts()
    _submissions()
    _new_tables()


def _words_of(*columns: str) -> sa.Computed:
    said = f"COALESCE({columns[0]}, ''::character varying)::text"
    for column in columns[1:]:
        said = f"({said} || ' '::text) || COALESCE({column}, ''::character varying)::text"
    expression = f"to_tsvector('simple'::regconfig, translate({said}, '@._-/+<>&'::text, '         '::text))"
    return sa.Computed(expression, persisted=True)


def _contacts() -> None:
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("known_as", sa.String(), server_default="", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column(
            "words", postgresql.TSVECTOR(), _words_of("name", "email", "company", "phone", "known_as"), nullable=False
        ),
    )
    for column in columns:
        op.add_column("contacts", column)
    op.create_foreign_key(op.f("fk_contacts_merged_into_contacts"), "contacts", "contacts", ["merged_into"], ["id"])
    op.create_check_constraint(op.f("ck_contacts_merged_into_another"), "contacts", "merged_into <> id")
    survivors, pointers = sa.text("merged_into IS NULL"), sa.text("merged_into IS NOT NULL")
    op.create_index("ix_contacts_newest", "contacts", ["made_at", "id"], postgresql_where=survivors)
    op.create_index("ix_contacts_merged_into", "contacts", ["merged_into"], postgresql_where=pointers)
    op.create_index("ix_contacts_tags", "contacts", ["tags"], postgresql_using="gin")
    op.create_index("ix_contacts_words", "contacts", ["words"], postgresql_using="gin")


def _submissions() -> None:
    searched = ("reference", "name", "email", "company", "phone", "subject", "message")
    columns: tuple[sa.Column[Any], ...] = (
        sa.Column("assignee_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), _words_of(*searched), nullable=False),
    )
    for column in columns:
        op.add_column("submissions", column)
    assigned = sa.text("assignee_id IS NOT NULL")
    newest = ["received_at", "id"]
    op.create_index("ix_submissions_newest", "submissions", newest)
    op.create_index("ix_submissions_assignee", "submissions", ["assignee_id", *newest], postgresql_where=assigned)
    by_status = ["assignee_id", "status", *newest]
    op.create_index("ix_submissions_assignee_status", "submissions", by_status, postgresql_where=assigned)
    op.create_index("ix_submissions_words", "submissions", ["words"], postgresql_using="gin")


def _new_tables() -> None:
    op.create_table(
        "notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("author_name", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(), nullable=True),
        sa.CheckConstraint("num_nonnulls(submission_id, contact_id) = 1", name=op.f("ck_notes_is_about_one_thing")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_notes_submission_id_submissions")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_notes_contact_id_contacts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index("ix_notes_submission", "notes", ["submission_id", "made_at"])
    op.create_index("ix_notes_contact", "notes", ["contact_id", "made_at"])
    op.create_table(
        "blocked_senders",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("email", name=op.f("pk_blocked_senders")),
    )
    op.create_table(
        "answer_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_templates")),
        sa.UniqueConstraint("title", name=op.f("uq_answer_templates_title")),
    )
