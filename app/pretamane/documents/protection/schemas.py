"""What programs and forms send and get, about who may know of a document and what holds it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from pretamane.core.texts import OneLine
from pretamane.documents.models import Document
from pretamane.documents.protection import holds
from pretamane.documents.protection.restricting import Reader

Reason = Annotated[str, StringConstraints(min_length=1, max_length=holds.LONGEST_REASON), OneLine]
Several = Annotated[list[UUID], Field(min_length=1, max_length=holds.MOST_AT_ONCE)]


class HoldIn(BaseModel):
    reason: Reason = Field(description="Why nothing may remove it, for whoever looks at it; never in the audit")


class HoldsIn(HoldIn):
    documents: Several


class LiftIn(BaseModel):
    documents: Several


class HoldOut(BaseModel):
    is_held: bool
    held_at: datetime | None
    held_by: UUID | None = Field(description="The account that placed it")
    reason: str | None

    @classmethod
    def of(cls, document: Document) -> "HoldOut":
        held_at = document.held_at
        return cls(is_held=held_at is not None, held_at=held_at, held_by=document.held_by, reason=document.hold_reason)


class HeldOut(HoldOut):
    id: UUID
    title: str

    @classmethod
    def about(cls, document: Document) -> "HeldOut":
        return cls(id=document.id, title=document.title, **HoldOut.of(document).model_dump())


class HeldPage(BaseModel):
    items: list[HeldOut]
    next: str | None


class PlacedOut(BaseModel):
    placed: int = Field(description="On how many of them; the others were on hold before, and keep their first reason")


class ReadersIn(BaseModel):
    accounts: Annotated[list[UUID], Field(min_length=1, max_length=200)] = Field(
        description="All who may know of it from now on. Whoever leaves themself out does not find it again."
    )


class ReaderOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    account_id: UUID
    name: str


class ReadersOut(BaseModel):
    is_restricted: bool
    items: list[ReaderOut] = Field(description="Whom it names; none where everybody may know of it")

    @classmethod
    def of(cls, document: Document, readers: Sequence[Reader]) -> "ReadersOut":
        items = [ReaderOut.model_validate(reader) for reader in readers]
        return cls(is_restricted=document.is_restricted, items=items)
