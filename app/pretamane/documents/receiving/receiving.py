"""The one writer of documents: bytes first, then the row that names them, whichever way they came."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from pretamane.core.actors import OPERATOR, Actor
from pretamane.core.errors import AppError, Unavailable
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents import queries, service
from pretamane.documents.receiving import versions
from pretamane.documents.recognising import kinds
from pretamane.documents.recognising.recognition import Quarantine, Recognised
from pretamane.documents.service import Arrival, Filed, IfKnown, Original
from pretamane.documents.stored import blobs, keys
from pretamane.documents.stored.blobs import KeyIsOver, Stored
from pretamane.ports import BlobStore, Clock

T = TypeVar("T")

# Refuses, by an AppError with a sentence, what is not taken.
Recognise = Callable[[Path, str], Recognised]

# Each further one needs the same bytes to be purged in the very moment in which they come again.
ATTEMPTS = 5

_log = logging.getLogger("pretamane.documents")


class Whole(Protocol):
    """All bytes of an original, in a file that stays until whoever brought it discards it."""

    path: Path
    sha256: bytes
    size: int


File = Callable[[Session], Filed]
# Runs the filing in a transaction, perhaps together with what else has to be written then.
Commit = Callable[[File], T]


class Receiving:
    def __init__(self, work: UnitOfWork, store: BlobStore, recognise: Recognise, clock: Clock) -> None:
        self._work, self._store, self._recognise, self._clock = work, store, recognise, clock

    def file(self, original: Whole, arrival: Arrival, by: Actor, commit: Commit[T]) -> T:
        """Takes as long as the store takes, and holds a connection only for the rows. For a thread or a job."""
        recognised = self._recognise(original.path, arrival.filename)
        for _ in range(ATTEMPTS):
            stored = self._make_durable(original, arrival.if_known, by)
            with suppress(KeyIsOver):
                return self._name(Original(stored, recognised), arrival, by, commit)
        raise Unavailable("The same document is being removed just now. Please try again in a moment.")

    def look(self, original: Whole, filename: str) -> Recognised:
        """What would become of it. Refuses, as filing does, what is not taken."""
        return self._recognise(original.path, filename)

    def look_kindly(self, original: Whole, filename: str) -> Recognised:
        """Of what another house has kept nothing is refused: what is not taken here is for the quarantine."""
        try:
            return self._recognise(original.path, filename)
        except AppError as refusal:
            if refusal.status >= 500:
                raise
            return Recognised(kinds.TXT, quarantine=Quarantine(refusal.sentence))

    def keep(self, original: Whole, filename: str) -> Original:
        """Durable, and not named yet."""
        recognised = self.look_kindly(original, filename)
        return Original(self._make_durable(original, "keep", OPERATOR), recognised)

    def name_all(self, originals: Sequence[Original], file: Callable[[Session], bool]) -> bool:
        """What was kept, in one transaction; KeyIsOver where that took too long or met a purge: keep them anew."""
        try:
            is_filed = self._work.run_now(file)
        except (AppError, KeyIsOver) as refusal:
            if isinstance(refusal, KeyIsOver) or refusal.status < 500:
                self._drop_unnamed(originals)
            raise
        self._drop_unnamed(originals)
        return is_filed

    def _drop_unnamed(self, originals: Sequence[Original]) -> None:
        keys_of_ours = {each.stored.key for each in originals if each.stored.is_ours}
        named = self._work.run_now(blobs.ever_named, keys_of_ours)
        for original in originals:
            if original.stored.key not in named:
                self._drop(original.stored)

    def _make_durable(self, original: Whole, if_known: IfKnown, by: Actor) -> Stored:
        """Nothing is sent to the store that it has already."""
        known_key = self._work.run_now(_look, original.sha256, if_known, by)
        if known_key is not None:
            return Stored(known_key, False, original.sha256, original.size)
        key = keys.new_key(original.sha256, self._clock.now())
        self._store.keep(key, original.path)
        return Stored(key, True, original.sha256, original.size)

    def _name(self, original: Original, arrival: Arrival, by: Actor, commit: Commit[T]) -> T:
        filed: list[Filed] = []
        file_it = service.file_original if arrival.onto is None else versions.file_version

        def file(session: Session) -> Filed:
            filed[:] = [file_it(session, original, arrival, by)]
            return filed[0]

        try:
            outcome = commit(file)
        except (AppError, KeyIsOver) as refusal:
            if isinstance(refusal, KeyIsOver) or refusal.status < 500:
                self._drop(original.stored)
            raise  # after a 5xx nobody knows what was committed: what no row names is collected in time
        if not filed or filed[0].blob.key != original.stored.key:
            self._drop(original.stored)
        return outcome

    def _drop(self, stored: Stored) -> None:
        """Only what is ours: nobody else ever heard of the key. What stays all the same is collected in time."""
        if stored.is_ours:
            try:
                self._store.remove(stored.key)
            except AppError:
                _log.warning("Bytes that no row names could not be removed; they are collected later.")


def _look(session: Session, sha256: bytes, if_known: IfKnown, by: Actor) -> str | None:
    if if_known == "ask" and (known := queries.known_already(session, sha256, by)):
        raise service.known_already(known)
    return blobs.live_key(session, sha256)
