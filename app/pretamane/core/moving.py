"""Rows on their way from one house to another: which columns leave, and how their values are written and read."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.orm import Session

from pretamane.core.actors import Role

Row = Mapping[str, Any]
T = TypeVar("T")

# Rows that the database hands over at once, so that no table is ever whole in memory.
AT_ONCE = 500


@dataclass(frozen=True)
class Sheet:
    """What leaves under one name. What is `own` tells of the house itself: another one begins its own."""

    name: str
    columns: Sequence[str]
    rows: Callable[[Session], Iterator[Row]]
    is_own: bool = False


def sheet(name: str, query: Select[*tuple[Any, ...]], *, is_own: bool = False) -> Sheet:
    """Of a query whose columns are named as they leave."""
    columns = tuple(str(column.name) for column in query.selected_columns)
    return Sheet(name, columns, lambda session: rows_of(session, query), is_own=is_own)


def rows_of(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Row]:
    for found in session.execute(query, execution_options={"yield_per": AT_ONCE}).mappings():
        yield {str(name): value for name, value in found.items()}


def written(row: Row) -> str:
    return json.dumps({name: plain(value) for name, value in row.items()}, ensure_ascii=False)


def plain(value: object) -> Any:
    """As JSON knows it; a moment is written in UTC, with all its digits."""
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    return next((write(value) for kind, write in _WRITTEN if isinstance(value, kind)), value)


def in_utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


# A datetime is a date as well, so it is asked about first.
_WRITTEN: Sequence[tuple[type, Callable[[Any], str]]] = (
    (datetime, in_utc),
    (date, date.isoformat),
    (Role, lambda role: role.word),
    (UUID, str),
    (bytes, bytes.hex),
)


class Unfit(ValueError):
    """A row that is not what such a row looks like; the sentence names the field."""


def identity(row: Row, name: str) -> UUID:
    found = identity_or_none(row, name)
    if found is None:
        raise Unfit(f"{name} is missing")
    return found


def identity_or_none(row: Row, name: str) -> UUID | None:
    return _read(row, name, UUID)


def moment(row: Row, name: str) -> datetime:
    found = moment_or_none(row, name)
    if found is None:
        raise Unfit(f"{name} is missing")
    return found


def moment_or_none(row: Row, name: str) -> datetime | None:
    found = _read(row, name, datetime.fromisoformat)
    if found is not None and found.tzinfo is None:
        raise Unfit(f"{name} has no time zone")
    return found


def day_or_none(row: Row, name: str) -> date | None:
    return _read(row, name, date.fromisoformat)


def words(row: Row, name: str) -> str:
    found = words_or_none(row, name)
    if found is None:
        raise Unfit(f"{name} is missing")
    return found


def words_or_none(row: Row, name: str) -> str | None:
    """But for what PostgreSQL takes in no text."""
    return _read(row, name, lambda text: text.replace("\0", "").encode("utf-8", "ignore").decode())


def yes(row: Row, name: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise Unfit(f"{name} is neither true nor false")
    return value


def number(row: Row, name: str) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unfit(f"{name} is no whole number")
    return value


def several(row: Row, name: str) -> list[str]:
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unfit(f"{name} is no list of texts")
    return [words({name: each}, name) for each in value]


def _read(row: Row, name: str, read: Callable[[str], T]) -> T | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unfit(f"{name} is no text")
    try:
        return read(value)
    except ValueError:
        raise Unfit(f"{name} is not what it should be") from None
