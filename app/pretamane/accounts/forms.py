"""What the pages about accounts have in common."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import RedirectResponse
from starlette.responses import Response

from pretamane.core import request_ids
from pretamane.core.errors import AppError
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

FIRST_PAGE = "/app/inbox"
_OWN_PAGE = re.compile(r"/app(/[\w.~!$&'()*+,;=:@%/-]*)?(\?[\w.~!$&'()*+,;=:@%/?-]*)?", re.ASCII)


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """Half characters, which only a program sends, can neither be kept nor shown again."""
    value = fields.get(name)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def own_page(asked: str) -> str:
    """Where to go on after signing in: never to somebody else's address, whatever a link says."""
    return asked if _OWN_PAGE.fullmatch(asked) and not asked.startswith("/app/sign-") else FIRST_PAGE


def see(address: str) -> Response:
    """After a change, so that reloading the page that follows repeats nothing."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})


def page(work: UnitOfWork, template: str, refusal: AppError | None = None, **context: object) -> Response:
    """A page, or the same page again with the reasons why what was sent cannot be taken."""
    if refusal is not None and refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise refusal
    practice = PublicPractice.of(work.run_now(practice_queries.current))
    return render.page(
        template,
        status=refusal.status if refusal else 200,
        headers=refusal.headers if refusal else None,
        practice=practice,
        problem=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        **context,
    )
