"""A zip's directory, read without unpacking it, in memory that no zip can choose."""

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from pretamane.documents.recognising.glance import Glance

MOST_PARTS = 10_000
LARGEST_DIRECTORY = 2 * 1024 * 1024
# Of the few parts that are looked into: a manifest of a thousand slides has 300 KiB.
LARGEST_PART = 512 * 1024
# Mail gateways and old disks append a little; more than this is a second file.
MOST_BEHIND = 1024

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_IS_IN_64 = 0xFFFFFFFF
_ENCRYPTED = 1
_STORED, _DEFLATED = 0, 8
# Of a zip that lost its directory, enough to tell what it was.
_MOST_NAMES, _LONGEST_NAME = 500, 512


class TooManyParts(Exception):
    """The directory is larger than that of any document."""


class Entry(NamedTuple):
    name: str
    is_encrypted: bool
    method: int
    packed_size: int
    offset: int


class End(NamedTuple):
    """What the end-of-directory record says, and where it stands."""

    parts: int
    size: int
    offset: int
    stands_at: int
    ends_at: int

    @property
    def before(self) -> int:
        """How many bytes stand before the zip, as if it had been appended to something."""
        return self.stands_at - self.size - self.offset


@dataclass(frozen=True)
class Zip:
    entries: tuple[Entry, ...]
    before: int
    behind: int
    is_whole: bool

    def entry(self, name: str) -> Entry | None:
        return next((entry for entry in self.entries if entry.name == name), None)

    @property
    def has_twins(self) -> bool:
        """Two parts of one name: two readers would see two documents."""
        return len({entry.name.lower() for entry in self.entries}) != len(self.entries)


def end_of(glance: Glance) -> End | None:
    """The record that every zip reader looks for, when a directory stands where it says."""
    begins = glance.size - len(glance.tail)
    place = len(glance.tail)
    while (place := glance.tail.rfind(b"PK\5\6", 0, place)) >= 0:
        record = glance.tail[place : place + _END.size]
        if len(record) == _END.size:
            end = _end(glance, record, begins + place)
            if _has_directory(glance, end):
                return end
    return None


def _end(glance: Glance, record: bytes, at: int) -> End:
    _, _, _, _, parts, size, offset, comment = _END.unpack(record)
    ends_at = at + _END.size + comment
    if parts == 0xFFFF or _IS_IN_64 in (size, offset):
        locator = glance.at(at - _LOCATOR_64.size, _LOCATOR_64.size)
        if locator.startswith(b"PK\6\7"):
            larger = glance.at(at - _LOCATOR_64.size - _END_64.size, _END_64.size)
            if larger.startswith(b"PK\6\6") and len(larger) == _END_64.size:
                *_, parts, size, offset = _END_64.unpack(larger)
                at -= _LOCATOR_64.size + _END_64.size
    return End(parts, size, offset, at, ends_at)


def _has_directory(glance: Glance, end: End) -> bool:
    if end.parts == 0:
        return False
    return end.before >= 0 and glance.at(end.stands_at - end.size, 4) == b"PK\1\2"


def read_directory(glance: Glance) -> Zip | None:
    """None where there is no end-of-directory record: the file was cut off, or is no zip."""
    end = end_of(glance)
    if end is None:
        return None
    if end.parts > MOST_PARTS or end.size > LARGEST_DIRECTORY:
        raise TooManyParts
    entries, is_whole = _entries(glance.at(end.stands_at - end.size, end.size), end)
    return Zip(entries, end.before, max(0, glance.size - end.ends_at), is_whole)


def _entries(directory: bytes, end: End) -> tuple[tuple[Entry, ...], bool]:
    entries: list[Entry] = []
    place = 0
    while place + _ENTRY.size <= len(directory) and directory.startswith(b"PK\1\2", place):
        if len(entries) >= MOST_PARTS:
            raise TooManyParts
        fields = _ENTRY.unpack_from(directory, place)
        flags, method, packed, offset = fields[3], fields[4], fields[8], fields[16]
        named, extra, comment = fields[10:13]
        place += _ENTRY.size
        name = directory[place : place + named].decode("utf-8", "replace")
        entries.append(Entry(name, bool(flags & _ENCRYPTED), method, packed, offset + end.before))
        place += named + extra + comment
    return tuple(entries), place == len(directory) and len(entries) == end.parts


def read_part(glance: Glance, entry: Entry) -> bytes | None:
    """The beginning of one part, unpacked; None where it cannot be read, or is not what the directory says."""
    local = glance.at(entry.offset, _LOCAL.size)
    if len(local) < _LOCAL.size or not local.startswith(b"PK\3\4"):
        return None
    named, extra = _LOCAL.unpack(local)[9:11]
    name = glance.at(entry.offset + _LOCAL.size, named)
    if name.decode("utf-8", "replace") != entry.name:
        return None
    packed = glance.at(entry.offset + _LOCAL.size + named + extra, min(entry.packed_size, LARGEST_PART))
    if entry.method == _STORED:
        return packed
    return _inflated(packed) if entry.method == _DEFLATED else None


def _inflated(packed: bytes) -> bytes | None:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, LARGEST_PART)
    except zlib.error:
        return None


def names_at_the_head(head: bytes) -> list[str]:
    """Of a zip that lost its directory: what its first parts are called."""
    names: list[str] = []
    place = head.find(b"PK\3\4")
    while 0 <= place <= len(head) - _LOCAL.size and len(names) < _MOST_NAMES:
        named = min(_LOCAL.unpack_from(head, place)[9], _LONGEST_NAME)
        name = head[place + _LOCAL.size : place + _LOCAL.size + named]
        names.append(name.decode("utf-8", "replace"))
        place = head.find(b"PK\3\4", place + 4)
    return names
