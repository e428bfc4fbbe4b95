"""What a kill -9 may leave behind: a PostgreSQL without its parent, a half-made cluster, a dead number."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from pretamane.adapters.postgres_folder import CLUSTER
from pretamane.core.errors import CannotStart

NEW_CLUSTER = f"{CLUSTER}.new-"

_PAUSE = 0.02
_REMOVALS = 100
# Fast, immediate, at any price.
_ENDINGS = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))


def mark(cluster: Path) -> str:
    """PostgreSQL shows this name in the title of each of its processes; it is ASCII whatever the path is."""
    found = cluster.stat()
    return f"pretamane-{found.st_dev}-{found.st_ino}"


def living(cluster: Path) -> list[int]:
    """Processes that are PostgreSQL on this very folder; the number in postmaster.pid may be anyone's."""
    return _by_working_folder(cluster) if Path("/proc/self/cwd").exists() else by_title(mark(cluster))


def _by_working_folder(cluster: Path) -> list[int]:
    place = cluster.stat()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # gone meanwhile, a zombie, or another user's
            folder = (entry / "cwd").stat()
            if os.path.samestat(folder, place) and (entry / "comm").read_text().startswith("postgres"):
                found.append(int(entry.name))
    return found


def by_title(title: str) -> list[int]:
    listing = subprocess.run(
        ["/bin/ps", "-A", "-ww", "-o", "pid=", "-o", "command="],
        env={"LC_ALL": "C"},
        capture_output=True,
        text=True,
        errors="replace",
        check=True,
    )
    lines = (line.split(None, 1) for line in listing.stdout.splitlines())
    return [int(number) for number, command in lines if "postgres" in command and title in command]


def clear_leftovers(folder: Path) -> None:
    """Call it under the folder's lock: then whatever still runs here has lost its parent."""
    for unfinished in folder.glob(f"{NEW_CLUSTER}*"):
        _remove(unfinished)
    cluster = folder / CLUSTER
    if cluster.exists():
        end_orphans(cluster)
        (cluster / "postmaster.pid").unlink(missing_ok=True)


def _remove(unfinished: Path) -> None:
    """A dying initdb may still be writing here; what outlasts our patience is the next start's to clear."""
    for _ in range(_REMOVALS):
        shutil.rmtree(unfinished, ignore_errors=True)
        if not unfinished.exists():
            return
        time.sleep(_PAUSE)


def end_orphans(cluster: Path) -> None:
    for number, patience in _ENDINGS:
        orphans = living(cluster)
        for process in orphans:
            _send(process, number)
        if not orphans or _all_gone(cluster, patience):
            return
    raise CannotStart(f"A PostgreSQL that an earlier start left on {cluster} does not end: restart the machine.")


def _send(process: int, number: signal.Signals) -> None:
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise CannotStart(
            f"A PostgreSQL of another user (process {process}) runs on this data folder: stop it first."
        ) from None


def _all_gone(cluster: Path, patience: float) -> bool:
    for _ in range(int(patience / _PAUSE)):
        if not living(cluster):
            return True
        time.sleep(_PAUSE)
    return False
