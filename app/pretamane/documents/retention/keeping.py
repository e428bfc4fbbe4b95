"""When a document has been kept for as long as the rules say: by whole days, as the practice's own calendar has them.

One that several rules in force are about is kept for as long as the most patient of them says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select
from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.documents import queries
from pretamane.documents.models import Document, DocumentTag, RetentionRule
from pretamane.practice import queries as practice_queries

CountedFrom = Literal["received", "document_date"]
RECEIVED: Final[CountedFrom] = "received"
DATED: Final[CountedFrom] = "document_date"
# The calendar must not end before what is kept does.
LONGEST_DAYS: Final = 36_500


@dataclass(frozen=True)
class Today:
    """Where the practice is."""

    day: date
    zone: ZoneInfo

    @classmethod
    def at(cls, moment: datetime, zone: ZoneInfo) -> "Today":
        return cls(moment.astimezone(zone).date(), zone)

    def later(self, days: int) -> "Today":
        return Today(self.day + timedelta(days=days), self.zone)


def today(session: Session) -> Today:
    return Today.at(now(session), ZoneInfo(practice_queries.current(session).time_zone))


def first_moment(day: date, zone: ZoneInfo) -> datetime:
    """Where no clock shows the day's midnight, because summer begins then, the first one that it does show."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def is_about(rule: RetentionRule) -> ColumnElement[bool]:
    said: list[ColumnElement[bool]] = []
    if rule.type_id is not None:
        said.append(Document.type_id == rule.type_id)
    if rule.tag_id is not None:
        tagged = DocumentTag.document_id == Document.id, DocumentTag.tag_id == rule.tag_id
        said.append(select(DocumentTag.document_id).where(*tagged).exists())
    return and_(*said)


def is_over(rule: RetentionRule, on: Today) -> ColumnElement[bool]:
    """All of its last day has gone by. What is counted from a date of which nobody knows is never over."""
    first_kept = on.day - timedelta(days=rule.keep_days)
    if rule.counted_from == DATED:
        return Document.document_date < first_kept
    return Document.made_at < first_moment(first_kept, on.zone)


def going(rule: RetentionRule, others: Sequence[RetentionRule], on: Today) -> ColumnElement[bool]:
    """What the rule puts into the trash that day: nothing on hold, and nothing that another rule still keeps."""
    let_go = [or_(not_(_surely(is_about(each))), _surely(is_over(each, on))) for each in others]
    is_there = Document.trashed_at.is_(None), Document.held_at.is_(None)
    return and_(*is_there, is_about(rule), is_over(rule, on), *let_go)


def _surely(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """What nobody knows is not so."""
    return func.coalesce(condition, false())


def in_force(session: Session, *, but: UUID | None = None) -> Sequence[RetentionRule]:
    asked = select(RetentionRule).where(RetentionRule.in_force_since.is_not(None), RetentionRule.id != but)
    return session.scalars(
        asked if but else select(RetentionRule).where(RetentionRule.in_force_since.is_not(None))
    ).all()


def last_day(rule: RetentionRule, document: Document, zone: ZoneInfo) -> date | None:
    """The last one on which the rule keeps it; None where it is counted from a date that nobody knows."""
    base = document.document_date if rule.counted_from == DATED else document.made_at.astimezone(zone).date()
    return base + timedelta(days=rule.keep_days) if base else None


@dataclass(frozen=True)
class Goes:
    """A document, and the day on which it goes into the trash."""

    document: Document
    day: date


LISTED: Final = 100
SOON_DAYS: Final = 30


@dataclass(frozen=True)
class DryRun:
    """What would go, as far as somebody may know of it; the lists hold the oldest of them."""

    now_count: int
    now: Sequence[Goes]
    soon_count: int
    soon: Sequence[Goes]


def dry_run(session: Session, rule: RetentionRule, by: Actor) -> DryRun:
    on, others = today(session), in_force(session, but=rule.id)
    at_once = going(rule, others, on)
    soon = and_(going(rule, others, on.later(SOON_DAYS)), not_(_surely(at_once)))
    rules = [rule, *others]
    return DryRun(
        would_go(session, rule, by),
        _listed(session, rules, at_once, by, on.zone),
        _count(session, soon, by),
        _listed(session, rules, soon, by, on.zone),
    )


def would_go(session: Session, rule: RetentionRule, by: Actor) -> int:
    return _count(session, going(rule, in_force(session, but=rule.id), today(session)), by)


def _count(session: Session, which: ColumnElement[bool], by: Actor) -> int:
    asked = select(func.count()).select_from(Document).where(which, queries.readable(by))
    return session.execute(asked).scalar_one()


def _listed(
    session: Session, rules: Sequence[RetentionRule], which: ColumnElement[bool], by: Actor, zone: ZoneInfo
) -> Sequence[Goes]:
    oldest = select(Document, *map(is_about, rules)).where(which, queries.readable(by))
    rows = session.execute(oldest.order_by(Document.made_at, Document.id).limit(LISTED))
    return [Goes(row[0], _day(row[0], _those(rules, row[1:]), zone)) for row in rows]


def _those(rules: Sequence[RetentionRule], are_about: Sequence[bool | None]) -> Sequence[RetentionRule]:
    return [rule for rule, applies in zip(rules, are_about, strict=True) if applies]


def _day(document: Document, rules: Sequence[RetentionRule], zone: ZoneInfo) -> date:
    days = [last_day(rule, document, zone) for rule in rules]
    return max(day for day in days if day) + timedelta(days=1)


def goes_on(session: Session, document: Document) -> date | None:
    """When the rules in force let it go into the trash; None where none is about it, or one keeps it for good."""
    rules = in_force(session)
    if not rules or document.held_at is not None:
        return None
    row = session.execute(select(*map(is_about, rules)).where(Document.id == document.id)).one()
    about = _those(rules, row)
    zone = today(session).zone
    if not about or any(last_day(rule, document, zone) is None for rule in about):
        return None
    return _day(document, about, zone)
