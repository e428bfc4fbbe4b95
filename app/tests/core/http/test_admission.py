"""Which pages may change something for whoever is signed in."""

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from tests.conftest import make_key

from pretamane.core.actors import Scope
from pretamane.core.errors import Forbidden
from pretamane.core.http.admission import refuse_foreign_pages

HTTP, HTTPS = "http://localhost:8000", "https://practice.example"


def is_refused(public_url, method="POST", **headers):
    app = FastAPI()
    app.state.public_url = public_url
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    try:
        refuse_foreign_pages(Request({"type": "http", "method": method, "headers": sent, "app": app}))
    except Forbidden as refusal:
        return refusal.code == "foreign-page"
    return False


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "anything"])
@pytest.mark.parametrize("public_url", [HTTP, HTTPS])
def test_without_a_word_about_the_page_nothing_is_changed(public_url, method):
    host = public_url.partition("://")[2]

    assert is_refused(public_url, method, host=host)
    assert not is_refused(public_url, method, host=host, sec_fetch_site="same-origin")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_what_changes_nothing_may_come_from_anywhere(method):
    assert not is_refused(HTTPS, method, host="practice.example", sec_fetch_site="cross-site", origin="null")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "", "same-origin, cross-site", "Same-Origin"])
@pytest.mark.parametrize("origin", [HTTPS, None])
def test_fetch_metadata_has_the_last_word(site, origin):
    """A browser writes it itself; a neighbouring host is no page of ours, whatever Origin it came with."""
    more = {"origin": origin} if origin else {}

    assert is_refused(HTTPS, host="practice.example", sec_fetch_site=site, **more)


@pytest.mark.parametrize(
    ("public_url", "host", "origin"),
    [
        (HTTPS, "practice.example", HTTPS),
        (HTTPS, "internal:8000", HTTPS),  # a proxy that asks under another name
        (HTTPS, "practice.example:8443", "https://practice.example:8443"),
        (HTTP, "localhost:8000", HTTP),
        (HTTP, "192.168.1.20:8000", "http://192.168.1.20:8000"),
        (HTTP, "practice.example", HTTPS),
        (HTTP, "[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_without_fetch_metadata_the_origin_tells_that_a_page_is_ours(public_url, host, origin):
    assert not is_refused(public_url, host=host, origin=origin)


@pytest.mark.parametrize(
    ("public_url", "host", "origin"),
    [
        *(
            (HTTPS, "practice.example", origin)
            for origin in ("null", "", "https://", "://practice.example", "practice.example")
        ),
        (HTTPS, "practice.example", "http://practice.example"),  # whoever sits on the line may have written that page
        (HTTPS, "practice.example", "https://practice.example.evil.example"),
        (HTTPS, "practice.example", "https://evil.example"),
        (HTTPS, "practice.example", "https://practice.example:444"),
        (HTTPS, "practice.example", "https://evil.example@practice.example"),
        (HTTPS, "practice.example", "https://practice.example/"),
        (HTTPS, "practice.example", "https://practice.example, https://evil.example"),
        (HTTPS, "practice.example", "ftp://practice.example"),
        (HTTP, "localhost:8000", "http://localhost:8001"),
        (HTTP, "localhost:8000", "http://127.0.0.1:8000"),
        (HTTP, "localhost:8000", "chrome-extension://localhost:8000"),
    ],
)
def test_without_fetch_metadata_any_other_origin_is_foreign(public_url, host, origin):
    assert is_refused(public_url, host=host, origin=origin)


def test_an_empty_host_makes_no_origin_ours():
    for origin in ("null", "", "https://", "http://"):
        assert is_refused(HTTP, host="", origin=origin)
        assert is_refused(HTTP, origin=origin)


def test_a_session_from_a_foreign_page_is_refused_and_a_key_from_anywhere_is_not(as_admin, browserless_key):
    as_admin.headers["Sec-Fetch-Site"] = "cross-site"
    body = {"email": "nora@practice.example", "role": "staff"}

    by_session = as_admin.post("/api/v1/accounts", json=body)
    as_admin.cookies.clear()
    by_key = as_admin.post("/api/v1/accounts", json=body, headers={"Authorization": f"Bearer {browserless_key}"})

    assert (by_session.status_code, by_session.json()["code"]) == (403, "foreign-page")
    assert by_key.status_code == 201


@pytest.fixture
def browserless_key(platform, admin):
    _, key = make_key(platform, admin, Scope.ADMIN)
    return key
