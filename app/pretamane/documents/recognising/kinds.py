"""The kinds of file that are taken, and no others."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Kind:
    name: str
    media_type: str
    extensions: tuple[str, ...]
    called: str
    shown_as: Literal["pictures", "text"]

    @property
    def extension(self) -> str:
        """The one that a new name of this kind should end in."""
        return self.extensions[0]


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

PDF = Kind("pdf", "application/pdf", ("pdf",), "a PDF", "pictures")
DOCX = Kind("docx", f"{_OOXML}.wordprocessingml.document", ("docx",), "a Word document", "text")
XLSX = Kind("xlsx", f"{_OOXML}.spreadsheetml.sheet", ("xlsx",), "an Excel workbook", "text")
PPTX = Kind("pptx", f"{_OOXML}.presentationml.presentation", ("pptx",), "a PowerPoint presentation", "text")
ODT = Kind("odt", f"{_ODF}.text", ("odt",), "an OpenDocument text", "text")
ODS = Kind("ods", f"{_ODF}.spreadsheet", ("ods",), "an OpenDocument spreadsheet", "text")
ODP = Kind("odp", f"{_ODF}.presentation", ("odp",), "an OpenDocument presentation", "text")
RTF = Kind("rtf", "application/rtf", ("rtf",), "a rich text (RTF)", "text")
TXT = Kind("txt", "text/plain", ("txt", "text"), "plain text", "text")
MARKDOWN = Kind("markdown", "text/markdown", ("md", "markdown"), "a Markdown text", "text")
CSV = Kind("csv", "text/csv", ("csv",), "a table as text (CSV)", "text")
EML = Kind("eml", "message/rfc822", ("eml",), "a mail", "text")
PNG = Kind("png", "image/png", ("png",), "a PNG picture", "pictures")
JPEG = Kind("jpeg", "image/jpeg", ("jpg", "jpeg", "jpe", "jfif"), "a JPEG picture", "pictures")
TIFF = Kind("tiff", "image/tiff", ("tif", "tiff"), "a TIFF picture", "pictures")
WEBP = Kind("webp", "image/webp", ("webp",), "a WebP picture", "pictures")
GIF = Kind("gif", "image/gif", ("gif",), "a GIF picture", "pictures")
HEIC = Kind("heic", "image/heic", ("heic", "heif", "hif"), "a HEIC picture", "pictures")

KINDS = (PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, RTF, TXT, MARKDOWN, CSV, EML, PNG, JPEG, TIFF, WEBP, GIF, HEIC)
OOXML = (DOCX, XLSX, PPTX)
ODF = (ODT, ODS, ODP)
# Their content is text alike: only the name tells one from another.
PLAIN = (TXT, MARKDOWN, CSV)

BY_NAME = {kind.name: kind for kind in KINDS}
BY_EXTENSION = {extension: kind for kind in KINDS for extension in kind.extensions}


def extension_of(name: str) -> str:
    """In lower case and without the dot; what stands behind the last one, as every system reads it."""
    last = name.replace("\\", "/").rpartition("/")[2].rstrip(" .\t\r\n")
    stem, dot, extension = last.rpartition(".")
    return extension.strip().lower() if dot and stem else ""
