"""The one place that renders a refusal (RFC 9457)."""

import logging
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from pretamane.core import request_ids
from pretamane.core.errors import AppError

_log = logging.getLogger("pretamane.problems")

_SENTENCES = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    413: "The request is larger than this address takes.",
    500: "Something went wrong on our side. It has been logged under the request id.",
}


class Problem(BaseModel):
    """What every refusal of the API looks like."""

    type: str = Field(description="Where this kind of refusal is explained")
    title: str = Field(description="The status in words")
    status: int
    code: str = Field(description="A stable name for this kind of refusal")
    detail: str = Field(description="A sentence for a person")
    request_id: str | None = Field(description="Quote this id when you ask about it")
    errors: dict[str, str] | None = Field(default=None, description="A sentence for each field that cannot be taken")


def render(refusal: AppError) -> Response:
    problem = Problem(
        type=f"/api/docs#problem-{refusal.code}",
        title=HTTPStatus(refusal.status).phrase,
        status=refusal.status,
        code=refusal.code,
        detail=refusal.sentence,
        request_id=request_ids.current.get(),
        errors=refusal.fields or None,
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True),
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


def _on_app_error(_request: Request, refusal: AppError) -> Response:
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s: %s", refusal.code, refusal.sentence, exc_info=refusal.__cause__)
    return render(refusal)


def _on_http_exception(_request: Request, failure: HTTPException) -> Response:
    status = HTTPStatus(failure.status_code)
    code = status.phrase.lower().replace(" ", "-")
    sentence = _SENTENCES.get(status, f"{status.phrase}.")
    return render(_refusal(status, sentence, code=code, headers=dict(failure.headers or {})))


def _on_invalid_request(_request: Request, failure: RequestValidationError) -> Response:
    faults: dict[str, str] = {}
    for fault in failure.errors():
        field = ".".join(str(part) for part in fault["loc"][1:]) or "body"
        faults.setdefault(field, f"{fault['msg']}.")
    refusal = AppError("Some of what was sent cannot be taken.", code="invalid", fields=faults)
    refusal.status = 422
    return render(refusal)


async def _on_client_left(_request: Request, _failure: Exception) -> Response:
    return Response(status_code=499)  # nobody is there to read it; the edge logs 499


async def _on_anything_else(_request: Request, _failure: Exception) -> Response:
    return render(unexpected())  # the edge logs it, with its trace


def install(app: FastAPI) -> None:
    renderings: dict[type[Exception], Any] = {  # each is called with its own kind only, which no type can say
        AppError: _on_app_error,
        HTTPException: _on_http_exception,
        RequestValidationError: _on_invalid_request,
        ClientDisconnect: _on_client_left,
        Exception: _on_anything_else,
    }
    for kind, rendering in renderings.items():
        app.add_exception_handler(kind, rendering)


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
