"""Pictures by their first bytes, and how far their own parts reach. No picture is decoded here."""

import struct
from collections.abc import Callable, Iterator

from pretamane.documents.recognising import foreign, kinds
from pretamane.documents.recognising.found import Found, marked
from pretamane.documents.recognising.glance import Glance
from pretamane.documents.recognising.kinds import Kind
from pretamane.documents.recognising.reach import MOST_PARTS, Reach
from pretamane.documents.recognising.refusing import Foreign
from pretamane.documents.recognising.tiffs import reach_of_tiff

# A JPEG's pixels do not say how long they are: so far they are read to find their end.
LONGEST_READ = 64 * 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
_AVIF_BRANDS = {b"avif", b"avis"}
_OTHER_BOXES = {b"mif1": foreign.PICTURE, b"crx ": foreign.RAW_PHOTO, b"M4A ": foreign.SOUND, b"jp2 ": foreign.PICTURE}


def of_picture(glance: Glance) -> Found | Foreign | None:
    head = glance.head
    if head.startswith(b"BM") and len(head) > 18 and head[14:18] in (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"):
        return foreign.PICTURE
    if head[4:8] == b"ftyp":
        return _of_boxes(glance)
    for kind, is_one, reach in _PICTURES:
        if is_one(head):
            is_whole, ends_at = reach(glance)
            return marked(kind, whole=is_whole, ends_at=ends_at)
    return None


def _of_boxes(glance: Glance) -> Found | Foreign:
    """HEIC, and the films and pictures that are built like it."""
    length = int.from_bytes(glance.head[:4], "big")
    brands = [glance.head[8:12], *(glance.head[place : place + 4] for place in range(16, min(length, 256), 4))]
    if brands[0] in _AVIF_BRANDS or (_AVIF_BRANDS & set(brands) and not _HEIC_BRANDS & set(brands)):
        return foreign.PICTURE
    if brands[0] in _HEIC_BRANDS or (brands[0] in (b"mif1", b"msf1") and _HEIC_BRANDS & set(brands)):
        is_whole, ends_at = _boxes(glance)
        return marked(kinds.HEIC, whole=is_whole, ends_at=ends_at)
    return _OTHER_BOXES.get(brands[0], foreign.FILM)


def _boxes(glance: Glance) -> Reach:
    place, names = 0, set()
    for _ in range(MOST_PARTS):
        box = glance.at(place, 16)
        if len(box) < 8:
            break
        size, name = struct.unpack(">L4s", box[:8])
        names.add(name)
        if size == 1 and len(box) == 16:
            size = int.from_bytes(box[8:], "big")
        if size == 0:
            place = glance.size
        elif size < 8:
            break
        place += size
    return Reach(place == glance.size and b"meta" in names)


def _png(glance: Glance) -> Reach:
    place = len(_PNG)
    for _ in range(MOST_PARTS):
        part = glance.at(place, 8)
        if len(part) < 8:
            return Reach(False)
        size, name = struct.unpack(">L4s", part)
        place += 12 + size
        if name == b"IEND":
            return Reach(place <= glance.size, place)
    return Reach(True)


def _jpeg(glance: Glance) -> Reach:
    place = 2
    for _ in range(MOST_PARTS):
        part = glance.at(place, 4)
        if len(part) < 4 or part[0] != 0xFF:
            return Reach(False)
        if part[1] == 0xDA:
            return _behind_pixels(glance, place)
        place += 1 if part[1] == 0xFF else 2 + int.from_bytes(part[2:4], "big")
    return Reach(False)


def _behind_pixels(glance: Glance, place: int) -> Reach:
    carried, at = b"", place
    for window in glance.windows(place):
        together = carried + window
        end = together.find(b"\xff\xd9")
        if end >= 0:
            return Reach(True, at - len(carried) + end + 2)
        carried, at = together[-1:], at + len(window)
        if at - place > LONGEST_READ:
            return Reach(True)
    return Reach(False)


def _gif(glance: Glance) -> Reach:
    if len(glance.head) < 14:
        return Reach(False)
    place = 13 + _colours(glance.head[10])
    # Counted together with the blocks inside, or a giant of tiny blocks would take minutes.
    steps = iter(range(MOST_PARTS))
    for _ in steps:
        part = glance.at(place, 10)
        if part[:1] == b";":
            return Reach(True, place + 1)
        if part[:1] == b"!":
            place = _behind_blocks(glance, place + 2, steps)
        elif part[:1] == b"," and len(part) == 10:
            place = _behind_blocks(glance, place + 11 + _colours(part[9]), steps)
        else:
            return Reach(False)
    return Reach(True)


def _colours(flags: int) -> int:
    """The bytes of a table of colours, when the flags say that there is one."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _behind_blocks(glance: Glance, place: int, steps: Iterator[int]) -> int:
    for _ in steps:
        size = glance.at(place, 1)
        if size in (b"", b"\0"):
            break
        place += 1 + size[0]
    return place + 1


def _webp(glance: Glance) -> Reach:
    size = int.from_bytes(glance.head[4:8], "little")
    has_pixels = glance.head[12:15] == b"VP8"
    return Reach(has_pixels and size + 8 <= glance.size, size + 8)


_PICTURES: tuple[tuple[Kind, Callable[[bytes], bool], Callable[[Glance], Reach]], ...] = (
    (kinds.PNG, lambda head: head.startswith(_PNG), _png),
    (kinds.JPEG, lambda head: head.startswith(b"\xff\xd8\xff"), _jpeg),
    (kinds.GIF, lambda head: head.startswith((b"GIF87a", b"GIF89a")), _gif),
    (kinds.WEBP, lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", _webp),
    (kinds.TIFF, lambda head: head.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")), reach_of_tiff),
)
