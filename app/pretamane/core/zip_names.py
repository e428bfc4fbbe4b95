"""What entries of a ZIP are called: names that every system can write, each once."""

import re
import unicodedata

# Of what file systems allow, in bytes of UTF-8, with a number behind it.
LONGEST_PART = 200
_LONGEST_ENDING = 20
NAMELESS = "unnamed"

_JOINERS = "\u200c\u200d"
_NEVER = ("Cc", "Cf", "Cs", "Zl", "Zp")
_REFUSED_BY_WINDOWS = re.compile(r'[<>:"|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])[ .]*(\..*)?", re.IGNORECASE)


def safe(name: str) -> str:
    """A path below wherever the ZIP is unpacked, whatever was asked for."""
    parts = [_part(part) for part in re.split(r"[/\\]", name)]
    return "/".join(part for part in parts if part) or NAMELESS


def _part(given: str) -> str:
    composed = unicodedata.normalize("NFC", given)
    plain = "".join(sign for sign in composed if sign in _JOINERS or unicodedata.category(sign) not in _NEVER)
    named = _REFUSED_BY_WINDOWS.sub("_", plain).strip().rstrip(". ")
    if _DEVICE.fullmatch(named):
        named = f"_{named}"
    return _shortened(*_parted(named))


def _shortened(stem: str, ending: str) -> str:
    """So that what was shortened once is not shortened again."""
    if len((stem + ending).encode()) <= LONGEST_PART:
        return stem + ending
    cut = stem.encode()[: LONGEST_PART - len(ending.encode())].decode("utf-8", "ignore")
    return cut.rstrip(". ") + ending


def _parted(name: str) -> tuple[str, str]:
    stem, point, ending = name.rpartition(".")
    return (stem, point + ending) if stem and len(ending.encode()) <= _LONGEST_ENDING else (name, "")


class Names:
    """Those that are taken already. Systems differ in whether they tell “A” from “a”, so nobody has to."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._last: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The safe name, with a number where it is taken by another entry, or by a folder."""
        *folders, last = safe(name).split("/")
        place = ""
        for folder in folders:
            place = self._numbered(place, folder, self._files) + "/"
            self._folders.add(_same(place[:-1]))
        free = self._numbered(place, last, self._files, self._folders)
        self._files.add(_same(free))
        return free

    def _numbered(self, place: str, name: str, *taken: set[str]) -> str:
        wanted = _same(place + name)
        if not any(wanted in each for each in taken):
            return place + name
        stem, ending = _parted(name)
        number = self._last.get(wanted, 1)
        while True:
            number += 1
            free = f"{place}{_shortened(stem, f' ({number}){ending}')}"
            if not any(_same(free) in each for each in taken):
                self._last[wanted] = number
                return free


def _same(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
