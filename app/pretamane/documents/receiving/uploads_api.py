"""Resumable uploads: tus 1.0 with creation, creation-with-upload, checksum, expiration and termination."""

from collections.abc import Mapping
from contextlib import suppress
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, NotFound, UnsupportedMedia
from pretamane.core.http.admission import DocumentsWriter
from pretamane.core.http.fields import media_type
from pretamane.core.http.versions import SeenPerhaps
from pretamane.documents.models import Upload
from pretamane.documents.receiving import tus
from pretamane.documents.receiving.intake import declared_length
from pretamane.documents.receiving.resuming import Decision, Part, Progress, Resuming
from pretamane.documents.receiving.tus import ChecksumSent, Decided, Length, Metadata, Offset, SpeakingTus

UPLOADS = "/api/v1/uploads"


def body_limits(limit: int) -> Mapping[str, int]:
    return {f"POST {UPLOADS}": limit, f"PATCH {UPLOADS}/{{upload_id}}": limit}


class UploadDesk:
    """Each method answers one route."""

    def __init__(self, resuming: Resuming) -> None:
        self._resuming = resuming

    def say_what_is_spoken(self) -> Response:
        spoken = {"Tus-Resumable": tus.VERSION, "Tus-Version": tus.VERSION, "Tus-Extension": tus.EXTENSIONS}
        limits = {"Tus-Max-Size": str(self._resuming.limit), "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS)}
        return Response(status_code=204, headers={**spoken, **limits})

    async def begin(
        self,
        by: DocumentsWriter,
        request: Request,
        upload_length: Length,
        upload_metadata: Metadata = "",
        upload_checksum: ChecksumSent = None,
        _: None = SpeakingTus,
    ) -> Response:
        tus.refuse_parallel_parts(request)
        announced, checksum = tus.announced(upload_length, upload_metadata), tus.checksum(upload_checksum)
        upload = await self._resuming.begin(announced, by)
        headers = {**_ends(upload), "Location": f"{UPLOADS}/{upload.id}"}
        if media_type(request) == tus.PIECE or upload_length == 0:
            part = Part(0, request.stream(), declared_length(request), checksum)
            headers |= _told(await self._append_at_once(upload, part, by))
        return Response(status_code=201, headers=headers)

    async def _append_at_once(self, upload: Upload, part: Part, by: Actor) -> Progress:
        """Whoever is refused was never told the upload's address, so there is none."""
        try:
            return await self._resuming.append(upload.id, part, by)
        except AppError:
            with suppress(NotFound):
                await self._resuming.end(upload.id, by)
            raise

    async def look(self, by: DocumentsWriter, upload_id: UUID, _: None = SpeakingTus) -> Response:
        progress = await self._resuming.look(upload_id, by)
        upload = progress.upload
        sent = {"Upload-Metadata": upload.details["sent"]} if upload.details.get("sent") else {}
        length = {"Upload-Length": str(upload.length), "Cache-Control": "no-store"}
        return Response(headers={**length, **sent, **_told(progress)})

    async def append(
        self,
        by: DocumentsWriter,
        request: Request,
        upload_id: UUID,
        upload_offset: Offset,
        upload_checksum: ChecksumSent = None,
        if_known: Decided = None,
        seen: SeenPerhaps = None,
        _: None = SpeakingTus,
    ) -> Response:
        if media_type(request) != tus.PIECE:
            raise UnsupportedMedia(f"Send the bytes as they are (Content-Type: {tus.PIECE}).")
        checksum = tus.checksum(upload_checksum)
        part = Part(upload_offset, request.stream(), declared_length(request), checksum, Decision(if_known, seen))
        return Response(status_code=204, headers=_told(await self._resuming.append(upload_id, part, by)))

    async def end(self, by: DocumentsWriter, upload_id: UUID, _: None = SpeakingTus) -> Response:
        await self._resuming.end(upload_id, by)
        return Response(status_code=204)


def router(resuming: Resuming) -> APIRouter:
    routes, desk = APIRouter(prefix=UPLOADS, tags=["documents"]), UploadDesk(resuming)
    for name, described in _ROUTES.items():
        routes.add_api_route(endpoint=getattr(desk, name), **described)
    return routes


def _told(progress: Progress) -> dict[str, str]:
    headers = {"Upload-Offset": str(progress.offset)}
    if progress.document_id is None:
        return headers | _ends(progress.upload)
    unchanged = {} if progress.is_new else {"Upload-Unchanged": "true"}
    return headers | {"Upload-Document": f"/api/v1/documents/{progress.document_id}"} | unchanged


def _ends(upload: Upload) -> dict[str, str]:
    return {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}


def _answered(status: int, *names: str) -> dict[int | str, dict[str, Any]]:
    return {status: {"headers": {name: {"schema": {"type": "string"}} for name in names}}}


_BYTES = {"type": "string", "format": "binary"}
_ROUTES: dict[str, dict[str, Any]] = {
    "say_what_is_spoken": {
        "path": "",
        "methods": ["OPTIONS"],
        "status_code": 204,
        "summary": "What tus is spoken here",
        "response_description": "Versions, extensions and limits",
    },
    "begin": {
        "path": "",
        "methods": ["POST"],
        "status_code": 201,
        "response_class": Response,
        "summary": "Begin an upload",
        "response_description": "Location is where the bytes go; Upload-Offset counts those that came along",
        "responses": _answered(201, "Location", "Upload-Expires", "Upload-Offset"),
    },
    "look": {
        "path": "/{upload_id}",
        "methods": ["HEAD"],
        "response_class": Response,
        "summary": "How far an upload has come",
        "response_description": "Upload-Offset says it; one that is complete is filed by now",
        "responses": _answered(200, "Upload-Offset", "Upload-Length", "Upload-Document"),
    },
    "append": {
        "path": "/{upload_id}",
        "methods": ["PATCH"],
        "status_code": 204,
        "summary": "Send the next bytes of an upload",
        "response_description": "They are kept; after the last ones Upload-Document is the document's address",
        "responses": _answered(204, "Upload-Offset", "Upload-Document", "Upload-Unchanged"),
        "openapi_extra": {"requestBody": {"required": True, "content": {tus.PIECE: {"schema": _BYTES}}}},
    },
    "end": {
        "path": "/{upload_id}",
        "methods": ["DELETE"],
        "status_code": 204,
        "summary": "End an upload",
        "response_description": "What had come of it is gone; a document that it became stays",
    },
}
