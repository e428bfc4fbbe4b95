"""For how long documents are kept: the rules, and what each would put into the trash."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.orm import Session

from pretamane.core import request_ids
from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, ChangedMeanwhile, Conflict, Invalid
from pretamane.core.http.admission import Admin
from pretamane.core.http.fields import Fields
from pretamane.core.texts import understand
from pretamane.core.unit_of_work import UnitOfWork, Work
from pretamane.documents.models import RetentionRule
from pretamane.documents.pages.document import seen_in
from pretamane.documents.retention import keeping, retention
from pretamane.documents.retention.schemas import RuleIn, SeenIn
from pretamane.practice import queries as practice_queries
from pretamane.practice.schemas import PublicPractice
from pretamane.web import render

ADDRESS = "/app/settings/retention"
COUNTED_FROM = {keeping.RECEIVED: "the day it was received", keeping.DATED: "the date of the document"}
_TOLD = {
    "made": "The rule was made. It removes nothing before it is in force: look first at what it would do.",
    "changed": "The rule was changed, and is not in force any more. Look at what it would do now.",
    "in-force": "The rule is in force. Within the hour what is over goes into the trash.",
    "stopped": "The rule is not in force any more.",
    "removed": "The rule was removed. What it put into the trash stays there until its end.",
}

router = APIRouter(include_in_schema=False)


@router.get(ADDRESS)
def show_rules(actor: Admin, work: Work, told: str = "") -> Response:
    return _rules(work, actor, told=_TOLD.get(told))


@router.post(ADDRESS)
def make_rule(actor: Admin, work: Work, typed: Fields) -> Response:
    try:
        made = work.run_now(retention.make, _understood(typed).terms, actor)
    except Invalid as refusal:
        return _rules(work, actor, typed, refusal)
    return _see(made.id, "made")


@router.get(ADDRESS + "/{rule_id}")
def show_rule(actor: Admin, work: Work, rule_id: UUID, told: str = "") -> Response:
    return _rule(work, actor, rule_id, told=_TOLD.get(told))


@router.post(ADDRESS + "/{rule_id}")
def change_rule(actor: Admin, work: Work, rule_id: UUID, typed: Fields) -> Response:
    try:
        work.run_now(retention.change, rule_id, seen_in(typed), _understood(typed).terms, actor)
    except (Invalid, ChangedMeanwhile) as refusal:
        return _rule(work, actor, rule_id, typed, refusal)
    return _see(rule_id, "changed")


@router.post(ADDRESS + "/{rule_id}/force")
def put_in_force(actor: Admin, work: Work, rule_id: UUID, typed: Fields) -> Response:
    def force(session: Session) -> None:
        retention.put_in_force(session, rule_id, seen_in(typed), understand(SeenIn, typed).would_go, actor)

    return _then("in-force", work, actor, rule_id, force)


@router.post(ADDRESS + "/{rule_id}/stop")
def stop_rule(actor: Admin, work: Work, rule_id: UUID, typed: Fields) -> Response:
    def stop(session: Session) -> None:
        retention.stop(session, rule_id, seen_in(typed), actor)

    return _then("stopped", work, actor, rule_id, stop)


@router.post(ADDRESS + "/{rule_id}/removal")
def remove_rule(actor: Admin, work: Work, rule_id: UUID, typed: Fields) -> Response:
    try:
        work.run_now(retention.remove, rule_id, seen_in(typed), actor)
    except ChangedMeanwhile as refusal:
        return _rule(work, actor, rule_id, refusal=refusal)
    return RedirectResponse(f"{ADDRESS}?told=removed", 303)


def _understood(typed: Mapping[str, Any]) -> RuleIn:
    """A choice that was left open comes as nothing."""
    return understand(RuleIn, {name: value for name, value in typed.items() if value != ""})


def _then(told: str, work: UnitOfWork, actor: Actor, rule_id: UUID, verb: Callable[[Session], None]) -> Response:
    try:
        work.run_now(verb)
    except (ChangedMeanwhile, Conflict, Invalid) as refusal:
        return _rule(work, actor, rule_id, refusal=refusal)
    return _see(rule_id, told)


def _see(rule_id: UUID, told: str) -> Response:
    return RedirectResponse(f"{ADDRESS}/{rule_id}?told={told}", 303)


def _rules(
    work: UnitOfWork,
    actor: Actor,
    typed: Mapping[str, Any] | None = None,
    refusal: AppError | None = None,
    told: str | None = None,
) -> Response:
    shown = {"rules": work.run_now(retention.rules), "values": typed or {}, "told": told}
    return _page(work, actor, "documents/retention.html", refusal, **shown)


def _rule(
    work: UnitOfWork,
    actor: Actor,
    rule_id: UUID,
    typed: Mapping[str, Any] | None = None,
    refusal: AppError | None = None,
    told: str | None = None,
) -> Response:
    rule, run = work.run_now(_looked_at, rule_id, actor)
    values = typed or {name: getattr(rule, name) for name in RuleIn.model_fields}
    return _page(work, actor, "documents/retention_rule.html", refusal, rule=rule, run=run, values=values, told=told)


def _looked_at(session: Session, rule_id: UUID, by: Actor) -> tuple[RetentionRule, keeping.DryRun]:
    rule = retention.rule(session, rule_id)
    return rule, keeping.dry_run(session, rule, by)


def _page(work: UnitOfWork, actor: Actor, template: str, refusal: AppError | None, **shown: Any) -> Response:
    types, tags = work.run_now(retention.types_and_tags)
    return render.page(
        template,
        status=refusal.status if refusal else 200,
        actor=actor,
        here="settings",
        practice=PublicPractice.of(work.run_now(practice_queries.current)),
        types=types,
        tags=tags,
        counted_from=COUNTED_FROM,
        problem=refusal.sentence if refusal else None,
        errors=refusal.fields if refusal else {},
        request_id=request_ids.current.get(),
        **shown,
    )
