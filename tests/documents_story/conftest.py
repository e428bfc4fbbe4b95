"""A house with documents, and a member of staff before it with a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from pretamane.core.actors import Role
from tests.chromium import NewContext
from tests.documents_story.house import House, open_house


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("documents")) as house:
        yield house


@pytest.fixture
def tab(new_context: NewContext, house: House) -> Page:
    context = new_context(viewport={"width": 1280, "height": 800}, base_url=house.address)
    house.let_in(context)
    return context.new_page()


@pytest.fixture
def tab_without_script(new_context: NewContext, house: House) -> Page:
    context = new_context(java_script_enabled=False, base_url=house.address)
    house.let_in(context)
    return context.new_page()


@pytest.fixture
def administrators_tab(new_context: NewContext, house: House) -> Page:
    context = new_context(viewport={"width": 1280, "height": 800}, base_url=house.address)
    house.let_in(context, Role.ADMIN)
    return context.new_page()
