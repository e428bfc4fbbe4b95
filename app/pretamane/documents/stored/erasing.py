"""Erasing what is filed with a contact: every document that is not on hold, and uploads on their way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, func, or_, select
from sqlalchemy.orm import Session

from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.documents import queries
from pretamane.documents.models import Document, DocumentVersion, Upload
from pretamane.documents.queries import Known
from pretamane.documents.stored import removal


@dataclass(frozen=True)
class Filed:
    """What there is with a contact. Of what is restricted, who may not know of it learns the number alone."""

    going: frozenset[UUID]
    versions: int
    hidden: int
    held: Sequence[Known]
    held_hidden: int
    uploads: frozenset[UUID]

    @property
    def anything_stays(self) -> bool:
        return bool(self.held or self.held_hidden)


def filed_with(session: Session, contacts: Collection[UUID], by: Actor) -> Filed:
    theirs = Document.contact_id.in_(contacts)
    shown = queries.readable(by).label("shown")
    rows = session.execute(
        select(Document.id, Document.title, Document.held_at, shown).where(theirs).order_by(Document.id)
    ).all()
    going = [row for row in rows if row.held_at is None]
    held = [row for row in rows if row.held_at is not None]
    ids = frozenset(row.id for row in going)
    versions = select(func.count()).select_from(DocumentVersion).where(DocumentVersion.document_id.in_(ids))
    under_way = or_(_is_for(contacts), removal.onto(ids)) & Upload.document_id.is_(None)
    return Filed(
        ids,
        session.execute(versions).scalar_one(),
        sum(not row.shown for row in going),
        [Known(row.id, row.title) for row in held if row.shown],
        sum(not row.shown for row in held),
        frozenset(session.scalars(select(Upload.id).where(under_way))),
    )


def _is_for(contacts: Collection[UUID]) -> ColumnElement[bool]:
    return cast(Upload.details["contact_id"].astext, String).in_([str(each) for each in contacts])


def erase(session: Session, contacts: Collection[UUID], by: Actor) -> Filed:
    """Whoever asks: an erasure that left out what is restricted would be none. The contact is locked already."""
    ids = session.scalars(select(Document.id).where(Document.contact_id.in_(contacts))).all()
    tags = removal.hold_tags(session, ids)
    session.execute(select(Document.id).where(Document.id.in_(ids)).order_by(Document.id).with_for_update())
    filed = filed_with(session, contacts, by)
    removal.remove(session, filed.going, tags)
    removal.forget_uploads(session, _is_for(contacts))
    audit.record_many(session, by, "document.erased", sorted(filed.going))
    events.emit_many(session, "document.purged", sorted(filed.going))
    return filed
