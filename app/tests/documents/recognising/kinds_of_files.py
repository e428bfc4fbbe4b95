"""Every kind of file that docs/files.md speaks of, with a maker: for these tests, and for those that send them all."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from tests.documents import bad_samples as bad
from tests.documents import samples as good

from pretamane.core.errors import AppError
from pretamane.documents.recognising.recognition import recognise

Outcome = Literal["taken", "marked", "quarantined", "refused"]


class Row(NamedTuple):
    what: str
    name: str
    outcome: Outcome
    make: Callable[[], bytes]
    kind: str = ""


def _cut(make: Callable[[], bytes], part: float = 0.6) -> Callable[[], bytes]:
    def cut() -> bytes:
        whole = make()
        return whole[: int(len(whole) * part)]

    return cut


def _is(content: bytes) -> Callable[[], bytes]:
    return lambda: content


_WORDS = good.WORDS.encode()
_picture = partial(partial, good.picture)
_odf = partial(partial, good.odf)

TAKEN = (
    Row("PDF", "invoice.pdf", "taken", good.pdf, "pdf"),
    Row("PDF whose table is a stream", "invoice.pdf", "taken", good.pdf_of_streams, "pdf"),
    Row("PDF with a byte order mark or a printer's language before it", "scan.pdf", "taken",
        partial(bad.pdf_behind, b"\x1b%-12345X@PJL ENTER LANGUAGE=PDF\n"), "pdf"),
    Row("PDF that prints itself when it opens", "ticket.pdf", "taken",
        partial(good.pdf, objects=(b"<< /S /JavaScript /JS (this.print\\(true\\);) >>",)), "pdf"),
    Row("PDF named in capitals", "INVOICE.PDF", "taken", good.pdf, "pdf"),
    Row("PDF without an ending, or with one that nobody knows", "invoice.final", "taken", good.pdf, "pdf"),
    Row("Word document", "letter.docx", "taken", good.docx, "docx"),
    Row("Excel workbook", "hours.xlsx", "taken", good.xlsx, "xlsx"),
    Row("PowerPoint presentation", "talk.pptx", "taken", good.pptx, "pptx"),
    Row("OpenDocument text", "letter.odt", "taken", _odf("text"), "odt"),
    Row("OpenDocument spreadsheet", "hours.ods", "taken", _odf("spreadsheet"), "ods"),
    Row("OpenDocument presentation", "talk.odp", "taken", _odf("presentation"), "odp"),
    Row("rich text", "letter.rtf", "taken", good.rtf, "rtf"),
    Row("plain text in UTF-8", "notes.txt", "taken", _is("Grüße aus Köln\n".encode()), "txt"),
    Row("plain text in UTF-16 with its mark", "notes.txt", "taken", _is("Grüße".encode("utf-16")), "txt"),
    Row("plain text of an old system", "notes.txt", "taken", _is("Grüße aus Köln".encode("cp1252")), "txt"),
    Row("plain text without an ending", "README", "taken", _is(_WORDS), "txt"),
    Row("plain text that speaks of programs and PDFs", "notes.txt", "taken",
        _is(b"MZ begins a program, %PDF-1.7 a PDF, <script> a script."), "txt"),
    Row("Markdown", "notes.md", "taken", _is(b"# Notes\n\n- one\n- *two*\n"), "markdown"),
    Row("table as text", "hours.csv", "taken", _is(b"day;hours\n1;=A1*2\n2;-3\n"), "csv"),
    Row("mail", "papers.eml", "taken", good.mail, "eml"),
    Row("mail without an ending", "papers", "taken", good.mail, "eml"),
    Row("PNG", "scan.png", "taken", _picture("PNG"), "png"),
    Row("JPEG", "photo.jpg", "taken", _picture("JPEG"), "jpeg"),
    Row("JPEG with a film of the same moment behind it", "photo.jpeg", "taken",
        lambda: good.picture("JPEG") + good.box(b"ftyp", b"mp42\0\0\0\0isom") + b"\0" * 99, "jpeg"),
    Row("TIFF", "fax.tiff", "taken", _picture("TIFF"), "tiff"),
    Row("WebP", "photo.webp", "taken", _picture("WEBP"), "webp"),
    Row("GIF", "drawing.gif", "taken", _picture("GIF"), "gif"),
    Row("HEIC", "photo.heic", "taken", good.heic, "heic"),
)  # fmt: skip

MARKED = (
    Row("PDF under a password", "locked.pdf", "marked", good.locked_pdf, "pdf"),
    Row("PDF under a password, with a stream as its table", "locked.pdf", "marked",
        partial(good.pdf_of_streams, locked=True), "pdf"),
    Row("Office document under a password", "locked.docx", "marked",
        partial(good.compound, "EncryptionInfo", "EncryptedPackage"), "docx"),
    Row("OpenDocument file under a password", "locked.odt", "marked",
        _odf("text", listed="<manifest:encryption-data/>"), "odt"),
    Row("PDF that is cut off", "half.pdf", "marked", _cut(good.pdf), "pdf"),
    Row("Word document that is cut off", "half.docx", "marked", _cut(good.docx), "docx"),
    Row("Excel workbook that is cut off", "half.xlsx", "marked", _cut(good.xlsx, 0.9), "xlsx"),
    Row("OpenDocument text that is cut off", "half.odt", "marked", _cut(_odf("text")), "odt"),
    Row("rich text that is cut off", "half.rtf", "marked", _cut(good.rtf), "rtf"),
    Row("PNG that is cut off", "half.png", "marked", _cut(_picture("PNG")), "png"),
    Row("JPEG that is cut off", "half.jpg", "marked", _cut(_picture("JPEG"), 0.9), "jpeg"),
    Row("GIF that is cut off", "half.gif", "marked", _cut(_picture("GIF")), "gif"),
    Row("WebP that is cut off", "half.webp", "marked", _cut(_picture("WEBP")), "webp"),
    Row("TIFF that is cut off", "half.tif", "marked", _cut(_picture("TIFF")), "tiff"),
    Row("HEIC that is cut off", "half.heic", "marked", _cut(good.heic), "heic"),
)  # fmt: skip

QUARANTINED = (
    Row("the test virus (EICAR), whatever its name", "eicar.com", "quarantined", _is(bad.TEST_VIRUS), "txt"),
    Row("the test virus inside a document", "letter.txt", "quarantined",
        _is(b"Dear all,\n" + bad.TEST_VIRUS), "txt"),
    Row("PDF that starts a program", "offer.pdf", "quarantined", bad.pdf_that_launches, "pdf"),
    Row("PDF with a program attached", "offer.pdf", "quarantined", bad.pdf_with_attached_program, "pdf"),
    Row("PDF with a script that attacks", "offer.pdf", "quarantined", bad.pdf_that_attacks, "pdf"),
    Row("rich text that loads an object at once", "offer.rtf", "quarantined",
        partial(good.rtf, r"{\object\objautlink\objupdate{\*\objdata 0105}}"), "rtf"),
    Row("rich text with a field that starts a program", "offer.rtf", "quarantined",
        partial(good.rtf, r'{\field{\*\fldinst DDEAUTO c:\\cmd.exe "/k"}}'), "rtf"),
    Row("table whose cell starts a program", "hours.csv", "quarantined", _is(b"1,=cmd|'/C calc'!A0\n"), "csv"),
    Row("picture with a script inside", "photo.jpg", "quarantined",
        partial(bad.picture_with, b"<?php echo 1; ?>"), "jpeg"),
)  # fmt: skip

REFUSED = (
    Row("empty file", "empty.pdf", "refused", _is(b"")),
    Row("Windows program", "setup.exe", "refused", bad.windows_program),
    Row("Windows program under a document's name", "invoice.pdf", "refused", bad.windows_program),
    Row("Linux program under a text's name", "notes.txt", "refused", bad.elf),
    Row("macOS program", "tool", "refused", bad.mac_program),
    Row("Java archive", "tool.jar", "refused", bad.java_archive),
    Row("shell script", "install.sh", "refused", _is(b"#!/bin/sh\necho hello\n")),
    Row("shell script under a text's name", "notes.txt", "refused", _is(b"#!/bin/sh\necho hello\n")),
    Row("JavaScript", "run.js", "refused", _is(b"console.log('hello')\n")),
    Row("Visual Basic script", "run.vbs", "refused", _is(b'MsgBox "hello"\r\n')),
    Row("PowerShell script", "run.ps1", "refused", _is(b"Write-Host hello\r\n")),
    Row("batch file under a table's name", "hours.csv", "refused", _is(b"@echo off\r\ndir\r\n")),
    Row("document that ends like a program", "invoice.pdf.exe", "refused", good.pdf),
    Row("web page", "page.html", "refused", _is(bad.HTML)),
    Row("web page under a text's name", "notes.txt", "refused", _is(b"\xef\xbb\xbf  " + bad.HTML)),
    Row("web page under a Markdown name", "notes.md", "refused", _is(b"<h1>Notes</h1>\n")),
    Row("SVG drawing", "plan.svg", "refused", _is(bad.SVG)),
    Row("SVG drawing under a picture's name", "plan.png", "refused", _is(bad.SVG)),
    Row("XML", "invoice.xml", "refused", _is(b'<?xml version="1.0"?><invoice/>')),
    Row("PostScript", "print.ps", "refused", _is(b"%!PS-Adobe-3.0\nshowpage\n")),
    Row("zip archive", "papers.zip", "refused", bad.zip_archive),
    Row("zip archive under a document's name", "papers.docx", "refused", bad.zip_archive),
    Row("zip with a million parts", "papers.docx", "refused", bad.zip_with_a_million_parts),
    Row("7z archive", "papers.7z", "refused", _is(b"7z\xbc\xaf\x27\x1c\0\4" + b"\0" * 24)),
    Row("rar archive", "papers.rar", "refused", _is(b"Rar!\x1a\x07\x01\0" + b"\0" * 24)),
    Row("tar archive", "papers.tar", "refused", bad.tar_archive),
    Row("gzip", "papers.gz", "refused", partial(bad.packed, "gz")),
    Row("bzip2", "papers.bz2", "refused", partial(bad.packed, "bz2")),
    Row("xz", "papers.xz", "refused", partial(bad.packed, "xz")),
    Row("PDF that is a zip as well", "both.pdf", "refused", lambda: good.pdf() + bad.zip_archive()),
    Row("picture that is a zip as well", "both.png", "refused", lambda: good.picture("PNG") + bad.zip_archive()),
    Row("picture that is a Java archive as well", "both.gif", "refused",
        lambda: good.picture("GIF") + bad.java_archive()),
    Row("picture with a program behind it", "both.png", "refused", lambda: good.picture("PNG") + bad.elf()),
    Row("picture with a script behind it", "both.jpg", "refused", lambda: good.picture("JPEG") + bad.HTML),
    Row("picture that is a script as well", "both.gif", "refused", bad.script_in_a_gif),
    Row("PDF that begins as a web page", "both.pdf", "refused", partial(bad.pdf_behind, bad.HTML)),
    Row("PDF with a web page in its first lines", "both.pdf", "refused",
        lambda: good.pdf().replace(b"\n", b"\n" + bad.HTML, 1)),
    Row("PDF inside a text", "both.txt", "refused", partial(bad.pdf_behind, b"Dear reader,\n")),
    Row("PDF that is a tar archive as well", "both.pdf", "refused",
        lambda: b"%PDF-1.7\n" + b"\0" * 248 + b"ustar\x0000" + good.pdf()),
    Row("Office document with a zip before it", "both.docx", "refused", lambda: bad.zip_archive() + good.docx()),
    Row("Word document with macros", "letter.docm", "refused", bad.named_macro_document),
    Row("macros under a harmless name", "letter.docx", "refused", lambda: bad.macros_in(good.docx())),
    Row("OpenDocument text with macros", "letter.odt", "refused",
        _odf("text", {"Basic/Standard/Module1.xml": b"<module/>"})),
    Row("Word document of the old kind", "letter.doc", "refused", partial(good.compound, "WordDocument", "1Table")),
    Row("Word document of the old kind, with macros", "letter.doc", "refused",
        partial(good.compound, "WordDocument", "Macros")),
    Row("Excel workbook of the old kind", "hours.xls", "refused", partial(good.compound, "Workbook")),
    Row("PowerPoint presentation of the old kind", "talk.ppt", "refused",
        partial(good.compound, "PowerPoint Document")),
    Row("Outlook message", "papers.msg", "refused", partial(good.compound, "__properties_version1.0")),
    Row("Office document under a password, without an ending", "locked", "refused",
        partial(good.compound, "EncryptedPackage")),
    Row("Word template", "letter.dotx", "refused", bad.template),
    Row("OpenDocument drawing", "plan.odg", "refused", _odf("graphics")),
    Row("e-book", "book.epub", "refused", lambda: good.zipped({"mimetype": b"application/epub+zip"})),
    Row("BMP picture", "scan.bmp", "refused", _picture("BMP")),
    Row("AVIF picture", "photo.avif", "refused", lambda: good.box(b"ftyp", b"avif\0\0\0\0mif1miaf") + b"\0" * 64),
    Row("film", "walk.mp4", "refused", lambda: good.box(b"ftyp", b"isom\0\0\2\0isommp41") + b"\0" * 64),
    Row("sound recording", "call.wav", "refused", _is(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + b"\0" * 32)),
    Row("database", "book.sqlite", "refused", _is(b"SQLite format 3\0" + b"\0" * 84)),
    Row("picture under a PDF's name", "scan.pdf", "refused", _picture("PNG")),
    Row("PDF under a picture's name", "scan.png", "refused", good.pdf),
    Row("Excel workbook under a Word document's name", "hours.docx", "refused", good.xlsx),
    Row("rich text under an old Word document's name", "letter.doc", "refused", good.rtf),
    Row("plain text under a PDF's name", "notes.pdf", "refused", _is(_WORDS)),
    Row("text with a NUL in it", "notes.txt", "refused", _is(b"one\0two" * 40)),
    Row("text under a mail's name", "papers.eml", "refused", _is(_WORDS)),
    Row("bytes of no known kind", "thing.bin", "refused", _is(b"\x93\x01\0\xff\xee\x07" * 50)),
    Row("bytes of no known kind under a PDF's name", "thing.pdf", "refused", _is(b"\x93\x01\0\xff\xee\x07" * 50)),
)  # fmt: skip

ROWS = (*TAKEN, *MARKED, *QUARANTINED, *REFUSED)


def sentence_of(row: Row) -> str:
    """What is said of it; nothing of what is simply taken."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "received"
        file.write_bytes(row.make())
        try:
            recognised = recognise(file, row.name)
        except AppError as refusal:
            return refusal.sentence
        if recognised.quarantine:
            return recognised.quarantine.reason
        return " ".join(mark.sentence for mark in sorted(recognised.marks))


def as_table(rows: tuple[Row, ...]) -> str:
    lines = [f"| {row.what} | `{row.name}` | {row.outcome} | {sentence_of(row)} |" for row in rows]
    return "\n".join(["| what comes | such as | what happens | what is said |", "|---|---|---|---|", *lines])


if __name__ == "__main__":
    sys.stdout.write(as_table(ROWS) + "\n")
