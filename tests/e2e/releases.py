"""Other versions of the app's image, made of the one that runs."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

IMAGE = "pretamane"
MIGRATION = '''
"""What a later release adds."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"


def upgrade() -> None:
    op.create_table("of_a_later_release", sa.Column("id", sa.Uuid(), primary_key=True))
'''


def build(folder: Path, base: str, version: str, *steps: str) -> None:
    lines = [f"FROM {IMAGE}:{base}", "USER 0", *steps, "USER 10001:10001"]
    (folder / "Dockerfile").write_text("\n".join(lines) + "\n")
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", f"{IMAGE}:{version}", folder], check=True, capture_output=True
    )


def one_with_a_migration(folder: Path, base: str, version: str, newest: str) -> None:
    (folder / "9999_later.py").write_text(MIGRATION.format(newest=newest).lstrip())
    build(folder, base, version, "COPY 9999_later.py /srv/pretamane/app/migrations/versions/9999_later.py")


def one_that_is_ready_and_broken(folder: Path, base: str, version: str) -> None:
    """Its process is well and its readiness says so; its pages are not there."""
    build(folder, base, version, "RUN rm -r /srv/pretamane/app/pretamane/accounts/templates")


def one_whose_worker_is_unwell(folder: Path, base: str, version: str) -> None:
    """It is the one that is asked at this port."""
    step = "RUN sed -i '1i import sys; sys.exit(\"9101\" in sys.argv)' /srv/pretamane/healthy.py"
    build(folder, base, version, step)


@contextmanager
def another_image_of(part: str, folder: Path, base: str) -> Iterator[None]:
    """By the same name, as a checkout's own build makes it."""
    name, before = f"{IMAGE}-{part}:{base}", f"{IMAGE}-{part}:as-before"
    (folder / "Dockerfile").write_text(f"FROM {name}\nLABEL another=yes\n")
    subprocess.run(["docker", "tag", name, before], check=True)
    subprocess.run(["docker", "build", "--quiet", "--tag", name, folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["docker", "tag", before, name], check=True)
