"""Which bytes of a file an answer carries (RFC 9110, section 14): all of them, or one stretch that was asked for."""

import re
from typing import NamedTuple

from starlette.datastructures import Headers

from pretamane.core.errors import AppError

# Longer numbers are none that a file's place could have; Python would take its time with them.
_ONE = re.compile(r"bytes=(?P<first>[0-9]{1,18})?-(?P<last>[0-9]{1,18})?", re.IGNORECASE)


class OutOfRange(AppError):
    """There is no such place in the file; the answer says how long it is."""

    status, code = 416, "out-of-range"


class Stretch(NamedTuple):
    start: int
    length: int

    def of(self, size: int) -> str:
        """As Content-Range says it."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def asked_for(method: str, headers: Headers, size: int, etag: str) -> Stretch | None:
    """None for the whole: nothing was asked for, it was not understood, or it was asked of other bytes than these.

    Several stretches at once are answered whole too, as every server may.
    """
    asked = headers.get("range")
    if method != "GET" or asked is None or headers.get("if-range", etag).strip() != etag:
        return None
    one = _ONE.fullmatch(asked.strip())
    if one is None or one["first"] is one["last"] is None:
        return None
    if one["first"] is None:
        return _the_last(int(one["last"]), size)
    first, last = int(one["first"]), int(one["last"] or size - 1)
    if one["last"] is not None and last < first:
        return None
    if first >= size:
        raise _beyond(size)
    return Stretch(first, min(last, size - 1) - first + 1)


def _the_last(length: int, size: int) -> Stretch:
    if length == 0 or size == 0:
        raise _beyond(size)
    length = min(length, size)
    return Stretch(size - length, length)


def _beyond(size: int) -> OutOfRange:
    return OutOfRange("There is nothing at that place in the file.", headers={"Content-Range": f"bytes */{size}"})
