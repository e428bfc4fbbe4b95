"""OCR by Tesseract, where it is installed.

The page is drawn in the cage, as only that may open the document; tesseract gets nothing but the drawing.
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Collection, Iterator
from itertools import groupby
from pathlib import Path
from typing import IO, Final, NamedTuple

from pretamane.adapters.reading.cage import ENVIRONMENT
from pretamane.adapters.reading.room import ReadingRoom
from pretamane.core.errors import Unavailable
from pretamane.ports import Damaged, ReadingStopped, Recognised, Word

PAGE_SECONDS: Final = 120
_OUTPUT_MOST: Final = 16 * 1024 * 1024
_LIST_SECONDS: Final = 20
# What stands in a row of --psm's and its kin's table: level, page, block, paragraph, line, word, box, confidence, text.
_COLUMNS: Final = 12
_A_WORD: Final = "5"
_ALWAYS: Final = "eng"
_DPI: Final = "300"
_PGM: Final = re.compile(rb"P5\s([0-9]{1,6})\s([0-9]{1,6})\s255\s")
# TIFF's entries for a picture in one piece, each a number of four bytes.
_ENTRIES: Final = 9
_LONG: Final = 4


class Tesseract:
    """The port Ocr."""

    def __init__(self, room: ReadingRoom, *, page_seconds: float = PAGE_SECONDS) -> None:
        self._room, self._page_seconds = room, page_seconds
        self._program = found()
        self._languages: frozenset[str] | None = None

    def languages(self) -> frozenset[str]:
        if self._languages is None:
            self._languages = installed_languages(self._program)
        return self._languages

    def recognise(
        self, file: Path, media_type: str, page: int, languages: Collection[str], password: str | None = None
    ) -> Recognised:
        known = [language for language in dict.fromkeys([*languages, _ALWAYS]) if language in self.languages()]
        if self._program is None or not known:
            raise Unavailable("OCR is not installed here.")
        drawing = _Drawing.of(self._room.raster(file, media_type, page, password))
        return _recognised(self._run(self._program, drawing, known), drawing.width, drawing.height)

    def _run(self, program: str, drawing: "_Drawing", languages: list[str]) -> str:
        told = ["/dev/stdin", "stdout", "-l", "+".join(languages), "--dpi", _DPI, "-c", "tessedit_create_tsv=1"]
        with (
            drawing.as_file() as page,
            subprocess.Popen(
                _behind_bars(program, int(self._page_seconds), told),
                env=ENVIRONMENT | {"OMP_THREAD_LIMIT": "1"} | _where_its_languages_are(),
                cwd="/",
                stdin=page,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ) as process,
        ):
            watch = threading.Timer(self._page_seconds, process.kill)
            watch.start()
            try:
                written = process.stdout.read(_OUTPUT_MOST) if process.stdout else b""
                process.wait()
            finally:
                was_in_time = watch.is_alive()
                watch.cancel()
                process.kill()
        if not was_in_time:
            raise ReadingStopped("OCR took too long over a page and was stopped.")
        if process.returncode != 0:
            raise ReadingStopped("OCR could not make anything of a page.")
        return written.decode("utf-8", "replace")


def found() -> str | None:
    return shutil.which("tesseract")


def _behind_bars(program: str, seconds: int, arguments: list[str]) -> list[str]:
    module = "pretamane.adapters.reading.inside.tesseract"
    return [sys.executable, "-S", "-m", module, str(os.getpid()), str(seconds), program, *arguments]


def _where_its_languages_are() -> dict[str, str]:
    """Tesseract's own variable, when whoever installed it needed it."""
    place = os.environ.get("TESSDATA_PREFIX")
    return {"TESSDATA_PREFIX": place} if place else {}


def installed_languages(program: str | None) -> frozenset[str]:
    if program is None:
        return frozenset()
    try:
        told = subprocess.run(
            [program, "--list-langs"], capture_output=True, text=True, timeout=_LIST_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return frozenset()
    return frozenset(told.stdout.split("\n")[1:]) - {"", "osd"}


class _Drawing(NamedTuple):
    """A page in grey, a byte for each pixel, row by row."""

    width: int
    height: int
    pixels: memoryview

    @classmethod
    def of(cls, told: bytes) -> "_Drawing":
        """The cage tells a PGM, which says no more than the size."""
        head = _PGM.match(told)
        width, height = (int(side) for side in head.groups()) if head else (0, 0)
        if not head or min(width, height) < 1 or len(told) - head.end() != width * height:
            raise Damaged("The page could not be drawn.")
        return cls(width, height, memoryview(told)[head.end() :])

    def as_file(self) -> IO[bytes]:
        """In memory where there are such files. Through a pipe tesseract would take it letter by letter."""
        page: IO[bytes]
        if sys.platform == "linux":
            page = os.fdopen(os.memfd_create("page"), "w+b")
        else:
            page = tempfile.TemporaryFile()  # noqa: SIM115  # whoever asked for it closes it
        page.write(self._head_of_tiff())
        page.write(self.pixels)
        page.flush()
        page.seek(0)
        return page

    def _head_of_tiff(self) -> bytes:
        """Of a PGM, tesseract would ask for each pixel by itself, which costs a twentieth of a page's time."""
        length = 8 + 2 + _ENTRIES * 12 + 4
        entries = [
            *((256, self.width), (257, self.height), (258, 8), (259, 1), (262, 1)),
            *((273, length), (277, 1), (278, self.height), (279, len(self.pixels))),
        ]
        written = b"".join(struct.pack("<HHII", name, _LONG, 1, value) for name, value in entries)
        return struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + written + bytes(4)


class _Seen(NamedTuple):
    paragraph: tuple[str, str]
    line: tuple[str, str, str]
    word: Word


def _recognised(table: str, width: int, height: int) -> Recognised:
    seen = list(_seen(table, width, height))
    paragraphs = []
    for _paragraph, words in groupby(seen, key=lambda each: each.paragraph):
        lines = [
            " ".join(each.word.text for each in line) for _line, line in groupby(words, key=lambda each: each.line)
        ]
        paragraphs.append("\n".join(lines))
    return Recognised("\n\n".join(paragraphs), [each.word for each in seen])


def _seen(table: str, width: int, height: int) -> Iterator[_Seen]:
    for row in table.split("\n"):
        cells = row.split("\t")
        if len(cells) != _COLUMNS or cells[0] != _A_WORD or not cells[11].strip():
            continue
        _level, _page, block, paragraph, line, _word, *box, _confidence, text = cells
        left, top, across, down = (int(side) for side in box)
        word = Word(text.strip().replace("\0", ""), left / width, top / height, across / width, down / height)
        yield _Seen((block, paragraph), (block, paragraph, line), word)
