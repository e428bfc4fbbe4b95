"""What programs send and get, about documents."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pretamane.core.paging import Page
from pretamane.core.texts import OneLine
from pretamane.documents.models import Blob, Document, DocumentVersion
from pretamane.documents.queries import Listed, Whole
from pretamane.documents.service import LONGEST_TITLE, Filed

State = Literal["received", "processing", "ready", "failed", "quarantined"]


class VersionOut(BaseModel):
    """One original, as it came."""

    id: UUID
    number: int
    filename: str = Field(description="As it was called where it came from; never a path of ours")
    kind: str = Field(examples=["pdf"])
    media_type: str = Field(examples=["application/pdf"])
    size: int
    sha256: str = Field(description="In hexadecimal digits")
    state: State
    reason: str | None = Field(description="Why it failed, or is kept from everybody")
    marks: list[str] = Field(description="What is special about it, such as password-protected")
    page_count: int | None
    made_at: datetime
    made_by: UUID | None

    @classmethod
    def of(cls, version: DocumentVersion, blob: Blob) -> "VersionOut":
        own = {name: getattr(version, name) for name in cls.model_fields if name not in ("size", "sha256")}
        return cls(**own, size=blob.size, sha256=blob.sha256.hex())


class LabelOut(BaseModel):
    """A type or a tag, by its name."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str


class DocumentOut(BaseModel):
    id: UUID
    title: str
    contact_id: UUID | None
    part_of: UUID | None = Field(description="The mail that this was attached to")
    type: LabelOut | None = None
    tags: list[str] = Field([], description="Their names")
    notes: str = ""
    document_date: date | None
    language: str | None
    received_by: UUID | None
    made_at: datetime
    changed_at: datetime
    trashed_at: datetime | None
    is_restricted: bool = Field(False, description="Only accounts that it names may know of it")
    held_at: datetime | None = Field(None, description="Since when nothing removes it")
    version: int = Field(description="Counts the changes; the ETag, too")
    current: VersionOut = Field(description="The version of its content that counts; mostly the newest")

    @classmethod
    def of(cls, document: Document, version: DocumentVersion, blob: Blob) -> "DocumentOut":
        own = {name: getattr(document, name) for name in DocumentOut.model_fields if name not in _NOT_ITS_OWN}
        return cls(
            **own,
            type=LabelOut.model_validate(document.type) if document.type else None,
            tags=[tag.name for tag in document.tags],
            current=VersionOut.of(version, blob),
        )


_NOT_ITS_OWN = ("type", "tags", "current")


class StepOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    step: str
    state: str
    reason: str | None
    at: datetime


class DocumentWithVersions(DocumentOut):
    versions: list[VersionOut] = Field(description="The newest first")
    steps: list[StepOut] = Field(description="How far the reading of the current version has come")

    @classmethod
    def about(cls, whole: Whole) -> "DocumentWithVersions":
        own = DocumentOut.of(whole.document, *whole.current).model_dump()
        versions = [VersionOut.of(version, blob) for version, blob in whole.versions]
        return cls(**own, versions=versions, steps=[StepOut.model_validate(step) for step in whole.steps])


class KnownOut(BaseModel):
    id: UUID
    title: str


class ReceivedOut(DocumentOut):
    duplicate_of: KnownOut | None = Field(description="An older document that has the same bytes")
    received: VersionOut = Field(description="What was sent; while it is in quarantine, the one before stays current")
    is_new: bool = Field(description="False where these are the current version's own bytes: then nothing was made")

    @classmethod
    def about(cls, filed: Filed) -> "ReceivedOut":
        known = filed.duplicate_of and KnownOut(id=filed.duplicate_of.id, title=filed.duplicate_of.title)
        document = DocumentOut.of(filed.document, *filed.current).model_dump()
        received = VersionOut.of(filed.version, filed.blob)
        return cls(**document, duplicate_of=known, received=received, is_new=filed.is_new)


class DocumentPage(BaseModel):
    items: list[DocumentOut]
    next: str | None

    @classmethod
    def of(cls, page: Page[Listed]) -> "DocumentPage":
        return cls(items=[DocumentOut.of(*row) for row in page.items], next=page.next)


class Particulars(BaseModel):
    """What a program says of the document that it sends."""

    title: Annotated[str | None, Field(max_length=LONGEST_TITLE), OneLine] = None
    contact_id: UUID | None = None
    if_known: Literal["keep", "ask"] = "keep"
    restricted: bool = False


class PartsParticulars(Particulars):
    """Of one that comes in parts; the last two where it becomes another version of a document."""

    document: UUID | None = None
    version: Annotated[int | None, Field(ge=1, le=999_999_999)] = None
