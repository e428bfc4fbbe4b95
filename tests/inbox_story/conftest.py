"""A house where a few people have written, and a member of staff before it with a real browser."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from uuid import UUID

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page
from pydantic import SecretStr

from pretamane.contacts import service
from pretamane.contacts.schemas import MessageIn
from pretamane.core.actors import Actor, Role
from pretamane.core.clock import SystemClock
from pretamane.core.migrations import migrate
from pretamane.settings import Settings
from pretamane.wiring import OwnPostgres, Platform, build_app
from tests.site_story.conftest import chromium  # noqa: F401  # a fixture

STEFAN = Actor(UUID(int=1), "Stefan", Role.STAFF)
PEOPLE = ("Ada Byron", "Bob Stone", "Cora Lee", "Eve Dropper")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Platform]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("inbox")
    address = f"http://127.0.0.1:{port}"
    settings = Settings.model_validate({"data_dir": folder, "signing_key": SecretStr("x" * 48), "public_url": address})
    with OwnPostgres(settings, SystemClock()) as own:
        assert own.settings.database_url
        migrate(own.settings.database_url.get_secret_value())
        platform = Platform.build(own.settings)
        with _serving(platform, port):
            yield address, platform
        platform.database.bind.engine.dispose()


@contextmanager
def _serving(platform: Platform, port: int) -> Iterator[None]:
    edge = build_app(platform)
    assert isinstance(edge.app, FastAPI)
    edge.app.state.authenticate = lambda _request: STEFAN
    server = uvicorn.Server(uvicorn.Config(edge, port=port, log_level="error", ws="none"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def inbox(house: tuple[str, Platform]) -> str:
    """Its address, with one new message of each of four people."""
    address, platform = house
    for name in PEOPLE:
        message = MessageIn(name=name, email=f"{name.split()[0].lower()}@example.org", message=f"This is {name}.")
        platform.work.run_now(service.keep_message, message, platform.clock.now())
    return f"{address}/app/inbox"


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:  # noqa: F811  # the fixture of that name
    with ExitStack() as opened:
        context = chromium.new_context(locale="en-GB", java_script_enabled=request.param)
        opened.callback(context.close)
        context.set_default_timeout(20_000)
        yield context.new_page()


@pytest.fixture
def scripted(chromium: Browser) -> Iterator[Page]:  # noqa: F811  # the fixture of that name
    with ExitStack() as opened:
        context = chromium.new_context(locale="en-GB")
        opened.callback(context.close)
        context.set_default_timeout(20_000)
        yield context.new_page()
