"""Blobs as objects of an S3 bucket. What counts is what the service has, not what a lost answer may have said."""

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from minio.api import Minio
from minio.credentials.providers import Provider
from minio.datatypes import Object
from urllib3.response import BaseHTTPResponse

from pretamane.adapters import blobs_s3_terms
from pretamane.adapters.blobs import PIECE_BYTES, checked, is_key, sweep, unavailable
from pretamane.adapters.blobs_s3_line import (
    FAILURES,
    Patience,
    client,
    code_of,
    header,
    is_closed_to_us,
    provider,
    reason,
)
from pretamane.core.errors import Unavailable
from pretamane.core.ids import new_id
from pretamane.ports import Clock, KeptBlob
from pretamane.settings_blobs import BlobBucket

# Two parts of a larger file are in memory at a time; 10,000 of them are more than any upload may have.
PART_BYTES = 16 * 1024 * 1024
# Whether strangers are kept out changes by an operator's hand only: not every look at /health need ask.
REMEMBERED_SECONDS = 300.0
# Three questions within the two seconds that a probe has.
_HURRIED = Patience(connect=0.6, read=0.6, tries=1)
_MISSING = {"NoSuchKey", "NoSuchVersion"}
_HASH = "sha256"
_ONE: dict[str, str | list[str] | tuple[str]] = {"max-keys": "1"}


class _Kept(NamedTuple):
    size: int
    sha256: str | None


