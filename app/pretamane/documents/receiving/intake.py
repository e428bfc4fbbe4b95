"""Where documents come in whole: from the request into the spool, then to the one writer."""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.errors import Invalid
from pretamane.core.http.digests import ContentDigest
from pretamane.core.http.multipart import FIELDS_BYTES, FormWithFile
from pretamane.core.http.versions import etag
from pretamane.core.idempotency import Claim, OnlyOnce, Outcome, UnderWay, patiently
from pretamane.core.spool import Kept, Spool
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.receiving import versions
from pretamane.documents.receiving.receiving import File, Receiving
from pretamane.documents.schemas import Particulars, ReceivedOut
from pretamane.documents.service import Arrival, Onto

# What a form has beside its file: the fields, and a few lines around each.
FORM_BYTES = FIELDS_BYTES + 64 * 1024

ADDRESSES = ("/api/v1/documents", "/api/v1/documents/upload", "/documents/upload")
VERSIONS = "/api/v1/documents/{document_id}/versions"

_THE_DOCUMENTS = {
    "title": "A version has no title of its own. Change the document's.",
    "contact_id": "A version has no contact of its own. Change the document's.",
    "restricted": "A version is restricted as its document is. Restrict the document.",
}


class Intake:
    """What `PUT` and `POST /api/v1/documents` need, put together once."""

    def __init__(self, work: UnitOfWork, spool: Spool, receiving: Receiving, once: OnlyOnce, limit: int) -> None:
        self._work, self.spool, self.receiving, self._once, self.limit = work, spool, receiving, once, limit

    async def take_raw(
        self, request: Request, filename: str, said: Particulars, by: Actor, onto: Onto | None = None
    ) -> Response:
        await self._expect(onto, request, by)
        pieces = ContentDigest.of(request).over(request.stream())
        declared = declared_length(request)
        async with _discarded(await self.spool.keep(pieces, limit=self.limit, declared=declared)) as kept:
            return _answer(await self._file(kept, _arrival(filename, "put", said, onto), by, request))

    async def take_form(
        self, request: Request, asked: Mapping[str, str], by: Actor, onto: Onto | None = None
    ) -> Response:
        await self._expect(onto, request, by)
        return _answer(await self.receive_form(request, asked, by, lambda _fields: onto))

    async def _expect(self, onto: Onto | None, request: Request, by: Actor) -> None:
        """Of a retry nobody knows whether it changes anything before it is here."""
        if onto is not None:
            is_first = "idempotency-key" not in request.headers
            await self._work.run(versions.expect, onto, by, as_seen=is_first)

    async def receive_form(
        self,
        request: Request,
        asked: Mapping[str, str],
        by: Actor,
        onto: Callable[[Mapping[str, str]], Onto | None] = lambda _fields: None,
    ) -> Outcome[ReceivedOut]:
        """Fields in the form count as those in the address do; they may say onto which document it goes."""
        form = FormWithFile(request)
        pieces = form.file(ContentDigest.of(request).over(request.stream()))
        declared = declared_length(request)
        async with _discarded(await self.spool.keep(pieces, limit=self.limit, declared=declared)) as kept:
            said = understand(Particulars, {**asked, **{name: text for name, text in form.fields.items() if text}})
            arrival = _arrival(form.filename or "", "form", said, onto(form.fields))
            return await self._file(kept, arrival, by, request)

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
    of_versions = {f"PUT {VERSIONS}": limit, f"POST {VERSIONS}": limit + FORM_BYTES}
    return {"PUT /api/v1/documents": limit, **forms, **of_versions}


def _arrival(filename: str, way: str, said: Particulars, onto: Onto | None) -> Arrival:
    if onto is not None:
        refuse_what_is_the_documents(said)
    return Arrival(filename, way, said.title, said.contact_id, None, said.if_known, said.restricted, onto=onto)


def refuse_what_is_the_documents(said: Particulars) -> None:
    """Beside another version of it: said and not done would be worse."""
    if fields := {name: sentence for name, sentence in _THE_DOCUMENTS.items() if name in said.model_fields_set}:
        raise Invalid("The version was not kept.", fields=fields)


def _claim(kept: Kept, arrival: Arrival, by: Actor, key: str) -> Claim:
    sent: dict[str, object] = {
        "sha256": kept.sha256.hex(),
        "filename": arrival.filename,
        "title": arrival.title,
        "contact": arrival.contact_id,
        "if_known": arrival.if_known,
        **({"restricted": True} if arrival.is_restricted else {}),
        **({"onto": arrival.onto.document_id} if arrival.onto else {}),
    }
    return Claim.of(str(by.account_id), "documents", key, sent)


def _answer(outcome: Outcome[ReceivedOut]) -> Response:
    made = outcome.answer
    replayed = {"Idempotency-Replayed": "true"} if outcome.replayed else {}
    headers = {"Location": f"/api/v1/documents/{made.id}", **etag(made.version), **replayed}
    return JSONResponse(made.model_dump(mode="json"), 201 if made.is_new else 200, headers)


@contextlib.asynccontextmanager
async def _discarded(kept: Kept) -> AsyncIterator[Kept]:
    """Whatever comes of it, the spool's file goes: what was filed is in the store."""
    try:
        yield kept
    finally:
        kept.discard()
