"""A visitor's message and a client's scan, all the way through Caddy."""

import re
import time
from collections.abc import Iterator

import httpx2
import pytest

from tests.documents_story.samples import scanned_pdf
from tests.e2e.stack import AGREED, PASSWORD, PRACTICES_OWN_SITE, Stack

WORDS = "Rent of March"


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=stack.address, timeout=30) as client:
        yield client


MESSAGE = {"name": "Zoë", "email": "zoe@client.example", "message": "May I come on Monday?"}


def test_a_message_from_the_practices_own_site_arrives_at_the_desk(visitor, administrator):
    origin = {"Origin": PRACTICES_OWN_SITE}
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}

    allowed = visitor.options("/api/v1/contact", headers=origin | asks)
    sent = visitor.post("/api/v1/contact", json=MESSAGE | AGREED, headers=origin)
    refused = visitor.post("/api/v1/contact", json=MESSAGE | AGREED | {"email": "nobody"}, headers=origin)

    assert (allowed.status_code, sent.status_code, refused.status_code) == (204, 201, 422), sent.text
    for answer in (allowed, sent, refused):
        assert answer.headers.get_list("access-control-allow-origin") == [PRACTICES_OWN_SITE]
    assert "zoe@client.example" in administrator.get("/api/v1/submissions").text


def test_another_sites_page_may_read_nothing(visitor):
    answer = visitor.get("/api/v1/practice", headers={"Origin": "https://elsewhere.example"})

    assert "access-control-allow-origin" not in answer.headers


def test_signing_in_takes_the_password_and_nothing_else(stack, administrator):  # noqa: ARG001  # who has it
    with httpx2.Client(base_url=stack.address, headers={"Origin": stack.address}) as client:
        refused = client.post("/app/sign-in", data={"email": "ada@practice.example", "password": "another word"})
        taken = client.post("/app/sign-in", data={"email": "ada@practice.example", "password": PASSWORD})

    assert (refused.status_code, taken.status_code) == (422, 303)


def test_a_scan_is_read_shown_and_given_back(administrator, scan):
    sent = administrator.post("/api/v1/documents", files={"file": ("scan.pdf", scan, "application/pdf")})
    assert sent.status_code == 201, sent.text
    document = sent.json()["id"]

    assert WORDS in await_text(administrator, document)
    picture = administrator.get(f"/api/v1/documents/{document}/pages/1/picture")
    assert (picture.status_code, picture.headers["content-type"].split("/")[0]) == (200, "image")
    told = administrator.get(f"/api/v1/documents/{document}/file", follow_redirects=True)
    assert told.content == scan or administrator.get(told.json()["url"]).content == scan


def await_text(client: httpx2.Client, document: str) -> str:
    """Pages are there before the scan's text, which OCR brings."""
    for _ in range(240):
        answer = client.get(f"/api/v1/documents/{document}/pages")
        text = " ".join(page["text"] for page in answer.json()["items"]) if answer.status_code == 200 else ""
        if text.strip():
            return text
        time.sleep(0.5)
    raise AssertionError(f"The scan was not read: {client.get(f'/api/v1/documents/{document}').text}")


@pytest.fixture(scope="module")
def scan() -> bytes:
    return scanned_pdf(WORDS)


@pytest.mark.parametrize("console", ["grafana", "prometheus", "alertmanager", "minio", "pgadmin"])
def test_a_console_refuses_without_its_password(visitor, console):
    assert visitor.get(f"/{console}/").status_code == 401
    assert visitor.get(f"/{console}/", auth=("operator", "wrong")).status_code == 401


def test_minios_console_opens_to_the_operator(stack, visitor):
    operator = ("operator", stack.secret("consoles_password"))
    told = {"accessKey": stack.secret("minio_root_user"), "secretKey": stack.secret("minio_root_password")}

    shown = visitor.get("/minio/", auth=operator)
    signed_in = visitor.post("/minio/api/v1/login", auth=operator, json=told)

    assert shown.status_code == 200
    assert re.search("MinIO", shown.text)
    assert signed_in.status_code == 204


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "//metrics", "/app/../metrics"])
def test_the_figures_are_not_reachable(stack, visitor, path):
    assert visitor.get(stack.address + path, follow_redirects=True).status_code == 404


PATHS = [
    "/",
    "/app/sign-in",
    "/api/v1/practice",
    "/health",
    "/nothing-here",
    "/api/v1/me",
    "/files/gone",
    "/minio/",
    "/grafana/",
]


@pytest.mark.parametrize("path", PATHS)
def test_each_header_comes_once(stack, visitor, path):
    answer = visitor.get(path, auth=("operator", stack.secret("consoles_password")))

    once = [name.lower() for name, _ in answer.headers.multi_items() if name.lower() not in ("vary", "set-cookie")]
    assert len(once) == len(set(once))
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "server" not in answer.headers
