"""What came out of the cage, as values of ours: checked field by field, whoever may have written it."""

import json
import math
from collections.abc import Sequence
from datetime import date

from pretamane.ports import Attachment, Facts, ReadingStopped, ReadPage, Word

_NAME_MOST, _TYPE_MOST = 1000, 200


def senseless() -> ReadingStopped:
    return ReadingStopped("The reader did not answer sensibly; the file may be made to do harm.")


def pages(payload: memoryview, after: int) -> list[ReadPage]:
    """They are numbered without a gap, or they are not pages."""
    rows = _rows(payload, 5)
    if not rows or [row[0] for row in rows] != list(range(after + 1, after + 1 + len(rows))):
        raise senseless()
    return [
        ReadPage(after + index, _text(text), _length(width), _length(height), needs_ocr is True)
        for index, (_number, text, width, height, needs_ocr) in enumerate(rows, start=1)
    ]


def words(payload: memoryview) -> list[Word]:
    return [Word(_text(row[0]), *(min(1.0, _length(side)) for side in row[1:])) for row in _rows(payload, 5)]


def facts(payload: memoryview, pages_seen: int) -> Facts:
    told = _json(payload)
    if not isinstance(told, dict) or told.get("pages") != pages_seen:
        raise senseless()
    title, dated = told.get("title"), told.get("dated")
    try:
        day = date.fromisoformat(_text(dated)) if dated is not None else None
    except ValueError:
        raise senseless() from None
    return Facts(pages_seen, _text(title)[:_NAME_MOST] if title is not None else None, day)


def attachment(payload: memoryview) -> Attachment:
    told = _json(payload)
    if not isinstance(told, dict):
        raise senseless()
    return Attachment(_text(told.get("name"))[:_NAME_MOST], _text(told.get("media_type"))[:_TYPE_MOST])


def _json(payload: memoryview) -> object:
    try:
        told: object = json.loads(bytes(payload))
    except (ValueError, RecursionError):
        raise senseless() from None
    return told


def _rows(payload: memoryview, width: int) -> list[Sequence[object]]:
    rows = _json(payload)
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == width for row in rows):
        raise senseless()
    return rows


def _text(value: object) -> str:
    """NUL and halves of pairs would not get into the database; inside they are removed, if inside can be believed."""
    if not isinstance(value, str) or "\0" in value:
        raise senseless()
    try:
        value.encode()
    except UnicodeEncodeError:
        raise senseless() from None
    return value


def _length(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise senseless()
    return max(0.0, float(value))
