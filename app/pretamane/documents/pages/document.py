"""One document: its pages as pictures or as text, what became of it, and what can be done with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr
from sqlalchemy.orm import Session

from pretamane.core import request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError, ChangedMeanwhile, Conflict, Invalid
from pretamane.core.http.admission import Admin, Staff, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.http.versions import Seen
from pretamane.core.unit_of_work import UnitOfWork, Work
from pretamane.documents import queries, service
from pretamane.documents.about import steps
from pretamane.documents.models import PROCESSING, RECEIVED, DocumentVersion
from pretamane.documents.names import display_name
from pretamane.documents.pages import document_view
from pretamane.documents.pages.document_view import Asked, View
from pretamane.documents.pages.list_page import ENDINGS, KINDS, LABELS
from pretamane.documents.pages.shown_filters import ADDRESS
from pretamane.documents.pages.undo_offers import TOLD
from pretamane.documents.reading import quarantine, reprocessing
from pretamane.documents.reading.unlocking import Unlocking
from pretamane.documents.recognising.found import Mark
from pretamane.documents.serving import viewing
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

P = ParamSpec("P")

_TOLD = {
    **TOLD,
    "kept": "The document is kept.",
    "trashed": "The document is in the trash. Nothing of it is removed.",
    "restored": "The document is out of the trash.",
    "again": "The document will be read again.",
    "released": "The document is out of quarantine, and will be read.",
    "held": "The document is on hold: nothing removes it.",
    "lifted": "The hold is lifted.",
    "restricted": "Only the people you named see the document now.",
    "opened": "Everybody here may see the document again.",
    "let-in": "You are named now. The audit says so.",
    "unlocked": "The document was read. Its password was not kept.",
    "replaced": "The new version is kept, and counts from now on. The one before is below.",
    "same": "The document has these very bytes already, so nothing was changed.",
    "waits": "The new version is in quarantine. Until it is released, the one before counts.",
    "chosen": "Another version counts now. None is gone.",
}
_STEPS = {
    steps.TEXT: "Text",
    steps.OCR: "Text recognition",
    steps.FACTS: "Date and language",
    steps.THUMBNAIL: "Small picture",
    steps.ATTACHMENTS: "Attachments",
}
_UNDECIDED = "Tick the box to say that you have looked at it. It stays in quarantine."
_UNCONFIRMED = "Tick the box to say that you mean it. Nothing was removed."

_routes = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Just:
    """What was done a moment ago, and an older document that is said to have the same bytes."""

    told: str = ""
    done: UUID | None = None
    known: UUID | None = None


@_routes.get(ADDRESS + "/{document_id}")
def show_document(
    actor: Viewer,
    work: Work,
    document_id: UUID,
    just: Annotated[Just, Depends(Just)],
    view: str = "",
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    asked = Asked(view == "text", after, just.known, just.done)
    return page(work, actor, document_id, asked, told=_TOLD.get(just.told))


@_routes.post(ADDRESS + "/{document_id}/trash")
def trash(actor: Staff, work: Work, document_id: UUID, typed: Fields) -> Response:
    return then("trashed", work, actor, document_id, service.trash, document_id, seen_in(typed), actor)


@_routes.post(ADDRESS + "/{document_id}/restore")
def restore(actor: Staff, work: Work, document_id: UUID, typed: Fields) -> Response:
    return then("restored", work, actor, document_id, service.restore, document_id, seen_in(typed), actor)


@_routes.post(ADDRESS + "/{document_id}/purge")
def purge(actor: Admin, work: Work, document_id: UUID, typed: Fields) -> Response:
    if "sure" not in typed:
        return page(work, actor, document_id, refusal=Invalid(_UNCONFIRMED))
    try:
        work.run_now(service.purge, document_id, actor)
    except Conflict as refusal:
        return page(work, actor, document_id, refusal=refusal)
    return RedirectResponse(f"{ADDRESS}?{urlencode({'state': 'trash', 'told': 'purged'})}", 303)


@_routes.post(ADDRESS + "/{document_id}/process")
def process_again(actor: Staff, work: Work, document_id: UUID) -> Response:
    return then("again", work, actor, document_id, reprocessing.process_again, document_id, actor)


@_routes.post(ADDRESS + "/{document_id}/release")
def release(actor: Admin, work: Work, document_id: UUID, typed: Fields) -> Response:
    if "sure" not in typed:
        return page(work, actor, document_id, refusal=Invalid(_UNDECIDED))
    return then("released", work, actor, document_id, quarantine.release, document_id, actor, _number_in(typed))


def router(unlocking: Unlocking) -> APIRouter:
    """The password goes straight to whoever reads with it: nothing else here ever sees one."""

    def unlock(actor: Staff, work: Work, document_id: UUID, typed: Fields) -> Response:
        version_id = work.run_now(queries.document, document_id, actor).document.current_version_id
        try:
            unlocking.read_with_password(version_id, SecretStr(str(typed.get("password", ""))), actor)
        except (Conflict, Invalid) as refusal:
            return page(work, actor, document_id, refusal=refusal)
        return RedirectResponse(f"{ADDRESS}/{document_id}?told=unlocked", 303)

    routes = APIRouter(include_in_schema=False)
    routes.include_router(_routes)
    routes.add_api_route(ADDRESS + "/{document_id}/password", unlock, methods=["POST"], response_class=Response)
    return routes


def then(
    told: str,
    work: UnitOfWork,
    actor: Actor,
    document_id: UUID,
    verb: Callable[Concatenate[Session, P], object],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """Do it, and say so on the document's page; or say there why not, with the newer version in its forms."""
    try:
        work.run_now(verb, *args, **kwargs)
    except (ChangedMeanwhile, Conflict, Invalid) as refusal:
        return page(work, actor, document_id, refusal=refusal)
    return RedirectResponse(f"{ADDRESS}/{document_id}?told={told}", 303)


