"""One Loki for all; each test has services of its own names."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.monitoring.watch import Collector, Loki, collector_in, loki_in


@pytest.fixture(scope="session")
def loki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loki]:
    with loki_in(tmp_path_factory.mktemp("loki")) as loki:
        yield loki


@pytest.fixture
def collector(loki: Loki, tmp_path: Path) -> Iterator[Collector]:
    with collector_in(tmp_path, loki.address) as collector:
        yield collector


@pytest.fixture
def service() -> str:
    return f"service-{uuid4().hex[:8]}"
