"""Documents, for programs."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from pretamane.core.http.admission import AdminOrKey, DocumentsReader, DocumentsWriter
from pretamane.core.http.listing import Cursor, Limit
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.paging import PAGE
from pretamane.core.unit_of_work import Work
from pretamane.documents import queries, service
from pretamane.documents.filters import Which
from pretamane.documents.receiving.intake import ADDRESSES, Intake
from pretamane.documents.schemas import (
    DocumentOut,
    DocumentPage,
    DocumentWithVersions,
    Particulars,
    ReceivedOut,
)
from pretamane.documents.service import LONGEST_TITLE

IfKnown = Annotated[
    Literal["keep", "ask"],
    Query(
        description="What becomes of bytes that another document has already: `keep` makes a document of them all the "
        "same, and its answer names the other one; `ask` makes none, and answers 409 `known-already`."
    ),
]
Title = Annotated[str | None, Query(max_length=LONGEST_TITLE, description="Left out, it is the file's name.")]
Filename = Annotated[str, Query(min_length=1, description="As people call it, in any length; its ending counts.")]
Restricted = Annotated[bool, Query(description="Only whoever brings it may know of it, until others are named.")]


def router(intake: Intake) -> APIRouter:
    routes = APIRouter(tags=["documents"])

    async def put(
        by: DocumentsWriter,
        request: Request,
        filename: Filename,
        title: Title = None,
        contact_id: UUID | None = None,
        if_known: IfKnown = "keep",
        restricted: Restricted = False,
    ) -> Response:
        said = Particulars(title=title, contact_id=contact_id, if_known=if_known, restricted=restricted)
        return await intake.take_raw(request, filename, said, by)

    async def post(by: DocumentsWriter, request: Request, if_known: IfKnown = "keep") -> Response:
        return await intake.take_form(request, {"if_known": if_known}, by)

    routes.add_api_route(
        "/api/v1/documents", put, methods=["PUT"], summary="Keep a document", openapi_extra=RAW, **KEPT
    )
    for address in ADDRESSES:
        routes.add_api_route(
            address,
            post,
            methods=["POST"],
            summary="Keep a document that comes in a form",
            deprecated=address != ADDRESSES[0] or None,
            openapi_extra=FORM,
            **KEPT,
        )
    routes.include_router(_kept)
    return routes


_kept = APIRouter(prefix="/api/v1/documents")


@_kept.get(
    "",
    response_model=DocumentPage,
    summary="Documents, newest first; by the day on them where that is asked for",
    response_description="A page of documents; `next` is the cursor of the page after it, null on the last",
)
def list_documents(
    by: DocumentsReader, work: Work, which: Which, cursor: Cursor = None, limit: Limit = PAGE
) -> DocumentPage:
    return DocumentPage.of(work.run_now(queries.documents, which, by, after=cursor, limit=limit))


@_kept.get(
    "/{document_id}",
    response_model=DocumentWithVersions,
    responses=VERSIONED,
    summary="One document, with all versions of its content",
    response_description="The document, also from the trash",
)
def show_document(by: DocumentsReader, work: Work, response: Response, document_id: UUID) -> DocumentWithVersions:
    whole = work.run_now(queries.document, document_id, by)
    response.headers.update(etag(whole.document.version))
    return DocumentWithVersions.about(whole)


@_kept.delete(
    "/{document_id}",
    status_code=204,
    summary="Put a document into the trash",
    response_description="It is in the trash, and in no list; nothing of it is removed",
)
def trash_document(by: DocumentsWriter, work: Work, document_id: UUID, seen: SeenVersions) -> Response:
    document = work.run_now(service.trash, document_id, seen, by)
    return Response(status_code=204, headers=etag(document.version))


@_kept.post(
    "/{document_id}/restore",
    response_model=DocumentOut,
    responses=VERSIONED,
    summary="Take a document out of the trash",
    response_description="The document as it is now",
)
def restore_document(
    by: DocumentsWriter, work: Work, response: Response, document_id: UUID, seen: SeenVersions
) -> DocumentOut:
    work.run_now(service.restore, document_id, seen, by)
    whole = work.run_now(queries.document, document_id, by)
    response.headers.update(etag(whole.document.version))
    return DocumentOut.of(whole.document, *whole.current)


@_kept.post(
    "/{document_id}/purge",
    status_code=204,
    summary="Remove a document from the trash for good",
    response_description="It is gone; its bytes go at once too, where no other document has the same",
)
def purge_document(by: AdminOrKey, work: Work, document_id: UUID) -> Response:
    work.run_now(service.purge, document_id, by)
    return Response(status_code=204)


KEPT: dict[str, Any] = {
    "status_code": 201,
    "response_model": ReceivedOut,
    "response_description": "The document is kept for good; what can be read in it follows",
    "responses": {
        201: {
            "headers": {
                "Location": {"description": "The document's address", "schema": {"type": "string"}, "required": True},
                "ETag": {"description": "Its version", "schema": {"type": "string"}, "required": True},
                "Idempotency-Replayed": {
                    "description": "`true` when this is the first outcome, told again",
                    "schema": {"type": "string", "enum": ["true"]},
                },
            }
        }
    },
}
_HEADERS = [
    {
        "name": "Content-Digest",
        "in": "header",
        "description": "RFC 9530, sha-256 or sha-512: what does not come to it is not kept.",
        "schema": {"type": "string"},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key with the same document is kept once; a retry gets the first answer.",
        "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[!-~]{8,200}$"},
    },
]
_BYTES = {"type": "string", "format": "binary"}
RAW: dict[str, Any] = {
    "parameters": _HEADERS,
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _BYTES}}},
}


def _form(**fields: object) -> dict[str, Any]:
    schema = {"type": "object", "required": ["file"], "properties": {"file": _BYTES, **fields}}
    body = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    return {"parameters": _HEADERS, "requestBody": body}


FORM = _form(
    title={"type": "string", "maxLength": LONGEST_TITLE},
    contact_id={"type": "string", "format": "uuid"},
    restricted={"type": "boolean"},
)
# The rest is the document's, and stays as it is.
FORM_OF_VERSION = _form()
