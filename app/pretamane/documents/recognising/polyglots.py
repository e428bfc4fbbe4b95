"""Files that are two kinds at once, so that one reader sees a picture and another a program."""

import re

from pretamane.core.errors import AppError
from pretamane.documents.recognising import foreign, kinds, pdfs, zips
from pretamane.documents.recognising.found import Found
from pretamane.documents.recognising.glance import Glance
from pretamane.documents.recognising.refusing import two_in_one

_ACTIVE = re.compile(rb"<(?:!doctype\s+html|html|script|iframe|svg)[\s>]|<\?php\b", re.IGNORECASE)
_ZIPS = (*kinds.OOXML, *kinds.ODF)
# Behind the end of a picture or a PDF, what only an intruder would put there. Phones add films and thumbnails.
_INTRUDERS = {
    *(foreign.WINDOWS_PROGRAM, foreign.LINUX_PROGRAM, foreign.MAC_PROGRAM, foreign.JAVA_PROGRAM, foreign.PROGRAM),
    *(foreign.ARCHIVE, foreign.TAR, foreign.ZIP, foreign.SHORTCUT, foreign.ANDROID_PROGRAM),
}
_PDF = "a PDF"
_PAGE = "a web page or script"
_ZIP = "a zip archive"
# Where other formats keep their sign: far enough behind the beginning for another's to stand before it.
_ELSEWHERE = ((257, b"ustar", "a tar archive"), (32769, b"CD001", "a disk image"), (128, b"DICM", "a medical picture"))


def refusal(glance: Glance, found: Found) -> AppError | None:
    """What is said when it is a second thing as well; what opens a text was looked at before."""
    kind = found.kinds[0]
    if kind in (*kinds.PLAIN, kinds.EML):
        return two_in_one(found.called, _ZIP, kind) if zips.end_of(glance) else None
    for second in (_at_the_head(glance, found), _elsewhere(glance), _at_the_tail(glance, found)):
        if second:
            return two_in_one(found.called, second, kind)
    return None


def _at_the_head(glance: Glance, found: Found) -> str | None:
    kind, head = found.kinds[0], glance.head[: pdfs.BEGINS_WITHIN]
    begins = pdfs.begins_at(glance.head)
    if begins is not None and kind is not kinds.PDF:
        return _PDF
    if begins is not None and not pdfs.is_harmless_before(glance.head[:begins]):
        return _PAGE if b"<" in glance.head[:begins] else "another file before it"
    if _ACTIVE.search(head) and kind is not kinds.RTF:
        return _PAGE
    return "a script" if _begins_a_comment(glance, found) else None


def _begins_a_comment(glance: Glance, found: Found) -> bool:
    """Sizes that are chosen so that a browser reads the picture as a script: `GIF89a/*`, `GIF89a=`."""
    head = glance.head
    match found.kinds[0]:
        case kinds.GIF:
            return head[6:8] in (b"/*", b"//") or (head[6:7] == b"=" and head[7:8].isascii() and head[7:8].isalnum())
        case kinds.JPEG:
            return head[4:6] == b"/*"
        case kinds.WEBP:
            return head[4:6] == b"/*" and found.ends_at != glance.size
    return False


def _elsewhere(glance: Glance) -> str | None:
    return next((what for offset, sign, what in _ELSEWHERE if glance.at(offset, len(sign)) == sign), None)


def _at_the_tail(glance: Glance, found: Found) -> str | None:
    kind = found.kinds[0]
    if kind in _ZIPS:
        return None
    if zips.end_of(glance):
        return _ZIP
    if kind is kinds.PDF:
        behind = glance.tail.rpartition(b"%%EOF")[2]
        return _intruder(behind.lstrip())
    if kind is kinds.RTF:
        return None
    if _ACTIVE.search(glance.tail):
        return _PAGE
    return _intruder(glance.at(found.ends_at, 1024)) if found.ends_at else None


def _intruder(behind: bytes) -> str | None:
    if behind.startswith(b"PK\3\4"):
        return _ZIP
    if _ACTIVE.search(behind):
        return _PAGE
    stranger = foreign.by_content(behind)
    return stranger.called if stranger in _INTRUDERS else None
