"""Bytes from elsewhere into the spool, and from there to the one writer: never a link to somebody's own file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Unavailable
from pretamane.core.spool import Spool
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents import moving
from pretamane.documents.blobs import KeyIsOver
from pretamane.documents.moving import Brought
from pretamane.documents.receiving import ATTEMPTS, Receiving
from pretamane.documents.service import Original

# Opens the bytes anew each time.
Open = Callable[[], AbstractContextManager[Iterator[bytes]]]


class NotAsListed(Exception):
    """The bytes are not those that were promised."""


@dataclass(frozen=True)
class Promised:
    """Bytes with what is said about them."""

    open: Open
    filename: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Bringing:
    """For a command: it works in the house's database and store, and no connection is held while bytes travel."""

    work: UnitOfWork
    spool: Spool
    receiving: Receiving

    def file(self, brought: Brought, promised: Sequence[Promised]) -> bool:
        """With every version or not at all; False where it is here already."""
        for _ in range(ATTEMPTS):
            originals = [self._keep(each) for each in promised]
            try:
                return self.receiving.name_all(originals, partial(_file, brought, originals))
            except KeyIsOver:
                continue
        raise Unavailable(_REMOVED)

    def _keep(self, promised: Promised) -> Original:
        with self.spool.filling(limit=promised.size) as filling, promised.open() as pieces:
            for piece in pieces:
                filling.write(piece)
            kept = filling.whole()
            if kept.sha256.hex() != promised.sha256:
                raise NotAsListed
            return self.receiving.keep(kept, promised.filename)


_REMOVED: Final = "The same document is being removed just now. Please run the command again."


def _file(brought: Brought, originals: Sequence[Original], session: Session) -> bool:
    return moving.file_brought(session, brought, originals, OPERATOR)
