"""Statements that every visitor waits for: planned once a connection, and sent together where nobody reads their rows.

Parsing and planning costs as much as running what is as short as these, and a trip to the server more than either.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, CursorResult, Row
from sqlalchemy.orm import Session

Values = Mapping[str, object]

# More of them go earlier, so that a long list is neither one huge statement nor a new one for each length.
TOGETHER = 8
_VALUE = re.compile(r"(?<![:\w]):(\w+)")


class Prepared:
    """SQL with `:named` values, each of a type that PostgreSQL can tell from where it stands."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.values = tuple(dict.fromkeys(_VALUE.findall(sql)))

    @cached_property
    def name(self) -> str:
        """Another text is another statement, also on a connection that a proxy hands to two versions of us."""
        return f"pretamane_{sha256(self.sql.encode()).hexdigest()[:16]}"

    @cached_property
    def declaration(self) -> str:
        numbered = _VALUE.sub(lambda named: f"${self.values.index(named[1]) + 1}", self.sql)
        return f"PREPARE {self.name} AS {numbered}".replace("%", "%%")

    def called(self, place: int) -> str:
        """Its values by names of their own, for two statements of one trip may call theirs alike."""
        values = ", ".join(f"%({value}_{place})s" for value in self.values)
        return f"EXECUTE {self.name} ({values})"


def run(within: Session | Connection, statement: Prepared, values: Values) -> CursorResult[*tuple[Any, ...]]:
    connection = within.connection() if isinstance(within, Session) else within
    return _run_together(connection, [(statement, values)])


def run_later(session: Session, statement: Prepared, values: Values) -> None:
    """Before the commit, in its transaction; in the order in which they came."""
    waiting: list[tuple[Prepared, Values]] = session.info.setdefault("waiting", [])
    waiting.append((statement, values))
    if len(waiting) >= TOGETHER:
        send_waiting(session)


def send_waiting(session: Session) -> Row[*tuple[Any, ...]] | None:
    """The first row of the last of them."""
    waiting = session.info.pop("waiting", ())
    if not waiting:
        return None
    sent = _run_together(session.connection(), waiting)
    return sent.first() if sent.returns_rows else None


def _run_together(connection: Connection, calls: Sequence[tuple[Prepared, Values]]) -> CursorResult[*tuple[Any, ...]]:
    known: set[str] = connection.info.setdefault("prepared", set())
    for statement, _ in calls:
        if statement.name not in known:
            connection.exec_driver_sql(statement.declaration)
            known.add(statement.name)
    values = {f"{name}_{place}": given[name] for place, (each, given) in enumerate(calls) for name in each.values}
    return connection.exec_driver_sql(_trip(tuple(statement for statement, _ in calls)), values)


@lru_cache
def _trip(statements: tuple[Prepared, ...]) -> str:
    return ";".join(statement.called(place) for place, statement in enumerate(statements))
