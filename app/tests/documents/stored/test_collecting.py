"""No named blob is ever removed, whatever comes at the same time; what nobody named goes, and what is lost is told."""

import hashlib
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from threading import Lock
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from tests.conftest import MovableClock
from tests.contacts.conftest import STEFAN
from tests.stand_ins import FolderBlobs

from pretamane.core.errors import ChangedMeanwhile, Conflict, NotFound, Unavailable
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.documents import queries, service
from pretamane.documents.receiving.receiving import Receiving
from pretamane.documents.recognising.recognition import recognise
from pretamane.documents.service import Arrival
from pretamane.documents.stored import blobs, keys
from pretamane.documents.stored.blobs import Stored
from pretamane.documents.stored.collecting import Keeper
from pretamane.wiring import database_over

ROUNDS = 500 if os.environ.get("CI", "").lower() == "true" else 10_000
THREADS = 4
# Few, so that the same bytes come, go and come again all the time.
CONTENTS = [f"content {number}".encode() for number in range(6)]
SOMETIMES = 0.1
CHANCE = Random()  # noqa: S311  # which turn comes next, no secret


@dataclass
class Brought:
    """A file as the spool would hand it over."""

    path: Path
    sha256: bytes
    size: int

    @classmethod
    def of(cls, folder: Path, content: bytes) -> "Brought":
        path = folder / hashlib.sha256(content).hexdigest()
        path.write_bytes(content)
        return cls(path, hashlib.sha256(content).digest(), len(content))


class FailingBlobs(FolderBlobs):
    """Away now and then: before it took the bytes, or after."""

    def keep(self, key: str, file: Path) -> None:
        if CHANCE.random() < SOMETIMES:
            raise Unavailable("The store is away.")
        super().keep(key, file)
        if CHANCE.random() < SOMETIMES:
            raise Unavailable("Nobody knows whether it was kept.")


class RowFirst(Receiving):
    """The wrong order: it names what it has yet to keep."""

    def file(self, original, arrival, by, commit):
        outcome = super().file(original, arrival, by, commit)
        key = self._work.run_now(blobs.live_key, original.sha256)
        if key is not None:
            self._store.keep(key, original.path)
        return outcome

    def _make_durable(self, original, arrival, by):  # noqa: ARG002  # the right one's signature
        key = keys.new_key(original.sha256, self._clock.now())
        return Stored(key, True, original.sha256, original.size)


@dataclass
class House:
    work: UnitOfWork
    store: FolderBlobs
    clock: MovableClock
    folder: Path
    receiving: Receiving
    faults: list[object] = field(default_factory=list)
    _moving: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.work, self.store, self.clock)
        self.brought = [Brought.of(self.folder, content) for content in CONTENTS]
        self.removed: list[str] = []

    def upload(self) -> None:
        arrival = Arrival("a.txt", "test", if_known=CHANCE.choice(("keep", "keep", "ask")))
        self.receiving.file(CHANCE.choice(self.brought), arrival, STEFAN, self._commit)

    def _commit(self, file):
        if CHANCE.random() < SOMETIMES:
            raise Unavailable("Nobody knows whether it was committed.", code="commit-unconfirmed")
        return self.work.run_now(file).document.id

    def delete(self) -> None:
        """Trash, purge, and the purge's job."""
        page = self.work.run_now(queries.documents, queries.Documents(), STEFAN)
        if page.items:
            document = CHANCE.choice(page.items).Document
            self.work.run_now(service.trash, document.id, [document.version], STEFAN)
            self.work.run_now(service.purge, document.id, STEFAN)
        for key in self.work.run_now(_purged_keys):
            self.store.remove(key)

    def collect(self) -> None:
        self.removed.extend(blob.key for blob in self.keeper.collect())

    def check(self) -> None:
        self.faults += [fault for fault in self.keeper.verify() if fault.fate != "unnamed"]
        self.faults += self.work.run_now(_named_though_purged)

    def round(self, _number: int) -> None:
        """Ten minutes each: what is left over grows old enough to be collected, and no transaction takes a day."""
        with self._moving:
            self.clock.move(600)
        act = CHANCE.choice((self.upload, self.upload, self.upload, self.delete, self.collect, self.check))
        with suppress(Conflict, ChangedMeanwhile, NotFound, Unavailable):  # each may meet the others
            act()

    def play(self, rounds: int) -> None:
        with ThreadPoolExecutor(THREADS) as threads:
            list(threads.map(self.round, range(rounds)))
        self.clock.move(keys.GRACE.total_seconds() + 1)
        self.collect()
        self.check()


