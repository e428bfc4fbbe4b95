"""What programs and forms send and get, about rules of retention."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pretamane.core.texts import OneLine
from pretamane.documents.retention import keeping, retention
from pretamane.documents.retention.keeping import CountedFrom, DryRun, Goes
from pretamane.documents.retention.retention import Terms


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
