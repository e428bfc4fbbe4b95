"""The texts that answers begin with."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from pretamane.contacts import answers, queries
from pretamane.contacts.desk_schemas import TemplateIn
from pretamane.contacts.message_pages import seen_in
from pretamane.core import request_ids
from pretamane.core.actors import Actor, Role
from pretamane.core.errors import AppError, ChangedMeanwhile, Invalid
from pretamane.core.http.admission import Staff, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import Work
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

router = APIRouter(include_in_schema=False)

ADDRESS = "/app/answers"


@router.get(ADDRESS)
def show_templates(actor: Viewer, work: Work) -> Response:
    return _page(work, actor)


@router.post(ADDRESS)
def add_template(actor: Staff, work: Work, typed: Fields) -> Response:
    try:
        new = understand(TemplateIn, typed)
        work.run_now(answers.add_template, new.title, new.text, actor)
    except Invalid as refusal:
        return _page(work, actor, "new", typed, refusal)
    return RedirectResponse(ADDRESS, 303)


@router.post(ADDRESS + "/{template_id}")
def change_template(actor: Staff, work: Work, template_id: UUID, typed: Fields) -> Response:
    try:
        new = understand(TemplateIn, typed)
        work.run_now(answers.change_template, template_id, seen_in(typed), new.title, new.text, actor)
    except (Invalid, ChangedMeanwhile) as refusal:
        return _page(work, actor, str(template_id), typed, refusal)
    return RedirectResponse(ADDRESS, 303)


@router.post(ADDRESS + "/{template_id}/removal")
def remove_template(actor: Staff, work: Work, template_id: UUID, typed: Fields) -> Response:
    try:
        work.run_now(answers.remove_template, template_id, seen_in(typed), actor)
    except ChangedMeanwhile as refusal:
        return _page(work, actor, "", None, refusal)
    return RedirectResponse(ADDRESS, 303)


def _page(
    work: Work, actor: Actor, form: str = "", typed: Mapping[str, Any] | None = None, refusal: AppError | None = None
) -> Response:
    return render.page(
        "contacts/answers.html",
        status=refusal.status if refusal else 200,
        actor=actor,
        here="inbox",
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        may_write=actor.role >= Role.STAFF,
        templates=work.run_now(queries.answer_templates),
        form=form,
        typed=typed or {},
        problem=refusal.sentence if refusal else None,
        is_clash=isinstance(refusal, ChangedMeanwhile),
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
    )
