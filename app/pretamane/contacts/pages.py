"""What a visitor without script sees after sending the form."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request, Response

from pretamane.contacts.schemas import MessageIn, Receipt, with_one_name
from pretamane.core import request_ids
from pretamane.core.errors import AppError, Unavailable
from pretamane.core.ids import new_id
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

_TO_BE_CHANGED = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY)

_log = logging.getLogger("pretamane.contacts")


async def thanks(work: UnitOfWork, receipt: Receipt) -> Response:
    practice = await _practice(work)
    return render.page("contacts/thanks.html", status=201, practice=practice, reference=receipt.reference, home_url="/")


async def unreadable(work: UnitOfWork, refusal: AppError) -> Response:
    """Nothing that was typed could be read, so there is no form to give back."""
    return render.page(
        "problem.html",
        status=refusal.status,
        headers=refusal.headers,
        practice=await _practice(work),
        title="Your message was not saved",
        sentence=refusal.sentence,
        faults={},
        sign_in=None,
        start="/",
        request_id=request_ids.current.get(),
    )


async def form_again(
    work: UnitOfWork, request: Request, typed: Mapping[str, object], refusal: AppError, key: str
) -> Response:
    """The form with everything that was typed, the reasons, and a key under which a retry cannot double."""
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s: %s", refusal.code, refusal.sentence, exc_info=refusal.__cause__)
    understood = with_one_name(typed)
    return render.page(
        "contacts/form.html",
        status=refusal.status,
        headers=refusal.headers,
        practice=await _practice(work),
        values={name: understood.get(name, "") for name in MessageIn.model_fields},
        errors=refusal.fields,
        problem=refusal.sentence,
        request_id=request_ids.current.get(),
        idempotency_key=_key_for_a_retry(key, refusal),
        action=request.url.path,
    )


def _key_for_a_retry(key: str, refusal: AppError) -> str:
    """The same key while an earlier try may have been kept; another once the key or the text has to change."""
    return str(new_id()) if refusal.status in _TO_BE_CHANGED else key


async def _practice(work: UnitOfWork) -> PublicPractice:
    """The page must come also while the database is away: then with a plain face."""
    try:
        return PublicPractice.of(await work.run(practice_queries.current))
    except Unavailable:
        return PublicPractice.plain()
