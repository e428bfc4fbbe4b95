"""The style of the app's own pages, under an address that changes with its content."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi import Path as InPath
from starlette.responses import Response

KEPT_FOR_EVER = "public, max-age=31536000, immutable"
STYLE = Path(__file__).parent / "static" / "pages.css"

router = APIRouter(include_in_schema=False)


@lru_cache(maxsize=1)
def _style() -> tuple[bytes, str]:
    content = STYLE.read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


def style_address() -> str:
    return f"/app/static/{_style()[1]}/pages.css"


@router.api_route("/app/static/{digest}/pages.css", methods=["GET", "HEAD"])
def serve_style(
    digest: Annotated[str, InPath(max_length=64)], if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """A page from before an upgrade still gets a style, but only this content's own address may be kept."""
    content, current = _style()
    headers = {
        "ETag": f'"{current}"',
        "Cache-Control": KEPT_FOR_EVER if digest == current else "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="text/css")
