"""The versions of a document, for programs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from pretamane.core.http.admission import DocumentsWriter
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.unit_of_work import Work
from pretamane.documents import queries
from pretamane.documents.api import FORM_OF_VERSION, KEPT, RAW, Filename, IfKnown
from pretamane.documents.receiving import versions
from pretamane.documents.receiving.intake import VERSIONS, Intake
from pretamane.documents.schemas import DocumentWithVersions, Particulars, ReceivedOut
from pretamane.documents.service import Onto

Number = Annotated[int, Path(ge=1, le=2_147_483_647)]


def router(intake: Intake) -> APIRouter:
    routes = APIRouter(tags=["documents"])

    async def put(
        by: DocumentsWriter,
        request: Request,
        document_id: UUID,
        seen: SeenVersions,
        filename: Filename,
        if_known: IfKnown = "keep",
    ) -> Response:
        said = Particulars(if_known=if_known)
        return await intake.take_raw(request, filename, said, by, Onto(document_id, seen))

    async def post(
        by: DocumentsWriter, request: Request, document_id: UUID, seen: SeenVersions, if_known: IfKnown = "keep"
    ) -> Response:
        return await intake.take_form(request, {"if_known": if_known}, by, Onto(document_id, seen))

    routes.add_api_route(
        VERSIONS, put, methods=["PUT"], summary="Keep another version of a document", openapi_extra=RAW, **_KEPT
    )
    routes.add_api_route(
        VERSIONS,
        post,
        methods=["POST"],
        summary="Keep another version of a document that comes in a form",
        openapi_extra=FORM_OF_VERSION,
        **_KEPT,
    )
    routes.add_api_route(
        VERSIONS + "/{number}/current",
        _make_current,
        methods=["POST"],
        responses=VERSIONED,
        summary="Go back to an older version of a document, or forward to a newer one",
        response_description="The document with that version as its current one; no version is gone",
    )
    return routes


def _make_current(
    by: DocumentsWriter, work: Work, response: Response, document_id: UUID, number: Number, seen: SeenVersions
) -> DocumentWithVersions:
    work.run_now(versions.make_current, document_id, number, seen, by)
    whole = work.run_now(queries.document, document_id, by)
    response.headers.update(etag(whole.document.version))
    return DocumentWithVersions.about(whole)


_KEPT: dict[str, Any] = {
    **KEPT,
    "response_description": "The version is kept for good, and current unless it is in quarantine",
    "responses": {
        **KEPT["responses"],
        200: {**KEPT["responses"][201], "model": ReceivedOut, "description": "The document has these bytes already"},
    },
}
