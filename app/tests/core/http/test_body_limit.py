"""A body that is too large is refused in words that its sender can read, however its length was told."""

import json
import socket

import pytest

LIMIT = 64 * 1024


def read_answer(connection: socket.socket) -> tuple[int, dict[str, object]]:
    head, body = b"", b""
    while b"\r\n\r\n" not in head:
        received = connection.recv(65536)
        assert received, head
        head += received
    head, _, body = head.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
    while len(body) < length:
        body += connection.recv(65536)
    return int(lines[0].split(" ")[1]), json.loads(body)


def head(path: str, *lines: str) -> bytes:
    fixed = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json", "X-Request-ID: too-large-1")
    return "\r\n".join([*fixed, *lines, "", ""]).encode()


def chunked(size: int, chunk: int = 16 * 1024) -> bytes:
    parts = [b"%x\r\n%s\r\n" % (chunk, b"a" * chunk)] * (size // chunk)
    return b"".join(parts) + b"0\r\n\r\n"


def field(size: int) -> bytes:
    return json.dumps({"message": "a" * size}).encode()


@pytest.fixture
def service(start_service, database_address):
    return start_service(database_url=database_address, body_limit=LIMIT)


def test_a_body_over_the_limit_gets_a_problem_that_its_sender_can_read(service):
    sent = {
        "declared": [head("/api/v1/contact", f"Content-Length: {LIMIT + 1}"), b"a" * (LIMIT + 1)],
        "declared, much larger": [head("/api/v1/contact", "Content-Length: 4000000"), b"a" * 4_000_000],
        "chunked": [head("/api/v1/contact", "Transfer-Encoding: chunked"), chunked(LIMIT * 40)],
        "chunked, to a typed body": [head("/api/v1/visits", "Transfer-Encoding: chunked"), chunked(LIMIT * 2)],
        "declared, no such address": [head("/api/v1/nowhere", "Content-Length: 100000"), b"a" * 100_000],
    }

    for case, parts in sent.items():
        with service.socket(*parts) as connection:
            status, problem = read_answer(connection)
        assert (case, status, problem["code"]) == (case, 413, "too-large")
        assert problem["request_id"] == "too-large-1"
        assert "64 KiB" in str(problem["detail"])


def test_a_lying_length_smuggles_nothing_in(service):
    tail = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    short = service.socket(head("/api/v1/contact", "Content-Length: 5"), b"a" * (LIMIT * 2))
    both = service.socket(
        head("/api/v1/contact", "Content-Length: 5", "Transfer-Encoding: chunked"), chunked(LIMIT * 2)
    )
    twice = service.socket(head("/api/v1/contact", "Content-Length: 5", "Content-Length: 90000"), b"a" * 9, tail)
    minus = service.socket(head("/api/v1/contact", "Content-Length: -5"), tail)
    endless = service.socket(head("/api/v1/contact", "Content-Length: " + "9" * 5000), tail)

    first_lines = [connection.recv(12) for connection in (short, both, twice, minus, endless)]
    for connection in (short, both, twice, minus, endless):
        connection.close()

    assert first_lines[0] == b"HTTP/1.1 400"
    assert first_lines[1][9:] in {b"400", b"413"}
    assert first_lines[2:] == [b"HTTP/1.1 400"] * 3
    assert "smuggled" not in service.log
    assert service.counted("http_request_duration_seconds_count", status="500") == 0


def test_a_body_of_just_the_limit_is_read(service):
    exact = field(LIMIT - len(field(0)))
    status, _, body = service.ask("POST", "/api/v1/contact", exact, {"Content-Type": "application/json"})

    assert len(exact) == LIMIT
    assert (status, json.loads(body)["code"]) == (422, "invalid")


def test_a_connection_still_serves_after_a_body_that_was_too_large(service):
    with service.socket(head("/api/v1/contact", "Content-Length: 100000"), b"a" * 100_000) as connection:
        assert read_answer(connection)[0] == 413
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")

        assert read_answer(connection) == (200, {"status": "alive"})
