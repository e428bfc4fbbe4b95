"""Filing documents, for programs: one by one, many at once, and back again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core.actors import Actor
from pretamane.core.http.admission import DocumentsReader, DocumentsWriter
from pretamane.core.http.listing import Cursor, Limit
from pretamane.core.http.versions import VERSIONED, Seen, SeenVersions, etag
from pretamane.core.paging import PAGE, Page
from pretamane.core.unit_of_work import Work
from pretamane.documents import queries
from pretamane.documents.filing import filing
from pretamane.documents.filing.schemas import BulkChanges, BulkOutcome, DocumentChanges, EditedOut, UndoIn
from pretamane.documents.queries import Documents, Listed, Whole
from pretamane.documents.schemas import DocumentPage

router = APIRouter(prefix="/api/v1", tags=["documents"])


@router.post(
    "/documents/bulk",
    response_model=BulkOutcome,
    summary="File many documents at once",
    response_description="What became of each; all that could be changed was, in one transaction",
)
def change_documents(by: DocumentsWriter, work: Work, changes: BulkChanges) -> BulkOutcome:
    return BulkOutcome.of(work.run_now(filing.edit_many, changes.documents, changes.wanted, by))


@router.post(
    "/documents/undo",
    response_model=BulkOutcome,
    summary="Take back what was just done to documents",
    response_description="Which have their old values again; what somebody changed since stays as it is",
)
def undo_documents(by: DocumentsWriter, work: Work, undo: UndoIn) -> BulkOutcome:
    return BulkOutcome.of(work.run_now(filing.undo, undo.act, by))


@router.patch(
    "/documents/{document_id}",
    response_model=EditedOut,
    responses=VERSIONED,
    summary="File a document",
    response_description="The document as it is now",
)
def change_document(
    by: DocumentsWriter,
    work: Work,
    response: Response,
    document_id: UUID,
    seen: SeenVersions,
    changes: DocumentChanges,
) -> EditedOut:
    whole, act = work.run_now(_edit, document_id, seen, changes.model_dump(exclude_unset=True), by)
    response.headers.update(etag(whole.document.version))
    return EditedOut.after(whole, act)


def _edit(
    session: Session, document_id: UUID, seen: Seen, changes: Mapping[str, Any], by: Actor
) -> tuple[Whole, UUID | None]:
    """Told as it was left, whoever comes next."""
    edited = filing.edit(session, document_id, seen, changes, by)
    return queries.document(session, document_id, by), edited.act


@router.get(
    "/contacts/{contact_id}/documents",
    response_model=DocumentPage,
    summary="Documents of a contact, newest first",
    response_description="A page of documents; those of one that was merged are the survivor's",
)
def list_documents_of_contact(
    by: DocumentsReader, work: Work, contact_id: UUID, cursor: Cursor = None, limit: Limit = PAGE
) -> DocumentPage:
    return DocumentPage.of(work.run_now(_of_contact, contact_id, by, cursor, limit))


def _of_contact(session: Session, contact_id: UUID, by: Actor, after: str | None, limit: int) -> Page[Listed]:
    contact = contacts.contact(session, contact_id)
    whose = Documents(contact_id=contact.merged_into or contact.id)
    return queries.documents(session, whose, by, after=after, limit=limit)
