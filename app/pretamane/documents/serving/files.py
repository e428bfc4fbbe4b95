"""`/files/…`: the bytes of originals, sandboxed wherever they are opened, for whoever holds a signed address."""

import logging
from collections.abc import Mapping
from uuid import UUID

import anyio
from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request, Response
from prometheus_client import Counter
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from pretamane.core.errors import AppError
from pretamane.core.http import byte_ranges
from pretamane.core.http import exchange as exchanges
from pretamane.core.http.byte_ranges import Stretch
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.names import content_disposition
from pretamane.documents.queries import Original
from pretamane.documents.recognising import kinds
from pretamane.documents.serving import originals
from pretamane.documents.serving.addresses import FileAddresses
from pretamane.documents.serving.originals import Opened
from pretamane.ports import BlobStore

FILES_REFUSED = Counter("files_refused_total", "Attempts to fetch a file that were refused, by why.", ["code"])
# On whatever is answered here: should a browser show it after all, it runs nothing and reaches nothing.
PROTECTION = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
_SHOWN = frozenset({kinds.PNG, kinds.JPEG, kinds.WEBP, kinds.GIF})
_UNKNOWN_TYPE = "application/octet-stream"

_log = logging.getLogger("pretamane.files")


class Files:
    def __init__(self, work: UnitOfWork, store: BlobStore, addresses: FileAddresses) -> None:
        self._work, self._store, self._addresses = work, store, addresses

    def serve(
        self,
        request: Request,
        version_id: UUID,
        way: str = Query("", alias="as"),
        until: str = "",
        asker: str = Query("", alias="for"),
        signature: str = "",
    ) -> Response:
        try:
            reader = self._addresses.check(version_id, way, until, asker, signature)
            original = self._work.run_now(originals.still_readable, version_id, reader)
        except AppError as refusal:
            FILES_REFUSED.labels(refusal.code).inc()
            _log.warning("a file was refused: %s", refusal.code, extra={"version": str(version_id)})
            raise
        return self._answer(request, original, way)

    def _answer(self, request: Request, original: Original, way: str) -> Response:
        """The transaction is over by now: no connection is held while bytes travel."""
        size, etag = original.blob.size, f'"{original.blob.sha256.hex()}"'
        part = byte_ranges.asked_for(request.method, request.headers, size, etag)
        start, length = part or Stretch(0, size)
        bytes_there = originals.opened(self._store, original.blob.key, start, length)
        headers = {**_described(original, way), "ETag": etag, "Accept-Ranges": "bytes", "Content-Length": str(length)}
        if request.method == "HEAD":
            bytes_there.closing.close()
            return Response(headers=headers)
        if part is not None:
            headers["Content-Range"] = part.of(size)
        return Stream(bytes_there, 200 if part is None else 206, headers)


def _described(original: Original, way: str) -> Mapping[str, str]:
    """By our own table of kinds, never by what came with the file; only pictures are shown in place.

    A PDF is saved even where it was asked for in place: Chromium runs its scripts there, in spite of the sandbox.
    """
    kind = kinds.BY_NAME.get(original.version.kind)
    is_shown = way == "inline" and kind in _SHOWN
    return {
        "Content-Type": kind.media_type if kind else _UNKNOWN_TYPE,
        "Content-Disposition": content_disposition(original.version.filename, "inline" if is_shown else "attachment"),
    }


class Stream(StreamingResponse):
    """Closes what it reads from, also when the client leaves before the end."""

    def __init__(self, opened: Opened, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(opened.pieces, status, headers)
        self._closing = opened.closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(self._closing.close)


def _protect(request: Request) -> None:
    for name, value in PROTECTION.items():
        exchanges.of(request.scope).add_header(name, value)


def router(files: Files) -> APIRouter:
    routes = APIRouter(include_in_schema=False, dependencies=[Depends(_protect)])
    routes.add_api_route("/files/{version_id}", files.serve, methods=["GET", "HEAD"], response_class=Response)
    return routes
