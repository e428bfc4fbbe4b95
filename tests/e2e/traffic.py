"""What goes on while a release is made: many short requests, and some that take longer than the release itself."""

import hashlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2

PATHS = ("/", "/app/sign-in", "/api/v1/practice", "/health/ready", "/health")
MEBIBYTE = 1024 * 1024


class ShortRequests:
    """A steady number a second, on connections that are kept and on new ones alike."""

    def __init__(self, address: str, a_second: int) -> None:
        self._address, self._pause = address, 1 / a_second
        self._told_to_end = threading.Event()
        self._began = list[float]()
        self.answered, self.failed = 0, list[str]()

    @property
    def a_second(self) -> float:
        """As they were really sent: one that waits for its turn here is not under way."""
        return len(self._began) / (max(self._began) - min(self._began))

    @contextmanager
    def going_on(self) -> Iterator["ShortRequests"]:
        with httpx2.Client(base_url=self._address, timeout=30) as kept, ThreadPoolExecutor(64) as pool:
            pace = pool.submit(self._keep_pace, pool, kept)
            try:
                yield self
            finally:
                self._told_to_end.set()
                pace.result()

    def _keep_pace(self, pool: ThreadPoolExecutor, kept: httpx2.Client) -> None:
        due, number = time.monotonic(), 0
        while not self._told_to_end.is_set():
            pool.submit(self._ask, PATHS[number % len(PATHS)], None if number % 5 == 0 else kept)
            number, due = number + 1, due + self._pause
            time.sleep(max(0.0, due - time.monotonic()))

    def _ask(self, path: str, client: httpx2.Client | None) -> None:
        self._began.append(time.monotonic())
        try:
            answer = client.get(path) if client else httpx2.get(self._address + path, timeout=30)
        except httpx2.HTTPError as failure:
            self._fail(path, repr(failure))
            return
        if answer.status_code == 200:
            self.answered += 1
        else:
            self._fail(path, f"{answer.status_code} {answer.text[:200]}")

    def _fail(self, path: str, why: str) -> None:
        self.failed.append(f"{datetime.now(UTC):%H:%M:%S} {path}: {why}")


def paced(content: bytes, seconds: float) -> Iterator[bytes]:
    """In pieces of a mebibyte, over so many seconds."""
    pieces = range(0, len(content), MEBIBYTE)
    for start in pieces:
        yield content[start : start + MEBIBYTE]
        time.sleep(seconds / len(pieces))


def upload(client: httpx2.Client, content: bytes, seconds: float) -> str:
    """The document's id."""
    headers = {"Content-Type": "application/pdf", "Content-Length": str(len(content))}
    name = {"filename": "large.pdf"}
    sent = client.put("/api/v1/documents", params=name, content=paced(content, seconds), headers=headers, timeout=120)
    assert sent.status_code == 201, sent.text
    return str(sent.json()["id"])


def upload_in_parts(client: httpx2.Client, content: bytes, seconds: float) -> str:
    """By tus, a request for each part, so that some go to the one colour and some to the other. The document's id."""
    spoken = {"Tus-Resumable": "1.0.0"}
    metadata = "filename cGFydHMucGRm"  # parts.pdf
    begun = client.post(
        "/api/v1/uploads", headers={**spoken, "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    )
    assert begun.status_code == 201, begun.text
    place, offset = begun.headers["location"], 0
    answer = begun
    for part in paced(content, seconds):
        headers = {**spoken, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
        answer = client.patch(place, content=part, headers=headers)
        assert answer.status_code == 204, answer.text
        offset += len(part)
    return answer.headers["upload-document"].rsplit("/", 1)[-1]


def download(client: httpx2.Client, document: str, seconds: float, size: int) -> str:
    """Read so slowly that it takes that long; the hash of what came."""
    found = hashlib.sha256()
    with client.stream("GET", f"/api/v1/documents/{document}/file", follow_redirects=True) as answer:
        assert answer.status_code == 200, answer.read()
        for piece in answer.iter_bytes(MEBIBYTE):
            found.update(piece)
            time.sleep(seconds * len(piece) / size)
    return found.hexdigest()
