"""Originals taken away together: a ZIP that is written while it is read, with a list of what is in it and what not."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, islice
from pathlib import PurePath
from typing import Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.errors import Invalid
from pretamane.core.http.tables import MARK, filters_in, in_lines
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.core.zip_names import Names
from pretamane.core.zip_stream import Entry, stream
from pretamane.documents import queries
from pretamane.documents.models import QUARANTINED, Blob, Document, DocumentVersion
from pretamane.documents.names import display_name
from pretamane.documents.queries import Documents
from pretamane.documents.serving import originals
from pretamane.documents.serving.files import Stream
from pretamane.documents.serving.originals import BytesMissing, Opened
from pretamane.ports import BlobStore, Clock

MOST: Final = 10_000
# Rows of one short transaction: none is open while bytes travel.
READ_AT_ONCE: Final = 500
MANIFEST: Final = "manifest.csv"
_COLUMNS: Final = ("id", "title", "file", "version", "size", "sha256", "left_out")

_NOT_THERE: Final = "there is no such document, or not for you"
_MISSING: Final = "its bytes are missing from where they are kept"
_NAMED: Final = (
    *(Document.id, Document.title, Document.trashed_at, Document.made_at),
    *(DocumentVersion.number, DocumentVersion.filename, DocumentVersion.state),
    *(Blob.key, Blob.sha256, Blob.size, Blob.purged_at),
)
_log = logging.getLogger("pretamane.documents")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One document of the selection, as it was when the download was asked for."""

    id: UUID
    left_out: str = ""
    title: str = ""
    filename: str = ""
    number: int = 0
    made_at: datetime | None = None
    key: str = ""
    sha256: str = ""
    size: int = 0


class Takings:
    def __init__(self, work: UnitOfWork, store: BlobStore, clock: Clock) -> None:
        self._work, self._store, self._clock = work, store, clock

    def chosen(self, ids: Sequence[UUID], by: Actor) -> Response:
        """In the order in which they were named."""
        ids = list(dict.fromkeys(ids))
        parts = (ids[start : start + READ_AT_ONCE] for start in range(0, len(ids), READ_AT_ONCE))
        found = [one for some in parts for one in self._work.run_now(_those, some, by)]
        self._work.run_now(_note, by, _taken(found), [])
        return self._zip(found, by)

    def listed(self, which: Documents, by: Actor) -> Response:
        found = list(islice(self._all(which, by), MOST + 1))
        if len(found) > MOST:
            raise Invalid(f"That is more than {MOST:,} documents at once. Narrow the list, and take it in parts.")
        self._work.run_now(_note, by, _taken(found), filters_in(which))
        return self._zip(found, by)

    def _all(self, which: Documents, by: Actor) -> Iterator[Wanted]:
        cursor = None
        while True:
            page, cursor = self._work.run_now(_page, which, by, cursor)
            yield from page
            if cursor is None:
                return

    def _zip(self, wanted: Sequence[Wanted], by: Actor) -> Response:
        """The store is asked before the answer begins: while it is away there is a refusal, and no file."""
        pieces = stream(self._entries(wanted, by))
        closing = ExitStack()
        closing.callback(pieces.close)
        begun = list(islice(pieces, 1))
        name = f"documents-{self._clock.now():%Y-%m-%d}.zip"
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return Stream(Opened(closing, chain(begun, pieces)), 200, headers)

    def _entries(self, wanted: Sequence[Wanted], by: Actor) -> Iterator[Entry]:
        names, lines = Names(), [MARK + in_lines([_COLUMNS])]
        names.free(MANIFEST)
        for listed in wanted:
            one, opened, left_out = self._opened(listed, by)
            name = ""
            if opened is not None:
                name = names.free(_readable_name(one))
                with opened.closing:
                    yield Entry(name, one.size, one.made_at or self._clock.now(), partial(iter, opened.pieces))
            lines.append(in_lines([(one.id, one.title, name, one.number or "", one.size, one.sha256, left_out)]))
        manifest = "".join(lines).encode()
        yield Entry(MANIFEST, len(manifest), self._clock.now(), lambda: [manifest])

    def _opened(self, listed: Wanted, by: Actor) -> tuple[Wanted, Opened | None, str]:
        """As it stands by now: while the ZIP grew, it may have been removed, or restricted to others."""
        [one] = [listed] if listed.left_out else self._work.run_now(_those, [listed.id], by)
        if one.left_out:
            return one, None, one.left_out
        try:
            return one, originals.opened(self._store, one.key, 0, one.size), ""
        except BytesMissing:
            _log.error("the bytes of a document are missing", extra={"document": str(one.id)})  # it says all
            return one, None, _MISSING


def _taken(found: Sequence[Wanted]) -> int:
    return sum(not one.left_out for one in found)


def _those(session: Session, ids: Sequence[UUID], by: Actor) -> Sequence[Wanted]:
    named = (
        select(*_NAMED)
        .join(DocumentVersion, DocumentVersion.id == Document.current_version_id)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
        .where(Document.id.in_(ids), queries.readable(by))
    )
    found = {row.id: _wanted(row) for row in session.execute(named)}
    return [found.get(each) or Wanted(each, _NOT_THERE) for each in ids]


def _page(session: Session, which: Documents, by: Actor, cursor: str | None) -> tuple[Sequence[Wanted], str | None]:
    page = queries.documents(session, which, by, after=cursor, limit=READ_AT_ONCE)
    return _those(session, [row.Document.id for row in page.items], by), page.next


def _wanted(row: Row[*tuple[object, ...]]) -> Wanted:
    return Wanted(
        row.id, _why_not(row), row.title, row.filename, row.number, row.made_at, row.key, row.sha256.hex(), row.size
    )


def _why_not(row: Row[*tuple[object, ...]]) -> str:
    if row.trashed_at is not None:
        return "it is in the trash"
    if row.state == QUARANTINED:
        return "it is in quarantine"
    return "its bytes were removed for good" if row.purged_at is not None else ""


def _note(session: Session, by: Actor, count: int, filters: Sequence[str]) -> None:
    """Who takes much away at once leaves a trace; of how it was narrowed, what people typed is not kept."""
    audit.record(session, by, "documents.taken-away", count=count, filters=filters)


def _readable_name(one: Wanted) -> str:
    """Its title, which is no path, with the file's own ending."""
    title = one.title.replace("/", "-").replace("\\", "-")
    ending = PurePath(display_name(one.filename)).suffix
    return title if title.lower().endswith(ending.lower()) else title + ending
