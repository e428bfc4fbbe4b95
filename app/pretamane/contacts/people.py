"""What staff do with contacts: edit, tag, note, and merge two that are one person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pretamane.contacts.models import Contact, Note, Submission
from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.core.addresses import normalised_email
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile, Conflict, Invalid, NotFound
from pretamane.core.http.versions import Seen
from pretamane.core.ids import new_id

# Merges follow one another, as what each has to lock depends on those before; any number that nothing else locks.
_MERGES = 7_273_826_004


def meet(session: Session, submission: Submission) -> UUID:
    """The contact who wrote this: found by the address, or made."""
    known = insert(Contact).values(
        id=new_id(),
        email=normalised_email(submission.email),
        name=submission.name,
        phone=submission.phone,
        company=submission.company,
        made_at=now(session),
        changed_at=now(session),
    )
    found: UUID = session.execute(
        known.on_conflict_do_update(index_elements=[Contact.email], set_={"version": Contact.version}).returning(
            func.coalesce(Contact.merged_into, Contact.id)
        )
    ).scalar_one()
    return found


def edit(session: Session, contact_id: UUID, seen: Seen, changes: Mapping[str, Any], by: Actor) -> Contact:
    """Set what is given, leave the rest."""
    contact = _locked(session, contact_id)
    if contact.version not in seen:
        raise ChangedMeanwhile("Somebody changed this contact meanwhile, so nothing was overwritten.")
    different = {name: value for name, value in changes.items() if getattr(contact, name) != value}
    if not different:
        return contact
    if "email" in different:
        _refuse_a_taken_address(session, different["email"])
    for name, value in different.items():
        setattr(contact, name, value)
    _touch(session, contact)
    _flush(session)
    audit.record(session, by, "contact.changed", contact_id, fields=sorted(different))
    events.emit(session, "contact.changed", contact, fields=sorted(different))
    return contact


def _locked(session: Session, contact_id: UUID) -> Contact:
    contact = session.get(Contact, contact_id, with_for_update=True, populate_existing=True)
    if contact is None:
        raise NotFound("There is no contact with this id.")
    if contact.merged_into is not None:
        raise Conflict("This contact was merged into another; change that one instead.", code="contact-merged")
    return contact


def _touch(session: Session, contact: Contact) -> None:
    contact.version += 1
    contact.changed_at = now(session)


def _refuse_a_taken_address(session: Session, email: str) -> None:
    if session.scalar(select(Contact.id).where(Contact.email == email)) is not None:
        raise _address_taken()


def _flush(session: Session) -> None:
    """The address may have been taken since we looked."""
    try:
        session.flush()
    except IntegrityError:
        raise _address_taken() from None


def _address_taken() -> Invalid:
    sentence = "Another contact has this address. If they are one person, merge the two."
    return Invalid("The contact was not changed.", fields={"email": sentence})


def note(session: Session, contact_id: UUID, text: str, by: Actor) -> Note:
    """Behind a merge that is under way, or it would stay with the one that is only a pointer afterwards."""
    behind = {"read": True, "key_share": True}
    contact = session.get(Contact, contact_id, with_for_update=behind, populate_existing=True)
    if contact is None:
        raise NotFound("There is no contact with this id.")
    noted = Note.by(by, now(session), text, contact_id=contact.merged_into or contact.id)
    session.add(noted)
    audit.record(session, by, "contact.noted", noted.contact_id)
    session.flush()
    return noted


@dataclass(frozen=True)
class Merge:
    """What a merge would do: which values the survivor has afterwards, and what moves over."""

    survivor: Contact
    other: Contact
    values: Mapping[str, Any]
    submissions: int
    notes: int


def preview(session: Session, survivor_id: UUID, other_id: UUID) -> Merge:
    """The survivor's values win; what it lacks it gets from the other, and the tags are everybody's."""
    survivor, other = (_unmerged(session, each) for each in (survivor_id, other_id))
    if survivor.id == other.id:
        raise Invalid("These are one contact already.", fields={"other": "Choose another contact."})
    return Merge(survivor, other, _joined(survivor, other), *_what_moves(session, other.id))


def _unmerged(session: Session, contact_id: UUID) -> Contact:
    contact = session.get(Contact, contact_id)
    if contact is None:
        raise NotFound("There is no contact with this id.")
    if contact.merged_into is not None:
        raise Conflict("This contact was merged into another already.", code="contact-merged")
    return contact


def _joined(survivor: Contact, other: Contact) -> dict[str, Any]:
    return {
        "name": survivor.name,
        "email": survivor.email,
        "phone": survivor.phone or other.phone,
        "company": survivor.company or other.company,
        "tags": sorted({*survivor.tags, *other.tags}),
        "known_as": " ".join(filter(None, (survivor.known_as, other.name, other.email, other.known_as))),
    }


def _what_moves(session: Session, other_id: UUID) -> tuple[int, int]:
    submissions = select(func.count()).where(Submission.contact_id == other_id).scalar_subquery()
    notes = select(func.count()).where(Note.contact_id == other_id).scalar_subquery()
    moving = session.execute(select(submissions, notes)).one()
    return moving[0], moving[1]


def merge(session: Session, survivor_id: UUID, seen: Seen, other_id: UUID, other_seen: Seen, by: Actor) -> Contact:
    """Everything of the other is the survivor's; the other stays as a pointer.

    Locked from the pointers to the contacts, in the order in which a message that arrives locks them.
    """
    hold_merges(session)
    _lock(session, Contact.merged_into == other_id)
    _lock(session, Contact.id.in_((survivor_id, other_id)))
    planned = preview(session, survivor_id, other_id)
    survivor, other = planned.survivor, planned.other
    if survivor.version not in seen or other.version not in other_seen:
        raise ChangedMeanwhile("Somebody changed one of the two meanwhile, so they were not merged.")
    for name, value in planned.values.items():
        setattr(survivor, name, value)
    _touch(session, survivor)
    _touch(session, other)
    session.flush()
    _move(session, other_id, survivor_id)
    audit.record(session, by, "contact.merged", survivor_id, other=other_id)
    events.emit(session, "contact.merged", survivor, other=other_id)
    session.refresh(survivor)
    return survivor


def hold_merges(session: Session) -> None:
    """Until the commit. Whoever locks messages and then meets a contact does this first: a merge goes the other way."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MERGES})


