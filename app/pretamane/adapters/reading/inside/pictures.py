"""Pictures by Pillow: each frame is a page without text."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from pretamane.adapters.reading.inside import drawing
from pretamane.adapters.reading.inside.telling import Page, Told, as_stream, damaged, too_much

# Three bytes each, and twice that while it is turned or shrunk: this fits what a reader may allocate. A1 at 300 dpi.
PIXELS_MOST: Final = 70_000_000
FRAMES_MOST: Final = 2_000
_PLUGINS: Final = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "webp": "WEBP", "gif": "GIF", "heif": "HEIF"}
_EXIF_MADE, _EXIF_CHANGED, _EXIF_MORE = 36867, 306, 0x8769
_USUAL_DPI: Final = 96.0


@contextmanager
def opened(file: int, kind: str) -> Iterator[Image.Image]:
    if kind == "heif":
        _know_heif()
    # Our own limit is told before; Pillow's own would only warn.
    Image.MAX_IMAGE_PIXELS = None
    stream = as_stream(file)
    if not stream.read(1):
        raise damaged("The file is empty.")
    stream.seek(0)
    try:
        image = Image.open(stream, formats=[_PLUGINS[kind]])
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as fault:
        raise damaged("The picture is damaged: it cannot be opened.") from fault
    with image:
        _check(image)
        yield image


def _know_heif() -> None:
    import pi_heif

    pi_heif.options.DECODE_THREADS = 1
    pi_heif.options.ALLOW_INCORRECT_HEADERS = False
    pi_heif.register_heif_opener(thumbnails=False)


def _check(image: Image.Image) -> None:
    width, height = image.size
    if width * height > PIXELS_MOST:
        raise too_much(f"The picture has more than {PIXELS_MOST // 1_000_000} million pixels.")


def read(file: int, kind: str, _password: str | None, told: Told) -> Iterator[Page]:
    with opened(file, kind) as image:
        told.date(_made(image))
        for number in range(FRAMES_MOST + 1):
            if number and not _has(image, number):
                return
            if number == FRAMES_MOST:
                raise too_much(f"The picture has more than {FRAMES_MOST} frames.")
            _check(image)
            yield Page("", *_points(image), needs_ocr=True)
            if kind == "jpeg":  # a camera's second picture is a preview of the first
                return


def _has(image: Image.Image, number: int) -> bool:
    try:
        image.seek(number)
    except EOFError:
        return False
    return True


def _points(image: Image.Image) -> tuple[float, float]:
    dpi = image.info.get("dpi")
    usual = (_USUAL_DPI, _USUAL_DPI)
    across, down = dpi if isinstance(dpi, tuple) and len(dpi) == 2 and all(10 < side < 5000 for side in dpi) else usual
    width, height = image.width * 72 / float(across), image.height * 72 / float(down)
    return (height, width) if _lies_on_its_side(image) else (width, height)


def _lies_on_its_side(image: Image.Image) -> bool:
    return image.getexif().get(0x0112, 1) in (5, 6, 7, 8)


def _made(image: Image.Image) -> datetime | None:
    exif = image.getexif()
    said = str(exif.get_ifd(_EXIF_MORE).get(_EXIF_MADE) or exif.get(_EXIF_CHANGED) or "")
    try:
        return datetime.strptime(said[:10], "%Y:%m:%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def picture(file: int, kind: str, _password: str | None, number: int, width: int) -> memoryview:
    with opened(file, kind) as image:
        return drawing.as_webp(_frame(image, number, max(1, min(width, drawing.WIDEST))))


def raster(file: int, kind: str, _password: str | None, number: int) -> memoryview:
    with opened(file, kind) as image:
        return drawing.as_pgm(_frame(image, number, image.width).convert("L"))


def _frame(image: Image.Image, number: int, width: int) -> Image.Image:
    """Upright, on white, and never larger than it is."""
    if not 1 <= number <= FRAMES_MOST or (number > 1 and not _has(image, number - 1)):
        raise damaged(f"The picture has no page {number}.")
    _check(image)
    side = max(width, 1) * 2 if _lies_on_its_side(image) else width
    image.draft("RGB", (side, max(1, image.height * side // image.width)))
    try:
        frame = _on_white(image)
    except (OSError, SyntaxError, ValueError, EOFError) as fault:
        raise damaged("The picture is damaged: it ends too early.") from fault
    return _shrunk(ImageOps.exif_transpose(frame), width)


def _shrunk(image: Image.Image, width: int) -> Image.Image:
    scale = min(1.0, width / image.width, drawing.WEBP_SIDE / image.height)
    if scale == 1.0:
        return image
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), reducing_gap=2.0)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _stretched(image.convert("F"))
    if "A" not in image.getbands() and "transparency" not in image.info:
        image.load()
        return image if image.mode in ("L", "RGB") else image.convert("RGB")
    clear = image.convert("RGBA")
    ground = Image.new("RGB", clear.size, "white")
    ground.paste(clear, mask=clear.getchannel("A"))
    return ground


def _stretched(image: Image.Image) -> Image.Image:
    """Sixteen bits and more have no common white: from the darkest that there is to the brightest."""
    darkest, brightest = (float(each) for each in image.getextrema() if isinstance(each, int | float))
    scale = 255 / ((brightest - darkest) or 1.0)
    return image.point(lambda value: value * scale - darkest * scale).convert("L")
