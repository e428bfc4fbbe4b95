"""Who may know of a document, and what holds it, for programs."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pretamane.core.http.admission import Admin, AdminOrKey, DocumentsReader, DocumentsWriter
from pretamane.core.http.listing import Cursor, Limit
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.paging import PAGE
from pretamane.core.texts import OneLine
from pretamane.core.unit_of_work import Work
from pretamane.documents import holds, queries, restricting
from pretamane.documents.models import Document
from pretamane.documents.restricting import Reader

Reason = Annotated[str, StringConstraints(min_length=1, max_length=holds.LONGEST_REASON), OneLine]
Several = Annotated[list[UUID], Field(min_length=1, max_length=holds.MOST_AT_ONCE)]


class HoldIn(BaseModel):
    reason: Reason = Field(description="Why nothing may remove it, for whoever looks at it; never in the audit")


class HoldsIn(HoldIn):
    documents: Several


class LiftIn(BaseModel):
    documents: Several


class HoldOut(BaseModel):
    is_held: bool
    held_at: datetime | None
    held_by: UUID | None = Field(description="The account that placed it")
    reason: str | None

    @classmethod
    def of(cls, document: Document) -> "HoldOut":
        held_at = document.held_at
        return cls(is_held=held_at is not None, held_at=held_at, held_by=document.held_by, reason=document.hold_reason)


class HeldOut(HoldOut):
    id: UUID
    title: str

    @classmethod
    def about(cls, document: Document) -> "HeldOut":
        return cls(id=document.id, title=document.title, **HoldOut.of(document).model_dump())


class HeldPage(BaseModel):
    items: list[HeldOut]
    next: str | None


class PlacedOut(BaseModel):
    placed: int = Field(description="On how many of them; the others were on hold before, and keep their first reason")


class ReadersIn(BaseModel):
    accounts: Annotated[list[UUID], Field(min_length=1, max_length=200)] = Field(
        description="All who may know of it from now on. Whoever leaves themself out does not find it again."
    )


class ReaderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    name: str


class ReadersOut(BaseModel):
    is_restricted: bool
    items: list[ReaderOut] = Field(description="Whom it names; none where everybody may know of it")

    @classmethod
    def of(cls, document: Document, readers: list[Reader]) -> "ReadersOut":
        items = [ReaderOut.model_validate(reader) for reader in readers]
        return cls(is_restricted=document.is_restricted, items=items)


router = APIRouter(prefix="/api/v1", tags=["documents"])


@router.get("/holds", summary="What is on hold", response_description="A page of documents, those held last first")
def list_holds(by: DocumentsReader, work: Work, cursor: Cursor = None, limit: Limit = PAGE) -> HeldPage:
    page = work.run_now(holds.on_hold, by, after=cursor, limit=limit)
    return HeldPage(items=[HeldOut.about(each) for each in page.items], next=page.next)


@router.post(
    "/holds", summary="Put several documents on hold", response_description="All of them are on hold; none else it is"
)
def place_holds(by: DocumentsWriter, work: Work, wanted: HoldsIn) -> PlacedOut:
    return PlacedOut(placed=work.run_now(holds.place, wanted.documents, wanted.reason, by).new)


@router.post(
    "/holds/lift",
    status_code=204,
    summary="Lift the hold of several documents",
    response_description="Nothing holds them any more",
)
def lift_holds(by: AdminOrKey, work: Work, wanted: LiftIn) -> Response:
    work.run_now(holds.lift, wanted.documents, by)
    return Response(status_code=204)


@router.get(
    "/documents/{document_id}/hold", summary="What holds a document", response_description="Why, and since when"
)
def show_hold(by: DocumentsReader, work: Work, document_id: UUID) -> HoldOut:
    return HoldOut.of(work.run_now(queries.document, document_id, by).document)


@router.post(
    "/documents/{document_id}/hold",
    summary="Put a document on hold",
    response_description="The hold; one that it was under before, with its first reason",
)
def place_hold(by: DocumentsWriter, work: Work, document_id: UUID, wanted: HoldIn) -> HoldOut:
    return HoldOut.of(work.run_now(holds.place, [document_id], wanted.reason, by).documents[0])


@router.delete(
    "/documents/{document_id}/hold",
    status_code=204,
    summary="Lift a document’s hold",
    response_description="Nothing holds it any more",
)
def lift_hold(by: AdminOrKey, work: Work, document_id: UUID) -> Response:
    work.run_now(holds.lift, [document_id], by)
    return Response(status_code=204)


@router.get(
    "/documents/{document_id}/readers",
    responses=VERSIONED,
    summary="Who may know of a document",
    response_description="Whom it names",
)
def show_readers(by: DocumentsReader, work: Work, response: Response, document_id: UUID) -> ReadersOut:
    document = work.run_now(queries.document, document_id, by).document
    response.headers.update(etag(document.version))
    return ReadersOut.of(document, list(work.run_now(restricting.readers_of, document_id)))


@router.put(
    "/documents/{document_id}/readers",
    responses=VERSIONED,
    summary="Restrict a document to accounts",
    response_description="Whom it names from now on, and what is attached to it with it",
)
def restrict(
    by: DocumentsWriter, work: Work, response: Response, document_id: UUID, wanted: ReadersIn, seen: SeenVersions
) -> ReadersOut:
    document = work.run_now(restricting.restrict, document_id, seen, wanted.accounts, by)
    response.headers.update(etag(document.version))
    return ReadersOut.of(document, list(work.run_now(restricting.readers_of, document_id)))


@router.delete(
    "/documents/{document_id}/readers",
    status_code=204,
    summary="Open a restricted document to everybody",
    response_description="Everybody here may know of it",
)
def lift_restriction(by: DocumentsWriter, work: Work, document_id: UUID, seen: SeenVersions) -> Response:
    document = work.run_now(restricting.lift, document_id, seen, by)
    return Response(status_code=204, headers=etag(document.version))


@router.post(
    "/documents/{document_id}/readers/self",
    status_code=204,
    summary="Name oneself among a restricted document’s readers",
    response_description="The administrator may know of it from now on; the audit says so",
)
def let_oneself_in(by: Admin, work: Work, document_id: UUID) -> Response:
    work.run_now(restricting.let_in, document_id, by)
    return Response(status_code=204)
