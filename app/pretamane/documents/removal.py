"""Removing documents for good: nothing of what was written in them or about them stays in any row.

Their bytes and pictures go by jobs, for no disk is touched while a transaction is open.
"""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from pretamane.core import idempotency, jobs
from pretamane.documents import blobs
from pretamane.documents.models import Document, DocumentTag, DocumentVersion, RetentionRule, Tag

FORGET_PICTURES: Final = "documents.forget_pictures"


def hold_tags(session: Session, documents: Collection[UUID]) -> Sequence[UUID]:
    """Those that these documents have; before the documents are locked, in the order of all who do so."""
    theirs = select(DocumentTag.tag_id).where(DocumentTag.document_id.in_(documents))
    held = select(Tag.id).where(Tag.id.in_(theirs)).order_by(Tag.id).with_for_update()
    return session.scalars(held).all()


def remove(session: Session, documents: Collection[UUID], tags: Collection[UUID]) -> int:
    """Of these documents, which are locked, everything; how many versions that was. Their tags go with the last one."""
    versions = delete(DocumentVersion).where(DocumentVersion.document_id.in_(documents))
    removed = versions.returning(DocumentVersion.id, DocumentVersion.blob_id)
    named = session.execute(removed.execution_options(synchronize_session=False)).all()
    gone = {*documents, *(version_id for version_id, _ in named)}
    for document_id in documents:
        if (known := session.identity_map.get(session.identity_key(Document, document_id))) is not None:
            session.expunge(known)
    session.execute(delete(Document).where(Document.id.in_(documents)).execution_options(synchronize_session=False))
    remove_unused(session, tags)
    forget_work(session, gone)
    blobs.let_go(session, {blob_id for _, blob_id in named})
    if named:
        jobs.enqueue(session, FORGET_PICTURES, versions=[str(version_id) for version_id, _ in named])
    return len(named)


def forget_work(session: Session, ids: Collection[UUID], words: Collection[str] = ()) -> None:
    """What waits to be done for these, with the words in which it failed; and answers kept for a retry."""
    named = {*(str(each) for each in ids), *words}
    jobs.forget(session, named)
    idempotency.forget_answers(session, named)


def remove_unused(session: Session, tags: Collection[UUID]) -> None:
    """A name that only these documents bore may be a person's."""
    unused = (
        Tag.id.in_(tags),
        ~exists().where(DocumentTag.tag_id == Tag.id),
        ~exists().where(RetentionRule.tag_id == Tag.id),
    )
    session.execute(delete(Tag).where(*unused).execution_options(synchronize_session=False))
