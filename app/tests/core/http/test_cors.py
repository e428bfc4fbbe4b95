"""Which websites' scripts may read our answers, whatever the answer is."""

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from pretamane.core.database import open_engine
from pretamane.wiring import Platform, build_app, database_over

ALLOWED = ("https://www.practice.example", "http://localhost:8000")
STRANGERS = (
    "https://elsewhere.example",
    "null",
    "https://www.practice.example.evil.test",
    "https://evil-www.practice.example",
    "http://www.practice.example",
    "https://www.practice.example:8443",
    "HTTPS://WWW.PRACTICE.EXAMPLE",
    "https://www.practice.example.",
    "https://sub.www.practice.example",
    "",
)
MESSAGE = {"name": "Ada Byron", "email": "ada@example.org", "message": "Could you call me?"}

ANSWERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "200": ("GET", "/api/v1/practice", {}),
    "201": ("POST", "/api/v1/contact", {"json": MESSAGE}),
    "204": ("POST", "/api/v1/visits", {"json": {"page": "/"}}),
    "200 page": ("GET", "/", {}),
    "304": ("GET", "/api/v1/practice", {"headers": {"If-None-Match": "*"}}),
    "400": ("POST", "/api/v1/contact", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    "404": ("GET", "/api/v1/nowhere", {}),
    "404 page": ("GET", "/nowhere", {}),
    "404 POST": ("POST", "/api/v1/nowhere", {"json": {}}),
    "405 PATCH": ("PATCH", "/api/v1/contact", {"json": {}}),
    "405 GET": ("GET", "/api/v1/contact", {}),
    "405 OPTIONS": ("OPTIONS", "/api/v1/contact", {}),
    "413": ("POST", "/api/v1/contact", {"content": b"x" * 2_000_000}),
    "415": ("POST", "/api/v1/contact", {"content": b"hello", "headers": {"Content-Type": "text/plain"}}),
    "422": ("POST", "/api/v1/contact", {"json": {}}),
    "422 framework": ("POST", "/api/v1/visits", {"json": {"page": 1}}),
    "500": ("GET", "/planted/failure", {}),
    "500 PATCH": ("PATCH", "/planted/failure", {}),
    "429": ("POST", "/api/v1/contact", {"json": MESSAGE}),
    "503": ("GET", "/api/v1/stats", {}),
    "503 POST": ("POST", "/api/v1/contact", {"json": MESSAGE}),
}
GRANTS = (
    "access-control-allow-origin",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-expose-headers",
    "access-control-max-age",
)


def with_a_planted_failure(platform):
    app = FastAPI()

    @app.api_route("/planted/failure", methods=["GET", "PATCH"])
    def fail():
        raise RuntimeError("planted")

    edge = build_app(platform)
    assert isinstance(edge.app, FastAPI)
    edge.app.router.routes.insert(0, app.routes[-1])
    return edge


@pytest.fixture
def ask(settings, clock, connection, request):
    """The app, brought into the state in which it gives the class of answer that is asked for."""

    def asking(answer):
        changed = {"contact_limit": "1/minute" if answer == "429" else "1000/minute"}
        bind = connection
        if answer.startswith("503"):
            bind = open_engine(
                "postgresql://nobody@127.0.0.1:1/none", pool_size=1, pool_overflow=0, pool_wait=1, statement_timeout=1
            )
        platform = Platform(settings.model_copy(update=changed), clock, database_over(bind, clock), [])
        client = TestClient(with_a_planted_failure(platform), raise_server_exceptions=False)
        request.addfinalizer(client.close)
        method, path, sent = ANSWERS[answer]
        if answer == "429":
            client.post(path, json=MESSAGE)
        extra = sent.get("headers", {})

        def one(origin):
            headers = {**extra} if origin is None else {**extra, "Origin": origin}
            return client.request(method, path, **{**sent, "headers": headers})

        return one

    return asking


def grants(answer):
    return {name: answer.headers[name] for name in GRANTS if name in answer.headers}


def listed(text):
    return {part.strip().lower() for part in text.split(",")}


@pytest.mark.parametrize("kind", ANSWERS)
def test_an_allowed_site_may_read_every_answer(ask, kind):
    one = ask(kind)

    for origin in ALLOWED:
        answer = one(origin)
        given = grants(answer)
        assert str(answer.status_code) == kind[:3]
        assert [value for name, value in answer.headers.multi_items() if name == GRANTS[0]] == [origin]
        assert listed(given[GRANTS[1]]) >= {"get", "post", "put", "patch", "delete", "options"}
        assert listed(given[GRANTS[2]]) >= {"content-type", "idempotency-key", "x-request-id", "if-none-match"}
        assert listed(given[GRANTS[3]]) >= {
            *("x-request-id", "etag", "location", "retry-after", "ratelimit", "ratelimit-policy")
        }
        assert int(given[GRANTS[4]]) >= 600
        assert answer.headers["x-request-id"]


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_stranger_gets_no_grant_on_any_answer(ask, kind):
    one = ask(kind)

    for origin in (*STRANGERS, None):
        answer = one(origin)
        assert str(answer.status_code) == kind[:3]
        assert not [name for name in answer.headers if name.startswith("access-control-")], origin


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_answer_tells_caches_once_that_it_depends_on_the_origin(ask, kind):
    one = ask(kind)

    for origin in (*ALLOWED, *STRANGERS, None):
        vary = [value for name, value in one(origin).headers.multi_items() if name == "vary"]
        assert ", ".join(vary).lower().replace(" ", "").split(",").count("origin") == 1
        assert len(vary) == 1


@pytest.mark.parametrize("kind", ANSWERS)
def test_credentials_and_everybody_are_never_allowed(ask, kind):
    one = ask(kind)

    for origin in (*ALLOWED, *STRANGERS, None):
        answer = one(origin)
        assert "access-control-allow-credentials" not in answer.headers
        assert "*" not in grants(answer).values()


def preflight(client, origin, path="/api/v1/contact", method="POST"):
    wish = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type,idempotency-key"}
    return client.options(path, headers={"Origin": origin, **wish})


@pytest.mark.parametrize("path", ["/api/v1/contact", "/api/v1/practice", "/api/v1/nowhere", "/contact", "/"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_preflight_grants_an_allowed_site_and_nobody_else(client, path, method):
    answers = {origin: preflight(client, origin, path, method) for origin in (*ALLOWED, *STRANGERS)}

    assert {answer.status_code for answer in answers.values()} == {204}
    assert {origin for origin, answer in answers.items() if grants(answer)} == set(ALLOWED)
    assert all(set(grants(answers[origin])) == set(GRANTS) for origin in ALLOWED)
    assert all(answer.headers.get_list("vary") == ["Origin"] for answer in answers.values())


def test_fifty_preflights_in_a_row_are_all_granted(client):
    answers = [preflight(client, ALLOWED[0]) for _ in range(50)]

    assert [answer.status_code for answer in answers] == [204] * 50
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {ALLOWED[0]}


def test_a_preflight_is_answered_while_the_database_is_away(settings, clock):
    away = open_engine(
        "postgresql://nobody@127.0.0.1:1/none", pool_size=1, pool_overflow=0, pool_wait=1, statement_timeout=1
    )
    client = TestClient(build_app(Platform(settings, clock, database_over(away, clock), [])))

    answer = preflight(client, ALLOWED[0])

    assert answer.status_code == 204
    assert grants(answer)
