"""The worker as it is put together for production: what it must look after without being asked."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session

from pretamane.core import audit, events
from pretamane.core.actors import OPERATOR
from pretamane.core.database import now
from pretamane.core.ids import new_id
from pretamane.settings import Settings
from pretamane.wiring import Platform, build_worker


@pytest.fixture
def built(settings: Settings, database_address: str) -> Iterator[Platform]:
    platform = Platform.build(settings.model_copy(update={"database_url": SecretStr(database_address)}))
    yield platform
    platform.database.bind.engine.dispose()
    platform.rate_limits.windows.bind.engine.dispose()


@contextmanager
def at_work(platform: Platform) -> Iterator[None]:
    worker = build_worker(platform, on_end=lambda: None)
    worker.start()
    yield
    worker.stop(5)


def within(seconds: float, is_so: Callable[[], object]) -> bool:
    patience = time.monotonic() + seconds
    while not (so := bool(is_so())) and time.monotonic() < patience:
        time.sleep(0.02)
    return so


def events_kept(platform: Platform) -> list[str]:
    return platform.work.run_now(lambda session: list(session.scalars(text("SELECT name FROM events"))))


def happen_today_and_long_ago(session: Session) -> None:
    events.emit(session, "today", new_id())
    long_ago = now(session) - events.KEPT_FOR - timedelta(days=1)
    session.add(events.Event(name="long ago", subject=new_id(), details={}, made_at=long_ago))


def move_the_sweep_to_now(session: Session) -> bool:
    moved = text("UPDATE schedules SET next_at = now() - interval '1 minute' WHERE name = 'sweep' RETURNING true")
    return bool(session.scalar(moved))


def test_an_audited_act_is_sealed_within_two_seconds_and_the_newest_seal_kept_outside(built: Platform) -> None:
    newest: Path = audit.NewestSeal(built.settings.data_dir).path
    with at_work(built):
        built.work.run_now(lambda session: audit.record(session, OPERATOR, "practice.changed"))
        is_sealed = within(2, newest.exists)

    seals = built.work.run_now(lambda session: session.scalar(text("SELECT count(*) FROM audit_seals")))
    assert (is_sealed, seals) == (True, 1)


def test_the_sweep_comes_by_its_schedule_and_forgets_what_is_old(built: Platform) -> None:
    built.work.run_now(happen_today_and_long_ago)
    with at_work(built):
        is_scheduled = within(5, lambda: built.work.run_now(move_the_sweep_to_now))
        is_swept = within(5, lambda: events_kept(built) == ["today"])

    assert (is_scheduled, is_swept) == (True, True)


@pytest.mark.parametrize(("url", "listed"), [(None, False), ("http://meilisearch:7700", True)])
def test_meilisearch_is_asked_how_it_is_where_it_is_named(settings, database_address, url, listed):
    named = {"database_url": SecretStr(database_address), "meilisearch_url": url}
    platform = Platform.build(settings.model_copy(update=named))

    assert ("search" in {each.name for each in platform.dependencies}) is listed
