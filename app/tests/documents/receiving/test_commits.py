"""Commits that fail or are never heard of, and many at once: bytes before rows, and one blob for the same bytes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from tests.conftest import MovableClock
from tests.contacts.conftest import STEFAN, browser_of
from tests.cutting_proxy import Cut, CuttingProxy
from tests.documents.conftest import PDF, PIECE, TUS, put_with

from pretamane.documents.stored.collecting import Keeper
from pretamane.wiring import Platform

KEY = {"Idempotency-Key": "3f0c9a7e-try-again"}


@pytest.fixture
def line(database_address):
    proxy = CuttingProxy(database_address)
    yield proxy
    proxy.close()


@pytest.fixture
def house(line, settings, store):
    """One that commits for real, over the line."""
    there = settings.model_copy(update={"database_url": SecretStr(line.address)})
    platform = Platform.build(there, store)
    yield platform
    platform.database.bind.engine.dispose()
    platform.rate_limits.windows.bind.engine.dispose()


@pytest.fixture
def desk(house):
    with browser_of(house, STEFAN) as browser:
        yield browser


@pytest.fixture
def rows(database_address):
    engine = create_engine(database_address)

    def found(query):
        with engine.connect() as connection:
            return list(connection.execute(text(query)).scalars())

    yield found
    engine.dispose()


@pytest.fixture
def later(house, store):
    """Who looks after the store three days from now."""
    clock = MovableClock()
    clock.time = datetime.now(UTC) + timedelta(days=3)
    return Keeper(house.work, store, clock)


def test_a_failed_commit_leaves_no_row_and_bytes_that_are_collected_in_time(desk, line, rows, blobs, spooled, later):
    line.next_commit = Cut.BEFORE_THE_SERVER_HEARS
    line.skipped = 1  # that of the look before
    answer = put_with(desk)
    left = blobs()
    collected = [blob.key for blob in later.collect()]

    assert (answer.status_code, answer.json()["code"]) == (503, "commit-unconfirmed")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert (rows("SELECT count(*) FROM documents"), spooled()) == ([0], [])
    assert (len(left), collected, blobs()) == (1, left, [])


def test_bytes_whose_commit_nobody_heard_of_are_not_collected(desk, line, rows, blobs, later):
    line.next_commit = Cut.BEFORE_WE_HEAR
    line.skipped = 1
    first = put_with(desk, headers=KEY)
    collected = list(later.collect())
    again = put_with(desk, headers=KEY)

    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (503, 201, "true")
    assert (collected, len(blobs()), rows("SELECT count(*) FROM documents")) == ([], 1, [1])


@pytest.mark.parametrize("cut", Cut, ids=str)
def test_an_upload_whose_commit_was_cut_off_becomes_one_document(desk, line, rows, blobs, later, cut):
    headers = {**TUS, "Upload-Length": str(len(PDF)), "Upload-Metadata": "filename YS5wZGY="}
    upload = desk.post("/api/v1/uploads", headers=headers).headers["location"]
    line.next_commit = cut
    line.skipped = 2  # of the question whose it is, and of the look whether it is known
    sent = desk.patch(upload, content=PDF, headers={**PIECE, "Upload-Offset": "0"})
    asked = desk.head(upload, headers=TUS)
    list(later.collect())

    assert (sent.status_code, sent.json()["code"]) == (503, "commit-unconfirmed")
    assert (asked.status_code, asked.headers["upload-offset"]) == (200, str(len(PDF)))
    assert (rows("SELECT count(*) FROM documents"), len(blobs())) == ([1], 1)
    assert list(later.verify()) == []


def test_fifty_who_send_the_same_bytes_at_once_store_them_once(desk, rows, blobs, spooled):
    with ThreadPoolExecutor(50) as threads:
        answers = list(threads.map(lambda number: put_with(desk, PDF * 100, f"{number}.pdf"), range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert (rows("SELECT count(*) FROM documents"), rows("SELECT count(*) FROM blobs")) == ([50], [1])
    assert (len(blobs()), spooled()) == (1, [])
