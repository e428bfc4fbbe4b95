"""A visitor with a real browser, at a site whose API lives on another origin."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.chromium import NewContext
from tests.site_story.house import House, Postgres, opened, pretamane

VIEWPORTS = {"phone": (390, 844), "tablet": (768, 1024), "desktop": (1280, 800), "wide": (1920, 1080)}
PRACTICE = "Weber & Lang"
LOGO_SIZE = (64, 48)


@pytest.fixture(scope="session")
def _only_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    database = Postgres(tmp_path_factory.mktemp("story"))
    try:
        pretamane(database.address, "migrate")
        logo = tmp_path_factory.mktemp("logo") / "logo.png"
        Image.new("RGB", LOGO_SIZE, "#1f4b43").save(logo)
        pretamane(database.address, "practice", "set", "--name", PRACTICE, "--logo", str(logo))
        yield database
    finally:
        database.take_away()


@pytest.fixture
def postgres(_only_postgres: Postgres) -> Iterator[Postgres]:
    yield _only_postgres
    _only_postgres.bring_back()


@pytest.fixture(scope="session")
def house(_only_postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(_only_postgres.address, tmp_path_factory.mktemp("house"), "1000/minute") as house:
        yield house


@pytest.fixture
def house_of_one_message(postgres: Postgres, tmp_path: Path) -> Iterator[House]:
    with opened(postgres.address, tmp_path, "1/day") as house:
        yield house


@pytest.fixture(params=VIEWPORTS.values(), ids=list(VIEWPORTS))
def any_screen(request: pytest.FixtureRequest, new_context: NewContext) -> Page:
    """A visitor's tab on each size of screen in turn."""
    width, height = request.param
    return new_context(viewport={"width": width, "height": height}).new_page()


@pytest.fixture
def tab(new_context: NewContext) -> Page:
    return new_context(viewport={"width": 1280, "height": 800}).new_page()


@pytest.fixture
def tab_without_script(new_context: NewContext) -> Page:
    return new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800}).new_page()
