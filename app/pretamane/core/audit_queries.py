"""Reads of what accounts and keys did."""

from dataclasses import dataclass

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from pretamane.core.audit import AuditEntry
from pretamane.core.paging import PAGE, Page, Place, page_of


@dataclass(frozen=True)
class Wanted:
    """Which entries: those of somebody, by a part of the name; those of a kind, by how the act's name begins."""

    actor: str = ""
    act: str = ""

    @property
    def is_everything(self) -> bool:
        return not (self.actor or self.act)


def entries(session: Session, wanted: Wanted, before: Place | None = None, limit: int = PAGE) -> Page[AuditEntry]:
    """The newest first."""
    asked = select(AuditEntry).order_by(AuditEntry.made_at.desc(), AuditEntry.id.desc()).limit(limit + 1)
    if before is not None:
        asked = asked.where(tuple_(AuditEntry.made_at, AuditEntry.id) < tuple_(before.at, before.id))
    if wanted.actor:
        asked = asked.where(AuditEntry.actor.icontains(wanted.actor, autoescape=True))
    if wanted.act:
        asked = asked.where(AuditEntry.act.startswith(wanted.act, autoescape=True))
    return page_of(session.scalars(asked).all(), limit, lambda entry: Place(entry.made_at, entry.id))


def has_happened(session: Session, act: str) -> bool:
    return session.scalar(select(AuditEntry.id).where(AuditEntry.act == act).limit(1)) is not None
