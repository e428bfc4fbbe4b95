"""What the families tell, and how they refuse."""

import ctypes
import io
import mmap
import os
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, Final, NamedTuple

from pretamane.adapters.reading import wire

PAGES_MOST: Final = 50_000
PAGE_TEXT_MOST: Final = 2_000_000
TEXT_MOST: Final = 200_000_000
TITLE_MOST: Final = 200
# Controls but tab and newline, what stands for no character, halves of pairs: none of it is text, and PostgreSQL
# takes no NUL.
_NO_TEXT: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NEWLINES: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_EMPTY_TITLE: Final = re.compile(
    r"(microsoft \w+ - )|(untitled|unbenannt|sans titre|document|dokument|slide)\W*\d*$", re.I
)


class Refusal(Exception):
    def __init__(self, why: str, sentence: str) -> None:
        super().__init__(sentence)
        self.why, self.sentence = why, sentence


def too_much(sentence: str) -> Refusal:
    return Refusal(wire.TOO_MUCH, sentence)


def damaged(sentence: str) -> Refusal:
    return Refusal(wire.DAMAGED, sentence)


class Page(NamedTuple):
    text: str
    width: float = 0.0
    height: float = 0.0
    needs_ocr: bool = False


class Attached(NamedTuple):
    name: str
    media_type: str
    pieces: Iterable[bytes]


@dataclass
class Told:
    """Filled while a document is read."""

    title: str | None = None
    dated: date | None = None

    def entitle(self, title: object) -> None:
        """The first that says anything; a program's own words for a document without a title say nothing."""
        if self.title is None and isinstance(title, str):
            words = " ".join(clean(title).split())[:TITLE_MOST].strip()
            self.title = words if words and not _EMPTY_TITLE.match(words) else None

    def date(self, moment: object) -> None:
        if self.dated is None and isinstance(moment, datetime) and 1900 <= moment.year < 2200:
            self.dated = moment.date()


def clean(text: str) -> str:
    """Characters only, with one kind of newline."""
    return _NO_TEXT.sub("", _NEWLINES.sub("\n", text))


def as_stream(file: int) -> BinaryIO:
    """The descriptor stays the caller's."""
    os.lseek(file, 0, os.SEEK_SET)
    return io.BufferedReader(io.FileIO(file, "rb", closefd=False))


class Mapped:
    """The file as memory, without a copy. One that shrinks meanwhile ends this process, and only this."""

    def __init__(self, file: int) -> None:
        self.size = os.fstat(file).st_size
        if self.size == 0:
            raise damaged("The file is empty.")
        libc = ctypes.CDLL(None, use_errno=True)
        libc.mmap.restype = ctypes.c_void_p
        self._unmap = libc.munmap
        self.address = libc.mmap(
            None, ctypes.c_size_t(self.size), mmap.PROT_READ, mmap.MAP_PRIVATE, file, ctypes.c_size_t(0)
        )
        if self.address in (None, ctypes.c_void_p(-1).value):
            raise too_much("The file is larger than what is read here.")

    def close(self) -> None:
        self._unmap(ctypes.c_void_p(self.address), ctypes.c_size_t(self.size))


def within_limits(pages: Iterator[Page | Attached]) -> Generator[Page | Attached]:
    """No document makes more of itself than this, whatever its kind."""
    count = characters = 0
    for page in pages:
        if isinstance(page, Page):
            count, characters = count + 1, characters + len(page.text)
            if count > PAGES_MOST:
                raise too_much(f"The document has more than {PAGES_MOST} pages.")
            if len(page.text) > PAGE_TEXT_MOST or characters > TEXT_MOST:
                raise too_much(f"The document has more text than the {TEXT_MOST} characters that are read.")
        yield page
