"""The FastAPI object inside its Edge: routes, problems, the API's description; no feature is named here."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from pretamane import __version__
from pretamane.core.http import admission, problems

OPENAPI_ADDRESS = "/api/openapi.json"


def compose(routers: Sequence[APIRouter], last: Sequence[BaseRoute], as_page: problems.AsPage) -> FastAPI:
    """`last` are tried after every router's routes; `as_page` shows a refusal to a person."""
    app = FastAPI(
        title="Pretamane",
        version=__version__,
        docs_url=None,  # its pages load scripts from elsewhere; ours is at /api/docs
        redoc_url=None,
        openapi_url=OPENAPI_ADDRESS,
        redirect_slashes=False,
    )
    for router in routers:
        app.include_router(router)
    problems.install(app, as_page)
    app.openapi = _described(app.openapi, app.routes)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    app.router.routes.extend(last)
    return app


def _described(describe: Callable[[], dict[str, Any]], routes: Sequence[BaseRoute]) -> Callable[[], dict[str, Any]]:
    def described() -> dict[str, Any]:
        schema = describe()
        if "Problem" not in schema.get("components", {}).get("schemas", {}):
            problems.document(schema)
            admission.document(schema, routes)
        return schema

    return described