def _lock(session: Session, which: Any) -> None:
    query = select(Contact).where(which).order_by(Contact.id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).all()


def _move(session: Session, other_id: UUID, survivor_id: UUID) -> None:
    moving = select(Submission.id).where(Submission.contact_id == other_id)
    session.execute(moving.order_by(Submission.id).with_for_update())  # in the order in which staff mark several
    changed = {"version": Submission.version + 1, "changed_at": now(session)}
    moves = (
        update(Submission).where(Submission.contact_id == other_id).values(contact_id=survivor_id, **changed),
        update(Note).where(Note.contact_id == other_id).values(contact_id=survivor_id),
        update(Contact)
        .where((Contact.merged_into == other_id) | (Contact.id == other_id))
        .values(merged_into=survivor_id),
    )
    for each in moves:
        session.execute(each.execution_options(synchronize_session=False))


def stand_in(session: Session, contact_id: UUID) -> UUID:
    """Who stands for this contact, for something that is filed with it: no merge comes between now and the commit."""
    held = select(Contact.id, Contact.merged_into).where(Contact.id == contact_id)
    found = session.execute(held.with_for_update(read=True, key_share=True)).first()
    if found is None:
        raise Invalid("Nothing was kept.", fields={"contact_id": "There is no contact with this id."})
    return found.id if found.merged_into is None else stand_in(session, found.merged_into)


def stand_ins(session: Session, contacts: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The same for several, held in one order; who is no more is left out."""
    held = select(Contact.id, Contact.merged_into).where(Contact.id.in_(contacts)).order_by(Contact.id)
    found = session.execute(held.with_for_update(read=True, key_share=True)).all() if contacts else ()
    merged = {row.id: row.merged_into for row in found if row.merged_into is not None}
    survivors = stand_ins(session, set(merged.values())) if merged else {}
    return {row.id: survivors[merged[row.id]] if row.id in merged else row.id for row in found}
