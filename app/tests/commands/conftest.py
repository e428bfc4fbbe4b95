"""Each command meets an environment without settings, and a data folder of its own."""

import os
from pathlib import Path

import pytest

from pretamane.adapters.postgres_embedded import EmbeddedPostgres


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
