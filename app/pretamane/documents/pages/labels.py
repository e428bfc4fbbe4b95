"""The settings' pages about tags and types of documents."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.core import request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError, Conflict, Invalid, NotFound
from pretamane.core.http.admission import Admin, Staff
from pretamane.core.http.fields import Fields
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import Work
from pretamane.documents.filing import labels
from pretamane.documents.filing.schemas import TagIn, TypeIn
from pretamane.documents.models import DocumentType, Tag
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

P = ParamSpec("P")

router = APIRouter(include_in_schema=False)

TAGS, TYPES = "/app/settings/tags", "/app/settings/types"
_TOLD = {
    "made": "It is there.",
    "saved": "What you changed is kept.",
    "merged": "The two are one now.",
    "removed": "It was removed. No document went with it.",
}
_UNCONFIRMED = "Tick the box to say that you mean it. Nothing was changed."


@dataclass(frozen=True)
class Refused:
    """Which form of the page, what was typed into it, and why it could not be taken."""

    form: str = ""
    typed: Mapping[str, Any] = field(default_factory=dict)
    refusal: AppError | None = None


@router.get(TAGS)
def show_tags(actor: Staff, work: Work, told: str = "") -> Response:
    return _page(work, actor, TAGS, told=_TOLD.get(told))


@router.get(TYPES)
def show_types(actor: Staff, work: Work, told: str = "") -> Response:
    return _page(work, actor, TYPES, told=_TOLD.get(told))


@router.post(TAGS)
def make_tag(actor: Staff, work: Work, typed: Fields) -> Response:
    def made(session: Session) -> None:
        labels.make(session, Tag, understand(TagIn, typed).name, actor)

    return _then("made", work, actor, TAGS, Refused("new", typed), made)


@router.post(TYPES)
def make_type(actor: Admin, work: Work, typed: Fields) -> Response:
    def made(session: Session) -> None:
        wanted = understand(TypeIn, typed)
        labels.make_type(session, wanted.name, actor, is_expected=wanted.is_expected)

    return _then("made", work, actor, TYPES, Refused("new", typed), made)


@router.post(TAGS + "/{tag_id}")
def rename_tag(actor: Staff, work: Work, tag_id: UUID, typed: Fields) -> Response:
    def renamed(session: Session) -> None:
        labels.change(session, Tag, tag_id, understand(TagIn, typed).model_dump(), actor)

    return _then("saved", work, actor, TAGS, Refused(str(tag_id), typed), renamed)


@router.post(TYPES + "/{type_id}")
def change_type(actor: Admin, work: Work, type_id: UUID, typed: Fields) -> Response:
    def changed(session: Session) -> None:
        labels.change(session, DocumentType, type_id, understand(TypeIn, typed).model_dump(), actor)

    return _then("saved", work, actor, TYPES, Refused(str(type_id), typed), changed)


@router.post(TAGS + "/{tag_id}/merge")
def merge_tag(actor: Admin, work: Work, tag_id: UUID, typed: Fields) -> Response:
    refused = Refused(str(tag_id), typed)
    return _then("merged", work, actor, TAGS, refused, labels.merge, Tag, tag_id, _into(typed, tag_id), actor)


@router.post(TYPES + "/{type_id}/merge")
def merge_type(actor: Admin, work: Work, type_id: UUID, typed: Fields) -> Response:
    refused, into = Refused(str(type_id), typed), _into(typed, type_id)
    return _then("merged", work, actor, TYPES, refused, labels.merge, DocumentType, type_id, into, actor)


@router.post(TAGS + "/{tag_id}/removal")
def remove_tag(actor: Admin, work: Work, tag_id: UUID, typed: Fields) -> Response:
    def removed(session: Session) -> None:
        labels.remove(session, Tag, _surely(tag_id, typed), actor)

    return _then("removed", work, actor, TAGS, Refused(str(tag_id), typed), removed)


@router.post(TYPES + "/{type_id}/removal")
def remove_type(actor: Admin, work: Work, type_id: UUID, typed: Fields) -> Response:
    def removed(session: Session) -> None:
        labels.remove(session, DocumentType, _surely(type_id, typed), actor)

    return _then("removed", work, actor, TYPES, Refused(str(type_id), typed), removed)


def _surely(label_id: UUID, typed: Mapping[str, Any]) -> UUID:
    if "sure" not in typed:
        raise Invalid(_UNCONFIRMED)
    return label_id


def _into(typed: Mapping[str, Any], label_id: UUID) -> UUID:
    """Nothing chosen is itself, which is refused with a sentence."""
    try:
        return UUID(str(typed.get("into")))
    except ValueError:
        return label_id


def _then(
    told: str,
    work: Work,
    actor: Actor,
    address: str,
    refused: Refused,
    verb: Callable[Concatenate[Session, P], object],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Response:
    """Do it and show the list again; or say there why not, with what was typed."""
    try:
        work.run_now(verb, *args, **kwargs)
    except (Conflict, Invalid, NotFound) as refusal:
        return _page(work, actor, address, Refused(refused.form, refused.typed, refusal))
    return RedirectResponse(f"{address}?told={told}", 303)


def _counted(session: Session, address: str, by: Actor) -> Sequence[tuple[Tag | DocumentType, int]]:
    return labels.counted(session, Tag, by) if address == TAGS else labels.counted(session, DocumentType, by)


def _page(
    work: Work,
    actor: Actor,
    address: str,
    refused: Refused = Refused(),
    told: str | None = None,
) -> Response:
    refusal = refused.refusal
    return render.page(
        "documents/labels.html",
        status=refusal.status if refusal else 200,
        actor=actor,
        here="settings",
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        address=address,
        are_types=address == TYPES,
        may_change=actor.role >= (Role.ADMIN if address == TYPES else Role.STAFF),
        may_decide=actor.role >= Role.ADMIN,
        labels=work.run_now(_counted, address, actor),
        form=refused.form,
        typed=refused.typed,
        problem=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        told=told,
    )
