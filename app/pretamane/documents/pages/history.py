"""New versions from a document's page, and the way back to older ones."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from pretamane.core.errors import AppError, NotFound
from pretamane.core.http.admission import Staff
from pretamane.core.http.fields import Fields
from pretamane.core.unit_of_work import Work
from pretamane.documents.models import QUARANTINED
from pretamane.documents.pages import document as document_pages
from pretamane.documents.pages.document import seen_in, then
from pretamane.documents.pages.shown_filters import ADDRESS
from pretamane.documents.receiving import versions
from pretamane.documents.receiving.intake import FORM_BYTES, Intake
from pretamane.documents.schemas import ReceivedOut
from pretamane.documents.service import Onto

_VERSIONS = ADDRESS + "/{document_id}/versions"
Number = Annotated[int, Path(ge=1, le=2_147_483_647)]


def body_limits(limit: int) -> Mapping[str, int]:
    return {f"POST {_VERSIONS}": limit + FORM_BYTES}


def router(intake: Intake) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    async def replace(actor: Staff, work: Work, request: Request, document_id: UUID) -> Response:
        """The browser keeps no file that was refused: its person chooses again, with the sentence before them."""

        def onto(fields: Mapping[str, str]) -> Onto:
            return Onto(document_id, seen_in(fields))

        try:
            kept = (await intake.receive_form(request, {}, actor, onto)).answer
        except NotFound:
            raise
        except AppError as refusal:
            return await to_thread.run_sync(partial(document_pages.page, work, actor, document_id, refusal=refusal))
        return RedirectResponse(f"{ADDRESS}/{document_id}?told={_told(kept)}", 303)

    routes.add_api_route(_VERSIONS, replace, methods=["POST"], response_class=Response)
    routes.add_api_route(_VERSIONS + "/{number}/current", _make_current, methods=["POST"], response_class=Response)
    return routes


def _told(kept: ReceivedOut) -> str:
    if not kept.is_new:
        return "same"
    return "waits" if kept.received.state == QUARANTINED else "replaced"


def _make_current(actor: Staff, work: Work, document_id: UUID, number: Number, typed: Fields) -> Response:
    return then("chosen", work, actor, document_id, versions.make_current, document_id, number, seen_in(typed), actor)
