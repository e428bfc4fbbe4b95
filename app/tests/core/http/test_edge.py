"""What the outermost layer adds to whatever comes from within."""

import asyncio
import logging

import pytest
from fastapi import FastAPI, Response
from starlette.testclient import TestClient

from pretamane.core.clock import SystemClock
from pretamane.core.http import exchange as exchanges
from pretamane.core.http import problems
from pretamane.core.http.body_limits import BodyLimits
from pretamane.core.http.cors import Cors
from pretamane.core.http.edge import Edge
from pretamane.core.http.peers import Peers

ORIGIN = "https://www.practice.example"


def edge_around(app, clock=None):
    return Edge(
        app, cors=Cors({ORIGIN}), peers=Peers((), None), clock=clock or SystemClock(), body_limits=BodyLimits(1000)
    )


def asking(app):
    return TestClient(edge_around(app), raise_server_exceptions=False)


async def broken(_scope, _receive, _send):
    raise RuntimeError("planted")


async def broken_half_way(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise RuntimeError("planted")


def test_an_error_that_nothing_caught_is_a_problem_with_its_id_and_a_logged_trace(caplog):
    answer = asking(broken).get("/", headers={"Origin": ORIGIN, "X-Request-ID": "an-error-of-ours"})

    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "an-error-of-ours"
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "planted" not in answer.text
    assert [line.exc_info[0] for line in caplog.records if line.exc_info] == [RuntimeError]


def test_an_error_half_way_through_an_answer_starts_no_second_one(caplog):
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": ("192.0.2.1", 1)}
    asyncio.run(edge_around(broken_half_way)(scope, receive, send))

    assert sent == ["http.response.start", "http.response.body"]
    assert "unhandled error" in caplog.text


@pytest.mark.parametrize("inner", ["Accept-Encoding", "Accept, Accept-Language"])
def test_what_an_answer_varies_by_is_kept_beside_the_origin(inner):
    app = FastAPI()
    app.get("/")(lambda: Response(headers={"Vary": inner}))

    assert asking(app).get("/").headers.get_list("vary") == [f"Origin, {inner}"]


def test_an_inner_layers_own_cors_and_id_are_overruled():
    app = FastAPI()
    app.get("/")(lambda: Response(headers={"X-Request-ID": "inner", "Access-Control-Allow-Origin": "*"}))

    answer = asking(app).get("/", headers={"Origin": ORIGIN})

    assert answer.headers.get_list("access-control-allow-origin") == [ORIGIN]
    assert answer.headers["x-request-id"] != "inner"


def test_an_inner_layers_own_cors_never_reaches_a_stranger():
    app = FastAPI()
    loose = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "true"}
    app.get("/")(lambda: Response(headers=loose))

    answer = asking(app).get("/", headers={"Origin": "https://elsewhere.example"})

    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_an_access_line_names_the_route_and_never_what_was_asked(client, caplog):
    with caplog.at_level(logging.DEBUG, "pretamane.access"):
        client.get("/api/v1/practice?email=ada@example.org")
        client.get("/s/kX7secret-token/files?key=word")
        client.get("/kX7secret-token")
        client.get("/k%0A2026-01-01 ERROR forged")
    told = [line.getMessage() for line in caplog.records if line.name == "pretamane.access"]

    assert told == ["GET /api/v1/practice 200", "GET /s 404", "GET (unknown) 404", "GET (unknown) 404"]
    assert not [line for line in told if "secret" in line or "?" in line or "\n" in line or "ada" in line]


def test_a_made_up_method_makes_no_label_of_its_own(client):
    for method in ("BREW", "PROPFIND", "X" * 30):
        assert client.request(method, "/api/v1/practice").status_code == 405

    told = client.get("/metrics").text
    assert 'method="other"' in told
    assert "BREW" not in told


def test_an_extra_header_is_on_an_unhandled_error_too():
    app = FastAPI()
    problems.install(app)

    async def limited_then_broken(scope, receive, send):
        exchanges.of(scope).add_header("RateLimit", '"x";r=1;t=2')
        await broken(scope, receive, send)

    answer = asking(limited_then_broken).get("/")

    assert (answer.status_code, answer.headers["ratelimit"]) == (500, '"x";r=1;t=2')


def test_a_problem_names_its_kind_status_and_sentence(client):
    answer = client.get("/api/v1/nowhere")
    problem = answer.json()

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert problem == {
        "type": "/api/docs#problem-not-found",
        "title": "Not Found",
        "status": 404,
        "code": "not-found",
        "detail": "There is nothing at this address.",
        "request_id": answer.headers["x-request-id"],
    }
