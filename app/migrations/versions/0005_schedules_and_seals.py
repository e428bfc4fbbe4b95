"""Schedules of recurring jobs, and what the sealer keeps."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    pass
