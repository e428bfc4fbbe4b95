"""Legal hold: what is on hold stays, whoever or whatever would remove it."""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import NotFound
from pretamane.core.paging import PAGE, Page, Place, page_of
from pretamane.documents import queries, service
from pretamane.documents.models import Document

LONGEST_REASON: Final = 1000
MOST_AT_ONCE: Final = 1000


class Placed(NamedTuple):
    """How many are on hold only now; the others were before, and keep their first reason."""

    documents: Sequence[Document]
    new: int


def place(session: Session, document_ids: Collection[UUID], reason: str, by: Actor) -> Placed:
    """On all of these, or on none."""
    documents = _locked(session, document_ids, by)
    free = [each for each in documents if each.held_at is None]
    for each in free:
        each.held_at, each.held_by, each.hold_reason = now(session), by.account_id, reason
        service.tell(session, each, "document.held", by)
    return Placed(documents, len(free))


def lift(session: Session, document_ids: Collection[UUID], by: Actor) -> Sequence[Document]:
    documents = _locked(session, document_ids, by)
    for each in documents:
        if each.held_at is not None:
            each.held_at = each.held_by = each.hold_reason = None
            if each.trashed_at is not None:  # its days in the trash begin anew, or it would be gone within the hour
                each.trashed_at = now(session)
            service.tell(session, each, "document.hold-lifted", by)
    return documents


def _locked(session: Session, document_ids: Collection[UUID], by: Actor) -> Sequence[Document]:
    """In one order for all. Who removes one of them comes before, and then it is not found, or waits."""
    asked = select(Document).where(Document.id.in_(document_ids), queries.readable(by)).order_by(Document.id)
    found = session.scalars(asked.with_for_update(of=Document).execution_options(populate_existing=True)).all()
    if len(found) < len(set(document_ids)):
        several = len(set(document_ids)) > 1
        raise NotFound("One of these documents is not there." if several else "There is no document with this id.")
    return found


def on_hold(session: Session, by: Actor, *, after: str | None = None, limit: int = PAGE) -> Page[Document]:
    """Those held last come first; also from the trash."""
    known = [Document.held_at.is_not(None), queries.readable(by)]
    if after is not None:
        place = Place.of(after)
        known.append(tuple_(Document.held_at, Document.id) < tuple_(place.at, place.id))
    newest = select(Document).where(*known).order_by(Document.held_at.desc(), Document.id.desc()).limit(limit + 1)
    return page_of(session.scalars(newest).all(), limit, _place_of)


def _place_of(document: Document) -> Place:
    if document.held_at is None:
        raise ValueError("only what is on hold has a place among it")
    return Place(document.held_at, document.id)
