"""A bucket of a test's own on a real MinIO, and the way there."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from minio.api import Minio
from tests.conftest import MovableClock
from tests.lossy_line import LossyLine
from tests.minio_server import MinioServer

from pretamane.adapters.blobs_s3 import PART_BYTES, S3Blobs
from pretamane.adapters.blobs_s3_line import Patience, client, provider
from pretamane.settings_blobs import BlobBucket, blob_place

HURRIED = Patience(connect=0.5, read=0.5, tries=2)


@pytest.fixture
def bucket(minio: MinioServer) -> BlobBucket:
    return named(minio.url(f"test-{uuid4().hex[:12]}"))


@pytest.fixture
def store(bucket: BlobBucket, tmp_path: Path) -> S3Blobs:
    store = S3Blobs(bucket, tmp_path / "looked-at", MovableClock(), HURRIED)
    store.prepare()
    return store


@pytest.fixture
def line(minio: MinioServer) -> Iterator[LossyLine]:
    line = LossyLine(minio.port)
    yield line
    line.close()


@pytest.fixture
def far(store: S3Blobs, minio: MinioServer, line: LossyLine, tmp_path: Path) -> S3Blobs:
    """The same store as `store`, at the other end of a line."""
    bucket = named(minio.url(store.bucket.name, line.port))
    return S3Blobs(bucket, tmp_path / "looked-at", MovableClock(), HURRIED)


@pytest.fixture
def raw(bucket: BlobBucket) -> Minio:
    """Not ours: what the service itself says."""
    return client(bucket, Patience(), provider(bucket, Patience()))


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    file = tmp_path / "letter"
    file.write_bytes(b"letter")
    return file


@pytest.fixture
def tome(tmp_path: Path) -> Path:
    """Large enough to go in parts."""
    file = tmp_path / "tome"
    file.write_bytes(b"tome" * (PART_BYTES // 4 + 1))
    return file


def named(url: str) -> BlobBucket:
    bucket = blob_place(url)
    assert isinstance(bucket, BlobBucket)
    return bucket
