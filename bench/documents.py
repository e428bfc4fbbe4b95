"""Receiving and reading documents, as lines of the table of results: `python -m bench documents` makes them alone."""

import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import corpus, reading, uploading

MEMORY_GOAL = "700"
Row = tuple[str, str, str]


def rows() -> list[Row]:
    with TemporaryDirectory(prefix="pretamane-documents-") as name:
        folder = Path(name)
        uploads = uploading.uploads(folder / "uploads")
        ingest = reading.ingest(folder)
        read = reading.ocr(folder) if shutil.which("tesseract") else None
    peak_of_web = max(uploads.peak, ingest.peak_of_web)
    peak_of_worker = max(ingest.peak_of_worker, read.peak_of_worker if read else 0)
    return [
        *_of_uploads(uploads),
        *_of_ingest(ingest),
        *(_of_ocr(read) if read else [("OCR", "not measured: Tesseract is not installed here", "")]),
        ("peak memory of the web processes, MiB", f"{peak_of_web:.0f}", MEMORY_GOAL),
        ("peak memory of the worker and its readers, MiB", f"{peak_of_worker:.0f}", MEMORY_GOAL),
    ]


def _of_uploads(uploads: uploading.Uploads) -> Iterator[Row]:
    each = sorted(bare / ours for ours, bare in zip(uploads.ours, uploads.bare, strict=True))
    yield "seconds for a raw upload of 1 GiB", f"{statistics.median(uploads.ours):.1f}", ""
    yield "seconds to write and hash 1 GiB", f"{statistics.median(uploads.bare):.1f}", ""
    yield (
        "ratio, round by round",
        f"{statistics.median(each):.2f} ({each[0]:.2f} to {each[-1]:.2f})",
        uploading.GOAL,
    )


def _of_ingest(ingest: reading.Ingest) -> Iterator[Row]:
    pages = corpus.PDFS * corpus.PAGES
    yield f"pages a second until the text of {pages:,} is committed", f"{pages / ingest.text:.0f}", ""
    yield "pages a second, bare pypdfium2 in two processes", f"{pages / ingest.bare:.0f}", ""
    yield "ratio", f"{ingest.bare / ingest.text:.2f}", "0.5 or better"
    yield f"seconds more for {corpus.PDFS} thumbnails", f"{ingest.thumbnails:.0f}", ""


def _of_ocr(read: reading.Ocr) -> Iterator[Row]:
    yield f"seconds for OCR of {corpus.PICTURES} pages", f"{read.ours:.1f}", ""
    yield "seconds for xargs -P2 tesseract", f"{read.bare:.1f}", ""
    yield "ratio", f"{read.bare / read.ours:.2f}", "0.9 or better"
