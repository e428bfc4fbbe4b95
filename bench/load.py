"""A small client that can keep a server busy: prepared requests over open connections, answers only counted."""

import asyncio
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Load:
    per_second: float
    statuses: dict[int, int]


def post(path: str, number: int) -> bytes:
    body = json.dumps(
        {
            "name": f"Visitor {number}",
            "email": f"visitor-{uuid4().hex}@example.org",
            "subject": "A question",
            "message": "Could you tell me when your office is open next week? " * 4,
            "consent": True,
            "consent_version": "2026-11",
        }
    ).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {uuid4()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _visitor(port: int, request: Callable[[int], bytes], until: float, seen: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while time.monotonic() < until:
        writer.write(request(number))
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        seen[int(head[9:12])] += 1
        number += 1
    writer.close()
    await writer.wait_closed()


def load(port: int, request: Callable[[int], bytes], *, visitors: int, seconds: float) -> Load:
    seen: Counter[int] = Counter()

    async def everyone() -> float:
        started = time.monotonic()
        await asyncio.gather(*(_visitor(port, request, started + seconds, seen) for _ in range(visitors)))
        return time.monotonic() - started

    took = asyncio.run(everyone())
    return Load(sum(seen.values()) / took, dict(seen))
