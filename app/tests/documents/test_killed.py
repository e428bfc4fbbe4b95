"""kill -9 in the middle of uploads: what was answered 201 is there, and what had come need not come again."""

import base64
import hashlib
import http.client
import itertools
import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from tests.documents.serving import Serving

UPLOADS = 50 if os.environ.get("CI", "").lower() == "true" else 500
SENDERS = 5
PIECE = 200_000
LEFT = (OSError, http.client.HTTPException)
TUS = {"Tus_Resumable": "1.0.0"}
CHANCE = Random()  # noqa: S311  # when to kill, no secret


@pytest.fixture
def serving(tmp_path, database_address):
    served = Serving(tmp_path, database_address)
    yield served
    served.end()


def invented(size, seed=1):
    return Random(seed).randbytes(size // 2 + 1).hex().encode()[:size]  # noqa: S311  # a text, no secret


def content_of(number):
    return invented(300_000 + number * 1000 % 700_000, number)


def until_answered(ask):
    """Who sends it tries again, for as long as the server is away or says that it is."""
    patience = time.monotonic() + 60
    while True:
        assert time.monotonic() < patience
        try:
            answer = ask()
        except LEFT:
            time.sleep(0.05)
            continue
        if answer[0] in (409, 423, 503):
            time.sleep(0.05)
            continue
        return answer


def put(serving, number):
    path = f"/api/v1/documents?filename={number}.txt"
    once = f"kill-test-{number:06}"
    status, _, body = until_answered(lambda: serving.ask("PUT", path, content_of(number), Idempotency_Key=once))
    assert status == 201, body
    return json.loads(body)["id"]


def send_in_parts(serving, number):
    """Asks where it stands before each part, as after a lost answer."""
    content = content_of(number)
    named = base64.b64encode(f"{number}.txt".encode()).decode()
    begin = {"Upload_Length": str(len(content)), "Upload_Metadata": f"filename {named}", **TUS}
    status, headers, body = until_answered(lambda: serving.ask("POST", "/api/v1/uploads", **begin))
    assert status == 201, body
    upload = headers["location"]

    def go_on():
        status, headers, _ = serving.ask("HEAD", upload, **TUS)
        if status != 200 or "upload-document" in headers:
            return status, headers, b""
        at = int(headers["upload-offset"])
        part = content[at : at + PIECE]
        proof = {"Upload_Checksum": f"sha1 {base64.b64encode(hashlib.sha1(part).digest()).decode()}"}  # noqa: S324
        return serving.ask(
            "PATCH",
            upload,
            part,
            Upload_Offset=str(at),
            Content_Type="application/offset+octet-stream",
            **(proof if number % 4 else {}),
            **TUS,
        )

    while True:
        status, headers, body = until_answered(go_on)
        assert status in (200, 204), body
        if "upload-document" in headers:
            return headers["upload-document"].rpartition("/")[2]


def test_what_was_answered_is_there_after_kills_at_random_moments(serving):
    ways = itertools.cycle((put, send_in_parts))
    with ThreadPoolExecutor(SENDERS) as threads:
        sending = [threads.submit(way, serving, number) for number, way in zip(range(UPLOADS), ways, strict=False)]
        kills = 0
        while not all(each.done() for each in sending):
            time.sleep(CHANCE.uniform(0.1, 1.0))
            serving.kill()
            serving.start()
            kills += 1
        answered = [each.result() for each in sending]

    assert kills >= 2
    assert list(serving.platform.archive.keeper.verify()) == []
    for number, document in enumerate(answered):
        version = json.loads(serving.ask("GET", f"/api/v1/documents/{document}")[2])["current"]
        assert version["sha256"] == hashlib.sha256(content_of(number)).hexdigest()
    for blob in serving.platform.archive.store.kept():
        with serving.platform.archive.store.read(blob.key) as pieces:
            assert hashlib.sha256(b"".join(pieces)).hexdigest() in blob.key


def begun(serving, length):
    named = {"Upload_Metadata": "filename YS50eHQ=", "Upload_Length": str(length)}
    return serving.ask("POST", "/api/v1/uploads", **named, **TUS)[1]["location"]


def half_sent(serving, upload, content, **more):
    """A connection on which the first bytes have come, and the rest has not."""
    connection = socket.create_connection(("127.0.0.1", serving.port))
    lines = {"Authorization": f"Bearer {serving.key}", "Content-Type": "application/offset+octet-stream"}
    lines |= {"Content-Length": str(len(content) * 2), "Upload-Offset": "0", "Tus-Resumable": "1.0.0", **more}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    connection.sendall(f"PATCH {upload} HTTP/1.1\r\nHost: localhost\r\n{head}\r\n".encode() + content)
    return connection


def eventually(is_so):
    patience = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < patience
        time.sleep(0.02)


def test_what_had_come_survives_a_kill_and_bytes_that_were_not_proved_do_not(serving):
    content = invented(3_000_000)
    plain, proved = begun(serving, 6_000_000), begun(serving, 6_000_000)
    wanted = {"Upload-Checksum": f"sha1 {base64.b64encode(bytes(20)).decode()}"}
    spool = serving.folder / "spool"

    connections = [half_sent(serving, plain, content), half_sent(serving, proved, content, **wanted)]
    eventually(lambda: sum(path.stat().st_size >= 2_000_000 for path in spool.glob("*.upload")) == 2)
    serving.kill()
    serving.start()
    offsets = [int(serving.ask("HEAD", upload, **TUS)[1]["upload-offset"]) for upload in (plain, proved)]

    assert offsets[0] >= 2_000_000
    assert offsets[1] == 0
    for connection in connections:
        connection.close()


def test_who_leaves_finds_what_had_come_and_nobody_is_kept_waiting(serving):
    content = invented(300_000)
    upload = begun(serving, 600_000)

    half_sent(serving, upload, content).close()
    eventually(lambda: serving.ask("HEAD", upload, **TUS)[1].get("upload-offset") == "300000")

    status, headers, _ = serving.ask(
        "PATCH", upload, content, Upload_Offset="300000", Content_Type="application/offset+octet-stream", **TUS
    )
    assert (status, headers["upload-offset"]) == (204, "600000")
    assert "ERROR" not in serving.log


def test_no_connection_is_held_while_bytes_travel(tmp_path, database_address):
    serving = Serving(tmp_path, database_address, database_pool_size=1, database_pool_wait=0.5)
    try:
        connections = [half_sent(serving, begun(serving, 9_000_000), b"x" * 3_000_000) for _ in range(5)]
        eventually(lambda: sum(path.stat().st_size > 0 for path in (tmp_path / "spool").iterdir()) == 5)

        assert serving.ask("GET", "/api/v1/documents")[0] == 200
        for connection in connections:
            connection.close()
    finally:
        serving.end()


def test_a_body_that_is_too_large_is_refused_in_words_and_leaves_nothing(tmp_path, database_address):
    serving = Serving(tmp_path, database_address, upload_limit=2 * 1024 * 1024)
    try:
        answers = [
            serving.ask("PUT", "/api/v1/documents?filename=a.txt", b"x" * 3_000_000),
            serving.ask("PUT", "/api/v1/documents?filename=a.txt", iter([b"x" * 500_000] * 6)),
        ]

        assert [status for status, _, _ in answers] == [413, 413]
        assert {json.loads(body)["detail"] for _, _, body in answers} == {
            "That is more than the 2 MiB that this address takes."
        }
        assert list((tmp_path / "spool").glob("*")) == []
    finally:
        serving.end()
