"""What the worker does for documents once they are received, and what becomes of them when it gives up."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core import events
from pretamane.core.jobs import Task, Tries
from pretamane.core.jobs import queries as job_queries
from pretamane.documents.about import fingerprints, steps
from pretamane.documents.about.steps import Step
from pretamane.documents.models import FAILED, PROCESSING, RECEIVED
from pretamane.documents.reading import outcomes, quarantine, scans
from pretamane.documents.reading.outcomes import DRAW_THUMBNAIL, READ_SCANS
from pretamane.documents.reading.processing import Processing
from pretamane.documents.reading.quarantine import Scanning
from pretamane.documents.reading.scans import Scans
from pretamane.documents.service import PROCESS, SCAN
from pretamane.documents.stored.removal import FORGET_PICTURES

GIVEN_UP: Final = "Reading this document was tried again and again, and did not work. It can be processed again."

# A blob store may be away for long; what kills its worker is given up after the third time all the same.
PATIENTLY: Final = Tries(attempts=None, within=timedelta(hours=24))
# What has to go goes, however long the disk or the store is away.
UNTIL_IT_IS_DONE: Final = Tries(attempts=None)
# So that documents do not wait much longer than the scanner does.
UNTIL_SCANNED: Final = Tries(attempts=None, within=timedelta(hours=24), longest_pause=timedelta(minutes=5))


def tasks(processing: Processing, scanned: Scans, scanning: Scanning) -> Sequence[Task]:
    return [
        Task(PROCESS, processing.process, PATIENTLY),
        Task(READ_SCANS, scanned.read_pages, PATIENTLY),
        Task(DRAW_THUMBNAIL, processing.draw_thumbnail, PATIENTLY),
        Task(FORGET_PICTURES, processing.forget_pictures, UNTIL_IT_IS_DONE),
        Task(SCAN, scanning.scan, UNTIL_SCANNED),
        Task(fingerprints.TAKE_FINGERPRINT, fingerprints.take, PATIENTLY),
    ]


def note_fate(session: Session, event: events.Event) -> None:
    """A job that died has left a document in the middle: whoever looks at it is told, until it is brought back."""
    if event.details["job"] not in (PROCESS, READ_SCANS, DRAW_THUMBNAIL, SCAN):
        return
    job, state = job_queries.one(session, event.subject)
    version_id = UUID(job.args["version"])
    if state is not job_queries.State.DEAD:
        _begin_again(session, job.name, version_id)
    elif job.name == PROCESS:
        _give_up(session, version_id)
    elif job.name == READ_SCANS:
        scans.note_death(session, version_id, job.args["pages"])
    elif job.name == SCAN:
        quarantine.note_death(session, version_id)
    else:
        step = Step(steps.THUMBNAIL, steps.FAILED, scans.GIVEN_UP)
        steps.note_of_one_that_is_there(session, version_id, step)


def _give_up(session: Session, version_id: UUID) -> None:
    held = outcomes.hold(session, version_id)
    if held is not None and held[1].state in (RECEIVED, PROCESSING):
        outcomes.give_up(session, *held, GIVEN_UP)


def _begin_again(session: Session, name: str, version_id: UUID) -> None:
    held = outcomes.hold(session, version_id)
    if held is not None and name == PROCESS and held[1].state == FAILED:
        held[1].state, held[1].reason = RECEIVED, None
