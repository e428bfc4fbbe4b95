"""Answers that a browser may keep, and ask about cheaply."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response


def cacheable(request: Request, body: bytes, media_type: str, seconds: int) -> Response:
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={seconds}"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers={**headers, "X-Content-Type-Options": "nosniff"})
