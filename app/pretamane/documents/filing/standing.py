"""How documents stand at this moment, several at once: locked in one order, and changed by a handful of statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, func, literal, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.details import as_json
from pretamane.documents import queries
from pretamane.documents.models import Document, DocumentTag

FIELDS: Final = ("title", "contact_id", "type_id", "document_date", "notes", "trashed_at", "settled")


@dataclass(frozen=True)
class Standing:
    """Tags are the set of their ids, beside the other values."""

    id: UUID
    version: int
    is_held: bool
    part_of: UUID | None
    values: Mapping[str, Any]

    def different(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in wanted.items() if self.values[name] != value}


@dataclass(frozen=True)
class Put:
    """New values for a document; what is not named stays."""

    document: Standing
    to: Mapping[str, Any]

    @property
    def before(self) -> dict[str, Any]:
        return {name: self.document.values[name] for name in self.to}


def locked(session: Session, ids: Collection[UUID], by: Actor) -> Sequence[Standing]:
    """Those that are there, as far as this actor may know of them."""
    columns = [getattr(Document, name) for name in FIELDS]
    asked = select(Document.id, Document.version, Document.held_at, Document.part_of, *columns)
    asked = asked.where(_is_among(Document.id, ids), queries.readable(by)).order_by(Document.id)
    rows = session.execute(asked.with_for_update(of=Document)).all()
    tags = _tags_of(session, [row.id for row in rows])
    return [
        Standing(
            row.id,
            row.version,
            row.held_at is not None,
            row.part_of,
            {name: getattr(row, name) for name in FIELDS} | {"tags": tags.get(row.id, frozenset())},
        )
        for row in rows
    ]


def _tags_of(session: Session, ids: Collection[UUID]) -> Mapping[UUID, frozenset[UUID]]:
    """Nobody gives a document a tag, or takes one from it, but who holds the document."""
    held = select(DocumentTag.document_id, func.array_agg(DocumentTag.tag_id).label("tags"))
    rows = session.execute(held.where(_is_among(DocumentTag.document_id, ids)).group_by(DocumentTag.document_id))
    return {row.document_id: frozenset(row.tags) for row in rows}


def _is_among(column: InstrumentedAttribute[UUID], ids: Collection[UUID]) -> ColumnElement[bool]:
    """By one parameter: with what is attached to them they may be more than a statement can have."""
    return column == any_(literal(list(ids), ARRAY(Uuid())))


def with_attached(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """These, and whatever is attached to them and to the mails in them."""
    family = select(Document.id).where(_is_among(Document.id, ids)).cte("family", recursive=True)
    parts = select(Document.id).join(family, Document.part_of == family.c.id)
    return {*ids, *session.scalars(select(family.union(parts).c.id))}


def following(several: Sequence[Put], family: Sequence[Standing], asked: Collection[UUID]) -> list[Put]:
    """Who gets a mail gets what is attached to it, but for what was with somebody else, or is asked for itself."""
    parts: dict[UUID | None, list[Standing]] = defaultdict(list)
    for each in family:
        parts[each.part_of].append(each)
    mails = [each for each in several if "contact_id" in each.to]
    there = len(mails)
    for mail in mails:  # which grows: a mail in a mail has attachments of its own
        mails += [
            Put(part, {"contact_id": mail.to["contact_id"]})
            for part in parts.pop(mail.document.id, ())
            if part.id not in asked and part.values["contact_id"] == mail.before["contact_id"]
        ]
    return mails[there:]


_PUT: Final = text("""
    UPDATE documents SET
        title = coalesce(given ->> 'title', title),
        notes = coalesce(given ->> 'notes', notes),
        contact_id = CASE WHEN given ? 'contact_id' THEN CAST(given ->> 'contact_id' AS uuid) ELSE contact_id END,
        type_id = CASE WHEN given ? 'type_id' THEN CAST(given ->> 'type_id' AS uuid) ELSE type_id END,
        document_date =
            CASE WHEN given ? 'document_date' THEN CAST(given ->> 'document_date' AS date) ELSE document_date END,
        trashed_at =
            CASE WHEN given ? 'trashed_at' THEN CAST(given ->> 'trashed_at' AS timestamptz) ELSE trashed_at END,
        settled = CASE
            WHEN given ? 'settled' THEN ARRAY(SELECT jsonb_array_elements_text(given -> 'settled')) ELSE settled
        END,
        version = version + 1,
        changed_at = :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS put (document uuid, given jsonb)
    WHERE documents.id = put.document
""")
_UNTAG: Final = text("""
    DELETE FROM document_tags USING jsonb_to_recordset(CAST(:rows AS jsonb)) AS put (document uuid, given jsonb)
    WHERE document_id = put.document AND given ? 'tags' AND NOT given -> 'tags' ? CAST(tag_id AS text)
""")
_TAG: Final = text("""
    INSERT INTO document_tags (document_id, tag_id)
    SELECT put.document, CAST(tag AS uuid)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS put (document uuid, given jsonb),
        jsonb_array_elements_text(given -> 'tags') AS tag
    ON CONFLICT DO NOTHING
""")


def put(session: Session, several: Sequence[Put]) -> datetime:
    """However many they are, three statements."""
    at = now(session)
    rows = as_json([{"document": each.document.id, "given": spelled(each.to)} for each in several])
    session.execute(_PUT, {"rows": rows, "at": at})
    if any("tags" in each.to for each in several):
        session.execute(_UNTAG, {"rows": rows})
        session.execute(_TAG, {"rows": rows})
    return at


def spelled(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON has it."""
    return {name: sorted(map(str, value)) if name == "tags" else value for name, value in values.items()}
