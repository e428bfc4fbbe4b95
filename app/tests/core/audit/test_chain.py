"""What a seal's hash covers: every value of an entry, its place, and the seal before."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, select

from pretamane.core.audit import AuditEntry, chain

# Few letters, among them those of the encoding's own, so that two rows often differ only in where a value ends.
VALUES = st.none() | st.text(st.sampled_from("\x00\x01\x02ab0é"), max_size=5) | st.text(max_size=300)
SPELLINGS = st.lists(VALUES, min_size=len(chain.SEALED), max_size=len(chain.SEALED))
HASHES = st.binary(min_size=32, max_size=32)


def read_back(encoded):
    values, rest = [], encoded
    while rest:
        length = int.from_bytes(rest[1:9], "big") if rest[0] else 0
        start = 9 if rest[0] else 1
        values.append(rest[start : start + length].decode() if rest[0] else None)
        rest = rest[start + length :]
    return values


@given(SPELLINGS)
def test_two_different_rows_are_never_encoded_alike_for_each_can_be_read_back(spelling):
    assert read_back(chain.encode(spelling)) == spelling


@given(SPELLINGS, st.integers(0, len(chain.SEALED) - 1), st.integers(1, len(chain.SEALED) - 1), st.data())
def test_a_letter_that_moves_to_another_value_is_another_row(spelling, place, further, data):
    letter = data.draw(st.sampled_from("\x00\x01ab"))
    other = (place + further) % len(spelling)
    here = [(value or "") + letter * (n == place) for n, value in enumerate(spelling)]
    there = [(value or "") + letter * (n == other) for n, value in enumerate(spelling)]

    assert chain.encode(here) != chain.encode(there)


@given(st.tuples(HASHES, st.integers(-(2**63), 2**63 - 1), SPELLINGS), st.data())
def test_a_link_covers_the_seal_before_its_place_and_the_entry(one, data):
    other = data.draw(
        st.tuples(HASHES | st.just(one[0]), st.integers(-5, 5) | st.just(one[1]), SPELLINGS | st.just(one[2]))
    )

    assert (chain.link(*one) == chain.link(*other)) == (one == other)


def test_every_column_of_an_entry_is_sealed():
    assert set(chain.SEALED) == {column.name for column in AuditEntry.__table__.columns}


ENTRY = {
    "id": uuid4(),
    "made_at": "2026-03-02 09:00:00.123456+00",
    "actor": "Ada",
    "act": "contact.changed",
    "details": {"n": 1},
}


def spelling_of(connection: Connection, **changed: object) -> chain.Spelling:
    """As PostgreSQL keeps it; the row is gone again afterwards."""
    with connection.begin_nested() as moment:
        connection.execute(insert(AuditEntry).values(ENTRY | changed))
        row = connection.execute(select(*chain.spelled()).where(AuditEntry.act != "")).one()
        moment.rollback()
    return tuple(row)


@pytest.mark.parametrize(
    "changed",
    [
        {"id": UUID(int=1)},
        {"made_at": "2026-03-02 09:00:00.123457+00"},
        {"made_at": "infinity"},
        {"actor": "Ada "},
        {"account_id": UUID(int=2)},
        {"key_id": UUID(int=3)},
        {"subject": UUID(int=4)},
        {"act": "contact.merged"},
        {"request_id": ""},
        {"details": {"n": "1"}},
        {"details": {"n": 1.5}},
        {"details": {"n": None}},
        {"details": {"m": 1}},
        {"details": {}},
        {"details": [{"n": 1}]},
    ],
    ids=str,
)
def test_any_change_of_a_row_is_spelled_differently(connection: Connection, changed: dict[str, object]) -> None:
    assert spelling_of(connection, **changed) != spelling_of(connection)


def test_a_row_is_spelled_alike_in_every_time_zone(connection: Connection) -> None:
    spelt = set()
    for zone in ("UTC", "Europe/Berlin", "Pacific/Chatham"):
        connection.exec_driver_sql(f"SET LOCAL TIME ZONE '{zone}'")
        spelt.add(spelling_of(connection))

    assert len(spelt) == 1
