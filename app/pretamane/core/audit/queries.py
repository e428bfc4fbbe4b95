"""Reads of the audit, the newest first."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from pretamane.core.audit.models import AuditEntry
from pretamane.core.paging import PAGE, Page, Place, page_of


@dataclass(frozen=True)
class Wanted:
    """Which entries: what one account did, one kind of act, what was done to one thing, or any of these together."""

    account_id: UUID | None = None
    act: str | None = None
    subject: UUID | None = None

    @property
    def is_everything(self) -> bool:
        return not any(astuple(self))


EVERYTHING = Wanted()


def entries(
    session: Session, wanted: Wanted = EVERYTHING, before: Place | None = None, limit: int = PAGE
) -> Page[AuditEntry]:
    asked = select(AuditEntry).order_by(AuditEntry.made_at.desc(), AuditEntry.id.desc()).limit(limit + 1)
    if before is not None:
        asked = asked.where(tuple_(AuditEntry.made_at, AuditEntry.id) < (before.at, before.id))
    if wanted.account_id is not None:
        asked = asked.where(AuditEntry.account_id == wanted.account_id)
    if wanted.act is not None:
        asked = asked.where(AuditEntry.act == wanted.act)
    if wanted.subject is not None:
        asked = asked.where(AuditEntry.subject == wanted.subject)
    return page_of(session.scalars(asked).all(), limit, lambda entry: Place(entry.made_at, entry.id))


# From one act to the next in the index: a handful of steps, however many entries there are.
_ACTS = text("""
    WITH RECURSIVE found AS (
        (SELECT act FROM audit_entries ORDER BY act LIMIT 1)
        UNION ALL
        SELECT (SELECT act FROM audit_entries WHERE act > found.act ORDER BY act LIMIT 1) FROM found
        WHERE found.act IS NOT NULL
    )
    SELECT act FROM found WHERE act IS NOT NULL
""")


def acts(session: Session) -> Sequence[str]:
    """Every kind of act that there is an entry of."""
    return session.execute(_ACTS).scalars().all()


def has_happened(session: Session, act: str) -> bool:
    return session.scalar(select(AuditEntry.id).where(AuditEntry.act == act).limit(1)) is not None


def about(session: Session, subjects: Sequence[UUID], after: UUID, limit: int) -> Sequence[AuditEntry]:
    """The oldest first."""
    theirs = select(AuditEntry).where(AuditEntry.subject.in_(subjects), AuditEntry.id > after)
    return session.scalars(theirs.order_by(AuditEntry.id).limit(limit)).all()
