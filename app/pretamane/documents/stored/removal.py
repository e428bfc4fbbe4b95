"""Removing documents for good: nothing of what was written in them or about them stays in any row.

Their bytes and pictures go by jobs, for no disk is touched while a transaction is open.
"""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, delete, exists, select
from sqlalchemy.orm import Session

from pretamane.core import idempotency, jobs
from pretamane.core.jobs import Run
from pretamane.core.spool import Spool
from pretamane.documents.models import Document, DocumentTag, DocumentVersion, RetentionRule, Tag, Upload
from pretamane.documents.stored import blobs

FORGET_PICTURES: Final = "documents.forget_pictures"
DROP_UPLOADS: Final = "documents.drop_uploads"


def hold_tags(session: Session, documents: Collection[UUID]) -> Sequence[UUID]:
    """Those that these documents have; before the documents are locked, in the order of all who do so."""
    theirs = select(DocumentTag.tag_id).where(DocumentTag.document_id.in_(documents))
    held = select(Tag.id).where(Tag.id.in_(theirs)).order_by(Tag.id).with_for_update()
    return session.scalars(held).all()


def remove(session: Session, documents: Collection[UUID], tags: Collection[UUID]) -> int:
    """Of these documents, which are locked, everything; how many versions that was. Their tags go with the last one.

    Whoever calls has left out what is on hold: that one of them is held all the same is a defect, and nothing goes.
    """
    held = select(Document.id).where(Document.id.in_(documents), Document.held_at.is_not(None)).limit(1)
    if session.scalar(held) is not None:
        raise ValueError("what is on hold was about to be removed")
    forget_uploads(session, onto(documents))
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


def onto(documents: Collection[UUID]) -> ColumnElement[bool]:
    """Uploads that are to become another version of one of these."""
    return cast(Upload.details["document"].astext, String).in_([str(each) for each in documents])


def forget_uploads(session: Session, which: ColumnElement[bool]) -> None:
    """Their rows now; what has come of those that were not finished goes by a job."""
    forgetting = delete(Upload).where(which).returning(Upload.id, Upload.document_id)
    gone = session.execute(forgetting.execution_options(synchronize_session=False)).all()
    if unfinished := sorted(str(row.id) for row in gone if row.document_id is None):
        jobs.enqueue(session, DROP_UPLOADS, uploads=unfinished)


def drop_uploads(spool: Spool, run: Run) -> None:
    for upload in run.args["uploads"]:
        spool.drop(f"{UUID(upload).hex}.upload")


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
