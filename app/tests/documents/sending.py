"""Programs that send documents to a server that comes and goes, each again and again until it is answered."""

import base64
import hashlib
import http.client
import itertools
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.documents.server import Answer, Serving

UPLOADS = 50 if os.environ.get("CI", "").lower() == "true" else 500
SENDERS = 5
PIECE = 200_000
LEFT = (OSError, http.client.HTTPException)
TUS = {"Tus_Resumable": "1.0.0"}
CHANCE = Random()  # noqa: S311  # when to disturb, no secret


def invented(size: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(size // 2 + 1).hex().encode()[:size]  # noqa: S311  # a text, no secret


def content_of(number: int) -> bytes:
    return invented(300_000 + number * 1000 % 700_000, number)


def until_answered(ask: Callable[[], Answer]) -> Answer:
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


def put(serving: Serving, number: int) -> str:
    path = f"/api/v1/documents?filename={number}.txt"
    once = f"kill-test-{number:06}"
    status, _, body = until_answered(lambda: serving.ask("PUT", path, content_of(number), Idempotency_Key=once))
    assert status == 201, body
    document: str = json.loads(body)["id"]
    return document


def send_in_parts(serving: Serving, number: int) -> str:
    """Asks where it stands before each part, as after a lost answer."""
    content = content_of(number)
    named = base64.b64encode(f"{number}.txt".encode()).decode()
    begin = {"Upload_Length": str(len(content)), "Upload_Metadata": f"filename {named}", **TUS}
    status, headers, body = until_answered(lambda: serving.ask("POST", "/api/v1/uploads", **begin))
    assert status == 201, body
    upload = headers["location"]

    def go_on() -> Answer:
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


def sent_while(serving: Serving, disturb: Callable[[], None], uploads: int = UPLOADS) -> tuple[list[str], int]:
    """The documents that were made, and how often somebody disturbed meanwhile."""
    ways = itertools.cycle((put, send_in_parts))
    with ThreadPoolExecutor(SENDERS) as threads:
        sending = [threads.submit(way, serving, number) for number, way in zip(range(uploads), ways, strict=False)]
        times = 0
        while not all(each.done() for each in sending):
            time.sleep(CHANCE.uniform(0.1, 1.0))
            disturb()
            times += 1
        return [each.result() for each in sending], times


def assert_all_is_there(serving: Serving, documents: list[str]) -> None:
    """Every document that was answered has its bytes, and nothing in the store is half of what its name says."""
    keeper, store = serving.platform.archive.keeper, serving.platform.archive.store
    assert list(keeper.verify()) == []
    for number, document in enumerate(documents):
        version = json.loads(serving.ask("GET", f"/api/v1/documents/{document}")[2])["current"]
        assert version["sha256"] == hashlib.sha256(content_of(number)).hexdigest()
    kept = [blob.key for blob in store.kept()]
    assert len(kept) >= len(documents)
    for key in kept:
        with store.read(key) as pieces:
            assert hashlib.sha256(b"".join(pieces)).hexdigest() in key