class S3Blobs:
    name = "blobs"
    required = False

    def __init__(self, bucket: BlobBucket, folder: Path, clock: Clock, patience: Patience | None = None) -> None:
        """`folder` is where as_file() puts what it fetches, for as long as it is looked at."""
        self.bucket, self._folder, self._clock = bucket, folder.absolute(), clock
        self._patience = patience or Patience()
        self._asked_as_stranger_at = float("-inf")

    def keep(self, key: str, file: Path) -> None:
        """The service is asked before, as bytes are written once, and after, as nothing else tells what it has.

        Each part goes with a checksum of its own, by which the service refuses what arrives damaged.
        """
        name, failure = self._name(key), None
        with file.open("rb") as opened:
            ours = _Kept(file.stat().st_size, hashlib.file_digest(opened, _HASH).hexdigest())
        kept = self._look(name)
        if kept is None:
            failure = self._put(name, file, ours)
            kept = self._look(name)
        if kept is None:
            because = "it has them not" if failure is None else reason(failure)
            raise unavailable(f"The blob store did not keep a document's bytes: {because}.") from failure
        if kept != ours:
            raise FileExistsError(errno.EEXIST, "Other bytes are kept under this key", key)

    @contextmanager
    def read(self, key: str, start: int = 0, length: int | None = None) -> Iterator[Iterator[bytes]]:
        answer = None
        if length == 0:
            self.size(key)
        else:
            answer = self._get(key, start, length or 0)
        if answer is None:
            yield iter(())
            return
        try:
            yield self._pieces(answer)
        finally:
            answer.close()  # a connection with bytes that nobody wants any more can serve no other request
            answer.release_conn()

    @contextmanager
    def as_file(self, key: str) -> Iterator[Path]:
        copy = self._folder / str(new_id())
        try:
            self._fetch(key, copy)
            yield copy
        finally:
            copy.unlink(missing_ok=True)

    def size(self, key: str) -> int:
        kept = self._look(self._name(key))
        if kept is None:
            self._need_the_bucket()  # without it, each key would seem to be missing
            raise _missing(key)
        return kept.size

    def remove(self, key: str) -> None:
        """Marks of a removal go last: while one stands, no older version comes back to light."""
        name = self._name(key)
        with self._refusing("did not remove a document's bytes"):
            for version in sorted(self._versions(name), key=lambda version: version.is_delete_marker):
                self._minio.remove_object(self.bucket.name, name, version.version_id)

    def kept(self) -> Iterator[KeptBlob]:
        beginning = self.bucket.beginning
        with self._refusing("could not be listed"):
            for listed in self._minio.list_objects(self.bucket.name, beginning, recursive=True):
                key = str(listed.object_name).removeprefix(beginning)
                if is_key(key) and listed.size is not None:
                    yield KeptBlob(key, listed.size)

    def sweep(self, now: datetime) -> int:
        """Remove what looks that never ended have left behind, once it is a day old."""
        return sweep(self._folder, now)

    def prepare(self) -> list[str]:
        """Make the bucket and have it promise all that it can; what it cannot is told, one sentence each."""
        with self._refusing("could not be prepared"):
            if not self._minio.bucket_exists(self.bucket.name):
                self._minio.make_bucket(self.bucket.name, self.bucket.region)
            return blobs_s3_terms.shortfalls(self._minio, self.bucket, settling=True)

    def shortfalls(self) -> list[str]:
        """What the bucket does not promise, one sentence each; nothing is changed."""
        self._need_the_bucket()
        with self._refusing("could not be asked"):
            return blobs_s3_terms.shortfalls(self._minio, self.bucket, settling=False)

    def probe(self) -> None:
        hurried = client(self.bucket, _HURRIED, self._provider)
        with self._refusing("cannot be used"):
            is_there = hurried.bucket_exists(self.bucket.name)
        if not is_there:
            raise self._has_no_bucket()
        if self._clock.monotonic() - self._asked_as_stranger_at >= REMEMBERED_SECONDS:
            self._ask_as_stranger(hurried)
            self._asked_as_stranger_at = self._clock.monotonic()

    def _ask_as_stranger(self, hurried: Minio) -> None:
        """For a blob that is there: of one that is not, a bucket that anyone may read says 403 too."""
        name, beginning = self.bucket.name, self.bucket.beginning
        stranger = client(self.bucket, _HURRIED, None)
        with self._refusing("cannot be used"):
            listed = hurried.list_objects(name, beginning, recursive=True, extra_query_params=_ONE)
            first = next(listed, None)
            try:
                if first is None:
                    list(stranger.list_objects(name, beginning, extra_query_params=_ONE))
                else:
                    stranger.get_object(name, first.object_name, length=1).close()
            except FAILURES as failure:
                if is_closed_to_us(failure):
                    return
                raise
        raise unavailable(f"The bucket {name} is open to anyone: make it private.")

    @cached_property
    def _provider(self) -> Provider:
        return provider(self.bucket, self._patience)

    @cached_property
    def _minio(self) -> Minio:
        """Made when first needed, after the fork: processes cannot share its connections."""
        return client(self.bucket, self._patience, self._provider)

    def _name(self, key: str) -> str:
        return self.bucket.beginning + checked(key)

    def _look(self, name: str) -> _Kept | None:
        with self._refusing("could not be asked"):
            try:
                found = self._minio.stat_object(self.bucket.name, name)
            except FAILURES as failure:
                if code_of(failure) in _MISSING:
                    return None
                raise
        return _Kept(found.size or 0, header(found.metadata, f"x-amz-meta-{_HASH}"))

    def _put(self, name: str, file: Path, ours: _Kept) -> Exception | None:
        """What went wrong is for the caller to judge: the bytes may be there all the same."""
        try:
            with file.open("rb") as opened:
                self._minio.put_object(
                    self.bucket.name,
                    name,
                    opened,
                    ours.size,
                    metadata={_HASH: str(ours.sha256)},
                    part_size=PART_BYTES,
                    num_parallel_uploads=1,
                )
        except FAILURES as failure:
            return failure
        return None

    def _get(self, key: str, start: int, length: int) -> BaseHTTPResponse | None:
        """None where there is nothing from `start` on."""
        name = self._name(key)
        with self._refusing("did not give a document's bytes"):
            try:
                return self._minio.get_object(self.bucket.name, name, start, length)
            except FAILURES as failure:
                if code_of(failure) in _MISSING:
                    raise _missing(key) from None
                if code_of(failure) == "InvalidRange":
                    return None
                raise

    def _pieces(self, answer: BaseHTTPResponse) -> Iterator[bytes]:
        with self._refusing("broke off in a document's bytes"):
            yield from answer.stream(PIECE_BYTES)

    def _fetch(self, key: str, copy: Path) -> None:
        with self.read(key) as pieces:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                with copy.open("xb") as written:
                    copy.chmod(0o400)
                    written.writelines(pieces)
            except OSError as failure:
                raise unavailable(f"A document's bytes could not be looked at: {failure.strerror}.") from failure

    def _versions(self, name: str) -> list[Object]:
        """Of one object: the list is by the beginning of a name, and others may begin alike."""
        listed = self._minio.list_objects(self.bucket.name, name, recursive=True, include_version=True)
        return [version for version in listed if version.object_name == name]

    def _need_the_bucket(self) -> None:
        with self._refusing("could not be asked"):
            is_there = self._minio.bucket_exists(self.bucket.name)
        if not is_there:
            raise self._has_no_bucket()

    def _has_no_bucket(self) -> Unavailable:
        return unavailable(f"The blob store has no bucket {self.bucket.name}.")

    @contextmanager
    def _refusing(self, what: str) -> Iterator[None]:
        try:
            yield
        except FAILURES as failure:
            raise unavailable(f"The blob store {what}: {reason(failure)}.") from failure


def _missing(key: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "No bytes are kept under this key", key)
