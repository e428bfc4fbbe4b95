"""Pictures of a document's pages, and where the words on them stand: drawn when asked for, kept while there is room."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core.cached_files import CachedFiles
from pretamane.core.errors import Conflict, Forbidden, Invalid, NotFound
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.models import QUARANTINED, Blob, DocumentPage, DocumentVersion
from pretamane.documents.recognising import kinds
from pretamane.ports import BlobStore, PasswordNeeded, Reader, Unreadable, Word

THUMBNAIL: Final = 320
# What a page fills on a telephone, on a screen, and on a fine screen; the viewer asks for no others.
WIDTHS: Final = (THUMBNAIL, 800, 1200, 1800)
# The one that is drawn while somebody's password is at hand, and then stands for all others.
KEPT_WIDTH: Final = 1200


class NoPicture(NotFound):
    """There is none, whoever asks; the sentence says why."""

    code = "no-picture"


@dataclass(frozen=True)
class Shown:
    """What drawing needs to know of a version."""

    key: str
    media_type: str


class Pictures:
    """Of any version that is not in quarantine, whatever became of its text."""

    def __init__(self, work: UnitOfWork, store: BlobStore, reader: Reader, cache: CachedFiles) -> None:
        self._work, self._store, self._reader, self._cache = work, store, reader, cache
        self._turns = _Turns()

    def picture(self, version_id: UUID, page: int, width: int) -> bytes:
        """The page as WebP, `width` pixels wide or less, which is one of WIDTHS."""
        if width not in WIDTHS:
            raise Invalid(f"A picture is {', '.join(str(each) for each in WIDTHS)} pixels wide.")
        shown, name = self._work.run_now(_shown, version_id), _name(page, width)
        with self._turns.turn(f"{version_id} {name}"):
            known = self._cache.find(version_id, name)
            return known if known is not None else self._draw(version_id, shown, page, width)

    def _draw(self, version_id: UUID, shown: Shown, page: int, width: int) -> bytes:
        try:
            with _bytes_of(self._store, shown.key) as file:
                drawn = self._reader.picture(file, shown.media_type, page, width)
        except PasswordNeeded as locked:
            return self._drawn_before(version_id, page, locked)
        except Unreadable as refusal:
            raise NoPicture(refusal.sentence) from refusal
        self.keep(version_id, page, width, drawn)
        return drawn

    def _drawn_before(self, version_id: UUID, page: int, locked: PasswordNeeded) -> bytes:
        for width in (KEPT_WIDTH, *WIDTHS):
            if (known := self._cache.find(version_id, _name(page, width))) is not None:
                return known
        raise Conflict(locked.sentence, code="password-needed") from locked

    def keep(self, version_id: UUID, page: int, width: int, drawn: bytes) -> None:
        """Nothing of what is purged meanwhile: whoever purges forgets first, so whoever keeps looks again."""
        self._cache.keep(version_id, _name(page, width), drawn)
        try:
            self._work.run_now(_shown, version_id)
        except NotFound:
            self._cache.forget(version_id)
            raise

    def forget(self, version_id: UUID) -> None:
        self._cache.forget(version_id)

    def words(self, version_id: UUID, page: int) -> list[Word]:
        """As OCR read them, or as they stand in a PDF's text layer; none where there is neither."""
        shown = self._work.run_now(_shown, version_id)
        read = self._work.run_now(_words, version_id, page)
        if read is not None:
            return read
        if shown.media_type != kinds.PDF.media_type:
            return []
        try:
            with _bytes_of(self._store, shown.key) as file:
                return self._reader.words(file, page)
        except PasswordNeeded:
            return []
        except Unreadable as refusal:
            raise NoPicture(refusal.sentence) from refusal


def _shown(session: Session, version_id: UUID) -> Shown:
    asked = (
        select(DocumentVersion.state, DocumentVersion.media_type, Blob.key)
        .join(Blob, Blob.id == DocumentVersion.blob_id)
        .where(DocumentVersion.id == version_id)
    )
    found = session.execute(asked).first()
    if found is None:
        raise NotFound("There is no document with this id.")
    if found.state == QUARANTINED:
        raise Forbidden("This document is in quarantine, so nothing of it is shown.", code="quarantined")
    return Shown(found.key, found.media_type)


def _words(session: Session, version_id: UUID, page: int) -> list[Word] | None:
    kept = select(DocumentPage.words).where(DocumentPage.version_id == version_id, DocumentPage.number == page)
    words = session.scalar(kept)
    return None if words is None else [Word(*word) for word in words]


@contextmanager
def _bytes_of(store: BlobStore, key: str) -> Iterator[Path]:
    try:
        with store.as_file(key) as file:
            yield file
    except FileNotFoundError:
        raise NotFound("The bytes of this document are gone.") from None


def _name(page: int, width: int) -> str:
    return f"{page}-{width}.webp"


class _Turns:
    """Of those who ask for the same at once, one draws and the others wait for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def turn(self, what: str) -> Iterator[None]:
        with self._lock:
            turn, waiting = self._taken.get(what, (threading.Lock(), 0))
            self._taken[what] = turn, waiting + 1
        try:
            with turn:
                yield
        finally:
            with self._lock:
                turn, waiting = self._taken[what]
                if waiting == 1:
                    del self._taken[what]
                else:
                    self._taken[what] = turn, waiting - 1
