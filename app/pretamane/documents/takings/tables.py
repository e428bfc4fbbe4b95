"""The list of documents as a table."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core.actors import Actor
from pretamane.core.http.tables import Export
from pretamane.core.paging import Page
from pretamane.documents import queries
from pretamane.documents.queries import Documents, Listed


class Line(NamedTuple):
    title: str
    contact: str | None
    type: str | None
    tags: Sequence[str]
    document_date: date | None
    state: str
    filename: str
    kind: str
    pages: int | None
    size: int
    sha256: str
    notes: str
    language: str | None
    received_at: datetime
    changed_at: datetime
    trashed_at: datetime | None
    id: UUID
    contact_id: UUID | None


def of_documents(which: Documents, by: Actor) -> Export:
    def read(session: Session, which: Documents, **how: Any) -> Page[Line]:
        return _lines(session, which, by, how.get("after"), how["limit"])

    return Export("documents", Line._fields, read, which)


def _lines(session: Session, which: Documents, by: Actor, after: str | None, limit: int) -> Page[Line]:
    page = queries.documents(session, which, by, after=after, limit=limit)
    wanted = {row.Document.contact_id for row in page.items if row.Document.contact_id}
    names = contacts.names(session, wanted) if wanted else {}
    return Page([_line(row, names.get(row.Document.contact_id)) for row in page.items], page.next)


def _line(row: Listed, contact: str | None) -> Line:
    document, version, blob = row
    return Line(
        document.title,
        contact,
        document.type.name if document.type else None,
        [tag.name for tag in document.tags],
        document.document_date,
        version.state,
        version.filename,
        version.kind,
        version.page_count,
        blob.size,
        blob.sha256.hex(),
        document.notes,
        document.language,
        document.made_at,
        document.changed_at,
        document.trashed_at,
        document.id,
        document.contact_id,
    )
