"""A PDF's two ends: where it begins, whether it ends, whether it is locked."""

import re

from pretamane.documents.recognising import kinds
from pretamane.documents.recognising.found import Found, marked
from pretamane.documents.recognising.glance import Glance

MAGIC = b"%PDF-"
# As far as readers look for the beginning.
BEGINS_WITHIN = 1024
# Of a cross-reference table: so many sections, and so much of the dictionary that follows.
_MOST_SECTIONS = 1000
_DICTIONARY = 16 * 1024
_VERSION = re.compile(rb"%PDF-\d\.\d")
_START = re.compile(rb"startxref\s+(\d{1,12})")
_OBJECT = re.compile(rb"\s{0,8}\d{1,10}\s+\d{1,5}\s+obj\b")
_SECTION = re.compile(rb"\s*(\d{1,10})\s+(\d{1,10})\s*?(?:\r\n|\n|\r)")
_LOCKED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R\b|<<)")
# What printers and programs put before it: white space, a byte order mark, a printer's own language.
_HARMLESS = re.compile(rb"(?:\xef\xbb\xbf)?[\s\0]*(?:\x1b%-12345X(?:@PJL[^\n]*\n)*[\s\0]*)?")


def begins_at(head: bytes) -> int | None:
    """Where a reader would find its beginning."""
    place = head.find(MAGIC, 0, BEGINS_WITHIN + len(MAGIC))
    return None if place < 0 else place


def is_harmless_before(before: bytes) -> bool:
    return _HARMLESS.fullmatch(before) is not None


def of_pdf(glance: Glance, begins: int) -> Found:
    starts = _START.findall(glance.tail)
    is_complete = bool(starts) and b"%%EOF" in glance.tail and _VERSION.match(glance.head, begins) is not None
    # Counted from its own beginning or from the file's: programs do either.
    places = {begins + int(starts[-1]): None, int(starts[-1]): None} if starts else {}
    trailer = next((read for place in places if (read := _trailer(glance, place)) is not None), None)
    is_locked = _LOCKED.search(trailer or b"") is not None or _says_so_at_the_end(glance)
    return marked(kinds.PDF, whole=is_complete and trailer is not None, locked=is_locked)


def _says_so_at_the_end(glance: Glance) -> bool:
    """The last trailer, for files whose numbers are off: readers find it all the same."""
    trailer = glance.tail.rfind(b"trailer")
    return trailer >= 0 and _LOCKED.search(glance.tail, trailer) is not None


def _trailer(glance: Glance, offset: int) -> bytes | None:
    """The dictionary behind the newest cross-reference table, or of the stream that is one; None without either."""
    # Programs that count badly are off by a few bytes, and readers forgive them.
    around = glance.at(max(0, offset - 16), 96)
    table = around.find(b"xref")
    if table >= 0 and not around[: table + 4].endswith(b"startxref"):
        return _behind_table(glance, max(0, offset - 16) + table + 4)
    if found := _OBJECT.search(around):
        return glance.at(max(0, offset - 16) + found.start(), _DICTIONARY).partition(b"stream")[0]
    return None


def _behind_table(glance: Glance, place: int) -> bytes | None:
    """Each section says how many lines of twenty bytes it has, so that a long table need not be read."""
    for _ in range(_MOST_SECTIONS):
        here = glance.at(place, _DICTIONARY)
        if here.lstrip().startswith(b"trailer"):
            return here.partition(b"startxref")[0]
        section = _SECTION.match(here)
        if section is None:
            break
        place += section.end() + 20 * int(section[2])
    return None
