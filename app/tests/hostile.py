"""Files that were made to do harm, each with the kind that it claims to be.

`everything()` gives them one by one, as some are large. What must come of them depends on who gets them: here stands
only whether a reader may take the file for a good one.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.samples import Sample, pdf_of, stream, zipped

from tests import samples

_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ODT: Final = "application/vnd.oasis.opendocument.text"
_ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
_W: Final = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MEBIBYTE: Final = 1024 * 1024
# So that every run meets the same files.
_SEED: Final = 5


class Hostile(NamedTuple):
    name: str
    media_type: str
    content: bytes
    may_be_read: bool = False

    def __repr__(self) -> str:
        return self.name


def everything() -> Iterator[Hostile]:
    yield from archives()
    yield from declarations()
    yield from floods()
    yield from loops()
    yield from mails()
    yield Hostile("10,000 pages", "application/pdf", samples.pdf(["A page"] * 10_000), may_be_read=True)
    for sample in samples.every_kind():
        yield from truncations(sample)
        yield from bit_flips(sample)
        yield Hostile(f"empty {sample.name}", sample.media_type, b"")
    yield from wrong_kinds()


def archives() -> Iterator[Hostile]:
    yield Hostile("1:1000 docx", _DOCX, _with_document(b"<w:p/>" * (64 * _MEBIBYTE // 6)))
    yield Hostile("256 MiB of one letter", _DOCX, _with_document(_zeros(256)))
    yield Hostile("lying directory", _DOCX, _lying(_with_document(_zeros(300))))
    yield Hostile("200 MiB in many parts", _ODT, _many_parts(200))
    yield Hostile("100,000 entries", _XLSX, zipped({f"xl/{number}.xml": b"" for number in range(100_000)}))
    yield Hostile("zips in zips", _DOCX, _nested(_with_document(_zeros(64)), 8), may_be_read=True)
    yield Hostile("a zip that holds itself", _ODT, quine())
    yield Hostile("one document.xml twice", _DOCX, _doubled())
    yield Hostile("a million columns", _ODS, _wide(), may_be_read=True)
    yield Hostile("the last cell of a sheet", _XLSX, _far_cell(), may_be_read=True)
    yield Hostile("paths that climb", _DOCX, _climbing(), may_be_read=True)


def _with_document(body: bytes) -> bytes:
    xml = f"<w:document {_W}><w:body>".encode() + body + b"</w:body></w:document>"
    return _replaced(samples.docx(), {"word/document.xml": xml})


def _replaced(document: bytes, parts: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()} | parts)


def _zeros(mebibytes: int) -> bytes:
    return b" " * (mebibytes * _MEBIBYTE)


def _lying(document: bytes) -> bytes:
    """Every size that its directory and its headers claim is 64."""
    told = bytearray(document)
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = told.find(mark)
        while start >= 0:
            told[start + offset : start + offset + 4] = struct.pack("<I", 64)
            start = told.find(mark, start + 4)
    return bytes(told)


def _many_parts(mebibytes: int) -> bytes:
    dice = random.Random(_SEED)  # noqa: S311  # the same files every time, and nothing secret
    noise = dice.randbytes(64 * 1024).hex().encode() * 8
    kept = io.BytesIO(samples.odt())
    with zipfile.ZipFile(kept, "a") as archive:
        for number in range(mebibytes):
            archive.writestr(f"part{number}.xml", noise)
    return kept.getvalue()


def _nested(innermost: bytes, depth: int) -> bytes:
    for level in range(depth):
        innermost = _replaced(samples.docx(), {f"word/embeddings/{level}.docx": innermost})
    return innermost


def quine() -> bytes:
    """A zip whose one entry begins with the zip's own first byte: whoever unpacks what is unpacked never ends."""
    archive = bytearray(zipped({"content.xml": b""}, first="content.xml"))
    directory = archive.find(b"PK\x01\x02")
    whole = len(archive)
    for place, value in ((directory + 20, whole), (directory + 24, whole), (directory + 42, 0)):
        archive[place : place + 4] = struct.pack("<I", value)
    archive[18:26] = struct.pack("<II", whole, whole)
    return bytes(archive)


def _doubled() -> bytes:
    document = samples.docx()
    return document.replace(b"word/settings.xml", b"word/document.xml")


