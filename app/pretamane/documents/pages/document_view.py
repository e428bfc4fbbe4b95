"""Everything that the page of one document shows, read at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.contacts import queries as contacts
from pretamane.contacts.models import Contact
from pretamane.core.actors import Actor
from pretamane.documents import queries
from pretamane.documents.filing import labels
from pretamane.documents.models import QUARANTINED, DocumentPage, DocumentType, DocumentVersion, Tag
from pretamane.documents.pages import protection_view, undo_offers
from pretamane.documents.pages.protection_view import Protection
from pretamane.documents.queries import Known, Whole
from pretamane.documents.serving import viewing

# Of so many a browser scrolls quickly: pictures come as they are scrolled to, texts all at once.
PICTURES, TEXTS = 200, 50


@dataclass(frozen=True)
class Asked:
    """Which part of it; `known` is an older document that is said to have the same bytes, `done` what was just done."""

    as_text: bool = False
    after: int = 0
    known: UUID | None = None
    done: UUID | None = None


@dataclass(frozen=True)
class Pages:
    """Some of its pages, and the number after which more come."""

    numbers: Sequence[int] = ()
    sizes: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    texts: Sequence[DocumentPage] = ()
    next: int | None = None


@dataclass(frozen=True)
class View:
    whole: Whole
    pages: Pages
    contact: Contact | None
    types: Sequence[DocumentType]
    tags: Sequence[Tag]
    undo: Mapping[str, Any] | None
    part_of: Known | None
    parts: Sequence[Known]
    known: Known | None
    # Who brought the versions, by name.
    people: Mapping[UUID, str]
    protection: Protection

    @property
    def version(self) -> DocumentVersion:
        return self.whole.current[0]

    @property
    def is_open(self) -> bool:
        return is_open(self.whole)


def is_open(whole: Whole) -> bool:
    """What is in the trash or in quarantine shows nothing of its content."""
    return whole.document.trashed_at is None and whole.current[0].state != QUARANTINED


def look(session: Session, document_id: UUID, asked: Asked, by: Actor) -> View:
    whole = queries.document(session, document_id, by)
    document = whole.document
    contact_id = document.contact_id
    return View(
        whole,
        _pages(session, whole.current[0], asked) if is_open(whole) else Pages(),
        contacts.contact(session, contact_id) if contact_id else None,
        labels.by_name(session, DocumentType),
        labels.by_name(session, Tag),
        undo_offers.offer(session, asked.done, by),
        queries.named(session, document.part_of, by) if document.part_of else None,
        queries.parts_of(session, document.id, by),
        queries.named(session, asked.known, by) if asked.known else None,
        accounts.names_of(session, [each.made_by for each, _ in whole.versions if each.made_by]),
        protection_view.look(session, document),
    )


def _pages(session: Session, version: DocumentVersion, asked: Asked) -> Pages:
    if asked.as_text or not viewing.is_shown_as_pictures(version):
        texts = viewing.texts_after(session, version.id, asked.after, TEXTS + 1)
        return Pages(texts=texts[:TEXTS], next=texts[TEXTS - 1].number if len(texts) > TEXTS else None)
    until = min(asked.after + PICTURES, viewing.last_page(version))
    numbers = range(asked.after + 1, until + 1)
    more = until if until < viewing.last_page(version) else None
    return Pages(numbers, viewing.sizes(session, version.id, numbers), next=more)
