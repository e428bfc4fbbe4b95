"""What is shown of a document's pages: which there are, and pictures and words of those that were read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core.errors import Conflict, Malformed, NotFound
from pretamane.documents import kinds, originals
from pretamane.documents.models import FAILED, DocumentPage, DocumentVersion
from pretamane.documents.queries import Original
from pretamane.ports import Word

# In pixels. What is drawn is kept, and everybody's screen shall find the same few pictures there.
WIDTHS = (240, 480, 800, 1200, 1600)
THUMBNAIL = WIDTHS[0]


class PagePictures(Protocol):
    """Draws pages, and knows those that were drawn before. What it cannot do is an AppError."""

    def picture(self, version: DocumentVersion, page: int, width: int) -> bytes:
        """As WebP, at most that wide."""

    def words(self, version: DocumentVersion, page: int) -> list[Word]:
        """In reading order."""


@dataclass(frozen=True)
class TextPages:
    """Some pages of one version, and the number after which the next ones come."""

    version: DocumentVersion
    items: Sequence[DocumentPage]
    next: str | None


def nearest_width(wanted: int) -> int:
    return next((width for width in WIDTHS if width >= wanted), WIDTHS[-1])


def text_pages(session: Session, document_id: UUID, after: str | None, limit: int) -> TextPages:
    version = originals.readable(session, document_id).version
    _refuse_unread(version)
    known = select(DocumentPage).where(DocumentPage.version_id == version.id, DocumentPage.number > _number(after))
    rows = session.scalars(known.order_by(DocumentPage.number).limit(limit + 1)).all()
    return TextPages(version, rows[:limit], str(rows[limit - 1].number) if len(rows) > limit else None)


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 9):
        raise Malformed(
            "This is not a cursor that a list has given out. Start again at the first page.", code="bad-cursor"
        )
    return int(cursor)


def drawn_page(session: Session, document_id: UUID, page: int, number: int | None = None) -> Original:
    """The original whose page can be drawn."""
    original = originals.readable(session, document_id, number)
    version = original.version
    if not is_shown_as_pictures(version):
        raise NotFound("This kind of document is shown as its text, not as pictures.")
    _refuse_unread(version)
    if not 1 <= page <= (version.page_count or 0):
        raise NotFound(f"The document has no page {page}.")
    return original


def is_shown_as_pictures(version: DocumentVersion) -> bool:
    kind = kinds.BY_NAME.get(version.kind)
    return kind is not None and kind.shown_as == "pictures"


def _refuse_unread(version: DocumentVersion) -> None:
    """What was read stays to be seen while the rest is read again."""
    if version.page_count is not None:
        return
    if version.state == FAILED:
        raise Conflict(f"The document could not be read: {version.reason}", code="not-read-yet")
    raise Conflict(
        "The document is still being read. Please look again in a moment.",
        code="not-read-yet",
        headers={"Retry-After": "5"},
    )
