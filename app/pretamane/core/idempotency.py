"""One key, one effect: a retry gets the first outcome, also when nobody heard it the first time."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from anyio import to_thread
from pydantic import BaseModel
from sqlalchemy import DateTime, LargeBinary, String, delete, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from pretamane.core import prepared
from pretamane.core.database import Record
from pretamane.core.errors import Conflict, Gone, Invalid, Malformed
from pretamane.core.prepared import Prepared
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import Clock

KEPT_FOR = timedelta(hours=24)
# While the first is under way: about five seconds in all, most of them far apart.
WAITS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 2.0)

_KEY = re.compile(r"[!-~]{8,200}")


class IdempotencyKey(Record):
    __tablename__ = "idempotency_keys"

    caller: Mapped[str] = mapped_column(String, primary_key=True)
    route: Mapped[str] = mapped_column(String, primary_key=True)
    key: Mapped[str] = mapped_column(String, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass(frozen=True)
class Claim:
    """Who asks for what under which key, and a digest of what was sent."""

    caller: str
    route: str
    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, caller: str, route: str, key: str, body: Mapping[str, object]) -> "Claim":
        if not _KEY.fullmatch(key):
            raise Malformed("An Idempotency-Key has 8 to 200 visible ASCII characters.", code="bad-idempotency-key")
        canonical = json.dumps(body, sort_keys=True, default=str).encode()
        return cls(caller, route, key, hashlib.sha256(canonical).digest())

    @property
    def lock(self) -> int:
        digest = hashlib.sha256("\0".join((self.caller, self.route, self.key)).encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)


Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Outcome(Generic[Answer]):
    answer: Answer
    replayed: bool


class UnderWay(Exception):
    """Another request holds the key, or was quicker to commit it."""


_LOOK = Prepared("""
    SELECT pg_try_advisory_xact_lock(:lock), known.fingerprint, known.answer
    FROM (VALUES (1)) AS always
    LEFT JOIN idempotency_keys AS known
        ON known.caller = :caller AND known.route = :route AND known.key = :key AND known.made_at > :oldest
""")

_KEEP = Prepared("""
    INSERT INTO idempotency_keys AS known (caller, route, key, fingerprint, answer, made_at)
    VALUES (:caller, :route, :key, :fingerprint, CAST(:answer AS jsonb), :now)
    ON CONFLICT (caller, route, key) DO UPDATE
        SET fingerprint = excluded.fingerprint, answer = excluded.answer, made_at = excluded.made_at
        WHERE known.made_at <= :oldest
    RETURNING true
""")


class OnlyOnce:
    """Runs verbs so that each claim takes effect once."""

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self.work, self.clock = work, clock

    def run_now(self, claim: Claim, verb: Callable[[Session], Answer], kind: type[Answer]) -> Outcome[Answer]:
        """Raises UnderWay where another request holds the key; see `patiently`."""
        return self.work.run_now(self._attempt, claim, verb, kind)

    def _attempt(
        self, session: Session, claim: Claim, verb: Callable[[Session], Answer], kind: type[Answer]
    ) -> Outcome[Answer]:
        now = self.clock.now()
        names = {"caller": claim.caller, "route": claim.route, "key": claim.key, "oldest": now - KEPT_FOR}
        ours, fingerprint, answer = prepared.run(session, _LOOK, names | {"lock": claim.lock}).one()
        if fingerprint is not None:
            return Outcome(kind.model_validate(_same(claim, bytes(fingerprint), answer)), replayed=True)
        if not ours:
            raise UnderWay
        made = verb(session)
        kept = {"fingerprint": claim.fingerprint, "answer": made.model_dump_json(), "now": now}
        prepared.run_later(session, _KEEP, names | kept)
        if prepared.send_waiting(session) is None:
            raise UnderWay  # committed between our look and our lock: undo ours, read theirs
        return Outcome(made, replayed=False)


async def patiently(attempt: Callable[[], Outcome[Answer]]) -> Outcome[Answer]:
    """Whoever meets a key that is under way waits without a connection, then is told when to come again."""
    for wait in WAITS:
        await asyncio.sleep(wait)
        try:
            return await to_thread.run_sync(attempt)
        except UnderWay:
            continue
    raise Conflict(
        "The same request is still being worked on. Please try again in a moment.",
        code="request-under-way",
        headers={"Retry-After": "2"},
    )


# What is forgotten stays as a mark, or a retry would do once more what was erased.
_FORGET = text("""
    UPDATE idempotency_keys SET answer = '{}' WHERE EXISTS (
        SELECT FROM regexp_matches(CAST(answer AS text), '[0-9A-Za-z-]{8,}', 'g') AS word WHERE word[1] = ANY(:named)
    )
""")


def forget_answers(session: Session, named: Collection[str]) -> None:
    """Those that speak of any of these ids or references."""
    prepared.send_waiting(session)
    session.execute(_FORGET, {"named": list(named)})


def _same(claim: Claim, fingerprint: bytes, answer: dict[str, Any]) -> dict[str, Any]:
    if fingerprint != claim.fingerprint:
        raise Invalid(
            "This Idempotency-Key was used for something else. Send a new key with a new message.",
            code="idempotency-key-reused",
        )
    if not answer:
        raise Gone("What was made under this Idempotency-Key was removed for good since.")
    return answer


def forget_old(session: Session, now: datetime) -> None:
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.made_at <= now - KEPT_FOR))
