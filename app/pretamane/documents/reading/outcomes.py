"""What becomes of a version that is read: received, processing, ready, or failed with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from pretamane.core import events, jobs
from pretamane.documents.about import facts, steps
from pretamane.documents.about.facts import Learned
from pretamane.documents.about.steps import DONE, FACTS, OCR, SKIPPED, TEXT, THUMBNAIL, WAITING, Step
from pretamane.documents.models import FAILED, PROCESSING, READY, RECEIVED, Blob, Document, DocumentVersion
from pretamane.documents.reading import pages
from pretamane.documents.recognising.found import Mark
from pretamane.documents.service import PROCESS
from pretamane.ports import Damaged, PasswordNeeded, ReadPage, Unreadable

READ_SCANS: Final = "documents.ocr"
DRAW_THUMBNAIL: Final = "documents.thumbnail"
# So many pages make one job: two threads share a long scan, and the original is fetched once for some of them.
PAGES_OF_A_JOB: Final = 4
NO_OCR: Final = "No text: OCR is not installed here."
NO_SCAN: Final = "No page needs it."
_SCAN_BEGINS: Final = 3


# Whoever loses power now begins anew, so the beginning need not be on the disk before the work begins.
_UNHURRIED: Final = text("SET LOCAL synchronous_commit = off")


@dataclass(frozen=True)
class Begun:
    """A version that is being read, and what its reading needs to know."""

    version_id: UUID
    document_id: UUID
    key: str
    media_type: str
    kind: str
    before: str
    received_by: UUID | None = None


@dataclass(frozen=True)
class Read:
    """What came of a reading. `rest` are the pages that are not written yet."""

    count: int
    rest: Sequence[ReadPage]
    learned: Learned
    has_pictures: bool
    has_ocr: bool
    attachments: Step | None = None


def begin(session: Session, version_id: UUID) -> Begun | None:
    """None where there is nothing to read any more, or a person has to decide first."""
    session.execute(_UNHURRIED)
    held = hold(session, version_id)
    if held is None or held[1].state not in (RECEIVED, PROCESSING):
        return None
    return begun(session, *held)


def begun(session: Session, document: Document, version: DocumentVersion) -> Begun:
    before, version.state = version.state, PROCESSING
    return Begun(
        version.id,
        document.id,
        session.get_one(Blob, version.blob_id).key,
        version.media_type,
        version.kind,
        before,
        document.received_by,
    )


def hold(
    session: Session, version_id: UUID, document_id: UUID | None = None
) -> tuple[Document, DocumentVersion] | None:
    """Locked in the order in which a purge goes; None where one was quicker."""
    if document_id is None:
        document_id = session.scalar(select(DocumentVersion.document_id).where(DocumentVersion.id == version_id))
    if document_id is None:
        return None
    document = session.get(Document, document_id, with_for_update=True, populate_existing=True)
    version = session.get(DocumentVersion, version_id, with_for_update=True, populate_existing=True)
    return (document, version) if document and version else None


def finish(session: Session, begun: Begun, read: Read) -> None:
    held = hold(session, begun.version_id, begun.document_id)
    if held is None:
        return
    document, version = held
    pages.write(session, version.id, read.rest)
    version.page_count, version.reason = read.count, None
    version.marks = [mark for mark in version.marks if mark != Mark.LOCKED]
    facts.note(session, document, version, read.learned)
    scans = _queue_scans(session, version, has_ocr=read.has_ocr)
    told = [Step(TEXT, DONE), Step(FACTS, DONE), scans, _thumbnail(session, version.id, read)]
    steps.note(session, version.id, *told, *([read.attachments] if read.attachments else []))
    if scans.state != WAITING:
        be_ready(session, document, version)


def _thumbnail(session: Session, version_id: UUID, read: Read) -> Step:
    if not read.has_pictures:
        return Step(THUMBNAIL, SKIPPED, "Of this kind of document there are no pictures, only its text.")
    low = jobs.Priority.LOW
    jobs.enqueue(session, DRAW_THUMBNAIL, priority=low, unique=str(version_id), version=version_id)
    return Step(THUMBNAIL, WAITING)


def _queue_scans(session: Session, version: DocumentVersion, *, has_ocr: bool) -> Step:
    waiting = pages.waiting_for_ocr(session, version.id)
    if not waiting or not has_ocr:
        return Step(OCR, SKIPPED, NO_OCR if waiting else NO_SCAN)
    for place in range(0, len(waiting), PAGES_OF_A_JOB):
        some, key = waiting[place : place + PAGES_OF_A_JOB], f"{version.id} {waiting[place]}"
        # A page takes a processor for seconds: of a large delivery everything can be looked at before it is read.
        last = jobs.Priority.LAST
        jobs.enqueue(session, READ_SCANS, priority=last, unique=key, version=version.id, pages=list(some))
    return Step(OCR, WAITING)


def begin_scans(session: Session, version_id: UUID) -> None:
    """Of a version that was ready without them."""
    held = hold(session, version_id)
    if held is not None:
        scans = _queue_scans(session, held[1], has_ocr=True)
        steps.note(session, version_id, scans)
        held[1].state = PROCESSING if scans.state == WAITING else READY


def be_ready(session: Session, document: Document, version: DocumentVersion) -> None:
    version.state, version.reason = READY, None
    session.flush()
    events.emit(session, "document.ready", document, version=version.id)


def finish_scans(session: Session, version_id: UUID) -> None:
    """By whoever has read the last page that waited."""
    held = hold(session, version_id)
    if held is None or held[1].state != PROCESSING or pages.waiting_for_ocr(session, version_id):
        return
    document, version = held
    if steps.state_of(session, version_id, TEXT) != DONE or steps.state_of(session, version_id, OCR) == SKIPPED:
        return
    if steps.state_of(session, version_id, OCR) == WAITING:
        steps.note(session, version_id, Step(OCR, DONE))
    read = pages.beginning(session, version_id, _SCAN_BEGINS)
    learned = facts.learn(read, version.made_at.date(), title=facts.first_line(read))
    facts.note(session, document, version, learned, besides=True)
    be_ready(session, document, version)


def fail(session: Session, begun: Begun, refusal: Unreadable) -> None:
    """The original stays as it came, and everybody is told why there is nothing to read."""
    held = hold(session, begun.version_id, begun.document_id)
    if held is None:
        return
    document, version = held
    mark = _mark(refusal)
    version.marks = sorted({*version.marks, *([mark] if mark else [])})
    give_up(session, document, version, reason_of(refusal))
    not_read = "The document could not be read."
    steps.note(session, version.id, *(Step(name, SKIPPED, not_read) for name in (OCR, FACTS, THUMBNAIL)))


def _mark(refusal: Unreadable) -> Mark | None:
    if isinstance(refusal, PasswordNeeded):
        return Mark.LOCKED
    return Mark.DAMAGED if isinstance(refusal, Damaged) else None


def reason_of(refusal: Unreadable) -> str:
    helps = isinstance(refusal, PasswordNeeded) and refusal.helps
    return Mark.LOCKED.sentence if helps else refusal.sentence


def give_up(session: Session, document: Document, version: DocumentVersion, reason: str) -> None:
    version.state, version.reason, version.page_count = FAILED, reason, None
    pages.remove(session, version.id)
    steps.note(session, version.id, Step(TEXT, steps.FAILED, reason))
    session.flush()
    events.emit(session, "document.failed", document, version=version.id)


def begin_again(session: Session, version: DocumentVersion, delay: timedelta = timedelta(0)) -> None:
    version.state, version.reason = RECEIVED, None
    session.flush()
    jobs.enqueue(session, PROCESS, delay=delay, unique=str(version.id), version=version.id)
