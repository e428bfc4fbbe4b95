"""Documents and how they are filed, as they leave a house."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import ScalarSelect

from pretamane.contacts.models import Contact
from pretamane.core.moving import Row, rows_of, sheet
from pretamane.documents.models import (
    Blob,
    Document,
    DocumentReader,
    DocumentTag,
    DocumentType,
    DocumentVersion,
    RetentionRule,
    Tag,
)

# What a document's row is made of, in this order; who reads it on paper finds names beside the ids.
DOCUMENT = (
    *("id", "title", "contact_id", "made_at", "changed_at", "received_by", "part_of", "document_date", "language"),
    *("trashed_at", "type_id", "notes", "is_restricted", "held_at", "held_by", "hold_reason", "current_version_id"),
    # The fields on which people had their say, also where they left nothing.
    "settled",
)
NAMES = ("contact_name", "type_name", "tag_names")
VERSION = ("id", "number", "filename", "sha256", "size", "made_at", "made_by", "learned")

TYPES = sheet(
    "document_types",
    select(DocumentType.id, DocumentType.name, DocumentType.is_expected, DocumentType.made_at).order_by(
        DocumentType.made_at, DocumentType.id
    ),
)
TAGS = sheet("tags", select(Tag.id, Tag.name, Tag.made_at).order_by(Tag.made_at, Tag.id))
RULES = sheet(
    "retention_rules",
    select(
        *(RetentionRule.id, RetentionRule.name, RetentionRule.type_id, RetentionRule.tag_id, RetentionRule.keep_days),
        *(RetentionRule.counted_from, RetentionRule.in_force_since, RetentionRule.made_at, RetentionRule.made_by),
    ).order_by(RetentionRule.made_at, RetentionRule.id),
)
# What machines found out by themselves, and find out again elsewhere.
READINGS = sheet(
    "readings",
    select(
        DocumentVersion.document_id,
        DocumentVersion.id.label("version_id"),
        *(DocumentVersion.state, DocumentVersion.reason, DocumentVersion.marks, DocumentVersion.is_unscanned),
        *(DocumentVersion.kind, DocumentVersion.media_type, DocumentVersion.page_count),
    ).order_by(DocumentVersion.made_at, DocumentVersion.id),
    is_own=True,
)


def documents(session: Session) -> Iterator[Row]:
    """Each with the versions of its content, the oldest first; what is restricted or in the trash too."""
    yield from rows_of(session, _documents())


def _documents() -> Select[*tuple[Any, ...]]:
    names = (
        func.coalesce(Contact.name, "").label("contact_name"),
        func.coalesce(DocumentType.name, "").label("type_name"),
        _tags(Tag.name).label("tag_names"),
        _tags(Tag.id).label("tag_ids"),
        _readers().label("reader_ids"),
        _versions().label("versions"),
    )
    columns = [getattr(Document, name) for name in DOCUMENT]
    return (
        select(*columns, *names)
        .outerjoin(Contact, Contact.id == Document.contact_id)
        .outerjoin(DocumentType, DocumentType.id == Document.type_id)
        .order_by(Document.made_at, Document.id)
    )


def _tags(what: Any) -> ScalarSelect[Any]:
    """In one order, whatever the database's collation: the same rows are the same file anywhere."""
    tagged = select(_listed(what, Tag.name.collate("C"), Tag.id)).join(DocumentTag, DocumentTag.tag_id == Tag.id)
    return tagged.where(DocumentTag.document_id == Document.id).correlate(Document).scalar_subquery()


def _readers() -> ScalarSelect[Any]:
    readers = select(_listed(DocumentReader.account_id, DocumentReader.account_id))
    return readers.where(DocumentReader.document_id == Document.id).correlate(Document).scalar_subquery()


def _versions() -> ScalarSelect[Any]:
    said: list[Any] = ["id", DocumentVersion.id, "number", DocumentVersion.number]
    said += ["filename", DocumentVersion.filename, "sha256", func.encode(Blob.sha256, "hex"), "size", Blob.size]
    said += ["made_at", _in_utc(DocumentVersion.made_at), "made_by", DocumentVersion.made_by]
    said += ["learned", DocumentVersion.learned]
    said += ["key", Blob.key, "state", DocumentVersion.state]
    versions = select(_listed(func.jsonb_build_object(*said), DocumentVersion.number))
    versions = versions.join(Blob, Blob.id == DocumentVersion.blob_id)
    return versions.where(DocumentVersion.document_id == Document.id).correlate(Document).scalar_subquery()


def _listed(what: Any, *by: Any) -> ColumnElement[Any]:
    ordered = func.jsonb_agg(aggregate_order_by(what, *by))
    return func.coalesce(ordered, func.jsonb_build_array(), type_=JSONB)


def _in_utc(moment: Any) -> ColumnElement[str]:
    return func.to_char(func.timezone("UTC", moment), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
