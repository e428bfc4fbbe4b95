"""Whose address the app gets to hear: the tunnel's word counts, nobody else's does."""

import re

import pytest

from tests.edge.caddy import TUNNEL, Caddy
from tests.edge.upstream import Upstream

VISITOR = "203.0.113.77"


def test_the_tunnel_says_whom_it_speaks_for(caddy: Caddy, upstream: Upstream) -> None:
    said = {"CF-Connecting-IP": VISITOR, "X-Forwarded-For": f"198.51.100.1, {VISITOR}"}
    caddy.get("/api/v1/practice", source=TUNNEL, headers=said)

    assert upstream.last.all("X-Forwarded-For") == [VISITOR]


@pytest.mark.parametrize(
    "lie",
    [
        {"CF-Connecting-IP": VISITOR},
        {"X-Forwarded-For": VISITOR},
        {"X-Real-IP": VISITOR},
        {"True-Client-IP": VISITOR},
        {"Forwarded": f"for={VISITOR}"},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_liars_word_reaches_nobody(caddy: Caddy, upstream: Upstream, lie: dict[str, str]) -> None:
    caddy.get("/api/v1/practice", headers=lie)

    assert upstream.last.all("X-Forwarded-For") == ["127.0.0.1"]
    assert VISITOR not in str(upstream.last.headers)


def test_through_the_tunnel_too_only_cloudflares_own_word_counts(caddy: Caddy, upstream: Upstream) -> None:
    caddy.get("/api/v1/practice", source=TUNNEL, headers={"X-Forwarded-For": VISITOR})

    assert upstream.last.all("X-Forwarded-For") == [TUNNEL]


@pytest.mark.parametrize("offered", ["an id\twith a tab", "short", "<script>alert(1)</script>", ""])
def test_an_id_that_is_none_is_replaced_before_the_app_hears_it(caddy: Caddy, upstream: Upstream, offered: str) -> None:
    caddy.get("/api/v1/practice", headers={"X-Request-ID": offered})

    (given,) = upstream.last.all("X-Request-ID")
    assert re.fullmatch(r"[0-9a-f-]{36}", given)


def test_an_id_is_kept(caddy: Caddy, upstream: Upstream) -> None:
    caddy.get("/api/v1/practice", headers={"X-Request-ID": "an-id-of-theirs"})

    assert upstream.last.all("X-Request-ID") == ["an-id-of-theirs"]
