"""A house with an embedded database, as a backup that a stack takes in."""

import tempfile
from datetime import UTC
from pathlib import Path

from pretamane import __version__
from pretamane.adapters import postgres_dump
from pretamane.core.clock import SystemClock
from pretamane.core.errors import CannotStart
from pretamane.settings import Settings
from pretamane.system import backing_up
from pretamane.wiring.blobs import blob_store
from pretamane.wiring.databases import database_for


def back_up(asked: Settings, file: Path, seen: backing_up.Seen) -> int:
    """How many documents' bytes are in it. The house may run meanwhile; nothing in it is changed."""
    if asked.database_url is not None:
        raise CannotStart("This database is not Pretamane's own: scripts/backup-data.sh backs up a stack.")
    if file.exists():
        raise CannotStart(f"{file} is there already, and a backup takes no other one's place.")
    clock = SystemClock()
    made = f"{clock.now().astimezone(UTC):pretamane-%Y%m%dT%H%M%SZ}"
    with (
        database_for(asked) as settings,
        tempfile.TemporaryDirectory(prefix=".making.", dir=file.parent) as aside,
    ):
        owner = str(settings.database_owner_url and settings.database_owner_url.get_secret_value())
        dump = Path(aside) / "database.dump"
        listed = postgres_dump.dump(owner, dump)
        backing_up.write(
            file,
            dump,
            f"made {made}\nversion {__version__}\n",
            listed,
            blob_store(settings, clock),
            was_purged=lambda key: postgres_dump.was_purged(owner, key),
            seen=seen,
        )
    return len(listed)
