"""A house where a few people have written, and a member of staff before it with a real browser."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from uuid import UUID

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, StorageState
from pydantic import SecretStr

from pretamane.contacts import service
from pretamane.contacts.schemas import MessageIn
from pretamane.core.actors import Actor, Role
from pretamane.core.clock import SystemClock
from pretamane.settings import Settings
from pretamane.wiring import OwnPostgres, Platform, build_app, migrate
from tests.chromium import NewContext
from tests.inbox_story.desk import sign_in
from tests.inbox_story.practice import ADA, Practice, move_in, open_practice

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
        migrate(own.settings)
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
def with_script(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(new_context: NewContext, with_script: bool) -> Page:
    return new_context(java_script_enabled=with_script).new_page()


@pytest.fixture
def scripted(new_context: NewContext) -> Page:
    return new_context().new_page()


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Practice]:
    """With an administrator and a colleague, who have passwords, and more messages than a page holds."""
    with open_practice(tmp_path_factory.mktemp("practice")) as practice:
        move_in(practice, chromium)
        yield practice


@pytest.fixture(scope="session")
def ada_s_session(practice: Practice, chromium: Browser) -> StorageState:  # the fixture
    """The cookie of a browser in which Ada gave her password."""
    context = chromium.new_context()
    sign_in(context.new_page(), practice, ADA)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def ada(new_context: NewContext, with_script: bool, practice: Practice, ada_s_session: StorageState) -> Page:
    page = new_context(java_script_enabled=with_script, storage_state=ada_s_session).new_page()
    page.goto(f"{practice.address}/app/inbox")
    return page
