"""Documents by the words of their titles: quick for a word that many have, and for one that hardly any has."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, literal_column, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Session

from pretamane.core.words import WALKED
from pretamane.documents.models import TITLE_WORDS, Document, DocumentVersion

_WORDS: ColumnElement[Any] = literal_column(TITLE_WORDS.text, TSVECTOR)
_NEWEST = (Document.made_at.desc(), Document.id.desc())


def newest(
    session: Session, listed: Select[*tuple[Any, ...]], known: Sequence[ColumnElement[bool]], limit: int
) -> Sequence[Any]:
    """One more than a page has, which tells whether there are more."""
    return session.execute(listed.where(*known).order_by(*_NEWEST).limit(limit + 1)).all()


def newest_with(
    session: Session,
    listed: Select[*tuple[Any, ...]],
    known: Sequence[ColumnElement[bool]],
    words: ColumnElement[str],
    limit: int,
) -> Sequence[Any]:
    """A common word is soon met among the newest; a rare one is found by the index of words.

    PostgreSQL cannot tell them apart while the last word is still being typed, and a wrong guess is a slow one.
    """
    places = select(Document.made_at.label("at"), Document.id.label("id"))
    places = places.join(DocumentVersion, DocumentVersion.id == Document.current_version_id).where(*known)
    near = places.add_columns(_WORDS.label("words")).order_by(*_NEWEST).limit(WALKED).subquery()
    common = _first(near, limit).where(near.c.words.bool_op("@@")(words))
    rows = newest(session, listed, [Document.id.in_(common)], limit)
    if len(rows) > limit:
        return rows
    found = places.where(_WORDS.bool_op("@@")(words)).cte("found").prefix_with("MATERIALIZED")
    return newest(session, listed, [Document.id.in_(_first(found, limit))], limit)


def _first(found: Subquery | CTE, limit: int) -> Select[*tuple[Any, ...]]:
    return select(found.c.id).order_by(found.c.at.desc(), found.c.id.desc()).limit(limit + 1)
