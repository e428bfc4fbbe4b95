"""One id ties an answer, its problem and its log line together; no stranger's text becomes one."""

import json
import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from pretamane.core import request_ids

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
OURS = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize("sent", ["0123abcd", "a1b2c3d4-e5f6.7890_x", "A" * 64, TRACE])
def test_a_valid_request_id_is_kept(client, sent):
    answer = client.get("/health/live", headers={"X-Request-ID": sent})

    assert answer.headers.get_list("x-request-id") == [sent]


def test_a_valid_traceparent_gives_its_trace_id(client):
    answer = client.get("/health/live", headers={"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"})

    assert answer.headers["x-request-id"] == TRACE


def test_a_request_id_goes_before_a_traceparent(client):
    headers = {"X-Request-ID": "my-own-request", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}

    assert client.get("/health/live", headers=headers).headers["x-request-id"] == "my-own-request"


@pytest.mark.parametrize(
    "hostile",
    [
        *(b"short", b"a" * 65, b"", b"-starts-with-a-dash", b"two words here", b"semi;colon;id", b"<script>alert"),
        *(b"abcdefgh\r\nSet-Cookie: a=b", b"abcdefgh\n", b"abcdefgh\x00", "ungültige-nummer".encode()),
        *("abcdefgh\u0661".encode(), b"abcdefgh%0d%0a", b'abcdefgh"}', b"abcdefgh,ijklmnop"),
    ],
)
def test_a_hostile_request_id_is_replaced(client, hostile):
    answer = client.get("/health/live", headers=[(b"x-request-id", hostile)])

    assert answer.status_code == 200
    assert OURS.fullmatch(answer.headers["x-request-id"])
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "hostile",
    [
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7-01-more",
        TRACE,
    ],
)
def test_a_malformed_traceparent_is_ignored(client, hostile):
    given_id = client.get("/health/live", headers={"traceparent": hostile}).headers["x-request-id"]

    assert OURS.fullmatch(given_id)
    assert given_id != TRACE


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_whatever_is_sent_an_id_is_always_safe_to_print(offered, trace):
    headers = Headers(raw=[(b"x-request-id", offered), (b"traceparent", trace)])

    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}", request_ids.from_headers(headers))


@pytest.mark.parametrize("sent", [None, "my-own-request", "not an id"])
def test_header_problem_and_log_line_carry_the_same_id(client, caplog, sent):
    def note_request_id(line):
        line.noted = request_ids.current.get()
        return True

    caplog.handler.addFilter(note_request_id)
    with caplog.at_level(logging.INFO, "pretamane.access"):
        answer = client.get("/api/v1/nowhere", headers={"X-Request-ID": sent} if sent else {})
    caplog.handler.removeFilter(note_request_id)

    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    noted = [vars(line)["noted"] for line in caplog.records if line.name == "pretamane.access"]
    assert noted == [answer.json()["request_id"]]


def test_two_requests_without_ids_get_two(client):
    ids = {client.get("/health/live").headers["x-request-id"] for _ in range(20)}

    assert len(ids) == 20


def test_the_id_is_filed_with_what_the_request_kept(client, connection):
    message = {"name": "Ada Byron", "email": "ada@example.org", "message": "Could you call me?"}
    answer = client.post("/api/v1/contact", json=message, headers={"X-Request-ID": "filed-with-it"})

    assert answer.status_code == 201
    kept = connection.exec_driver_sql("SELECT request_id FROM submissions").scalars().all()
    assert json.dumps(kept) == '["filed-with-it"]'
