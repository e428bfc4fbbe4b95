"""DOCX, XLSX and PPTX, by their libraries, over a lean copy of the file."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, Final

from pretamane.adapters.reading.inside.paper import BREAK, SHEET_CHARACTERS, cut
from pretamane.adapters.reading.inside.telling import Page, Told, clean, damaged
from pretamane.adapters.reading.inside.zips import lean_copy

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table
    from docx.text.paragraph import Paragraph

_DEEPEST: Final = 20
_CELLS_IN_A_ROW: Final = 2_000
_HEADINGS: Final = ("Title", "Heading 1")


def read(file: int, kind: str, _password: str | None, told: Told) -> Iterator[Page]:
    lean = lean_copy(file)
    match kind:
        case "docx":
            return _document(lean, told)
        case "xlsx":
            return _workbook(lean, told)
        case _:
            return _presentation(lean, told)


def _note(properties: object, told: Told) -> None:
    told.entitle(getattr(properties, "title", None))
    told.date(getattr(properties, "created", None))


def _document(lean: BinaryIO, told: Told) -> Iterator[Page]:
    import docx

    document = docx.Document(lean)
    _note(document.core_properties, told)
    blocks = document.iter_inner_content()
    body = chain.from_iterable(_block(block, told) for block in blocks)
    yield from cut(chain(_edge(document, "header"), _told_of(body, told), _edge(document, "footer")))


def _edge(document: "Document", which: str) -> Iterator[str]:
    """Once: a letterhead says who wrote, and stands on every page."""
    for section in document.sections:
        edge = getattr(section, which)
        if not edge.is_linked_to_previous:
            yield from filter(None, (paragraph.text for paragraph in edge.paragraphs))


def _told_of(paragraphs: Iterable[str], told: Told) -> Iterator[str]:
    """Without a heading, the first words are the best guess."""
    for paragraph in paragraphs:
        if paragraph.strip():
            told.entitle(paragraph)
        yield paragraph


def _block(block: "Paragraph | Table", told: Told, depth: int = 0) -> Iterator[str]:
    from docx.text.paragraph import Paragraph

    if isinstance(block, Paragraph):
        if block.style is not None and block.style.name in _HEADINGS:
            told.entitle(block.text)
        yield from _paragraph(block)
        return
    for row in block.rows:
        cells = [clean(cell.text).replace("\n", " ") for cell in row.cells[:_CELLS_IN_A_ROW]]
        yield "\t".join(cells)
        if depth < _DEEPEST:
            for table in chain.from_iterable(cell.tables for cell in row.cells):
                yield from _block(table, told, depth + 1)


def _paragraph(paragraph: "Paragraph") -> Iterator[str]:
    """Word's own breaks count as much as the author's: both are where a printed page ended."""
    if paragraph.paragraph_format.page_break_before:
        yield BREAK
    if paragraph._p.xpath(".//w:br[@w:type='page'] | .//w:lastRenderedPageBreak"):
        yield BREAK
    yield paragraph.text


def _workbook(lean: BinaryIO, told: Told) -> Iterator[Page]:
    import openpyxl

    workbook = openpyxl.load_workbook(lean, read_only=True, data_only=True, keep_links=False)
    _note(workbook.properties, told)
    try:
        for sheet in workbook.worksheets:
            told.entitle(sheet.title)
            sheet.reset_dimensions()
            rows = sheet.iter_rows(values_only=True)  # a most of columns would have it fill up each empty row
            yield from cut(chain([sheet.title], filter(None, map(_row, rows))), SHEET_CHARACTERS)
    finally:
        workbook.close()


def _row(values: tuple[object, ...]) -> str:
    return "\t".join("" if value is None else str(value) for value in values[:_CELLS_IN_A_ROW]).rstrip("\t")


def _presentation(lean: BinaryIO, told: Told) -> Iterator[Page]:
    import pptx
    from pptx.util import Emu

    presentation = pptx.Presentation(lean)
    _note(presentation.core_properties, told)
    width, height = (Emu(side or 0).pt for side in (presentation.slide_width, presentation.slide_height))
    if not presentation.slides:
        raise damaged("The presentation has no slides.")
    for slide in presentation.slides:
        if slide.shapes.title is not None and slide.shapes.title.has_text_frame:
            told.entitle(slide.shapes.title.text_frame.text)
        lines = list(_shapes(slide.shapes, 0))
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            lines.append(slide.notes_slide.notes_text_frame.text)
        yield Page(clean("\n".join(line for line in lines if line)), width, height)


def _shapes(shapes: Iterable[object], depth: int) -> Iterator[str]:
    for shape in shapes:
        if getattr(shape, "has_text_frame", False):
            yield shape.text_frame.text  # type: ignore[attr-defined]  # pptx has many kinds of shapes and no common type
        elif getattr(shape, "has_table", False):
            for row in shape.table.rows:  # type: ignore[attr-defined]  # as above
                yield "\t".join(cell.text for cell in row.cells)
        elif hasattr(shape, "shapes") and depth < _DEEPEST:
            yield from _shapes(shape.shapes, depth + 1)
