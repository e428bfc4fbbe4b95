"""Queues to try things on: one that is rolled back, under a clock that is moved; one that is committed to."""

from collections.abc import Iterator

import pytest
from tests.conftest import MovableClock
from tests.workbench import Workbench, workbench_at

from pretamane.core.clock import SystemClock
from pretamane.wiring import Platform


@pytest.fixture
def bench(platform: Platform, clock: MovableClock) -> Workbench:
    return Workbench(platform.database, clock)


@pytest.fixture
def shared_bench(database_address: str) -> Iterator[Workbench]:
    """Committed to, by the real clock."""
    with workbench_at(database_address, SystemClock()) as bench:
        yield bench
