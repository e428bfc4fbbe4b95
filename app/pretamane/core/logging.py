"""Log lines: JSON for machines, plain on a terminal, each with its request id and nothing personal."""

import logging
import re
import sys
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from pretamane.core import request_ids

_ADDRESS = re.compile(r"[^\s@<>\"'(){}\[\]=:,;]+@[^\s@<>\"'(){}\[\]=:,;]+")
_PASSWORD_IN_URL = re.compile(r"(://[^:/\s]*:)[^@\s]+@")


def scrub(text: str) -> str:
    """Last line of defence: libraries put values into their exceptions, and those reach the log."""
    return _ADDRESS.sub("<address>", _PASSWORD_IN_URL.sub(r"\1<password>@", text))


class _Json(JsonFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


def _with_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_ids.current.get()
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
    handler.addFilter(_with_request_id)
    handler.setFormatter(_formatter(form, stream))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("uvicorn", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
