"""What staff and their programs send and get, about messages and contacts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from pretamane.contacts.inbox import Outcome
from pretamane.contacts.models import Contact, Note, Submission
from pretamane.contacts.people import Merge
from pretamane.contacts.schemas import NothingIsNone
from pretamane.core.http.listing import page_model
from pretamane.core.texts import Email, OneLine, clean

Status = Literal["new", "open", "done", "spam"]
MOST_AT_ONCE = 100
MOST_TAGS = 30


def _apart(value: object) -> object:
    """A form has them in one line, with commas between."""
    return value.split(",") if isinstance(value, str) else value


def _tidy(tags: list[str]) -> list[str]:
    return sorted({tag.lower() for tag in tags} - {""})


Words = Annotated[str, StringConstraints(min_length=1, max_length=10_000), BeforeValidator(clean)]
Tags = Annotated[
    list[Annotated[str, StringConstraints(max_length=40, pattern="^[^,]*$"), OneLine]],
    Field(max_length=MOST_TAGS),
    AfterValidator(_tidy),
    BeforeValidator(_apart),
]


class NoteOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: Literal["note", "answer"]
    author_id: UUID | None
    author_name: str
    text: str
    made_at: datetime
    sent_at: datetime | None = Field(
        description="Of an answer: when the mail server took it; null while it is on its way"
    )
    failure: str | None = Field(description="Of an answer: why it cannot be sent")


class SubmissionOut(BaseModel):
    """A message, and what the staff know about it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    reference: str = Field(examples=["K7MQ-4XDR"])
    status: Status
    spam_reason: str | None
    contact_id: UUID | None
    assignee_id: UUID | None
    name: str
    email: str
    phone: str | None
    company: str | None
    subject: str | None
    message: str = Field(description="In a list only when it was asked for")
    page: str | None = Field(description="Where the form was")
    consented: bool
    consent_version: str | None
    received_at: datetime
    changed_at: datetime
    version: int


class SubmissionWithNotes(SubmissionOut):
    notes: list[NoteOut]

    @classmethod
    def of(cls, submission: Submission, notes: Sequence[Note]) -> "SubmissionWithNotes":
        own = SubmissionOut.model_validate(submission).model_dump()
        return cls(**own, notes=[NoteOut.model_validate(each) for each in notes])


class ListedSubmissionOut(SubmissionOut):
    excerpt: str = Field(description="How the message begins")


class ContactOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str
    phone: str | None
    company: str | None
    tags: list[str]
    made_at: datetime
    changed_at: datetime
    version: int
    merged_into: UUID | None = Field(description="The contact that stands for this one since the two were merged")


class ContactWithNotes(ContactOut):
    notes: list[NoteOut]

    @classmethod
    def of(cls, contact: Contact, notes: Sequence[Note]) -> "ContactWithNotes":
        own = ContactOut.model_validate(contact).model_dump()
        return cls(**own, notes=[NoteOut.model_validate(each) for each in notes])


SubmissionPage = page_model(ListedSubmissionOut)
ContactPage = page_model(ContactOut)


class SubmissionChanges(BaseModel):
    """New values; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    status: Status = Field(default_factory=lambda: "new")
    assignee_id: UUID | None = Field(None, description="null: nobody")


class SeenSubmission(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: UUID
    version: Annotated[int, Field(ge=1, lt=2**31)]


class BulkChanges(BaseModel):
    """One status for several messages at once."""

    model_config = ConfigDict(extra="forbid")

    submissions: Annotated[list[SeenSubmission], Field(min_length=1, max_length=MOST_AT_ONCE)]
    status: Status
    block_senders: bool = Field(False, description="With spam: whatever these senders send later is kept as spam")


class BulkOutcome(BaseModel):
    """What is changed now, and what somebody else was quicker with."""

    changed: list[SeenSubmission]
    changed_meanwhile: list[UUID] = Field(description="Left as they are: ask for them again")

    @classmethod
    def of(cls, outcome: Outcome) -> "BulkOutcome":
        changed = [SeenSubmission(id=each.id, version=each.version) for each in outcome.changed]
        return cls(changed=changed, changed_meanwhile=outcome.changed_meanwhile)


class NoteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: Words


class AnswerIn(NoteIn):
    done: bool = Field(False, description="Whether that settles the matter")


class ContactChanges(BaseModel):
    """New values; what is left out stays, and null takes away what there need not be."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200), OneLine] = Field(default_factory=str)
    email: Email = Field(default_factory=str, examples=["ada@example.org"])
    phone: Annotated[str | None, Field(max_length=40), NothingIsNone] = None
    company: Annotated[str | None, Field(max_length=200), NothingIsNone] = None
    tags: Tags = Field(default_factory=list)


class TemplateIn(BaseModel):
    title: Annotated[str, StringConstraints(min_length=1, max_length=100), OneLine]
    text: Words


class MergeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    other: UUID = Field(description="The contact that becomes part of this one")
    other_version: Annotated[int, Field(ge=1, lt=2**31)]


class MergePreview(BaseModel):
    """What the contact would be after the merge, and what it would get from the other."""

    contact: ContactOut
    other: ContactOut
    name: str
    email: str
    phone: str | None
    company: str | None
    tags: list[str]
    submissions: int = Field(description="Messages that move")
    notes: int = Field(description="Notes that move")

    @classmethod
    def of(cls, merge: Merge) -> "MergePreview":
        values = {name: value for name, value in merge.values.items() if name != "known_as"}
        contact, other = ContactOut.model_validate(merge.survivor), ContactOut.model_validate(merge.other)
        return cls(contact=contact, other=other, submissions=merge.submissions, notes=merge.notes, **values)
