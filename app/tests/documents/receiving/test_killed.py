"""kill -9 in the middle of uploads: what was answered 201 is there, and what had come need not come again."""

import base64
import json
import socket
import time

import pytest
from tests.documents.sending import TUS, assert_all_is_there, invented, sent_while
from tests.documents.server import Serving


@pytest.fixture
def serving(tmp_path, database_address):
    served = Serving(tmp_path, database_address)
    yield served
    served.end()


def test_what_was_answered_is_there_after_kills_at_random_moments(serving):
    def kill():
        serving.kill()
        serving.start()

    documents, kills = sent_while(serving, kill)

    assert kills >= 2
    assert_all_is_there(serving, documents)


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
