"""Alive, ready, healthy, counted."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from pretamane.core import metrics
from pretamane.core.errors import NotFound, Unavailable
from pretamane.core.http import exchange as exchanges
from pretamane.system.health import HealthCheck
from pretamane.system.schemas import Health, Liveness, Readiness

router = APIRouter(tags=["system"])


@router.get(
    "/health/live",
    summary="Whether this process is alive",
    response_description="It is",
)
async def live() -> Liveness:
    return Liveness()


@router.get(
    "/metrics",
    response_class=Response,
    summary="Counters and timings for Prometheus",
    description="For the house's own network: through the edge there is nothing at this address.",
    response_description="Every process's figures, added up",
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def exposition(request: Request) -> Response:
    if exchanges.of(request.scope).through_the_edge:
        raise NotFound("There is nothing at this address.")
    return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)


def readiness(why_not_ready: Callable[[], str | None]) -> APIRouter:
    """`why_not_ready` answers with a sentence while this process must get no requests."""
    routes = APIRouter(tags=["system"])

    @routes.get(
        "/health/ready",
        summary="Whether this process can serve",
        description="Started, its tables migrated, and not about to end; otherwise a 503 says which is missing.",
        response_description="It can",
    )
    def ready() -> Readiness:
        if reason := why_not_ready():
            raise Unavailable(reason, code="not-ready")
        return Readiness()

    return routes


def dependencies(health: HealthCheck) -> APIRouter:
    routes = APIRouter(tags=["system"])

    async def show_health(request: Request) -> Response:
        state = await health.ask()
        hidden = None if exchanges.of(request.scope).own_machinery else {"dependencies": {"__all__": {"milliseconds"}}}
        status = 503 if state.status == "down" else 200
        return JSONResponse(state.model_dump(exclude=hidden), status, {"Cache-Control": "no-store"})

    for address in ("/health", "/api/health"):
        routes.add_api_route(
            address,
            show_health,
            methods=["GET"],
            response_model=Health,
            summary="How every dependency is",
            response_description="All are there, or only an optional one is down (`degraded`)",
            responses={503: {"model": Health, "description": "A required dependency is down"}},
        )
    return routes
