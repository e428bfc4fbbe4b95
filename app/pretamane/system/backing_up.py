"""A whole house as one file, of the very form that scripts/restore-data.sh takes: dump, bytes, and the hash of each."""

import hashlib
import io
import os
import tarfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, Protocol

from pretamane.core.errors import CannotStart
from pretamane.ports import BlobStore

_HASH = "sha256"
Seen = Callable[[str, int | None, int], None]


class Named(Protocol):
    """A document's bytes, as the database knows them."""

    @property
    def key(self) -> str: ...
    @property
    def sha256(self) -> bytes: ...
    @property
    def size(self) -> int: ...


class _Archive:
    """Each file goes in with its hash, and the list of those goes in last."""

    def __init__(self, into: tarfile.TarFile) -> None:
        self._into, self._sums, self._now = into, "", time.time()

    def add(self, name: str, content: io.BytesIO | io.BufferedReader, size: int) -> None:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, self._now
        digest = hashlib.file_digest(content, _HASH).hexdigest()
        content.seek(0)
        self._into.addfile(entry, content)
        self._sums += f"{digest}  {name}\n"

    def add_text(self, name: str, text: str) -> None:
        content = text.encode()
        self.add(name, io.BytesIO(content), len(content))

    def seal(self) -> None:
        self.add_text("SHA256SUMS", self._sums)


def write(
    file: Path,
    dump: Path,
    about: str,
    listed: Iterable[Named],
    store: BlobStore,
    *,
    was_purged: Callable[[str], bool],
    seen: Seen,
) -> None:
    """The file appears when all of it is on the disk, and never before."""
    new, named = file.with_name(f".{file.name}.new"), list(listed)
    try:
        with _opened_for_us(new) as opened:
            with tarfile.open(fileobj=opened, mode="w:gz", compresslevel=1) as tar:
                _fill(_Archive(tar), dump, about, named, store, was_purged, seen)
            opened.flush()
            os.fsync(opened.fileno())
        new.rename(file)
    finally:
        new.unlink(missing_ok=True)


def _fill(
    archive: _Archive,
    dump: Path,
    about: str,
    named: list[Named],
    store: BlobStore,
    was_purged: Callable[[str], bool],
    seen: Seen,
) -> None:
    purged = []
    archive.add_text("about.txt", f"{about}documents {len(named)}\n")
    with dump.open("rb") as content:
        archive.add("database.dump", content, dump.stat().st_size)
    for each in named:
        try:
            _add_blob(archive, each, store)
        except FileNotFoundError:
            if not was_purged(each.key):
                raise CannotStart(f"The bytes of {each.key} are missing; the backup was not made.") from None
            purged.append(each.key)
        seen("Documents' bytes", len(named), 1)
    archive.add_text("blobs.list", "".join(f"{each.key} {each.sha256.hex()} {each.size}\n" for each in named))
    archive.add_text("purged.list", "".join(f"{key}\n" for key in purged))
    archive.seal()


def _add_blob(archive: _Archive, blob: Named, store: BlobStore) -> None:
    with store.as_file(blob.key) as file, file.open("rb") as content:
        if hashlib.file_digest(content, _HASH).digest() != blob.sha256:
            raise CannotStart(f"The bytes of {blob.key} are damaged; the backup was not made.")
        content.seek(0)
        archive.add(f"blobs/{blob.key}", content, blob.size)


def _opened_for_us(file: Path) -> BinaryIO:
    """Whoever reads a backup reads everything."""
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
