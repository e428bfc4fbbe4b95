"""Who is told about new messages."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("practice", sa.Column("thanks_visitors", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "visitors_thanked",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("thanked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_visitors_thanked")),
    )
