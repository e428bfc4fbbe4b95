"""A connection that is cut while a message is committed: the visitor tries again, and it is kept once."""

from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from starlette.testclient import TestClient
from tests.cutting_proxy import Cut, CuttingProxy

MESSAGE = {"name": "Ada Byron", "email": "ada@example.org", "message": "Could you call me?"}
KEY = {"Idempotency-Key": "3f0c9a7e-try-again"}
Rows = Callable[[str], list[Any]]


def counted() -> float:
    return REGISTRY.get_sample_value("submissions_total", {"status": "new"}) or 0.0


@pytest.mark.parametrize(("cut", "kept_at_first"), [(Cut.BEFORE_THE_SERVER_HEARS, 0), (Cut.BEFORE_WE_HEAR, 1)], ids=str)
def test_a_commit_cut_off_is_a_503_and_the_retry_is_kept_once(
    committing: TestClient, line: CuttingProxy, rows: Rows, cut: Cut, kept_at_first: int
) -> None:
    line.next_commit = cut
    first = committing.post("/api/v1/contact", json=MESSAGE, headers=KEY)
    after_the_first = rows("SELECT count(*) FROM submissions")
    again = committing.post("/api/v1/contact", json=MESSAGE, headers=KEY)

    assert (first.status_code, first.json()["code"]) == (503, "commit-unconfirmed")
    assert first.json()["request_id"] == first.headers["x-request-id"]
    assert after_the_first == [(kept_at_first,)]
    assert again.status_code == 201
    assert ("idempotency-replayed" in again.headers) == bool(kept_at_first)
    assert rows("SELECT reference FROM submissions") == [(again.json()["reference"],)]
    assert rows("SELECT count(*) FROM contacts") == [(1,)]


def test_a_message_is_counted_only_once_it_is_committed(committing: TestClient, line: CuttingProxy) -> None:
    before = counted()
    line.next_commit = Cut.BEFORE_THE_SERVER_HEARS
    committing.post("/api/v1/contact", json=MESSAGE, headers=KEY)
    after_the_failure = counted()
    committing.post("/api/v1/contact", json=MESSAGE, headers=KEY)
    committing.post("/api/v1/contact", json=MESSAGE, headers=KEY)

    assert after_the_failure == before
    assert counted() == before + 1


def test_while_the_database_is_away_nothing_is_kept_and_the_visitor_is_told(
    committing: TestClient, line: CuttingProxy, rows: Rows
) -> None:
    line.away = True
    away = committing.post("/api/v1/contact", json=MESSAGE, headers=KEY)
    line.away = False
    back = committing.post("/api/v1/contact", json=MESSAGE, headers=KEY)

    assert (away.status_code, away.json()["code"]) == (503, "database-unavailable")
    assert away.headers["retry-after"] == "5"
    assert back.status_code == 201
    assert rows("SELECT count(*) FROM submissions") == [(1,)]
