"""Who may know of a document, and what holds it, for programs."""

from uuid import UUID

from fastapi import APIRouter, Response

from pretamane.core.http.admission import Admin, AdminOrKey, DocumentsReader, DocumentsWriter
from pretamane.core.http.listing import Cursor, Limit
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.paging import PAGE
from pretamane.core.unit_of_work import Work
from pretamane.documents import queries
from pretamane.documents.protection import holds, restricting
from pretamane.documents.protection.schemas import (
    HeldOut,
    HeldPage,
    HoldIn,
    HoldOut,
    HoldsIn,
    LiftIn,
    PlacedOut,
    ReadersIn,
    ReadersOut,
)

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
    return ReadersOut.of(document, work.run_now(restricting.readers_of, document_id))


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
    return ReadersOut.of(document, work.run_now(restricting.readers_of, document_id))


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
