"""For promises about commits: a database of the test's own, behind a line that can be cut, and a server of its own."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient
from tests.committing import client_of
from tests.cutting_proxy import CuttingProxy

import pretamane
from pretamane.accounts.models import Account
from pretamane.core.actors import Actor, Role
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_app

Rows = Callable[[str], list[Any]]

SERVE = """
import json, sys
from pretamane.main import serve
from pretamane.settings import Settings
serve(Settings.model_validate(json.loads(sys.argv[1])))
"""
STARTS_WITHIN = 60.0


@pytest.fixture
def rows(database_address: str) -> Iterator[Rows]:
    """What a query finds once it is committed."""
    engine = create_engine(database_address)

    def found(query: str) -> list[Any]:
        with engine.connect() as connection:
            return list(connection.execute(text(query)))

    yield found
    engine.dispose()


@pytest.fixture
def line(database_address: str) -> Iterator[CuttingProxy]:
    proxy = CuttingProxy(database_address)
    yield proxy
    proxy.close()


@pytest.fixture
def committing(line: CuttingProxy, settings: Settings) -> Iterator[TestClient]:
    """Asks an app that commits for real, over the line."""
    with client_of(settings, line.address, connections=2) as client:
        yield client


@pytest.fixture
def served(database_address: str, tmp_path: Path) -> Iterator[httpx2.Client]:
    """Asks a server of two processes, each with three connections."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "port": port,
        "data_dir": str(tmp_path),
        "database_url": database_address,
        "database_pool_size": 3,
        "database_pool_overflow": 0,
        "database_pool_wait": 20,
        "web_processes": 2,
        "signing_key": "x" * 48,
        "contact_limit": "1000/minute",
    }
    with (tmp_path / "lines").open("wb") as lines:
        server = subprocess.Popen(  # our own Python, our own words
            [sys.executable, "-c", SERVE, json.dumps(settings)],
            env={**os.environ, "PYTHONPATH": str(Path(pretamane.__file__).parents[1])},
            stdout=lines,
            stderr=lines,
        )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait_for(client, tmp_path / "lines")
            yield client
    finally:
        server.terminate()
        server.wait(STARTS_WITHIN)


def _wait_for(client: httpx2.Client, lines: Path) -> None:
    given_up = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < given_up:
        try:
            if client.get("/health/ready").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    pytest.fail(f"The server did not start: {lines.read_text()}")


STEFAN = Actor(UUID(int=1), "Stefan", Role.STAFF)
BEA = Actor(UUID(int=2), "Bea", Role.STAFF)
VERA = Actor(UUID(int=3), "Vera", Role.VIEWER)
GUSTAV = Actor(UUID(int=4), "Gustav", Role.STAFF)


@pytest.fixture
def everybody(platform: Platform) -> Platform:
    """The accounts of those who act here, and of one who has left."""
    made_at = platform.clock.now()
    with platform.database.transaction() as session:
        for actor in (STEFAN, BEA, VERA, GUSTAV):
            account = Account(id=actor.account_id, email=f"{actor.name.lower()}@practice.example", name=actor.name)
            account.role, account.password_hash, account.made_at = actor.role, "none that fits", made_at
            account.deactivated_at = made_at if actor is GUSTAV else None
            session.add(account)
    return platform


@contextmanager
def browser_of(platform: Platform, actor: Actor) -> Iterator[TestClient]:
    """Somebody who is signed in, on one of our own pages."""
    edge = build_app(platform)
    assert isinstance(edge.app, FastAPI)
    edge.app.state.authenticate = lambda _request: actor
    headers = {"Sec-Fetch-Site": "same-origin"}
    with TestClient(edge, headers=headers, raise_server_exceptions=False, follow_redirects=False) as browser:
        yield browser


@pytest.fixture
def desk(everybody: Platform) -> Iterator[TestClient]:
    with browser_of(everybody, STEFAN) as browser:
        yield browser


@pytest.fixture
def bea(everybody: Platform) -> Iterator[TestClient]:
    with browser_of(everybody, BEA) as browser:
        yield browser


@pytest.fixture
def onlooker(everybody: Platform) -> Iterator[TestClient]:
    with browser_of(everybody, VERA) as browser:
        yield browser


Write = Callable[..., dict[str, Any]]


@pytest.fixture
def write(client: TestClient, desk: TestClient) -> Write:
    """Send a message as a visitor would; what the staff's API says of it."""

    def written(name: str = "Ada Byron", **said: object) -> dict[str, Any]:
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        message = {"name": name, "email": email, "message": "Could you call me?"} | said
        reference = client.post("/api/v1/contact", json=message).json()["reference"]
        [found] = desk.get("/api/v1/submissions", params={"q": reference}).json()["items"]
        whole: dict[str, Any] = desk.get(f"/api/v1/submissions/{found['id']}").json()
        return whole

    return written


def if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


def one_of(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found
