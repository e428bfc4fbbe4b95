"""Erasing one contact, with everything that the house knows of them; what is on hold stays, and is reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.contacts import erasing as contacts
from pretamane.contacts.erasing import Person
from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import Invalid
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.queries import Known
from pretamane.documents.stored import erasing as documents
from pretamane.documents.stored import removal
from pretamane.documents.stored.erasing import Filed
from pretamane.notifications import service as notifications
from pretamane.ports import Mailer

WORD: Final = "erase"


@dataclass(frozen=True)
class Report:
    """What goes or went, what stays and why. Of a dry run there is no time."""

    contact_id: UUID
    erased_at: datetime | None
    messages: int
    notes: int
    blocked_addresses: int
    documents: int
    versions: int
    restricted: int
    uploads: int
    on_hold: Sequence[Known]
    on_hold_restricted: int

    @property
    def contact_stays(self) -> bool:
        """With its name and address, because documents on hold are theirs."""
        return bool(self.on_hold or self.on_hold_restricted)

    @classmethod
    def of(cls, person: Person, filed: Filed, at: datetime | None = None) -> "Report":
        return cls(
            person.id,
            at,
            len(person.messages),
            len(person.notes),
            person.blocked,
            len(filed.going),
            filed.versions,
            filed.hidden,
            len(filed.uploads),
            filed.held,
            filed.held_hidden,
        )


def would_go(session: Session, contact_id: UUID, by: Actor) -> Report:
    person = contacts.person(session, contact_id)
    return Report.of(person, documents.filed_with(session, person.contacts, by))


class Erasure:
    """`mailer` keeps mails where none go out, and then has some of theirs."""

    def __init__(self, work: UnitOfWork, mailer: Mailer) -> None:
        self._work, self._mailer = work, mailer

    def erase(self, contact_id: UUID, word: str, by: Actor) -> Report:
        """Kept mails first, as nobody can say later whose they were; and those that were written meanwhile."""
        refuse_without_the_word(word)
        person = self._work.run_now(contacts.person, contact_id)
        theirs = person.addresses | person.references
        self._mailer.forget(theirs)
        report = self._work.run_now(erase, contact_id, by)
        self._mailer.forget(theirs)
        return report


def refuse_without_the_word(word: str) -> None:
    if word.strip().lower() != WORD:
        sentence = f"Type the word {WORD} to say that you mean it."
        raise Invalid("Nothing was erased.", fields={"word": sentence})


def erase(session: Session, contact_id: UUID, by: Actor) -> Report:
    """One transaction: nobody finds half of it. What lies on disks goes by jobs, at once after it."""
    person = contacts.hold(session, contact_id)
    filed = documents.erase(session, person.contacts, by)
    contacts.erase(session, person, whose_documents_stay=filed.anything_stays)
    notifications.forget_visitors(session, person.contacts)
    removal.forget_work(session, person.ids, person.references)
    report = Report.of(person, filed, now(session))
    audit.record(session, by, "contact.erased", contact_id, **_counted(report))
    events.emit(session, "contact.erased", contact_id)
    return report


def _counted(report: Report) -> dict[str, int]:
    """That it happened and how much it was, and nothing of what it was."""
    return {
        "messages": report.messages,
        "notes": report.notes,
        "documents": report.documents,
        "on_hold": len(report.on_hold) + report.on_hold_restricted,
    }
