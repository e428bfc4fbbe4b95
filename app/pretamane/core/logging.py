"""Log lines: JSON for machines, plain on a terminal, each with its request id and nothing personal."""

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from pretamane.core import request_ids

_ADDRESS = re.compile(r"[^\s@<>\"'(){}\[\]=:,;]+@[^\s@<>\"'(){}\[\]=:,;]+")
_PASSWORD_IN_URL = re.compile(r"(://[^:/\s]*:)[^@\s]+@")
# Their exceptions repeat what people typed: a failing row, a value that does not fit.
_TELLTALES = frozenset({"psycopg2", "sqlalchemy", "pydantic_core"})
_QUOTED = re.compile(r"\"[^\"]*\"|'.*'")
_OPENING_QUOTE = re.compile("[\"'«„“].*")
_SCHEMA_NAMES = ("table_name", "column_name", "constraint_name")

_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def scrub(text: str) -> str:
    """Last line of defence: libraries put values into their exceptions, and those reach the log."""
    return _ADDRESS.sub("<address>", _PASSWORD_IN_URL.sub(r"\1<password>@", text))


def tell(failure: BaseException) -> str:
    """What an exception says, without the values that a database or a validator put into it."""
    kind = type(failure)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    is_telltale = any(each.__module__.partition(".")[0] in _TELLTALES for each in kind.__mro__)
    return f"{name}: {_without_values(failure) if is_telltale else failure}"


def _without_values(failure: BaseException) -> str:
    first_line = str(failure).partition("\n")[0]
    server_said = getattr(getattr(failure, "orig", failure), "diag", None)
    if getattr(server_said, "sqlstate", None) is None:  # no word of the server's: quotes are paired
        first_line = _QUOTED.sub("<…>", first_line)
    names = [str(value) for name in _SCHEMA_NAMES if (value := getattr(server_said, name, None))]
    return _OPENING_QUOTE.sub("<…>", first_line) + (f" [{', '.join(names)}]" if names else "")


def _trace(failure: BaseException, told: frozenset[int] = frozenset()) -> Iterator[str]:
    told |= {id(failure)}
    reason = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    gathered = failure.exceptions if isinstance(failure, BaseExceptionGroup) else ()
    for earlier in (reason, *gathered):
        if earlier is not None and id(earlier) not in told:
            yield from _trace(earlier, told)
            yield "\nwhich led to:\n"
    yield from traceback.format_tb(failure.__traceback__)
    yield tell(failure) + "\n"


class _Discreet(logging.Formatter):
    def formatException(self, ei: _Failure) -> str:  # noqa: N802  # logging's own name
        return "" if ei[1] is None else "".join(_trace(ei[1])).rstrip()

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class _Json(_Discreet, JsonFormatter):
    pass


class _Plain(_Discreet):
    """Lines for people: the request's id at the end of the first line, where there is a request."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        line, request_id = super().formatMessage(record), getattr(record, "request_id", None)
        return f"{line} [{request_id}]" if request_id else line


def _complete(record: logging.LogRecord) -> bool:
    record.request_id = request_ids.current.get()
    if isinstance(record.args, tuple):
        record.args = tuple(tell(each) if isinstance(each, BaseException) else each for each in record.args)
    return True


def _formatter(form: str, stream: TextIO) -> logging.Formatter:
    if form == "plain" or (form == "auto" and stream.isatty()):
        return _Plain("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    return _Json(
        "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        datefmt="%Y-%m-%dT%H:%M:%S%z",
    )


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.addFilter(_complete)
    handler.setFormatter(_formatter(form, stream))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("uvicorn", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
