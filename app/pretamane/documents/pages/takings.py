"""What staff take away from the list's page: what they ticked, or all that it lists."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from pretamane.core.errors import Invalid
from pretamane.core.http import tables
from pretamane.core.http.admission import Viewer
from pretamane.core.http.fields import Choices
from pretamane.core.unit_of_work import Work
from pretamane.documents.pages.list_page import Shown
from pretamane.documents.pages.shown_filters import ADDRESS, wanted
from pretamane.documents.takings.tables import of_documents
from pretamane.documents.takings.takings import Takings

# What stands before the id in the name of a box that is ticked.
BOX = "document-"


def router(takings: Takings) -> APIRouter:
    routes = APIRouter(include_in_schema=False)

    def zip_of_ticked(by: Viewer, typed: Choices) -> Response:
        ids = _ids_in(typed)
        if not ids:
            raise Invalid("Choose at least one document first.")
        return takings.chosen(ids, by)

    def zip_of_shown(by: Viewer, work: Work, shown: Shown) -> Response:
        which = work.run_now(wanted, shown)
        return takings.chosen([], by) if which is None else takings.listed(which, by)

    async def table_of_shown(by: Viewer, work: Work, shown: Shown) -> Response:
        which = await work.run(wanted, shown)
        if which is None:
            return RedirectResponse(shown.address(), 303)
        return await tables.download(work, of_documents(which, by), by)

    routes.add_api_route(ADDRESS + "/zip", zip_of_ticked, methods=["POST"], response_class=Response)
    routes.add_api_route(ADDRESS + ".zip", zip_of_shown, methods=["GET"], response_class=Response)
    routes.add_api_route(ADDRESS + ".csv", table_of_shown, methods=["GET"], response_class=Response)
    return routes


def _ids_in(typed: Mapping[str, Any]) -> list[UUID]:
    names = (name.removeprefix(BOX) for name in typed if name.startswith(BOX))
    return [found for name in names if (found := _id(name))]


def _id(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None
