"""Who may know of a document, and what holds it: forms on its page, what is on hold, an administrator's way in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.core import request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError, ChangedMeanwhile, Invalid, NotFound
from pretamane.core.http.admission import Admin, Staff, Viewer
from pretamane.core.http.fields import Choices, Fields
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import UnitOfWork, Work
from pretamane.documents.pages import document as document_pages
from pretamane.documents.pages.document import seen_in
from pretamane.documents.pages.shown_filters import ADDRESS
from pretamane.documents.protection import holds, restricting
from pretamane.documents.protection.schemas import HoldIn
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

HOLDS, RESTRICTED = "/app/holds", "/app/settings/restricted"
_TOLD = {
    "held": "They are on hold: nothing removes them.",
    "lifted": "The hold is lifted.",
    "none-chosen": "Choose at least one document first.",
}
_NO_ID = "Write the document’s id, as the audit has it."

router = APIRouter(include_in_schema=False)


@router.post(ADDRESS + "/{document_id}/hold")
def place_hold(actor: Staff, work: Work, document_id: UUID, typed: Fields) -> Response:
    try:
        work.run_now(holds.place, [document_id], understand(HoldIn, typed).reason, actor)
    except Invalid as refusal:
        return document_pages.page(work, actor, document_id, refusal=refusal)
    return _back(document_id, "held")


@router.post(ADDRESS + "/{document_id}/lift-hold")
def lift_hold(actor: Admin, work: Work, document_id: UUID) -> Response:
    work.run_now(holds.lift, [document_id], actor)
    return _back(document_id, "lifted")


@router.post(ADDRESS + "/{document_id}/readers")
def restrict(actor: Staff, work: Work, document_id: UUID, typed: Choices) -> Response:
    readers = _chosen(typed, "account-")
    try:
        work.run_now(restricting.restrict, document_id, seen_in(typed), readers, actor)
    except (ChangedMeanwhile, Invalid) as refusal:
        return document_pages.page(work, actor, document_id, refusal=refusal)
    if actor.account_id in readers:
        return _back(document_id, "restricted")
    return RedirectResponse(f"{ADDRESS}?{urlencode({'told': 'left'})}", 303)


@router.post(ADDRESS + "/{document_id}/open")
def lift_restriction(actor: Staff, work: Work, document_id: UUID, typed: Fields) -> Response:
    try:
        work.run_now(restricting.lift, document_id, seen_in(typed), actor)
    except ChangedMeanwhile as refusal:
        return document_pages.page(work, actor, document_id, refusal=refusal)
    return _back(document_id, "opened")


def _back(document_id: UUID, told: str) -> Response:
    return RedirectResponse(f"{ADDRESS}/{document_id}?told={told}", 303)


def _chosen(typed: Mapping[str, Any], prefix: str) -> list[UUID]:
    """Of the boxes that were ticked; what is no id was on no page of ours."""
    try:
        return [UUID(name.removeprefix(prefix)) for name in typed if name.startswith(prefix)]
    except ValueError:
        raise NotFound("There is nothing with this id.") from None


@router.get(HOLDS)
def show_holds(actor: Viewer, work: Work, cursor: str | None = None, told: str = "") -> Response:
    return _holds(work, actor, cursor, told=_TOLD.get(told))


@router.post(HOLDS)
def place_holds(actor: Staff, work: Work, typed: Choices) -> Response:
    """From a list of documents, with a box beside each."""
    chosen = _chosen(typed, "document-")
    if not chosen:
        return RedirectResponse(f"{HOLDS}?told=none-chosen", 303)
    try:
        work.run_now(holds.place, chosen, understand(HoldIn, typed).reason, actor)
    except Invalid as refusal:
        return _holds(work, actor, refusal=refusal)
    return RedirectResponse(f"{HOLDS}?told=held", 303)


@router.post(HOLDS + "/lift")
def lift_holds(actor: Admin, work: Work, typed: Choices) -> Response:
    chosen = _chosen(typed, "document-")
    work.run_now(holds.lift, chosen, actor)
    return RedirectResponse(f"{HOLDS}?told={'lifted' if chosen else 'none-chosen'}", 303)


def _holds(
    work: UnitOfWork,
    actor: Actor,
    cursor: str | None = None,
    refusal: AppError | None = None,
    told: str | None = None,
) -> Response:
    shown = work.run_now(_held, actor, cursor)
    return _page(
        work,
        actor,
        "documents",
        "documents/holds.html",
        refusal,
        may_decide=actor.role >= Role.ADMIN,
        told=told,
        **shown,
    )


def _held(session: Session, by: Actor, cursor: str | None) -> dict[str, Any]:
    page = holds.on_hold(session, by, after=cursor)
    holders = {each.held_by for each in page.items if each.held_by}
    older = f"{HOLDS}?{urlencode({'cursor': page.next})}" if page.next else None
    return {"held": page.items, "names": accounts.names_of(session, list(holders)), "older": older}


@router.get(RESTRICTED)
def show_way_in(actor: Admin, work: Work) -> Response:
    return _page(work, actor, "settings", "documents/restricted.html", None, typed="")


@router.post(RESTRICTED)
def let_oneself_in(actor: Admin, work: Work, typed: Fields) -> Response:
    asked = str(typed.get("document", "")).strip()
    try:
        document_id = UUID(asked)
    except ValueError:
        refusal = Invalid("Nothing was changed.", fields={"document": _NO_ID})
        return _page(work, actor, "settings", "documents/restricted.html", refusal, typed=asked)
    try:
        work.run_now(restricting.let_in, document_id, actor)
    except NotFound as refused:
        refusal = Invalid("Nothing was changed.", fields={"document": refused.sentence})
        return _page(work, actor, "settings", "documents/restricted.html", refusal, typed=asked)
    return _back(document_id, "let-in")


def _page(work: UnitOfWork, actor: Actor, here: str, template: str, refusal: AppError | None, **shown: Any) -> Response:
    return render.page(
        template,
        status=refusal.status if refusal else 200,
        actor=actor,
        here=here,
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        problem=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        **shown,
    )
