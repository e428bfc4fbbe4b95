"""Contacts: the list, one of them with everything about them, and the merge of two."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.contacts import lists, people, queries
from pretamane.contacts.desk_schemas import ContactChanges, NoteIn
from pretamane.contacts.inbox_pages import LABELS, id_in
from pretamane.contacts.lists import Messages, People
from pretamane.contacts.message_pages import seen_in
from pretamane.contacts.models import Contact
from pretamane.core import request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError, ChangedMeanwhile, Conflict, Invalid, NotFound
from pretamane.core.http.admission import Staff, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import Work
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

router = APIRouter(include_in_schema=False)

ADDRESS = "/app/contacts"
FIELDS = ("name", "email", "phone", "company", "tags")
HISTORY = 50

_TOLD = {"saved": "The contact was saved.", "merged": "The two are one contact now."}


@dataclass(frozen=True)
class Refused:
    """What was typed into which form, and why it could not be taken."""

    form: str = ""
    typed: Mapping[str, Any] = field(default_factory=dict)
    refusal: AppError | None = None


@dataclass(frozen=True)
class WhatStandsBeside:
    """What features to the left show of a contact on its page: a template that extends ours, and what it needs."""

    template: str = "contacts/contact.html"
    read: Callable[[Session, UUID, Actor], Mapping[str, Any]] = lambda _session, _contact_id, _by: {}


def _beside(request: Request) -> WhatStandsBeside:
    beside: WhatStandsBeside = request.app.state.beside_a_contact
    return beside


Beside = Annotated[WhatStandsBeside, Depends(_beside)]


@router.get(ADDRESS)
def show_contacts(actor: Viewer, work: Work, q: str = "", tag: str = "", cursor: str | None = None) -> Response:
    page = work.run_now(lists.people, People(search=q, tag=tag), after=cursor)
    return render.page(
        "contacts/contacts.html",
        actor=actor,
        here="contacts",
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        contacts=page.items,
        older=_address(q=q, tag=tag, cursor=page.next) if page.next else None,
        newest=_address(q=q, tag=tag) if cursor else None,
        shown={"q": q, "tag": tag},
    )


def _address(**filters: str | None) -> str:
    return f"{ADDRESS}?{urlencode({name: value for name, value in filters.items() if value})}"


@router.get(ADDRESS + "/{contact_id}")
def show_contact(actor: Viewer, work: Work, beside: Beside, contact_id: UUID, told: str = "") -> Response:
    return _page(work, beside, actor, contact_id, Refused(), _TOLD.get(told))


@router.post(ADDRESS + "/{contact_id}")
def change_contact(actor: Staff, work: Work, beside: Beside, contact_id: UUID, typed: Fields) -> Response:
    try:
        changes = understand(ContactChanges, typed).model_dump(exclude_unset=True)
        work.run_now(people.edit, contact_id, seen_in(typed), changes, actor)
    except (ChangedMeanwhile, Invalid) as refusal:
        return _page(work, beside, actor, contact_id, Refused("facts", typed, refusal))
    return RedirectResponse(f"{ADDRESS}/{contact_id}?told=saved", 303)


@router.post(ADDRESS + "/{contact_id}/notes")
def note_on_contact(actor: Staff, work: Work, beside: Beside, contact_id: UUID, typed: Fields) -> Response:
    try:
        work.run_now(people.note, contact_id, understand(NoteIn, typed).text, actor)
    except Invalid as refusal:
        return _page(work, beside, actor, contact_id, Refused("note", typed, refusal))
    return RedirectResponse(f"{ADDRESS}/{contact_id}#notes", 303)


@router.get(ADDRESS + "/{contact_id}/merge")
def preview_merge(actor: Staff, work: Work, beside: Beside, contact_id: UUID, other: str = "") -> Response:
    try:
        return _preview(work, actor, contact_id, work.run_now(_called, other))
    except (Invalid, NotFound, Conflict) as refusal:
        asked = Invalid(refusal.sentence, fields=refusal.fields or {"other": refusal.sentence})
        return _page(work, beside, actor, contact_id, Refused("merge", {"other": other}, asked))


def _called(session: Session, called: str) -> UUID:
    found = queries.contact_called(session, called)
    if found is None:
        sentence = "Nobody is known by this. Write an e-mail address, or the reference of one of their messages."
        raise Invalid("There is nobody to merge with.", fields={"other": sentence})
    return found.id


@router.post(ADDRESS + "/{contact_id}/merge")
def merge(actor: Staff, work: Work, contact_id: UUID, typed: Fields) -> Response:
    other = id_in(str(typed.get("other"))) or contact_id
    seen, other_seen = seen_in(typed), seen_in(typed, "other_version")
    try:
        work.run_now(people.merge, contact_id, seen, other, other_seen, actor)
    except ChangedMeanwhile as refusal:
        return _preview(work, actor, contact_id, other, refusal)
    return RedirectResponse(f"{ADDRESS}/{contact_id}?told=merged", 303)


def _preview(work: Work, actor: Actor, contact_id: UUID, other_id: UUID, refusal: AppError | None = None) -> Response:
    return render.page(
        "contacts/merge.html",
        status=refusal.status if refusal else 200,
        actor=actor,
        here="contacts",
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        merge=work.run_now(people.preview, contact_id, other_id),
        problem=refusal.sentence if refusal else None,
        request_id=request_ids.current.get(),
    )


def _page(
    work: Work, beside: WhatStandsBeside, actor: Actor, contact_id: UUID, refused: Refused, told: str | None = None
) -> Response:
    shown = work.run_now(_shown, contact_id)
    contact: Contact = shown["contact"]
    if contact.merged_into is not None:
        return RedirectResponse(f"{ADDRESS}/{contact.merged_into}", 303)
    refusal = refused.refusal
    return render.page(
        beside.template,
        status=refusal.status if refusal else 200,
        actor=actor,
        here="contacts",
        may_write=actor.role >= Role.STAFF,
        labels=LABELS,
        form=refused.form,
        typed=refused.typed,
        values=_values(contact, refused),
        kept=_differences(contact, refused),
        problem=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        told=told,
        **shown,
        **work.run_now(beside.read, contact_id, actor),
    )


def _shown(session: Session, contact_id: UUID) -> dict[str, Any]:
    contact = queries.contact(session, contact_id)
    columns = ("id", "reference", "subject", "excerpt", "status", "received_at")
    history = lists.messages(session, Messages(contact_id=contact_id), limit=HISTORY, columns=columns)
    return {
        "practice": PublicPractice.of(practice_queries.current(session)),
        "contact": contact,
        "history": history.items,
        "has_more": history.next is not None,
        "notes": queries.notes_about(session, contact),
    }


def _there(contact: Contact) -> dict[str, str]:
    return {name: getattr(contact, name) or "" for name in FIELDS} | {"tags": ", ".join(contact.tags)}


def _values(contact: Contact, refused: Refused) -> dict[str, str]:
    if refused.form != "facts":
        return _there(contact)
    return {name: str(refused.typed.get(name, value)) for name, value in _there(contact).items()}


def _differences(contact: Contact, refused: Refused) -> dict[str, str]:
    """After a clash: what is there now, beside what was typed."""
    if not isinstance(refused.refusal, ChangedMeanwhile):
        return {}
    typed = _values(contact, refused)
    return {name: value for name, value in _there(contact).items() if value != typed[name]}
