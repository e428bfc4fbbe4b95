"""Bytes from elsewhere into the spool, and from there to the one writer: never a link to somebody's own file."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from sqlalchemy.orm import Session

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Unavailable
from pretamane.core.spool import Kept, Spool
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents.moving import arriving
from pretamane.documents.moving.arriving import Brought
from pretamane.documents.receiving.receiving import ATTEMPTS, Receiving
from pretamane.documents.service import Original
from pretamane.documents.stored.blobs import KeyIsOver

_ALGORITHMS: Final = {32: "md5", 64: "sha256"}
# Opens the bytes anew each time.
Open = Callable[[], AbstractContextManager[Iterator[bytes]]]


class NotAsListed(Exception):
    """The bytes are not those that were promised."""


@dataclass(frozen=True)
class Promised:
    """Bytes with what is said about them."""

    open: Open
    filename: str
    limit: int
    # In hexadecimal digits: their number says by which way it was taken.
    checksum: str


class Brings(NamedTuple):
    """What became of it; a quarantine has a reason."""

    is_new: bool
    quarantine: str | None


@dataclass(frozen=True)
class Bringing:
    """For a command: it works in the house's database and store, and no connection is held while bytes travel."""

    work: UnitOfWork
    spool: Spool
    receiving: Receiving

    def file(self, brought: Brought, promised: Sequence[Promised]) -> Brings:
        """With every version or not at all."""
        for _ in range(ATTEMPTS):
            originals = [self._keep(each) for each in promised]
            try:
                is_new = self.receiving.name_all(originals, partial(_file, brought, originals))
            except KeyIsOver:
                continue
            quarantines = [each.recognised.quarantine for each in originals]
            return Brings(is_new, next((each.reason for each in quarantines if each), None))
        raise Unavailable(_REMOVED)

    def look(self, promised: Promised) -> str | None:
        """Why it would be kept in quarantine."""
        with self._spooled(promised) as kept:
            quarantine = self.receiving.look_kindly(kept, promised.filename).quarantine
            return quarantine.reason if quarantine else None

    def _keep(self, promised: Promised) -> Original:
        with self._spooled(promised) as kept:
            return self.receiving.keep(kept, promised.filename)

    @contextmanager
    def _spooled(self, promised: Promised) -> Iterator[Kept]:
        digest = hashlib.new(_ALGORITHMS.get(len(promised.checksum), "sha256"), usedforsecurity=False)
        with self.spool.filling(limit=promised.limit) as filling:
            with promised.open() as pieces:
                for piece in pieces:
                    filling.write(piece)
                    digest.update(piece)
            if digest.hexdigest() != promised.checksum.lower():
                raise NotAsListed
            yield filling.whole()


_REMOVED: Final = "The same document is being removed just now. Please run the command again."


def _file(brought: Brought, originals: Sequence[Original], session: Session) -> bool:
    return arriving.file_brought(session, brought, originals, OPERATOR)
