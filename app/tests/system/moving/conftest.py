"""Houses to leave and to arrive in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tests.conftest import TEMPLATE, _execute, _sibling
from tests.houses import House, furnish

from pretamane.adapters.postgres_embedded import as_app


@pytest.fixture
def new_house(postgres: str, tmp_path: Path) -> Iterator[Callable[[str], House]]:
    opened: list[tuple[House, str]] = []

    def made(name: str) -> House:
        database = f"house_{uuid4().hex[:12]}"
        _execute(postgres, f"CREATE DATABASE {database} TEMPLATE {TEMPLATE}")
        house = House(tmp_path / name, as_app(_sibling(postgres, database)))
        opened.append((house, database))
        return house

    yield made
    for house, database in opened:
        house.close()
        _execute(postgres, f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture
def lived_in(new_house: Callable[[str], House]) -> House:
    house = new_house("old")
    furnish(house)
    return house
