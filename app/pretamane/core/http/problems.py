"""The one place that renders a refusal: as RFC 9457 has it for programs, as a page for people."""

import logging
from collections.abc import Callable
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from pretamane.core import request_ids
from pretamane.core.errors import AppError
from pretamane.core.http import admission

# How a refusal looks to a person: wiring says, because pages are above core.
AsPage = Callable[[Request, AppError], Response]

# What is below these is read by people, but for the styles and modules that their pages fetch.
_PAGES, _NO_PAGES = ("/app", "/s", "/r"), ("/app/static",)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_log = logging.getLogger("pretamane.problems")

_SENTENCES = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is larger than this address takes.",
    500: "Something went wrong on our side. It has been logged under the request id.",
}

# A status that HTTP itself does not know: tus's own.
_TITLES = {460: "Checksum Mismatch"}


class Problem(BaseModel):
    """What every refusal of the API looks like."""

    type: str = Field(description="Where this kind of refusal is explained")
    title: str = Field(description="The status in words")
    status: int
    code: str = Field(description="A stable name for this kind of refusal")
    detail: str = Field(description="A sentence for a person")
    request_id: str | None = Field(description="Quote this id when you ask about it")
    errors: dict[str, str] | None = Field(default=None, description="A sentence for each field that cannot be taken")


def is_for_a_person(request: Request) -> bool:
    """Whoever asks for a page, unless a script of that page says that it takes JSON and no HTML."""
    if not _is_below(_PAGES, request.url.path) or _is_below(_NO_PAGES, request.url.path):
        return False
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or "json" not in accepted


def _is_below(roots: tuple[str, ...], path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def answer(request: Request, refusal: AppError, as_page: AsPage | None) -> Response:
    """May ask the database how the practice looks: for a thread, not for the event loop."""
    if as_page is not None and is_for_a_person(request):
        return as_page(request, refusal)
    return render(refusal)


def render(refusal: AppError) -> Response:
    problem = Problem(
        type=f"/api/docs#problem-{refusal.code}",
        title=_TITLES.get(refusal.status) or HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        code=refusal.code,
        detail=refusal.sentence,
        request_id=request_ids.current.get(),
        errors=refusal.fields or None,
    )
    return JSONResponse(
        {**refusal.members, **problem.model_dump(exclude_none=True)},
        refusal.status,
        {"Cache-Control": "no-store", **refusal.headers},
        "application/problem+json",
    )


def unexpected() -> AppError:
    return _refusal(500, _SENTENCES[500], code="internal-error")


def _refusal(status: int, sentence: str, *, code: str, headers: dict[str, str] | None = None) -> AppError:
    refusal = AppError(sentence, code=code, headers=headers)
    refusal.status = status
    return refusal


def _log_failure(refusal: AppError) -> AppError:
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s: %s", refusal.code, refusal.sentence, exc_info=refusal.__cause__)
    return refusal


def _of_http_exception(failure: HTTPException) -> AppError:
    status = HTTPStatus(failure.status_code)
    code = status.phrase.lower().replace(" ", "-")
    sentence = _SENTENCES.get(status, f"{status.phrase}.")
    return _refusal(status, sentence, code=code, headers=dict(failure.headers or {}))


def _of_invalid_request(failure: RequestValidationError) -> AppError:
    faults: dict[str, str] = {}
    for fault in failure.errors():
        field = ".".join(str(part) for part in fault["loc"][1:]) or "body"
        faults.setdefault(field, f"{fault['msg']}.")
    refusal = AppError("Some of what was sent cannot be taken.", code="invalid", fields=faults)
    refusal.status = 422
    return refusal


def _of_anything_else(_failure: Exception) -> AppError:
    return unexpected()  # the edge logs it, with its trace


async def _on_client_left(_request: Request, _failure: Exception) -> Response:
    return Response(status_code=499)  # nobody is there to read it; the edge logs 499


def install(app: FastAPI, as_page: AsPage | None = None) -> None:
    refusals: dict[type[Exception], Callable[[Any], AppError]] = {  # each is called with its own kind only
        AppError: _log_failure,
        HTTPException: _of_http_exception,
        RequestValidationError: _of_invalid_request,
        Exception: _of_anything_else,
    }
    for kind, understand in refusals.items():
        app.add_exception_handler(kind, _answering(understand, as_page))
    app.add_exception_handler(ClientDisconnect, _on_client_left)


def _answering(
    understand: Callable[[Any], AppError], as_page: AsPage | None
) -> Callable[[Request, Exception], Response]:
    def answer_failure(request: Request, failure: Exception) -> Response:
        refusal = _of_a_stranger(request, failure) or understand(failure)
        if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
            refusal.headers["Allow"] = ", ".join(_methods_taken_by(request))
        return answer(request, refusal, as_page)

    return answer_failure


def _of_a_stranger(request: Request, failure: Exception) -> AppError | None:
    is_unreadable = isinstance(failure, HTTPException) and failure.status_code == HTTPStatus.BAD_REQUEST
    if not is_unreadable and not isinstance(failure, RequestValidationError):
        return None
    try:
        admission.admit_after_all(request)
    except AppError as refusal:
        return refusal
    return None


def _methods_taken_by(request: Request) -> list[str]:
    """Whoever refused knew its own route only, and an address may have several."""

    def takes(method: str) -> bool:
        scope = {**request.scope, "method": method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)

    return [method for method in METHODS if takes(method)]


def document(schema: dict[str, Any]) -> None:
    """In the API's description, every operation may answer with a problem; say so once."""
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    components["headers"] = {"X-Request-ID": _REQUEST_ID}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"] = _with_refusals(operation["responses"])


_REQUEST_ID = {
    "description": "Names this request in our log; quote it when you ask about it",
    "schema": {"type": "string"},
    "required": True,
}
_REFUSED = {"4XX": "Refused, with a sentence that says why", "5XX": "Failed on our side, with a sentence that says so"}


def _with_refusals(described: dict[str, Any]) -> dict[str, Any]:
    answers = deepcopy(described)  # parts of it belong to the routes, and to every app made of them
    answers.pop("422", None)
    for statuses, meaning in _REFUSED.items():
        refused = answers.setdefault(statuses, {})
        refused["description"] = meaning
        refused.setdefault("content", {})["application/problem+json"] = {
            "schema": {"$ref": "#/components/schemas/Problem"}
        }
    for answer in answers.values():
        answer.setdefault("headers", {})["X-Request-ID"] = {"$ref": "#/components/headers/X-Request-ID"}
    return answers
