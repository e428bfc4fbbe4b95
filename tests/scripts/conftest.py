from pathlib import Path

import pytest

from tests.scripts.house import House, machine_in


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return machine_in(tmp_path_factory.mktemp("machine"))


@pytest.fixture
def house(tmp_path: Path, machine: Path) -> House:
    return House(tmp_path, machine)
