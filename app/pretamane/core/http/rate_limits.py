"""How often one client may ask, counted in PostgreSQL so that every process counts the same."""

import hashlib
import hmac
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from fastapi import Request
from limits import RateLimitItem, parse
from limits.storage import Storage
from sqlalchemy import Connection, DateTime, Engine, Index, String, delete, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from pretamane.core import metrics, prepared
from pretamane.core.database import Record, refusing_when_away
from pretamane.core.errors import TooMany
from pretamane.core.http import exchange as exchanges
from pretamane.core.prepared import Prepared
from pretamane.ports import Clock


class RateLimitWindow(Record):
    """How often a key was seen in its current window. Unlogged: a crash forgets it, and that is all right."""

    __tablename__ = "rate_limit_windows"
    __table_args__ = (Index(None, "ends_at"), {"prefixes": ["UNLOGGED"]})

    key: Mapped[str] = mapped_column(String, primary_key=True)
    hits: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


_COUNT = Prepared("""
    INSERT INTO rate_limit_windows AS seen (key, hits, ends_at) VALUES (:key, :amount, :ends_at)
    ON CONFLICT (key) DO UPDATE SET
        hits = CASE WHEN seen.ends_at <= :now THEN 0 ELSE seen.hits END + :amount,
        ends_at = CASE WHEN seen.ends_at <= :now THEN :ends_at ELSE seen.ends_at END
    RETURNING hits, ends_at
""")


@dataclass(frozen=True)
class Window:
    hits: int
    ends_at: datetime


class PostgresWindows(Storage):
    """The `limits` library's store: each hit is one statement on a connection in autocommit."""

    STORAGE_SCHEME = ["pretamane"]  # noqa: RUF012  # the library reads a plain list from the class

    def __init__(self, bind: Engine | Connection, clock: Clock) -> None:
        """`bind` commits each statement by itself."""
        super().__init__()
        self.bind, self.clock = bind, clock

    @property
    def base_exceptions(self) -> type[Exception]:
        return Exception

    def count(self, key: str, seconds: int, amount: int = 1) -> Window:
        now = self.clock.now()
        values = {"key": key, "amount": amount, "now": now, "ends_at": now + timedelta(seconds=seconds)}
        with self._connection() as connection:
            return Window(*prepared.run(connection, _COUNT, values).one())

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return self.count(key, expiry, amount).hits

    def get(self, key: str) -> int:
        sql = "SELECT coalesce(max(hits), 0) FROM rate_limit_windows WHERE key = :key AND ends_at > :now"
        hits: int = self._value(sql, key=key, now=self.clock.now())
        return hits

    def get_expiry(self, key: str) -> float:
        sql = "SELECT max(ends_at) FROM rate_limit_windows WHERE key = :key"
        ends_at: datetime | None = self._value(sql, key=key)
        return (ends_at or self.clock.now()).timestamp()

    def check(self) -> bool:
        return bool(self._value("SELECT true"))

    def reset(self) -> int:
        sql = "WITH gone AS (DELETE FROM rate_limit_windows RETURNING 1) SELECT count(*) FROM gone"
        removed: int = self._value(sql)
        return removed

    def clear(self, key: str) -> None:
        sql = "WITH gone AS (DELETE FROM rate_limit_windows WHERE key = :key RETURNING 1) SELECT count(*) FROM gone"
        self._value(sql, key=key)

    def _value(self, sql: str, **values: object) -> Any:
        with self._connection() as connection:
            return connection.execute(text(sql), values).scalar()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with refusing_when_away():
            if isinstance(self.bind, Connection):  # a test's own, rolled back at its end
                yield self.bind
            else:
                with self.bind.connect() as connection:
                    yield connection


class RateLimits:
    """Counts a request against a limit, tells the answer's headers, and refuses past it."""

    def __init__(self, windows: PostgresWindows, secret: str) -> None:
        self.windows, self._secret = windows, secret.encode()

    def spend(self, request: Request, name: str, limit: str, *, together_with: str = "") -> None:
        """By the client's address; or by it together with something else, such as whom it asks for."""
        exchange = exchanges.of(request.scope)
        item = _parsed(limit)
        window = self._count(name, item, f"{exchange.client} {together_with}".rstrip())
        left = max(0, item.amount - window.hits)
        wait = max(1, math.ceil((window.ends_at - self.windows.clock.now()).total_seconds()))
        exchange.add_header("RateLimit-Policy", f'"{name}";q={item.amount};w={item.get_expiry()}')
        exchange.add_header("RateLimit", f'"{name}";r={left};t={wait}')
        if window.hits > item.amount:
            metrics.RATE_LIMITED.labels(name).inc()
            raise TooMany(
                f"That was too often in a short time. Please try again in {_spoken(wait)}.",
                headers={"Retry-After": str(wait)},
            )

    def leaves_room(self, name: str, limit: str, subject: str) -> bool:
        """Counts for something that nobody is refused for: whoever asks is told the same either way."""
        item = _parsed(limit)
        return self._count(name, item, subject).hits <= item.amount

    def pseudonym(self, request: Request) -> str:
        return self._hidden(exchanges.of(request.scope).client)

    def _count(self, name: str, item: RateLimitItem, subject: str) -> Window:
        return self.windows.count(f"{name}:{self._hidden(subject)}", item.get_expiry())

    def _hidden(self, subject: str) -> str:
        """Addresses are personal: no table ever holds one."""
        return hmac.new(self._secret, subject.encode(), hashlib.sha256).hexdigest()[:32]


@lru_cache
def _parsed(limit: str) -> RateLimitItem:
    return parse(limit)


def _spoken(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"


def forget_ended(session: Session, now: datetime) -> None:
    session.execute(delete(RateLimitWindow).where(RateLimitWindow.ends_at <= now))
