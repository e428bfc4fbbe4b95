"""A contact's personal data: what there is, taken out as a ZIP, or erased."""

from functools import partial
from typing import Any
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core import request_ids
from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, Invalid
from pretamane.core.http.admission import Admin, AdminOrKey
from pretamane.core.http.fields import Fields
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import BlobStore, Mailer
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.system import erasure, personal_data
from pretamane.system.erasure import Erasure, Report
from pretamane.system.personal_data import PersonalData
from pretamane.system.personal_schemas import ErasureIn, ErasureOut
from pretamane.web import render

_API, _PAGE = "/api/v1/contacts/{contact_id}", "/app/contacts/{contact_id}"


class PersonalPages:
    def __init__(self, work: UnitOfWork, store: BlobStore, mailer: Mailer) -> None:
        self._work, self._store, self._erasure = work, store, Erasure(work, mailer)

    async def download(self, by: AdminOrKey, contact_id: UUID) -> StreamingResponse:
        """Whom it is about, and that it was taken, is known before the answer begins."""
        return await self._taken_out(contact_id, by)

    async def download_in_a_browser(self, actor: Admin, contact_id: UUID) -> StreamingResponse:
        return await self._taken_out(contact_id, actor)

    async def _taken_out(self, contact_id: UUID, by: Actor) -> StreamingResponse:
        asked = await self._work.run(personal_data.begin, contact_id, by)
        pieces = PersonalData(self._work, self._store, asked).zip()
        headers = {
            "Content-Disposition": 'attachment; filename="personal-data.zip"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return StreamingResponse(pieces, media_type="application/zip", headers=headers)

    def plan(self, by: AdminOrKey, contact_id: UUID) -> ErasureOut:
        return ErasureOut.model_validate(self._work.run_now(erasure.would_go, contact_id, by))

    def erase(self, by: AdminOrKey, contact_id: UUID, confirmed: ErasureIn) -> ErasureOut:
        return ErasureOut.model_validate(self._erasure.erase(contact_id, confirmed.word, by))

    def show(self, actor: Admin, contact_id: UUID) -> Response:
        return self._shown(actor, contact_id)

    async def confirm(self, actor: Admin, contact_id: UUID, typed: Fields) -> Response:
        return await to_thread.run_sync(partial(self._confirmed, actor, contact_id, str(typed.get("word", ""))))

    def _confirmed(self, actor: Actor, contact_id: UUID, word: str) -> Response:
        try:
            report = self._erasure.erase(contact_id, word, actor)
        except Invalid as refusal:
            return self._shown(actor, contact_id, word, refusal)
        return _page(self._work, "erased", actor, report)

    def _shown(self, actor: Actor, contact_id: UUID, word: str = "", refusal: AppError | None = None) -> Response:
        report, name = self._work.run_now(_planned, contact_id, actor)
        return _page(self._work, "personal_data", actor, report, refusal, name=name, word=word)


def _planned(session: Session, contact_id: UUID, by: Actor) -> tuple[Report, str]:
    return erasure.would_go(session, contact_id, by), contacts.contact(session, contact_id).name


def _page(
    work: UnitOfWork, template: str, actor: Actor, report: Report, refusal: AppError | None = None, **more: Any
) -> Response:
    return render.page(
        f"system/{template}.html",
        status=refusal.status if refusal else 200,
        actor=actor,
        here="contacts",
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        report=report,
        problem=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        **more,
    )


def router(pages: PersonalPages) -> APIRouter:
    routes, add = APIRouter(tags=["contacts"]), APIRouter.add_api_route
    add(
        routes,
        f"{_API}/personal-data",
        pages.download,
        methods=["GET"],
        response_class=StreamingResponse,
        summary="Everything about a contact, as a ZIP",
        response_description="Readable without us: pages, tables, JSON and the originals of their documents",
        responses={200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}},
    )
    add(
        routes,
        f"{_API}/erasure",
        pages.plan,
        methods=["GET"],
        summary="What an erasure of a contact would remove",
        response_description="What would go, and what would stay because it is on hold",
    )
    add(
        routes,
        f"{_API}/erasure",
        pages.erase,
        methods=["POST"],
        summary="Erase a contact, and everything about them",
        response_description="What went, and what stayed because it is on hold",
    )
    for address, page, method in (
        (f"{_PAGE}/personal-data", pages.show, "GET"),
        (f"{_PAGE}/personal-data.zip", pages.download_in_a_browser, "GET"),
        (f"{_PAGE}/erasure", pages.confirm, "POST"),
    ):
        add(routes, address, page, methods=[method], include_in_schema=False, response_class=Response)
    return routes
