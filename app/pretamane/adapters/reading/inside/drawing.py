"""Pages as pixels: pdfium draws, Pillow packs."""

import ctypes
import io
from typing import Final

import pypdfium2.raw as pdfium
from PIL import Image

OCR_DPI: Final = 300
WIDEST: Final = 4000
# For what a page of a PDF is drawn on; a poster is drawn smaller rather than not at all.
_PIXELS_DRAWN: Final = 40_000_000
_WHITE: Final = 0xFFFFFFFF
_QUALITY: Final = 80
WEBP_SIDE: Final = 16_383


def scale_to(page: ctypes.c_void_p, width: int) -> float:
    return max(1, min(width, WIDEST)) / max(1.0, float(pdfium.FPDF_GetPageWidthF(page)))


def of_page(document: ctypes.c_void_p, page: ctypes.c_void_p, scale: float, *, grey: bool = False) -> Image.Image:
    width, height = _size(page, scale)
    depth = 1 if grey else 4
    pixels = bytearray(width * height * depth)
    room = (ctypes.c_ubyte * len(pixels)).from_buffer(pixels)
    kind = pdfium.FPDFBitmap_Gray if grey else pdfium.FPDFBitmap_BGRx
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, kind, room, width * depth)
    if not bitmap:
        raise MemoryError
    pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, _WHITE)
    place = (0, 0, width, height, 0, pdfium.FPDF_ANNOT)
    pdfium.FPDF_RenderPageBitmap(bitmap, page, *place)
    _draw_filled_fields(document, page, bitmap, place)
    pdfium.FPDFBitmap_Destroy(bitmap)
    if grey:
        return Image.frombuffer("L", (width, height), pixels, "raw", "L", 0, 1)
    return Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", 0, 1)


def _size(page: ctypes.c_void_p, scale: float) -> tuple[int, int]:
    wide = max(1.0, pdfium.FPDF_GetPageWidthF(page)) * scale
    high = max(1.0, pdfium.FPDF_GetPageHeightF(page)) * scale
    shrunk = min(1.0, (_PIXELS_DRAWN / (wide * high)) ** 0.5, WEBP_SIDE / wide, WEBP_SIDE / high)
    return max(1, round(wide * shrunk)), max(1, round(high * shrunk))


def _draw_filled_fields(
    document: ctypes.c_void_p, page: ctypes.c_void_p, bitmap: ctypes.c_void_p, place: tuple[int, ...]
) -> None:
    """What somebody typed into a form is not part of the page itself."""
    if pdfium.FPDF_GetFormType(document) == pdfium.FORMTYPE_NONE:
        return
    wishes = pdfium.FPDF_FORMFILLINFO(version=2)
    form = pdfium.FPDFDOC_InitFormFillEnvironment(document, wishes)
    if form:
        pdfium.FPDF_FFLDraw(form, bitmap, page, *place)
        pdfium.FPDFDOC_ExitFormFillEnvironment(form)


def as_webp(image: Image.Image) -> memoryview:
    packed = io.BytesIO()
    image.save(packed, "WEBP", quality=_QUALITY, method=2)
    return packed.getbuffer()


def as_pgm(image: Image.Image) -> memoryview:
    """Bytes as they are in memory: to pack and unpack a page's picture would cost more than to hand it over."""
    packed = io.BytesIO()
    image.save(packed, "PPM")
    return packed.getbuffer()
