"""The id that ties an answer, its problem body and every log line together."""

import re
from contextvars import ContextVar
from uuid import uuid4

from starlette.datastructures import Headers

current: ContextVar[str | None] = ContextVar("request_id", default=None)

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def from_headers(headers: Headers) -> str:
    """Keep what a caller sent when it is an id and nothing else; otherwise make one."""
    offered = headers.get("x-request-id", "")
    if _WELL_FORMED.fullmatch(offered):
        return offered
    trace = _TRACEPARENT.fullmatch(headers.get("traceparent", ""))
    return trace[1] if trace else uuid4().hex
