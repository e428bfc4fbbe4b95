"""Documents that come in parts: what has come stays, whichever process is asked next, until the last byte is filed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from anyio import to_thread
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, ChangedMeanwhile, Conflict, TooLarge
from pretamane.core.http.versions import Seen
from pretamane.core.ids import new_id
from pretamane.core.spool import Checksum, Growing, Kept, Pieces, Spool
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.models import Upload
from pretamane.documents.receiving import uploads
from pretamane.documents.receiving.receiving import File, Receiving
from pretamane.documents.receiving.uploads import Announced
from pretamane.documents.service import Arrival, IfKnown

WAY = "tus"


@dataclass(frozen=True)
class Progress:
    upload: Upload
    offset: int
    document_id: UUID | None = None
    # As far as whoever asks now can be told.
    is_new: bool = True


@dataclass(frozen=True)
class Decision:
    """What somebody decided after they were asked, or had looked at what is there now."""

    if_known: IfKnown | None = None
    seen: Seen | None = None


_NONE = Decision()


@dataclass(frozen=True)
class Part:
    """Bytes from an offset on."""

    offset: int
    pieces: Pieces
    expected: int = 0
    checksum: Checksum | None = None
    decided: Decision = _NONE


class Resuming:
    """What `/api/v1/uploads` needs, put together once."""

    def __init__(self, work: UnitOfWork, spool: Spool, receiving: Receiving, limit: int) -> None:
        self._work, self._spool, self._receiving, self.limit = work, spool, receiving, limit

    async def begin(self, announced: Announced, by: Actor) -> Upload:
        if announced.length > self.limit:
            raise TooLarge.beyond(self.limit)
        upload_id = new_id()
        await to_thread.run_sync(self._spool.begin, _file_of(upload_id), announced.length)
        try:
            return await self._work.run(uploads.begin, announced, by, upload_id=upload_id)
        except AppError:
            self._spool.drop(_file_of(upload_id))
            raise

    async def append(self, upload_id: UUID, part: Part, by: Actor) -> Progress:
        upload = await self._work.run(uploads.find, upload_id, by)
        if upload.document_id is not None:
            _refuse_another_offset(part.offset, upload.length)
            return Progress(upload, upload.length, upload.document_id)
        with self._visited(upload) as growing:
            _refuse_another_offset(part.offset, growing.size)
            left = upload.length - part.offset
            await growing.append(part.pieces, limit=left, expected=part.expected, checksum=part.checksum)
            return await self._progress(upload, growing, by, part.decided)

    async def look(self, upload_id: UUID, by: Actor) -> Progress:
        """One that is complete and not filed is filed now: nobody shall believe in what is not there."""
        upload = await self._work.run(uploads.find, upload_id, by)
        if upload.document_id is not None:
            return Progress(upload, upload.length, upload.document_id)
        with self._visited(upload) as growing:
            return await self._progress(upload, growing, by)

    async def end(self, upload_id: UUID, by: Actor) -> None:
        """What it became stays; what has come of one that is unfinished goes."""
        upload = await self._work.run(uploads.find, upload_id, by)
        if upload.document_id is None:
            self._spool.drop(_file_of(upload_id))
        await self._work.run(uploads.end, upload_id)

    @contextmanager
    def _visited(self, upload: Upload) -> Iterator[Growing]:
        try:
            with self._spool.visit(_file_of(upload.id)) as growing:
                yield growing
        except FileNotFoundError:
            raise uploads.gone() from None

    async def _progress(self, upload: Upload, growing: Growing, by: Actor, decided: Decision = _NONE) -> Progress:
        offset = growing.size
        if offset < upload.length:
            return Progress(upload, offset)
        kept = await self._spool.whole(growing)
        try:
            document_id, is_new = await to_thread.run_sync(self._file, kept, upload, by, decided)
        except AppError as refusal:
            if _is_final(refusal):
                await self._work.run(uploads.end, upload.id)
                kept.discard()
            raise
        kept.discard()
        return Progress(upload, offset, document_id, is_new)

    def _file(self, kept: Kept, upload: Upload, by: Actor, decided: Decision) -> tuple[UUID, bool]:
        said = upload.details
        arrival = Arrival(
            upload.filename,
            WAY,
            title=said.get("title"),
            contact_id=UUID(said["contact_id"]) if said.get("contact_id") else None,
            if_known=decided.if_known or said.get("if_known", "keep"),
            is_restricted=said.get("restricted", False),
            onto=uploads.onto_in(said, decided.seen),
        )
        return self._receiving.file(kept, arrival, by, lambda file: self._work.run_now(_file_once, upload.id, file))


def _file_once(session: Session, upload_id: UUID, file: File) -> tuple[UUID, bool]:
    """With the mark on the upload, so that whoever asks later knows whether this was committed."""
    upload = uploads.held(session, upload_id)
    if upload.document_id is not None:
        return upload.document_id, True
    filed = file(session)
    upload.document_id = filed.document.id
    return filed.document.id, filed.is_new


def _file_of(upload_id: UUID) -> str:
    return f"{upload_id.hex}.upload"


def _is_final(refusal: AppError) -> bool:
    """Of what is away just now the bytes stay, and of what a person still has to decide."""
    return refusal.status < 500 and refusal.code not in ("known-already", "in-the-trash", ChangedMeanwhile.code)


def _refuse_another_offset(said: int, offset: int) -> None:
    if said != offset:
        raise Conflict(
            "The upload has come to another place than this. Ask for its offset, and go on from there.",
            code="other-offset",
            headers={"Upload-Offset": str(offset)},
        )
