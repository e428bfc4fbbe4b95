"""Documents' bytes, out of the store and back into it, as a tar file through a pipe: `save < list` and `load < tar`.

Run by backup-data.sh and restore-data.sh in the app's image. A line of the list is a key, its SHA-256 and its size;
what cannot be had is told as `missing KEY` and ends the run with 3, damaged bytes with 1.
"""

import hashlib
import io
import shutil
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

from pretamane.adapters.blobs_s3 import S3Blobs
from pretamane.core.clock import SystemClock
from pretamane.settings_blobs import BlobBucket, blob_place

WORK = Path("/data")
MISSING = 3


class Stream(io.RawIOBase):
    """Pieces as a file that can be read once, and the hash of what was read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left, self.hash = pieces, b"", hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        while len(self._left) < size and (piece := next(self._pieces, b"")):
            self._left += piece
        given, self._left = self._left[:size], self._left[size:]
        self.hash.update(given)
        return given


def store() -> S3Blobs:
    place = blob_place(Path("/run/secrets/blob_url").read_text(encoding="utf-8").strip())
    if not isinstance(place, BlobBucket):
        sys.exit("The stack keeps documents' bytes in a bucket, and blob_url names none.")
    return S3Blobs(place, WORK, SystemClock())


def save(blobs: S3Blobs) -> int:
    missing = 0
    with tarfile.open(mode="w|", fileobj=sys.stdout.buffer) as archive:
        for line in sys.stdin:
            key, sha256, size = line.split()
            try:
                add(archive, blobs, key, sha256, int(size))
            except FileNotFoundError:
                missing += 1
                sys.stderr.write(f"missing {key}\n")
    return MISSING if missing else 0


def add(archive: tarfile.TarFile, blobs: S3Blobs, key: str, sha256: str, size: int) -> None:
    entry = tarfile.TarInfo(key)
    entry.size = size
    with blobs.read(key) as pieces:
        stream = Stream(pieces)
        archive.addfile(entry, stream)
    if stream.hash.hexdigest() != sha256:
        sys.exit(f"The store gave damaged bytes for {key}.")


def load(blobs: S3Blobs) -> int:
    """Written once, like every blob: what is there already must be the same."""
    arriving = WORK / "arriving"
    with tarfile.open(mode="r|", fileobj=sys.stdin.buffer) as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.isfile() else None
            if content is None:
                continue
            with arriving.open("wb") as file:
                shutil.copyfileobj(content, file)
            blobs.keep(entry.name.removeprefix("./"), arriving)
            arriving.unlink()
    return 0


if __name__ == "__main__":
    sys.exit({"save": save, "load": load}[sys.argv[1]](store()))
