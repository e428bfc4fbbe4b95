"""The invented practice that a newcomer may look at."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Conflict
from pretamane.practice import service as practice
from pretamane.system import demo


def rows(connection):
    contacts = connection.execute(text("SELECT * FROM contacts ORDER BY id")).all()
    return contacts, connection.execute(text("SELECT * FROM submissions ORDER BY id")).all()


def furnish(platform, *, production=False):
    return platform.work.run_now(demo.furnish, platform.clock.now(), production=production)


def test_the_house_gets_forty_contacts_and_sixty_messages_of_the_last_ninety_days(platform, connection):
    furnished = furnish(platform)

    contacts, messages = rows(connection)
    oldest = platform.clock.now() - timedelta(days=90)
    assert (furnished.contacts, furnished.messages) == (40, 60)
    assert (len(contacts), len(messages)) == (40, 60)
    assert all(oldest <= message.received_at <= platform.clock.now() for message in messages)
    assert sum(message.status == "spam" for message in messages) == 6
    assert {message.contact_id for message in messages} - {None} == {contact.id for contact in contacts}


def test_twice_is_the_same_as_once_even_on_a_later_day(platform, connection):
    furnish(platform)
    once = rows(connection)
    platform.clock.move(3 * 24 * 3600)

    again = furnish(platform)

    assert (again.contacts, again.messages) == (40, 60)
    assert (again.contacts, again.messages) == (40, 60)
    assert rows(connection) == once


def test_production_is_refused_and_stays_empty(platform, connection):
    with pytest.raises(Conflict, match="in production nothing was changed"):
        furnish(platform, production=True)

    assert rows(connection) == ([], [])


@pytest.mark.parametrize("leave_empty", ["", "filled in by a program"])
def test_nothing_invented_is_put_beside_a_real_message_not_even_beside_spam(client, platform, connection, leave_empty):
    said = {"name": "Ada Byron", "email": "ada@example.org", "message": "Hello", "leave_empty": leave_empty}
    client.post("/api/v1/contact", json=said)
    real = rows(connection)

    with pytest.raises(Conflict, match="real contacts or messages"):
        furnish(platform)

    assert rows(connection) == real


def test_a_practice_without_a_name_gets_one_and_one_with_a_name_keeps_it(client, platform):
    furnish(platform)
    invented = client.get("/api/v1/practice").json()["name"]
    platform.work.run_now(practice.change, OPERATOR, name="Weber & Lang")

    furnish(platform)

    assert invented == "Lindqvist & Okafor"
    assert client.get("/api/v1/practice").json()["name"] == "Weber & Lang"


def test_the_house_looks_lived_in_with_older_messages_done_and_some_still_to_do(platform, connection):
    furnish(platform)

    _, messages = rows(connection)
    counts = Counter(message.status for message in messages)
    assert counts["done"] > counts["open"] > 0 < counts["new"]
