"""Resumable uploads: tus 1.0 with creation, creation-with-upload, checksum, expiration and termination."""

import base64
import binascii
from collections.abc import Mapping
from contextlib import suppress
from email.utils import format_datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, Malformed, NotFound, UnsupportedMedia
from pretamane.core.http import exchange as exchanges
from pretamane.core.http.admission import DocumentsWriter
from pretamane.core.http.fields import media_type
from pretamane.core.spool import Checksum
from pretamane.core.texts import understand
from pretamane.documents.intake import declared_length
from pretamane.documents.models import Upload
from pretamane.documents.resuming import Part, Progress, Resuming
from pretamane.documents.schemas import Particulars
from pretamane.documents.service import IfKnown
from pretamane.documents.uploads import Announced

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
# sha1 because every server must have it; and one that is still worth something.
ALGORITHMS = ("sha1", "sha256")
PIECE = "application/offset+octet-stream"
UPLOADS = "/api/v1/uploads"


class OtherTus(AppError):
    status, code = 412, "other-tus-version"


def _speaking_tus(
    request: Request, tus_resumable: Annotated[str | None, Header(description=f"Must be {VERSION}.")] = None
) -> None:
    exchanges.of(request.scope).add_header("Tus-Resumable", VERSION)
    if tus_resumable != VERSION:
        raise OtherTus(f"Uploads speak tus {VERSION}: send Tus-Resumable: {VERSION}.", headers={"Tus-Version": VERSION})


SpeakingTus = Depends(_speaking_tus)
Length = Annotated[int, Header(alias="Upload-Length", ge=0, le=2**62, description="Bytes that the document has.")]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, le=2**62, description="Where these bytes begin.")]
Metadata = Annotated[
    str,
    Header(
        alias="Upload-Metadata",
        max_length=8000,
        description="Words and base64: filename, and perhaps title, contact_id and if_known (keep or ask).",
    ),
]
ChecksumSent = Annotated[
    str | None,
    Header(alias="Upload-Checksum", description=f"Of these bytes: one of {', '.join(ALGORITHMS)}, a space, base64."),
]
Decided = Annotated[
    IfKnown | None, Query(alias="if_known", description="What somebody decided after 409 `known-already`.")
]


def body_limits(limit: int) -> Mapping[str, int]:
    return {f"POST {UPLOADS}": limit, f"PATCH {UPLOADS}/{{upload_id}}": limit}


def router(resuming: Resuming) -> APIRouter:
    routes = APIRouter(prefix=UPLOADS, tags=["documents"])

    @routes.options(
        "", status_code=204, summary="What tus is spoken here", response_description="Versions, extensions and limits"
    )
    def say_what_is_spoken() -> Response:
        spoken = {"Tus-Resumable": VERSION, "Tus-Version": VERSION, "Tus-Extension": EXTENSIONS}
        limits = {"Tus-Max-Size": str(resuming.limit), "Tus-Checksum-Algorithm": ",".join(ALGORITHMS)}
        return Response(status_code=204, headers={**spoken, **limits})

    @routes.post(
        "",
        status_code=201,
        response_class=Response,
        summary="Begin an upload",
        response_description="Location is where the bytes go; those that came along are counted in Upload-Offset",
        responses=_answered(201, "Location", "Upload-Expires"),
    )
    async def begin(
        by: DocumentsWriter,
        request: Request,
        upload_length: Length,
        upload_metadata: Metadata = "",
        upload_checksum: ChecksumSent = None,
        _: None = SpeakingTus,
    ) -> Response:
        _refuse_parallel_parts(request)
        announced = _announced(upload_length, upload_metadata)
        checksum = _checksum(upload_checksum)
        upload = await resuming.begin(announced, by)
        headers = {"Location": f"{UPLOADS}/{upload.id}"}
        if media_type(request) == PIECE or upload_length == 0:
            part = Part(0, request.stream(), declared_length(request), checksum)
            headers |= _told(await _append_at_once(resuming, upload, part, by))
        return Response(status_code=201, headers={**_ends(upload), **headers})

    @routes.head(
        "/{upload_id}",
        response_class=Response,
        summary="How far an upload has come",
        response_description="Upload-Offset says it; one that is complete is filed by now",
        responses=_answered(200, "Upload-Offset", "Upload-Length", "Upload-Document"),
    )
    async def look(by: DocumentsWriter, upload_id: UUID, _: None = SpeakingTus) -> Response:
        progress = await resuming.look(upload_id, by)
        upload = progress.upload
        sent = {"Upload-Metadata": upload.details["sent"]} if upload.details.get("sent") else {}
        length = {"Upload-Length": str(upload.length), "Cache-Control": "no-store"}
        return Response(headers={**length, **sent, **_told(progress)})

    @routes.patch(
        "/{upload_id}",
        status_code=204,
        summary="Send the next bytes of an upload",
        response_description="They are kept; after the last ones Upload-Document is the document's address",
        responses=_answered(204, "Upload-Offset", "Upload-Document"),
        openapi_extra=_PIECES,
    )
    async def append(
        by: DocumentsWriter,
        request: Request,
        upload_id: UUID,
        upload_offset: Offset,
        upload_checksum: ChecksumSent = None,
        if_known: Decided = None,
        _: None = SpeakingTus,
    ) -> Response:
        if media_type(request) != PIECE:
            raise UnsupportedMedia(f"Send the bytes as they are (Content-Type: {PIECE}).")
        part = Part(upload_offset, request.stream(), declared_length(request), _checksum(upload_checksum), if_known)
        return Response(status_code=204, headers=_told(await resuming.append(upload_id, part, by)))

    @routes.delete(
        "/{upload_id}",
        status_code=204,
        summary="End an upload",
        response_description="What had come of it is gone; a document that it became stays",
    )
    async def end(by: DocumentsWriter, upload_id: UUID, _: None = SpeakingTus) -> Response:
        await resuming.end(upload_id, by)
        return Response(status_code=204)

    return routes


