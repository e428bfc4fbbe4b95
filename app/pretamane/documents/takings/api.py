"""Documents taken away together: as a ZIP, or their list as a table."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from pretamane.core.http import tables
from pretamane.core.http.admission import DocumentsReader
from pretamane.core.http.tables import CSV
from pretamane.core.unit_of_work import Work
from pretamane.documents.filters import Which
from pretamane.documents.takings.tables import of_documents
from pretamane.documents.takings.takings import MOST, Takings

ZIP_OF_CHOSEN = "/api/v1/documents/zip"
# An id takes forty bytes in JSON.
BODY_BYTES = 64 * MOST


class ChosenDocuments(BaseModel):
    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST)]


def body_limits() -> Mapping[str, int]:
    return {f"POST {ZIP_OF_CHOSEN}": BODY_BYTES}


def router(takings: Takings) -> APIRouter:
    routes = APIRouter(tags=["documents"])

    def zip_of_chosen(by: DocumentsReader, chosen: ChosenDocuments) -> Response:
        return takings.chosen(chosen.ids, by)

    def zip_of_listed(by: DocumentsReader, which: Which) -> Response:
        return takings.listed(which, by)

    async def table(by: DocumentsReader, work: Work, which: Which) -> Response:
        return await tables.download(work, of_documents(which, by), by)

    routes.add_api_route(ZIP_OF_CHOSEN, zip_of_chosen, methods=["POST"], summary="Some documents as a ZIP", **_ZIP)
    routes.add_api_route(
        "/api/v1/documents.zip", zip_of_listed, methods=["GET"], summary="The documents of a list as a ZIP", **_ZIP
    )
    routes.add_api_route(
        "/api/v1/documents.csv",
        table,
        methods=["GET"],
        summary="Documents as a table",
        response_class=Response,
        responses=CSV,
        response_description="UTF-8, with a line of names first",
    )
    return routes


_SAID = "The originals under their titles, and manifest.csv, which says what is in it, and what was left out and why"
_ZIP: dict[str, Any] = {
    "response_class": Response,
    "response_description": _SAID,
    "responses": {
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}, "description": _SAID}
    },
}
