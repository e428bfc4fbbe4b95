"""Rules of retention, for programs of administrators."""

from uuid import UUID

from fastapi import APIRouter, Response

from pretamane.core.http.admission import AdminOrKey
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.unit_of_work import Work
from pretamane.documents.retention import keeping, retention
from pretamane.documents.retention.schemas import DryRunOut, RuleIn, RuleOut, RulesOut, SeenIn

router = APIRouter(prefix="/api/v1/retention-rules", tags=["documents"])


@router.get("", summary="Rules of retention", response_description="All of them, by name")
def list_rules(_by: AdminOrKey, work: Work) -> RulesOut:
    return RulesOut(items=[RuleOut.model_validate(rule) for rule in work.run_now(retention.rules)])


@router.post(
    "",
    status_code=201,
    summary="Make a rule of retention",
    response_description="The rule; it removes nothing before it is put in force",
)
def make_rule(by: AdminOrKey, work: Work, response: Response, wanted: RuleIn) -> RuleOut:
    return _shown(response, RuleOut.model_validate(work.run_now(retention.make, wanted.terms, by)))


@router.get("/{rule_id}", responses=VERSIONED, summary="One rule of retention", response_description="The rule")
def show_rule(_by: AdminOrKey, work: Work, response: Response, rule_id: UUID) -> RuleOut:
    return _shown(response, RuleOut.model_validate(work.run_now(retention.rule, rule_id)))


@router.put(
    "/{rule_id}",
    responses=VERSIONED,
    summary="Change a rule of retention",
    response_description="The rule, which is not in force any more",
)
def change_rule(
    by: AdminOrKey, work: Work, response: Response, rule_id: UUID, wanted: RuleIn, seen: SeenVersions
) -> RuleOut:
    changed = work.run_now(retention.change, rule_id, seen, wanted.terms, by)
    return _shown(response, RuleOut.model_validate(changed))


@router.delete(
    "/{rule_id}",
    status_code=204,
    summary="Remove a rule of retention",
    response_description="The rule is gone; what it put into the trash stays there until its end",
)
def remove_rule(by: AdminOrKey, work: Work, rule_id: UUID, seen: SeenVersions) -> Response:
    work.run_now(retention.remove, rule_id, seen, by)
    return Response(status_code=204)


@router.get(
    "/{rule_id}/dry-run", summary="What a rule would do", response_description="What goes at once, and what goes soon"
)
def try_rule(by: AdminOrKey, work: Work, rule_id: UUID) -> DryRunOut:
    return DryRunOut.of(work.run_now(lambda session: keeping.dry_run(session, retention.rule(session, rule_id), by)))


@router.post(
    "/{rule_id}/force",
    responses=VERSIONED,
    summary="Put a rule in force",
    response_description="The rule; within the hour what is over goes into the trash",
)
def put_in_force(
    by: AdminOrKey, work: Work, response: Response, rule_id: UUID, seen: SeenVersions, looked: SeenIn
) -> RuleOut:
    chosen = work.run_now(retention.put_in_force, rule_id, seen, looked.would_go, by)
    return _shown(response, RuleOut.model_validate(chosen))


@router.post(
    "/{rule_id}/stop",
    responses=VERSIONED,
    summary="Stop a rule",
    response_description="The rule, which removes nothing any more",
)
def stop_rule(by: AdminOrKey, work: Work, response: Response, rule_id: UUID, seen: SeenVersions) -> RuleOut:
    return _shown(response, RuleOut.model_validate(work.run_now(retention.stop, rule_id, seen, by)))


def _shown(response: Response, rule: RuleOut) -> RuleOut:
    response.headers.update(etag(rule.version))
    return rule
