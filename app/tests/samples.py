"""A small good file of every kind that is taken, made here."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

WORDS: Final = "Zoë owes 12 € for the Größenordnung"
TITLE: Final = "The rent of March"
_OOXML, _ODF = "application/vnd.openxmlformats-officedocument", "application/vnd.oasis.opendocument"
# 64 by 64 pixels, a red square on white, made once by heif-enc, as nothing that we use writes HEIC.
_HEIC: Final = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "AA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFmAAEAAAAAAAAALgAAACNpaW5mAAAAAAABAAAAFWluZmUCAAAAAAEA"
    "AGh2YzEAAAAAwmlwcnAAAACkaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgQEDAgAAAMACAAAAwAIQCIAAQAHRAHBcrAiQAAAABRpc3Bl"
    "AAAAAAAAAEAAAABAAAAAEHBpeGkAAAAAAwgICAAAABZpcG1hAAAAAAAAAAEAAQOBAoMAAAA2bWRhdAAAACooAa8ZgAaKPLX0tF0G"
    "/71FYrwVqzZJ48V+bc+PhXkEL3ZmgK0UN55JOTU="  # pragma: allowlist secret  # a picture
)

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_IDENTITY, _RIGHTS = b"0123456789abcdef", (0xFFFFFFFC).to_bytes(4, "little")


class Sample(NamedTuple):
    name: str
    media_type: str
    content: bytes
    words: str = WORDS

    def __repr__(self) -> str:
        return self.name


def pdf(pages: Sequence[str], *, title: str = TITLE, size: tuple[int, int] = (595, 842)) -> bytes:
    """One text a page, in lines; Windows' western letters only."""
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(pages), b" ".join(b"%d 0 R" % (5 + 2 * index) for index in range(len(pages)))),
        3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        4: b"<</Title(%s)/CreationDate(D:20260302090000+01'00')>>" % title.encode("cp1252"),
    }
    for index, text in enumerate(pages):
        objects[5 + 2 * index] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (*size, 6 + 2 * index)
        )
        objects[6 + 2 * index] = stream(_drawn(text, size[1] - 62))
    return pdf_of(objects)


def _drawn(text: str, top: int) -> bytes:
    lines = [
        line.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        for line in text.encode("cp1252").split(b"\n")
    ]
    shown = b" ".join(b"(%s) Tj T*" % line for line in lines)
    return b"BT /F1 11 Tf 14 TL 72 %d Td %s ET" % (top, shown)


def stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), entries, content)


def pdf_of(objects: dict[int, bytes], trailer: bytes = b"/Root 1 0 R/Info 4 0 R") -> bytes:
    whole, places = bytearray(b"%PDF-1.7\n"), {}
    for number, content in objects.items():
        places[number] = len(whole)
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start, size = len(whole), max(objects) + 1
    whole += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        whole += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    whole += b"trailer<</Size %d%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, start)
    return bytes(whole)


def locked_pdf(password: str) -> bytes:
    """Behind the oldest of its ciphers, which is short enough to be written here."""
    padded = (password.encode() + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded, usedforsecurity=False).digest()[:5], padded)
    key = hashlib.md5(padded + owner + _RIGHTS + _IDENTITY, usedforsecurity=False).digest()[:5]
    own_key = hashlib.md5(key + (4).to_bytes(3, "little") + b"\0\0", usedforsecurity=False).digest()[:10]
    drawing = b"BT /F1 11 Tf 72 780 Td (%s) Tj ET" % WORDS.encode("cp1252")
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    return pdf_of(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 %s>>>>>>" % font,
            4: stream(_rc4(own_key, drawing)),
            5: b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>"
            % (owner.hex().encode(), _rc4(key, _PADDING).hex().encode()),
        },
        b"/Root 1 0 R/Encrypt 5 0 R/ID[<%s><%s>]" % ((_IDENTITY.hex().encode(),) * 2),
    )


def _rc4(key: bytes, plain: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    done = bytearray()
    for letter in plain:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        done.append(letter ^ state[(state[i] + state[j]) % 256])
    return bytes(done)


def scanned_pdf(text: str, *, width: int = 1240, height: int = 1754) -> bytes:
    """A picture of writing and no text, as a scanner makes it."""
    picture = written(text, width, height)
    drawing = b"q 595 0 0 842 0 0 cm /I Do Q"
    return pdf_of(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</XObject<</I 6 0 R>>>>>>",
            5: stream(drawing),
            6: stream(
                picture.tobytes(),
                b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
                % (width, height),
            ),
        },
        b"/Root 1 0 R",
    )


def written(text: str, width: int = 1240, height: int = 1754) -> Image.Image:
    page = Image.new("L", (width, height), "white")
    letters = ImageFont.load_default(size=34)
    ImageDraw.Draw(page).multiline_text((120, 140), text, fill="black", font=letters, spacing=16)
    return page


def docx() -> bytes:
    import docx as library

    document = library.Document()
    document.core_properties.created = datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001  # OOXML's own are without a zone
    document.core_properties.title = ""
    document.add_heading(TITLE, 1)
    document.add_paragraph(WORDS)
    document.add_page_break()
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Müller", "42"
    return _saved(document.save)


