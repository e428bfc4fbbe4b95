"""Who answers at which address, and what is at none."""

import http.client
import re
import socket
from contextlib import closing
from pathlib import Path

import pytest

from tests.components import status_of
from tests.edge.caddy import PASSWORD, PROPER, Caddy, edge
from tests.edge.upstream import Upstream

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/app"),
        ("GET", "/app/sign-in"),
        ("POST", "/api/v1/contact"),
        ("OPTIONS", "/api/contact"),
        ("GET", "/s/token"),
        ("POST", "/r/token"),
        ("GET", "/files/1?as=inline&signature=x"),
        ("GET", "/health"),
        ("GET", "/health/ready"),
        ("POST", "/contact"),
        ("OPTIONS", "/contact"),
        ("POST", "/documents/upload"),
    ],
)
def test_the_app_gets_what_is_its_own_as_it_was_asked(caddy: Caddy, upstream: Upstream, method: str, path: str) -> None:
    caddy.ask(method, path)

    assert (upstream.last.method, upstream.last.path) == (method, path)


@pytest.mark.parametrize("path", ["/", "/contact", "/contact.html", "/thanks", "/robots.txt", "/api-address.js"])
def test_the_site_needs_nobody_behind(caddy: Caddy, upstream: Upstream, path: str) -> None:
    answer = caddy.get(path)

    assert answer.status_code == 200
    assert upstream.heard == []


@pytest.mark.parametrize(
    "path",
    [
        "/metrics",
        "/metrics/",
        "/%6detrics",
        "//metrics",
        "/METRICS",
        "/api/../metrics",
        "/api/%2e%2e/metrics",
        "/app/..%2fmetrics",
        "/assets",
        "/.git/config",
        "/assets/.hidden",
        "/../Makefile",
        "/nothing.html",
        "/config",
        "/application",
    ],
)
def test_there_is_nothing_else(caddy: Caddy, upstream: Upstream, path: str) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", caddy.port, timeout=10)) as line:
        line.putrequest("GET", path)  # as it stands: a client would tidy it
        line.endheaders()

        assert line.getresponse().status == 404
    assert [heard for heard in upstream.heard if "metrics" in heard.path] == []


def test_a_person_gets_the_sites_page_for_what_is_not_and_a_program_a_problem(caddy: Caddy) -> None:
    page, problem = caddy.get("/nothing", headers=PROPER), caddy.get("/nothing")

    assert (page.status_code, problem.status_code) == (404, 404)
    assert "Nothing is filed under this address." in page.text
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["code"] == "not-found"
    assert problem.json()["request_id"] == problem.headers["x-request-id"]


def test_a_page_is_asked_for_again_and_a_named_asset_kept_for_ever(caddy: Caddy) -> None:
    page = caddy.get("/")
    assets = re.findall(r'"(/assets/[^"]+)"', page.text)
    again = caddy.get("/", headers={"If-None-Match": page.headers["etag"]})

    assert page.headers["cache-control"] == "no-cache"
    assert again.status_code == 304
    assert assets
    for asset in assets:
        assert caddy.get(asset).headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/favicon.ico", "image/x-icon"),
        ("/favicon.svg", "image/svg+xml"),
        ("/robots.txt", "text/plain; charset=utf-8"),
        ("/api-address.js", "text/javascript; charset=utf-8"),
        ("/privacy", "text/html; charset=utf-8"),
    ],
)
def test_media_types_do_not_depend_on_the_machine(caddy: Caddy, path: str, kind: str) -> None:
    assert caddy.get(path).headers["content-type"] == kind


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nobody_writes_to_the_site(caddy: Caddy, method: str) -> None:
    answer = caddy.ask(method, "/index.html")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"


def test_text_is_packed_and_a_file_never_is(caddy: Caddy, upstream: Upstream) -> None:
    upstream.body = b'{"word": "practice"}' * 200
    offered = {"Accept-Encoding": "gzip"}

    assert caddy.get("/", headers=offered).headers["content-encoding"] == "gzip"
    assert caddy.get("/api/v1/contacts", headers=offered).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in caddy.get("/files/1", headers=offered).headers


def test_a_version_survives_the_packing(caddy: Caddy, upstream: Upstream) -> None:
    upstream.body, upstream.answers = b'{"word": "practice"}' * 200, [("ETag", '"3"')]
    seen = caddy.get("/api/v1/contacts/1", headers={"Accept-Encoding": "gzip"}).headers["etag"]

    caddy.ask("PATCH", "/api/v1/contacts/1", headers={"If-Match": seen, "Accept-Encoding": "gzip"})
    caddy.get("/api/v1/contacts/1", headers={"If-None-Match": seen, "Accept-Encoding": "gzip"})

    assert upstream.heard[1].all("If-Match") == ['"3"']
    assert upstream.heard[2].all("If-None-Match") == ['"3"']


@pytest.mark.parametrize("path", ["/", "/app/inbox", "/api/v1/contacts", "/s/token", "/health"])
def test_the_files_own_host_has_nothing_but_files(tmp_path: Path, upstream: Upstream, path: str) -> None:
    with edge(tmp_path, upstream.port, FILES_DOMAIN="files.example") as caddy:
        there = caddy.get(path, headers={"Host": "files.example"})
        upper = caddy.get(path, headers={"Host": "FILES.example:443"})
        file = caddy.get("/files/1", headers={"Host": "files.example"})
        here = caddy.get(path)

    assert (there.status_code, upper.status_code) == (404, 404)
    assert (file.status_code, here.status_code) == (200, 200)


def test_the_consoles_are_at_the_operators_host_alone_where_there_is_one(tmp_path: Path, upstream: Upstream) -> None:
    with edge(tmp_path, upstream.port, OPS_DOMAIN="ops.example") as caddy:
        asked = {"auth": ("operator", PASSWORD)}
        there = caddy.get("/grafana/", headers={"Host": "ops.example"}, **asked)
        elsewhere = caddy.get("/grafana/", **asked)
        start = caddy.get("/", headers={"Host": "ops.example"})
        app = [caddy.get(path, headers={"Host": "ops.example"}).status_code for path in ("/app", "/api/v1", "/files/1")]

    assert there.status_code == 200
    assert elsewhere.status_code == 404
    assert (start.status_code, start.headers["location"]) == (303, "/grafana/")
    assert app == [404, 404, 404]


def test_the_edges_metrics_are_for_the_apps_network_alone(tmp_path: Path, upstream: Upstream) -> None:
    with edge(tmp_path, upstream.port, APP_NETWORK="203.0.113.0/24") as caddy:
        assert status_of(f"{own_address()}:{caddy.metrics_port}/metrics") is None
        assert "caddy_http_requests_total" in caddy.metrics()


def own_address() -> str:
    """By asking which it would use to reach a neighbour; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("203.0.113.1", 9))
        own: str = probe.getsockname()[0]
        return own
