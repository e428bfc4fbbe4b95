"""The staff's pages in a real browser, served by this process over a database of its own."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from uuid import UUID

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page
from pydantic import SecretStr

from pretamane.core.actors import OPERATOR, Actor, Role
from pretamane.core.migrations import migrate
from pretamane.practice import service as practice
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_app
from tests.chromium import NewContext
from tests.site_story.house import Postgres, free_port

ADA = Actor(UUID(int=7), "Ada Byron", Role.ADMIN)
# Who is signed in is this cookie's business: the story of signing in is told elsewhere.
COOKIE = "story"
STARTS_WITHIN = 30.0


@dataclass(frozen=True)
class Desk:
    address: str
    platform: Platform

    def sign_in(self, page: Page) -> None:
        page.context.add_cookies([{"name": COOKIE, "value": "ada", "url": self.address, "sameSite": "Lax"}])

    def forget_session(self, page: Page) -> None:
        page.context.clear_cookies()


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    database = Postgres(tmp_path_factory.mktemp("desk"))
    try:
        migrate(database.address)
        with _serving(database.address, tmp_path_factory.mktemp("data")) as desk:
            yield desk
    finally:
        database.take_away()


@pytest.fixture
def desk(_served: Desk) -> Desk:
    """As it was delivered: nobody has set the practice up yet."""
    _served.platform.work.run_now(practice.change, OPERATOR, name="Our practice", recipient="", logo="")
    return _served


@contextmanager
def _serving(database: str, data: Path) -> Iterator[Desk]:
    address = f"http://127.0.0.1:{(port := free_port())}"
    settings = {"database_url": database, "data_dir": data, "public_url": address, "signing_key": SecretStr("x" * 48)}
    platform = Platform.build(Settings.model_validate(settings))
    edge = build_app(platform)
    assert isinstance(edge.app, FastAPI)
    edge.app.state.authenticate = lambda request: ADA if request.cookies.get(COOKIE) == "ada" else None
    server = uvicorn.Server(uvicorn.Config(edge, port=port, log_config=None))
    thread = Thread(target=server.run)
    thread.start()
    try:
        _await_start(server)
        yield Desk(address, platform)
    finally:
        server.should_exit = True
        thread.join()
        for pool in (platform.database.bind.engine, platform.rate_limits.windows.bind.engine):
            pool.dispose()


def _await_start(server: uvicorn.Server) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started


@pytest.fixture
def tab(new_context: NewContext, desk: Desk) -> Page:
    page = new_context(viewport={"width": 1280, "height": 800}, base_url=desk.address).new_page()
    desk.sign_in(page)
    return page


@pytest.fixture
def tab_without_script(new_context: NewContext, desk: Desk) -> Page:
    page = new_context(java_script_enabled=False, base_url=desk.address).new_page()
    desk.sign_in(page)
    return page
