"""Each command meets an environment without settings, and a data folder of its own."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.cli import cli
from pretamane.wiring import Platform


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("PRETAMANE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PRETAMANE_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path / "var"


@pytest.fixture
def cluster(data_dir: Path) -> None:
    """A data folder with a database in it, as `pretamane up` leaves one, but without tables."""
    with EmbeddedPostgres(data_dir):
        pass


@pytest.fixture
def run_with_the_house(monkeypatch: pytest.MonkeyPatch, platform: Platform) -> Callable[..., Callable[..., Result]]:
    """Runs a group's command in the house that the test has."""

    def in_it(commands: ModuleType, *words: str) -> Callable[..., Result]:
        monkeypatch.setattr(commands, "platform", partial(nullcontext, platform))
        return lambda *arguments: CliRunner().invoke(cli, [*words, *arguments])

    return in_it
