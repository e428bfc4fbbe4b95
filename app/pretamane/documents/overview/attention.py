"""What somebody should look at: documents that say the same, contacts that lack a document, documents of nobody.

Everything leads to where it is mended, and goes from here once it is; nothing is ticked off by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Subquery, func, select
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core.actors import Actor
from pretamane.documents import queries
from pretamane.documents.models import Document, DocumentLikeness, DocumentType

SHOWN: Final = 20


@dataclass(frozen=True)
class Named:
    id: UUID
    title: str
    made_at: datetime


@dataclass(frozen=True)
class Alike:
    """Two documents whose texts are the same, or differ in little."""

    later: Named
    earlier: Named
    is_same_text: bool


@dataclass(frozen=True)
class Lacking:
    """A contact with documents, but none of a type that is expected of each."""

    contact_id: UUID
    contact: str
    type_id: UUID
    type: str


@dataclass(frozen=True)
class Attention:
    """The newest of each; `more` names those lists that go on."""

    alike: Sequence[Alike]
    lacking: Sequence[Lacking]
    without_contact: Sequence[Named]
    more: frozenset[str]


def attention(session: Session, by: Actor, shown: int = SHOWN) -> Attention:
    """One more than is shown of each tells whether there are more."""
    alike, lacking = _alike(session, by, shown + 1), _lacking(session, by, shown + 1)
    without_contact = _without_contact(session, by, shown + 1)
    counts = {"alike": len(alike), "lacking": len(lacking), "without_contact": len(without_contact)}
    more = frozenset(name for name, count in counts.items() if count > shown)
    return Attention(alike[:shown], lacking[:shown], without_contact[:shown], more)


def _alike(session: Session, by: Actor, most: int) -> Sequence[Alike]:
    """Of each document the version that counts now."""
    later, earlier = _there(by, "later"), _there(by, "earlier")
    pairs = (
        select(*later.c, *earlier.c, DocumentLikeness.is_same_text)
        .join_from(DocumentLikeness, later, later.c.current_version_id == DocumentLikeness.version_id)
        .join(earlier, earlier.c.current_version_id == DocumentLikeness.other_id)
        .order_by(DocumentLikeness.version_id.desc(), DocumentLikeness.distance, DocumentLikeness.other_id)
        .limit(most)
    )
    return [Alike(Named(*row[:3]), Named(*row[4:7]), row.is_same_text) for row in session.execute(pairs)]


def _there(by: Actor, name: str) -> Subquery:
    those = select(Document.id, Document.title, Document.made_at, Document.current_version_id)
    return those.where(queries.readable(by), Document.trashed_at.is_(None)).subquery(name)


def _lacking(session: Session, by: Actor, most: int) -> Sequence[Lacking]:
    """Only of contacts who have a document at all: who wrote once and never came lacks nothing."""
    there = (queries.readable(by), Document.trashed_at.is_(None), Document.contact_id.is_not(None))
    newest = func.max(Document.made_at).label("newest")
    clients = select(Document.contact_id.label("id"), newest).where(*there).group_by(Document.contact_id).subquery()
    has_one = select(Document.id).where(
        *there, Document.contact_id == clients.c.id, Document.type_id == DocumentType.id
    )
    missing = (
        select(clients.c.id, DocumentType.id, DocumentType.name)
        .select_from(clients)
        .join(DocumentType, DocumentType.is_expected.is_(True))
        .where(~has_one.correlate(clients, DocumentType).exists())
        .order_by(clients.c.newest.desc(), clients.c.id, func.lower(DocumentType.name))
        .limit(most)
    )
    rows = session.execute(missing).all()
    names = contacts.names(session, {row[0] for row in rows})
    return [Lacking(whose, names.get(whose, "somebody"), kind, called) for whose, kind, called in rows]


def _without_contact(session: Session, by: Actor, most: int) -> Sequence[Named]:
    """An attachment stands with its mail."""
    nobodys = select(Document.id, Document.title, Document.made_at).where(
        queries.readable(by),
        Document.trashed_at.is_(None),
        Document.contact_id.is_(None),
        Document.part_of.is_(None),
    )
    rows = session.execute(nobodys.order_by(Document.made_at.desc(), Document.id.desc()).limit(most))
    return [Named(*row) for row in rows]
