"""Which Office document a zip is, and whether it brings programs; nothing is unpacked but its list of contents."""

import re

from pretamane.documents.recognising import compound, foreign, kinds, zips
from pretamane.documents.recognising.found import Found, Mark
from pretamane.documents.recognising.glance import Glance
from pretamane.documents.recognising.kinds import Kind
from pretamane.documents.recognising.refusing import Foreign, two_in_one

MACRO_EXTENSIONS = {
    **dict.fromkeys(("docm", "dotm"), kinds.DOCX),
    **dict.fromkeys(("xlsm", "xltm", "xlam"), kinds.XLSX),
    **dict.fromkeys(("pptm", "potm", "ppsm", "ppam"), kinds.PPTX),
}
_FOLDERS = {"word/": kinds.DOCX, "xl/": kinds.XLSX, "ppt/": kinds.PPTX}
_CONTENT_TYPES = "[Content_Types].xml"
_MAIN_PARTS = {
    "wordprocessingml.document.main+xml": kinds.DOCX,
    "ms-word.document.macroEnabled.main+xml": kinds.DOCX,
    "spreadsheetml.sheet.main+xml": kinds.XLSX,
    "ms-excel.sheet.macroEnabled.main+xml": kinds.XLSX,
    "presentationml.presentation.main+xml": kinds.PPTX,
    "ms-powerpoint.presentation.macroEnabled.main+xml": kinds.PPTX,
}
_TEMPLATE = re.compile(r"(?:template|slideshow|addin)\w*(?:\.macroEnabled\w*)?\.main\+xml", re.IGNORECASE)
_BINARY_WORKBOOK = "ms-excel.sheet.binary.macroEnabled.main"
_HAS_MACROS = re.compile(r"macroEnabled|vbaProject", re.IGNORECASE)
_MACRO_PARTS = re.compile(r"(?:^|/)vbaproject[^/]*\.bin$|^xl/macrosheets/|^(?:Basic|Scripts)/.", re.IGNORECASE)
_ODF_KINDS = {kind.media_type: kind for kind in kinds.ODF}
_ODF = "application/vnd.oasis.opendocument."
_OLD = {
    "WordDocument": foreign.OLD_WORD,
    "Workbook": foreign.OLD_EXCEL,
    "Book": foreign.OLD_EXCEL,
    "PowerPoint Document": foreign.OLD_POWERPOINT,
    "__properties_version1.0": foreign.OUTLOOK,
}
_OLD_MACROS = {"Macros", "_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"}


def of_zip(glance: Glance, extension: str) -> Found | Foreign:
    try:
        directory = zips.read_directory(glance)
    except zips.TooManyParts:
        return foreign.TOO_MANY_PARTS
    if directory is None:
        return _cut_off(glance, extension)
    found = _of_directory(glance, directory)
    if isinstance(found, Found):
        _refuse_hidden(found, directory)
    return found


def _refuse_hidden(found: Found, directory: zips.Zip) -> None:
    if directory.before > 0:
        raise two_in_one(found.called, "another archive", found.kinds[0])
    if directory.behind > zips.MOST_BEHIND:
        raise two_in_one(found.called, "something behind its end", found.kinds[0])


def _of_directory(glance: Glance, directory: zips.Zip) -> Found | Foreign:
    if directory.entry(_CONTENT_TYPES):
        return _ooxml(glance, directory)
    if directory.entry("mimetype"):
        return _odf(glance, directory)
    return _archive(directory)


def _ooxml(glance: Glance, directory: zips.Zip) -> Found | Foreign:
    types = _part(glance, directory, _CONTENT_TYPES)
    of_kind = {kind for main, kind in _MAIN_PARTS.items() if main.lower() in types.lower()}
    if len(of_kind) > 1:
        first, second = sorted(kind.called for kind in of_kind)[:2]
        raise two_in_one(first, second, None)
    if not of_kind and (other := _other_ooxml(types)):
        return other
    in_folders = {
        kind for folder, kind in _FOLDERS.items() if any(e.name.startswith(folder) for e in directory.entries)
    }
    likely = sorted(of_kind or in_folders, key=kinds.KINDS.index)
    if not likely:
        return foreign.OTHER_OFFICE
    whole = bool(of_kind) and likely[0] in in_folders
    return _document(likely[0], directory, whole=whole, macros=bool(_HAS_MACROS.search(types)))


