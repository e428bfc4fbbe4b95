"""What documents' texts are like, and how full the house was when it was last measured."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("document_versions", sa.Column("text_sha256", sa.LargeBinary(), nullable=True))
    op.add_column("document_versions", sa.Column("fingerprint", sa.BigInteger(), nullable=True))
    for band, shift in enumerate((48, 32, 16, 0)):
        op.create_index(
            f"ix_document_versions_band_{band}",
            "document_versions",
            [sa.text(f"((fingerprint >> {shift}) & 65535)")],
            postgresql_where=sa.text("fingerprint IS NOT NULL"),
        )
    op.create_table(
        "document_likenesses",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.Column("is_same_text", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["document_versions.id"],
            name=op.f("fk_document_likenesses_version_id_document_versions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"],
            ["document_versions.id"],
            name=op.f("fk_document_likenesses_other_id_document_versions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("version_id", "other_id", name=op.f("pk_document_likenesses")),
    )
    op.create_index("ix_document_likenesses_other", "document_likenesses", ["other_id"])
    op.add_column("practice", sa.Column("storage_used", sa.BigInteger(), nullable=True))
    op.add_column("practice", sa.Column("storage_told", sa.SmallInteger(), server_default="0", nullable=False))