def xlsx() -> bytes:
    import openpyxl

    workbook = openpyxl.Workbook()
    first = workbook.worksheets[0]
    first.title = "Rents"
    first.append([WORDS, 12, None, 3.5])
    workbook.create_sheet("Empty")
    workbook.properties.title = TITLE
    return _saved(workbook.save)


def pptx() -> bytes:
    import pptx as library

    presentation = library.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text = TITLE
    slide.placeholders[1].text = WORDS
    slide.notes_slide.notes_text_frame.text = "Say it slowly."
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = "The end"
    presentation.core_properties.title = ""
    return _saved(presentation.save)


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    kept = io.BytesIO()
    save(kept)
    return kept.getvalue()


def zipped(entries: dict[str, bytes], *, first: str | None = None) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            how = zipfile.ZIP_STORED if name == first else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, compress_type=how)
    return kept.getvalue()


def odf(kind: str, body: str) -> bytes:
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in [
            *(("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("meta", "meta"))
        ]
    )
    content = f"<office:document-content {names}><office:body>{body}</office:body></office:document-content>"
    meta = (
        f'<office:document-meta {names} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
        f"<dc:title>{TITLE}</dc:title><meta:creation-date>2026-03-02T09:00:00</meta:creation-date>"
        "</office:meta></office:document-meta>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    parts = {"content.xml": content, "meta.xml": meta, "META-INF/manifest.xml": manifest}
    kinds = {"mimetype": f"{_ODF}.{kind}".encode()}
    return zipped(kinds | {name: text.encode() for name, text in parts.items()}, first="mimetype")


def odt() -> bytes:
    return odf(
        "text",
        f'<office:text><text:h text:outline-level="1">{TITLE}</text:h><text:p>{WORDS.replace(" 12", "<text:s/>12")}'
        "</text:p><text:p>Second<text:soft-page-break/> page</text:p></office:text>",
    )


def ods() -> bytes:
    cells = f"<table:table-cell><text:p>{WORDS}</text:p></table:table-cell>"
    many = '<table:table-cell table:number-columns-repeated="16384"/>'
    row = f"<table:table-row>{cells}{many}</table:table-row>"
    sheets = "".join(f'<table:table table:name="{name}">{row}</table:table>' for name in ("Rents", "More"))
    return odf("spreadsheet", f"<office:spreadsheet>{sheets}</office:spreadsheet>")


def odp() -> bytes:
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    pages = "".join(f"<draw:page>{box.format(text)}</draw:page>" for text in (WORDS, "The end"))
    return odf("presentation", f"<office:presentation>{pages}</office:presentation>")


def rtf() -> bytes:
    words = "".join(letter if ord(letter) < 128 else f"\\u{ord(letter)}?" for letter in WORDS)
    made = r"{\creatim\yr2026\mo3\dy2\hr9}"
    return f"{{\\rtf1\\ansi{{\\info{{\\title {TITLE}}}{made}}}{words}\\par\\page Second page\\par}}".encode("ascii")


def eml(*attachments: tuple[str, str, bytes], subject: str = TITLE) -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = "Zoë <zoe@client.example>", "office@practice.example"
    message["Subject"], message["Date"] = subject, "Mon, 02 Mar 2026 09:00:00 +0100"
    message.set_content(WORDS)
    for name, media_type, content in attachments:
        main, _slash, sub = media_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def picture(kind: str, frames: int = 1, **options: object) -> bytes:
    shades = [Image.new("RGB", (120, 80), (200, 40 * number, 40)) for number in range(frames)]
    kept = io.BytesIO()
    more = {"save_all": True, "append_images": shades[1:]} if frames > 1 else {}
    shades[0].save(kept, kind, **more, **options)
    return kept.getvalue()


def every_kind() -> list[Sample]:
    return [
        Sample("letter.pdf", "application/pdf", pdf([WORDS, "Second page"])),
        Sample("letter.docx", f"{_OOXML}.wordprocessingml.document", docx()),
        Sample("rents.xlsx", f"{_OOXML}.spreadsheetml.sheet", xlsx()),
        Sample("talk.pptx", f"{_OOXML}.presentationml.presentation", pptx()),
        Sample("letter.odt", f"{_ODF}.text", odt()),
        Sample("rents.ods", f"{_ODF}.spreadsheet", ods()),
        Sample("talk.odp", f"{_ODF}.presentation", odp()),
        Sample("letter.rtf", "application/rtf", rtf()),
        Sample("note.txt", "text/plain", f"{TITLE}\n\n{WORDS}\n".encode()),
        Sample("note.md", "text/markdown", f"# {TITLE}\n\n{WORDS}\n".encode()),
        Sample("rents.csv", "text/csv", f"name;rent\n{WORDS};12\n".encode("cp1252")),
        Sample("mail.eml", "message/rfc822", eml(("bill.pdf", "application/pdf", pdf(["The bill"])))),
        *pictures(),
    ]


def pictures() -> list[Sample]:
    kinds = {"png": "PNG", "jpeg": "JPEG", "tiff": "TIFF", "webp": "WEBP", "gif": "GIF"}
    made = [Sample(f"photo.{name}", f"image/{name}", picture(kind), "") for name, kind in kinds.items()]
    return [*made, Sample("photo.heic", "image/heic", base64.b64decode(_HEIC), "")]
