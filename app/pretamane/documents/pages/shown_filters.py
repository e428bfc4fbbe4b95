"""What the address of the list's page says to show, as people type it, and the list that follows from it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.core.actors import Actor
from pretamane.core.paging import Page
from pretamane.core.words import LONGEST_SEARCH
from pretamane.documents import queries
from pretamane.documents.models import STATES
from pretamane.documents.queries import Documents, Listed

ADDRESS: Final = "/app/documents"
TRASH: Final = "trash"
# In place of a type or a contact.
NONE: Final = "none"
DAYS: Final = ("dated_from", "dated_to", "received_from", "received_to")


@dataclass(frozen=True)
class Filters:
    """A contact is called by e-mail address, reference or id; tags have commas between."""

    title: str = ""
    state: str = ""
    contact: str = ""
    type: str = ""
    tags: str = ""
    dated_from: str = ""
    dated_to: str = ""
    received_from: str = ""
    received_to: str = ""
    cursor: str = ""

    @classmethod
    def sent_back(cls, typed: Mapping[str, Any]) -> "Filters":
        """By a form that leads back to the list; nothing in it is believed more than an address is."""
        return cls(**{name: str(typed.get(f"shown-{name}") or "") for name in cls.__dataclass_fields__})

    @property
    def said(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.said.keys() - {"cursor"})

    @property
    def has_days(self) -> bool:
        return any(name in self.said for name in DAYS)

    def address(self, cursor: str | None = None, **more: object) -> str:
        asked = {**self.said, "cursor": cursor, **more}
        query = urlencode({name: str(value) for name, value in asked.items() if value})
        return f"{ADDRESS}?{query}" if query else ADDRESS


@dataclass(frozen=True)
class Found:
    page: Page[Listed] = field(default_factory=lambda: Page((), None))
    names: Mapping[UUID, str] = field(default_factory=dict)
    contact_id: UUID | None = None


def find(session: Session, shown: Filters, by: Actor) -> Found:
    which = wanted(session, shown)
    if which is None:
        return Found()
    page = queries.documents(session, which, by, after=shown.cursor or None)
    return Found(page, names_in(session, page), which.contact_id)


def wanted(session: Session, shown: Filters) -> Documents | None:
    """None where nobody is called as the filter has it: then nothing is."""
    is_of_nobody = shown.contact == NONE
    contact = contacts.contact_called(session, shown.contact) if shown.contact and not is_of_nobody else None
    if shown.contact and not is_of_nobody and contact is None:
        return None
    return Documents(
        contact.id if contact else None,
        shown.state if shown.state in STATES else None,
        in_the_trash=shown.state == TRASH,
        type_id=_id_in(shown.type),
        is_untyped=shown.type == NONE,
        is_without_contact=is_of_nobody,
        tags=apart(shown.tags),
        title=shown.title[:LONGEST_SEARCH],
        **{name: day_in(getattr(shown, name)) for name in DAYS},
    )


def names_in(session: Session, page: Page[Listed]) -> Mapping[UUID, str]:
    wanted = {row.Document.contact_id for row in page.items if row.Document.contact_id}
    return contacts.names(session, wanted) if wanted else {}


def apart(typed: str) -> Sequence[str]:
    """Tags in one line, with commas between."""
    return [name.strip() for name in typed.split(",") if name.strip()]


def day_in(typed: str) -> date | None:
    """None for what is no day; a browser's own field sends no such thing."""
    with suppress(ValueError):
        return date.fromisoformat(typed)
    return None


def _id_in(typed: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(typed)
    return None
