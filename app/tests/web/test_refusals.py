"""What a person sees of the staff's pages when something is refused."""

import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from pretamane.core.actors import Actor, Role
from pretamane.core.database import Database
from pretamane.core.errors import ChangedMeanwhile, Invalid, TooMany, Unavailable
from pretamane.core.http.admission import Admin, Viewer
from pretamane.core.unit_of_work import Transaction
from pretamane.wiring import build_app

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}
REFUSALS = {
    "invalid": Invalid("Please look again.", fields={"name": "A name is needed."}),
    "busy": TooMany("Too often.", headers={"Retry-After": "7"}),
    "stale": ChangedMeanwhile("It was changed meanwhile."),
    "away": Unavailable("The store is away.", headers={"Retry-After": "5"}),
}


@pytest.fixture
def app(platform):
    edge = build_app(platform)
    routes = APIRouter()

    @routes.api_route("/app/letters", methods=["GET", "POST"])
    def letters(actor: Viewer, page: int = 1) -> str:
        return f"{actor.name} reads page {page}"

    @routes.post("/app/rules")
    def rules(actor: Admin) -> str:
        return actor.name

    @routes.get("/app/refuses/{kind}")
    def refuses(kind: str, session: Transaction) -> str:
        session.execute(text("SELECT 1"))
        raise REFUSALS[kind]

    assert isinstance(edge.app, FastAPI)
    edge.app.router.routes[:0] = routes.routes
    return edge


@pytest.fixture
def browser(app):
    with TestClient(app, raise_server_exceptions=False, headers=BROWSER, follow_redirects=False) as browser:
        yield browser


def sign_in(app, role):
    app.app.state.authenticate = lambda _request: Actor(None, "Ada", role)


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back_to_what_was_asked_for(browser):
    answer = browser.get("/app/letters?page=2&text=a%26b")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/app/sign-in?next=/app/letters%3Fpage%3D2%26text%3Da%2526b"
    assert answer.headers["cache-control"] == "no-store"


def test_what_was_sent_after_the_session_ended_is_not_lost_in_a_redirect(browser):
    answer = browser.post("/app/letters", headers={"Referer": "http://testserver/app/letters?page=2"})

    assert answer.status_code == 401
    assert "Nothing was changed" in answer.text
    assert 'href="/app/sign-in?next=/app/letters"' in answer.text


def test_a_link_to_sign_in_leads_back_to_our_own_pages_only(browser):
    answer = browser.post("/app/letters", headers={"Referer": "https://evil.example/app/letters"})

    assert 'href="/app/sign-in?next=/app/inbox"' in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("POST", "/app/rules", 403, "This needs the role admin; yours is viewer."),
        ("GET", "/app/nothing", 404, "There is nothing at this address."),
        ("PATCH", "/app/letters", 405, "This address does not take that method."),
        ("GET", "/app/refuses/stale", 412, "It was changed meanwhile."),
        ("GET", "/app/refuses/invalid", 422, "A name is needed."),
        ("GET", "/app/letters?page=two", 422, "Some of what was sent cannot be taken."),
        ("GET", "/app/refuses/busy", 429, "Too often."),
        ("GET", "/app/refuses/unknown", 500, "Something went wrong on our side."),
        ("GET", "/app/refuses/away", 503, "The store is away."),
        ("GET", "/s/a-token", 404, "There is nothing at this address."),
    ],
)
def test_each_refusal_is_a_page_with_its_status_its_sentence_and_the_id(app, browser, method, path, status, words):
    sign_in(app, Role.VIEWER)

    answer = browser.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert words in answer.text
    assert answer.headers["x-request-id"] in answer.text


def test_a_refusal_keeps_its_headers_and_the_pages_protection(browser):
    headers = browser.get("/app/refuses/busy").headers

    assert headers["retry-after"] == "7"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_refusal_shows_the_practices_face(browser, connection):
    connection.execute(text("UPDATE practice SET name = 'Weber &amp Lang', primary_colour = '#2b3a67'"))

    page = browser.get("/app/nothing").text

    assert "Weber &amp;amp Lang" in page
    assert "--primary: #2b3a67;" in page


def test_with_the_database_away_the_page_still_comes(browser, platform):
    nowhere = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    platform.work.database = Database(nowhere, platform.clock)

    asked, unknown = browser.get("/app/refuses/away"), browser.get("/app/nothing")

    assert (asked.status_code, unknown.status_code) == (503, 404)
    assert "cannot be reached just now" in asked.text
    assert "Our practice" in unknown.text


@pytest.mark.parametrize("declared", [True, False])
def test_what_is_too_large_is_refused_by_a_page_too(browser, app, settings, declared):
    sign_in(app, Role.ADMIN)
    much = b"x" * (settings.body_limit + 1)

    answer = browser.post(
        "/app/settings/practice",
        content=much if declared else iter([much]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 413
    assert "That is too large" in answer.text


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/app/letters", "application/json"),
        ("/app/static/0123/none.css", "text/html"),
        ("/api/v1/nothing", "text/html"),
        ("/application", "application/json"),
    ],
)
def test_programs_still_get_problems(browser, path, accept):
    answer = browser.get(path, headers={"Accept": accept})

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