def _purged_keys(session) -> list[str]:
    return list(
        session.scalars(text("SELECT key FROM blobs WHERE purged_at IS NOT NULL ORDER BY purged_at DESC LIMIT 9"))
    )


def _named_though_purged(session) -> list[object]:
    purged = "SELECT key FROM blobs JOIN document_versions ON blob_id = blobs.id WHERE purged_at IS NOT NULL"
    return list(session.scalars(text(purged)))


@pytest.fixture
def house_of(database_address, tmp_path):
    engine = create_engine(database_address)
    store = FailingBlobs(tmp_path / "blobs")
    clock = MovableClock()
    work = UnitOfWork(database_over(engine, clock))

    def built(kind: type[Receiving] = Receiving, into: FolderBlobs = store) -> House:
        return House(work, into, clock, tmp_path, kind(work, into, recognise, clock))

    yield built
    engine.dispose()


def test_whatever_comes_at_once_no_named_blob_is_removed(house_of):
    house = house_of()
    left_over = keys.new_key(b"\1" * 32, house.clock.now())
    FolderBlobs.keep(house.store, left_over, house.brought[0].path)

    house.play(ROUNDS)

    assert house.faults == []
    assert left_over in house.removed


@pytest.mark.parametrize(("order", "found"), [(Receiving, []), (RowFirst, ["missing"])])
def test_a_row_before_its_bytes_is_caught(house_of, tmp_path, order, found):
    house = house_of(order, into=FolderBlobs(tmp_path / "leaving"))
    house.store.away = True
    with pytest.raises(Unavailable):
        house.receiving.file(house.brought[0], Arrival("a.txt", "test"), STEFAN, house.work.run_now)
    house.store.away = False

    house.check()

    assert [fault.fate for fault in house.faults] == found


class SlowBlobs(FolderBlobs):
    """The first keep takes longer than anything may."""

    def __init__(self, folder: Path, clock: MovableClock, seconds: float) -> None:
        super().__init__(folder)
        self.clock, self.seconds = clock, seconds

    def keep(self, key: str, file: Path) -> None:
        super().keep(key, file)
        self.clock.move(self.seconds)
        self.seconds = 0


@pytest.mark.parametrize(("hours", "kept_twice"), [(23, False), (25, True)])
def test_a_key_that_is_half_as_old_as_the_grace_is_named_no_more(house_of, tmp_path, hours, kept_twice):
    house = house_of()
    house = house_of(into=SlowBlobs(tmp_path / "slow", house.clock, hours * 3600))
    before = house.clock.now()

    house.receiving.file(house.brought[0], Arrival("a.txt", "test"), STEFAN, house.work.run_now)

    [blob] = house.store.kept()
    made = keys.made_at(blob.key)
    assert made is not None
    assert (made - before > timedelta(hours=1)) == kept_twice
    assert list(house.keeper.verify()) == []


@pytest.fixture
def calm(house_of, tmp_path):
    """A house with one document, in the trash."""
    house = house_of(into=FolderBlobs(tmp_path / "calm"))
    house.receiving.file(house.brought[0], Arrival("a.txt", "test"), STEFAN, house.work.run_now)
    [row] = house.work.run_now(queries.documents, queries.Documents(), STEFAN).items
    house.work.run_now(service.trash, row.Document.id, [1], STEFAN)
    return house, row.Document.id


def until_somebody_waits(house):
    patience = time.monotonic() + 20
    while not house.work.run_now(lambda session: session.scalar(_WAITING)):
        assert time.monotonic() < patience
        time.sleep(0.02)


_WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


