"""PDF, by pdfium's own functions: its Python objects would cost as much as the text."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

import pypdfium2.raw as pdfium

from pretamane.adapters.reading import wire
from pretamane.adapters.reading.inside import drawing
from pretamane.adapters.reading.inside.telling import (
    PAGE_TEXT_MOST,
    PAGES_MOST,
    Mapped,
    Page,
    Refusal,
    Told,
    clean,
    damaged,
    too_much,
)

# A stamp or a scanner's page number on a picture of the page is not the page's text.
_FEW_CHARACTERS: Final = 30
_OBJECTS_LOOKED_AT: Final = 200
_HEADING_FROM: Final = 1500
_HEADING_LARGER: Final = 1.15


@contextmanager
def opened(file: int, password: str | None) -> Iterator[ctypes.c_void_p]:
    mapped = Mapped(file)
    try:
        key = password.encode("utf-8", "replace") if password else None
        document = pdfium.FPDF_LoadMemDocument64(mapped.address, mapped.size, key)
        if not document:
            raise _why_not(pdfium.FPDF_GetLastError(), password)
        try:
            yield document
        finally:
            pdfium.FPDF_CloseDocument(document)
    finally:
        mapped.close()


def _why_not(error: int, password: str | None) -> Refusal:
    if error == pdfium.FPDF_ERR_PASSWORD and password is None:
        return Refusal(wire.LOCKED, "The document is locked: give its password to read it.")
    if error == pdfium.FPDF_ERR_PASSWORD:
        return Refusal(wire.WRONG_KEY, "This password does not open the document.")
    if error == pdfium.FPDF_ERR_SECURITY:
        return Refusal(wire.LOCKED_FOR_GOOD, "The document is locked in a way that is not known here.")
    return damaged("The PDF is damaged: it cannot be opened.")


@contextmanager
def page_of(document: ctypes.c_void_p, number: int) -> Iterator[ctypes.c_void_p]:
    if not 1 <= number <= pdfium.FPDF_GetPageCount(document):
        raise damaged(f"The document has no page {number}.")
    page = pdfium.FPDF_LoadPage(document, number - 1)
    if not page:
        raise damaged(f"Page {number} is damaged.")
    try:
        yield page
    finally:
        pdfium.FPDF_ClosePage(page)


def read(file: int, _kind: str, password: str | None, told: Told) -> Iterator[Page]:
    with opened(file, password) as document:
        count = pdfium.FPDF_GetPageCount(document)
        if count > PAGES_MOST:
            raise too_much(f"The document claims more than {PAGES_MOST} pages.")
        told.entitle(_said_of_itself(document, b"Title"))
        told.date(_moment(_said_of_itself(document, b"CreationDate")))
        pages, any_loaded = _Pages(document, told), False
        for index in range(count):
            page = pages.page(index)
            any_loaded = any_loaded or page is not None
            yield page or Page("")
        if not any_loaded:
            raise damaged("The PDF is damaged: it has no page that can be read.")


class _Pages:
    def __init__(self, document: ctypes.c_void_p, told: Told) -> None:
        self._document, self._told = document, told
        self._room = (ctypes.c_ushort * 8192)()

    def page(self, index: int) -> Page | None:
        page = pdfium.FPDF_LoadPage(self._document, index)
        if not page:
            return None
        try:
            width, height = pdfium.FPDF_GetPageWidthF(page), pdfium.FPDF_GetPageHeightF(page)
            text = self._text(page, index)
            few = len(text) < _FEW_CHARACTERS
            return Page(text, width, height, few and _is_picture(page, width * height, bool(text.strip())))
        finally:
            pdfium.FPDF_ClosePage(page)

    def _text(self, page: ctypes.c_void_p, index: int) -> str:
        layer = pdfium.FPDFText_LoadPage(page)
        if not layer:
            return ""
        try:
            text = clean(self._characters(layer))
            if index == 0 and self._told.title is None:
                self._told.entitle(_heading(layer) or next(iter(text.strip().splitlines()), ""))
            return text
        finally:
            pdfium.FPDFText_ClosePage(layer)

    def _characters(self, layer: ctypes.c_void_p) -> str:
        count = pdfium.FPDFText_CountChars(layer)
        if count <= 0:
            return ""
        if count > PAGE_TEXT_MOST:
            raise too_much(f"A page has more than the {PAGE_TEXT_MOST} characters that are read.")
        if count >= len(self._room):
            self._room = (ctypes.c_ushort * (count + 1))()
        written = pdfium.FPDFText_GetText(layer, 0, count, self._room)
        return ctypes.string_at(self._room, 2 * max(0, written - 1)).decode("utf-16-le", "replace")


def _is_picture(page: ctypes.c_void_p, area: float, has_text: bool) -> bool:
    """Where there is no text at all anything drawn may be writing; beside some text only a picture of half the page."""
    for number in range(min(pdfium.FPDFPage_CountObjects(page), _OBJECTS_LOOKED_AT)):
        found = pdfium.FPDFPage_GetObject(page, number)
        if not has_text:
            return True
        if pdfium.FPDFPageObj_GetType(found) == pdfium.FPDF_PAGEOBJ_IMAGE and _area(found) > area / 2:
            return True
    return False


def _area(found: ctypes.c_void_p) -> float:
    sides = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(found, *(ctypes.byref(side) for side in sides)):
        return 0.0
    left, bottom, right, top = (side.value for side in sides)
    return abs(right - left) * abs(top - bottom)


def _heading(layer: ctypes.c_void_p) -> str | None:
    """The first line of the largest letters, where some are larger than the rest."""
    lines: list[tuple[float, str]] = []
    line, size = "", 0.0
    for index in range(min(pdfium.FPDFText_CountChars(layer), _HEADING_FROM)):
        character = chr(min(pdfium.FPDFText_GetUnicode(layer, index), 0x10FFFF))
        if character in "\r\n":
            lines.append((size, line))
            line, size = "", 0.0
        else:
            line, size = line + character, max(size, pdfium.FPDFText_GetFontSize(layer, index))
    lines = [(size, clean(line)) for size, line in [*lines, (size, line)] if len(line.strip()) > 2]
    if not lines:
        return None
    sizes = sorted(size for size, _line in lines)
    largest = sizes[-1]
    if largest < _HEADING_LARGER * sizes[len(sizes) // 2]:
        return None
    return next(line for size, line in lines if size == largest)


def _said_of_itself(document: ctypes.c_void_p, name: bytes) -> str:
    length = pdfium.FPDF_GetMetaText(document, name, None, 0)
    if not 2 < length < 10_000:
        return ""
    room = ctypes.create_string_buffer(length)
    pdfium.FPDF_GetMetaText(document, name, room, length)
    return room.raw[: length - 2].decode("utf-16-le", "replace")


def _moment(said: str) -> datetime | None:
    """As in D:20240131120000+01'00': the day on which its author's calendar stood."""
    digits = said.removeprefix("D:")[:8]
    try:
        return datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def picture(file: int, _kind: str, password: str | None, number: int, width: int) -> memoryview:
    with opened(file, password) as document, page_of(document, number) as page:
        return drawing.as_webp(drawing.of_page(document, page, drawing.scale_to(page, width)))


def raster(file: int, _kind: str, password: str | None, number: int) -> memoryview:
    with opened(file, password) as document, page_of(document, number) as page:
        return drawing.as_pgm(drawing.of_page(document, page, drawing.OCR_DPI / 72, grey=True))
