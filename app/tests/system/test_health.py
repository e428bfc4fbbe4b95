"""How the platform says how it is, to balancers, to operators and to anyone who asks."""

import threading
import time

import pytest
from starlette.testclient import TestClient

from pretamane.adapters.postgres import PostgresServer
from pretamane.adapters.postgres_embedded import APP_ROLE
from pretamane.core.database import open_unpooled
from pretamane.core.errors import Unavailable
from pretamane.settings import Settings
from pretamane.system.health import WITHIN_SECONDS
from pretamane.wiring import build_app

MARGIN = 1.5
MACHINERY, STRANGER = ("10.1.2.3", 4711), ("198.51.100.7", 4711)


class Search:
    """An optional dependency that does as it is told."""

    name, required = "search", False

    def __init__(self):
        self.asked = 0
        self.failure = None
        self.going_on = threading.Event()
        self.going_on.set()

    def probe(self):
        self.asked += 1
        self.going_on.wait()
        if self.failure:
            raise self.failure


def as_owner(connection, statement):
    connection.exec_driver_sql(f"RESET ROLE; {statement}; SET LOCAL ROLE {APP_ROLE}")


@pytest.fixture
def search():
    search = Search()
    yield search
    search.going_on.set()


@pytest.fixture
def ask(platform, settings, search):
    trusting = {
        "trusted_proxies": "10.0.0.0/8",
        "client_address_header": "Cf-Connecting-Ip",
        "cors_origins": "https://www.practice.example",
    }
    platform.settings = Settings.model_validate(settings.model_dump() | trusting)
    platform.dependencies = (*platform.dependencies, search)
    edge = build_app(platform)

    def asking(path="/health", peer=STRANGER, **headers):
        return TestClient(edge, client=peer).get(path, headers=headers)

    return asking


@pytest.fixture
def postgres_away(platform):
    away = open_unpooled("postgresql://nobody@127.0.0.1:1/none")
    platform.dependencies = (PostgresServer(away),)


def states(answer):
    return {each["name"]: each["state"] for each in answer.json()["dependencies"]}


@pytest.mark.parametrize("path", ["/health", "/api/health"])
def test_all_is_well(ask, path):
    answer = ask(path)

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert states(answer) == {"postgresql": "ok", "search": "ok"}
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("failure", [OSError("no route"), Unavailable("away"), TimeoutError()])
def test_an_optional_dependency_that_is_down_degrades(ask, search, failure):
    search.failure = failure
    answer = ask()

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert states(answer) == {"postgresql": "ok", "search": "down"}


@pytest.mark.usefixtures("postgres_away")
def test_without_postgresql_it_is_down(ask):
    answer = ask()

    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert states(answer) == {"postgresql": "down", "search": "ok"}


def test_a_probe_that_hangs_holds_nobody_up_for_long(ask, search):
    search.going_on.clear()
    started = time.monotonic()
    answer = ask()

    assert time.monotonic() - started < WITHIN_SECONDS + MARGIN
    assert answer.json()["status"] == "degraded"
    assert states(answer) == {"postgresql": "ok", "search": "down"}


def test_a_dependency_that_hangs_for_long_takes_none_of_the_others_with_it(ask, search, clock, monkeypatch):
    monkeypatch.setattr("pretamane.system.health.WITHIN_SECONDS", 0.3)
    search.going_on.clear()
    for _ in range(12):
        ask()
        clock.move(5)

    assert states(ask()) == {"postgresql": "ok", "search": "down"}
    search.going_on.set()
    clock.move(5)
    time.sleep(0.2)
    assert states(ask()) == {"postgresql": "ok", "search": "ok"}


def test_only_our_own_machinery_sees_how_long_an_answer_took(ask):
    stranger = ask().json()["dependencies"]
    forging = ask(**{"Cf-Connecting-Ip": "10.1.2.3", "X-Forwarded-For": "10.1.2.3"}).json()["dependencies"]
    through_the_edge = ask(peer=MACHINERY, **{"Cf-Connecting-Ip": "198.51.100.7"}).json()["dependencies"]
    ours = ask(peer=MACHINERY).json()["dependencies"]

    assert [set(each) for each in (*stranger, *forging, *through_the_edge)] == [{"name", "state"}] * 6
    assert [set(each) for each in ours] == [{"name", "state", "milliseconds"}] * 2


def test_dependencies_are_asked_at_most_once_a_second(ask, search, clock):
    for _ in range(5):
        ask()
    asked_by_many = search.asked
    clock.move(0.9)
    ask()
    asked_within_the_second = search.asked
    clock.move(0.1)
    ask()

    assert (asked_by_many, asked_within_the_second, search.asked) == (1, 1, 2)


@pytest.mark.usefixtures("postgres_away")
def test_a_process_is_alive_whatever_else_is_not(ask, search):
    search.failure = OSError("no route")

    assert (ask("/health/live").status_code, ask("/health/live").json()) == (200, {"status": "alive"})
    assert search.asked == 0


def test_ready_once_migrated(ask):
    assert (ask("/health/ready").status_code, ask("/health/ready").json()) == (200, {"status": "ready"})


def test_not_ready_while_draining_though_still_alive(ask, platform):
    platform.drain()
    answer = ask("/health/ready")

    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert "ending" in answer.json()["detail"]
    assert ask("/health/live").status_code == 200


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE alembic_version",
        "UPDATE alembic_version SET version_num = '0000'",
        "REVOKE SELECT ON alembic_version FROM pretamane_app",
    ],
)
def test_not_ready_before_the_tables_are_made_and_may_be_read(ask, connection, statement):
    as_owner(connection, statement)
    answer = ask("/health/ready")

    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert "pretamane migrate" in answer.json()["detail"]


def test_newer_tables_than_ours_do_not_stop_an_older_process(ask, connection):
    as_owner(connection, "UPDATE alembic_version SET version_num = '9999'")

    assert ask("/health/ready").status_code == 200
