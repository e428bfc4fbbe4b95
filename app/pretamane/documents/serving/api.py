"""A document's bytes and pages, for programs and for the pages' own pictures."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse

from pretamane.core.actors import Actor
from pretamane.core.http.admission import DocumentsReader
from pretamane.core.http.caching import REVALIDATED, REVALIDATION, is_known
from pretamane.core.http.listing import Cursor, Limit
from pretamane.core.paging import PAGE
from pretamane.core.unit_of_work import Work
from pretamane.documents.models import DocumentVersion
from pretamane.documents.queries import Original
from pretamane.documents.serving import originals, viewing
from pretamane.documents.serving.addresses import FileAddresses, Way
from pretamane.documents.serving.pictures import THUMBNAIL, Pictures
from pretamane.documents.serving.viewing import TextPages
from pretamane.ports import Word

AsWay = Annotated[
    Way, Query(alias="as", description="`inline` shows pictures that every browser knows; all else is saved.")
]
# PostgreSQL counts no further.
Number = Annotated[int, Path(ge=1, le=2_147_483_647)]
OfVersion = Annotated[
    int | None,
    Query(ge=1, le=2_147_483_647, description="Of that version, which never changes; left out, of the current one."),
]
Width = Annotated[int, Query(ge=1, le=4000, description="In pixels; the next of a few widths is drawn.")]


class PageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    text: str
    source: str = Field(description="`text` where it was in the file, `ocr` where it was read from a picture")
    width: float | None = Field(description="In points; null where the page is only text")
    height: float | None


class TextPagesOut(BaseModel):
    version: int = Field(description="The number of the version that these are of")
    page_count: int | None
    items: list[PageOut]
    next: str | None

    @classmethod
    def of(cls, pages: TextPages) -> "TextPagesOut":
        items = [PageOut.model_validate(page) for page in pages.items]
        return cls(version=pages.version.number, page_count=pages.version.page_count, items=items, next=pages.next)


class WordOut(BaseModel):
    """Where it stands, as fractions of the page's width and height from the top left corner."""

    text: str
    left: float
    top: float
    width: float
    height: float


class WordsOut(BaseModel):
    items: list[WordOut] = Field(description="In reading order")

    @classmethod
    def of(cls, words: Sequence[Word]) -> "WordsOut":
        return cls(items=[WordOut(**word._asdict()) for word in words])


class PagesDesk:
    """Each method answers one route."""

    def __init__(self, addresses: FileAddresses, pictures: Pictures) -> None:
        self._addresses, self._pictures = addresses, pictures

    def file(self, by: DocumentsReader, work: Work, document_id: UUID, way: AsWay = "attachment") -> Response:
        return self._sent_on(work.run_now(originals.readable, document_id, by), way, by)

    def file_of_version(
        self, by: DocumentsReader, work: Work, document_id: UUID, number: Number, way: AsWay = "attachment"
    ) -> Response:
        return self._sent_on(work.run_now(originals.readable, document_id, by, number), way, by)

    def _sent_on(self, original: Original, way: Way, by: Actor) -> Response:
        address = self._addresses.of(original.version.id, way, by.account_id)
        return RedirectResponse(address, 303, {"Cache-Control": "no-store"})

    def pages(
        self, by: DocumentsReader, work: Work, document_id: UUID, cursor: Cursor = None, limit: Limit = PAGE
    ) -> TextPagesOut:
        return TextPagesOut.of(work.run_now(viewing.text_pages, document_id, by, cursor, limit))

    def picture(
        self,
        request: Request,
        by: DocumentsReader,
        work: Work,
        document_id: UUID,
        number: Number,
        width: Width = 800,
        version: OfVersion = None,
    ) -> Response:
        page = work.run_now(viewing.drawn_page, document_id, by, number, version)
        return self._drawn(request, page.version, number, viewing.nearest_width(width), is_pinned=version is not None)

    def thumbnail(
        self, request: Request, by: DocumentsReader, work: Work, document_id: UUID, version: OfVersion = None
    ) -> Response:
        first = work.run_now(viewing.drawn_page, document_id, by, 1, version)
        return self._drawn(request, first.version, 1, THUMBNAIL, is_pinned=version is not None)

    def _drawn(self, request: Request, version: DocumentVersion, page: int, width: int, *, is_pinned: bool) -> Response:
        """Drawn without a connection, and only for who does not have it already."""
        etag = f'"{version.id.hex}-{page}-{width}"'
        headers = {"ETag": etag, "Cache-Control": f"private, {'max-age=86400' if is_pinned else 'no-cache'}"}
        if is_known(request, etag):
            return Response(status_code=304, headers=headers)
        headers["X-Content-Type-Options"] = "nosniff"
        return Response(self._pictures.picture(version.id, page, width), media_type="image/webp", headers=headers)

    def words(
        self, by: DocumentsReader, work: Work, document_id: UUID, number: Number, version: OfVersion = None
    ) -> WordsOut:
        page = work.run_now(viewing.drawn_page, document_id, by, number, version)
        return WordsOut.of(self._pictures.words(page.version.id, number))


def router(addresses: FileAddresses, pictures: Pictures) -> APIRouter:
    routes = APIRouter(prefix="/api/v1/documents/{document_id}", tags=["documents"])
    desk = PagesDesk(addresses, pictures)
    for name, described in _ROUTES.items():
        routes.add_api_route(endpoint=getattr(desk, name), methods=["GET"], **described)
    return routes


_SENT_ON: dict[str, Any] = {
    "status_code": 303,
    "response_class": Response,
    "response_description": "Location is where the bytes are for five minutes, for whoever has it; ranges work there",
    "responses": {303: {"headers": {"Location": {"schema": {"type": "string"}, "required": True}}}},
}
_PICTURE: dict[str, Any] = {
    "response_class": Response,
    "response_description": "The picture, as WebP",
    "responses": {
        **REVALIDATED,
        200: {**REVALIDATED[200], "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}}},
    },
    "openapi_extra": REVALIDATION,
}
_ROUTES: dict[str, dict[str, Any]] = {
    "file": {"path": "/file", "summary": "Where a document’s bytes are", **_SENT_ON},
    "file_of_version": {
        "path": "/versions/{number}/file",
        "summary": "Where the bytes of one version of a document are",
        **_SENT_ON,
    },
    "pages": {
        "path": "/pages",
        "response_model": TextPagesOut,
        "summary": "A document’s text, page by page",
        "response_description": "Some pages; `next` is the cursor of those that follow, null on the last",
    },
    "picture": {"path": "/pages/{number}/picture", "summary": "A picture of a page", **_PICTURE},
    "words": {
        "path": "/pages/{number}/words",
        "response_model": WordsOut,
        "summary": "Where the words of a page stand",
        "response_description": "The words; none where nothing was found to read",
    },
    "thumbnail": {"path": "/thumbnail", "summary": "A small picture of a document’s first page", **_PICTURE},
}
