"""The page about keys of one's own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from pretamane.accounts import keys, queries
from pretamane.accounts.forms import page, see, text_of
from pretamane.accounts.open_desk import OpenDesk
from pretamane.accounts.schemas import KeyIn, understand
from pretamane.core.actors import Actor, Scope
from pretamane.core.errors import AppError
from pretamane.core.http.admission import Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.unit_of_work import UnitOfWork

KEYS = "/app/settings/keys"
SCOPES = {
    Scope.CONTACTS_READ: "Read messages and contacts",
    Scope.CONTACTS_WRITE: "Change messages and contacts",
    Scope.DOCUMENTS_READ: "Read documents",
    Scope.DOCUMENTS_WRITE: "Add and change documents",
    Scope.ADMIN: "Look after accounts, jobs and the system",
}
_DONE = {"revoked": "The key is revoked."}


class KeysPage:
    """What it needs, put together once."""

    def __init__(self, work: UnitOfWork, desk: OpenDesk) -> None:
        self.work, self.desk = work, desk

    def show_keys(self, by: Viewer, done: str = "") -> Response:
        return self._keys(by, done=_DONE.get(done))

    def make_key(self, request: Request, by: Viewer, fields: Fields) -> Response:
        """The one answer that shows the key; no other page could show it after a redirect."""
        asked = {
            "name": text_of(fields, "name"),
            "scopes": [scope for scope in Scope if text_of(fields, f"scope-{scope}")],
            "days": text_of(fields, "days") or None,
        }
        try:
            wanted = understand(KeyIn, asked)
            self.desk.prove(request, by, fields)
            _, text = self.work.run_now(keys.make_key, wanted, by)
        except AppError as refusal:
            return self._keys(by, refusal, asked)
        return self._keys(by, new_key=text)

    def revoke_key(self, key_id: UUID, by: Viewer) -> Response:
        self.work.run_now(keys.revoke_key, key_id, by)
        return see(f"{KEYS}?done=revoked")

    def _keys(
        self, by: Actor, refusal: AppError | None = None, typed: Mapping[str, Any] | None = None, **told: str | None
    ) -> Response:
        context = {
            "keys": self.work.run_now(queries.usable_keys_of, by),
            "scopes": {scope: SCOPES[scope] for scope in Scope if by.role >= keys.LEAST_ROLE[scope]},
            "values": typed or {"name": "", "scopes": [], "days": "365"},
        }
        shown = {"done": None, "new_key": None, **told}
        return page(self.work, "accounts/keys.html", refusal, actor=by, here="settings", **context, **shown)


def router(keys_page: KeysPage) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(KEYS, keys_page.show_keys, methods=["GET"])
    routes.add_api_route(KEYS, keys_page.make_key, methods=["POST"])
    routes.add_api_route(f"{KEYS}/{{key_id}}/revoke", keys_page.revoke_key, methods=["POST"])
    return routes