def _number_in(typed: Mapping[str, Any]) -> int | None:
    number = str(typed.get("number", ""))
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def seen_in(typed: Mapping[str, Any]) -> Seen:
    version = str(typed.get("version", ""))
    return [int(version)] if version.isascii() and version.isdigit() and len(version) < 10 else []


def page(
    work: UnitOfWork,
    actor: Actor,
    document_id: UUID,
    asked: Asked = Asked(),  # noqa: B008  # frozen
    refusal: AppError | None = None,
    told: str | None = None,
    typed: Mapping[str, Any] | None = None,
) -> Response:
    shown = work.run_now(document_view.look, document_id, asked, actor)
    return render.page(
        "documents/document.html",
        status=refusal.status if refusal else 200,
        actor=actor,
        here="documents",
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        may_write=actor.role >= Role.STAFF,
        may_decide=actor.role >= Role.ADMIN,
        shown=shown,
        document=shown.whole.document,
        version=shown.version,
        filename=display_name(shown.version.filename),
        size=shown.whole.current[1].size,
        **_about(shown.version, asked),
        **_filed(shown, typed, refusal),
        names={each.id: display_name(each.filename) for each, _ in shown.whole.versions},
        endings=ENDINGS,
        labels=LABELS,
        steps=_STEPS,
        kinds=KINDS,
        problem=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        told=told,
    )


def _filed(shown: View, typed: Mapping[str, Any] | None, refusal: AppError | None) -> dict[str, Any]:
    """What the form has; after a clash also what is there now, where it is something else than what was typed."""
    there = _there(shown)
    tags = [tag.name for tag in shown.whole.document.tags]
    if typed is None:
        return {"values": there, "kept_tags": tags, "now_there": {}}
    values = {name: str(typed.get(name, value)) for name, value in there.items()}
    kept = [str(value) for name, value in typed.items() if name.startswith("tag-")]
    now_there = {name: value for name, value in there.items() if value != values[name] and name != "more_tags"}
    if kept != tags:
        now_there["more_tags"] = ", ".join(tags)
    is_clash = isinstance(refusal, ChangedMeanwhile)
    return {"values": values, "kept_tags": kept, "now_there": now_there if is_clash else {}}


def _there(shown: View) -> dict[str, str]:
    document = shown.whole.document
    return {
        "title": document.title,
        "contact": shown.contact.email if shown.contact else "",
        "type_id": str(document.type_id or ""),
        "document_date": document.document_date.isoformat() if document.document_date else "",
        "more_tags": "",
        "notes": document.notes,
    }


def _about(version: DocumentVersion, asked: Asked) -> dict[str, Any]:
    has_pictures = viewing.is_shown_as_pictures(version)
    return {
        "has_pictures": has_pictures,
        "as_text": asked.as_text or not has_pictures,
        "is_waiting": version.state in (RECEIVED, PROCESSING),
        "marks": [Mark(mark).sentence for mark in version.marks],
    }
