"""What an erasure is asked for with, and what it says."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class HeldOut(_Out):
    id: UUID
    title: str


class ErasureOut(_Out):
    contact_id: UUID
    erased_at: datetime | None = Field(description="Null where nothing was done yet")
    messages: int
    notes: int = Field(description="Answers too")
    blocked_addresses: int = Field(description="Addresses of theirs that messages were taken for spam from")
    documents: int = Field(description="All that are not on hold, whoever may see them")
    versions: int = Field(description="Of the content of these documents")
    restricted: int = Field(description="How many of these documents you may not see")
    uploads: int = Field(description="Uploads for them that were not finished")
    on_hold: list[HeldOut] = Field(description="Documents that stay, because they are on hold")
    on_hold_restricted: int = Field(description="More of the same, which you may not see")
    contact_stays: bool = Field(description="With nothing but name and address, as documents on hold are theirs")


class ErasureIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    word: str = Field(max_length=40, description="`erase`, to say that it is meant")
