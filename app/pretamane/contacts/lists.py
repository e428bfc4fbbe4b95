"""The lists that staff look through: newest first, a page at a time, each by an index of its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, literal_column, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from pretamane.contacts.models import STATUSES, Contact, Submission
from pretamane.core.paging import PAGE, Page, Place, page_of

# Beyond that nobody counts: “999+” says as much, and costs the same at a hundred thousand.
COUNTED = 1000
EXCERPT = 200
LONGEST_SEARCH = 200

_WORD = re.compile(r"[^\W_]+")

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
    query: Select[Any] = select(*(SUBMISSION_COLUMNS[name] for name in names), *_places(*_BY_ARRIVAL))
    wanted = (
        (Submission.status, which.status),
        (Submission.assignee_id, which.assignee_id),
        (Submission.contact_id, which.contact_id),
    )
    query = query.where(*(column == value for column, value in wanted if value is not None))
    query = _matching(query, Submission.words, which.search)
    return _page(session, query, _BY_ARRIVAL, after, limit)


def people(
    session: Session, which: People, *, after: str | None = None, limit: int = PAGE, columns: Sequence[str] = ()
) -> Page[Row[Any]]:
    names = columns or list(CONTACT_COLUMNS)
    query: Select[Any] = select(*(CONTACT_COLUMNS[name] for name in names), *_places(*_BY_MEETING))
    query = query.where(Contact.merged_into.is_(None))
    if tag := plain(which.tag or "").lower():
        query = query.where(Contact.tags.contains([tag]))
    query = _matching(query, Contact.words, which.search)
    return _page(session, query, _BY_MEETING, after, limit)


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


def _places(at: Any, identity: Any) -> tuple[Any, Any]:
    return at.label("place_at"), identity.label("place_id")


def _page(
    session: Session, query: Select[Any], order: tuple[Any, Any], after: str | None, limit: int
) -> Page[Row[Any]]:
    if after is not None:
        place = Place.of(after)
        query = query.where(tuple_(*order) < tuple_(place.at, place.id))
    newest_first = query.order_by(*(column.desc() for column in order)).limit(limit + 1)
    return page_of(session.execute(newest_first).all(), limit, lambda row: Place(row.place_at, row.place_id))


def _matching(query: Select[Any], words: InstrumentedAttribute[str], search: str | None) -> Select[Any]:
    wanted = _WORD.findall((search or "")[:LONGEST_SEARCH])
    return query.where(_has_all(words, wanted)) if wanted else query


def _has_all(words: InstrumentedAttribute[str], wanted: Sequence[str]) -> ColumnElement[bool]:
    """All of the words, the last one perhaps still being typed. Only letters and digits: nothing has to be escaped."""
    asked = " & ".join(f"'{word}'" for word in wanted) + ":*"
    return words.bool_op("@@")(func.to_tsquery(literal_column("'simple'"), asked))
