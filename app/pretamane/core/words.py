"""What people type to find something, as PostgreSQL's index of words takes it."""

import re

from sqlalchemy import ColumnElement, func, literal_column

LONGEST_SEARCH = 200
# How many of the newest rows are looked at for a word before the index of words is asked.
WALKED = 1000

_WORD = re.compile(r"[^\W_]+")


def asked_for(search: str | None) -> ColumnElement[str] | None:
    """All of the words, the last one perhaps still being typed. Only letters and digits: nothing has to be escaped."""
    wanted = _WORD.findall((search or "")[:LONGEST_SEARCH])
    if not wanted:
        return None
    return func.to_tsquery(literal_column("'simple'"), " & ".join(f"'{word}'" for word in wanted) + ":*")
