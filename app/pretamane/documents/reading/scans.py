"""Pages that are pictures of writing: read by OCR, a few in each job."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from pretamane.core.jobs import Run
from pretamane.documents.about import steps
from pretamane.documents.about.steps import OCR, Step
from pretamane.documents.models import READY, Blob, DocumentPage, DocumentStep, DocumentVersion
from pretamane.documents.reading import outcomes, pages
from pretamane.documents.reading.pages import VersionGone
from pretamane.documents.reading.processing import bytes_of
from pretamane.ports import BlobStore, Ocr, Recognised, Unreadable
from pretamane.practice import queries as practice

# Tesseract's own codes; what is not here it is asked for by what the practice calls it.
_ISO_639_2: Final = {
    **{"en": "eng", "de": "deu", "fr": "fra", "es": "spa", "it": "ita", "nl": "nld", "pt": "por", "pl": "pol"},
    **{"cs": "ces", "da": "dan", "sv": "swe", "nb": "nor", "no": "nor", "fi": "fin", "hu": "hun", "ro": "ron"},
    **{"el": "ell", "ru": "rus", "uk": "ukr", "tr": "tur", "ar": "ara", "he": "heb", "ja": "jpn", "zh": "chi_sim"},
}
_NOT_ALL: Final = "Not every page could be read by OCR. "


class _Scan(NamedTuple):
    key: str
    media_type: str
    waiting: Collection[int]
    language: str


@dataclass(frozen=True)
class Scans:
    store: BlobStore
    ocr: Ocr

    def read_pages(self, run: Run) -> None:
        """Each is written when it is read, so that another attempt goes on where this one ended."""
        version_id = UUID(run.args["version"])
        scan = run.read(_scan, version_id, run.args["pages"])
        if scan is None:
            return
        try:
            if scan.waiting:
                self._read(run, version_id, scan)
        except VersionGone:
            return
        except Unreadable as refusal:
            run.finish(_give_up_and_finish, version_id, scan.waiting, refusal.sentence)
        else:
            run.finish(outcomes.finish_scans, version_id)

    def _read(self, run: Run, version_id: UUID, scan: _Scan) -> None:
        with bytes_of(self.store, scan.key) as file:
            for number in scan.waiting:
                self._read_page(run, version_id, scan, file, number)

    def _read_page(self, run: Run, version_id: UUID, scan: _Scan, file: Path, number: int) -> None:
        try:
            read = self.ocr.recognise(file, scan.media_type, number, [scan.language])
        except Unreadable as refusal:
            run.write(_give_up, version_id, [number], refusal.sentence)
        else:
            run.write(_write, version_id, number, read)


def _scan(session: Session, version_id: UUID, numbers: Collection[int]) -> _Scan | None:
    asked = select(Blob.key, DocumentVersion.media_type).join(Blob, Blob.id == DocumentVersion.blob_id)
    found = session.execute(asked.where(DocumentVersion.id == version_id)).first()
    if found is None:
        return None
    waiting = [number for number in pages.waiting_for_ocr(session, version_id) if number in numbers]
    language = practice.current(session).language.partition("-")[0].lower()
    return _Scan(found.key, found.media_type, waiting, _ISO_639_2.get(language, language))


def _write(session: Session, version_id: UUID, number: int, read: Recognised) -> None:
    pages.hold(session, version_id)
    pages.write_recognised(session, version_id, number, read)


def _give_up(session: Session, version_id: UUID, numbers: Collection[int], reason: str) -> None:
    """What few characters a page has of its own must do."""
    pages.hold(session, version_id)
    if sum(pages.give_up(session, version_id, number) for number in numbers):
        steps.note(session, version_id, Step(OCR, steps.FAILED, _NOT_ALL + reason))


def _give_up_and_finish(session: Session, version_id: UUID, numbers: Collection[int], reason: str) -> None:
    held = outcomes.hold(session, version_id)
    if held is not None:
        _give_up(session, version_id, numbers, reason)
        outcomes.finish_scans(session, version_id)


GIVEN_UP: Final = "It was tried again and again, and did not work."


def note_death(session: Session, version_id: UUID, numbers: Collection[int]) -> None:
    """Of a job that read some of its pages: the others must not wait for them for ever."""
    _give_up_and_finish(session, version_id, numbers, GIVEN_UP)


def catch_up(session: Session, *, has_ocr: bool) -> int:
    """Queue the scans that were ready before OCR was installed; how many documents that was."""
    missing = (
        select(DocumentVersion.id)
        .join(DocumentStep, DocumentStep.version_id == DocumentVersion.id)
        .where(DocumentStep.step == OCR, DocumentStep.state == steps.SKIPPED, DocumentVersion.state == READY)
        .where(
            select(DocumentPage.number).where(DocumentPage.version_id == DocumentVersion.id, pages.is_waiting).exists()
        )
        .order_by(DocumentVersion.id)
    )
    versions = session.scalars(missing).all() if has_ocr else ()
    for version_id in versions:
        outcomes.begin_scans(session, version_id)
    return len(versions)
