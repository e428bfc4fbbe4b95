"""How long the staff's lists take with a thousand messages and with a hundred thousand, asked in turn."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import create_engine, make_url, text
from starlette.testclient import TestClient

from pretamane.adapters.postgres_embedded import APP_ROLE, as_app
from pretamane.core.actors import Actor, Role
from pretamane.core.clock import SystemClock
from pretamane.core.migrations import migrate
from pretamane.core.paging import Place
from pretamane.settings import Settings
from pretamane.wiring import OwnPostgres, Platform, build_app

FEW, MANY = 1_000, 100_000
ROUNDS = 150
# The first ones warm up.
WARM = 10
GOAL = 1.3

_STAFF = Actor(UUID(int=1), "Bench", Role.STAFF)
_DEEP = Place(datetime(2026, 1, 1, 8, tzinfo=UTC), UUID(int=0)).cursor
LISTS = {
    "the inbox, new": "/app/inbox",
    "the inbox, all, a word that half have": "/app/inbox?status=all&q=common",
    "the API, done": "/api/v1/submissions?status=done",
    "the API, a rare word": "/api/v1/submissions?q=rare",
    "the API, assigned to one": f"/api/v1/submissions?status=open&assignee={UUID(int=1)}",
    "the API, deep in the list": f"/api/v1/submissions?cursor={_DEEP}",
    "contacts": "/app/contacts",
    "contacts, by the start of a name": "/app/contacts?q=visitor+77",
}
# As many rare words in either: how much is found is not what is compared.
_FURNISH = (
    """
    INSERT INTO contacts (id, email, name, made_at)
    SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'visitor' || n || '@example.org',
        'Visitor ' || n, timestamptz '2026-01-01' + n * interval '1 minute'
    FROM generate_series(1, :rows) AS n
    """,
    """
    INSERT INTO submissions (
        id, reference, contact_id, status, name, email, message, consented, received_at, assignee_id
    )
    SELECT gen_random_uuid(), 'REF-' || n, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid,
        CASE n % 10 WHEN 0 THEN 'new' WHEN 1 THEN 'open' WHEN 2 THEN 'spam' ELSE 'done' END,
        'Visitor ' || n, 'visitor' || n || '@example.org',
        CASE WHEN n % 2 = 0 THEN 'common ' ELSE '' END || CASE WHEN n % (:rows / 50) = 0 THEN 'rare ' ELSE '' END
            || repeat('and what one writes besides to a practice ', 8),
        false, timestamptz '2026-01-01' + n * interval '1 minute',
        CASE WHEN n % 2 = 1 THEN '00000000-0000-0000-0000-000000000001'::uuid END
    FROM generate_series(1, :rows) AS n
    """,
    "VACUUM ANALYZE contacts, submissions",
)


@dataclass
class Timed:
    few: list[float] = field(default_factory=list)
    many: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return _p95(self.many) / _p95(self.few)

    def row(self, what: str) -> tuple[str, str, str]:
        times = f"{_p95(self.few) * 1000:.1f} → {_p95(self.many) * 1000:.1f} ms"
        return f"{what}, p95 at {FEW:,} → {MANY:,}", f"{times} ({self.ratio:.2f})", f"{GOAL}"


def _p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


@contextmanager
def furnished(settings: Settings, name: str, rows: int, furnish: Sequence[str]) -> Iterator[TestClient]:
    """A house with so many rows, on a database of its own."""
    owner = make_url(_owner(settings)).set(database=name).render_as_string(hide_password=False)
    _execute(_owner(settings), f"CREATE DATABASE {name}")
    migrate(owner, APP_ROLE)
    for statement in furnish:
        _execute(owner, statement, rows)
    platform = Platform.build(settings.model_copy(update={"database_url": SecretStr(as_app(owner))}))
    edge = build_app(platform)
    assert isinstance(edge.app, FastAPI)  # noqa: S101  # says to mypy what compose() made
    edge.app.state.authenticate = lambda _request: _STAFF
    with TestClient(edge) as client:
        yield client


def _owner(settings: Settings) -> str:
    return settings.database_owner_url.get_secret_value() if settings.database_owner_url else ""


def _execute(address: str, statement: str, rows: int = 0) -> None:
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement), {"rows": rows} if ":rows" in statement else {})
    engine.dispose()


def _seconds(client: TestClient, address: str) -> float:
    started = time.perf_counter()
    answer = client.get(address)
    took = time.perf_counter() - started
    answer.raise_for_status()
    return took


def rows() -> list[tuple[str, str, str]]:
    """The lines of the table of results."""
    with TemporaryDirectory(prefix="pretamane-lists-") as folder:
        return [timed.row(what) for what, timed in _measured(Path(folder)).items()]


def _measured(folder: Path) -> dict[str, Timed]:
    settings = Settings.model_validate({"data_dir": folder, "signing_key": "x" * 48, "log_level": "error"})
    with ExitStack() as opened:
        own = opened.enter_context(OwnPostgres(settings, SystemClock()))
        few = opened.enter_context(furnished(own.settings, "few", FEW, _FURNISH))
        many = opened.enter_context(furnished(own.settings, "many", MANY, _FURNISH))
        return {what: in_turn(few, many, partial(_seconds, address=address)) for what, address in LISTS.items()}


def in_turn(few: TestClient, many: TestClient, seconds: Callable[[TestClient], float], rounds: int = ROUNDS) -> Timed:
    """One after the other, so that a machine that gets slower is slower for both."""
    timed = Timed()
    for number in range(rounds + WARM):
        pair = seconds(few), seconds(many)
        if number >= WARM:
            timed.few.append(pair[0])
            timed.many.append(pair[1])
    return timed


if __name__ == "__main__":
    for line in rows():
        print("| " + " | ".join(line) + " |")
