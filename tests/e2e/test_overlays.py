"""The other ways to run it, each as a stack of its own with as much of it as says something."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator

import httpx2
import pytest
from sqlalchemy import create_engine

from tests.e2e.stack import Stack, compose_files, free_port

pytestmark = pytest.mark.at_length

MakeStack = Callable[[str, str], Stack]


@pytest.fixture
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeStack]:
    made: list[Stack] = []

    def make(name: str, prefix: str) -> Stack:
        made.append(Stack(tmp_path_factory.mktemp(name), f"pretamane-e2e-{os.getpid()}-{name}", prefix))
        made[-1].script("secrets.sh", "local")
        return made[-1]

    yield make
    for stack in made:
        stack.down()


def test_public_answers_on_its_own_name_by_tls_over_both_kinds_of_address(another):
    """By a name that needs no authority: Caddy makes the certificate itself."""
    stack = another("public", "10.215")
    stack.settings |= {"COMPOSE_FILE": compose_files("compose.public.yml"), "PUBLIC_URL": "https://localhost"}
    with stack.with_settings():
        stack.compose("up", "--detach", "--wait", "--no-deps", "caddy")
        redirected = httpx2.get("http://localhost/contact?from=here")
        with httpx2.Client(verify=False) as visitor:  # no authority knows this name
            page = visitor.get("https://localhost/contact")
        spoken = {version_spoken(address) for address in ("127.0.0.1", "::1")}

    assert (redirected.status_code, redirected.headers["location"]) == (308, "https://localhost/contact?from=here")
    assert page.status_code == 200
    assert page.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
    assert spoken == {"TLSv1.3"}


def version_spoken(address: str) -> str | None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((address, 443), timeout=10) as line,
        trusting.wrap_socket(line, server_hostname="localhost") as spoken,
    ):
        return spoken.version()


def test_dev_opens_the_inner_ports_on_loopback(another):
    """Without the mail catcher, whose image nothing stands in for."""
    stack = another("dev", "10.216")
    ports = {name: free_port() for name in ("APP", "POSTGRES", "MEILISEARCH", "MINIO")}
    stack.settings |= {f"DEV_{name}_PORT": port for name, port in ports.items()}
    stack.settings["COMPOSE_FILE"] = compose_files("compose.dev.yml")
    with stack.with_settings():
        stack.compose("up", "--detach", "--wait", "app-blue", "meilisearch")
        ready = httpx2.get(f"http://127.0.0.1:{ports['APP']}/health/ready", timeout=30)
        search = httpx2.get(f"http://127.0.0.1:{ports['MEILISEARCH']}/health")
        unsigned = httpx2.get(f"http://127.0.0.1:{ports['MINIO']}/pretamane/")
        inner = stack.secret("database_url").replace("postgresql:5432", f"127.0.0.1:{ports['POSTGRES']}")
        create_engine(inner.replace("://", "+psycopg2://", 1)).connect().close()

    assert (ready.status_code, search.status_code, unsigned.status_code) == (200, 200, 403)
