"""What the names of folders mean: “{contact}/{tag}” says that the first is a contact and the second a tag."""

import re
from dataclasses import dataclass, field
from typing import Final

from pretamane.core.errors import CannotStart

_MEANT: Final = ("contact", "tag", "type")
_PLACE: Final = re.compile(r"\{(\w*)\}|(\*)")


@dataclass
class Meant:
    contact: str | None = None
    type: str | None = None
    tags: list[str] = field(default_factory=list)


class Pattern:
    def __init__(self, text: str) -> None:
        """CannotStart for one that nobody can mean."""
        self._levels = [_level(part, text) for part in text.strip("/").split("/")] if text else []

    def read(self, folders: list[str]) -> Meant:
        """As far as the folders go and fit; what lies deeper means nothing."""
        meant = Meant()
        for (matching, meanings), folder in zip(self._levels, folders, strict=False):
            found = matching.fullmatch(folder)
            if found is None:
                break
            for meaning, word in zip(meanings, found.groups(), strict=True):
                _add(meant, meaning, word.strip())
        return meant


def _level(part: str, text: str) -> tuple[re.Pattern[str], list[str]]:
    matching, meanings, end = "", [], 0
    for place in _PLACE.finditer(part):
        matching += re.escape(part[end : place.start()])
        end = place.end()
        if place[2]:
            matching += ".*"
            continue
        if place[1] not in _MEANT:
            raise CannotStart(f"{text}: {place[0]} means nothing; there are {{contact}}, {{tag}}, {{type}} and *.")
        meanings.append(place[1])
        matching += "(.+?)"
    return re.compile(matching + re.escape(part[end:]), re.DOTALL), meanings


def _add(meant: Meant, meaning: str, word: str) -> None:
    if not word:
        return
    if meaning == "tag":
        meant.tags.append(word)
    elif meaning == "type":
        meant.type = word
    else:
        meant.contact = word
