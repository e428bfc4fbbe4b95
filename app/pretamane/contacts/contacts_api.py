"""Contacts, for the staff's programs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from pretamane.contacts import exports, lists, people, queries
from pretamane.contacts.desk_schemas import (
    ContactChanges,
    ContactOut,
    ContactPage,
    ContactWithNotes,
    MergeIn,
    MergePreview,
    NoteIn,
    NoteOut,
)
from pretamane.contacts.inbox_api import Search
from pretamane.contacts.lists import People
from pretamane.core.http.admission import ContactsReader, ContactsWriter
from pretamane.core.http.listing import Chosen, Cursor, Limit, as_answer, chosen_fields
from pretamane.core.http.tables import CSV
from pretamane.core.http.versions import VERSIONED, SeenVersions, etag
from pretamane.core.paging import PAGE
from pretamane.core.unit_of_work import Work

router = APIRouter(prefix="/api/v1", tags=["contacts"])

TagWanted = Annotated[str | None, Query(max_length=40, description="Only contacts with this tag.")]


@router.get(
    "/contacts",
    response_model=ContactPage,
    response_model_exclude_unset=True,
    summary="Contacts, newest first",
    response_description="A page of contacts; `next` is the cursor of the page after it, null on the last",
)
def list_contacts(
    _by: ContactsReader,
    work: Work,
    q: Search = None,
    tag: TagWanted = None,
    cursor: Cursor = None,
    limit: Limit = PAGE,
    fields: Chosen = None,
) -> dict[str, Any]:
    columns = chosen_fields(fields, lists.CONTACT_COLUMNS)
    return as_answer(work.run_now(lists.people, People(q, tag), after=cursor, limit=limit, columns=columns))


@router.get(
    "/contacts.csv",
    response_class=Response,
    responses=CSV,
    summary="Contacts as a table",
    response_description="UTF-8, with a line of names first",
)
async def export_contacts(by: ContactsReader, work: Work, q: Search = None, tag: TagWanted = None) -> Response:
    return await exports.download(work, exports.Export("contacts", exports.CONTACTS, lists.people, People(q, tag)), by)


@router.get(
    "/contacts/{contact_id}",
    response_model=ContactWithNotes,
    responses=VERSIONED,
    summary="One contact, with the staff's notes",
    response_description="The contact; one that was merged names the contact that stands for it",
)
def show_contact(_by: ContactsReader, work: Work, response: Response, contact_id: UUID) -> ContactWithNotes:
    contact, notes = work.run_now(queries.contact_with_notes, contact_id)
    response.headers.update(etag(contact.version))
    return ContactWithNotes.of(contact, notes)


@router.patch(
    "/contacts/{contact_id}",
    response_model=ContactOut,
    responses=VERSIONED,
    summary="Change a contact",
    response_description="The contact as it is now",
)
def change_contact(
    by: ContactsWriter,
    work: Work,
    response: Response,
    contact_id: UUID,
    seen: SeenVersions,
    changes: ContactChanges,
) -> ContactOut:
    contact = work.run_now(people.edit, contact_id, seen, changes.model_dump(exclude_unset=True), by)
    response.headers.update(etag(contact.version))
    return ContactOut.model_validate(contact)


@router.post(
    "/contacts/{contact_id}/notes",
    status_code=201,
    response_model=NoteOut,
    summary="Note something about a contact",
    response_description="The note, which all staff see",
)
def note_on_contact(by: ContactsWriter, work: Work, contact_id: UUID, note: NoteIn) -> NoteOut:
    return NoteOut.model_validate(work.run_now(people.note, contact_id, note.text, by))


@router.get(
    "/contacts/{contact_id}/merge",
    response_model=MergePreview,
    summary="What a merge would do",
    response_description="The values that the contact would have, and how much would move",
)
def preview_merge(_by: ContactsReader, work: Work, contact_id: UUID, other: UUID) -> MergePreview:
    return MergePreview.of(work.run_now(people.preview, contact_id, other))


@router.post(
    "/contacts/{contact_id}/merge",
    response_model=ContactOut,
    responses=VERSIONED,
    summary="Merge another contact into this one",
    response_description="The contact as it is now; the other stays as a pointer to it",
)
def merge_contacts(
    by: ContactsWriter,
    work: Work,
    response: Response,
    contact_id: UUID,
    seen: SeenVersions,
    merge: MergeIn,
) -> ContactOut:
    contact = work.run_now(people.merge, contact_id, seen, merge.other, [merge.other_version], by)
    response.headers.update(etag(contact.version))
    return ContactOut.model_validate(contact)
