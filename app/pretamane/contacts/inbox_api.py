"""Messages, for the staff's programs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from pretamane.contacts import exports, inbox, lists, queries
from pretamane.contacts.desk_schemas import (
    AnswerIn,
    BulkChanges,
    BulkOutcome,
    NoteIn,
    NoteOut,
    Status,
    SubmissionChanges,
    SubmissionOut,
    SubmissionPage,
    SubmissionWithNotes,
)
from pretamane.contacts.inbox import Change
from pretamane.contacts.lists import Messages
from pretamane.core.http.admission import ContactsReader, ContactsWriter
from pretamane.core.http.listing import Chosen, Cursor, Limit, as_answer, chosen_fields
from pretamane.core.http.tables import CSV
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.paging import PAGE
from pretamane.core.unit_of_work import Work
from pretamane.core.words import LONGEST_SEARCH

router = APIRouter(prefix="/api/v1", tags=["submissions"])

Search = Annotated[
    str | None,
    Query(max_length=LONGEST_SEARCH, description="Words that all have to be there; the last may be the start of one."),
]


def _wanted(
    status: Status | None = None, assignee: UUID | None = None, contact: UUID | None = None, q: Search = None
) -> Messages:
    return Messages(status=status, assignee_id=assignee, contact_id=contact, search=q)


Which = Annotated[Messages, Depends(_wanted)]


@router.get(
    "/submissions",
    response_model=SubmissionPage,
    response_model_exclude_unset=True,
    summary="Messages, newest first",
    response_description="A page of messages; `next` is the cursor of the page after it, null on the last",
)
def list_submissions(
    _by: ContactsReader,
    work: Work,
    which: Which,
    cursor: Cursor = None,
    limit: Limit = PAGE,
    fields: Chosen = None,
) -> dict[str, Any]:
    columns = chosen_fields(fields, lists.SUBMISSION_COLUMNS)
    return as_answer(work.run_now(lists.messages, which, after=cursor, limit=limit, columns=columns))


@router.patch(
    "/submissions",
    response_model=BulkOutcome,
    summary="Mark several messages at once",
    response_description="Which of them are changed; those that somebody else changed meanwhile are left as they are",
)
def change_submissions(by: ContactsWriter, work: Work, changes: BulkChanges) -> BulkOutcome:
    seen = {each.id: [each.version] for each in changes.submissions}
    wanted = Change({"status": changes.status}, blocking=changes.block_senders)
    return BulkOutcome.of(work.run_now(inbox.change_several, seen, wanted, by))


@router.get(
    "/submissions.csv",
    response_class=Response,
    responses=CSV,
    summary="Messages as a table",
    response_description="UTF-8, with a line of names first",
)
async def export_submissions(by: ContactsReader, work: Work, which: Which) -> Response:
    return await exports.download(work, exports.Export("messages", exports.SUBMISSIONS, lists.messages, which), by)


@router.get(
    "/submissions/{submission_id}",
    response_model=SubmissionWithNotes,
    responses=VERSIONED,
    summary="One message, with the staff's notes",
    response_description="The message as it was sent, and what is known about it",
)
def show_submission(_by: ContactsReader, work: Work, response: Response, submission_id: UUID) -> SubmissionWithNotes:
    submission, notes = work.run_now(queries.submission_with_notes, submission_id)
    response.headers.update(etag(submission.version))
    return SubmissionWithNotes.of(submission, notes)


@router.patch(
    "/submissions/{submission_id}",
    response_model=SubmissionOut,
    responses=VERSIONED,
    summary="Mark or assign a message",
    response_description="The message as it is now",
)
def change_submission(
    by: ContactsWriter,
    work: Work,
    response: Response,
    submission_id: UUID,
    seen: SeenVersions,
    changes: SubmissionChanges,
) -> SubmissionOut:
    wanted = Change(changes.model_dump(exclude_unset=True))
    submission, _ = work.run_now(inbox.change, submission_id, seen, wanted, by)
    response.headers.update(etag(submission.version))
    return SubmissionOut.model_validate(submission)


@router.post(
    "/submissions/{submission_id}/notes",
    status_code=201,
    response_model=NoteOut,
    summary="Note something about a message",
    response_description="The note, which all staff see",
)
def note_on_submission(by: ContactsWriter, work: Work, submission_id: UUID, note: NoteIn) -> NoteOut:
    return NoteOut.model_validate(work.run_now(inbox.note, submission_id, note.text, by))


@router.post(
    "/submissions/{submission_id}/answers",
    status_code=201,
    response_model=NoteOut,
    summary="Answer a message by mail",
    response_description="The answer as it is kept; it is on its way, and `sent_at` says later when it left",
)
def answer_submission(
    by: ContactsWriter, work: Work, submission_id: UUID, seen: SeenVersions, answer: AnswerIn
) -> NoteOut:
    kept = work.run_now(inbox.answer, submission_id, seen, answer.text, by, done=answer.done)
    return NoteOut.model_validate(kept)
