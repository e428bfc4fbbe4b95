"""What a text is: a page or a script by how it begins, a mail by its headers, or only text."""

import re

from pretamane.documents.recognising import foreign
from pretamane.documents.recognising.glance import Glance
from pretamane.documents.recognising.plain import beginning, is_plain
from pretamane.documents.recognising.refusing import Foreign

# What browsers take for a page when nothing else is said (WHATWG, MIME sniffing), and XML.
_PAGE = re.compile(
    r"<(?:!doctype|(?:html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|meta|link|img|svg"
    r"|object|embed|form)"
    r"(?=[\s>/])|!--)",
    re.IGNORECASE,
)
_SVG = re.compile(r"<svg[\s>]", re.IGNORECASE)
_SCRIPT = re.compile(r"#!|@?echo off\b|<\?(?:php|=)|<%|<job\b|<package\b", re.IGNORECASE)
_HEADER = re.compile(rb"([!-9;-~]+)[ \t]*:")
RTF_MAGIC = b"{\\rtf"


def what_it_begins_like(head: bytes) -> Foreign | None:
    """The page or script that a text is taken for by what opens it, whatever its name says."""
    start = beginning(head)
    if start[:5].lower() == "<?xml" or start[:4].lower() == "<svg":
        return foreign.SVG if _SVG.search(start) else foreign.HTML if "<html" in start.lower() else foreign.XML
    if _PAGE.match(start):
        return foreign.SVG if start[:13].lower() == "<!doctype svg" else foreign.HTML
    if _SCRIPT.match(start):
        return foreign.SCRIPT
    return foreign.POSTSCRIPT if start.startswith("%!PS") else None


def is_mail(head: bytes) -> bool:
    """Headers to the first empty line, with who wrote it and when it was written or came."""
    names = _header_names(head.removeprefix(b"\xef\xbb\xbf"))
    return b"from" in names and bool(names & {b"date", b"received"})


def _header_names(head: bytes) -> set[bytes]:
    """None at all when a line is there that no mail has."""
    found: set[bytes] = set()
    for number, line in enumerate(head.splitlines()):
        if not line.strip():
            break
        header = _HEADER.match(line)
        if header:
            found.add(header[1].lower())
        elif not (line.startswith((b" ", b"\t")) and found) and not (number == 0 and line.startswith(b"From ")):
            return _unless_cut_off(head, line, found)
        if not is_plain(line):
            return set()
    return found


def _unless_cut_off(head: bytes, line: bytes, found: set[bytes]) -> set[bytes]:
    """The last line of what was read may be half a header."""
    return found if found and head.endswith(line) else set()


def rtf_is_whole(glance: Glance) -> bool:
    return glance.tail.rstrip(b"\0 \t\r\n").endswith(b"}")
