"""Whose a mail is, what is attached to it is: also where the one changes in the moment in which the other is filed."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.houses import House

from pretamane.contacts import finding
from pretamane.core.actors import OPERATOR
from pretamane.documents.filing import filing
from pretamane.documents.filing.filing import BulkChange
from pretamane.documents.service import Arrival

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def house(tmp_path, database_address):
    opened = House(tmp_path / "house", database_address)
    yield opened
    opened.close()


@pytest.fixture
def people(house):
    return [house.platform.work.run_now(finding.make, name, OPERATOR) for name in ("ada", "bob")]


@pytest.fixture
def mail(house, people):
    return house.file("mail.txt", b"A mail, as far as anybody cares here.", contact_id=people[0])


@pytest.fixture
def other_hand():
    with ThreadPoolExecutor(1) as hand:
        yield hand


def until_it_waits(house):
    patience = time.monotonic() + 30
    while house.ask(WAITING) != [(1,)]:
        assert time.monotonic() < patience, "nobody waits for anybody"
        time.sleep(0.02)


def whose(house, document):
    return house.ask("SELECT contact_id FROM documents WHERE id = :id", id=document)[0][0]


@pytest.mark.parametrize("of", [1, None])
def test_what_is_filed_while_its_mail_is_given_to_another_goes_to_the_other(house, people, mail, other_hand, of):
    other = None if of is None else people[of]
    with house.platform.database.transaction() as session:
        filing.edit(session, mail, [1], {"contact_id": other}, OPERATOR)
        filed = other_hand.submit(house.file, "bill.txt", b"The bill", part_of=mail)
        until_it_waits(house)
    bill = filed.result(30)

    assert (whose(house, mail), whose(house, bill)) == (other, other)


@pytest.mark.parametrize("is_one_of_many", [False, True])
def test_what_is_filed_before_its_mail_is_given_to_another_follows_it(house, people, mail, other_hand, is_one_of_many):
    _, bob = people

    def give(session):
        if is_one_of_many:
            filing.edit_many(session, [mail], BulkChange({"contact_id": bob}), OPERATOR)
        else:
            filing.edit(session, mail, [1], {"contact_id": bob}, OPERATOR)

    given = []

    def while_the_mail_is_given(file):
        with house.platform.database.transaction() as session:
            filed = file(session)
            given.append(other_hand.submit(house.platform.work.run_now, give))
            until_it_waits(house)
        return filed.document.id

    archive = house.platform.archive
    with archive.spool.filling(limit=1000) as filling:
        filling.write(b"The bill")
        arrival = Arrival("bill.txt", "mail", part_of=mail)
        bill = archive.receiving.file(filling.whole(), arrival, OPERATOR, while_the_mail_is_given)
    given[0].result(30)

    assert (whose(house, mail), whose(house, bill)) == (bob, bob)
