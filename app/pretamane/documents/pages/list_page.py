"""The list of documents, and the upload that needs no script."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.core import request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError
from pretamane.core.http.admission import Staff, Viewer
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.filing import labels
from pretamane.documents.models import FAILED, PROCESSING, QUARANTINED, READY, RECEIVED, DocumentType, Tag
from pretamane.documents.pages import undo_offers
from pretamane.documents.pages.shown_filters import ADDRESS, Filters, find
from pretamane.documents.pages.undo_offers import TOLD
from pretamane.documents.receiving.intake import FORM_BYTES, Intake
from pretamane.documents.recognising import kinds
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

LABELS = {
    RECEIVED: "Waiting to be read",
    PROCESSING: "Being read",
    READY: "Ready",
    FAILED: "Not read",
    QUARANTINED: "In quarantine",
}
KINDS = {kind.name: kind.called.removeprefix("a ").removeprefix("an ") for kind in kinds.KINDS}
ENDINGS = ",".join(f".{extension}" for extension in kinds.BY_EXTENSION)

_TOLD = {
    **TOLD,
    "purged": "The document was removed for good.",
    "left": "Only the people you named see the document now. You are not one of them.",
}
Shown = Annotated[Filters, Depends(Filters)]


def limit_in_words(limit: int) -> str:
    """As the refusal of a larger one says it."""
    return f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit // 2**10} KiB"


class DocumentsPage:
    def __init__(self, work: UnitOfWork, intake: Intake) -> None:
        self._work, self._intake = work, intake

    def show(self, actor: Viewer, shown: Shown, done: UUID | None = None, told: str = "") -> Response:
        return self._page(actor, shown, told=_TOLD.get(told), done=done)

    async def receive(self, actor: Staff, request: Request) -> Response:
        """The browser keeps no file that was refused: its person chooses again, with the sentence before them."""
        try:
            kept = (await self._intake.receive_form(request, {}, actor)).answer
        except AppError as refusal:
            return await to_thread.run_sync(partial(self._page, actor, Filters(), refusal))
        known = {"known": str(kept.duplicate_of.id)} if kept.duplicate_of else {}
        return RedirectResponse(f"{ADDRESS}/{kept.id}?{urlencode({'told': 'kept', **known})}", 303)

    def _page(
        self,
        actor: Actor,
        shown: Filters,
        refusal: AppError | None = None,
        told: str | None = None,
        done: UUID | None = None,
    ) -> Response:
        found = self._work.run_now(find, shown, actor)
        return render.page(
            "documents/documents.html",
            status=refusal.status if refusal else 200,
            actor=actor,
            here="documents",
            may_write=actor.role >= Role.STAFF,
            found=found,
            labels=LABELS,
            kinds=KINDS,
            endings=ENDINGS,
            limit=limit_in_words(self._intake.limit),
            shown=shown,
            older=shown.address(found.page.next) if found.page.next else None,
            newest=shown.address() if shown.cursor else None,
            problem=refusal.sentence if refusal else None,
            faults=list(refusal.fields.values()) if refusal else [],
            told=told,
            request_id=request_ids.current.get(),
            **self._work.run_now(_beside, done, actor),
        )


def _beside(session: Session, done: UUID | None, by: Actor) -> dict[str, Any]:
    return {
        "practice": PublicPractice.of(practice_queries.current(session)),
        "types": labels.by_name(session, DocumentType),
        "tags": labels.by_name(session, Tag),
        "undo": undo_offers.offer(session, done, by),
    }


def body_limits(limit: int) -> Mapping[str, int]:
    return {f"POST {ADDRESS}": limit + FORM_BYTES}


def router(work: UnitOfWork, intake: Intake) -> APIRouter:
    routes, page = APIRouter(include_in_schema=False), DocumentsPage(work, intake)
    routes.add_api_route(ADDRESS, page.show, methods=["GET"], response_class=Response)
    routes.add_api_route(ADDRESS, page.receive, methods=["POST"], response_class=Response)
    return routes
