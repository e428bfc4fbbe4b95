"""Where the words of a PDF's text layer stand."""

import ctypes
from collections.abc import Iterator
from typing import Final

import pypdfium2.raw as pdfium

from pretamane.adapters.reading.inside.pdf import opened, page_of
from pretamane.adapters.reading.inside.telling import clean

_CHARACTERS_MOST: Final = 50_000
_GRID: Final = 100_000

Box = tuple[float, float, float, float]


def words(file: int, password: str | None, number: int) -> Iterator[tuple[str, float, float, float, float]]:
    with opened(file, password) as document, page_of(document, number) as page:
        layer = pdfium.FPDFText_LoadPage(page)
        if not layer:
            return
        try:
            for word, box in _words(layer):
                yield word, *_on_page(page, box)
        finally:
            pdfium.FPDFText_ClosePage(layer)


def _words(layer: ctypes.c_void_p) -> Iterator[tuple[str, Box]]:
    word, boxes = "", list[Box]()
    for index in range(min(pdfium.FPDFText_CountChars(layer), _CHARACTERS_MOST)):
        character = clean(chr(min(pdfium.FPDFText_GetUnicode(layer, index), 0x10FFFF)))
        if character and not character.isspace():
            word += character
            boxes.append(_box(layer, index))
        elif word and (character or _ends_here(layer, index)):
            yield word, _around(boxes)
            word, boxes = "", []
    if word:
        yield word, _around(boxes)


def _ends_here(layer: ctypes.c_void_p, index: int) -> bool:
    """A control character parts words when it is a line's end, and does not when it is a hyphen's mark."""
    return pdfium.FPDFText_GetUnicode(layer, index) in (0x0A, 0x0D)


def _box(layer: ctypes.c_void_p, index: int) -> Box:
    sides = [ctypes.c_double() for _ in range(4)]
    pdfium.FPDFText_GetCharBox(layer, index, *(ctypes.byref(side) for side in sides))
    left, right, bottom, top = (side.value for side in sides)
    return left, bottom, right, top


def _around(boxes: list[Box]) -> Box:
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def _on_page(page: ctypes.c_void_p, box: Box) -> tuple[float, float, float, float]:
    """As fractions of the page as it is drawn: turned, and cut to what it shows."""
    left, bottom, right, top = box
    (x1, y1), (x2, y2) = _point(page, left, bottom), _point(page, right, top)
    return min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)


def _point(page: ctypes.c_void_p, x: float, y: float) -> tuple[float, float]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return tuple(min(1.0, max(0.0, at.value / _GRID)) for at in (across, down))  # type: ignore[return-value]  # two of them
