"""A list as a table (CSV, RFC 4180): whole, and harmless in whatever opens it."""

import csv
import io
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.paging import Page
from pretamane.core.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Each in a transaction of its own: no connection is held while a slow reader takes them.
CHUNK = 500
# Spreadsheets take the three bytes for UTF-8; without them they guess.
MARK = "\ufeff"

# What a spreadsheet would begin to calculate, also behind spaces and quotes and in full width: at the start of a cell,
# or of what a program that expects semicolons, tabs, bars or line ends between cells would take for one.
_BEGINS_A_FORMULA = re.compile(
    r"^(?=[\t\r])|((?:^|[\t\r\n;|])(?:[^\S\t\r\n]|[\"'“”„‘’])*)(?=[=+\-@＝＋－＠])"  # noqa: RUF001  # full width is the point
)

# Rows have the columns as attributes.
Read = Callable[..., Page[Any]]

CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "UTF-8, with a line of names first"}
}


@dataclass(frozen=True)
class Export:
    """A table, and which of its rows: whatever of `which` is None or empty does not matter."""

    name: str
    columns: Sequence[str]
    read: Read
    which: "DataclassInstance"


def harmless(value: object) -> str:
    """Text that no spreadsheet calculates: an apostrophe comes before what would begin a formula."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        value = ", ".join(value)
    return _BEGINS_A_FORMULA.sub(lambda begins: f"{begins[1] or ''}'", str(value))


async def download(work: UnitOfWork, export: Export, by: Actor) -> StreamingResponse:
    """The first rows are read before the answer begins, so that a database that is away is a refusal and no file."""
    first = await work.run(_begun, export, by)
    return StreamingResponse(
        _lines(work, export, first),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{export.name}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _begun(session: Session, export: Export, by: Actor) -> Page[Any]:
    """Who takes everything away at once leaves a trace; of how it was narrowed, what people typed is not kept."""
    audit.record(session, by, f"{export.name}.exported", filters=filters_in(export.which))
    return export.read(session, export.which, limit=CHUNK, columns=export.columns)


def filters_in(which: "DataclassInstance") -> list[str]:
    return [name for name, value in asdict(which).items() if value not in (None, False, (), [])]


async def _lines(work: UnitOfWork, export: Export, page: Page[Any]) -> AsyncIterator[str]:
    yield MARK + _written([export.columns])
    yield _written(_cells(export, page))
    while page.next is not None:
        page = await work.run(export.read, export.which, after=page.next, limit=CHUNK, columns=export.columns)
        yield _written(_cells(export, page))


def in_lines(rows: Iterable[Sequence[object]]) -> str:
    return _written([harmless(cell) for cell in row] for row in rows)


def _cells(export: Export, page: Page[Any]) -> Iterable[Sequence[str]]:
    return ([harmless(getattr(row, name)) for name in export.columns] for row in page.items)


def _written(rows: Iterable[Sequence[str]]) -> str:
    """Everything is quoted: a separator that only some programs know parts nothing."""
    lines = io.StringIO()
    csv.writer(lines, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()
