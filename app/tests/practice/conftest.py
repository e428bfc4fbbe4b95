"""Who opens the practice's pages."""

from uuid import UUID

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pretamane.core.actors import Actor, Role
from pretamane.wiring import build_app

ADA = Actor(UUID(int=7), "Ada Byron", Role.ADMIN)


@pytest.fixture
def app(platform):
    edge = build_app(platform)
    assert isinstance(edge.app, FastAPI)
    edge.app.state.authenticate = lambda _request: ADA
    return edge


@pytest.fixture
def browser(app):
    """An administrator's, on the practice's own pages."""
    with TestClient(app, headers={"Sec-Fetch-Site": "same-origin"}, follow_redirects=False) as browser:
        yield browser
