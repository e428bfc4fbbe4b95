"""Readable names that every system takes: Windows, macOS and Linux, on any disk."""

import unicodedata
from typing import Final

# In bytes: within the 255 of most disks, and short enough that whole paths stay within Windows' 260 signs.
LONGEST_FOLDER: Final = 60
LONGEST_FILE: Final = 120
LONGEST_EXTENSION: Final = 10

_NEVER = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_FORBIDDEN = dict.fromkeys(map(ord, '<>:"/\\|?*'), "-")
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"
}


def safe(text: str, otherwise: str, longest: int) -> str:
    """Applied to its own outcome it changes nothing."""
    composed = unicodedata.normalize("NFC", text).translate(_FORBIDDEN)
    visible = "".join(sign if sign != "\t" else " " for sign in composed if _may_stand(sign))
    name = _cut(_without_odd_ends(" ".join(visible.split())), longest)
    if not name:
        return otherwise
    return f"_{name}" if name.partition(".")[0].rstrip().casefold() in _DEVICES else name


def _may_stand(sign: str) -> bool:
    return sign in "\t\n\r" or unicodedata.category(sign) not in _NEVER


def _without_odd_ends(name: str) -> str:
    """Systems drop points and spaces at the end, and hide what begins with a point."""
    return name.strip(" .~")


def _cut(name: str, longest: int) -> str:
    """Between letters, never between one and its accent."""
    while len(name.encode()) > longest:
        name = name[:-1]
        while name and unicodedata.combining(name[-1]):
            name = name[:-1]
        name = _without_odd_ends(name)
    return name


def extension(filename: str, otherwise: str) -> str:
    """Of the name that the file came with, where it is one; letters and digits alone."""
    _, point, last = filename.rpartition(".")
    is_one = bool(point) and last.isascii() and last.isalnum() and len(last) <= LONGEST_EXTENSION
    return last.lower() if is_one else otherwise


def alike(path: str) -> str:
    """The same for names that some disk takes for one: whatever their case, and however their accents are written."""
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", path).casefold())
