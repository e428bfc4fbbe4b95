"""Visits and public totals."""

from fastapi import APIRouter, Request, Response

from pretamane.core.http.caching import cacheable
from pretamane.core.http.rate_limits import RateLimits
from pretamane.core.unit_of_work import Transaction, UnitOfWork
from pretamane.insights import queries, service
from pretamane.insights.schemas import Totals, Visit, is_known_bot
from pretamane.ports import Clock

FRESH_SECONDS = 60


def router(work: UnitOfWork, limits: RateLimits, clock: Clock, visit_limit: str) -> APIRouter:
    routes = APIRouter(tags=["insights"])

    @routes.post("/api/v1/visits", status_code=204)
    async def count_visit(request: Request, visit: Visit) -> Response:
        await limits.spend(request, "visits", visit_limit)
        if not is_known_bot(request.headers.get("user-agent", "")):
            await work.run(service.count_visit, visit.page, clock.now().date())
        return Response(status_code=204)

    @routes.get("/api/v1/stats", response_model=Totals)
    def show_totals(request: Request, session: Transaction) -> Response:
        return cacheable(request, queries.totals(session).model_dump_json().encode(), "application/json", FRESH_SECONDS)

    return routes
