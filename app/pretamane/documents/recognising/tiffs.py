"""A TIFF's first page: its list of fields, and the strips or tiles that the list names."""

import struct

from pretamane.documents.recognising.glance import Glance
from pretamane.documents.recognising.reach import Reach

# Of strips or tiles; a page with more of them is judged by the first ones.
MOST_STRIPS = 4096
_MOST_FIELDS = 1000
_PLACES, _LENGTHS = (273, 324), (279, 325)
_NUMBERS = {3: "H", 4: "L", 16: "Q"}


class _Layout:
    """How this TIFF writes numbers: in either order, and in either width."""

    def __init__(self, head: bytes) -> None:
        self.order = "<" if head.startswith(b"II") else ">"
        is_big = head[2:4] in (b"\x2b\0", b"\0\x2b")
        self.first_at = 8 if is_big else 4
        self.offset, self.count = ("Q", "Q") if is_big else ("L", "H")
        self.field = struct.Struct(f"{self.order}HH{self.offset}{8 if is_big else 4}s")

    def number(self, sign: str, written: bytes) -> int | None:
        size = struct.calcsize(self.order + sign)
        return struct.unpack_from(self.order + sign, written)[0] if len(written) >= size else None


def reach_of_tiff(glance: Glance) -> Reach:
    layout = _Layout(glance.head)
    fields = _fields(glance, layout)
    if fields is None:
        return Reach(False)
    places, lengths = (_numbers(glance, layout, fields, tags) for tags in (_PLACES, _LENGTHS))
    if not places:
        return Reach(False)
    return Reach(all(place + length <= glance.size for place, length in zip(places, lengths, strict=False)))


def _fields(glance: Glance, layout: _Layout) -> dict[int, tuple[int, int, bytes]] | None:
    """By tag: the type, the number of values, and the values or where they are. None where the list is cut off."""
    place = layout.number(layout.offset, glance.head[layout.first_at :])
    count = None if place is None else layout.number(layout.count, glance.at(place, 8))
    if place is None or count is None or not 0 < count <= _MOST_FIELDS:
        return None
    size = layout.field.size
    written = glance.at(place + struct.calcsize(layout.order + layout.count), size * count)
    if len(written) < size * count:
        return None
    return {tag: (kind, number, value) for tag, kind, number, value in layout.field.iter_unpack(written)}


def _numbers(
    glance: Glance, layout: _Layout, fields: dict[int, tuple[int, int, bytes]], tags: tuple[int, int]
) -> tuple[int, ...]:
    kind, count, value = next((fields[tag] for tag in tags if tag in fields), (0, 0, b""))
    if kind not in _NUMBERS:
        return ()
    each = struct.calcsize("<" + _NUMBERS[kind])
    shown = min(count, MOST_STRIPS)
    if count * each > len(value):
        value = glance.at(layout.number(layout.offset, value) or 0, shown * each)
    shown = min(shown, len(value) // each)
    return struct.unpack_from(f"{layout.order}{shown}{_NUMBERS[kind]}", value)
