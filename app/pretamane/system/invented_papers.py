"""Papers of an invented practice, made here: letters and invoices as PDF, Word documents, photographs of slips."""

import io
import zlib
from collections.abc import Sequence
from email.message import EmailMessage

_TOP, _LEFT, _LEADING = 780, 64, 15
_WIDTH = 88


def pdf(lines: Sequence[str], title: str) -> bytes:
    """One page of western letters, which every viewer has a type for."""
    drawn = zlib.compress(_drawing(lines))
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(drawn), drawn),
        b"<</Type/Font/Subtype/Type1/BaseFont/Times-Roman/Encoding/WinAnsiEncoding>>",
        b"<</Title(%b)>>" % _escaped(title),
    )
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(b"%010d 00000 n \n" % len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, b"".join(places))
    trailer = b"trailer<</Size %d/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(written))
    return bytes(written) + table + trailer


def _drawing(lines: Sequence[str]) -> bytes:
    shown = b"".join(b"(%b) Tj T*\n" % _escaped(line) for line in lines)
    return b"BT /F1 11 Tf %d TL %d %d Td\n%bET" % (_LEADING, _LEFT, _TOP, shown)


def _escaped(text: str) -> bytes:
    written = text.encode("cp1252", "replace")
    return written.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def broken(text: str) -> list[str]:
    """Into lines that fit the page."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def docx(lines: Sequence[str], title: str) -> bytes:
    from docx import Document

    document, into = Document(), io.BytesIO()
    document.core_properties.title = title
    document.add_heading(title, 1)
    for line in lines:
        document.add_paragraph(line)
    document.save(into)
    return into.getvalue()


def picture(lines: Sequence[str], form: str) -> bytes:
    """A slip on a table, a little askew."""
    from PIL import Image, ImageDraw, ImageFont

    slip = Image.new("L", (520, 760), 250)
    letters = ImageFont.load_default(size=30)
    ImageDraw.Draw(slip).multiline_text((40, 50), "\n".join(lines), fill=20, font=letters, spacing=14)
    table, turned = Image.new("RGB", (700, 940), (116, 92, 70)), slip.rotate(2, expand=True, fillcolor=110)
    table.paste(turned.convert("RGB"), (70, 80))
    into = io.BytesIO()
    table.save(into, form)
    return into.getvalue()


def mail(sender: str, subject: str, text: str, attached: tuple[str, bytes]) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, "office@practice.example", subject
    message["Date"] = "Mon, 09 Feb 2026 08:12:00 +0100"
    message.set_content(text)
    name, content = attached
    message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return message.as_bytes()
