"""Lists a page at a time, by the place of the last row seen: page a thousand costs what page one does."""

import base64
import binascii
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from pretamane.core.errors import Malformed

PAGE = 50

_START = datetime(1970, 1, 1, tzinfo=UTC)
_PACKED = struct.Struct(">q16s")
_MICROSECOND = timedelta(microseconds=1)

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """Where a row stands in a list that is ordered by time and id."""

    at: datetime
    id: UUID

    @property
    def cursor(self) -> str:
        """Opaque on purpose: how a list is ordered is no promise."""
        packed = _PACKED.pack((self.at - _START) // _MICROSECOND, self.id.bytes)
        return base64.urlsafe_b64encode(packed).decode("ascii")

    @classmethod
    def of(cls, cursor: str) -> "Place":
        try:
            packed = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
            microseconds, identity = _PACKED.unpack(packed)
            return cls(_START + timedelta(microseconds=microseconds), UUID(bytes=identity))
        except (binascii.Error, struct.error, UnicodeError, OverflowError):
            raise Malformed(
                "This is not a cursor that a list has given out. Start again at the first page.", code="bad-cursor"
            ) from None


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows, and the cursor of those that follow, if any do."""

    items: Sequence[T]
    next: str | None


def page_of(rows: Sequence[T], limit: int, place: Callable[[T], Place]) -> Page[T]:
    """`rows` is one longer than the page when there is more: nobody has to count."""
    shown = rows[:limit]
    return Page(shown, place(shown[-1]).cursor if len(rows) > limit else None)
