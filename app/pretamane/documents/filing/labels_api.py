"""Types and tags, for programs."""

from uuid import UUID

from fastapi import APIRouter, Response

from pretamane.core.http.admission import AdminOrKey, DocumentsReader, DocumentsWriter
from pretamane.core.unit_of_work import Work
from pretamane.documents.filing import labels
from pretamane.documents.filing.schemas import MergeIn, TagIn, TagList, TagOut, TypeChanges, TypeIn, TypeList, TypeOut
from pretamane.documents.models import DocumentType, Tag

router = APIRouter()
_tags = APIRouter(prefix="/api/v1/tags", tags=["tags"])
_types = APIRouter(prefix="/api/v1/document-types", tags=["document types"])


@_tags.get("", response_model=TagList, summary="All tags", response_description="By name")
def list_tags(by: DocumentsReader, work: Work) -> TagList:
    return TagList(items=[TagOut.counted(*row) for row in work.run_now(labels.counted, Tag, by)])


@_tags.post("", status_code=201, response_model=TagOut, summary="Make a tag", response_description="The tag")
def make_tag(by: DocumentsWriter, work: Work, wanted: TagIn) -> TagOut:
    return TagOut.counted(work.run_now(labels.make, Tag, wanted.name, by))


@_tags.patch("/{tag_id}", response_model=TagOut, summary="Rename a tag", response_description="The tag as it is now")
def rename_tag(by: DocumentsWriter, work: Work, tag_id: UUID, wanted: TagIn) -> TagOut:
    tag = work.run_now(labels.change, Tag, tag_id, wanted.model_dump(), by)
    return TagOut.counted(tag, work.run_now(labels.documents_with, Tag, tag_id, by))


@_tags.post(
    "/{tag_id}/merge",
    response_model=TagOut,
    summary="Merge a tag into another",
    response_description="The one that stays, which the documents of both have",
)
def merge_tag(by: AdminOrKey, work: Work, tag_id: UUID, wanted: MergeIn) -> TagOut:
    tag = work.run_now(labels.merge, Tag, tag_id, wanted.into, by)
    return TagOut.counted(tag, work.run_now(labels.documents_with, Tag, tag.id, by))


@_tags.delete(
    "/{tag_id}",
    status_code=204,
    summary="Remove a tag",
    response_description="It is gone; the documents that had it live on without it",
)
def remove_tag(by: AdminOrKey, work: Work, tag_id: UUID) -> Response:
    work.run_now(labels.remove, Tag, tag_id, by)
    return Response(status_code=204)


@_types.get("", response_model=TypeList, summary="All types of documents", response_description="By name")
def list_types(by: DocumentsReader, work: Work) -> TypeList:
    return TypeList(items=[TypeOut.of(*row) for row in work.run_now(labels.counted, DocumentType, by)])


@_types.post(
    "", status_code=201, response_model=TypeOut, summary="Make a type of documents", response_description="The type"
)
def make_type(by: AdminOrKey, work: Work, wanted: TypeIn) -> TypeOut:
    return TypeOut.of(work.run_now(labels.make_type, wanted.name, by, is_expected=wanted.is_expected))


@_types.patch(
    "/{type_id}",
    response_model=TypeOut,
    summary="Change a type of documents",
    response_description="The type as it is now",
)
def change_type(by: AdminOrKey, work: Work, type_id: UUID, wanted: TypeChanges) -> TypeOut:
    changed = work.run_now(labels.change, DocumentType, type_id, wanted.model_dump(exclude_unset=True), by)
    return TypeOut.of(changed, work.run_now(labels.documents_with, DocumentType, type_id, by))


@_types.post(
    "/{type_id}/merge",
    response_model=TypeOut,
    summary="Merge a type into another",
    response_description="The one that stays, which the documents of both have",
)
def merge_type(by: AdminOrKey, work: Work, type_id: UUID, wanted: MergeIn) -> TypeOut:
    merged = work.run_now(labels.merge, DocumentType, type_id, wanted.into, by)
    return TypeOut.of(merged, work.run_now(labels.documents_with, DocumentType, merged.id, by))


@_types.delete(
    "/{type_id}",
    status_code=204,
    summary="Remove a type of documents",
    response_description="It is gone; the documents that had it live on without a type",
)
def remove_type(by: AdminOrKey, work: Work, type_id: UUID) -> Response:
    work.run_now(labels.remove, DocumentType, type_id, by)
    return Response(status_code=204)


router.include_router(_tags)
router.include_router(_types)
