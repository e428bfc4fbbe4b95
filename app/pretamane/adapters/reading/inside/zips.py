"""Zip-based documents. The libraries behind never meet the zip that came, but a copy of its XML made here.

The copy is made under limits on what really comes out, as a zip's own word on sizes may be a lie. Pictures, fonts
and whatever is packed inside stay out of it: empty, so that nothing nested is ever opened.
"""

import io
import zipfile
from typing import BinaryIO, Final

from pretamane.adapters.reading import wire
from pretamane.adapters.reading.confinement import MEBIBYTE
from pretamane.adapters.reading.inside.telling import Refusal, as_stream, damaged, too_much

ENTRIES_MOST: Final = 10_000
CLAIMED_MOST: Final = 4096 * MEBIBYTE
XML_MOST: Final = 192 * MEBIBYTE
# XML packs to a fiftieth, a sheet of equal rows to a two-hundredth; a bomb of zeros to a thousandth.
RATIO_MOST, RATIO_COUNTS_FROM = 300, 8 * MEBIBYTE
_XML: Final = (".xml", ".rels")
_OLE: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_PIECE: Final = 256 * 1024
_ENCRYPTED: Final = 1  # the bit in an entry's flags


def lean_copy(file: int) -> BinaryIO:
    stream = as_stream(file)
    beginning = stream.read(len(_OLE))
    if beginning == _OLE:
        raise locked_for_good()
    if not beginning:
        raise damaged("The file is empty.")
    lean = io.BytesIO()
    try:
        with zipfile.ZipFile(stream) as packed, zipfile.ZipFile(lean, "w") as copy:
            _copy(packed, copy)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError) as fault:
        raise damaged("The document is damaged: it cannot be unpacked.") from fault
    lean.seek(0)
    return lean


def locked_for_good() -> Refusal:
    return Refusal(
        wire.LOCKED_FOR_GOOD,
        "The document is locked with a password, and locked Office documents cannot be read here even with it: "
        "save it without one to have it read.",
    )


def _copy(packed: zipfile.ZipFile, copy: zipfile.ZipFile) -> None:
    entries = packed.infolist()
    if len(entries) > ENTRIES_MOST:
        raise too_much(f"The document is packed of more than {ENTRIES_MOST} parts.")
    _check_claims(entries)
    left, seen = XML_MOST, set[str]()
    for entry in entries:
        if entry.filename in seen:
            raise damaged("The document is damaged: two of its parts have the same name.")
        seen.add(entry.filename)
        if entry.flag_bits & _ENCRYPTED:
            raise locked_for_good()
        if entry.filename.lower().endswith(_XML):
            left -= _copy_xml(packed, copy, entry, left)
        elif not entry.is_dir():
            copy.writestr(zipfile.ZipInfo(entry.filename), b"")


def _check_claims(entries: list[zipfile.ZipInfo]) -> None:
    claimed, stored = sum(entry.file_size for entry in entries), sum(entry.compress_size for entry in entries)
    if claimed > CLAIMED_MOST:
        raise too_much(f"Unpacked the document would be larger than {CLAIMED_MOST // MEBIBYTE} MiB.")
    if claimed > RATIO_COUNTS_FROM and claimed > RATIO_MOST * max(1, stored):
        raise too_much("The document is packed so tightly that unpacking it would do harm.")


def _copy_xml(packed: zipfile.ZipFile, copy: zipfile.ZipFile, entry: zipfile.ZipInfo, left: int) -> int:
    length, tail = 0, b""
    with packed.open(entry) as source, copy.open(zipfile.ZipInfo(entry.filename), "w") as target:
        while piece := source.read(_PIECE):
            length += len(piece)
            if length > left:
                raise too_much(f"Unpacked the document's text is larger than {XML_MOST // MEBIBYTE} MiB.")
            _refuse_declarations(tail + piece)
            tail = piece[-32:]
            target.write(piece)
    return length


def _refuse_declarations(piece: bytes) -> None:
    """Entities and what may lie elsewhere begin with these, and no Office program writes them. NULs: UTF-16."""
    plain = piece.replace(b"\0", b"")
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise damaged("The document declares entities, which no Office program does; it was not read.")
