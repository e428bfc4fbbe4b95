"""Where several processes add up their metrics. `use` comes before any import of prometheus_client."""

import os
from pathlib import Path

from pretamane.core.errors import CannotStart


def use(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as failure:
        raise CannotStart(f"The folder {folder} cannot be made: {failure.strerror}.") from failure
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def empty(folder: Path) -> None:
    """Once when the service starts, never when one of its processes does; and only when no other runs here."""
    for old in folder.glob("*.db"):
        old.unlink(missing_ok=True)
