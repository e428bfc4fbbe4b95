"""The text of pages, written as it comes.

A page that waits for OCR is one whose source is OCR and whose words are not known.
"""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, func, select, text, update
from sqlalchemy.orm import Session

from pretamane.core.copying import Cell, copy_in
from pretamane.documents.models import DocumentPage, DocumentVersion
from pretamane.ports import ReadPage, Recognised

_COLUMNS = ("version_id", "number", "text", "source", "width", "height")
_BY_OCR = text("""
    UPDATE document_pages SET text = :text, source = :source, words = CAST(:words AS jsonb)
    WHERE version_id = :version_id AND number = :number AND source = 'ocr' AND words IS NULL
""").bindparams(bindparam("version_id", type_=Uuid))
# Of a page's place a hundred-thousandth is less than any screen shows.
_DIGITS = 5

is_waiting = (DocumentPage.source == "ocr") & DocumentPage.words.is_(None)


class VersionGone(Exception):
    """Somebody purged it meanwhile; there is nothing left to do for it."""


def hold(session: Session, version_id: UUID) -> None:
    """It is not purged before this transaction ends."""
    there = select(DocumentVersion.id).where(DocumentVersion.id == version_id)
    if session.scalar(there.with_for_update(read=True, key_share=True)) is None:
        raise VersionGone


def write(session: Session, version_id: UUID, pages: Sequence[ReadPage], *, with_ocr: bool = True) -> None:
    """The first ones come in place of all that were read before."""
    hold(session, version_id)
    if not pages or pages[0].number == 1:
        remove(session, version_id)
    rows = (_row(version_id, page, with_ocr) for page in pages)
    copy_in(session, DocumentPage.__tablename__, _COLUMNS, rows)


def _row(version_id: UUID, page: ReadPage, with_ocr: bool) -> Sequence[Cell]:
    source = "ocr" if page.needs_ocr and with_ocr else "text"
    return (str(version_id), page.number, page.text, source, page.width, page.height)


def remove(session: Session, version_id: UUID) -> None:
    session.execute(delete(DocumentPage).where(DocumentPage.version_id == version_id))


def write_recognised(session: Session, version_id: UUID, number: int, read: Recognised) -> None:
    words = [[word.text, *(round(side, _DIGITS) for side in word[1:])] for word in read.words]
    values = {"version_id": version_id, "number": number, "source": "ocr", "text": read.text}
    session.execute(_BY_OCR, values | {"words": json.dumps(words, ensure_ascii=False)})


def give_up(session: Session, version_id: UUID, number: int | None = None) -> int:
    """What few characters the page, or each that waits, had of its own must do; how many pages it was."""
    waiting = update(DocumentPage).where(DocumentPage.version_id == version_id, is_waiting).values(source="text")
    if number is not None:
        waiting = waiting.where(DocumentPage.number == number)
    numbers = session.scalars(waiting.returning(DocumentPage.number).execution_options(synchronize_session=False))
    return len(numbers.all())


def waiting_for_ocr(session: Session, version_id: UUID) -> Sequence[int]:
    asked = select(DocumentPage.number).where(DocumentPage.version_id == version_id, is_waiting)
    return session.scalars(asked.order_by(DocumentPage.number)).all()


def beginning(session: Session, version_id: UUID, most_pages: int) -> str:
    first = select(DocumentPage.text).where(DocumentPage.version_id == version_id)
    return "\n".join(session.scalars(first.order_by(DocumentPage.number).limit(most_pages)))


def count(session: Session, version_id: UUID) -> int:
    asked = select(func.count()).select_from(DocumentPage).where(DocumentPage.version_id == version_id)
    return session.execute(asked).scalar_one()
