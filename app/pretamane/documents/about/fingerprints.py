"""What a text is like: by 64 bits that hardly change when little of it does (a simhash of its pairs of words).

Pairs rather than longer runs, each as often as it comes, and no dates: measured, that finds the same letter with
another date and a second scan of it, and no other letter written from the same template.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b, sha256
from itertools import pairwise
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text, update
from sqlalchemy.orm import Session

from pretamane.core import events, jobs
from pretamane.core.jobs import Run
from pretamane.documents.models import DocumentPage, DocumentVersion

TAKE_FINGERPRINT: Final = "documents.fingerprint"
# Of 64 bits, so many may differ between texts that are nearly the same.
NEAR: Final = 3
# Shorter ones are the same or they are not: one other word is too much of them.
SHORTEST: Final = 20
# More of a long text make it no better known, and take longer.
LOOKED_AT: Final = 10_000
# Of many copies each names a few of the others, or a thousand of them would make half a million pairs.
MOST_LIKE: Final = 5

_BITS: Final = 64
_WORD = re.compile(r"\w+")
# 12.03.2026, 2026-03-12, 12 March 2026 and March 12, 2026: the same letter is sent again on another day.
_YEAR, _DAY = r"(?:19|20)\d\d", r"\d{1,2}"
_DATE = re.compile(
    rf"\b(?:{_DAY}[./-]\s?{_DAY}[./-]\s?(?:{_YEAR}|\d\d)|{_YEAR}-\d\d-\d\d"
    rf"|{_DAY}\.?(?:\s(?:de|of))?\s[^\W\d_]+\.?(?:\sde)?\s{_YEAR}|[^\W\d_]+\.?\s{_DAY}(?:st|nd|rd|th)?,?\s{_YEAR})\b"
)


class Fingerprint(NamedTuple):
    """Nothing where there are no words."""

    text_sha256: bytes | None = None
    bits: int | None = None
    is_long: bool = False


def fingerprint_of(pages: Iterable[str]) -> Fingerprint:
    digest, count, dateless = sha256(), 0, list[str]()
    for page in pages:
        for word in _words_of(page):
            digest.update(word.encode() + b" ")
            count += 1
        if len(dateless) < LOOKED_AT:
            dateless += _words_of(_DATE.sub(" ", page))
    if not count:
        return Fingerprint()
    return Fingerprint(digest.digest(), _simhash(dateless[:LOOKED_AT]), len(dateless) >= SHORTEST)


def _words_of(page: str) -> Iterable[str]:
    return (found[0].casefold() for found in _WORD.finditer(page))


def _simhash(words: list[str]) -> int:
    """Each pair of words votes on every bit; signed, as PostgreSQL keeps it."""
    hashed = [blake2b(" ".join(pair).encode(), digest_size=_BITS // 8).digest() for pair in pairwise(words)]
    # A row of 64 digits for each pair, one after the other: counting down a column is quick only as text.
    cast = "".join(f"{int.from_bytes(each, 'big'):0{_BITS}b}" for each in hashed)
    won = ["1" if cast[bit::_BITS].count("1") * 2 > len(hashed) else "0" for bit in range(_BITS)]
    unsigned = int("".join(won), 2)
    return unsigned - (1 << _BITS) if unsigned >> (_BITS - 1) else unsigned


def queue(session: Session, ready: events.Event) -> None:
    """Once all of a version's text is there."""
    version = ready.details["version"]
    jobs.enqueue(session, TAKE_FINGERPRINT, priority=jobs.Priority.LAST, unique=version, version=version)


def take(run: Run) -> None:
    version_id = UUID(run.args["version"])
    run.finish(keep, version_id, run.read(_of_version, version_id))


def _of_version(session: Session, version_id: UUID) -> Fingerprint:
    asked = select(DocumentPage.text).where(DocumentPage.version_id == version_id).order_by(DocumentPage.number)
    return fingerprint_of(session.scalars(asked.execution_options(yield_per=50)))


# One after the other, or of two that are read at the same time neither would know of the other.
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('documents.fingerprint', 0))")
_THIS = bindparam("version", type_=Uuid)
_FORGET = text("DELETE FROM document_likenesses WHERE version_id = :version OR other_id = :version").bindparams(_THIS)
_LIKE = text("""
    INSERT INTO document_likenesses (version_id, other_id, distance, is_same_text)
    SELECT :version, other.id, bit_count(CAST(other.fingerprint # CAST(:bits AS bigint) AS bit(64))),
        other.text_sha256 = :sha256
    FROM document_versions AS other
    WHERE other.fingerprint IS NOT NULL AND other.id <> :version
      AND other.document_id <> (SELECT document_id FROM document_versions WHERE id = :version)
      AND (((other.fingerprint >> 48) & 65535) = ((CAST(:bits AS bigint) >> 48) & 65535)
        OR ((other.fingerprint >> 32) & 65535) = ((CAST(:bits AS bigint) >> 32) & 65535)
        OR ((other.fingerprint >> 16) & 65535) = ((CAST(:bits AS bigint) >> 16) & 65535)
        OR ((other.fingerprint >> 0) & 65535) = ((CAST(:bits AS bigint) >> 0) & 65535))
      AND bit_count(CAST(other.fingerprint # CAST(:bits AS bigint) AS bit(64))) <= :near
      AND (:is_long OR other.text_sha256 = :sha256)
    ORDER BY 3, other.id DESC LIMIT :most
""").bindparams(_THIS)


def keep(session: Session, version_id: UUID, taken: Fingerprint) -> None:
    """With the versions that are like it; nothing of one that was purged meanwhile."""
    session.execute(_TURN)
    fresh = update(DocumentVersion).where(DocumentVersion.id == version_id)
    fresh = fresh.values(text_sha256=taken.text_sha256, fingerprint=taken.bits).returning(DocumentVersion.id)
    if session.scalar(fresh.execution_options(synchronize_session=False)) is None:
        return
    session.execute(_FORGET, {"version": version_id})
    if taken.bits is not None:
        like = {"bits": taken.bits, "sha256": taken.text_sha256, "is_long": taken.is_long}
        session.execute(_LIKE, {"version": version_id, **like, "near": NEAR, "most": MOST_LIKE})
