"""Houses to leave and to arrive in; the one that is lived in is furnished once, and each test gets a copy."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.conftest import TEMPLATE, _execute, _sibling
from tests.houses import House, furnish

from pretamane.adapters.postgres_embedded import as_app

FURNISHED = "template_furnished"


@pytest.fixture(scope="session")
def furnished(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with its bytes, and with an export of it; its rows are in a template."""
    folder = tmp_path_factory.mktemp("furnished")
    _execute(postgres, f"CREATE DATABASE {FURNISHED} TEMPLATE {TEMPLATE}")
    house = House(folder / "house", as_app(_sibling(postgres, FURNISHED)))
    furnish(house)
    code, out, err = house.run("export", str(folder / "out"))
    assert code == 0, (out, err)
    house.close()
    return folder


@pytest.fixture
def house_over(postgres: str, tmp_path: Path) -> Iterator[Callable[[str, str], House]]:
    opened: list[tuple[House, str]] = []

    def made(name: str, template: str) -> House:
        database = f"house_{uuid4().hex[:12]}"
        _execute(postgres, f"CREATE DATABASE {database} TEMPLATE {template}")
        house = House(tmp_path / name, as_app(_sibling(postgres, database)))
        opened.append((house, database))
        return house

    yield made
    for house, database in opened:
        house.close()
        _execute(postgres, f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def new_house(house_over: Callable[[str, str], House]) -> Callable[[str], House]:
    return lambda name: house_over(name, TEMPLATE)


@pytest.fixture
def lived_in(furnished: Path, house_over: Callable[[str, str], House]) -> House:
    house = house_over("old", FURNISHED)
    shutil.copytree(furnished / "house" / "blobs", house.folder / "blobs")
    return house


@pytest.fixture
def exported(furnished: Path, tmp_path: Path) -> Path:
    """An export of the house that is lived in."""
    return Path(shutil.copytree(furnished / "out", tmp_path / "out"))
