"""Ordinary files of every kind that is taken, made in memory."""

import io
import struct
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

from tests.samples import docx, pptx, xlsx

__all__ = ["docx", "pptx", "xlsx"]

WORDS = "Invoice 2026-031: three hours of advice, 12 March."
ODF = "application/vnd.oasis.opendocument."
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{}</manifest:manifest>'
)


def pdf(trailer: bytes = b"", objects: tuple[bytes, ...] = (), text: str = WORDS) -> bytes:
    """One page, with a table of its objects."""
    drawn = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    bodies = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *objects,
    )
    written, places = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        written
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R %s>>\nstartxref\n%d\n%%%%EOF\n"
        % (
            len(bodies) + 1,
            table,
            len(bodies) + 1,
            trailer,
            len(written),
        )
    )


def locked_pdf() -> bytes:
    lock = b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O <" + b"a0" * 32 + b"> /U <" + b"b1" * 32 + b"> >>"
    return pdf(b"/Encrypt 6 0 R /ID [<00><00>] ", (lock,))


def locked_pdf_of(objects: int) -> bytes:
    """Its table has a line for each, which puts the trailer far behind the table's beginning."""
    head = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n"
    lines = b"0000000009 00000 n \n" * objects
    trailer = b"trailer\n<< /Size 2 /Root 1 0 R /Encrypt 5 0 R >>\n"
    return head + b"xref\n0 %d\n" % objects + lines + trailer + b"startxref\n%d\n%%%%EOF\n" % len(head)


def pdf_of_streams(*, locked: bool = False) -> bytes:
    """As most programs write it today: the table is a stream, and its dictionary is where the lock would be named."""
    head = b"%PDF-1.5\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    lock = b"/Encrypt 3 0 R " if locked else b""
    return (
        head
        + b"2 0 obj\n<< /Type /XRef /Size 3 /W [1 2 1] /Root 1 0 R %s/Length 4 >>\nstream\n\0\0\0\0\nendstream\n"
        % (lock)
        + b"endobj\nstartxref\n%d\n%%%%EOF\n" % len(head)
    )


def odf(kind: str, parts: Mapping[str, bytes] | None = None, listed: str = "") -> bytes:
    return zipped(
        {
            "mimetype": (ODF + kind).encode(),
            "META-INF/manifest.xml": MANIFEST.format(listed).encode(),
            "content.xml": f"<office:document-content>{WORDS}</office:document-content>".encode(),
            **(parts or {}),
        }
    )


def zipped(parts: Mapping[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            how = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, part, how)
    return into.getvalue()


def with_parts(document: bytes, parts: Mapping[str, bytes], types: tuple[bytes, bytes] = (b"", b"")) -> bytes:
    """The same Office document with more in it, and other words in its list of contents."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    kept["[Content_Types].xml"] = kept["[Content_Types].xml"].replace(*types)
    return zipped(kept | dict(parts))


def picture(form: str, size: tuple[int, int] = (64, 48), **options: Any) -> bytes:
    """Of many colours, so that its pixels are no zeros."""
    from PIL import Image

    drawn = Image.radial_gradient("L").resize(size).convert("P" if form == "GIF" else "RGB")
    into = io.BytesIO()
    drawn.save(into, form, **options)
    return into.getvalue()


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">L4s", len(content) + 8, name) + content


def heic() -> bytes:
    """The boxes of one, without pixels that anybody could show: no encoder is at hand."""
    brands = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    return (
        brands
        + box(b"meta", b"\0\0\0\0" + box(b"hdlr", b"\0" * 8 + b"pict" + b"\0" * 13))
        + box(b"mdat", b"\x5a" * 500)
    )


def mail() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@example.org", "office@practice.example", "The papers"
    message["Date"] = "Thu, 12 Mar 2026 09:00:00 +0000"
    message.set_content(WORDS)
    message.add_attachment(pdf(), maintype="application", subtype="pdf", filename="invoice.pdf")
    return message.as_bytes()


def rtf(more: str = "") -> bytes:
    return (r"{\rtf1\ansi\deff0{\fonttbl{\f0 Arial;}}\f0 " + WORDS + more + r"\par}" + "\r\n").encode()


def compound(*names: str) -> bytes:
    """The old container of Microsoft's files, with streams of these names."""
    entries = [_entry("Root Entry", 5), *(_entry(name, 2) for name in names)]
    entries += [b"\0" * 128] * (-len(entries) % 4)
    sectors = len(entries) // 4
    chain = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    table = struct.pack("<128L", *(chain + [0xFFFFFFFF] * (128 - len(chain))))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6)
    header += b"\0" * 10 + struct.pack("<9L", 1, 1, 0, 0x1000, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    return header.ljust(512, b"\xff") + table + b"".join(entries)


def _entry(name: str, kind: int) -> bytes:
    written = name.encode("utf-16-le")
    return written.ljust(64, b"\0") + struct.pack("<HB", len(written) + 2, kind).ljust(64, b"\0")