def _wide() -> bytes:
    cell = '<table:table-cell table:number-columns-repeated="99999999"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="99999999">{cell * 50}</table:table-row>'
    return samples.odf(
        "spreadsheet", f'<office:spreadsheet><table:table table:name="x">{row * 50}</table:table></office:spreadsheet>'
    )


def _far_cell() -> bytes:
    names = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = "".join(f'<row r="{row}"><c r="XFD{row}"><v>1</v></c></row>' for row in (1, 1_048_576))
    sheet = f'<worksheet xmlns="{names}"><dimension ref="A1:XFD1048576"/><sheetData>{cells}</sheetData></worksheet>'
    return _replaced(samples.xlsx(), {"xl/worksheets/sheet1.xml": sheet.encode()})


def _climbing() -> bytes:
    return _replaced(samples.docx(), {"../../../../tmp/climbed": b"x", "/tmp/climbed": b"x", "C:\\climbed": b"x"})


def declarations() -> Iterator[Hostile]:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    paragraph = "<w:p><w:r><w:t>{}</w:t></w:r></w:p>"
    for name, declared, used in (
        ("entity bomb", f'<!ENTITY l0 "lol">{laughs}', "&l9;"),
        ("entity that is a file", '<!ENTITY f SYSTEM "file:///etc/passwd">', "&f;"),
        ("entity that is an address", '<!ENTITY f SYSTEM "http://127.0.0.1:9/">', "&f;"),
        ("quadratic entity", f'<!ENTITY f "{"a" * 100_000}">', "&f;" * 20_000),
    ):
        xml = f"<!DOCTYPE d [{declared}]><w:document {_W}><w:body>{paragraph.format(used)}</w:body></w:document>"
        yield Hostile(name, _DOCX, _replaced(samples.docx(), {"word/document.xml": xml.encode()}))
        yield Hostile(
            f"{name} in UTF-16", _DOCX, _replaced(samples.docx(), {"word/document.xml": xml.encode("utf-16")})
        )
    deep = b"<w:p>" * 100_000 + b"</w:p>" * 100_000
    yield Hostile("100,000 levels of XML", _DOCX, _with_document(deep))
    levels = "<text:span>" * 100_000 + "</text:span>" * 100_000
    text = samples.odf("text", f"<office:text><text:p>{levels}</text:p></office:text>")
    yield Hostile("100,000 levels of ODF", _ODT, text)


def floods() -> Iterator[Hostile]:
    """Pictures that claim 60,000 by 60,000 pixels, or what of it their kind can say."""
    side = 60_000
    yield Hostile("PNG flood", "image/png", _png(side, side))
    yield Hostile(
        "GIF flood",
        "image/gif",
        b"GIF89a"
        + struct.pack("<HH", side, side)
        + b"\x80\0\0"
        + bytes(6)
        + b",\0\0\0\0"
        + struct.pack("<HH", side, side)
        + b"\0\x02\x02L\x01\0;",
    )
    yield Hostile("TIFF flood", "image/tiff", _tiff(side, side))
    yield Hostile("WebP flood", "image/webp", _webp(16_383, 16_383))
    yield Hostile("JPEG flood", "image/jpeg", _jpeg(side, side))
    yield Hostile("GIF of 5,000 frames", "image/gif", _frames(5_000))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9999999 9999999]>>"
    endless = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>", 3: page}
    yield Hostile("a page of square miles", "application/pdf", pdf_of(endless, b"/Root 1 0 R"), may_be_read=True)
    yield Hostile("a stream of a gibibyte", "application/pdf", _packed_stream(), may_be_read=True)


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(10 * _MEBIBYTE))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _tiff(width: int, height: int) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 16)]
    directory = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + directory + bytes(4)


def _webp(width: int, height: int) -> bytes:
    head = bytes((0x9D, 0x01, 0x2A)) + struct.pack("<HH", width, height)
    frame = b"\x10\0\0" + head + bytes(32)
    body = b"WEBPVP8 " + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _jpeg(width: int, height: int) -> bytes:
    good = bytearray(samples.picture("JPEG"))
    start = good.find(b"\xff\xc0")
    good[start + 5 : start + 9] = struct.pack(">HH", height, width)
    return bytes(good)


