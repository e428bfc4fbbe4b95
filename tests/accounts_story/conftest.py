"""An administrator with a real browser, and other people's websites open in its other tabs."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.accounts_story.foreign import foreign_sites
from tests.chromium import NewContext
from tests.site_story.house import PRETAMANE, Postgres, environment, pretamane, serving

PASSWORD = "three blue herons at dusk"  # pragma: allowlist secret  # invented
EMAIL = "ada@practice.example"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    database = Postgres(tmp_path_factory.mktemp("accounts"))
    try:
        pretamane(database.address, "migrate")
        yield database
    finally:
        database.take_away()


@pytest.fixture(scope="session")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the app."""
    folder: Path = tmp_path_factory.mktemp("house")
    asked = {"PRETAMANE_DATABASE_URL": postgres.address, "PRETAMANE_DATA_DIR": str(folder / "var")}
    with serving(asked, folder / "api.log") as origin:
        yield origin


@pytest.fixture(scope="session")
def first_link(postgres: Postgres, house: str) -> str:
    asked = environment(PRETAMANE_DATABASE_URL=postgres.address, PRETAMANE_PUBLIC_URL=house)
    made = subprocess.run([*PRETAMANE, "admin", "create"], env=asked, capture_output=True, text=True, check=True)
    return made.stdout.strip()


@pytest.fixture(scope="session")
def administrator(chromium: Browser, first_link: str, house: str) -> StorageState:  # the fixture
    """The cookie of a browser in which the first link was used, without script."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(first_link)
    tab.get_by_label("E-mail").fill(EMAIL)
    tab.get_by_label("Your name").fill("Ada Byron")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button").click()
    tab.wait_for_url(f"{house}/app/inbox")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def tab(new_context: NewContext, administrator: StorageState) -> Page:  # the fixture
    return new_context(storage_state=administrator).new_page()


@pytest.fixture(scope="session")
def sites() -> Iterator[dict[str, str]]:
    with foreign_sites() as addresses:
        yield addresses
