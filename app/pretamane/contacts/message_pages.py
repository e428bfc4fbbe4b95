"""One message: what was written, by whom, what staff noted, and the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.accounts import queries as accounts
from pretamane.contacts import answers, colleagues, inbox, lists, queries
from pretamane.contacts.desk_schemas import AnswerIn, NoteIn, SubmissionChanges
from pretamane.contacts.inbox import Change
from pretamane.contacts.inbox_pages import ADDRESS, LABELS, UNDONE, id_in, told_by, try_to_undo, undo_of
from pretamane.contacts.lists import Messages
from pretamane.contacts.models import Submission
from pretamane.core import request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError, ChangedMeanwhile, Conflict, Invalid
from pretamane.core.http.admission import Staff, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.http.versions import Seen
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import Work
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

router = APIRouter(include_in_schema=False)

HISTORY = 20


@dataclass(frozen=True)
class Asked:
    """What a page shows beside the message itself: what was just done, or refused, and what had been typed."""

    template: UUID | None = None
    done: UUID | None = None
    told: str = ""
    form: str = ""
    typed: Mapping[str, Any] = field(default_factory=dict)
    refusal: AppError | None = None


@router.get(ADDRESS + "/{submission_id}")
def show_message(actor: Viewer, work: Work, submission_id: UUID, done: UUID | None = None, told: str = "") -> Response:
    return _page(work, actor, submission_id, Asked(done=done, told=told))


@router.post(ADDRESS + "/{submission_id}")
def change_message(actor: Staff, work: Work, submission_id: UUID, typed: Fields) -> Response:
    try:
        changes = understand(SubmissionChanges, {**typed, "assignee_id": typed.get("assignee_id") or None})
        wanted = Change(changes.model_dump(exclude_unset=True), blocking="block" in typed)
        _, event = work.run_now(inbox.change, submission_id, seen_in(typed), wanted, actor)
    except (ChangedMeanwhile, Invalid) as refusal:
        return _page(work, actor, submission_id, Asked(form="state", typed=typed, refusal=refusal))
    if _drafts(typed, "text", "note"):
        return _page(work, actor, submission_id, Asked(done=event.id if event else None, typed=_kept(typed)))
    return RedirectResponse(f"{ADDRESS}/{submission_id}" + (f"?done={event.id}" if event else ""), 303)


@router.post(ADDRESS + "/{submission_id}/undo/{event_id}")
def undo_on_message(actor: Staff, work: Work, submission_id: UUID, event_id: UUID, typed: Fields) -> Response:
    told = try_to_undo(work, event_id, actor)
    if _drafts(typed, "text", "note"):
        # What could not be undone may have been changed by a colleague, whom the draft has not heard of yet.
        kept = _kept(typed) if told == UNDONE else typed
        return _page(work, actor, submission_id, Asked(told=told, typed=kept))
    return RedirectResponse(f"{ADDRESS}/{submission_id}?told={told}", 303)


@router.post(ADDRESS + "/{submission_id}/notes")
def note_on_message(actor: Staff, work: Work, submission_id: UUID, typed: Fields) -> Response:
    try:
        work.run_now(inbox.note, submission_id, understand(NoteIn, {"text": typed.get("note", "")}).text, actor)
    except Invalid as refusal:
        return _page(work, actor, submission_id, Asked(form="note", typed=typed, refusal=refusal))
    if _drafts(typed, "text"):
        return _page(work, actor, submission_id, Asked(typed={**typed, "note": ""}))
    return RedirectResponse(f"{ADDRESS}/{submission_id}#notes", 303)


@router.post(ADDRESS + "/{submission_id}/beginnings")
def begin_answer(actor: Staff, work: Work, submission_id: UUID, typed: Fields) -> Response:
    return _page(work, actor, submission_id, Asked(template=id_in(str(typed.get("template", ""))), typed=typed))


@router.post(ADDRESS + "/{submission_id}/answers")
def answer_message(actor: Staff, work: Work, submission_id: UUID, typed: Fields) -> Response:
    try:
        answer = understand(AnswerIn, typed)
        work.run_now(inbox.answer, submission_id, seen_in(typed), answer.text, actor, done=answer.done)
    except (ChangedMeanwhile, Invalid, Conflict) as refusal:
        return _page(work, actor, submission_id, Asked(form="answer", typed=typed, refusal=refusal))
    if _drafts(typed, "note"):
        return _page(work, actor, submission_id, Asked(typed={"note": typed["note"]}))
    return RedirectResponse(f"{ADDRESS}/{submission_id}#notes", 303)


def _drafts(typed: Mapping[str, Any], *names: str) -> bool:
    """Whether something else was being written, which an address is no place for: the page itself carries it on."""
    return any(str(typed.get(name) or "").strip() for name in names)


def _kept(typed: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was being written, without the version: one's own change is no news."""
    return {name: typed[name] for name in ("text", "done", "note") if name in typed}


def seen_in(typed: Mapping[str, Any], name: str = "version") -> Seen:
    """The version that the form was made from; a form without one is none of ours, and matches nothing."""
    version = str(typed.get(name, ""))
    return [int(version)] if version.isascii() and version.isdigit() and len(version) < 10 else []


def _page(work: Work, actor: Actor, submission_id: UUID, asked: Asked) -> Response:
    """After a clash the forms carry the newer version: whoever sends again has been told what is there now.

    A draft that was only carried on keeps the version that it was begun with.
    """
    refusal = asked.refusal
    is_clash = isinstance(refusal, ChangedMeanwhile)
    return render.page(
        "contacts/message.html",
        status=refusal.status if refusal else 200,
        actor=actor,
        here="inbox",
        may_write=actor.role >= Role.STAFF,
        labels=LABELS,
        form=asked.form,
        typed=asked.typed,
        problem=refusal.sentence if refusal else None,
        is_clash=is_clash,
        version=None if is_clash else asked.typed.get("version"),
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        told=told_by(refusal, asked.told),
        **work.run_now(_shown, submission_id, asked, actor),
    )


def _shown(session: Session, submission_id: UUID, asked: Asked, actor: Actor) -> dict[str, Any]:
    submission = queries.submission(session, submission_id)
    return {
        "practice": PublicPractice.of(practice_queries.current(session)),
        "message": submission,
        "contact": queries.contact(session, submission.contact_id) if submission.contact_id else None,
        "history": _history(session, submission),
        "notes": queries.notes_about(session, submission),
        "names": accounts.names_of(session, [submission.assignee_id] if submission.assignee_id else []),
        "colleagues": colleagues.others(session, actor),
        "templates": queries.answer_templates(session),
        "answer": _begun(session, submission, asked),
        "undo": undo_of(session, asked.done, actor),
    }


def _history(session: Session, submission: Submission) -> list[Any]:
    """The sender's other messages."""
    if submission.contact_id is None:
        return []
    columns = ("id", "reference", "subject", "status", "received_at")
    of_sender = Messages(contact_id=submission.contact_id)
    page = lists.messages(session, of_sender, limit=HISTORY, columns=columns)
    return [each for each in page.items if each.id != submission.id]


def _begun(session: Session, submission: Submission, asked: Asked) -> str:
    """What was typed, and below it the text that was taken."""
    typed = str(asked.typed.get("text") or "")
    if asked.template is None:
        return typed
    taken = answers.begun(queries.answer_template(session, asked.template), submission)
    return f"{typed.rstrip()}\n\n{taken}" if typed.strip() else taken
