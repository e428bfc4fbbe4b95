"""Statements planned once a connection, some of them sent together ahead of the commit."""

import pytest
from sqlalchemy import text

from pretamane.core import prepared
from pretamane.core.database import Database, open_engine, open_unpooled
from pretamane.core.errors import Unavailable
from pretamane.core.prepared import Prepared

ADD = Prepared("INSERT INTO blocked_senders (email, made_at, blocked_by) VALUES (:email, now(), 'Ada')")
JOIN = Prepared("SELECT CAST(:one AS text) || ' ' || CAST(:other AS text) || CAST(:one AS text), '100 %' AS share")
SLEEP = Prepared("SELECT pg_sleep(:seconds)")


def is_there(session, email):
    return session.scalar(text("SELECT count(*) FROM blocked_senders WHERE email = :email"), {"email": email}) == 1


def end(pid, address):
    with open_unpooled(address).connect() as another:
        another.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


@pytest.fixture
def database(platform):
    return platform.database


@pytest.fixture
def committing(database_address, clock):
    """One connection, kept from transaction to transaction, whose transactions really commit."""
    engine = open_engine(database_address, pool_size=1, pool_overflow=0, pool_wait=1, statement_timeout=5)
    yield Database(engine, clock)
    engine.dispose()


def test_a_value_may_stand_in_two_places_and_a_percent_sign_is_one(database):
    with database.transaction() as session:
        row = prepared.run(session, JOIN, {"one": "ah", "other": "o'h", "unused": 1}).one()

    assert tuple(row) == ("ah o'hah", "100 %")


def test_it_is_planned_once_a_connection(database):
    known = text("SELECT count(*) FROM pg_prepared_statements WHERE name = :name")
    for _ in range(2):
        with database.transaction() as session:
            prepared.run(session, JOIN, {"one": "ah", "other": "oh"})
            assert session.scalar(known, {"name": JOIN.name}) == 1


def test_what_comes_later_comes_before_the_commit_and_each_with_its_own_values(database):
    with database.transaction() as session:
        for name in "abc":
            prepared.run_later(session, ADD, {"email": f"{name}@later.example"})
        assert not is_there(session, "a@later.example")

    with database.transaction() as session:
        assert all(is_there(session, f"{name}@later.example") for name in "abc")


def test_a_long_list_goes_in_parts(database):
    with database.transaction() as session:
        for number in range(50):
            prepared.run_later(session, ADD, {"email": f"{number}@long.example"})

    with database.transaction() as session:
        assert all(is_there(session, f"{number}@long.example") for number in range(50))


def test_the_last_of_a_trip_answers(database):
    with database.transaction() as session:
        prepared.run_later(session, ADD, {"email": "first@trip.example"})
        prepared.run_later(session, JOIN, {"one": "ah", "other": "oh"})
        answered = prepared.send_waiting(session)

        assert answered is not None
        assert answered[0] == "ah ohah"
        assert prepared.send_waiting(session) is None


def test_what_is_given_up_takes_along_what_would_have_come_later(database):
    def fail():
        with database.transaction() as session:
            prepared.run_later(session, ADD, {"email": "given-up@later.example"})
            raise LookupError

    with pytest.raises(LookupError):
        fail()

    with database.transaction() as session:
        assert not is_there(session, "given-up@later.example")


def test_a_failure_at_the_end_is_not_told_as_a_commit_that_nobody_could_confirm(committing):
    def fail():
        with committing.transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = 50"))
            prepared.run_later(session, ADD, {"email": "late@later.example"})
            prepared.run_later(session, SLEEP, {"seconds": 5})

    with pytest.raises(Unavailable) as refusal:
        fail()

    assert refusal.value.code == "database-unavailable"
    with committing.transaction() as session:
        assert not is_there(session, "late@later.example")


def test_a_connection_that_was_lost_is_followed_by_one_that_plans_anew(committing, database_address):
    pids = []
    for _ in range(2):
        with committing.transaction() as session:
            assert prepared.run(session, JOIN, {"one": "ah", "other": "oh"}).one()[0] == "ah ohah"
            pids.append(session.scalar(text("SELECT pg_backend_pid()")))
        end(pids[-1], database_address)

    assert pids[0] != pids[1]
