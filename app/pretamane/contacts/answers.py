"""Texts that staff begin their answers with."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pretamane.contacts.models import AnswerTemplate, Submission
from pretamane.core import audit
from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import ChangedMeanwhile, Invalid, NotFound
from pretamane.core.http.versions import Seen
from pretamane.core.ids import new_id


def add_template(session: Session, title: str, text: str, by: Actor) -> None:
    template_id = new_id()
    new = {"id": template_id, "title": title, "text": text, "changed_at": now(session)}
    made = insert(AnswerTemplate).values(new).on_conflict_do_nothing().returning(AnswerTemplate.id)
    if session.scalar(made) is None:
        raise _taken()
    audit.record(session, by, "answer-template.made", template_id)


def change_template(session: Session, template_id: UUID, seen: Seen, title: str, text: str, by: Actor) -> None:
    template = _locked_as_seen(session, template_id, seen)
    other = select(AnswerTemplate.id).where(AnswerTemplate.title == title, AnswerTemplate.id != template_id)
    if session.scalar(other) is not None:
        raise _taken()
    template.title, template.text = title, text
    template.version += 1
    template.changed_at = now(session)
    _flush(session)
    audit.record(session, by, "answer-template.changed", template_id)


def remove_template(session: Session, template_id: UUID, seen: Seen, by: Actor) -> None:
    session.delete(_locked_as_seen(session, template_id, seen))
    audit.record(session, by, "answer-template.removed", template_id)


def _locked_as_seen(session: Session, template_id: UUID, seen: Seen) -> AnswerTemplate:
    template = session.get(AnswerTemplate, template_id, with_for_update=True, populate_existing=True)
    if template is None:
        raise NotFound("There is no such text any more.")
    if template.version not in seen:
        raise ChangedMeanwhile("Somebody changed this text meanwhile, so nothing was overwritten.")
    return template


def _flush(session: Session) -> None:
    """The title may have been taken since we looked."""
    try:
        session.flush()
    except IntegrityError:
        raise _taken() from None


def _taken() -> Invalid:
    return Invalid("The text was not kept.", fields={"title": "There is a text with this title already."})


def begun(template: AnswerTemplate, submission: Submission) -> str:
    """The text with what it leaves open; anything else in braces stays as it was written."""
    return template.text.replace("{name}", submission.name).replace("{reference}", submission.reference)
