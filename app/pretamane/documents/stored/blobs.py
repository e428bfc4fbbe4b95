"""The rows that name bytes in the store. Each is locked before it is named anew or let go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, select, text, update
from sqlalchemy.orm import Session

from pretamane.core import jobs
from pretamane.core.database import now
from pretamane.core.ids import new_id
from pretamane.documents.models import Blob, DocumentVersion
from pretamane.documents.stored import keys

PURGE_BLOB = "documents.purge_blob"


class KeyIsOver(Exception):
    """The key cannot be named any more: its bytes were purged meanwhile, or it has waited too long."""


@dataclass(frozen=True)
class Stored:
    """Bytes that are durable under a key, which is ours alone until a row names it, or somebody's already."""

    key: str
    is_ours: bool
    sha256: bytes
    size: int


def live_key(session: Session, sha256: bytes) -> str | None:
    return session.scalar(select(Blob.key).where(Blob.sha256 == sha256, Blob.purged_at.is_(None)))


# Whoever was quicker with the same bytes keeps their key. Either way the row is locked until the commit.
_NAME = (
    text("""
    INSERT INTO blobs AS known (id, key, sha256, size, made_at) VALUES (:id, :key, :sha256, :size, :now)
    ON CONFLICT (sha256) WHERE purged_at IS NULL DO UPDATE SET size = known.size
    RETURNING id
""")
    .bindparams(bindparam("id", type_=Uuid))
    .columns(id=Uuid)
)


def name(session: Session, stored: Stored) -> Blob:
    """The live row of these bytes, locked; made of our key where there is none."""
    if not stored.is_ours:
        known = select(Blob).where(Blob.sha256 == stored.sha256, Blob.purged_at.is_(None))
        found = session.scalar(known.with_for_update())
        if found is None:
            raise KeyIsOver
        return found
    if not keys.may_be_named(stored.key, now(session)):
        raise KeyIsOver
    row = {"id": new_id(), "key": stored.key, "sha256": stored.sha256, "size": stored.size, "now": now(session)}
    return session.get_one(Blob, session.execute(_NAME, row).scalar_one())


def let_go(session: Session, blobs: Collection[UUID]) -> Sequence[str]:
    """Purge those that no version names any more. Locked first: whoever names one just now comes before or after."""
    session.execute(select(Blob.id).where(Blob.id.in_(blobs)).order_by(Blob.id).with_for_update())
    unnamed = ~exists().where(DocumentVersion.blob_id == Blob.id)
    purging = update(Blob).where(Blob.id.in_(blobs), Blob.purged_at.is_(None), unnamed).values(purged_at=now(session))
    purged = session.scalars(purging.returning(Blob.key).execution_options(synchronize_session=False)).all()
    for key in purged:
        jobs.enqueue(session, PURGE_BLOB, key=key)
    return purged


def ever_named(session: Session, wanted: Collection[str]) -> set[str]:
    """Which of these keys a row names or named."""
    return set(session.scalars(select(Blob.key).where(Blob.key.in_(wanted))))
