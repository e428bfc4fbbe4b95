"""Alive, ready, healthy, counted."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from pretamane.core import metrics
from pretamane.core.errors import NotFound, Unavailable
from pretamane.core.http import exchange as exchanges
from pretamane.system.health import HealthCheck
from pretamane.system.schemas import Health, Liveness, Readiness


def router(health: HealthCheck, why_not_ready: Callable[[], str | None]) -> APIRouter:
    """`why_not_ready` answers with a sentence while this process must get no requests."""
    routes = APIRouter(tags=["system"])

    @routes.get("/health/live")
    async def live() -> Liveness:
        return Liveness()

    @routes.get("/health/ready")
    def ready() -> Readiness:
        if reason := why_not_ready():
            raise Unavailable(reason, code="not-ready")
        return Readiness()

    @routes.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def exposition(request: Request) -> Response:
        if exchanges.of(request.scope).through_the_edge:
            raise NotFound("There is nothing at this address.")
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    async def show_health(request: Request) -> Response:
        state = await health.ask()
        hidden = None if exchanges.of(request.scope).own_machinery else {"dependencies": {"__all__": {"milliseconds"}}}
        return JSONResponse(
            state.model_dump(exclude=hidden),
            503 if state.status == "down" else 200,
            {"Cache-Control": "no-store"},
        )

    for address in ("/health", "/api/health"):
        routes.add_api_route(
            address, show_health, methods=["GET"], response_model=Health, responses={503: {"model": Health}}
        )
    return routes
