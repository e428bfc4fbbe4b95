"""The page on which people look after their own name, password and e-mail address."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from pretamane.accounts import passwords, queries, service
from pretamane.accounts.forms import page, see, text_of
from pretamane.accounts.open_desk import OpenDesk
from pretamane.accounts.recognition import SessionCookie
from pretamane.accounts.schemas import EmailIn, ProfileIn, understand
from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, Invalid
from pretamane.core.http.admission import Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.unit_of_work import UnitOfWork

PROFILE = "/app/settings/profile"
_DONE = {
    "name": "Your name is changed.",
    "renewed": "Your password is changed, and you are signed out everywhere else.",
    "email": "A mail is on its way to the new address. Its link makes the change.",
}


class ProfilePage:
    """What it needs, put together once."""

    def __init__(self, work: UnitOfWork, desk: OpenDesk, cookie: SessionCookie) -> None:
        self.work, self.desk, self.cookie = work, desk, cookie

    def show_profile(self, by: Viewer, done: str = "") -> Response:
        return self._profile(by, done=done)

    def change_name(self, by: Viewer, fields: Fields) -> Response:
        try:
            wanted = understand(ProfileIn, fields)
            self.work.run_now(service.change_own_name, wanted.name, by)
        except AppError as refusal:
            return self._profile(by, refusal, fields)
        return see(f"{PROFILE}?done=name")

    def change_password(self, request: Request, by: Viewer, fields: Fields) -> Response:
        try:
            proof = self.desk.prove(request, by, fields)
            account = self.work.run_now(queries.own_account, by)
            new = text_of(fields, "new_password")
            why_not = passwords.why_not(new, account.email, account.name)
            if why_not:
                raise Invalid("Nothing was changed.", fields={"new_password": why_not})  # shown below
            told = (proof, passwords.hashed(new), by, request.headers.get("user-agent", ""))
            token = self.work.run_now(service.change_password, *told)
        except AppError as refusal:
            return self._profile(by, refusal)
        response = see(f"{PROFILE}?done=renewed")
        self.cookie.give(response, token)
        return response

    def change_email(self, request: Request, by: Viewer, fields: Fields) -> Response:
        try:
            wanted = understand(EmailIn, fields)
            self.desk.prove(request, by, fields)
            self.work.run_now(service.ask_for_new_email, wanted.email, by)
        except AppError as refusal:
            return self._profile(by, refusal, fields)
        return see(f"{PROFILE}?done=email")

    def _profile(
        self, by: Actor, refusal: AppError | None = None, typed: Mapping[str, Any] | None = None, done: str = ""
    ) -> Response:
        account = self.work.run_now(queries.own_account, by)
        values = {"name": account.name, "email": ""}
        values |= {name: text_of(typed, name) for name in values if typed and name in typed}
        keys = len(self.work.run_now(queries.usable_keys_of, by))
        told = {"account": account, "values": values, "keys": keys, "done": _DONE.get(done)}
        return page(self.work, "accounts/profile.html", refusal, actor=by, here="settings", **told)


def router(profile: ProfilePage) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route(PROFILE, profile.show_profile, methods=["GET"])
    routes.add_api_route(f"{PROFILE}/name", profile.change_name, methods=["POST"])
    routes.add_api_route(f"{PROFILE}/password", profile.change_password, methods=["POST"])
    routes.add_api_route(f"{PROFILE}/email", profile.change_email, methods=["POST"])
    return routes
