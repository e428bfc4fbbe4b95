"""Blobs as read-only files of one folder: a name appears when all its bytes are on the disk, and never before."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from pretamane.adapters.blobs import PIECE_BYTES, checked, is_key, sweep, unavailable
from pretamane.core.ids import new_id
from pretamane.ports import KeptBlob

# No key begins with a dot, so that nothing in there can be taken for a blob.
_COPIES = ".copies"
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}


class FileBlobs:
    name = "blobs"
    required = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def keep(self, key: str, file: Path) -> None:
        """The file itself becomes the blob where both are on one file system: nobody may write to it any more."""
        final, size = self._path(key), file.stat().st_size
        with self._refusing("could not be kept"):
            self._make_folders(final)
            if not final.exists():
                self._put(file, final)
            kept = final.stat().st_size
            self._make_names_last(final)
        if kept != size:
            raise FileExistsError(errno.EEXIST, "Other bytes are kept under this key", key)

    @contextmanager
    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[Iterator[bytes]]:
        with ExitStack() as stack:
            with self._finding(key):
                blob = stack.enter_context(self._path(key).open("rb", buffering=0))
                blob.seek(start)
            yield self._pieces(blob, length)

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        self.size(key)
        yield self._path(key)

    def size(self, key: str) -> int:
        with self._finding(key):
            return self._path(key).stat().st_size

    def remove(self, key: str) -> None:
        path = self._path(key)
        with suppress(FileNotFoundError), self._finding(key):
            path.unlink(missing_ok=True)
            _sync(path.parent)

    def kept(self) -> Iterator[KeptBlob]:
        """Without its folder it is empty: the first blob makes that."""
        with self._refusing("could not be listed"):
            for folder, _, names in os.walk(self._folder, onerror=_tell):
                for path in (Path(folder, name) for name in names):
                    key = path.relative_to(self._folder).as_posix()
                    with suppress(FileNotFoundError):  # removed since the folder was read
                        if is_key(key):
                            yield KeptBlob(key, path.stat().st_size)

    def sweep(self, now: datetime) -> int:
        """Remove what keeps that never ended have left behind, once it is a day old."""
        with self._refusing("could not be tidied"):
            return sweep(self._folder / _COPIES, now)

    def prepare(self) -> list[str]:
        """Make the folder. Nothing of what it promises can be lacking: the list is for stores that others run."""
        with self._refusing("cannot be kept"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return []

    def shortfalls(self) -> list[str]:
        return []

    def probe(self) -> None:
        """Nothing is written to find out: `pretamane check` leaves no trace."""
        nearest = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        if not (nearest.is_dir() and os.access(nearest, os.R_OK | os.W_OK | os.X_OK)):
            raise unavailable(f"Blobs cannot be kept in {self._folder}: {nearest} is no folder that we may write to.")

    def _path(self, key: str) -> Path:
        return self._folder / checked(key)

    def _folders(self, final: Path) -> list[Path]:
        """From the store's own to the blob's."""
        within = final.parent.relative_to(self._folder)
        return [self._folder, *(self._folder / each for each in reversed(within.parents[:-1])), final.parent]

    def _make_folders(self, final: Path) -> None:
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        for folder in self._folders(final):
            folder.mkdir(mode=0o700, exist_ok=True)

    def _make_names_last(self, final: Path) -> None:
        """Every time, for whoever made a folder just now may not have come to this yet."""
        for folder in (self._folder.parent, *self._folders(final)):
            _sync(folder)

    def _put(self, file: Path, final: Path) -> None:
        try:
            file.chmod(0o400)
            _sync(file)
            _link(file, final)
        except OSError as failure:
            if failure.errno not in _NO_LINK:
                raise
            self._copy(file, final)

    def _copy(self, file: Path, final: Path) -> None:
        copies = self._folder / _COPIES
        copies.mkdir(mode=0o700, exist_ok=True)
        copy = copies / str(new_id())
        try:
            with file.open("rb") as source, _opened_for_us(copy) as target:
                shutil.copyfileobj(source, target, PIECE_BYTES)
                target.flush()
                os.fsync(target.fileno())
            _give_name(copy, final)
        finally:
            copy.unlink(missing_ok=True)

    def _pieces(self, blob: FileIO, length: int | None) -> Iterator[bytes]:
        left = length
        while left is None or left > 0:
            with self._refusing("could not be read"):
                piece = blob.read(PIECE_BYTES if left is None else min(left, PIECE_BYTES))
            if not piece:
                return
            left = None if left is None else left - len(piece)
            yield piece

    @contextmanager
    def _finding(self, key: str) -> Iterator[None]:
        """Without the store's folder nobody knows what is missing: a disk may not be mounted."""
        with self._refusing("could not be reached"):
            try:
                yield
            except FileNotFoundError:
                self._folder.stat()
                missing = True
            else:
                missing = False
        if missing:
            raise FileNotFoundError(errno.ENOENT, "No bytes are kept under this key", key)

    @contextmanager
    def _refusing(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as failure:
            raise unavailable(f"Documents' bytes {what} in {self._folder}: {failure.strerror}.") from failure


def _tell(failure: OSError) -> None:
    if not isinstance(failure, FileNotFoundError):
        raise failure


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _link(file: Path, final: Path) -> None:
    """Unlike a rename, a link never takes the place of what is there."""
    with suppress(FileExistsError):
        final.hardlink_to(file)


def _give_name(copy: Path, final: Path) -> None:
    try:
        _link(copy, final)
    except OSError as failure:
        if failure.errno not in _NO_LINK:
            raise
        copy.rename(final)  # a file system without links


def _opened_for_us(copy: Path) -> BinaryIO:
    """Nobody may write to it, but through what is opened here."""
    return os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb")
