"""Where several processes add up their metrics. `use` comes before any import of prometheus_client."""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

from pretamane.core.errors import CannotStart


def use(parent: Path) -> None:
    """A folder of this start's own, so that it begins at nought and no other service on the same data counts in it."""
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        one_at_a_time = os.open(parent, os.O_RDONLY)
        fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        _remove_leftovers(parent)
        folder = tempfile.mkdtemp(dir=parent)
        _hold(folder)
        os.close(one_at_a_time)
    except OSError as failure:
        raise CannotStart(f"The folder {parent} cannot be used: {failure.strerror}.") from failure
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder


def _remove_leftovers(parent: Path) -> None:
    for folder in parent.iterdir():
        descriptor = _hold(folder)
        if descriptor is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def _hold(folder: str | Path) -> int | None:
    """None while another start holds it. A lock, as it ends with the last fork of that start, however that ends;
    a process's number means nothing in another container, and may be anybody's by then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
