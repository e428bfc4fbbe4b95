"""What is read of a file to recognise it: its head, its tail, and places that it names itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

HEAD = 64 * 1024
# A zip's end-of-directory record with the longest comment, and a little that may follow it.
TAIL = 68 * 1024
# However much a file asks for at once.
MOST_AT_ONCE = 4 * 1024 * 1024
WINDOW = 1024 * 1024


@dataclass(frozen=True)
class Glance:
    size: int
    head: bytes
    tail: bytes
    _opened: BinaryIO

    def at(self, offset: int, length: int) -> bytes:
        """Shorter where the file ends; empty for a place that is not in it."""
        if not 0 <= offset < self.size or length <= 0:
            return b""
        self._opened.seek(offset)
        return self._opened.read(min(length, MOST_AT_ONCE))

    def windows(self, start: int = 0) -> Iterator[bytes]:
        """All of it in pieces, for the few kinds that only a whole reading can tell."""
        self._opened.seek(start)
        while window := self._opened.read(WINDOW):
            yield window


@contextmanager
def glance_at(file: Path) -> Iterator[Glance]:
    with file.open("rb") as opened:
        size = opened.seek(0, 2)
        opened.seek(0)
        head = opened.read(HEAD)
        opened.seek(max(0, size - TAIL))
        yield Glance(size, head, opened.read(TAIL), opened)
