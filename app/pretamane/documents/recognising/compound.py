"""The names in an OLE compound file: old Office documents, Outlook messages, new Office documents under a password."""

import struct
from collections.abc import Iterator

from pretamane.documents.recognising.glance import Glance

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_SECTORS = 256
_ENTRY = 128
_IN_HEADER = 109
_LAST = 0xFFFFFFFA


def names(glance: Glance) -> set[str]:
    """Of its streams and folders; as many as are readable."""
    head = glance.head
    if len(head) < 512:
        return set()
    shift = struct.unpack_from("<H", head, 30)[0]
    if shift not in (9, 12):
        return set()
    first = struct.unpack_from("<L", head, 48)[0]
    found: set[str] = set()
    for sector in _chain(glance, first, 1 << shift):
        place = glance.at((sector + 1) << shift, 1 << shift)
        for start in range(0, len(place) - _ENTRY + 1, _ENTRY):
            found.add(_name(place[start : start + _ENTRY]))
    return found - {""}


def _name(entry: bytes) -> str:
    length = struct.unpack_from("<H", entry, 64)[0]
    return entry[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")


def _chain(glance: Glance, sector: int, size: int) -> Iterator[int]:
    """A loop ends with the first sector that comes again, a giant with the last that is looked at."""
    seen: set[int] = set()
    while sector < _LAST and sector not in seen and len(seen) < MOST_SECTORS:
        seen.add(sector)
        yield sector
        sector = _next(glance, sector, size)


def _next(glance: Glance, sector: int, size: int) -> int:
    """As the table of sectors says."""
    piece, place = divmod(sector, size // 4)
    table = _table(glance, piece, size)
    return _number(glance, (table + 1) * size + 4 * place) if table < _LAST else _LAST


def _table(glance: Glance, piece: int, size: int) -> int:
    """The header lists the first 109 pieces of the table, a chain of sectors the others."""
    if piece < _IN_HEADER:
        return _number(glance, 76 + 4 * piece)
    in_a_sector = size // 4 - 1
    links, place = divmod(piece - _IN_HEADER, in_a_sector)
    sector = _number(glance, 68)
    for _ in range(min(links, MOST_SECTORS)):
        sector = _number(glance, (sector + 2) * size - 4) if sector < _LAST else _LAST
    return _number(glance, (sector + 1) * size + 4 * place) if sector < _LAST else _LAST


def _number(glance: Glance, offset: int) -> int:
    four = glance.at(offset, 4)
    return int.from_bytes(four, "little") if len(four) == 4 else _LAST
