"""Reading a locked document with the password that somebody gives: what is read is kept, the password never is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.orm import Session

from pretamane.core import audit, jobs
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import Conflict, Invalid, NotFound
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.about import facts, steps
from pretamane.documents.about.steps import DONE, FACTS, OCR, SKIPPED, TEXT, Step
from pretamane.documents.models import FAILED, PROCESSING, READY
from pretamane.documents.reading import outcomes, pages
from pretamane.documents.reading.outcomes import Begun
from pretamane.documents.reading.pages import VersionGone
from pretamane.documents.reading.processing import Text, bytes_of
from pretamane.documents.recognising.found import Mark
from pretamane.documents.service import PROCESS
from pretamane.documents.serving.pictures import KEPT_WIDTH, THUMBNAIL, Pictures
from pretamane.ports import BlobStore, Facts, PasswordNeeded, Reader, ReadPage, Unreadable

# Longer than any reading takes: should this process end meanwhile, a job finds the document locked again.
_GIVEN_UP_AFTER: Final = timedelta(minutes=20)
# Somebody waits for them.
PICTURES_MOST: Final = 100
NO_SCANS_OF_LOCKED: Final = "Pages without text of their own are not read by OCR in a locked document."


@dataclass(frozen=True)
class Unlocking:
    """For the process that has the password at hand; it takes as long as the reading takes."""

    work: UnitOfWork
    store: BlobStore
    reader: Reader
    pictures: Pictures

    def read_with_password(self, version_id: UUID, password: SecretStr, by: Actor) -> None:
        """Invalid where it is the wrong one, Conflict where there is nothing locked or somebody is at it."""
        begun = self.work.run_now(_begin, version_id)
        is_read = False
        try:
            with bytes_of(self.store, begun.key) as file:
                self._read(begun, file, password.get_secret_value(), by)
                is_read = True
                self._keep_pictures(begun, file, password.get_secret_value())
        except PasswordNeeded as refusal:
            raise Invalid("The document stays locked.", fields={"password": refusal.sentence}) from None
        except Unreadable as refusal:
            raise Conflict(refusal.sentence, code="unreadable") from None
        except VersionGone:
            raise NotFound("There is no document with this id.") from None
        finally:
            if not is_read:
                self.work.run_now(_leave_locked, begun)

    def _read(self, begun: Begun, file: Path, password: str, by: Actor) -> None:
        def write_some(some: Sequence[ReadPage]) -> None:
            self.work.run_now(pages.write, begun.version_id, some, with_ocr=False)

        with self.reader.read(file, begun.media_type, password) as reading:
            text = Text.of(reading, write_some)
        self.work.run_now(_finish, begun, text, reading.facts, by)

    def _keep_pictures(self, begun: Begun, file: Path, password: str) -> None:
        """A page that cannot be drawn is no reason to lose the others."""
        if not self.reader.can_picture(begun.media_type):
            return
        for page, width in [(1, THUMBNAIL), *((number, KEPT_WIDTH) for number in range(1, PICTURES_MOST + 1))]:
            try:
                drawn = self.reader.picture(file, begun.media_type, page, width, password)
            except Unreadable:
                return
            self.pictures.keep(begun.version_id, page, width, drawn)


def _begin(session: Session, version_id: UUID) -> Begun:
    held = outcomes.hold(session, version_id)
    if held is None:
        raise NotFound("There is no document with this id.")
    _document, version = held
    if version.state == PROCESSING:
        raise Conflict("This document is being read just now. Please try again in a moment.", code="being-read")
    if Mark.LOCKED not in version.marks or version.state not in (FAILED, READY):
        raise Conflict("This document needs no password.", code="not-locked")
    key = str(version.id)
    jobs.enqueue(session, PROCESS, delay=_GIVEN_UP_AFTER, unique=key, version=version.id)
    return outcomes.begun(session, *held)


def _leave_locked(session: Session, begun: Begun) -> None:
    held = outcomes.hold(session, begun.version_id)
    if held is None or held[1].state != PROCESSING:
        return
    document, version = held
    if begun.before == READY and pages.count(session, version.id) == version.page_count:
        version.state = READY
        return
    outcomes.give_up(session, document, version, Mark.LOCKED.sentence)


def _finish(session: Session, begun: Begun, text: Text, told: Facts, by: Actor) -> None:
    held = outcomes.hold(session, begun.version_id)
    if held is None:
        raise VersionGone
    document, version = held
    pages.write(session, version.id, text.rest, with_ocr=False)
    version.page_count = text.count
    scans = Step(OCR, SKIPPED, NO_SCANS_OF_LOCKED)
    steps.note(session, version.id, Step(TEXT, DONE), Step(FACTS, DONE), scans, Step(steps.THUMBNAIL, DONE))
    today = now(session).date()
    facts.note(session, document, version, facts.learn(text.beginning, today, title=told.title, dated=told.dated))
    outcomes.be_ready(session, document, version)
    audit.record(session, by, "document.unlocked", document.id)
