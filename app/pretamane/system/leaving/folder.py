"""The folder that an export writes to: each file is whole under its name or not there; what is strange is left."""

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from pretamane.core.errors import CannotStart
from pretamane.core.spool.held import make_names_durable

# What systems drop into any folder that somebody looks at.
DROPPINGS: Final = {".ds_store", "thumbs.db", "desktop.ini"}
UNFINISHED: Final = ".pretamane-export-part"
_PIECE: Final = 1024 * 1024


class Digesting:
    """Bytes on their way into a file, hashed and counted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest, self.size = file, hashlib.sha256(), 0

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self._digest.update(piece)
        self.size += len(piece)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


class Folder:
    def __init__(self, place: Path) -> None:
        self.place = place

    @contextmanager
    def writing(self, path: str) -> Iterator[Digesting]:
        """Under its name only once all of it is on the disk; an exception leaves nothing under it."""
        part = self.place / UNFINISHED
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            yield Digesting(file)
            file.flush()
            os.fsync(file.fileno())
        target = self.place / path
        self._make_way_for(target)
        part.replace(target)

    def _make_way_for(self, target: Path) -> None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.parent.resolve() != self.place.resolve() / target.parent.relative_to(self.place):
            raise CannotStart(f"{target.parent} leads out of the folder, by a link; nothing is written there.")

    def has(self, path: str, sha256: str, size: int) -> bool:
        """Read again to the last byte: only the hash proves it."""
        found = self.place / path
        if found.is_symlink() or not found.is_file() or found.stat().st_size != size:
            return False
        return digest_of(found) == sha256

    def remove(self, path: str) -> None:
        """And the folders that are empty then."""
        gone = self.place / path
        gone.unlink(missing_ok=True)
        for folder in gone.parents:
            if folder == self.place or not folder.is_dir() or any(folder.iterdir()):
                return
            folder.rmdir()

    def paths(self, without: Iterable[str] = ()) -> Iterator[str]:
        """Of all that is there, links and special files too, by name; folders only where they are empty."""
        left_out = {UNFINISHED, *without}
        for path in _paths(self.place, ""):
            if path not in left_out and path.rpartition("/")[2].casefold() not in DROPPINGS:
                yield path

    def make_durable(self) -> None:
        make_names_durable(self.place)


def _paths(folder: Path, before: str) -> Iterator[str]:
    # Some disks give names back with their accents apart.
    for name in sorted(unicodedata.normalize("NFC", entry.name) for entry in os.scandir(folder)):
        place = folder / name
        if place.is_dir() and not place.is_symlink():
            yield from _paths(place, f"{before}{name}/")
        else:
            yield before + name


def digest_of(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb", buffering=0) as opened:
        while piece := opened.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
