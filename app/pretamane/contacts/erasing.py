"""Erasing a contact: who they are and were, what they wrote, and what was noted and answered about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from pretamane.contacts.models import BlockedSender, Contact, Note, Submission
from pretamane.contacts.people import hold_merges
from pretamane.core.database import now
from pretamane.core.errors import Conflict, NotFound

# What is left of a contact whose documents are on hold: whose they are.
REDUCED: Final[Mapping[str, Any]] = {"phone": None, "company": None, "tags": [], "known_as": ""}


@dataclass(frozen=True)
class Person:
    """A contact and those merged into it, with every address that stands for them and everything filed about them."""

    id: UUID
    name: str
    contacts: frozenset[UUID]
    addresses: frozenset[str]
    messages: frozenset[UUID]
    references: frozenset[str]
    notes: frozenset[UUID]
    blocked: int

    @property
    def ids(self) -> frozenset[UUID]:
        return self.contacts | self.messages | self.notes


def person(session: Session, contact_id: UUID) -> Person:
    """Also of spam, which has no contact: it came from their address, or says so."""
    family = session.scalars(select(Contact).where(_is_one_of(contact_id))).all()
    survivor = next((each for each in family if each.id == contact_id), None)
    if survivor is None:
        raise NotFound("There is no contact with this id.")
    if survivor.merged_into is not None:
        raise Conflict("This contact was merged into another; that one stands for both.", code="contact-merged")
    contacts = frozenset(each.id for each in family)
    addresses = frozenset(each.email for each in family)
    wrote = or_(Submission.contact_id.in_(contacts), func.lower(Submission.email).in_(addresses))
    messages = session.execute(select(Submission.id, Submission.reference).where(wrote)).all()
    ids = frozenset(row.id for row in messages)
    notes = select(Note.id).where(or_(Note.contact_id.in_(contacts), Note.submission_id.in_(ids)))
    blocked = select(func.count()).select_from(BlockedSender).where(BlockedSender.email.in_(addresses))
    return Person(
        contact_id,
        survivor.name,
        contacts,
        addresses,
        ids,
        frozenset(row.reference for row in messages),
        frozenset(session.scalars(notes)),
        session.execute(blocked).scalar_one(),
    )


def _is_one_of(contact_id: UUID) -> ColumnElement[bool]:
    return or_(Contact.id == contact_id, Contact.merged_into == contact_id)


def hold(session: Session, contact_id: UUID) -> Person:
    """Locked until the commit, in the order of a merge: what arrives meanwhile comes from somebody new."""
    hold_merges(session)
    for which in (Contact.merged_into == contact_id, Contact.id == contact_id):
        session.execute(select(Contact.id).where(which).order_by(Contact.id).with_for_update())
    found = person(session, contact_id)
    messages = select(Submission.id).where(Submission.id.in_(found.messages)).order_by(Submission.id)
    session.execute(messages.with_for_update())
    return person(session, contact_id)


def erase(session: Session, found: Person, *, whose_documents_stay: bool) -> None:
    """Of whom documents on hold remain, the name and the address do too: without them the hold would be of nobody."""
    gone: tuple[tuple[type, ColumnElement[bool]], ...] = (
        (Note, Note.id.in_(found.notes)),
        (Submission, Submission.id.in_(found.messages)),
        (BlockedSender, BlockedSender.email.in_(found.addresses)),
        (Contact, Contact.id.in_(found.contacts - {found.id} if whose_documents_stay else found.contacts)),
    )
    for table, which in gone:
        session.execute(delete(table).where(which).execution_options(synchronize_session=False))
    if whose_documents_stay:
        _reduce(session, found.id)


def _reduce(session: Session, contact_id: UUID) -> None:
    contact = session.get_one(Contact, contact_id, populate_existing=True)
    for name, value in REDUCED.items():
        setattr(contact, name, value)
    contact.version += 1
    contact.changed_at = now(session)
    session.flush()
