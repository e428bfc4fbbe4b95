"""Contacts and what belongs to them, as they leave one house and arrive in another."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.contacts.models import ANSWER, NOTE, STATUSES, AnswerTemplate, BlockedSender, Contact, Note, Submission
from pretamane.core.addresses import normalised_email
from pretamane.core.moving import (
    Row,
    Unfit,
    identity,
    identity_or_none,
    moment,
    moment_or_none,
    several,
    sheet,
    words,
    words_or_none,
    yes,
)

# Which id of the other house means which here, where they differ.
Renamed = Mapping[UUID, UUID]

_CONTACT = ("id", "email", "name", "phone", "company", "tags", "known_as", "made_at", "changed_at", "merged_into")
_MESSAGE = (
    *("id", "reference", "contact_id", "status", "spam_reason", "name", "email", "phone", "company", "subject"),
    *("message", "consented", "consent_version", "page", "received_at", "assignee_id", "changed_at"),
)
_NOTE = (
    *("id", "submission_id", "contact_id", "kind", "author_id", "author_name", "text", "made_at"),
    *("sent_at", "failure"),
)


def _columns(of: type[Any], names: tuple[str, ...]) -> list[Any]:
    return [getattr(of, name) for name in names]


SHEETS = (
    # Whoever others were merged into comes before them.
    sheet(
        "contacts",
        select(*_columns(Contact, _CONTACT)).order_by(Contact.merged_into.is_not(None), Contact.made_at, Contact.id),
    ),
    sheet("messages", select(*_columns(Submission, _MESSAGE)).order_by(Submission.received_at, Submission.id)),
    sheet("contact_notes", select(*_columns(Note, _NOTE)).order_by(Note.made_at, Note.id)),
    sheet(
        "blocked_senders",
        # Whatever the database's collation: the same rows are the same file anywhere.
        select(BlockedSender.email, BlockedSender.made_at, BlockedSender.blocked_by).order_by(
            BlockedSender.email.collate("C")
        ),
    ),
    sheet(
        "answer_templates",
        select(AnswerTemplate.id, AnswerTemplate.title, AnswerTemplate.text, AnswerTemplate.changed_at).order_by(
            AnswerTemplate.id
        ),
    ),
)


def bring_contact(session: Session, row: Row, renamed: Renamed) -> tuple[UUID, bool]:
    """Who stands for them here, by their id or by their address, and whether they are new."""
    contact_id, email = identity(row, "id"), normalised_email(words(row, "email"))
    known = select(Contact.id, Contact.merged_into).where(or_(Contact.id == contact_id, Contact.email == email))
    found = session.execute(known.order_by(Contact.id != contact_id)).first()
    if found is not None:
        return found.merged_into or found.id, False
    survivor = identity_or_none(row, "merged_into")
    contact = Contact(id=contact_id, email=email, name=words(row, "name"), tags=several(row, "tags"))
    contact.phone, contact.company = words_or_none(row, "phone"), words_or_none(row, "company")
    contact.known_as, contact.made_at = words(row, "known_as"), moment(row, "made_at")
    contact.changed_at = moment(row, "changed_at")
    contact.merged_into = survivor and renamed.get(survivor, survivor)
    session.add(contact)
    session.flush()
    return contact_id, True


def bring_message(session: Session, row: Row, contacts: Renamed, accounts: Renamed) -> bool:
    status, contact_id = words(row, "status"), _here(row, "contact_id", contacts)
    if status not in STATUSES or (status != "spam" and contact_id is None):
        raise Unfit("status is none that such a message has")
    texts = ("spam_reason", "phone", "company", "subject", "consent_version", "page")
    values = {name: words_or_none(row, name) for name in texts}
    values |= {name: words(row, name) for name in ("reference", "name", "email", "message")}
    message_id = identity(row, "id")
    is_new = _insert(
        session,
        Submission,
        **values,
        id=message_id,
        contact_id=contact_id,
        status=status,
        consented=yes(row, "consented"),
        received_at=moment(row, "received_at"),
        assignee_id=_here(row, "assignee_id", accounts),
        changed_at=moment(row, "changed_at"),
    )
    if not is_new and session.get(Submission, message_id) is None:
        raise Unfit("another message here has its reference")
    return is_new


def bring_note(session: Session, row: Row, contacts: Renamed, accounts: Renamed) -> bool:
    """Of a message or a contact. An answer that was still to be sent is not sent from here."""
    kind = words(row, "kind")
    if kind not in (NOTE, ANSWER):
        raise Unfit("kind is none that a note has")
    return _insert(
        session,
        Note,
        id=identity(row, "id"),
        submission_id=identity_or_none(row, "submission_id"),
        contact_id=_here(row, "contact_id", contacts),
        kind=kind,
        author_id=_here(row, "author_id", accounts),
        author_name=words(row, "author_name"),
        text=words(row, "text"),
        made_at=moment(row, "made_at"),
        sent_at=moment_or_none(row, "sent_at"),
        failure=words_or_none(row, "failure"),
    )


def bring_blocked_sender(session: Session, row: Row) -> bool:
    values = {"email": words(row, "email"), "blocked_by": words(row, "blocked_by")}
    return _insert(session, BlockedSender, **values, made_at=moment(row, "made_at"))


def bring_template(session: Session, row: Row) -> bool:
    values = {"id": identity(row, "id"), "title": words(row, "title"), "text": words(row, "text")}
    return _insert(session, AnswerTemplate, **values, changed_at=moment(row, "changed_at"))


def _here(row: Row, name: str, renamed: Renamed) -> UUID | None:
    there = identity_or_none(row, name)
    return there and renamed.get(there, there)


def _insert(session: Session, table: type[Any], **values: object) -> bool:
    """Whether it is new: what is there stays as it is."""
    row = insert(table).values(values).on_conflict_do_nothing().returning(literal(1))
    return session.scalar(row) is not None
