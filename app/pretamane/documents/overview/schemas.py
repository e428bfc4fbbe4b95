"""How full the house is, and what somebody should look at, as programs get it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ShareOut(_Out):
    id: UUID | None = Field(description="Null for what has none")
    name: str | None
    documents: int
    bytes: int = Field(description="All versions in full, also what others have the same bytes of")


class HeavyOut(_Out):
    id: UUID
    title: str
    made_at: datetime
    versions: int
    bytes: int = Field(description="All its versions")


class StorageOut(_Out):
    bytes: int = Field(description="What all originals take; bytes that several documents have count once")
    quota: int | None = Field(description="What they are meant to take, where the practice says so")
    is_nearly_full: bool = Field(description="From 80 % of the quota on")
    documents: int = Field(description="Those that you may see")
    in_the_trash: int = Field(description="How many of these are in the trash")
    by_contact: list[ShareOut] = Field(description="The largest first")
    by_type: list[ShareOut] = Field(description="The largest first")
    largest: list[HeavyOut]
    oldest: list[HeavyOut]


class NamedOut(_Out):
    id: UUID
    title: str
    made_at: datetime


class AlikeOut(_Out):
    later: NamedOut
    earlier: NamedOut
    is_same_text: bool = Field(description="Word for word; otherwise they differ in little")


class LackingOut(_Out):
    contact_id: UUID
    contact: str
    type_id: UUID
    type: str


class AttentionOut(_Out):
    alike: list[AlikeOut] = Field(description="Documents whose texts are the same or nearly so, the newest first")
    lacking: list[LackingOut] = Field(description="Contacts with documents, and a type that each should have one of")
    without_contact: list[NamedOut] = Field(description="The newest first")
    more: Annotated[list[str], BeforeValidator(sorted)] = Field(description="Which of the lists go on")
