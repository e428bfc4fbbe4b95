"""The lists that staff look through: newest first, a page at a time, each by an index of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Row, Select, Subquery, func, literal_column, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from pretamane.contacts.models import STATUSES, Contact, Submission
from pretamane.core.paging import PAGE, Page, Place, page_of
from pretamane.core.words import WALKED, asked_for

# Beyond that nobody counts: “999+” says as much, and costs the same at a hundred thousand.
COUNTED = 1000
EXCERPT = 200

SUBMISSION_COLUMNS: dict[str, Any] = {
    **{
        name: getattr(Submission, name)
        for name in (
            "id",
            "reference",
            "status",
            "spam_reason",
            "contact_id",
            "assignee_id",
            "name",
            "email",
            "phone",
            "company",
            "subject",
            "message",
            "page",
            "consented",
            "consent_version",
            "received_at",
            "changed_at",
            "version",
        )
    },
    "excerpt": func.left(Submission.message, EXCERPT).label("excerpt"),
}
CONTACT_COLUMNS: dict[str, Any] = {
    name: getattr(Contact, name)
    for name in ("id", "email", "name", "phone", "company", "tags", "made_at", "changed_at", "version", "merged_into")
}
_BY_ARRIVAL = (Submission.received_at, Submission.id)
_BY_MEETING = (Contact.made_at, Contact.id)


@dataclass(frozen=True)
class Messages:
    """Which messages; what is left out does not matter."""

    status: str | None = None
    assignee_id: UUID | None = None
    contact_id: UUID | None = None
    search: str | None = None


@dataclass(frozen=True)
class People:
    search: str | None = None
    tag: str | None = None


def messages(
    session: Session, which: Messages, *, after: str | None = None, limit: int = PAGE, columns: Sequence[str] = ()
) -> Page[Row[Any]]:
    names = columns or [name for name in SUBMISSION_COLUMNS if name != "message"]
    wanted = (
        (Submission.status, which.status),
        (Submission.assignee_id, which.assignee_id),
        (Submission.contact_id, which.contact_id),
    )
    known = [column == value for column, value in wanted if value is not None]
    those = _List(_BY_ARRIVAL, [SUBMISSION_COLUMNS[name] for name in names], known, Submission.words)
    return those.page(session, which.search, after, limit)


def people(
    session: Session, which: People, *, after: str | None = None, limit: int = PAGE, columns: Sequence[str] = ()
) -> Page[Row[Any]]:
    known: list[ColumnElement[bool]] = [Contact.merged_into.is_(None)]
    if tag := plain(which.tag or "").lower():
        known.append(Contact.tags.contains([tag]))
    those = _List(_BY_MEETING, [CONTACT_COLUMNS[name] for name in columns or CONTACT_COLUMNS], known, Contact.words)
    return those.page(session, which.search, after, limit)


@dataclass(frozen=True)
class _List:
    """Rows by time and id, newest first."""

    order: tuple[Any, Any]
    columns: Sequence[Any]
    known: Sequence[ColumnElement[bool]]
    words: InstrumentedAttribute[str]

    def page(self, session: Session, search: str | None, after: str | None, limit: int) -> Page[Row[Any]]:
        asked, known = asked_for(search), [*self.known]
        if after is not None:
            place = Place.of(after)
            known.append(tuple_(*self.order) < tuple_(place.at, place.id))
        rows = self._found(session, known, asked, limit) if asked is not None else self._rows(session, known, limit)
        return page_of(rows, limit, lambda row: Place(row.place_at, row.place_id))

    def _found(
        self, session: Session, known: Sequence[ColumnElement[bool]], asked: ColumnElement[Any], limit: int
    ) -> Sequence[Row[Any]]:
        """A common word is soon met among the newest; a rare one is found by the index of words.

        PostgreSQL cannot tell them apart while the last word is still being typed, and a wrong guess is a slow one.
        """
        at, identity = self.order
        newest = select(at.label("at"), identity.label("id"), self.words.label("words")).where(*known)
        near = newest.order_by(at.desc(), identity.desc()).limit(WALKED).subquery()
        common = _first(near, limit).where(near.c.words.bool_op("@@")(asked))
        rows = self._rows(session, [identity.in_(common)], limit)
        if len(rows) > limit:
            return rows
        everywhere = select(at.label("at"), identity.label("id")).where(*known, self.words.bool_op("@@")(asked))
        found = everywhere.cte("found").prefix_with("MATERIALIZED")
        return self._rows(session, [identity.in_(_first(found, limit))], limit)

    def _rows(self, session: Session, which: Sequence[ColumnElement[bool]], limit: int) -> Sequence[Row[Any]]:
        """One more than the page has, which tells whether there are more."""
        at, identity = self.order
        query: Select[Any] = select(*self.columns, at.label("place_at"), identity.label("place_id")).where(*which)
        return session.execute(query.order_by(at.desc(), identity.desc()).limit(limit + 1)).all()


def _first(found: Subquery | CTE, limit: int) -> Select[Any]:
    return select(found.c.id).order_by(found.c.at.desc(), found.c.id.desc()).limit(limit + 1)


def plain(text: str) -> str:
    """Without what PostgreSQL takes in no text."""
    return "".join(sign for sign in text if sign.isprintable()).strip()


def counts(session: Session) -> dict[str, int]:
    """How many messages of each status there are, counted up to a thousand."""

    def counted(status: str) -> Select[str, Any]:
        newest = (column.desc() for column in _BY_ARRIVAL)  # in the index's own order, so that it is what is counted
        some = select(Submission.id).where(Submission.status == status).order_by(*newest).limit(COUNTED).subquery()
        name: ColumnElement[str] = literal_column(f"'{status}'")
        there: ColumnElement[Any] = func.count().label("there")
        return select(name.label("status"), there).select_from(some)

    rows = session.execute(union_all(*(counted(status) for status in STATUSES))).all()
    return {row.status: row.there for row in rows}
