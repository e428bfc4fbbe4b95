"""Nobody is behind the edge: people read a calm page, programs a problem, and it is counted."""

import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.edge.caddy import PROPER, Caddy, edge
from tests.edge.upstream import Upstream, listening
from tests.site_story.house import free_port

TOKEN = "q4Zr8vT2nXb6Lm0PyKc5Wd9HsJf3Ga7Ee1Uo4Ti8Rv2"  # pragma: allowlist secret  # invented


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    with edge(tmp_path_factory.mktemp("alone"), free_port(), APP_PATIENCE="50ms") as caddy:
        yield caddy


def test_whoever_looks_gets_a_calm_page_that_asks_again(alone: Caddy) -> None:
    answer = alone.get("/app/inbox", headers=PROPER)

    assert answer.status_code == 502
    assert "Back in a moment" in answer.text
    assert '<meta http-equiv="refresh" content="5">' in answer.text
    assert answer.headers["retry-after"] == "5"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


def test_whoever_sent_something_is_told_that_it_is_not_saved_and_keeps_the_page(alone: Caddy) -> None:
    answer = alone.ask("POST", "/contact", headers=PROPER, data={"message": "May I come on Monday?"})

    assert answer.status_code == 502
    assert "Take it as not saved" in answer.text
    assert "http-equiv" not in answer.text


def test_a_program_gets_a_problem_without_cors(alone: Caddy) -> None:
    answer = alone.get("/api/v1/practice", headers={"Origin": "https://practice.example"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["status"]) == ("unavailable", 502)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["retry-after"] == "5"
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_the_site_is_there_all_the_same(alone: Caddy) -> None:
    assert alone.get("/contact").status_code == 200


def test_the_metrics_count_it(alone: Caddy) -> None:
    def count() -> int:
        counted = re.findall(
            r'^caddy_http_request_duration_seconds_count\{code="502",handler="log_append".*\} (\d+)',
            alone.metrics(),
            re.M,
        )
        return sum(map(int, counted))

    before = count()
    alone.get("/api/v1/practice")

    assert count() == before + 1


def test_what_went_wrong_is_logged_without_what_an_address_keeps_secret(alone: Caddy) -> None:
    alone.get(f"/s/{TOKEN}?word=hush", headers={"Referer": f"https://practice.example/s/{TOKEN}"})

    said, line = alone.component.said(), alone.lines()[-1]
    assert (line["level"], line["status"]) == ("error", 502)
    assert "connection refused" in str(line["reason"])
    assert TOKEN not in said
    assert "hush" not in said


def test_whoever_comes_during_a_restart_waits_and_is_served(tmp_path: Path) -> None:
    port = free_port()
    with edge(tmp_path, port) as caddy, ThreadPoolExecutor(1) as meanwhile:
        waiting = meanwhile.submit(caddy.ask, "POST", "/api/v1/contact", json={"name": "Ada"})
        time.sleep(1)  # the restart
        with listening(port) as upstream:
            answer = waiting.result(10)

    assert answer.status_code == 200
    assert [heard.method for heard in upstream.heard] == ["POST"]


def test_the_maintenance_page_is_a_file_away(alone: Caddy) -> None:
    switch = alone.live / "maintenance"
    switch.touch()
    try:
        page, problem = alone.get("/app/inbox", headers=PROPER), alone.get("/api/v1/practice")
        site = alone.get("/")
    finally:
        switch.unlink()

    assert (page.status_code, problem.status_code, site.status_code) == (503, 503, 200)
    assert "We are working on the house" in page.text
    assert page.headers["retry-after"] == "60"
    assert problem.json()["code"] == "unavailable"


@pytest.mark.parametrize("path", ["/app/inbox", "/contact"])
def test_the_calm_pages_load_nothing_from_anywhere(alone: Caddy, path: str) -> None:
    answer = alone.ask("POST" if path == "/contact" else "GET", path, headers=PROPER)

    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert not re.findall(r"(?:src|srcset|action)=|url\(|@import|<link|<script", answer.text)


def test_a_switch_of_colours_drops_nothing_that_is_under_way(tmp_path: Path) -> None:
    with both_colours(tmp_path) as (blue, green, caddy), ThreadPoolExecutor(1) as other:
        slowly = other.submit(caddy.ask, "POST", "/api/v1/documents", content=dripping(seconds=3))
        time.sleep(1)
        caddy.switch_to_green()
        new = caddy.get("/api/v1/practice")
        old = slowly.result(20)

    assert (new.status_code, old.status_code) == (200, 200)
    assert [heard.path for heard in green.heard] == ["/api/v1/practice"]
    assert "/api/v1/documents" in [heard.path for heard in blue.heard]


def test_a_switch_of_colours_closes_no_connection_that_somebody_keeps(tmp_path: Path) -> None:
    with both_colours(tmp_path) as (_, green, caddy), socket.create_connection(("127.0.0.1", caddy.port)) as kept:
        before = asked_by(kept)
        caddy.switch_to_green()
        after = asked_by(kept)

    assert (before, after) == (b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK")
    assert len(green.heard) == 1


@contextmanager
def both_colours(folder: Path) -> Iterator[tuple[Upstream, Upstream, Caddy]]:
    with (
        listening() as blue,
        listening() as green,
        edge(folder, blue.port, GREEN=f"127.0.0.1:{green.port}") as caddy,
    ):
        yield blue, green, caddy


def asked_by(connection: socket.socket) -> bytes:
    connection.sendall(b"GET /api/v1/practice HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return connection.recv(65536).splitlines()[0]


def dripping(seconds: int) -> Iterator[bytes]:
    for _ in range(seconds * 10):
        yield b"x" * 4096
        time.sleep(0.1)
