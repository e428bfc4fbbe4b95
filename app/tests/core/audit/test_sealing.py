"""Everything recorded is sealed once, in one chain, whoever writes and whoever seals meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import insert
from tests.plans import explained

from pretamane.core.actors import OPERATOR
from pretamane.core.audit import AuditEntry, Sealer, record, sealing
from pretamane.core.ids import new_id

WRITERS, ACTS = 8, 40


def seals_of(house):
    return house.found("SELECT number, entry_id FROM audit_seals ORDER BY number")


def not_written():
    return REGISTRY.get_sample_value("audit_seal_not_written_total") or 0.0


def test_what_is_recorded_is_sealed_in_its_order_and_once(house):
    house.act(3)
    sealed = [house.seal(), house.seal()]

    ids = house.found("SELECT id FROM audit_entries ORDER BY made_at")
    assert sealed == [3, 0]
    assert seals_of(house) == [(number, entry) for number, (entry,) in enumerate(ids, 1)]
    assert house.faults() == []


def test_a_backlog_of_several_batches_is_sealed_at_once(house, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    house.act(10)

    assert house.seal() == 10
    assert house.faults() == []


def test_an_entry_whose_transaction_ends_late_is_sealed_late(house):
    with house.work.database.transaction() as late:
        house.clock.move(1)
        record(late, OPERATOR, "late")
        late.flush()
        house.act(2)
        before = house.seal()

    after = house.seal()

    assert (before, after) == (2, 1)
    assert house.found("SELECT act FROM audit_entries JOIN audit_seals ON entry_id = id WHERE number = 3") == [
        ("late",)
    ]
    assert house.faults() == []


def test_an_entry_whose_transaction_ends_minutes_late_is_sealed_by_the_next_longer_look(house):
    with house.work.database.transaction() as late:
        record(late, OPERATOR, "late")
        for _ in range(3):
            house.clock.move(60)
            house.act_and_seal(1)

    soon = house.seal()
    house.clock.move(30)
    later = house.seal()

    assert (soon, later) == (0, 1)
    assert house.faults() == []


def test_an_entry_dated_ahead_keeps_no_later_one_from_its_seal(house):
    ahead = house.clock.now() + timedelta(days=400)
    row = {"id": new_id(), "actor": "a server whose clock is wrong", "act": "x", "details": {}}
    for made_at in (ahead, "infinity"):
        with house.app.begin() as connection:
            connection.execute(insert(AuditEntry).values(row | {"id": new_id(), "made_at": made_at}))
        house.seal()
    house.act(2)

    assert house.seal() == 2
    assert house.faults() == []


def test_entries_of_eight_writers_are_each_sealed_once_while_they_write(house):
    written = Event()

    def seal_on():
        while not written.is_set():
            house.seal()

    def write(_):
        for _ in range(ACTS):
            house.work.run_now(record, OPERATOR, "contact.changed")

    with ThreadPoolExecutor(WRITERS + 2) as threads:
        sealers = [threads.submit(seal_on) for _ in range(2)]
        for each in [threads.submit(write, n) for n in range(WRITERS)]:
            each.result()
        written.set()
        for each in sealers:
            each.result()
    house.seal()

    numbers, sealed = zip(*seals_of(house), strict=True)
    assert list(numbers) == list(range(1, WRITERS * ACTS + 1))
    assert set(sealed) == {entry for (entry,) in house.found("SELECT id FROM audit_entries")}
    assert len(set(sealed)) == WRITERS * ACTS
    assert house.faults() == []
    assert house.newest.read().number == WRITERS * ACTS


def test_while_one_seals_another_leaves_it_to_that_one(house):
    house.act(2)
    with house.work.database.transaction() as one:
        first = house.sealer.seal_new(one)
        second = house.work.run_now(Sealer(house.newest).seal_new)

    assert (first, second, len(seals_of(house))) == (2, 0, 2)


def test_the_newest_seal_is_written_down_once_it_is_committed(house):
    house.act(2)
    with house.work.database.transaction() as session:
        house.sealer.seal_new(session)
        before = house.newest.read()

    after = house.newest.read()

    assert (before, after.number) == (None, 2)
    assert [(after.number, after.hash)] == [
        (number, bytes(seal)) for number, seal in house.found("SELECT number, hash FROM audit_seals WHERE number = 2")
    ]


@pytest.mark.parametrize("in_the_way", ["lock", "newest-seal", "newest-seal.new"])
def test_a_seal_that_cannot_be_written_down_is_told_once_and_counted_and_written_later(house, caplog, in_the_way):
    obstacle = house.newest.path.with_name(in_the_way)
    obstacle.mkdir(parents=True)
    counted = not_written()
    for _ in range(4):
        house.act_and_seal(1)
        house.seal()
    sealed, told = len(seals_of(house)), [line.levelname for line in caplog.records]
    obstacle.rmdir()
    for _ in range(2):
        house.seal()

    assert (sealed, not_written() - counted, told) == (4, 8, ["ERROR"])
    assert [line.levelname for line in caplog.records] == ["ERROR", "WARNING"]
    assert house.newest.read().number == 4


def test_a_chain_that_was_cut_goes_on_but_the_proof_is_never_written_over(house, caplog):
    house.act_and_seal(5)
    kept = house.newest.read()
    house.tamper("DELETE FROM audit_seals WHERE number > 3")
    house.tamper("DELETE FROM audit_entries WHERE NOT EXISTS (SELECT FROM audit_seals WHERE entry_id = id)")
    house.act_and_seal(4)

    assert seals_of(house)[-1][0] == 7
    assert house.newest.read() == kept
    assert "Seal 5 is gone or another one" in caplog.text
    assert house.faults() == ["Seal 5 is not the one that was written down outside the database."]


def test_an_older_seal_never_replaces_a_newer_one_outside(house):
    house.act_and_seal(1)
    older = house.newest.read()
    house.act_and_seal(1)

    house.newest.write(older)

    assert house.newest.read().number == 2


def test_looking_for_new_entries_among_many_sealed_ones_reads_few(house):
    house.tamper(
        "INSERT INTO audit_entries (id, made_at, actor, act, details)"
        " SELECT gen_random_uuid(), timestamptz '2026-03-02 08:00Z' - n * interval '1 minute', 'a', 'x', '{}'"
        " FROM generate_series(1, 20000) AS n"
    )
    assert house.seal() == 20_000
    for table in ("audit_entries", "audit_seals"):
        house.tamper(f"ANALYZE {table}")
    house.act(1)

    with explained(house.app) as plans:
        assert house.seal() == 1

    assert len(plans) > 3
    assert [plan for plan in plans if "Seq Scan" in plan] == []
