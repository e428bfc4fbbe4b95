"""Whether Meilisearch is there: asked over HTTP, of a real one too where MEILISEARCH_TEST_URL names it."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.running import free_port

from pretamane.adapters.search_meilisearch import PATIENCE_SECONDS, Meilisearch
from pretamane.core.errors import Unavailable

KEY = "a key of the moment"
REAL, REAL_KEY = os.environ.get("MEILISEARCH_TEST_URL"), os.environ.get("MEILISEARCH_TEST_KEY")


@contextmanager
def answering(status: int | None) -> Iterator[str]:
    """With this status to whoever brings the key; None: something else than HTTP."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if status is None:
                self.wfile.write(b"220 mail.example ESMTP\r\n")
                return
            is_known = self.headers.get("Authorization") == f"Bearer {KEY}"
            self.send_response(status if is_known else 401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(params=["ours", *(["real"] if REAL else [])])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[str, str | None]]:
    if request.param == "real":
        yield str(REAL), REAL_KEY
        return
    with answering(200) as url:
        yield url, KEY


def test_one_that_knows_our_key_is_there(place):
    Meilisearch(*place).probe()


def test_one_that_does_not_is_of_no_use(place):
    with pytest.raises(Unavailable) as refusal:
        Meilisearch(place[0], "another key").probe()

    assert refusal.value.sentence == "The search server does not take our key."


@pytest.mark.parametrize(("status", "told"), [(503, "answered 503"), (None, "no Meilisearch")])
def test_what_answers_otherwise_is_none(status, told):
    with answering(status) as url, pytest.raises(Unavailable, match=told):
        Meilisearch(url, KEY).probe()


def test_where_nobody_listens_it_is_away():
    with pytest.raises(Unavailable, match="cannot be reached"):
        Meilisearch(f"http://127.0.0.1:{free_port()}", KEY).probe()


def test_one_that_never_answers_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = Meilisearch(f"http://127.0.0.1:{silent.getsockname()[1]}", KEY)
        began = time.monotonic()
        with pytest.raises(Unavailable):
            asked.probe()

    assert time.monotonic() - began < 2 * PATIENCE_SECONDS


def test_no_refusal_repeats_the_key():
    with answering(401) as url, pytest.raises(Unavailable) as refusal:
        Meilisearch(url, "a key that is wrong").probe()

    assert "wrong" not in str(refusal.value)
