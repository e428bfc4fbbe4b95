"""Which documents come next in a list, also by the words of their titles: quick for common words and for rare ones."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, Subquery, literal_column, select
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import InstrumentedAttribute, Session

from pretamane.core.words import WALKED
from pretamane.documents.models import TITLE_WORDS, Document, DocumentVersion

Ids = Select[*tuple[Any, ...]]
# The column that a list goes by: when documents came, or the day on them.
Ordered = InstrumentedAttribute[Any]
_WORDS: ColumnElement[Any] = literal_column(TITLE_WORDS.text, TSVECTOR)


def places(at: Ordered, known: Sequence[ColumnElement[bool]], *, by_version: bool) -> Select[*tuple[Any, ...]]:
    """Where the wanted ones stand in the list; their content is asked about only where that tells which they are."""
    wanted = select(at.label("at"), Document.id.label("id")).where(*known).order_by(at.desc(), Document.id.desc())
    return wanted.join(DocumentVersion, DocumentVersion.id == Document.current_version_id) if by_version else wanted


def newest(wanted: Select[*tuple[Any, ...]], limit: int) -> Ids:
    """One more than a page has, which tells whether there are more."""
    return _first(wanted.limit(limit + 1).subquery(), limit)


def newest_with(session: Session, words: ColumnElement[str], wanted: Select[*tuple[Any, ...]], limit: int) -> Ids:
    """A common word is soon met among the newest; a rare one is found by the index of words.

    PostgreSQL cannot tell them apart while the last word is still being typed, and a wrong guess is a slow one.
    """
    near = wanted.add_columns(_WORDS.label("words")).limit(WALKED).subquery()
    common = _first(near, limit).where(near.c.words.bool_op("@@")(words))
    met = session.scalars(common).all()
    if len(met) > limit:
        return select(Document.id).where(Document.id.in_(met))
    return _first(
        wanted.order_by(None).where(_WORDS.bool_op("@@")(words)).cte("found").prefix_with("MATERIALIZED"), limit
    )


def _first(found: Subquery | CTE, limit: int) -> Ids:
    return select(found.c.id).order_by(found.c.at.desc(), found.c.id.desc()).limit(limit + 1)
