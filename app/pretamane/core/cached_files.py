"""Files that can be made again: a folder that all processes share, of a size that it does not outgrow."""

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

from pretamane.core.ids import new_id

# Each process looks at all of it after it has written a sixteenth, and every look leaves a quarter free: so four may
# write at once, and none needs to know of the others.
_LOOKS, _LEFT_FREE = 1 / 16, 1 / 4
# So that not every look has something to remove.
_MADE_FREE = 3 / 8
_UNFINISHED, _LOCK = ".part", ".lock"


class CachedFiles:
    """Each belongs to somebody, with whom it goes. The one that nobody asked for longest goes first."""

    def __init__(self, folder: Path, cap: int) -> None:
        self._folder, self._cap = folder, cap
        self._lock = threading.Lock()
        self._unlooked = cap  # so that the first who writes looks: nobody knows what earlier processes left

    def find(self, owner: UUID, name: str) -> bytes | None:
        path = self._of(owner) / name
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:  # not there, or just removed, or the disk's own fault: it is made again
            return None
        return content

    def keep(self, owner: UUID, name: str, content: bytes) -> None:
        """A disk that has no room for it costs time later, and nothing else."""
        place = self._of(owner)
        unfinished = place / f"{new_id().hex}{_UNFINISHED}"
        with suppress(OSError):
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                unfinished.write_bytes(content)
                unfinished.replace(place / name)
            finally:
                unfinished.unlink(missing_ok=True)
            self._make_room(len(content))

    def forget(self, owner: UUID) -> None:
        """Whoever asks for it means it: a disk that does not let go of them is an error."""
        place = self._of(owner)
        while place.exists():
            with suppress(FileNotFoundError):  # making room took one at the same time
                shutil.rmtree(place)

    def _of(self, owner: UUID) -> Path:
        """By its last letters: the first are the time, so all of a day would be in one folder."""
        return self._folder / owner.hex[-2:] / owner.hex

    def _make_room(self, written: int) -> None:
        with self._lock:
            self._unlooked += written
            if self._unlooked <= self._cap * _LOOKS:
                return
            self._unlooked = 0
        with _alone(self._folder / _LOCK):
            self._remove_what_rested_longest()

    def _remove_what_rested_longest(self) -> None:
        there = sorted(_files(self._folder))
        taken = sum(size for _at, size, _path in there)
        if taken <= self._cap * (1 - _LEFT_FREE):
            return
        for _at, size, path in there:
            if taken <= self._cap * (1 - _MADE_FREE):
                return
            path.unlink(missing_ok=True)
            taken -= size
            with suppress(OSError):  # others of the same owner stay
                path.parent.rmdir()


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """By when each was last asked for; what a dead writer left, too."""
    for owners, _folders, names in os.walk(folder):
        for path in (Path(owners, name) for name in names if name != _LOCK):
            with suppress(FileNotFoundError):
                about = path.stat()
                yield about.st_mtime, about.st_size, path


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
