"""Who may come in by a route: said beside the route, checked before it runs."""

from collections.abc import Callable, Iterable, Iterator
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from pretamane.core.actors import Actor, Role, Scope
from pretamane.core.errors import Forbidden, SignInNeeded
from pretamane.core.http import exchange as exchanges

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

Authenticate = Callable[[Request], Actor | None]


class Admit:
    """A dependency that answers with who is asking; without a scope the route is not for keys, but for `any_key`."""

    def __init__(self, role: Role, scope: Scope | None = None, *, any_key: bool = False) -> None:
        self.role, self.scope, self.any_key = role, scope, any_key

    @property
    def takes_keys(self) -> bool:
        return self.any_key or self.scope is not None

    def __call__(self, request: Request) -> Actor:
        """A plain function, so it runs in the thread pool; it holds no connection once it returns."""
        exchanges.of(request.scope).keep_private()
        authenticate: Authenticate = request.app.state.authenticate
        actor = authenticate(request)
        if actor is None:
            raise SignInNeeded("Please sign in first.", headers={"WWW-Authenticate": "Bearer"})
        if actor.key_id is None:
            refuse_foreign_pages(request)
        if not self.any_key:
            actor.needs(self.role, self.scope)
        return actor


def admissions_of(dependant: Dependant) -> Iterator[Admit]:
    for needed in dependant.dependencies:
        if isinstance(needed.call, Admit):
            yield needed.call
        yield from admissions_of(needed)


def admit_after_all(request: Request) -> None:
    """A body that cannot be read is found before anybody is asked who they are; a stranger is told that first."""
    route = request.scope.get("route")
    if isinstance(route, APIRoute) and not exchanges.of(request.scope).is_private:
        for admit in admissions_of(route.dependant):
            admit(request)


def refuse_foreign_pages(request: Request) -> None:
    """What a browser sends along by itself proves nothing about which page asked; what it says of that page does."""
    if request.method in SAFE:
        return
    if not _is_from_our_pages(request):
        raise Forbidden("This came from another website's page, so nothing was changed.", code="foreign-page")


def _is_from_our_pages(request: Request) -> bool:
    """Fetch metadata where there is any; a neighbouring host or port is as foreign as any other page."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is None:  # no browser that this server supports leaves out both
        return False
    # Browsers keep Fetch metadata to themselves on plain http, but for localhost.
    public_url: str = request.app.state.public_url
    return origin == public_url or _is_where_this_was_sent(request, origin, public_url)


def _is_where_this_was_sent(request: Request, origin: str, public_url: str) -> bool:
    """Under another name than PUBLIC_URL's, as on a local network; but never by plain http where people use https."""
    scheme, _, host = origin.partition("://")
    schemes = {"https", public_url.partition("://")[0]}
    return scheme in schemes and host != "" and host == request.headers.get("host")


FromOurPages = Depends(refuse_foreign_pages)
# Pages, and what only a person does:
Viewer = Annotated[Actor, Depends(Admit(Role.VIEWER))]
Staff = Annotated[Actor, Depends(Admit(Role.STAFF))]
Admin = Annotated[Actor, Depends(Admit(Role.ADMIN))]
# The API's, for keys too:
Anybody = Annotated[Actor, Depends(Admit(Role.VIEWER, any_key=True))]
ContactsReader = Annotated[Actor, Depends(Admit(Role.VIEWER, Scope.CONTACTS_READ))]
ContactsWriter = Annotated[Actor, Depends(Admit(Role.STAFF, Scope.CONTACTS_WRITE))]
DocumentsReader = Annotated[Actor, Depends(Admit(Role.VIEWER, Scope.DOCUMENTS_READ))]
DocumentsWriter = Annotated[Actor, Depends(Admit(Role.STAFF, Scope.DOCUMENTS_WRITE))]
AdminOrKey = Annotated[Actor, Depends(Admit(Role.ADMIN, Scope.ADMIN))]

# By these names in the API's description.
_SESSION, _KEY = "session", "key"
_CREDENTIALS = {
    _SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-session",
        "description": "A signed-in browser's, on a page of ours; called `session` where PUBLIC_URL is plain http",
    },
    _KEY: {"type": "http", "scheme": "bearer", "description": "An API key, made at /app/settings/keys"},
}


def document(schema: dict[str, Any], routes: Iterable[BaseRoute]) -> None:
    """In the API's description, each operation says what shows who is asking: nothing, a session, or a key as well."""
    schema.setdefault("components", {})["securitySchemes"] = _CREDENTIALS
    for context in iter_route_contexts(list(routes)):
        route = context.original_route
        admissions = list(admissions_of(route.dependant)) if isinstance(route, APIRoute) else []
        for method in (context.methods or ()) if admissions else ():
            operation = schema["paths"].get(context.path_format, {}).get(method.lower())
            if operation is not None:
                operation["security"] = _credentials_for(admissions)


def _credentials_for(admissions: list[Admit]) -> list[dict[str, list[str]]]:
    return [{_SESSION: []}, {_KEY: []}] if all(admit.takes_keys for admit in admissions) else [{_SESSION: []}]
