"""A whole backup, sent to a bucket elsewhere: `upload.py BUCKET[/PREFIX] ENDPOINT NAME SIZE SHA256 < backup`.

Run by backup-data.sh in the app's image. /run/secrets/backup_credentials says who we are there, as AWS's own tools
write it: [default] with aws_access_key_id, aws_secret_access_key and, where they are lent, aws_session_token. Each part
goes with a checksum of its own, by which the service refuses what arrives damaged; the last is sent only when the whole
was what its hash says; nothing that has the name already is written over; and in the end the service is asked what it
has.
"""

import configparser
import hashlib
import sys
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

from minio.api import Minio
from minio.credentials.providers import StaticProvider
from minio.error import S3Error
from urllib3.response import BaseHTTPResponse

from pretamane.adapters.blobs_s3 import PART_BYTES
from pretamane.adapters.blobs_s3_line import FAILURES, Patience, client, header, reason
from pretamane.settings_blobs import BlobBucket, blob_place

CREDENTIALS = Path("/run/secrets/backup_credentials")
HASH = "sha256"
NEEDED = ("aws_access_key_id", "aws_secret_access_key")


class NotSent(Exception):
    """A sentence for whoever backs up, without a secret in it."""


class Backup(NamedTuple):
    name: str
    size: int
    sha256: str


class Whole:
    """What is read, and once all was: whether it is what it should be, before the last of it is given away."""

    def __init__(self, stream: BinaryIO, backup: Backup) -> None:
        self._stream, self._backup = stream, backup
        self._hash, self._left = hashlib.sha256(), backup.size

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(size if 0 <= size < self._left else self._left)
        self._hash.update(piece)
        self._left -= len(piece)
        if not (piece and self._left) and (self._left or self._hash.hexdigest() != self._backup.sha256):
            raise NotSent("The backup changed while it was read.")
        return piece


class WritesOnce(Minio):
    """Asks with whatever ends a write that nothing has the name yet: terraform-ec2's bucket demands it of its host.

    The library takes no headers for that of its callers, and only what passes here is signed.
    """

    def _execute(self, method: str, *what: Any, **more: Any) -> BaseHTTPResponse:
        asked = more.get("query_params") or {}
        if (method == "PUT" and "partNumber" not in asked) or (method == "POST" and "uploadId" in asked):
            more["headers"] = {**(more.get("headers") or {}), "If-None-Match": "*"}
        return super()._execute(method, *what, **more)


def place(endpoint: str, bucket: str, credentials: Path) -> tuple[BlobBucket, StaticProvider]:
    """An endpoint that begins with http:// is reached in plain sight of the network."""
    written = configparser.ConfigParser(interpolation=None)
    try:
        written.read_string(credentials.read_text(encoding="utf-8"))
        key, secret = (written.get("default", name) for name in NEEDED)
    except (OSError, configparser.Error):
        raise NotSent(f"{credentials.name} names nobody who may write to the bucket.") from None
    scheme, _, host = endpoint.rpartition("://")
    us = f"{quote(key, safe='')}:{quote(secret, safe='')}"
    try:
        found = blob_place(f"s3://{us}@{host}/{bucket}{'?tls=none' if scheme == 'http' else ''}")
    except ValueError:
        raise NotSent("BACKUP_S3 and BACKUP_S3_ENDPOINT name no bucket that can be.") from None
    if not isinstance(found, BlobBucket):
        raise NotSent("BACKUP_S3 names no bucket.")
    return found, StaticProvider(key, secret, written.get("default", "aws_session_token", fallback=None))


def send(bucket: BlobBucket, who: StaticProvider, backup: Backup, stream: BinaryIO) -> None:
    service, name = client(bucket, Patience(), who, WritesOnce), bucket.beginning + backup.name
    try:
        write(service, bucket.name, name, backup, stream)
        kept = service.stat_object(bucket.name, name)
    except FAILURES as failure:
        raise NotSent(f"The bucket {bucket.name} did not take the backup: {reason(failure)}.") from None
    if (kept.size, header(kept.metadata, f"x-amz-meta-{HASH}")) != (backup.size, backup.sha256):
        raise NotSent(f"The bucket {bucket.name} does not have the backup as it is here.")


def write(service: Minio, bucket: str, name: str, backup: Backup, stream: BinaryIO) -> None:
    """What has the name already may be this very one, whose answer was lost: that is for the comparison to say."""
    try:
        service.put_object(
            bucket,
            name,
            Whole(stream, backup),  # type: ignore[arg-type]  # it is only ever read
            backup.size,
            content_type="application/gzip",
            metadata={HASH: backup.sha256},
            part_size=PART_BYTES,
            num_parallel_uploads=1,
        )
    except S3Error as refusal:
        if refusal.code != "PreconditionFailed":
            raise


def main(bucket: str, endpoint: str, name: str, size: str, sha256: str) -> None:
    try:
        send(*place(endpoint, bucket, CREDENTIALS), Backup(name, int(size), sha256), sys.stdin.buffer)
    except NotSent as sentence:
        sys.exit(str(sentence))


if __name__ == "__main__":
    main(*sys.argv[1:])
