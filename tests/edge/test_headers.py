"""Each header exactly once on every group of addresses, whatever came from behind."""

from collections import Counter

import httpx2 as httpx
import pytest

from pretamane.web.site import PROTECTION
from tests.edge.caddy import PASSWORD, PROPER, TUNNEL, Caddy
from tests.edge.upstream import Upstream

OPERATOR = ("operator", PASSWORD)
GROUPS = {
    "site": "/",
    "app": "/app/inbox",
    "api": "/api/v1/contacts",
    "share": "/s/token",
    "request": "/r/token",
    "files": "/files/1?as=inline",
    "health": "/health",
    "grafana": "/grafana/",
    "prometheus": "/prometheus/graph",
    "alertmanager": "/alertmanager/",
    "minio": "/minio/login",
    "pgadmin": "/pgadmin/",
    "nothing": "/there-is-nothing",
    "refused": "/metrics",
}
ON_ALL = (
    "x-content-type-options",
    "permissions-policy",
    "x-frame-options",
    "referrer-policy",
    "content-security-policy",
)
HSTS = "strict-transport-security"
FROM_BEHIND = [
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "ALLOWALL"),
    ("Content-Security-Policy", "default-src *"),
    ("Referrer-Policy", "unsafe-url"),
    ("Permissions-Policy", "camera=*"),
    ("Strict-Transport-Security", "max-age=1"),
    ("Server", "nginx/1.2"),
    ("X-Powered-By", "PHP/5"),
]


def counted(answer: httpx.Response) -> Counter[str]:
    return Counter(name.lower() for name, _ in answer.headers.multi_items())


@pytest.mark.parametrize("behind", [[], FROM_BEHIND], ids=["silent", "talkative"])
@pytest.mark.parametrize("path", GROUPS.values(), ids=GROUPS)
def test_every_header_is_there_once(caddy: Caddy, upstream: Upstream, path: str, behind: list[tuple[str, str]]) -> None:
    upstream.answers = behind

    answer = caddy.get(path, auth=OPERATOR, headers={**PROPER, "X-Forwarded-Proto": "https"}, source=TUNNEL)

    headers = counted(answer)
    assert {name: headers[name] for name in (*ON_ALL, HSTS)} == dict.fromkeys((*ON_ALL, HSTS), 1)
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert not {"server", "x-powered-by", "via"} & set(headers)
    assert set(headers.values()) == {1}


@pytest.mark.parametrize("path", GROUPS.values(), ids=GROUPS)
def test_without_tls_nothing_is_promised_about_it(caddy: Caddy, path: str) -> None:
    claims = {"X-Forwarded-Proto": "https"}  # by somebody who is not the tunnel

    assert HSTS not in caddy.get(path, auth=OPERATOR, headers=claims).headers


def test_the_apps_own_policies_pass_and_json_gets_one_that_allows_nothing(caddy: Caddy, upstream: Upstream) -> None:
    nothing = caddy.get("/api/v1/contacts")
    upstream.answers = [("Content-Security-Policy", "script-src 'self'"), ("Referrer-Policy", "no-referrer")]
    own = caddy.get("/app/inbox")

    assert nothing.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert own.headers["content-security-policy"] == "script-src 'self'"
    assert own.headers["referrer-policy"] == "no-referrer"


def test_a_file_is_in_its_sandbox_whatever_came_from_behind(caddy: Caddy, upstream: Upstream) -> None:
    upstream.answers = FROM_BEHIND

    headers = caddy.get("/files/1").headers

    assert headers["content-security-policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", "/contact", "/there-is-nothing"])
def test_the_sites_policies_are_those_that_the_app_gives_it(caddy: Caddy, path: str) -> None:
    headers = caddy.get(path, headers=PROPER).headers

    assert {name: headers[name] for name in PROTECTION} == PROTECTION


def test_the_apps_cors_passes_untouched_and_a_console_has_none(caddy: Caddy, upstream: Upstream) -> None:
    allowed = ("Access-Control-Allow-Origin", "https://practice.example")
    upstream.answers = [allowed, ("Vary", "Origin"), ("Access-Control-Expose-Headers", "X-Request-ID")]

    api = caddy.get("/api/v1/practice", headers={"Origin": "https://practice.example"}).headers
    console = caddy.get("/prometheus/api/v1/query", auth=OPERATOR).headers

    assert api["access-control-allow-origin"] == "https://practice.example"
    assert api["access-control-expose-headers"] == "X-Request-ID"
    assert "Origin" in api["vary"]
    assert not [name for name in console if name.startswith("access-control-")]


def test_what_the_edge_says_by_itself_carries_no_cors(caddy: Caddy) -> None:
    answer = caddy.get("/metrics", headers={"Origin": "https://practice.example"})

    assert answer.status_code == 404
    assert not [name for name in answer.headers if name.startswith("access-control-")]
