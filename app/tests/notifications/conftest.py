"""A practice whose mail goes to a mail server on this machine."""

from collections.abc import Callable, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text
from starlette.testclient import TestClient
from tests.conftest import make_settings
from tests.mail_server import PostOffice, opened
from tests.running import free_port

from pretamane.core.actors import OPERATOR
from pretamane.practice import service as practice
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_app

OFFICE = "office@practice.example"


@pytest.fixture
def port() -> int:
    """Where the mail server is, when it is there."""
    return free_port()


@pytest.fixture
def settings(tmp_path, port) -> Settings:
    mail_url = SecretStr(f"smtp://127.0.0.1:{port}?tls=none")
    return make_settings(tmp_path, mail_url=mail_url, public_url="https://practice.example")


@pytest.fixture
def office(port: int) -> Iterator[PostOffice]:
    with opened(PostOffice(), port=port) as office:
        yield office


@pytest.fixture
def practice_with(platform: Platform) -> Callable[..., None]:
    def change(**fields: object) -> None:
        platform.work.run_now(practice.change, OPERATOR, **fields)

    return change


@pytest.fixture
def visitor(platform: Platform) -> Iterator[TestClient]:
    with TestClient(build_app(platform), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def write(visitor: TestClient) -> Callable[..., str]:
    """Send the form; its reference."""

    def writing(**typed: object) -> str:
        message = {"name": "Ada Byron", "email": "Ada@Example.org", "message": "Could you call me?"} | typed
        answer = visitor.post("/api/v1/contact", json=message)
        assert answer.status_code == 201
        reference: str = answer.json()["reference"]
        return reference

    return writing


@pytest.fixture
def dead(connection: Connection) -> Callable[[], int]:
    return lambda: connection.execute(text("SELECT count(*) FROM jobs WHERE died_at IS NOT NULL")).scalar_one()