async def _append_at_once(resuming: Resuming, upload: Upload, part: Part, by: Actor) -> Progress:
    """Whoever is refused was never told the upload's address, so there is none."""
    try:
        return await resuming.append(upload.id, part, by)
    except AppError:
        with suppress(NotFound):
            await resuming.end(upload.id, by)
        raise


def _told(progress: Progress) -> dict[str, str]:
    headers = {"Upload-Offset": str(progress.offset)}
    if progress.document_id is None:
        return headers | _ends(progress.upload)
    return headers | {"Upload-Document": f"/api/v1/documents/{progress.document_id}"}


def _ends(upload: Upload) -> dict[str, str]:
    return {"Upload-Expires": format_datetime(upload.expires_at, usegmt=True)}


def _refuse_parallel_parts(request: Request) -> None:
    if "upload-concat" in request.headers or "upload-defer-length" in request.headers:
        raise Malformed("Neither parallel parts nor a length that is told later are spoken here; OPTIONS says what is.")


def _announced(length: int, header: str) -> Announced:
    words = _metadata(header)
    said = understand(Particulars, {name: text for name, text in words.items() if text})
    details: dict[str, Any] = {**said.model_dump(mode="json"), "sent": header}
    return Announced(words.get("filename") or words.get("name") or "", length, details)


def _metadata(header: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for pair in filter(None, (each.strip() for each in header.split(","))):
        name, _, value = pair.partition(" ")
        try:
            words[name] = base64.b64decode(value.strip(), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            raise Malformed(f"Upload-Metadata has no base64 after the word {name[:40]}.") from None
    return words


def _checksum(header: str | None) -> Checksum | None:
    if header is None:
        return None
    algorithm, _, value = header.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise Malformed(f"Upload-Checksum knows {' and '.join(ALGORITHMS)}.", code="bad-digest")
    try:
        wanted = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        wanted = b""
    checksum = Checksum(algorithm, wanted)
    if len(wanted) != checksum.begun().digest_size:
        raise Malformed("Upload-Checksum has no digest in base64 after its algorithm.", code="bad-digest")
    return checksum


def _answered(status: int, *names: str) -> dict[int | str, dict[str, Any]]:
    return {status: {"headers": {name: {"schema": {"type": "string"}} for name in names}}}


_PIECES: dict[str, Any] = {
    "requestBody": {"required": True, "content": {PIECE: {"schema": {"type": "string", "format": "binary"}}}}
}
