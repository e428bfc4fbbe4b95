"""ODT, ODS and ODP: their XML is read as it streams, and never as a tree."""

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Final

from lxml import etree

from pretamane.adapters.reading.inside.paper import BREAK, SHEET_CHARACTERS, cut
from pretamane.adapters.reading.inside.telling import Page, Told, clean, damaged
from pretamane.adapters.reading.inside.zips import lean_copy, locked_for_good

_NAMESPACE: Final = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _TABLE, _DRAW, _META = (_NAMESPACE % name for name in ("text", "table", "drawing", "meta"))
_DUBLIN: Final = "{http://purl.org/dc/elements/1.1/}"
# A run of equal cells or spaces may claim to be of any length.
_REPEATED_MOST: Final = 100
_CELLS_IN_A_ROW: Final = 2_000
_PARAGRAPHS: Final = (f"{_TEXT}p", f"{_TEXT}h")


def read(file: int, kind: str, _password: str | None, told: Told) -> Iterator[Page]:
    with zipfile.ZipFile(lean_copy(file)) as lean:
        if b"encryption-data" in _part(lean, "META-INF/manifest.xml"):
            raise locked_for_good()
        _note(lean, told)
        with lean.open(_must_have(lean, "content.xml")) as content:
            match kind:
                case "odt":
                    yield from cut(_paragraphs(content, told))
                case "ods":
                    yield from _sheets(content, told)
                case _:
                    yield from _slides(content, told)


def _part(lean: zipfile.ZipFile, name: str) -> bytes:
    return lean.read(name) if name in lean.namelist() else b""


def _must_have(lean: zipfile.ZipFile, name: str) -> str:
    if name not in lean.namelist():
        raise damaged("The document is damaged: its text is missing.")
    return name


def _note(lean: zipfile.ZipFile, told: Told) -> None:
    meta = _part(lean, "meta.xml")
    if not meta:
        return
    root = etree.fromstring(meta, _parser())
    told.entitle(root.findtext(f".//{_DUBLIN}title"))
    created = root.findtext(f".//{_META}creation-date") or root.findtext(f".//{_DUBLIN}date") or ""
    try:
        told.date(datetime.strptime(created[:10], "%Y-%m-%d").replace(tzinfo=UTC))
    except ValueError:
        return


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _elements(content: IO[bytes], *tags: str) -> "Iterator[tuple[str, etree._Element]]":
    """Starts and ends of these; what has been passed is forgotten."""
    walk = etree.iterparse(
        content, events=("start", "end"), tag=tags, resolve_entities=False, no_network=True, huge_tree=False
    )
    for event, element in walk:
        yield event, element
        if event == "end" and element.tag not in _INSIDE_OTHERS:
            element.clear(keep_tail=True)
            while element.getprevious() is not None and element.getparent() is not None:
                del element.getparent()[0]


# Their text is asked for when what they stand in has ended.
_INSIDE_OTHERS: Final = frozenset({f"{_TABLE}table-cell", *_PARAGRAPHS})


def _paragraphs(content: IO[bytes], told: Told) -> Iterator[str]:
    """A page that ends within a paragraph ends before it: the paragraph stays whole."""
    inside, is_broken = 0, False
    for event, element in _elements(content, *_PARAGRAPHS, f"{_TEXT}soft-page-break"):
        if element.tag not in _PARAGRAPHS:
            is_broken = True
            continue
        inside += 1 if event == "start" else -1
        if event == "end" and inside == 0:
            if is_broken:
                yield BREAK
            words, is_broken = _words(element), False
            told.entitle(words)
            yield words
            element.clear(keep_tail=True)


def _words(element: "etree._Element") -> str:
    pieces = [element.text or ""]
    for within in element.iterdescendants():
        if within.tag == f"{_TEXT}s":
            pieces.append(" " * _count(within, f"{_TEXT}c"))
        elif within.tag == f"{_TEXT}tab":
            pieces.append("\t")
        elif within.tag in (f"{_TEXT}line-break", *_PARAGRAPHS):
            pieces.append("\n")
        if isinstance(within.tag, str):
            pieces.append(within.text or "")
        pieces.append(within.tail or "")
    return "".join(pieces)


def _count(element: "etree._Element", name: str) -> int:
    told = element.get(name, "1")
    return min(int(told), _REPEATED_MOST) if told.isdecimal() and len(told) < 10 else 1


def _sheets(content: IO[bytes], told: Told) -> Iterator[Page]:
    rows = list[str]()
    for event, element in _elements(content, f"{_TABLE}table", f"{_TABLE}table-row"):
        if element.tag == f"{_TABLE}table-row":
            if event == "end":
                rows.append(_row(element))
        elif event == "start":
            rows.append(element.get(f"{_TABLE}name", ""))
            told.entitle(rows[-1])
        else:
            yield from cut(filter(None, rows), SHEET_CHARACTERS)
            rows = []


def _row(row: "etree._Element") -> str:
    cells = list[str]()
    for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        words = " ".join(_words(paragraph) for paragraph in cell.iterchildren(*_PARAGRAPHS))
        cells += [words] * _count(cell, f"{_TABLE}number-columns-repeated")
        if len(cells) > _CELLS_IN_A_ROW:
            break
    return "\t".join(cells).rstrip("\t")


def _slides(content: IO[bytes], told: Told) -> Iterator[Page]:
    for event, element in _elements(content, f"{_DRAW}page"):
        if event == "end":
            lines = [_words(paragraph) for paragraph in element.iterdescendants(*_PARAGRAPHS)]
            text = clean("\n".join(filter(None, lines)))
            told.entitle(text.partition("\n")[0])
            yield Page(text)
