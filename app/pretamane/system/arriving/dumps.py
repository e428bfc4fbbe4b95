"""Where a paperless-ngx export lies: a folder, or the ZIP that its exporter makes, which is never unpacked."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from pretamane.core.errors import CannotStart
from pretamane.system.arriving import folders
from pretamane.system.arriving.folders import Unreachable

MANIFEST: Final = "manifest.json"
# With --split-manifest each document has one of its own.
_SPLIT: Final = "-manifest.json"


class Dump(Protocol):
    def manifests(self) -> Iterator[str]:
        """The main one first."""

    def opened(self, path: str) -> AbstractContextManager[BinaryIO]:
        """Unreachable where it is not there, or is no plain file of the dump."""


def dump_at(place: Path) -> Dump:
    if place.is_dir():
        return _Folder(place)
    if not zipfile.is_zipfile(place):
        raise CannotStart(f"{place} is neither a folder nor a ZIP.")
    return _Zip(zipfile.ZipFile(place))


class _Folder:
    def __init__(self, place: Path) -> None:
        self._place = place

    def manifests(self) -> Iterator[str]:
        yield MANIFEST
        for found in folders.walk(self._place):
            if found.path.endswith(_SPLIT) and not found.refusal:
                yield found.path

    def opened(self, path: str) -> AbstractContextManager[BinaryIO]:
        return folders.opened(self._place, path)


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def manifests(self) -> Iterator[str]:
        yield MANIFEST
        yield from (name for name in self._archive.namelist() if name.endswith(_SPLIT))

    @contextmanager
    def opened(self, path: str) -> Iterator[BinaryIO]:
        """By its name in the list alone: no path of the disk is ever made of it."""
        try:
            with self._archive.open(path) as file:
                yield file  # type: ignore[misc]  # it reads as a BinaryIO does, and is typed as IO[bytes]
        except KeyError:
            raise Unreachable("There is no such file in the ZIP.", is_there=False) from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as failure:
            raise Unreachable(f"The ZIP is damaged here, or locked: {failure}.") from failure
