"""PostgreSQL and the blob store end in the middle of uploads and come back: what was answered is there, whole."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from tests.documents.conftest import PDF
from tests.documents.sending import assert_all_is_there, sent_while
from tests.documents.server import Serving
from tests.embedded_server import closing_server
from tests.minio_server import MinioServer
from tests.running import ENVIRONMENT

from pretamane.adapters.postgres_embedded import APP_ROLE, EmbeddedPostgres, as_app
from pretamane.core.clock import SystemClock
from pretamane.core.migrations import migrate
from pretamane.wiring import blob_store, database_url

UPLOADS = 30 if os.environ.get("CI", "").lower() == "true" else 300
AWAY_SECONDS = 0.3


@pytest.fixture
def own_postgres(tmp_path) -> Iterator[tuple[EmbeddedPostgres, str]]:
    """One that no other test leans on, and its owner's address."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    with closing_server(server) as address:
        yield server, address


@pytest.fixture
def own_minio(tmp_path) -> Iterator[MinioServer]:
    folder = tmp_path / "minio"
    folder.mkdir()
    with MinioServer(folder) as server:
        yield server


@pytest.fixture
def in_a_bucket(tmp_path, database_address, own_minio):
    serving = Serving(tmp_path, database_address, blob_url=own_minio.url(f"test-{uuid4().hex[:12]}"))
    blob_store(serving.settings, SystemClock()).prepare()
    yield serving
    serving.end()


def verified_by_command(serving: Serving) -> tuple[int, str]:
    """As an operator asks."""
    told = {
        "PRETAMANE_DATA_DIR": str(serving.folder),
        "PRETAMANE_DATABASE_URL": database_url(serving.settings),
        "PRETAMANE_BLOB_URL": serving.settings.blob_url.get_secret_value(),
        "PRETAMANE_SIGNING_KEY": "x" * 48,
    }
    command = [sys.executable, "-m", "pretamane", "blobs", "verify"]
    done = subprocess.run(command, env=ENVIRONMENT | told, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout


def listed(serving: Serving) -> tuple[int, list[str]]:
    status, _, body = serving.ask("GET", "/api/v1/documents")
    return status, [each["id"] for each in json.loads(body)["items"]]


ALL_THERE = (0, "0 missing, 0 damaged, 0 unnamed.\n")


def test_what_was_answered_is_there_after_restarts_of_postgresql(tmp_path, own_postgres):
    server, owner = own_postgres
    migrate(owner, APP_ROLE)
    serving = Serving(tmp_path, as_app(owner))

    def restart() -> None:
        """By a kill of the kind that leaves no time to write anything down."""
        os.kill(server.process_id or 0, 9)
        while not server.is_lost:
            time.sleep(0.01)
        time.sleep(AWAY_SECONDS)
        server.start_again()

    try:
        documents, restarts = sent_while(serving, restart, UPLOADS)

        assert restarts >= 2
        assert_all_is_there(serving, documents)
        assert verified_by_command(serving) == ALL_THERE
    finally:
        serving.end()


def test_what_was_answered_is_there_after_restarts_of_the_blob_store(in_a_bucket, own_minio):
    def restart() -> None:
        own_minio.stop()
        time.sleep(AWAY_SECONDS)
        own_minio.start()

    documents, restarts = sent_while(in_a_bucket, restart, UPLOADS)

    assert restarts >= 2
    assert_all_is_there(in_a_bucket, documents)
    assert verified_by_command(in_a_bucket) == ALL_THERE


def test_while_the_bucket_is_away_uploads_are_503_without_a_row_and_lists_work(in_a_bucket, own_minio):
    def put(content: bytes):
        status, _, body = in_a_bucket.ask("PUT", "/api/v1/documents?filename=a.pdf", content)
        return status, json.loads(body)

    before = put(PDF)[1]["id"]
    own_minio.stop()
    refused, while_away = put(PDF + b"!"), listed(in_a_bucket)
    own_minio.start()
    after = put(PDF + b"!")

    assert (refused[0], refused[1]["code"]) == (503, "blobs-unavailable")
    assert while_away == (200, [before])
    assert after[0] == 201
    assert listed(in_a_bucket) == (200, [after[1]["id"], before])
    assert list((in_a_bucket.folder / "spool").iterdir()) == []
