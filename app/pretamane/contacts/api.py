"""The contact form's address, for scripts, other websites' forms and pages without script."""

import hashlib
import json
from functools import partial
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from pretamane.contacts import pages, service
from pretamane.contacts.schemas import MessageIn, Receipt, understand
from pretamane.core.errors import AppError
from pretamane.core.http.fields import is_a_form, read_fields
from pretamane.core.http.rate_limits import RateLimits
from pretamane.core.idempotency import Claim, OnlyOnce, Outcome, UnderWay, patiently
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import Clock

# A phone changes networks between two tries, so visitors are one caller: the key is theirs, and the body proves it.
VISITOR = "visitor"
# One takes milliseconds, most of them Python's: more threads would only wake each other in a rush, a fifth slower.
AT_ONCE = 4


class Intake:
    """Where messages come in: what `POST /contact` needs, put together once."""

    def __init__(self, work: UnitOfWork, once: OnlyOnce, limits: RateLimits, clock: Clock, limit: str) -> None:
        self.work, self.once, self.limits, self.clock, self.limit = work, once, limits, clock, limit
        self._turns = CapacityLimiter(AT_ONCE)

    async def take(self, request: Request, typed: dict[str, Any], key: str | None) -> Outcome[Receipt]:
        """Limit, checks and transaction share one turn of one thread: handing over costs more than each of them."""
        try:
            return await to_thread.run_sync(self._admit_and_keep, request, typed, key, limiter=self._turns)
        except UnderWay:
            return await patiently(partial(self._keep, typed, key))

    def _admit_and_keep(self, request: Request, typed: dict[str, Any], key: str | None) -> Outcome[Receipt]:
        self.limits.spend(request, "contact", self.limit)
        return self._keep(typed, key)

    def _keep(self, typed: dict[str, Any], key: str | None) -> Outcome[Receipt]:
        message = understand(typed)
        keep = partial(service.keep_message, message=message, now=self.clock.now())
        if key is None:
            return Outcome(self.work.run_now(keep), replayed=False)
        return self.once.run_now(Claim.of(VISITOR, "contact", key, message.what_was_said()), keep, Receipt)

    async def receive(self, request: Request) -> Response:
        header = request.headers.get("idempotency-key")
        if _wants_a_page(request):
            return await self._receive_for_a_page(request, header)
        typed = await read_fields(request)
        outcome = await self.take(request, typed, header)
        replayed = {"Idempotency-Replayed": "true"} if outcome.replayed else {}
        return JSONResponse(outcome.answer.model_dump(mode="json"), 201, replayed)

    async def _receive_for_a_page(self, request: Request, header: str | None) -> Response:
        try:
            typed = await read_fields(request)
        except AppError as refusal:
            return await pages.unreadable(self.work, refusal)
        key = header or typed.get("idempotency_key") or _key_of(self.limits.pseudonym(request), typed)
        try:
            outcome = await self.take(request, typed, key)
        except AppError as refusal:
            return await pages.form_again(self.work, request, typed, refusal, key)
        return await pages.thanks(self.work, outcome.answer)


def _key_of(client: str, typed: dict[str, Any]) -> str:
    """For a form that brings no key: sent again by a reload, it is the same message from the same connection."""
    return hashlib.sha256(json.dumps([client, typed], sort_keys=True).encode()).hexdigest()


def _wants_a_page(request: Request) -> bool:
    return is_a_form(request) and "text/html" in request.headers.get("accept", "")


def router(intake: Intake) -> APIRouter:
    routes = APIRouter(tags=["contact"])
    for address, old in (("/api/v1/contact", False), ("/contact", True), ("/api/contact", True)):
        routes.add_api_route(
            address,
            intake.receive,
            methods=["POST"],
            status_code=201,
            response_model=Receipt,
            summary="Send the practice a message",
            description="The same for JSON and for forms; first_name and last_name are understood in place of name.",
            response_description="The message is kept; what looks like a program's work is answered alike",
            deprecated=old or None,
            openapi_extra=_DESCRIBED,
        )
    return routes


_A_PAGE: dict[str, Any] = {"content": {"text/html": {"schema": {"type": "string"}}}}
_DESCRIBED = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same key with the same message is kept once; a retry gets the first answer.",
            "schema": {"type": "string", "minLength": 8, "maxLength": 200, "pattern": "^[!-~]{8,200}$"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": MessageIn.model_json_schema()}
            for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
        },
    },
    # A form's sender who asks for text/html gets a page: thanks, or the form again with what was typed.
    "responses": {
        "201": _A_PAGE
        | {
            "headers": {
                "Idempotency-Replayed": {
                    "description": "`true` when this is the first outcome, told again",
                    "schema": {"type": "string", "enum": ["true"]},
                }
            }
        },
        "4XX": _A_PAGE,
        "5XX": _A_PAGE,
    },
}
