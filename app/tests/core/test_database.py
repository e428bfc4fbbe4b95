"""The database lost, late or full: a refusal that says so, nothing half kept, and work again once it is back."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, text
from starlette.testclient import TestClient
from tests.embedded_server import closing_server

from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.core.migrations import migrate
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_app

MESSAGE = {"name": "Ada Byron", "email": "ada@example.org", "message": "Could you call me?"}
AT_COMMIT = """
CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {act}; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON submissions DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION at_commit()
"""
END_THE_APPS_CONNECTIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'pretamane'
"""
WITHIN = 3.0  # bounded: the pool's wait and the statement's time are tenths of a second here


@contextmanager
def app_on(address: str, settings: Settings, **changed: object) -> Iterator[tuple[Platform, TestClient]]:
    """An app of one connection that commits for real."""
    few = {"database_pool_size": 1, "database_pool_overflow": 0, "database_pool_wait": 0.3}
    values = few | {"database_url": SecretStr(address), "database_statement_timeout": 5.0} | changed
    platform = Platform.build(settings.model_copy(update=values))
    with TestClient(build_app(platform), raise_server_exceptions=False) as client:
        yield platform, client
    platform.database.bind.engine.dispose()
    platform.database.autocommit.engine.dispose()


@pytest.fixture
def beside(owner_address: str) -> Iterator[Connection]:
    """The owner's connection to the same database, each statement for itself."""
    engine = create_engine(owner_address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def app(database_address: str, settings: Settings) -> Iterator[tuple[Platform, TestClient]]:
    with app_on(database_address, settings) as started:
        yield started


def exhausted() -> float:
    return REGISTRY.get_sample_value("database_pool_exhausted_total") or 0.0


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key-of-the-visitors"}], ids=["plain", "with a key"])
@pytest.mark.parametrize(
    "act", ["RAISE EXCEPTION 'refused'", "PERFORM pg_terminate_backend(pg_backend_pid())"], ids=["refused", "ended"]
)
def test_a_failed_commit_leaves_no_row_and_answers_503(
    app: tuple[Platform, TestClient], beside: Connection, act: str, headers: Mapping[str, str]
) -> None:
    _, client = app
    beside.execute(text(AT_COMMIT.format(act=act)))
    failed = client.post("/api/v1/contact", json=MESSAGE, headers=headers)
    kept = beside.scalar(text("SELECT (SELECT count(*) FROM submissions) + (SELECT count(*) FROM contacts)"))
    beside.execute(text("DROP TRIGGER at_commit ON submissions"))
    again = client.post("/api/v1/contact", json=MESSAGE, headers=headers)

    assert (failed.status_code, failed.json()["code"]) == (503, "commit-unconfirmed")
    assert failed.json()["request_id"] == failed.headers["x-request-id"]
    assert kept == 0
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers


def test_a_full_pool_is_a_503_soon_and_counted(app: tuple[Platform, TestClient]) -> None:
    platform, client = app
    before, began = exhausted(), time.monotonic()
    with platform.database.transaction() as session:
        session.execute(text("SELECT 1"))
        refused = client.get("/api/v1/stats")
    took = time.monotonic() - began

    assert (refused.status_code, refused.json()["code"]) == (503, "database-busy")
    assert refused.headers["retry-after"] == "2"
    assert exhausted() == before + 1
    assert took < WITHIN
    assert client.get("/api/v1/stats").status_code == 200


def test_a_connection_that_died_idle_is_replaced_and_nobody_notices(
    app: tuple[Platform, TestClient], beside: Connection
) -> None:
    _, client = app
    statuses = [client.post("/api/v1/contact", json=MESSAGE).status_code]
    ended = beside.scalars(text(END_THE_APPS_CONNECTIONS)).all()
    statuses += [client.post("/api/v1/contact", json=MESSAGE).status_code, client.get("/api/v1/stats").status_code]

    assert ended == [True, True]  # the transactions' and the rate limits'
    assert statuses == [201, 201, 200]


def test_a_statement_that_takes_too_long_is_a_503_soon(
    database_address: str, beside: Connection, settings: Settings
) -> None:
    began = time.monotonic()
    with app_on(database_address, settings, database_statement_timeout=0.3) as (_, client):
        with beside.execution_options(isolation_level="READ COMMITTED").begin():
            beside.execute(text("LOCK TABLE submissions"))
            late = client.get("/api/v1/stats")
        took = time.monotonic() - began
        in_time = client.get("/api/v1/stats")

    assert (late.status_code, late.json()["code"]) == (503, "database-unavailable")
    assert took < WITHIN
    assert in_time.status_code == 200


def test_while_postgresql_is_stopped_the_answer_is_503_and_then_all_works_again(
    tmp_path: Path, settings: Settings
) -> None:
    server = EmbeddedPostgres(tmp_path / "own")
    with closing_server(server) as address:
        migrate(address)
        with app_on(address, settings) as (_, client):
            before = client.post("/api/v1/contact", json=MESSAGE)
            server.stop()
            stopped = [client.post("/api/v1/contact", json=MESSAGE), client.get("/api/v1/stats")]
            assert server.start() == address
            after = [client.post("/api/v1/contact", json=MESSAGE), client.get("/api/v1/stats")]

    assert before.status_code == 201
    assert [(each.status_code, each.json()["code"]) for each in stopped] == [(503, "database-unavailable")] * 2
    assert [each.status_code for each in after] == [201, 200]
    assert after[1].json()["messages"] == 2


def test_no_connection_is_held_while_a_body_trickles_in(
    start_service: Callable[..., Any], database_address: str
) -> None:
    service = start_service(
        database_url=database_address, database_pool_size=1, database_pool_overflow=0, database_pool_wait=0.3
    )
    body = json.dumps(MESSAGE).encode()
    head = "POST /api/v1/contact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    meanwhile = []
    with service.socket(f"{head}Content-Length: {len(body)}\r\n\r\n".encode()) as trickle:
        for place in range(0, len(body), 20):
            trickle.sendall(body[place : place + 20])
            meanwhile.append(service.get("/api/v1/stats")[0])
        answer = trickle.recv(12)

    assert len(meanwhile) >= 4
    assert set(meanwhile) == {200}
    assert answer == b"HTTP/1.1 201"