def _frames(count: int) -> bytes:
    head = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
    return head + b",\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0" * count + b";"


def _packed_stream() -> bytes:
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(_zeros(16)) for _ in range(64)) + packer.flush()
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>",
        4: stream(packed, b"/Filter/FlateDecode"),
    }
    return pdf_of(objects, b"/Root 1 0 R")


def loops() -> Iterator[Hostile]:
    catalogue = b"<</Type/Catalog/Pages 2 0 R>>"
    own_child = {1: catalogue, 2: b"<</Type/Pages/Count 9/Kids[2 0 R 2 0 R]/Parent 2 0 R>>"}
    yield Hostile("page tree that holds itself", "application/pdf", pdf_of(own_child, b"/Root 1 0 R"))
    many = {1: catalogue, 2: b"<</Type/Pages/Count 2147483647/Kids[3 0 R]>>", 3: b"<</Type/Page/Parent 2 0 R>>"}
    yield Hostile("two thousand million pages", "application/pdf", pdf_of(many, b"/Root 1 0 R"), may_be_read=True)
    good = samples.pdf(["A page"])
    start = good.rindex(b"startxref")
    table = int(good[start:].split()[1])
    itself = good[:start].replace(b"/Info", b"/Prev %d/Info" % table) + good[start:]
    yield Hostile("xref that follows itself", "application/pdf", itself, may_be_read=True)
    form = stream(b"/F Do /F Do", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 5 0 R>>>>")
    drawn = {
        **{1: catalogue, 2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>", 4: stream(b"/F Do"), 5: form},
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</F 5 0 R>>>>>>",
    }
    yield Hostile("drawing that draws itself", "application/pdf", pdf_of(drawn, b"/Root 1 0 R"), may_be_read=True)
    deep = {1: b"<</Type/Catalog/Pages 2 0 R/X %s%s>>" % (b"[" * 100_000, b"]" * 100_000)}
    yield Hostile("100,000 levels of array", "application/pdf", pdf_of(deep, b"/Root 1 0 R"))
    tiff = bytearray(_tiff(16, 1))
    tiff[-4:] = struct.pack("<I", 8)
    yield Hostile("TIFF directory that follows itself", "image/tiff", bytes(tiff), may_be_read=True)


def mails() -> Iterator[Hostile]:
    parts = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(5_000))
    yield Hostile("5,000 levels of mail", "message/rfc822", b"Subject: x\n" + parts, may_be_read=True)
    leaf = b"--b\nContent-Disposition: attachment; filename=x\n\nx\n"
    mixed = b'Subject: x\nContent-Type: multipart/mixed; boundary="b"\n\n'
    yield Hostile("20,000 attachments", "message/rfc822", mixed + leaf * 20_000 + b"--b--")
    yield Hostile(
        "a header of 8 MiB", "message/rfc822", b"Subject: " + b"=?utf-8?q?a?= " * 600_000 + b"\n\nx", may_be_read=True
    )
    yield Hostile("an RTF of braces", "application/rtf", b"{\\rtf1" + b"{" * 1_000_000, may_be_read=True)
    yield Hostile("a line of 64 MiB", "text/plain", b"a" * (64 * _MEBIBYTE), may_be_read=True)


def truncations(sample: Sample) -> Iterator[Hostile]:
    for share in (1, 10, 50, 90, 99):
        cut = sample.content[: max(1, len(sample.content) * share // 100)]
        yield Hostile(f"{share} % of {sample.name}", sample.media_type, cut, may_be_read=True)


def bit_flips(sample: Sample, rounds: int = 3) -> Iterator[Hostile]:
    dice = random.Random(_SEED)  # noqa: S311  # as above
    for number in range(rounds):
        content = bytearray(sample.content)
        for _ in range(1 + len(content) // 500):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        yield Hostile(f"{sample.name} with flipped bits, {number}", sample.media_type, bytes(content), may_be_read=True)


def wrong_kinds() -> Iterator[Hostile]:
    """Each kind's content under every other kind's name."""
    every = samples.every_kind()
    for sample in every:
        for other in every:
            if other is not sample:
                name = f"{sample.name} named as {other.name}"
                yield Hostile(name, other.media_type, sample.content, may_be_read=True)
