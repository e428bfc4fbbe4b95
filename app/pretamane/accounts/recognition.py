"""Who is asking: told by the cookie of a signed-in browser, or by a key. No connection is held afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import Request
from sqlalchemy import Connection, Row, Select, or_, select, update
from starlette.responses import Response

from pretamane.accounts.models import Account, Key, SignedInSession
from pretamane.core import tokens
from pretamane.core.actors import Actor, Scope
from pretamane.core.database import Database
from pretamane.core.http.admission import Authenticate
from pretamane.core.tokens import ApiKey
from pretamane.ports import Clock

# A working day with its breaks: nobody signs in again after lunch, and a desk left in the evening is closed by morning.
IDLE = timedelta(hours=12)
# A stolen cookie that is kept warm is worth no more than this.
LONGEST = timedelta(days=14)
# Finer would cost a write with each request and tell nobody more.
SEEN_EVERY = timedelta(minutes=1)

_SESSION = select(
    SignedInSession.id, SignedInSession.seen_at, Account.id.label("account_id"), Account.name, Account.role
).join(Account, Account.id == SignedInSession.account_id)
_KEY = select(
    Key.id,
    Key.last_used_at.label("seen_at"),
    Key.secret_hash,
    Key.scopes,
    Account.id.label("account_id"),
    Account.name,
    Account.role,
).join(Account, Account.id == Key.account_id)


@dataclass(frozen=True)
class SessionCookie:
    """On https no page of a neighbouring host can set it, and no plain request carries it."""

    is_secure: bool

    @classmethod
    def at(cls, public_url: str) -> "SessionCookie":
        return cls(is_secure=public_url.startswith("https://"))

    @property
    def name(self) -> str:
        return "__Host-session" if self.is_secure else "session"

    def give(self, response: Response, token: str) -> None:
        self._set(response, token, int(LONGEST.total_seconds()))

    def take_back(self, response: Response) -> None:
        self._set(response, "", 0)

    def _set(self, response: Response, token: str, seconds: int) -> None:
        response.set_cookie(
            self.name, token, max_age=seconds, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )


def recognising(database: Database, clock: Clock, cookie: SessionCookie) -> Authenticate:
    def recognise(request: Request) -> Actor | None:
        bearer = _bearer(request)
        if bearer is not None:  # whoever shows a key is judged by it alone
            key = ApiKey.read(bearer)
            return _of_key(database, clock.now(), key) if key else None
        token = request.cookies.get(cookie.name)
        return _of_session(database, clock.now(), token) if token else None

    return recognise


def _bearer(request: Request) -> str | None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else None


def still_open(now: datetime) -> Select[*tuple[Any, ...]]:
    """The sessions that neither their age nor a long silence has ended, with whose they are."""
    return _SESSION.where(
        SignedInSession.ends_at > now, SignedInSession.seen_at > now - IDLE, Account.deactivated_at.is_(None)
    )


def _of_session(database: Database, now: datetime, token: str) -> Actor | None:
    with database.autocommitting() as connection:
        asked = still_open(now).where(SignedInSession.token_hash == tokens.hash_of(token))
        found = connection.execute(asked).one_or_none()
        if found is None:
            return None
        if _is_due(found, now):
            seen = update(SignedInSession).where(SignedInSession.id == found.id).values(seen_at=now)
            connection.execute(seen)
    return Actor(found.account_id, found.name, found.role, session_id=found.id)


def _of_key(database: Database, now: datetime, key: ApiKey) -> Actor | None:
    with database.autocommitting() as connection:
        found = _valid_key(connection, now, key)
        if found is None:
            return None
        if _is_due(found, now):
            connection.execute(update(Key).where(Key.id == found.id).values(last_used_at=now))
    scopes = frozenset(Scope(scope) for scope in found.scopes)
    return Actor(found.account_id, found.name, found.role, key_id=found.id, scopes=scopes)


def _valid_key(connection: Connection, now: datetime, key: ApiKey) -> Row[*tuple[Any, ...]] | None:
    asked = _KEY.where(
        Key.prefix == key.prefix,
        Key.revoked_at.is_(None),
        or_(Key.ends_at.is_(None), Key.ends_at > now),
        Account.deactivated_at.is_(None),
    )
    found = connection.execute(asked).one_or_none()
    return found if found is not None and tokens.is_same(found.secret_hash, key.hash) else None


def _is_due(found: Row[*tuple[Any, ...]], now: datetime) -> bool:
    return found.seen_at is None or now - found.seen_at >= SEEN_EVERY
