"""Who opens the pages about the house."""

from contextlib import ExitStack
from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pretamane.core.actors import Actor, Role
from pretamane.wiring import build_app

ADA = Actor(UUID(int=7), "Ada Byron", Role.ADMIN)


@pytest.fixture
def open_as(platform):
    """A browser on our own pages, signed in as somebody."""
    with ExitStack() as opened:

        def open_browser(actor: Actor):
            edge = build_app(platform)
            assert isinstance(edge.app, FastAPI)
            edge.app.state.authenticate = lambda _request: actor
            browser = TestClient(edge, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False)
            opened.enter_context(browser)
            return browser

        yield open_browser


@pytest.fixture
def browser(open_as):
    return open_as(ADA)
