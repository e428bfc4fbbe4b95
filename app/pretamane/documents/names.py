"""What a file was called by whoever sent it: shown to people, offered at a download, and never used as a path."""

import unicodedata
from typing import Literal
from urllib.parse import quote

LONGEST = 255
LONGEST_EXTENSION = 20
NAMELESS = "unnamed"
# Persian and Indian words and many emoji are joined by these; all other signs of formatting go, which turn the reading
# direction (an “exe” that reads as “txt”) or hide something.
_JOINERS = "\u200c\u200d"
# Letters and symbols that show as nothing, and so push an extension out of sight.
_BLANK = dict.fromkeys(map(ord, "\u115f\u1160\u2800\u3164\uffa0\u2028\u2029\t\n\v\f\r\x85"), " ")
_NEVER = ("Cc", "Cf", "Cs")
# What browsers read differently, each in its own way, inside the quotes; a wide slash, too, is a slash in ASCII.
_MISREAD = '%"\\/'
# RFC 8187's attr-char, less what quote() keeps anyway.
_KEPT_AS_IT_IS = "!#$&+-.^_`|~"


def display_name(given: str) -> str:
    """As it was typed, as far as it is safe to show: of a path the last part, on one line, in the order of its signs.

    Applied to its own outcome it changes nothing.
    """
    last = given.replace("\\", "/").rstrip("/").rpartition("/")[2]
    shortened = _shortened(_without_odd_ends(in_order(last)))
    return shortened if shortened.strip(".") else NAMELESS


def in_order(given: str) -> str:
    """On one line, without the signs that hide something or turn the reading direction."""
    composed = unicodedata.normalize("NFC", given.translate(_BLANK))
    visible = "".join(sign for sign in composed if sign in _JOINERS or unicodedata.category(sign) not in _NEVER)
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def _without_odd_ends(name: str) -> str:
    """Systems drop points and spaces at the end, so that what stands before them becomes the extension."""
    name = name.strip(_JOINERS + " ").rstrip("." + _JOINERS + " ")
    stem, point, extension = name.rpartition(".")
    return stem + point + "".join(sign for sign in extension if sign not in _JOINERS)


def _shortened(name: str) -> str:
    """In the middle: the end says what kind of file it is."""
    if len(name) <= LONGEST:
        return name
    stem, point, extension = name.rpartition(".")
    if not stem or len(extension) > LONGEST_EXTENSION:
        return name[: LONGEST - 1].rstrip(" ." + _JOINERS) + "…"
    return stem[: LONGEST - 2 - len(extension)].rstrip() + "…" + point + extension


def content_disposition(name: str, way: Literal["inline", "attachment"]) -> str:
    """The header's value by RFC 6266: for every browser a name in ASCII, and beside it the true one (RFC 8187)."""
    shown = display_name(name)
    plain = "".join(sign if " " <= sign <= "~" and sign not in _MISREAD else "_" for sign in _in_ascii(shown))
    value = f'{way}; filename="{plain}"'
    return value if plain == shown else f"{value}; filename*=UTF-8''{quote(shown, safe=_KEPT_AS_IT_IS)}"


def _in_ascii(name: str) -> str:
    """Letters without their accents, so that most European names stay readable."""
    parts = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in parts if not unicodedata.combining(sign))
