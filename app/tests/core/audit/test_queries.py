"""The audit as a page reads it: the newest first, of one account, act or subject, however many there are."""

from uuid import uuid4

import pytest
from sqlalchemy import event

from pretamane.core.actors import Actor, Role
from pretamane.core.audit import Wanted, acts, entries, record
from pretamane.core.paging import Place

ADA, BEN = (Actor(account_id=uuid4(), name=name, role=Role.STAFF) for name in ("Ada", "Ben"))
CONTACT, OTHER = uuid4(), uuid4()


@pytest.fixture
def recorded(house):
    acts = [
        (ADA, "contact.changed", CONTACT),
        (ADA, "contact.merged", CONTACT),
        (BEN, "contact.changed", OTHER),
        (BEN, "contact.changed", CONTACT),
    ]
    for number, (by, act, subject) in enumerate(acts):
        house.clock.move(1)
        house.work.run_now(record, by, act, subject, number=number)
    return house


def numbers(page):
    return [entry.details["number"] for entry in page.items]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [3, 2, 1, 0]),
        ({"account_id": ADA.account_id}, [1, 0]),
        ({"act": "contact.changed"}, [3, 2, 0]),
        ({"subject": CONTACT}, [3, 1, 0]),
        ({"subject": CONTACT, "act": "contact.changed", "account_id": BEN.account_id}, [3]),
        ({"act": "contact.removed"}, []),
    ],
)
def test_the_newest_come_first_and_only_those_that_were_asked_for(recorded, wanted, found):
    assert numbers(recorded.work.run_now(entries, Wanted(**wanted))) == found


def test_pages_give_every_entry_once(recorded):
    first = recorded.work.run_now(entries, limit=3)
    second = recorded.work.run_now(entries, limit=3, before=Place.of(first.next))

    assert (numbers(first), numbers(second)) == ([3, 2, 1], [0])


def test_entries_of_one_moment_are_on_one_page_or_the_next(house):
    for number in range(5):
        house.work.run_now(record, ADA, "contact.changed", number=number)
    first = house.work.run_now(entries, limit=2)
    second = house.work.run_now(entries, limit=10, before=Place.of(first.next))

    assert sorted([*numbers(first), *numbers(second)]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "ix_audit_entries_made_at"),
        ({"account_id": ADA.account_id}, "ix_audit_entries_account_id"),
        ({"act": "rare"}, "ix_audit_entries_act"),
        ({"subject": OTHER}, "ix_audit_entries_subject"),
    ],
)
def test_a_page_among_many_entries_is_found_by_an_index(house, wanted, index):
    house.tamper(
        "INSERT INTO audit_entries (id, made_at, account_id, actor, act, subject, details)"
        " SELECT gen_random_uuid(), timestamptz '2026-03-02' - n * interval '1 s', gen_random_uuid(), 'a', 'x',"
        " gen_random_uuid(), '{}'"
        " FROM generate_series(1, 20000) AS n"
    )
    house.tamper("ANALYZE audit_entries")
    asked = []
    event.listen(house.app, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    house.work.run_now(entries, Wanted(**wanted), Place(house.clock.now(), OTHER))

    statement, parameters = asked[-1]
    with house.app.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
    assert index in plan
    assert "Seq Scan" not in plan


def test_the_kinds_of_acts_are_each_told_once(recorded):
    assert recorded.work.run_now(acts) == ["contact.changed", "contact.merged"]
