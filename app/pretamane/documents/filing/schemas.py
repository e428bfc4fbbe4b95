"""What programs send and get when they file documents, and about types and tags."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from pretamane.core.texts import OneLine, clean
from pretamane.documents.filing.filing import LONGEST_NOTES, MOST_AT_ONCE, MOST_TAGS, BulkChange, Outcome
from pretamane.documents.filing.labels import LONGEST_NAME
from pretamane.documents.models import DocumentType, Tag
from pretamane.documents.queries import Whole
from pretamane.documents.schemas import DocumentOut, LabelOut
from pretamane.documents.service import LONGEST_TITLE

Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, pattern="^[^,]*$"), OneLine]
Names = Annotated[list[Name], Field(max_length=MOST_TAGS)]


class DocumentChanges(BaseModel):
    """New values; what is left out stays, and null takes away what there need not be."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TITLE), OneLine] = Field(
        default_factory=str
    )
    contact_id: UUID | None = None
    type_id: UUID | None = None
    tags: Names = Field(default_factory=list, description="By name, all that it is to have; a new name makes a tag")
    document_date: date | None = Field(None, description="null: it has none, and no machine says otherwise")
    notes: Annotated[str, StringConstraints(max_length=LONGEST_NOTES), BeforeValidator(clean)] = Field(
        default_factory=str
    )


class EditedOut(DocumentOut):
    act: UUID | None = Field(description="For ten seconds `/undo` takes this back; null where nothing was different")

    @classmethod
    def after(cls, whole: Whole, act: UUID | None) -> "EditedOut":
        return cls(**DocumentOut.of(whole.document, *whole.current).model_dump(), act=act)


class NewValues(BaseModel):
    model_config = ConfigDict(extra="forbid")

    contact_id: UUID | None = None
    type_id: UUID | None = None
    document_date: date | None = None


class BulkChanges(BaseModel):
    """The same for several documents at once."""

    model_config = ConfigDict(extra="forbid")

    documents: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]
    values: NewValues = Field(default_factory=NewValues, description="What is left out stays, null takes away")
    add_tags: Names = Field(default_factory=list)
    remove_tags: Names = Field(default_factory=list)
    trashed: bool | None = Field(None, description="true: into the trash; false: out of it")

    @property
    def wanted(self) -> BulkChange:
        values = self.values.model_dump(exclude_unset=True)
        return BulkChange(values, self.add_tags, self.remove_tags, self.trashed)


class BulkOutcome(BaseModel):
    """What became of each document."""

    model_config = ConfigDict(from_attributes=True)

    changed: list[UUID] = Field(description="Also what is attached to a mail, and went with it to its contact")
    unchanged: list[UUID] = Field(description="It was so already")
    gone: list[UUID] = Field(description="There is none with this id, or none that you may know of")
    held: list[UUID] = Field(description="On hold, so it stays out of the trash")
    too_many_tags: list[UUID] = Field(description=f"It would have more than {MOST_TAGS} tags, so it stays as it is")
    changed_meanwhile: list[UUID] = Field(description="Of an undo: somebody changed it since, so it stays as it is")
    act: UUID | None = Field(description="For ten seconds `/undo` takes this back; null where nothing was different")

    @classmethod
    def of(cls, outcome: Outcome) -> "BulkOutcome":
        return cls.model_validate(outcome)


class UndoIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    act: UUID


class TagOut(LabelOut):
    documents: int = Field(description="How many have it, outside the trash, of those that you may know of")

    @classmethod
    def counted(cls, tag: Tag, documents: int = 0) -> "TagOut":
        return cls(id=tag.id, name=tag.name, documents=documents)


class TagList(BaseModel):
    items: list[TagOut]


class TypeOut(TagOut):
    is_expected: bool = Field(description="A contact without one is shown as lacking it")

    @classmethod
    def of(cls, kind: DocumentType, documents: int = 0) -> "TypeOut":
        return cls(id=kind.id, name=kind.name, documents=documents, is_expected=kind.is_expected)


class TypeList(BaseModel):
    items: list[TypeOut]


class TagIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name


class TypeIn(TagIn):
    is_expected: bool = False


class TypeChanges(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name = Field(default_factory=str)
    is_expected: bool = False


class MergeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    into: UUID = Field(description="The one that stays")
