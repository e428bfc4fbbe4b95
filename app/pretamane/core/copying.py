"""Many rows at once, by PostgreSQL's own COPY: several times as fast as inserting them."""

import io
from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from pretamane.core.errors import Unavailable

Cell = str | int | float


def copy_in(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Table and columns are words of ours; a text must hold no NUL, which PostgreSQL takes nowhere."""
    lines = io.StringIO("".join("\t".join(_cell(cell) for cell in row) + "\n" for row in rows))
    cursor, driver = session.connection().connection.cursor(), session.connection().dialect.loaded_dbapi
    try:
        cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", lines)
    except (driver.OperationalError, driver.InterfaceError) as failure:
        raise Unavailable(
            "The database cannot be reached just now, so nothing was saved. Please try again in a moment.",
            code="database-unavailable",
        ) from failure
    finally:
        cursor.close()


def _cell(value: Cell) -> str:
    """Signs are replaced one after the other: to translate all at once takes ten times as long."""
    if not isinstance(value, str):
        return repr(value)
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
