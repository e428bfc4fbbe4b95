"""Chaining what was recorded: by seals beside the entries, so that nobody waits for the chain who only records."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy import Text, cast, exists, func, literal, select, text
from sqlalchemy.orm import Session

from pretamane.core import metrics
from pretamane.core.audit import chain
from pretamane.core.audit.models import AuditEntry, AuditSeal
from pretamane.core.audit.newest_seal import NewestSeal, Seal
from pretamane.core.database import after_commit, now

BATCH = 1_000
# How far before the newest sealed entry there may be one whose transaction has ended since. None lasts longer than the
# longer; that far back is a look now and then, because each look asks of every entry whether it has a seal.
REACH, LONGER_REACH = timedelta(seconds=20), timedelta(minutes=10)
LONGER_LOOK_EVERY = timedelta(seconds=30)
# Two sealers at once must make one chain; any fixed number that nothing else locks.
_LOCK = 7_273_826_002

_ADD = text("""
    INSERT INTO audit_seals (number, entry_id, hash)
    SELECT :first + place - 1, entry_id, hash
    FROM unnest(CAST(:entries AS uuid[]), CAST(:hashes AS bytea[])) WITH ORDINALITY AS seal (entry_id, hash, place)
""")

_log = logging.getLogger("pretamane.audit")


class Sealer:
    """Seals in the order of recording; an entry whose transaction ended late is sealed late."""

    def __init__(self, newest: NewestSeal) -> None:
        self._newest = newest
        self._told: str | None = None
        self._looked_far_back: datetime | None = None

    def seal_new(self, session: Session) -> int:
        """How many were sealed; none while another sealer is at it."""
        if not session.scalar(select(func.pg_try_advisory_xact_lock(_LOCK))):
            return 0
        begin = _end_of_chain(session)
        reach = self._reach(now(session))
        end, sealed, is_more = begin, 0, True
        while is_more:
            batch = _unsealed(session, _since(session, reach))
            end = _seal(session, end, batch) if batch else end
            sealed, is_more = sealed + len(batch), len(batch) == BATCH
        self._write_down(session, begin, end)
        return sealed

    def _reach(self, at: datetime) -> timedelta:
        last = self._looked_far_back
        if last is not None and last <= at < last + LONGER_LOOK_EVERY:
            return REACH
        self._looked_far_back = at
        return LONGER_REACH

    def _write_down(self, session: Session, begin: Seal | None, end: Seal | None) -> None:
        """After the commit, and never over a seal that the chain no longer has: that is the proof that it was cut."""
        try:
            written = self._newest.read()
        except (OSError, ValueError) as failure:
            return self._fail(f"The newest seal outside the database cannot be read: {failure}")
        if written is not None and written != begin and not _is_in_chain(session, written):
            return self._fail(f"Seal {written.number} is gone or another one: run `pretamane audit verify`.")
        if end is not None and written != end:
            begins_anew = written is None and begin is not None
            after_commit(session, partial(self._write, end, begins_anew=begins_anew))
        return None

    def _write(self, end: Seal, *, begins_anew: bool) -> None:
        try:
            self._newest.write(end)
        except (OSError, ValueError) as failure:
            return self._fail(f"The newest seal cannot be written outside the database: {failure}")
        if begins_anew:
            _log.warning("No seal was written down outside the database in %s; it began anew.", self._newest.path)
        self._told = None
        return None

    def _fail(self, sentence: str) -> None:
        """Sealing goes on: a full disk here must not stop it. Told once, counted each time."""
        metrics.SEAL_NOT_WRITTEN.inc()
        if sentence != self._told:
            _log.error("%s", sentence)
        self._told = sentence


def _end_of_chain(session: Session) -> Seal | None:
    last = session.execute(select(AuditSeal.number, AuditSeal.hash).order_by(AuditSeal.number.desc()).limit(1)).first()
    return None if last is None else Seal(last.number, last.hash)


def _is_in_chain(session: Session, seal: Seal) -> bool:
    return session.scalar(select(AuditSeal.hash).where(AuditSeal.number == seal.number)) == seal.hash


def _since(session: Session, reach: timedelta) -> str | None:
    """As text, because an entry's time may be one that Python does not know."""
    made_at = func.least(AuditEntry.made_at, now(session)) - reach
    newest = select(cast(made_at, Text)).join(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
    return session.scalar(newest.order_by(AuditSeal.number.desc()).limit(1))


def _unsealed(session: Session, since: str | None) -> list[tuple[UUID, chain.Spelling]]:
    """`since` is a plain value, so that the planner sees how few entries it leaves."""
    has_seal = exists().where(AuditSeal.entry_id == AuditEntry.id)
    found = select(AuditEntry.id, *chain.spelled()).where(~has_seal).order_by(AuditEntry.made_at, AuditEntry.id)
    if since is not None:
        found = found.where(AuditEntry.made_at > cast(literal(since, Text), AuditEntry.made_at.type))
    return [(row[0], row[1:]) for row in session.execute(found.limit(BATCH))]


def _seal(session: Session, end: Seal | None, batch: Sequence[tuple[UUID, chain.Spelling]]) -> Seal:
    first, previous = (end.number + 1, end.hash) if end else (1, chain.BEFORE_THE_FIRST)
    hashes = []
    for number, (_, spelling) in enumerate(batch, first):
        previous = chain.link(previous, number, spelling)
        hashes.append(previous)
    values = {"first": first, "entries": [entry for entry, _ in batch], "hashes": hashes}
    session.execute(_ADD, values)
    return Seal(first + len(batch) - 1, previous)
