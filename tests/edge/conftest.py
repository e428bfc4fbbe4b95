"""One edge before one stand-in of everything behind it; tests that change what an edge is told start their own."""

from collections.abc import Iterator

import pytest

from tests.edge.caddy import Caddy, edge
from tests.edge.upstream import Upstream, listening


@pytest.fixture(scope="session")
def _behind() -> Iterator[Upstream]:
    with listening() as upstream:
        yield upstream


@pytest.fixture
def upstream(_behind: Upstream) -> Upstream:
    fresh = Upstream(_behind.port)
    _behind.heard.clear()
    _behind.answers, _behind.body, _behind.kind = fresh.answers, fresh.body, fresh.kind
    return _behind


@pytest.fixture(scope="session")
def _edge(_behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caddy]:
    with edge(tmp_path_factory.mktemp("edge"), _behind.port) as caddy:
        yield caddy


@pytest.fixture
def caddy(_edge: Caddy, upstream: Upstream) -> Caddy:
    upstream.heard.clear()
    return _edge
