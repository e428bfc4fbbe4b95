"""Which originals may be read, and their bytes: as they came, whole or a stretch of them."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.errors import AppError, Forbidden, Gone, NotFound
from pretamane.documents import queries
from pretamane.documents.models import QUARANTINED
from pretamane.documents.queries import Original
from pretamane.ports import BlobStore


class BytesMissing(AppError):
    """A row names bytes that the store does not have: somebody has to look after that."""

    status, code = 500, "bytes-missing"


class Quarantined(Forbidden):
    code = "quarantined"


def readable(session: Session, document_id: UUID, by: Actor, number: int | None = None) -> Original:
    return _readable(queries.original(session, document_id, by, number))


def still_readable(session: Session, version_id: UUID, reader: UUID | None) -> Original:
    """Asked again when the bytes are fetched: what was trashed or restricted since is not served any more."""
    return _readable(queries.original_of(session, version_id, reader))


def _readable(original: Original) -> Original:
    if original.document.trashed_at is not None:
        raise NotFound("This document is in the trash. Take it out to open it.")
    if original.version.state == QUARANTINED:
        raise Quarantined(f"This file is in quarantine and is not served. {original.version.reason}")
    if original.blob.purged_at is not None:
        raise Gone("The bytes of this document were removed for good.")
    return original


class Opened(NamedTuple):
    """Bytes that are there, to be closed by whoever opened them."""

    closing: ExitStack
    pieces: Iterator[bytes]


def opened(store: BlobStore, key: str, start: int, length: int) -> Opened:
    """Whether they are there is known before anything is answered."""
    with ExitStack() as stack:
        try:
            pieces = stack.enter_context(store.read(key, start, length))
        except FileNotFoundError as failure:
            raise BytesMissing("The bytes of this document are missing. It is in the log.") from failure
        return Opened(stack.pop_all(), pieces)
