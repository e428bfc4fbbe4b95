"""Plain text, Markdown, CSV and RTF."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from pretamane.adapters.reading.confinement import MEBIBYTE
from pretamane.adapters.reading.inside.paper import cut, markdown_title
from pretamane.adapters.reading.inside.telling import Page, Told, as_stream, damaged, too_much

_PIECE: Final = 1024 * 1024
_LINE_MOST: Final = 64 * 1024
_RTF_MOST: Final = 64 * MEBIBYTE
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# A picture's digits, which striprtf would look at one by one.
_RTF_DIGITS: Final = re.compile(rb"[0-9A-Fa-f\s]{4096,}")
_RTF_BYTES: Final = re.compile(rb"\\bin\d+")
_RTF_CREATED: Final = re.compile(rb"\\creatim\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
_RTF_TITLE: Final = re.compile(rb"{\\title ([^{}\\]{1,300})}")
_RTF_PAGE: Final = re.compile(rb"\\page(?![a-z])")
_PAGE_MARK: Final = "\ue00c"  # private, so that nobody writes it; RTF's own page ends come out as mere newlines


def read(file: int, kind: str, _password: str | None, told: Told) -> Iterator[Page]:
    stream = as_stream(file)
    if not stream.peek(1)[:1]:  # type: ignore[attr-defined]  # it is a BufferedReader
        raise damaged("The file is empty.")
    if kind == "rtf":
        return _rtf(stream, told)
    lines = decoded(stream)
    return cut(_titled(lines, kind, told))


def decoded(stream: BinaryIO) -> Iterator[str]:
    """Line by line, as a line never ends may be the whole file: no longer than some."""
    encoding = guess_encoding(stream)
    stream.seek(0)
    with io.TextIOWrapper(stream, encoding, errors="replace") as text:
        while line := text.readline(_LINE_MOST):
            yield line.removesuffix("\n")


def guess_encoding(stream: BinaryIO) -> str:
    """By its mark; else UTF-8 if all of it is; else what Windows wrote in the west of Europe."""
    stream.seek(0)
    beginning = stream.read(4)
    for mark, encoding in _MARKS:
        if beginning.startswith(mark):
            return encoding
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := stream.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _titled(lines: Iterator[str], kind: str, told: Told) -> Iterator[str]:
    for line in lines:
        if kind != "csv" and line.strip():
            told.entitle(markdown_title(line) or line)
        yield line


def _rtf(stream: BinaryIO, told: Told) -> Iterator[Page]:
    from striprtf.striprtf import rtf_to_text

    source = stream.read(_RTF_MOST + 1)
    if len(source) > _RTF_MOST:
        raise too_much(f"The RTF document is larger than {_RTF_MOST // MEBIBYTE} MiB.")
    if not source.lstrip().startswith(b"{\\rtf"):
        raise damaged("The file is not an RTF document.")
    _note(source, told)
    lean = _RTF_PAGE.sub(rb"\\uc0\\u57356 ", _RTF_BYTES.sub(b"", _RTF_DIGITS.sub(b"", source)))
    text: str = rtf_to_text(lean.decode("latin-1"), errors="ignore")  # type: ignore[no-untyped-call]  # it has no types
    return cut(_titled(iter(text.replace(_PAGE_MARK, "\n\f\n").split("\n")), "rtf", told))


def _note(source: bytes, told: Told) -> None:
    from datetime import UTC, datetime

    if title := _RTF_TITLE.search(source):
        told.entitle(title.group(1).decode("latin-1"))
    if created := _RTF_CREATED.search(source):
        year, month, day = (int(number) for number in created.groups())
        try:
            told.date(datetime(year, month, day, tzinfo=UTC))
        except ValueError:
            return
