"""A long JSON list, one of its objects at a time."""

import json
import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from pretamane.core.errors import CannotStart

_PIECE: Final = 256 * 1024
# A document's whole text may be in one; whoever writes longer ones wants to fill our memory.
LONGEST: Final = 32 * 1024 * 1024
_BETWEEN: Final = re.compile(r"[ \t\r\n,]*")


def objects(file: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    """CannotStart for what is no such list, or is cut off."""
    text = _Text(file, name)
    if text.next() != "[":
        raise CannotStart(f"{name} is no list of rows, as paperless-ngx writes it.")
    text.skip()
    while (sign := text.next()) != "]":
        if sign != "{":
            raise CannotStart(f"{name} is no list of rows, as paperless-ngx writes it.")
        yield text.take()


class _Text:
    """As much of it as is needed."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name, self._text, self._at, self._is_over = file, name, "", 0, False
        self._decoder, self._json = getincrementaldecoder("utf-8-sig")("replace"), json.JSONDecoder()

    def next(self) -> str:
        """The next sign that means something."""
        while True:
            between = _BETWEEN.match(self._text, self._at)
            self._at = between.end() if between else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            self._read(1)

    def skip(self) -> None:
        self._at += 1

    def take(self) -> dict[str, Any]:
        while True:
            try:
                row, self._at = self._json.raw_decode(self._text, self._at)
            except ValueError:
                # As much again, so that a long one is not parsed anew for each piece.
                self._read(max(1, len(self._text) - self._at))
            except RecursionError:
                raise CannotStart(f"{self._name} is nested too deeply.") from None
            else:
                found: dict[str, Any] = row
                return found

    def _read(self, more: int) -> None:
        if self._is_over:
            raise CannotStart(f"{self._name} is cut off, or it is no JSON.")
        if more > LONGEST:
            raise CannotStart(f"{self._name} has a row that is longer than any document's.")
        pieces, size = [self._text[self._at :]], 0
        while size < more and not self._is_over:
            piece = self._file.read(_PIECE)
            self._is_over = not piece
            pieces.append(self._decoder.decode(piece, final=not piece))
            size += len(pieces[-1])
        self._text, self._at = "".join(pieces), 0
