"""Documents of a few bytes, and ways to send them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.documents.processed import shown

from pretamane.core.jobs import run_due, schedules
from pretamane.wiring import tasks
from pretamane.wiring.work import SCHEDULES

PDF = b"%PDF-1.7\nhello\n%%EOF\n"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}

Put = Callable[..., httpx2.Response]


def put_with(client: TestClient, content: bytes = PDF, filename: str = "letter.pdf", **said: Any) -> httpx2.Response:
    headers = said.pop("headers", {})
    return client.put(
        f"/api/v1/documents?{urlencode({'filename': filename, **said})}", content=content, headers=headers
    )


@pytest.fixture
def put(as_staff: TestClient) -> Put:
    return lambda *args, **said: put_with(as_staff, *args, **said)


@pytest.fixture
def spooled(settings) -> Callable[[], list[str]]:
    folder = settings.data_dir / "spool"
    return lambda: sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def blobs(store) -> Callable[[], list[str]]:
    return lambda: sorted(blob.key for blob in store.kept())


def if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


@pytest.fixture
def send(put, as_staff, do_jobs):
    """Send a file, do all jobs, and ask what became of it."""

    def sent(content, filename, **said):
        answer = put(content, filename, **said)
        assert answer.status_code == 201, answer.text
        do_jobs()
        return shown(as_staff, answer.json()["id"])

    return sent


@pytest.fixture
def page_texts(connection):
    def texts(document):
        asked = text("SELECT text FROM document_pages WHERE version_id = :id ORDER BY number")
        return list(connection.execute(asked, {"id": document["current"]["id"]}).scalars())

    return texts


@pytest.fixture
def events_of(connection):
    def names(document):
        asked = text("SELECT name FROM events WHERE subject = :id ORDER BY id")
        return list(connection.execute(asked, {"id": document["id"]}).scalars())

    return names


@pytest.fixture
def the_hour_comes(platform):
    """What is due by the schedules is queued and done, as by a worker that looks each hour."""

    def done():
        platform.work.run_now(schedules.queue_what_is_due, SCHEDULES)
        run_due(tasks(platform), platform.work, platform.clock)

    platform.work.run_now(schedules.declare, SCHEDULES)
    return done
