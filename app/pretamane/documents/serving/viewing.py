"""What is shown of a document's pages: which there are, and pictures and words of those that were read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from pretamane.core.actors import Actor
from pretamane.core.errors import Conflict, Malformed, NotFound
from pretamane.documents.models import FAILED, DocumentPage, DocumentVersion
from pretamane.documents.queries import Original
from pretamane.documents.recognising import kinds
from pretamane.documents.serving import originals
from pretamane.documents.serving.pictures import WIDTHS


@dataclass(frozen=True)
class TextPages:
    """Some pages of one version, and the number after which the next ones come."""

    version: DocumentVersion
    items: Sequence[DocumentPage]
    next: str | None


def nearest_width(wanted: int) -> int:
    return next((width for width in WIDTHS if width >= wanted), WIDTHS[-1])


def text_pages(session: Session, document_id: UUID, by: Actor, after: str | None, limit: int) -> TextPages:
    version = originals.readable(session, document_id, by).version
    _refuse_unread(version)
    rows = texts_after(session, version.id, _number(after), limit + 1)
    return TextPages(version, rows[:limit], str(rows[limit - 1].number) if len(rows) > limit else None)


def texts_after(session: Session, version_id: UUID, number: int, limit: int) -> Sequence[DocumentPage]:
    known = select(DocumentPage).where(DocumentPage.version_id == version_id, DocumentPage.number > number)
    return session.scalars(known.order_by(DocumentPage.number).limit(limit).options(defer(DocumentPage.words))).all()


def sizes(session: Session, version_id: UUID, numbers: Sequence[int]) -> Mapping[int, tuple[float, float]]:
    """Width and height of those whose size is known, so that a page does not jump while its pictures come."""
    known = select(DocumentPage.number, DocumentPage.width, DocumentPage.height)
    rows = session.execute(known.where(DocumentPage.version_id == version_id, DocumentPage.number.in_(numbers)))
    return {number: (width, height) for number, width, height in rows if width and height}


def last_page(version: DocumentVersion) -> int:
    """As long as nobody knows how many there are, there is a first one."""
    return max(version.page_count or 0, 1)


def _number(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= 9):
        raise Malformed(
            "This is not a cursor that a list has given out. Start again at the first page.", code="bad-cursor"
        )
    return int(cursor)


def drawn_page(session: Session, document_id: UUID, by: Actor, page: int, number: int | None = None) -> Original:
    """The original whose page can be drawn."""
    original = originals.readable(session, document_id, by, number)
    version = original.version
    if not is_shown_as_pictures(version):
        raise NotFound("This kind of document is shown as its text, not as pictures.")
    if page > 1:
        _refuse_unread(version)
    if page > last_page(version):
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
