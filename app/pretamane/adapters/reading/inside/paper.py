"""Text without pages of its own, cut into some."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from pretamane.adapters.reading.inside.telling import Page, clean

PAGE_CHARACTERS: Final = 3_000
# A sheet is one page until it is too long for anybody to look at.
SHEET_CHARACTERS: Final = 20_000
# What stands between two paragraphs where the author began a new page.
BREAK: Final = "\f"
_HEADING: Final = re.compile(r"#{1,6}\s+(\S.*)")


def cut(paragraphs: Iterable[str], most: int = PAGE_CHARACTERS) -> Iterator[Page]:
    """At the author's breaks, else at the end of the paragraph that fills the page; at least one page."""
    lines, length, count = list[str](), 0, 0
    for paragraph in paragraphs:
        is_break = paragraph == BREAK
        if lines and (is_break or length >= most):
            yield _page(lines)
            lines, length, count = [], 0, count + 1
        if not is_break:
            *full, rest = _slices(paragraph, most)
            for piece in full:
                yield _page([*lines, piece])
                lines, length, count = [], 0, count + 1
            lines.append(rest)
            length += len(rest) + 1
    if lines or count == 0:
        yield _page(lines)


def _page(lines: list[str]) -> Page:
    return Page(clean("\n".join(lines)))


def _slices(paragraph: str, most: int) -> Iterator[str]:
    """One that would fill two pages is cut at a space, or anywhere where it has none."""
    start = 0
    while len(paragraph) - start > 2 * most:
        space = paragraph.rfind(" ", start, start + most)
        end = space + 1 if space > start else start + most
        yield paragraph[start:end]
        start = end
    yield paragraph[start:]


def markdown_title(line: str) -> str | None:
    found = _HEADING.match(line)
    return found.group(1) if found else None
