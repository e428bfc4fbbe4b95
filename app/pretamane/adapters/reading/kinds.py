"""Which family of readers knows which media type. Shared by both sides of the cage."""

from typing import Final

_OOXML, _ODF = "application/vnd.openxmlformats-officedocument", "application/vnd.oasis.opendocument"

# Families are modules inside; the second word says which of the family's kinds it is.
KINDS: Final = {
    "application/pdf": ("pdf", "pdf"),
    f"{_OOXML}.wordprocessingml.document": ("office", "docx"),
    f"{_OOXML}.spreadsheetml.sheet": ("office", "xlsx"),
    f"{_OOXML}.presentationml.presentation": ("office", "pptx"),
    f"{_ODF}.text": ("odf", "odt"),
    f"{_ODF}.spreadsheet": ("odf", "ods"),
    f"{_ODF}.presentation": ("odf", "odp"),
    "application/rtf": ("texts", "rtf"),
    "text/rtf": ("texts", "rtf"),
    "text/plain": ("texts", "txt"),
    "text/markdown": ("texts", "md"),
    "text/csv": ("texts", "csv"),
    "message/rfc822": ("mail", "eml"),
    "image/png": ("pictures", "png"),
    "image/jpeg": ("pictures", "jpeg"),
    "image/tiff": ("pictures", "tiff"),
    "image/webp": ("pictures", "webp"),
    "image/gif": ("pictures", "gif"),
    "image/heic": ("pictures", "heif"),
    "image/heif": ("pictures", "heif"),
}
PICTURED: Final = frozenset({"pdf", "pictures"})


def has_text(media_type: str) -> bool:
    return media_type in KINDS


def has_pictures(media_type: str) -> bool:
    return media_type in KINDS and KINDS[media_type][0] in PICTURED