def bring_again(house):
    house.receiving.file(house.brought[0], Arrival("b.txt", "test"), STEFAN, house.work.run_now)


def test_bytes_that_come_again_during_their_purge_wait_for_it_and_get_a_key_of_their_own(calm):
    house, document_id = calm
    [before] = house.store.kept()
    with ThreadPoolExecutor(1) as threads:
        with house.work.database.transaction() as session:
            service.purge(session, document_id, STEFAN)
            again = threads.submit(bring_again, house)
            until_somebody_waits(house)
        again.result()
    house.store.remove(before.key)

    house.check()
    assert house.faults == []
    assert [blob.key for blob in house.store.kept()] != [before.key]


def test_a_purge_during_which_the_bytes_come_again_leaves_them(calm):
    house, document_id = calm

    def slowly(file):
        with house.work.database.transaction() as session:
            filed = file(session)
            purging.append(threads.submit(house.work.run_now, service.purge, document_id, STEFAN))
            until_somebody_waits(house)
        return filed

    purging: list[Future[None]] = []
    with ThreadPoolExecutor(1) as threads:
        house.receiving.file(house.brought[0], Arrival("b.txt", "test"), STEFAN, slowly)
        purging[0].result()

    house.check()
    assert house.faults == []
    assert house.work.run_now(_purged_keys) == []


def test_only_what_no_row_ever_named_is_collected_and_only_past_the_grace(house_of):
    house = house_of(into=FolderBlobs(house_of().folder / "calm"))
    house.receiving.file(house.brought[0], Arrival("a.txt", "test"), STEFAN, house.work.run_now)
    left_over, foreign = keys.new_key(b"\1" * 32, house.clock.now()), "not/one-of-ours"
    for key in (left_over, foreign):
        house.store.keep(key, house.brought[1].path)

    at_once = list(house.keeper.collect())
    house.clock.move(keys.GRACE.total_seconds() + 1)
    would = [blob.key for blob in house.keeper.collectable()]
    later = [blob.key for blob in house.keeper.collect()]

    assert (at_once, would, later) == ([], [left_over], [left_over])
    assert len(list(house.store.kept())) == 2


def test_what_is_missing_damaged_or_unnamed_is_told(house_of):
    house = house_of(into=FolderBlobs(house_of().folder / "calm"))
    for brought in house.brought[:3]:
        house.receiving.file(brought, Arrival("a.txt", "test"), STEFAN, house.work.run_now)
    whole, lost, changed = sorted(blob.key for blob in house.store.kept())
    house.store.remove(lost)
    (house.store.folder / changed).write_bytes(b"something else")
    left_over = keys.new_key(b"\1" * 32, house.clock.now())
    house.store.keep(left_over, house.brought[3].path)
    house.clock.move(2 * 24 * 3600)

    told = {(fault.key, fault.fate) for fault in house.keeper.verify()}

    assert told == {(lost, "missing"), (changed, "damaged"), (left_over, "unnamed")}
    assert whole not in {key for key, _ in told}


def test_a_sample_reads_about_its_share(house_of):
    house = house_of(into=FolderBlobs(house_of().folder / "calm"))
    house.work.run_now(lambda session: session.execute(_MANY))
    seen = []

    faults = list(house.keeper.verify(0.25, seen=lambda: seen.append(1)))

    assert len(seen) == house.keeper.how_many() == 1200
    assert 200 < len(faults) < 400


_MANY = text("""
    INSERT INTO blobs (id, key, sha256, size, made_at)
    SELECT gen_random_uuid(), n::text, sha256(n::text::bytea), 1, now() FROM generate_series(1, 1200) AS n
""")


@pytest.mark.parametrize("key", ["", "ab/cd", "x", "ab/cd/" + "0" * 64 + "-" + "0" * 32])
def test_what_is_no_key_of_ours_has_no_time(key):
    assert keys.made_at(key) is None


def test_a_key_tells_when_it_was_made(clock):
    key = keys.new_key(hashlib.sha256(b"x").digest(), clock.now())

    assert keys.made_at(key) == clock.now()
    assert UUID(key[-32:]).version == 7
