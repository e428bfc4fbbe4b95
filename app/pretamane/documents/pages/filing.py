"""What staff do to documents from their pages: file one, file those they ticked, and take it back."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core.actors import Actor
from pretamane.core.errors import ChangedMeanwhile, Conflict, Invalid, NotFound
from pretamane.core.http.admission import Staff
from pretamane.core.http.fields import Choices, Fields
from pretamane.core.http.versions import Seen
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import Work
from pretamane.documents.filing import filing
from pretamane.documents.filing.filing import BulkChange, Edited, Outcome
from pretamane.documents.filing.schemas import BulkChanges, DocumentChanges
from pretamane.documents.models import DocumentType
from pretamane.documents.pages import document as document_pages
from pretamane.documents.pages.document import seen_in
from pretamane.documents.pages.shown_filters import ADDRESS, Filters, apart, day_in

router = APIRouter(include_in_schema=False)

_BOX = "document-"
_TAG = "tag-"
NOT_OURS = "This form is not one of ours. Open the documents again."
_NOBODY = "Nobody is known by this. Write an e-mail address, or the reference of one of their messages."


@router.post(ADDRESS + "/chosen")
def file_chosen(actor: Staff, work: Work, typed: Choices) -> Response:
    back = Filters.sent_back(typed)
    chosen = _chosen(typed)
    if not chosen:
        return RedirectResponse(back.address(back.cursor, told="none-chosen"), 303)
    try:
        outcome = work.run_now(_file_chosen, chosen, typed, actor)
    except Invalid as refusal:
        return RedirectResponse(back.address(back.cursor, told=f"no-{next(iter(refusal.fields), 'act')}"), 303)
    return RedirectResponse(back.address(back.cursor, done=outcome.act, told=_told_of(outcome)), 303)


def _chosen(typed: Mapping[str, Any]) -> list[UUID]:
    try:
        return [UUID(name.removeprefix(_BOX)) for name in typed if name.startswith(_BOX)]
    except ValueError:
        raise Conflict(NOT_OURS) from None


def _file_chosen(session: Session, chosen: list[UUID], typed: Mapping[str, Any], by: Actor) -> Outcome:
    return filing.edit_many(session, chosen, _wanted(session, typed), by)


def _wanted(session: Session, typed: Mapping[str, Any]) -> BulkChange:
    """Of all the fields beside each other, the one whose button was pressed."""
    act = str(typed.get("act"))
    if act in ("trash", "restore"):
        return BulkChange(trashed=act == "trash")
    if act in ("add_tags", "remove_tags"):
        names = apart(str(typed.get("tags", "")))
        if not names:
            raise Invalid("Nothing was changed.", fields={"tags": "Write at least one tag."})
        said = understand(BulkChanges, {"documents": [UUID(int=0)], act: names})
        return BulkChange(add_tags=said.add_tags, remove_tags=said.remove_tags)
    if act == "contact_id":
        return BulkChange({act: _contact(session, str(typed.get("contact", "")))})
    if act == "type_id":
        return BulkChange({act: UUID(str(typed["type"])) if typed.get("type") else None})
    if act == "document_date":
        return BulkChange({act: _day(str(typed.get("date", "")))})
    raise Conflict(NOT_OURS)


def _contact(session: Session, called: str) -> UUID | None:
    """Nothing written: nobody's."""
    if not called.strip():
        return None
    found = contacts.contact_called(session, called)
    if found is None:
        raise Invalid("Nothing was changed.", fields={"contact_id": _NOBODY})
    return found.id


def _day(typed: str) -> date | None:
    if not typed:
        return None
    day = day_in(typed)
    if day is None:
        raise Invalid("Nothing was changed.", fields={"document_date": "Write a day as 2026-03-14."})
    return day


def _told_of(outcome: Outcome) -> str | None:
    if outcome.too_many_tags:
        return "too-many-tags"
    return "held" if outcome.held else "gone" if outcome.gone else None


@router.post(ADDRESS + "/undo/{act_id}")
def undo(actor: Staff, work: Work, act_id: UUID, typed: Fields) -> Response:
    told = _try_to_undo(work, act_id, actor)
    if document := str(typed.get("document") or ""):
        return RedirectResponse(f"{ADDRESS}/{_id_of(document)}?told={told}", 303)
    back = Filters.sent_back(typed)
    return RedirectResponse(back.address(back.cursor, told=told), 303)


def _id_of(document: str) -> UUID:
    """So that a form leads nowhere else."""
    try:
        return UUID(document)
    except ValueError:
        raise NotFound("There is no document with this id.") from None


def _try_to_undo(work: Work, act: UUID, by: Actor) -> str:
    """Too late, or not as it was, is no failure that needs a page of its own."""
    try:
        outcome = work.run_now(filing.undo, act, by)
    except (NotFound, Conflict):
        return "not-undone"
    if outcome.changed_meanwhile or outcome.held:
        return "meanwhile" if outcome.changed else "not-undone"
    return "undone"


@router.post(ADDRESS + "/{document_id}")
def file_document(actor: Staff, work: Work, document_id: UUID, typed: Choices) -> Response:
    try:
        edited = work.run_now(_file_one, document_id, seen_in(typed), typed, actor)
    except (ChangedMeanwhile, Invalid) as refusal:
        return document_pages.page(work, actor, document_id, refusal=refusal, typed=typed)
    done = f"?done={edited.act}" if edited.act else ""
    return RedirectResponse(f"{ADDRESS}/{document_id}{done}", 303)


def _file_one(session: Session, document_id: UUID, seen: Seen, typed: Mapping[str, Any], by: Actor) -> Edited:
    faults: dict[str, str] = {}
    said: dict[str, Any] = {name: typed[name] for name in ("title", "notes") if name in typed}
    try:
        said["contact_id"] = _contact(session, str(typed.get("contact", "")))
    except Invalid as refusal:
        faults["contact"] = refusal.fields["contact_id"]
    said["type_id"] = typed.get("type_id") or None
    said["document_date"] = typed.get("document_date") or None
    said["tags"] = tags_in(typed)
    changes = understand(DocumentChanges, said, faults, _own_sentence)
    return filing.edit(session, document_id, seen, changes.model_dump(exclude_unset=True), by)


def tags_in(typed: Mapping[str, Any]) -> list[str]:
    """Those whose box is still ticked, and those that were typed."""
    kept = [str(value) for name, value in typed.items() if name.startswith(_TAG)]
    return [*kept, *apart(str(typed.get("more_tags", "")))]


def _own_sentence(fault: Any) -> str | None:
    field = fault["loc"][0]
    if field == "document_date":
        return "Write a day as 2026-03-14, or nothing."
    if field == "tags":
        return "A tag has at most 60 characters, and a document at most 50 tags."
    return f"Choose one of the {DocumentType.__tablename__.replace('_', ' ')}." if field == "type_id" else None