def _other_ooxml(types: str) -> Foreign | None:
    if _BINARY_WORKBOOK in types:
        return foreign.BINARY_WORKBOOK
    return foreign.TEMPLATE if _TEMPLATE.search(types) else None


def _odf(glance: Glance, directory: zips.Zip) -> Found | Foreign:
    media_type = _part(glance, directory, "mimetype").strip()
    if kind := _ODF_KINDS.get(media_type):
        manifest = _part(glance, directory, "META-INF/manifest.xml")
        locked = "encryption-data" in manifest or directory.entry("encrypted-package") is not None
        has_content = directory.entry("content.xml") is not None or locked
        return _document(kind, directory, whole=has_content and bool(manifest), macros=False, locked=locked)
    if media_type == "application/epub+zip":
        return foreign.BOOK
    if media_type.startswith(_ODF):
        return foreign.TEMPLATE if media_type.endswith("-template") else foreign.OTHER_ODF
    return _archive(directory)


def _document(kind: Kind, directory: zips.Zip, *, whole: bool, macros: bool, locked: bool = False) -> Found:
    has_macros = macros or any(_MACRO_PARTS.search(entry.name) for entry in directory.entries)
    marks = set()
    if not whole or not directory.is_whole or directory.has_twins:
        marks.add(Mark.DAMAGED)
    if locked or any(entry.is_encrypted for entry in directory.entries):
        marks.add(Mark.LOCKED)
    return Found((kind,), frozenset(marks), has_macros)


def _part(glance: Glance, directory: zips.Zip, name: str) -> str:
    """Empty when it is unreadable. No XML parser: what is looked for are words, and a manifest cannot explode."""
    entry = directory.entry(name)
    unpacked = (zips.read_part(glance, entry) if entry else None) or b""
    return unpacked.decode("utf-16" if unpacked[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", "replace")


def _archive(directory: zips.Zip) -> Foreign:
    names = {entry.name for entry in directory.entries}
    if "AndroidManifest.xml" in names:
        return foreign.ANDROID_PROGRAM
    if "META-INF/MANIFEST.MF" in names or any(name.endswith(".class") for name in names):
        return foreign.JAVA_PROGRAM
    return foreign.APPLE if any(name.endswith((".iwa", "index.apxl")) for name in names) else foreign.ZIP


def _cut_off(glance: Glance, extension: str) -> Found | Foreign:
    """What is left of a document still belongs to its sender; what is left of an archive helps nobody."""
    names = zips.names_at_the_head(glance.head)
    damaged = frozenset({Mark.DAMAGED})
    for kind in kinds.ODF:
        if names[:1] == ["mimetype"] and glance.head[38:].startswith(kind.media_type.encode()):
            return Found((kind,), damaged)
    by_folder = [kind for folder, kind in _FOLDERS.items() if any(name.startswith(folder) for name in names)]
    if by_folder:
        return Found((by_folder[0],), damaged, any(_MACRO_PARTS.search(name) for name in names))
    by_name = kinds.BY_EXTENSION.get(extension)
    if by_name in kinds.OOXML and {_CONTENT_TYPES, "_rels/.rels"} & set(names):
        return Found((by_name,), damaged)
    return foreign.ZIP


def of_compound(glance: Glance) -> Found | Foreign:
    names = compound.names(glance)
    if "EncryptedPackage" in names:
        return Found(kinds.OOXML, frozenset({Mark.LOCKED}))
    old = next((kind for name, kind in _OLD.items() if name in names), foreign.OLD_MICROSOFT)
    if names & _OLD_MACROS:
        return Foreign(f"{old.called} with macros", f"macros are programs; {old.advice}, without macros")
    return old
