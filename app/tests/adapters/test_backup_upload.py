"""A backup on its way to a bucket, a real one: it arrives whole, or nothing does and the reason is told."""

import hashlib
import importlib.util
import io
import os
import select
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from types import ModuleType

import pytest
from minio import Minio
from tests.between import CHUNK, Between
from tests.minio_server import MinioServer

PROGRAM = Path(__file__).parents[3] / "config" / "backup" / "upload.py"
BUCKET = "elsewhere"
# One that goes in one piece, and one that goes in parts.
SIZES = [4_000, 40_000_000]


class Spoiling(Between):
    """Changes one byte of what is sent, far behind the beginning; everything else passes as it is."""

    def __init__(self, port: int, after: int) -> None:
        super().__init__()
        self._server, self._after, self.spoilt = ("127.0.0.1", port), after, 0
        self.open()

    def _carry(self, client: socket.socket) -> None:
        sent = 0
        with client, suppress(ConnectionError), socket.create_connection(self._server) as server:
            while not self.is_closed:
                for talking in select.select([client, server], [], [], 0.05)[0]:
                    chunk = talking.recv(CHUNK)
                    if not chunk:
                        return
                    if talking is client:
                        sent += len(chunk)
                        chunk = self._spoil(chunk) if sent > self._after and not self.spoilt else chunk
                    (server if talking is client else client).sendall(chunk)

    def _spoil(self, chunk: bytes) -> bytes:
        self.spoilt += 1
        return chunk[:-1] + bytes([chunk[-1] ^ 1])


@pytest.fixture(scope="module")
def upload() -> ModuleType:
    spec = importlib.util.spec_from_file_location("upload", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    with MinioServer(tmp_path_factory.mktemp("elsewhere")) as server:
        key, secret = keys_of(server)
        Minio(f"127.0.0.1:{server.port}", key, secret, secure=False).make_bucket(BUCKET)
        yield server


@pytest.fixture
def credentials(server: MinioServer, tmp_path: Path) -> Path:
    key, secret = keys_of(server)
    file = tmp_path / "backup_credentials"
    file.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    return file


def keys_of(server: MinioServer) -> tuple[str, str]:
    key, _, secret = server.url(BUCKET).partition("//")[2].partition("@")[0].partition(":")
    return key, secret


def names_in(server: MinioServer) -> set[str]:
    service = Minio(f"127.0.0.1:{server.port}", *keys_of(server), secure=False)
    return {str(each.object_name) for each in service.list_objects(BUCKET, recursive=True)}


def content_of(server: MinioServer, name: str) -> bytes:
    service = Minio(f"127.0.0.1:{server.port}", *keys_of(server), secure=False)
    with closing(service.get_object(BUCKET, name)) as answer:
        return bytes(answer.read())


def sent(
    upload: ModuleType, port: int, credentials: Path, backup: tuple[str, bytes], claimed: str | None = None
) -> None:
    name, content = backup
    what = upload.Backup(name, len(content), claimed or hashlib.sha256(content).hexdigest())
    bucket, who = upload.place(f"http://127.0.0.1:{port}", f"{BUCKET}/of/ours", credentials)
    upload.send(bucket, who, what, io.BytesIO(content))


@pytest.mark.parametrize("size", SIZES)
def test_it_arrives_as_it_is_below_its_prefix(upload, server, credentials, size):
    content = os.urandom(size)
    sent(upload, server.port, credentials, (f"whole-{size}.tar.gz", content))

    assert content_of(server, f"of/ours/whole-{size}.tar.gz") == content


@pytest.mark.parametrize("size", SIZES)
def test_what_has_its_name_already_is_never_written_over(upload, server, credentials, size):
    first = os.urandom(size)
    sent(upload, server.port, credentials, (f"once-{size}.tar.gz", first))

    with pytest.raises(upload.NotSent, match="does not have the backup as it is here"):
        sent(upload, server.port, credentials, (f"once-{size}.tar.gz", os.urandom(size)))

    assert content_of(server, f"of/ours/once-{size}.tar.gz") == first


@pytest.mark.parametrize("size", SIZES)
def test_the_same_backup_may_be_sent_once_more(upload, server, credentials, size):
    content = os.urandom(size)
    sent(upload, server.port, credentials, (f"twice-{size}.tar.gz", content))

    sent(upload, server.port, credentials, (f"twice-{size}.tar.gz", content))

    assert content_of(server, f"of/ours/twice-{size}.tar.gz") == content


@pytest.mark.parametrize("size", SIZES)
def test_what_is_damaged_on_its_way_is_refused(upload, server, credentials, size):
    line = Spoiling(server.port, after=size // 2)
    with closing(line), pytest.raises(upload.NotSent) as refusal:
        sent(upload, line.port, credentials, (f"spoilt-{size}.tar.gz", bytes(size)))

    assert line.spoilt > 0
    assert "did not take the backup" in str(refusal.value)
    assert f"of/ours/spoilt-{size}.tar.gz" not in names_in(server)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_not_what_its_hash_says_is_not_sent(upload, server, credentials, size):
    other = hashlib.sha256(b"another").hexdigest()
    with pytest.raises(upload.NotSent, match="changed while it was read"):
        sent(upload, server.port, credentials, (f"other-{size}.tar.gz", bytes(size)), other)

    assert f"of/ours/other-{size}.tar.gz" not in names_in(server)


def test_credentials_that_are_wrong_are_told_without_a_word_of_them(upload, server, credentials):
    credentials.write_text("[default]\naws_access_key_id = somebody\naws_secret_access_key = a-secret-word\n")
    with pytest.raises(upload.NotSent) as refusal:
        sent(upload, server.port, credentials, ("a.tar.gz", b"a"))

    assert str(refusal.value) == "The bucket elsewhere did not take the backup: it answered InvalidAccessKeyId."


def test_without_credentials_it_says_which_file_is_empty(upload, server, credentials):
    credentials.write_text("# Nobody yet.\n")
    with pytest.raises(upload.NotSent, match="backup_credentials names nobody"):
        sent(upload, server.port, credentials, ("a.tar.gz", b"a"))


def test_a_place_that_cannot_be_is_told(upload, credentials):
    with pytest.raises(upload.NotSent, match="name no bucket that can be"):
        upload.place("http://127.0.0.1:9000", "Not A Bucket", credentials)
