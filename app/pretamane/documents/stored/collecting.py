"""Looking after the bytes: what no row ever named is collected, what rows name is verified, what was purged goes."""

import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pretamane.core.jobs import Run
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.models import Blob
from pretamane.documents.stored import blobs, keys
from pretamane.ports import BlobStore, Clock, KeptBlob

T = TypeVar("T")

# Rows or keys that are asked about at once.
BATCH = 500
_NO_ID = UUID(int=0)


@dataclass(frozen=True)
class Fault:
    key: str
    fate: Literal["missing", "damaged", "unnamed"]


class Keeper:
    """Whoever looks after the store. It changes nothing that a row names."""

    def __init__(self, work: UnitOfWork, store: BlobStore, clock: Clock) -> None:
        self._work, self._store, self._clock = work, store, clock

    def collectable(self) -> Iterator[KeptBlob]:
        """What no row ever named, and none will: keys past the grace are not named any more."""
        for some in in_batches(self._store.kept()):
            at = self._clock.now()
            old = [blob for blob in some if keys.may_be_collected(blob.key, at)]
            yield from self._without_a_row(old)

    def collect(self) -> Iterator[KeptBlob]:
        """Each after it was removed."""
        for blob in self.collectable():
            self._store.remove(blob.key)
            yield blob

    def _without_a_row(self, kept: Sequence[KeptBlob]) -> Iterator[KeptBlob]:
        named = self._work.run_now(blobs.ever_named, [blob.key for blob in kept]) if kept else set()
        return (blob for blob in kept if blob.key not in named)

    def how_many(self) -> int:
        return self._work.run_now(_count)

    def verify(self, share: float = 1.0, seen: Callable[[], None] = lambda: None) -> Iterator[Fault]:
        """Bytes that rows name and that are not there, or not what they were; then those that no row names.

        Of the first only a share is looked at, blindly chosen; `seen` is called after each.
        """
        for blob in self._named():
            if random.random() < share and (fault := self._fault_of(blob)):  # noqa: S311  # a sample, no secret
                yield fault
            seen()
        for some in in_batches(self._store.kept()):
            at = self._clock.now()
            unused = [each for each in some if not keys.may_be_named(each.key, at)]
            yield from (Fault(each.key, "unnamed") for each in self._without_a_row(unused))

    def _named(self) -> Iterator[Blob]:
        last = _NO_ID
        while page := self._work.run_now(_live_after, last):
            yield from page
            last = page[-1].id

    def _fault_of(self, blob: Blob) -> Fault | None:
        try:
            with self._store.read(blob.key) as pieces:
                digest = hashlib.sha256()
                for piece in pieces:
                    digest.update(piece)
        except FileNotFoundError:
            purged = self._work.run_now(_is_purged, blob.id)  # while we were looking
            return None if purged else Fault(blob.key, "missing")
        return None if digest.digest() == blob.sha256 else Fault(blob.key, "damaged")


def purge_blob(store: BlobStore, run: Run) -> None:
    """Every version of it. Again is the same as once."""
    store.remove(run.args["key"])


def _count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Blob).where(Blob.purged_at.is_(None))).scalar_one()


def _live_after(session: Session, last: UUID) -> Sequence[Blob]:
    live = select(Blob).where(Blob.id > last, Blob.purged_at.is_(None))
    return session.scalars(live.order_by(Blob.id).limit(BATCH)).all()


def _is_purged(session: Session, blob_id: UUID) -> bool:
    return session.scalar(select(Blob.purged_at.is_not(None)).where(Blob.id == blob_id)) is not False


def in_batches(things: Iterable[T]) -> Iterator[list[T]]:
    following = iter(things)
    while some := list(islice(following, BATCH)):
        yield some
