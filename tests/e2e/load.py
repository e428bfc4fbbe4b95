"""The story told by many at once: messages, sign-ins, scans that are read, pages shown, files fetched."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2

from tests.documents_story.samples import pdf, scanned_pdf
from tests.e2e.stack import AGREED, PASSWORD

AT_ONCE = 4
# Of messages and of sign-ins there are more than one address and one account may send: what is refused for that is
# counted by itself.
TOO_MANY = 429


class Load:
    def __init__(self, address: str, staff: httpx2.Client) -> None:
        self._address, self._staff, self._numbers = address, staff, itertools.count()
        self._told_to_end = threading.Event()
        self._parts = (self._message, self._scan, self._letter, self._look_around, self._sign_in)
        self.done, self.refused, self.failed = Counter[str](), 0, list[str]()

    @contextmanager
    def going_on(self) -> Iterator["Load"]:
        with ThreadPoolExecutor(AT_ONCE) as people:
            ends = [people.submit(self._go_on) for _ in range(AT_ONCE)]
            try:
                yield self
            finally:
                self._told_to_end.set()
        for end in ends:
            end.result()

    def is_enough(self) -> bool:
        """Each part was told as often as there are people."""
        return all(self.done[part.__name__] >= AT_ONCE for part in self._parts)

    def _go_on(self) -> None:
        for part in itertools.cycle(self._parts):
            if self._told_to_end.is_set():
                return
            self._do(part)

    def _do(self, part: Callable[[int], httpx2.Response]) -> None:
        try:
            answer = part(next(self._numbers))
        except httpx2.HTTPError as failure:
            self.failed.append(f"{part.__name__}: {failure!r}")
            return
        if answer.is_success or answer.status_code == 303:
            self.done[part.__name__] += 1
        elif answer.status_code == TOO_MANY and part in (self._message, self._sign_in):
            self.refused += 1
        else:
            self.failed.append(f"{part.__name__}: {answer.status_code} {answer.text[:200]}")

    def _message(self, number: int) -> httpx2.Response:
        message = {"name": "Zoë", "email": f"zoe{number}@client.example", "message": f"May I come at {number}?"}
        return httpx2.post(f"{self._address}/api/v1/contact", json=message | AGREED, timeout=60)

    def _scan(self, number: int) -> httpx2.Response:
        return self._send(f"scan-{number}.pdf", scanned_pdf(f"Rent {number}"))

    def _letter(self, number: int) -> httpx2.Response:
        sent = self._send(f"letter-{number}.pdf", pdf([f"Letter {number}, page {page}" for page in range(30)]))
        if not sent.is_success:
            return sent
        place = f"/api/v1/documents/{sent.json()['id']}"
        self._await(f"{place}/pages/1/picture")
        return self._staff.get(f"{place}/file", follow_redirects=True, timeout=60)

    def _look_around(self, _: int) -> httpx2.Response:
        self._staff.get("/app/inbox", timeout=60)
        self._staff.get("/app/documents", timeout=60)
        return self._staff.get("/api/v1/documents", timeout=60)

    def _sign_in(self, _: int) -> httpx2.Response:
        told = {"email": "ada@practice.example", "password": PASSWORD}
        with httpx2.Client(base_url=self._address, headers={"Origin": self._address}, timeout=60) as client:
            return client.post("/app/sign-in", data=told)

    def _send(self, name: str, content: bytes) -> httpx2.Response:
        return self._staff.post("/api/v1/documents", files={"file": (name, content, "application/pdf")}, timeout=60)

    def _await(self, place: str) -> None:
        for _ in range(60):
            if self._told_to_end.is_set() or self._staff.get(place, timeout=60).is_success:
                return
            time.sleep(1)
