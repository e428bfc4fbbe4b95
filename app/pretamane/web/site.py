"""The public static site at /: pages that are always asked for again, assets that may be kept for ever."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

APP_FOLDERS = frozenset({"api", "app", "files", "health", "metrics", "r", "s"})
READING = ("GET", "HEAD")
KEPT_FOR_EVER = "public, max-age=31536000, immutable"
ASKED_AGAIN = "no-cache"
HASHED_NAME = re.compile(r"[a-z0-9-]+\.[0-9a-f]{8}\.[a-z0-9]+")

# The machine's own table of media types differs from machine to machine, and nosniff makes a wrong one fatal.
MEDIA_TYPES = {
    ".css": "text/css",
    ".gif": "image/gif",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}

PROTECTION = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


@dataclass(frozen=True)
class FiledPage:
    """A file of the site as it is now; its tag comes from its content, so every replica gives the same."""

    path: Path
    etag: str
    cache_control: str
    media_type: str

    def headers(self) -> dict[str, str]:
        return {**PROTECTION, "ETag": self.etag, "Cache-Control": self.cache_control}


class SiteRoute(BaseRoute):
    """Put last among the app's routes: what the app answers never comes here, not even as a 404 or 405."""

    path = "/{page:path}"
    name = "site"

    def __init__(self, folder: Path, app_folders: frozenset[str] = APP_FOLDERS) -> None:
        self.folder = folder.resolve()
        self.app_folders = app_folders

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or _first_part(scope) in self.app_folders:
            return Match.NONE, {}
        # Other methods match in part only: a route of the app on the same path wins with its own Allow.
        return (Match.FULL if scope["method"] in READING else Match.PARTIAL), {"path_params": {}}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in READING:
            raise HTTPException(405, headers={"Allow": ", ".join(READING), **PROTECTION})
        answer = await to_thread.run_sync(self.answer, _wanted(scope), Headers(scope=scope))
        if answer.status_code != 404:
            scope["route"] = self  # what is counted under one template; what nobody serves is counted under none
        await answer(scope, receive, send)

    def answer(self, wanted: str, asked: Headers) -> Response:
        page = self.find(wanted)
        if page is None:
            return self.missing(asked)
        if _is_known(page.etag, asked):
            return Response(status_code=304, headers=page.headers())
        return _file(page)

    def missing(self, asked: Headers) -> Response:
        page = self.find("404.html")
        if page is None or "text/html" not in asked.get("accept", ""):
            raise HTTPException(404, headers=PROTECTION)
        return _file(page, status=404)

    def find(self, wanted: str) -> FiledPage | None:
        """/thanks is /thanks.html, a folder is its index.html, and nothing hidden or outside is anything."""
        if any(part.startswith(".") for part in wanted.split("/")) or not wanted.isprintable() or "\\" in wanted:
            return None
        names = (f"{wanted}index.html",) if not wanted or wanted.endswith("/") else (wanted, f"{wanted}.html")
        for name in names:
            page = self._filed(self.folder / name.lstrip("/"))
            if page is not None:
                return page
        return None

    def _filed(self, path: Path) -> FiledPage | None:
        try:
            real = path.resolve(strict=True)
            state = real.stat()
        except OSError:
            return None
        if not real.is_file() or not real.is_relative_to(self.folder):
            return None
        return FiledPage(
            path=real,
            etag=_etag(real, state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns),
            cache_control=KEPT_FOR_EVER if HASHED_NAME.fullmatch(real.name) else ASKED_AGAIN,
            media_type=MEDIA_TYPES.get(real.suffix.lower(), "application/octet-stream"),
        )


def site(folder: Path) -> list[BaseRoute]:
    """The routes that serve the site; they go after every other route of the app."""
    return [SiteRoute(folder)]


@lru_cache(maxsize=512)
def _etag(path: Path, *_state: int) -> str:
    """Read once for each state of the file: the state is asked with only to forget an old answer."""
    with path.open("rb") as file:
        return f'"{hashlib.file_digest(file, "sha256").hexdigest()[:32]}"'


def _is_known(etag: str, asked: Mapping[str, str]) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in asked.get("if-none-match", "").split(",")]
    return etag in tags or tags == ["*"]


def _file(page: FiledPage, status: int = 200) -> FileResponse:
    headers = page.headers() if status == 200 else {**PROTECTION, "Cache-Control": ASKED_AGAIN}
    return FileResponse(
        page.path,
        status_code=status,
        headers=headers,
        media_type=page.media_type,
        stat_result=page.path.stat(),
    )


def _wanted(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).removeprefix("/")


def _first_part(scope: Scope) -> str:
    return _wanted(scope).partition("/")[0]
