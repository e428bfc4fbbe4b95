"""What there is to read: 400 PDFs of 35 pages each, and pictures of pages. `python -m bench.corpus` reads PDFs bare."""

import random
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

PDFS, PAGES = 400, 35
PICTURES = 48
_LINES, _WORDS = 42, 11
_A4_AT_300_DPI = (2480, 3508)
_VOCABULARY = 4_000
# So that every run reads the same.
_DICE = random.Random(14_000)  # noqa: S311  # words, no secret
_SYLLABLES = ("an", "be", "co", "de", "er", "fi", "gra", "hol", "in", "ka", "lo", "men", "nor", "pre", "sta", "tion")


def _vocabulary() -> Sequence[str]:
    return ["".join(_DICE.choices(_SYLLABLES, k=_DICE.randint(1, 4))) for _ in range(_VOCABULARY)]


def _page_of(words: Sequence[str]) -> list[str]:
    return [" ".join(_DICE.choices(words, k=_WORDS)) for _ in range(_LINES)]


def make_pdfs(folder: Path) -> list[Path]:
    folder.mkdir()
    words, made = _vocabulary(), []
    for number in range(PDFS):
        made.append(folder / f"{number:03}.pdf")
        made[-1].write_bytes(_pdf([_page_of(words) for _ in range(PAGES)]))
    return made


def _pdf(pages: Sequence[Sequence[str]]) -> bytes:
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]/MediaBox[0 0 595 842]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *(part for number, lines in enumerate(pages) for part in _page(number, lines)),
    ]
    return _with_table(objects)


def _page(number: int, lines: Sequence[str]) -> Iterator[bytes]:
    shown = "".join(f"({line}) Tj T*\n" for line in lines)
    drawn = zlib.compress(f"BT /F1 10 Tf 16 TL 50 780 Td\n{shown}ET".encode(), 1)
    yield (f"<</Type/Page/Parent 2 0 R/Contents {5 + 2 * number} 0 R/Resources<</Font<</F1 3 0 R>>>>>>".encode())
    yield b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(drawn), drawn)


def _with_table(objects: Sequence[bytes]) -> bytes:
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{len(written)}\n"
    )
    return bytes(written) + end.encode() + b"%%EOF\n"


def make_pictures(folder: Path) -> list[Path]:
    """As a scanner gives them."""
    from PIL import Image, ImageDraw, ImageFont

    folder.mkdir()
    words, font = _vocabulary(), ImageFont.load_default(size=44)
    made = []
    for number in range(PICTURES):
        page = Image.new("L", _A4_AT_300_DPI, 255)
        text = "\n".join(_page_of(words)[:24])
        ImageDraw.Draw(page).multiline_text((200, 250), text, fill=0, font=font, spacing=40)
        made.append(folder / f"{number:02}.png")
        page.save(made[-1], dpi=(300, 300))
    return made


def read_bare(files: Sequence[str]) -> int:
    """How many characters there are, with nothing around pypdfium2."""
    import pypdfium2

    characters = 0
    for name in files:
        document = pypdfium2.PdfDocument(name)
        for page in document:
            text = page.get_textpage()
            characters += len(text.get_text_range())
            text.close()
            page.close()
        document.close()
    return characters


if __name__ == "__main__":
    print(read_bare(sys.argv[1:]))
