"""The operator's tools stand behind the edge's own password, and get nothing of it."""

import pytest

from tests.edge.caddy import CONSOLES, PASSWORD, PROPER, Caddy
from tests.edge.upstream import Upstream

OPERATOR = ("operator", PASSWORD)


@pytest.mark.parametrize("path", [*(f"/{name}/" for name in CONSOLES), "/prometheus/api/v1/query", "/minio/ws"])
@pytest.mark.parametrize("who", [None, ("operator", "wrong"), ("root", PASSWORD), ("operator", "")])
def test_without_the_password_nobody_reaches_one(
    caddy: Caddy, upstream: Upstream, path: str, who: tuple[str, str] | None
) -> None:
    answer = caddy.get(path, auth=who)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    assert upstream.heard == []


@pytest.mark.parametrize("name", CONSOLES)
def test_with_it_the_tool_answers_and_never_sees_it(caddy: Caddy, upstream: Upstream, name: str) -> None:
    answer = caddy.get(f"/{name}/some/page?x=1", auth=OPERATOR)

    assert answer.status_code == 200
    assert upstream.last.all("Authorization") == []
    assert upstream.last.path == ("/some/page?x=1" if name == "minio" else f"/{name}/some/page?x=1")


@pytest.mark.parametrize("name", CONSOLES)
def test_a_forgotten_slash_is_put_back(caddy: Caddy, name: str) -> None:
    answer = caddy.get(f"/{name}", auth=OPERATOR)

    assert (answer.status_code, answer.headers["location"]) == (308, f"/{name}/")


def test_a_page_of_another_site_changes_nothing_with_the_operators_password(caddy: Caddy, upstream: Upstream) -> None:
    foreign, own = ({"Sec-Fetch-Site": site} for site in ("cross-site", "same-origin"))

    assert caddy.ask("POST", "/alertmanager/api/v2/silences", headers=foreign, auth=OPERATOR).status_code == 403
    assert upstream.heard == []
    assert caddy.ask("POST", "/alertmanager/api/v2/silences", headers=own, auth=OPERATOR).status_code == 200


def test_a_name_that_only_begins_like_a_console_is_none(caddy: Caddy, upstream: Upstream) -> None:
    assert caddy.get("/grafanas", headers=PROPER, auth=OPERATOR).status_code == 404
    assert upstream.heard == []
