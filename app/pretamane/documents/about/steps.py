"""How far each step of the reading has come: what people are shown beside a document."""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.core.database import now
from pretamane.documents.models import DocumentStep, DocumentVersion

TEXT: Final = "text"
OCR: Final = "ocr"
FACTS: Final = "facts"
THUMBNAIL: Final = "thumbnail"
ATTACHMENTS: Final = "attachments"

WAITING: Final = "waiting"
DONE: Final = "done"
FAILED: Final = "failed"
SKIPPED: Final = "skipped"
# A step whose outcome came along from elsewhere: reading the document here again changes nothing about it.
BROUGHT: Final = "It came along with the document."


class Step(NamedTuple):
    name: str
    state: str
    reason: str | None = None


def note(session: Session, version_id: UUID, *noted: Step) -> None:
    """In place of what was noted of these steps before, but for what came along with the document."""
    rows = [{"version_id": version_id, **_row(each), "at": now(session)} for each in noted]
    told = insert(DocumentStep).values(rows)
    fresh = {name: told.excluded[name] for name in ("state", "reason", "at")}
    is_open = DocumentStep.reason.is_distinct_from(BROUGHT)
    session.execute(told.on_conflict_do_update(index_elements=["version_id", "step"], set_=fresh, where=is_open))


def _row(step: Step) -> dict[str, str | None]:
    return {"step": step.name, "state": step.state, "reason": step.reason}


def note_of_one_that_is_there(session: Session, version_id: UUID, step: Step) -> None:
    there = select(DocumentVersion.id).where(DocumentVersion.id == version_id)
    if session.scalar(there.with_for_update(read=True, key_share=True)) is not None:
        note(session, version_id, step)


def state_of(session: Session, version_id: UUID, step: str) -> str | None:
    asked = select(DocumentStep.state).where(DocumentStep.version_id == version_id, DocumentStep.step == step)
    return session.scalar(asked)


def has_come_along(session: Session, version_id: UUID, step: str) -> bool:
    asked = select(DocumentStep.reason).where(DocumentStep.version_id == version_id, DocumentStep.step == step)
    return session.scalar(asked) == BROUGHT


def is_over(session: Session, version_id: UUID, step: str) -> bool:
    return state_of(session, version_id, step) in (DONE, FAILED)
