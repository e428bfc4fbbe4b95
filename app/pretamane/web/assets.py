"""Styles and scripts of the app's own pages, under addresses that change with their content."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi import Path as InPath
from starlette.responses import Response

from pretamane.core.errors import NotFound

KEPT_FOR_EVER = "public, max-age=31536000, immutable"
FOLDER = Path(__file__).parent / "static"
# With nosniff a browser takes a style or a module only under its own media type.
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    content: bytes
    etag: str
    media_type: str


@dataclass(frozen=True)
class Assets:
    """All of them share one digest, so that a module finds its neighbour by "./neighbour.js"."""

    digest: str
    by_name: dict[str, Asset]


@lru_cache(maxsize=1)
def all_assets() -> Assets:
    files = {file.name: file for file in sorted(FOLDER.iterdir()) if file.suffix in MEDIA_TYPES}
    by_name = {name: _read(file) for name, file in files.items()}
    everything = "\n".join(f"{name} {asset.etag}" for name, asset in by_name.items())
    return Assets(_digest(everything.encode()), by_name)


def _read(file: Path) -> Asset:
    content = file.read_bytes()
    return Asset(content, f'"{_digest(content)}"', MEDIA_TYPES[file.suffix])


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def asset_address(name: str) -> str:
    """Where a template finds one of the files; a name that is misspelt breaks the page, not only its look."""
    assets = all_assets()
    if name not in assets.by_name:
        raise LookupError(f"There is no {name} in {FOLDER}.")
    return f"/app/static/{assets.digest}/{name}"


@router.api_route("/app/static/{digest}/{name}", methods=["GET", "HEAD"])
def serve_asset(
    digest: Annotated[str, InPath(max_length=64)],
    name: Annotated[str, InPath(max_length=64)],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A page from before an upgrade still gets a style, but only the current addresses may be kept."""
    assets = all_assets()
    asset = assets.by_name.get(name)
    if asset is None:
        raise NotFound("There is nothing at this address.")
    headers = {
        "ETag": asset.etag,
        "Cache-Control": KEPT_FOR_EVER if digest == assets.digest else "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if if_none_match == asset.etag:
        return Response(status_code=304, headers=headers)
    return Response(asset.content, headers=headers, media_type=asset.media_type)
