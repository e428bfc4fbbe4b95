"""Large bodies pass, larger ones than anybody may send do not, and slow ones are bounded without cutting long ones."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.edge.caddy import Caddy
from tests.edge.upstream import Upstream

MIB = 1 << 20


def pieces(size: int) -> Iterator[bytes]:
    piece = bytes(MIB)
    for _ in range(size // MIB):
        yield piece


@pytest.mark.parametrize(
    ("method", "path", "size"),
    [
        ("PUT", "/api/v1/documents", 200 * MIB),
        ("POST", "/documents/upload", 200 * MIB),
        ("PATCH", "/api/v1/uploads/0198c0de", 90 * MIB),
        ("POST", "/app/documents", 20 * MIB),
    ],
)
def test_a_document_passes(caddy: Caddy, upstream: Upstream, method: str, path: str, size: int) -> None:
    answer = caddy.ask(method, path, content=pieces(size), headers={"Content-Length": str(size)})

    assert answer.status_code == 200
    assert upstream.last.size == size


@pytest.mark.parametrize(
    ("method", "path", "limit"), [("PUT", "/api/v1/documents", 520), ("POST", "/api/v1/contact", 8)]
)
def test_nobody_sends_more_than_anybody_may(
    caddy: Caddy, upstream: Upstream, method: str, path: str, limit: int
) -> None:
    size = (limit + 1) * MIB
    answer = caddy.ask(method, path, content=pieces(size), headers={"Content-Length": str(size)})

    assert answer.status_code == 413
    assert answer.json()["code"] == "too-large"
    assert [heard for heard in upstream.heard if heard.size > limit * MIB] == []


def test_a_part_of_a_file_is_fetched(caddy: Caddy, upstream: Upstream) -> None:
    upstream.body, upstream.answers = bytes(3 * MIB), [("Accept-Ranges", "bytes"), ("Content-Range", "bytes 0-9/10")]

    answer = caddy.get("/files/1", headers={"Range": "bytes=0-9", "Accept-Encoding": "gzip, zstd"})

    assert upstream.last.all("Range") == ["bytes=0-9"]
    assert answer.headers["content-range"] == "bytes 0-9/10"
    assert answer.headers["accept-ranges"] == "bytes"
    assert len(answer.content) == 3 * MIB


def test_headers_that_never_end_are_given_up_after_ten_seconds(caddy: Caddy) -> None:
    with socket.create_connection(("127.0.0.1", caddy.port), timeout=30) as line:
        line.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n")
        began = time.monotonic()
        drip(line, b"X-A: b\r\n", until_gone=20)

        assert 8 < time.monotonic() - began < 15


def test_a_body_that_trickles_is_given_up_and_one_that_makes_headway_is_not(caddy: Caddy) -> None:
    head = b"POST /api/v1/documents HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: "
    with (
        socket.create_connection(("127.0.0.1", caddy.port), timeout=60) as trickle,
        socket.create_connection(("127.0.0.1", caddy.port), timeout=60) as steady,
    ):
        began = time.monotonic()
        trickle.sendall(head + b"1000000\r\n\r\n")
        steady.sendall(head + b"160000\r\n\r\n")
        slowly = threading.Thread(target=send, args=(steady, 40))  # 4000 bytes a second, past the first half minute
        slowly.start()
        drip(trickle, b"x", until_gone=45)
        given_up = time.monotonic() - began
        slowly.join()
        answer = steady.recv(65536)

    assert 25 < given_up < 40
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_header_of_a_megabyte_is_refused(caddy: Caddy) -> None:
    assert caddy.get("/app", headers={"X-Long": "x" * (64 * 1024)}).status_code == 431


def send(line: socket.socket, times: int) -> None:
    for _ in range(times):
        line.sendall(b"x" * 4000)
        time.sleep(1)


def drip(line: socket.socket, drop: bytes, until_gone: float) -> None:
    """Half a second a drop, until the other side has closed."""
    until = time.monotonic() + until_gone
    line.settimeout(0.5)
    while time.monotonic() < until:
        try:
            line.sendall(drop)
            if line.recv(65536) == b"":
                return
        except TimeoutError:
            continue
        except OSError:
            return
