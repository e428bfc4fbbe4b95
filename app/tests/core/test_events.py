"""What happened is told in the transaction in which it happened, or not at all."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pretamane.core import events, request_ids
from pretamane.core.database import Database
from pretamane.core.events import Event

SUBJECT = uuid4()


@pytest.fixture
def heard():
    return []


@pytest.fixture
def database(connection, clock, heard):
    def refuse(_session, _event):
        raise RuntimeError("by the test")

    listeners = {"kettle.boiled": (lambda _session, event: heard.append(event),), "kettle.broke": (refuse,)}
    return Database(connection, clock, known={"listeners": listeners})


def kept(connection):
    return [dict(row) for row in connection.execute(text("SELECT * FROM events")).mappings()]


def test_an_event_is_kept_with_when_and_why_and_whoever_listens_hears_it(database, connection, clock, heard):
    asked = request_ids.current.set("asked-by-ada")
    with database.transaction() as session:
        told = events.emit(session, "kettle.boiled", SUBJECT, degrees=100)
    request_ids.current.reset(asked)

    [event] = kept(connection)
    assert (event["name"], event["subject"], event["details"]) == ("kettle.boiled", SUBJECT, {"degrees": 100})
    assert (event["made_at"], event["request_id"]) == (clock.now(), "asked-by-ada")
    assert heard == [told]
    assert isinstance(told, Event)
    assert told.id == event["id"]


def test_ids_and_times_are_words_for_whoever_listens_as_for_whoever_reads_later(database, connection, clock, heard):
    with database.transaction() as session:
        events.emit(session, "kettle.boiled", SUBJECT, other=SUBJECT, at=[clock.now()])

    [event] = kept(connection)
    assert event["details"] == {"other": str(SUBJECT), "at": [str(clock.now())]}
    assert heard[0].details == event["details"]


def test_nobody_hears_of_what_they_did_not_ask_for(database, connection, heard):
    with database.transaction() as session:
        events.emit(session, "tea.poured", SUBJECT)

    assert (len(kept(connection)), heard) == (1, [])


def test_a_listener_that_fails_takes_the_whole_transaction_with_it(database, connection):
    with pytest.raises(RuntimeError, match="by the test"), database.transaction() as session:
        events.emit(session, "kettle.broke", SUBJECT)

    assert kept(connection) == []


def test_an_event_is_kept_for_thirty_days(database, connection, clock):
    with database.transaction() as session:
        events.emit(session, "tea.poured", SUBJECT)
    clock.move(events.KEPT_FOR.total_seconds() - 1)
    with database.transaction() as session:
        events.forget_old(session, clock.now())
    kept_until_then = len(kept(connection))
    clock.move(1)

    with database.transaction() as session:
        events.forget_old(session, clock.now())

    assert (kept_until_then, kept(connection)) == (1, [])


def test_the_same_of_many_is_kept_once_each_and_heard_once_each(connection, clock):
    heard = []
    subjects = [uuid4() for _ in range(3)]
    listeners = {"filed": (lambda _session, event: heard.append((event.subject, event.details)),)}
    with Database(connection, clock, known={"listeners": listeners}).transaction() as session:
        events.emit_many(session, "filed", subjects, fields=["title"])
        events.emit_many(session, "filed", [])

    kept = connection.execute(text("SELECT subject, details FROM events WHERE name = 'filed'")).all()
    assert sorted(map(tuple, kept), key=str) == sorted(heard, key=str)
    assert {subject for subject, _ in heard} == set(subjects)
