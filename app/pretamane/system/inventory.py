"""What this house is made of and how full it is, found out within a bound."""

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from pretamane import __version__
from pretamane.core import migrations
from pretamane.core.jobs import queries as jobs
from pretamane.ports import Clock
from pretamane.system.schemas import FolderState, QueueState, Versions

# An operator waits for the answer: what a folder holds beyond this is told as "at least".
COUNTED_FOR_SECONDS = 1.0


def versions(session: Session) -> Versions:
    return Versions(
        pretamane=__version__,
        python=platform.python_version(),
        postgresql=session.execute(text("SHOW server_version")).scalar_one(),
        tables=migrations.applied(session.connection()),
        tables_wanted=migrations.newest(),
    )


def database_bytes(session: Session) -> int:
    size: int = session.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return size


def queue(session: Session) -> QueueState:
    full = jobs.how_full(session)
    counts = {state.value: count for state, count in full.counts.items()}
    return QueueState(oldest_due_seconds=full.oldest_due.total_seconds(), **counts)


def folder(place: Path, clock: Clock) -> FolderState:
    """Without waiting for a slow disk: counting ends when its time is over, or where a folder is closed to us."""
    until, total, is_complete = clock.monotonic() + COUNTED_FOR_SECONDS, 0, True
    for size in _sizes(place):
        if size is None or clock.monotonic() > until:
            is_complete = False
        if clock.monotonic() > until:
            break
        total += size or 0
    return FolderState(bytes=total, is_complete=is_complete, free_bytes=shutil.disk_usage(place).free)


def _sizes(place: Path) -> Iterator[int | None]:
    """What each file takes; nothing where it cannot be known. A file that vanished meanwhile takes no room."""
    try:
        found = list(place.iterdir())
    except FileNotFoundError:
        return
    except OSError:
        yield None
        return
    for each in found:
        if each.is_dir() and not each.is_symlink():
            yield from _sizes(each)
        else:
            yield _size(each)


def _size(file: Path) -> int | None:
    try:
        return file.lstat().st_size
    except FileNotFoundError:
        return 0
    except OSError:
        return None
