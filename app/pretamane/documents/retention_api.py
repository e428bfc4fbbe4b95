"""Rules of retention, for programs of administrators."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pretamane.core.http.admission import AdminOrKey
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.texts import OneLine
from pretamane.core.unit_of_work import Work
from pretamane.documents import keeping, retention
from pretamane.documents.keeping import CountedFrom, DryRun, Goes
from pretamane.documents.retention import Terms


class RuleIn(BaseModel):
    name: Annotated[str, StringConstraints(min_length=1, max_length=retention.LONGEST_NAME), OneLine]
    type_id: UUID | None = None
    tag_id: UUID | None = Field(None, description="With a type as well, it is about what has both")
    keep_days: Annotated[int, Field(ge=1, le=keeping.LONGEST_DAYS)] = Field(
        description="Whole days after the one it is counted from, by the practice's calendar"
    )
    counted_from: CountedFrom = Field(
        "received", description="`document_date`: what has no date is kept until it has one"
    )

    @property
    def terms(self) -> Terms:
        return Terms(**self.model_dump())


class RuleOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    type_id: UUID | None
    tag_id: UUID | None
    keep_days: int
    counted_from: CountedFrom
    in_force_since: datetime | None = Field(description="null as long as it removes nothing")
    version: int
    made_at: datetime
    made_by: UUID | None


class RulesOut(BaseModel):
    items: list[RuleOut]


class GoesOut(BaseModel):
    id: UUID
    title: str
    day: date = Field(description="When it goes into the trash, or should have gone")

    @classmethod
    def of(cls, goes: Goes) -> "GoesOut":
        return cls(id=goes.document.id, title=goes.document.title, day=goes.day)


class SomeOut(BaseModel):
    count: int
    items: list[GoesOut] = Field(description=f"The oldest {keeping.LISTED} of them")


class DryRunOut(BaseModel):
    """Of restricted documents that do not name who asks, nothing is told here; the rule is for them too."""

    now: SomeOut = Field(description="What goes at once")
    soon: SomeOut = Field(description=f"What goes within the next {keeping.SOON_DAYS} days")

    @classmethod
    def of(cls, run: DryRun) -> "DryRunOut":
        at_once = SomeOut(count=run.now_count, items=[GoesOut.of(each) for each in run.now])
        return cls(now=at_once, soon=SomeOut(count=run.soon_count, items=[GoesOut.of(each) for each in run.soon]))


class SeenIn(BaseModel):
    would_go: Annotated[int, Field(ge=0)] = Field(description="`now.count` of the dry run that was looked at")


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
