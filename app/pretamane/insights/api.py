"""Visits and public totals."""

from anyio import to_thread
from fastapi import APIRouter, Request, Response

from pretamane.core.http.caching import REVALIDATED, REVALIDATION, cacheable
from pretamane.core.http.rate_limits import RateLimits
from pretamane.core.unit_of_work import Transaction, UnitOfWork
from pretamane.insights import queries, service
from pretamane.insights.schemas import Totals, Visit, is_known_bot
from pretamane.ports import Clock

FRESH_SECONDS = 60


def router(work: UnitOfWork, limits: RateLimits, clock: Clock, visit_limit: str) -> APIRouter:
    routes = APIRouter(tags=["insights"])

    @routes.post(
        "/api/v1/visits",
        status_code=204,
        summary="Count a visit to a page",
        description="No cookie is set and no address stored; known bots are answered alike and not counted.",
        response_description="Heard, whether counted or not",
    )
    async def count_visit(request: Request, visit: Visit) -> Response:
        await to_thread.run_sync(limits.spend, request, "visits", visit_limit)
        if not is_known_bot(request.headers.get("user-agent", "")):
            await work.run(service.count_visit, visit.page, clock.now().date())
        return Response(status_code=204)

    @routes.get(
        "/api/v1/stats",
        response_model=Totals,
        summary="How many visits and messages there have been",
        response_description="Totals since the beginning, spam left out",
        responses=REVALIDATED,
        openapi_extra=REVALIDATION,
    )
    def show_totals(request: Request, session: Transaction) -> Response:
        return cacheable(request, queries.totals(session).model_dump_json().encode(), "application/json", FRESH_SECONDS)

    return routes
