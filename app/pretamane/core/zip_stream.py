"""A ZIP written as it is read, of any size: what stays in memory is one piece, and a line about each entry.

Entries are stored as they are, with their sums behind them (data descriptors), and by ZIP64 where they need it.
"""

import logging
import struct
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pretamane.core.zip_names import Names

_log = logging.getLogger("pretamane.zip")

_LIMIT: Final = 0xFFFFFFFF
_ENTRIES_LIMIT: Final = 0xFFFF
_PLAIN, _ZIP64 = 20, 45
# Sums come behind the bytes; names are UTF-8.
_FLAGS: Final = 0x0808
# As Unix makes them: a plain file that its owner may change and everybody may read.
_MADE_ON_UNIX: Final = 3 << 8
_PLAIN_FILE: Final = 0o100644 << 16
_EARLIEST, _LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)
_LATEST_UNIX: Final = 2**31 - 1


@dataclass(frozen=True)
class Entry:
    """A file of the ZIP, whose size is known before its bytes are asked for."""

    name: str
    size: int
    modified: datetime
    pieces: Callable[[], Iterable[bytes]]


class NotWhole(Exception):
    """An entry has more or fewer bytes than was said: nobody may take such a ZIP for a whole one."""


def stream(entries: Iterable[Entry]) -> Generator[bytes, None, None]:
    """Whatever fails on the way ends it without the directory that would make it a ZIP, and is raised."""
    written, names = _Written(), Names()
    try:
        for entry in entries:
            yield from written.entry(entry, names.free(entry.name))
        yield written.directory()
        yield written.end()
    except Exception:
        _log.exception("a ZIP was broken off after %d entries, so that nobody takes it for whole", written.count)
        raise


class _Written:
    """What has been written so far, and what its directory will say of it."""

    def __init__(self) -> None:
        self._at = 0
        self._lines: list[bytes] = []

    @property
    def count(self) -> int:
        return len(self._lines)

    def entry(self, entry: Entry, name: str) -> Iterator[bytes]:
        line = _Line(name.encode(), entry.size, self._at, entry.modified)
        yield self._counted(line.header())
        checksum, size = 0, 0
        for piece in entry.pieces():
            checksum, size = zlib.crc32(piece, checksum), size + len(piece)
            if size > entry.size:
                break
            if piece:
                yield self._counted(piece)
        if size != entry.size:
            raise NotWhole(f"an entry of {entry.size} bytes came with {'more' if size > entry.size else size}")
        yield self._counted(line.sums(checksum))
        self._lines.append(line.in_directory(checksum))

    def directory(self) -> bytes:
        self._began = self._at
        return self._counted(b"".join(self._lines))

    def end(self) -> bytes:
        count, length, at = len(self._lines), self._at - self._began, self._began
        record = b""
        if count >= _ENTRIES_LIMIT or length >= _LIMIT or at >= _LIMIT:
            versions = (_MADE_ON_UNIX | _ZIP64, _ZIP64)
            record = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, *versions, 0, 0, count, count, length, at)
            record += struct.pack("<4sIQI", b"PK\6\7", 0, self._at, 1)
        few = min(count, _ENTRIES_LIMIT)
        return record + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, few, few, min(length, _LIMIT), min(at, _LIMIT), 0)

    def _counted(self, piece: bytes) -> bytes:
        self._at += len(piece)
        return piece


@dataclass(frozen=True)
class _Line:
    name: bytes
    size: int
    at: int
    modified: datetime

    @property
    def _is_large(self) -> bool:
        return self.size >= _LIMIT

    def header(self) -> bytes:
        """The sizes are told behind the bytes; a large one has to say here that they take eight bytes each."""
        sizes = _LIMIT if self._is_large else 0
        extra = (struct.pack("<HHQQ", 1, 16, 0, 0) if self._is_large else b"") + self._time()
        version = _ZIP64 if self._is_large else _PLAIN
        lengths = (len(self.name), len(extra))
        fixed = struct.pack("<4sHHHIIIIHH", b"PK\3\4", version, _FLAGS, 0, self._dos, 0, sizes, sizes, *lengths)
        return fixed + self.name + extra

    def sums(self, checksum: int) -> bytes:
        form = "<4sIQQ" if self._is_large else "<4sIII"
        return struct.pack(form, b"PK\7\x08", checksum, self.size, self.size)

    def in_directory(self, checksum: int) -> bytes:
        """Only what does not fit is told in ZIP64's own field."""
        large = [self.size, self.size] if self._is_large else []
        far = [self.at] if self.at >= _LIMIT else []
        wide = [*large, *far]
        extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        extra += self._time()
        version, size = _ZIP64 if wide else _PLAIN, min(self.size, _LIMIT)
        fixed = struct.pack(
            "<4sHHHHIIIIHHHHHII",
            *(b"PK\1\2", _MADE_ON_UNIX | version, version, _FLAGS, 0, self._dos, checksum, size, size),
            *(len(self.name), len(extra), 0, 0, 0, _PLAIN_FILE, min(self.at, _LIMIT)),
        )
        return fixed + self.name + extra

    @property
    def _dos(self) -> int:
        at = min(max(self.modified.astimezone(UTC), _EARLIEST), _LATEST)
        day = (at.year - 1980) << 9 | at.month << 5 | at.day
        return day << 16 | at.hour << 11 | at.minute << 5 | at.second // 2

    def _time(self) -> bytes:
        """The older one is anybody's local time; this one is the same everywhere."""
        seconds = int(self.modified.timestamp())
        return struct.pack("<HHBi", 0x5455, 5, 1, seconds) if 0 <= seconds <= _LATEST_UNIX else b""
