"""Answers that a browser may keep, and ask about cheaply."""

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

# How such an answer is described in the API's reference.
REVALIDATION: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "description": "The ETag of an earlier answer: as long as it is still true, a 304 without a body comes.",
            "schema": {"type": "string"},
        }
    ]
}
_ETAG = {"ETag": {"description": "Changes with the content", "schema": {"type": "string"}, "required": True}}
REVALIDATED: dict[int | str, dict[str, Any]] = {
    200: {"headers": _ETAG},
    304: {"description": "What the client already has is still true", "headers": _ETAG},
}


def cacheable(request: Request, body: bytes, media_type: str, seconds: int) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={seconds}"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers={**headers, "X-Content-Type-Options": "nosniff"})


def is_known(request: Request, etag: str) -> bool:
    """Whether whoever asks has it already."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return etag in known or "*" in known
