"""The profile `public`: the same house at its own name, by TLS, with a redirect from plain HTTP."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.components import eventually
from tests.edge.caddy import Caddy, edge
from tests.edge.upstream import Upstream
from tests.site_story.house import free_port

HOST = "practice.localhost"  # for such a name Caddy is its own authority, and asks nobody


class Public:
    def __init__(self, caddy: Caddy, tls: int, plain: int) -> None:
        self.caddy, self.tls, self.plain = caddy, tls, plain

    def connect(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.tls), 10), server_hostname=HOST)

    def has_its_certificate(self) -> bool:
        with suppress(ssl.SSLError), self.connect(trusting()):
            return True
        return False

    def get(self, path: str) -> http.client.HTTPResponse:
        with self.connect(trusting()) as line:
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(line)
            answer.begin()
            answer.read()
            return answer

    def get_plain(self, host: str) -> http.client.HTTPResponse:
        with closing(http.client.HTTPConnection("127.0.0.1", self.plain, timeout=10)) as line:
            line.request("GET", "/contact?x=1", headers={"Host": host})
            return line.getresponse()


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # of a test's own authority
    return context


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory, _behind: Upstream) -> Iterator[Public]:
    tls, plain = free_port(), free_port()
    told = {
        "PUBLIC_URL": f"https://{HOST}",
        "HTTPS_PORT": str(tls),
        "HTTP_PORT": str(plain),
        "ACME_EMAIL": "someone@practice.example",
    }
    with edge(tmp_path_factory.mktemp("public"), _behind.port, "public.Caddyfile", **told) as caddy:
        public = Public(caddy, tls, plain)
        eventually(public.has_its_certificate, caddy.component.said)
        yield public


def test_the_house_answers_by_tls_and_asks_browsers_to_stay_there(public: Public) -> None:
    answer = public.get("/contact")

    assert answer.status == 200
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains; preload"]
    assert answer.headers.get_all("Server") is None


@pytest.mark.parametrize(("version", "is_taken"), [("TLSv1_1", False), ("TLSv1_2", True), ("TLSv1_3", True)])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_nothing_below_tls_1_2_is_spoken(public: Public, version: str, is_taken: bool) -> None:
    context = trusting()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]

    try:
        with public.connect(context) as line:
            spoken = line.version()
    except ssl.SSLError:
        spoken = None

    assert (spoken is not None) == is_taken


def test_whoever_can_speaks_1_3(public: Public) -> None:
    with public.connect(trusting()) as line:
        assert line.version() == "TLSv1.3"


def test_plain_http_leads_to_tls_and_nowhere_else(public: Public) -> None:
    ours, foreign = public.get_plain(HOST), public.get_plain("evil.example")

    assert (ours.status, foreign.status) == (308, 404)
    assert ours.headers["Location"] == f"https://{HOST}/contact?x=1"
    assert {answer.headers["Server"] for answer in (ours, foreign)} == {None}


def test_the_tunnels_port_is_there_too(public: Public) -> None:
    assert public.caddy.get("/contact").status_code == 200


@pytest.mark.parametrize("names", [{}, {"FILES_DOMAIN": "files.localhost", "OPS_DOMAIN": "ops.localhost"}])
def test_further_names_may_be_given(tmp_path: Path, upstream: Upstream, names: dict[str, str]) -> None:
    ports = {"HTTPS_PORT": str(free_port()), "HTTP_PORT": str(free_port())}
    told = {"PUBLIC_URL": f"https://{HOST}", "ACME_EMAIL": "", "FILES_DOMAIN": "", "OPS_DOMAIN": ""}
    with edge(tmp_path, upstream.port, "public.Caddyfile", **ports, **told | names) as caddy:
        assert caddy.get("/contact").status_code == 200
