"""Schedules of recurring jobs, and since when a job has been wanted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    # The release before this one queues without naming the columns.
    wanted_at = sa.Column("wanted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    op.add_column("jobs", wanted_at)
    op.add_column("jobs", sa.Column("lost", sa.SmallInteger(), server_default="0", nullable=False))
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cron", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
