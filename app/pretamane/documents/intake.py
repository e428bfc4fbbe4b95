"""Where documents come in whole: from the request into the spool, then to the one writer."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import partial

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.http.digests import ContentDigest
from pretamane.core.http.multipart import FIELDS_BYTES, FormWithFile
from pretamane.core.http.versions import etag
from pretamane.core.idempotency import Claim, OnlyOnce, Outcome, UnderWay, patiently
from pretamane.core.spool import Kept, Spool
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.receiving import File, Receiving
from pretamane.documents.schemas import Particulars, ReceivedOut
from pretamane.documents.service import Arrival

# What a form has beside its file: the fields, and a few lines around each.
FORM_BYTES = FIELDS_BYTES + 64 * 1024

ADDRESSES = ("/api/v1/documents", "/api/v1/documents/upload", "/documents/upload")


class Intake:
    """What `PUT` and `POST /api/v1/documents` need, put together once."""

    def __init__(self, work: UnitOfWork, spool: Spool, receiving: Receiving, once: OnlyOnce, limit: int) -> None:
        self._work, self.spool, self.receiving, self._once, self.limit = work, spool, receiving, once, limit

    async def take_raw(self, request: Request, filename: str, said: Particulars, by: Actor) -> Response:
        pieces = ContentDigest.of(request).over(request.stream())
        declared = declared_length(request)
        async with _discarded(await self.spool.keep(pieces, limit=self.limit, declared=declared)) as kept:
            return _answer(await self._file(kept, _arrival(filename, "put", said), by, request))

    async def take_form(self, request: Request, asked: Mapping[str, str], by: Actor) -> Response:
        return _answer(await self.receive_form(request, asked, by))

    async def receive_form(self, request: Request, asked: Mapping[str, str], by: Actor) -> Outcome[ReceivedOut]:
        """Fields in the form count as those in the address do."""
        form = FormWithFile(request)
        pieces = form.file(ContentDigest.of(request).over(request.stream()))
        declared = declared_length(request)
        async with _discarded(await self.spool.keep(pieces, limit=self.limit, declared=declared)) as kept:
            said = understand(Particulars, {**asked, **{name: text for name, text in form.fields.items() if text}})
            return await self._file(kept, _arrival(form.filename or "", "form", said), by, request)

    async def _file(self, kept: Kept, arrival: Arrival, by: Actor, request: Request) -> Outcome[ReceivedOut]:
        attempt = partial(self._attempt, kept, arrival, by, request.headers.get("idempotency-key"))
        try:
            return await to_thread.run_sync(attempt)
        except UnderWay:
            return await patiently(attempt)

    def _attempt(self, kept: Kept, arrival: Arrival, by: Actor, key: str | None) -> Outcome[ReceivedOut]:
        claim = None if key is None else _claim(kept, arrival, by, key)

        def commit(file: File) -> Outcome[ReceivedOut]:
            def told(session: Session) -> ReceivedOut:
                return ReceivedOut.about(file(session))

            if claim is None:
                return Outcome(self._work.run_now(told), replayed=False)
            return self._once.run_now(claim, told, ReceivedOut)

        return self.receiving.file(kept, arrival, by, commit)


def declared_length(request: Request) -> int:
    declared = request.headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdecimal() else 0


def body_limits(limit: int) -> Mapping[str, int]:
    """The edge asks by these before anything is read."""
    forms = {f"POST {address}": limit + FORM_BYTES for address in ADDRESSES}
    return {"PUT /api/v1/documents": limit, **forms}


def _arrival(filename: str, way: str, said: Particulars) -> Arrival:
    return Arrival(filename, way, said.title, said.contact_id, None, said.if_known, said.restricted)


def _claim(kept: Kept, arrival: Arrival, by: Actor, key: str) -> Claim:
    sent: dict[str, object] = {
        "sha256": kept.sha256.hex(),
        "filename": arrival.filename,
        "title": arrival.title,
        **({"restricted": True} if arrival.is_restricted else {}),
    }
    return Claim.of(
        str(by.account_id), "documents", key, {**sent, "contact": arrival.contact_id, "if_known": arrival.if_known}
    )


def _answer(outcome: Outcome[ReceivedOut]) -> Response:
    made = outcome.answer
    replayed = {"Idempotency-Replayed": "true"} if outcome.replayed else {}
    headers = {"Location": f"/api/v1/documents/{made.id}", **etag(made.version), **replayed}
    return JSONResponse(made.model_dump(mode="json"), 201, headers)


@contextlib.asynccontextmanager
async def _discarded(kept: Kept) -> AsyncIterator[Kept]:
    """Whatever comes of it, the spool's file goes: what was filed is in the store."""
    try:
        yield kept
    finally:
        kept.discard()
