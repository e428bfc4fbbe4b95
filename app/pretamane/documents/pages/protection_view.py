"""What the page of a document says about who may know of it, what holds it, and when it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.documents.models import Document
from pretamane.documents.protection import restricting
from pretamane.documents.protection.restricting import Reader
from pretamane.documents.retention import keeping
from pretamane.documents.retention.retiring import KEPT_IN_TRASH


@dataclass(frozen=True)
class Protection:
    held_by: str | None
    readers: Sequence[Reader]
    # Among whom readers are chosen.
    people: Sequence[Reader]
    # By the rules of retention; in the past where they would take it again.
    goes_on: date | None
    # From the trash, for good.
    ends_at: datetime | None

    @property
    def reader_ids(self) -> set[str]:
        return {str(reader.account_id) for reader in self.readers}


def look(session: Session, document: Document) -> Protection:
    holder = document.held_by
    return Protection(
        accounts.names_of(session, [holder]).get(holder) if holder else None,
        restricting.readers_of(session, document.id) if document.is_restricted else (),
        [Reader(account.id, account.name) for account in accounts.who_is_here(session)],
        keeping.goes_on(session, document),
        document.trashed_at + KEPT_IN_TRASH if document.trashed_at and not document.held_at else None,
    )
