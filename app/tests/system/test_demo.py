"""The invented practice that a newcomer may look at."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Conflict
from pretamane.documents import service
from pretamane.documents.filing import filing
from pretamane.documents.receiving import versions
from pretamane.documents.stored.collecting import Keeper
from pretamane.ports import KeptBlob
from pretamane.practice import service as practice
from pretamane.system import demo
from pretamane.system.demo_documents import Filing, PastClock
from pretamane.wiring import Platform, database_over


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


@pytest.fixture
def file_papers(platform):
    """As the command does: with a clock that is set back for each paper."""
    clock = PastClock(platform.clock.now())
    past = Platform(platform.settings, clock, database_over(platform.database.bind, clock), [], platform.archive.store)

    def filed():
        clock.time = platform.clock.now()
        archive = past.archive
        return Filing(past.work, archive.spool, archive.receiving, clock).furnish(furnish(platform).clients)

    yield filed
    past.close()


def documents(connection):
    return connection.execute(text("SELECT * FROM documents WHERE part_of IS NULL ORDER BY id")).all()


@pytest.mark.usefixtures("admin")
def test_the_house_gets_120_documents_of_two_years_with_what_happens_to_them(file_papers, platform, connection):
    count = file_papers()

    filed, now = documents(connection), platform.clock.now()
    versions = connection.execute(text("SELECT kind FROM document_versions")).scalars().all()
    assert (count, len(filed)) == (120, 120)
    assert {"pdf", "docx", "jpeg", "png", "eml"} <= set(versions)
    assert len(versions) > 120
    assert min(each.made_at for each in filed) < now - timedelta(days=600)
    assert max(each.made_at for each in filed) <= now
    assert sum(each.held_at is not None for each in filed) == 1
    assert sum(each.is_restricted for each in filed) == 1
    assert sum(each.trashed_at is not None for each in filed) == 4
    assert 0 < sum(each.contact_id is None for each in filed) < 20
    assert {each.type_id for each in filed} - {None}
    assert connection.scalar(text("SELECT count(*) FROM document_tags")) > 20


def test_its_papers_are_read_and_some_say_nearly_the_same(file_papers, do_jobs, connection):
    file_papers()

    do_jobs()

    states = Counter(connection.execute(text("SELECT state FROM document_versions")).scalars())
    pairs = connection.scalar(text("SELECT count(*) FROM document_likenesses"))
    assert set(states) == {"ready"}
    assert 5 < pairs < 60
    assert file_papers() == len(documents(connection)) == 120


def test_papers_twice_are_papers_once_even_on_a_later_day(file_papers, platform, connection):
    file_papers()
    once = documents(connection)
    platform.clock.move(3 * 24 * 3600)

    file_papers()

    assert documents(connection) == once


@pytest.mark.parametrize(("where", "what"), [(filing, "edit"), (versions, "file_version"), (service, "trash")])
def test_papers_that_were_broken_off_anywhere_are_whole_after_another_run(
    file_papers, connection, monkeypatch, where, what
):
    def break_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(where, what, break_off)
        with pytest.raises(KeyboardInterrupt):
            file_papers()

    file_papers()

    assert connection.execute(text(LIVES)).one() == (120, 0, 8, 4, 1)


LIVES = """SELECT count(*), count(*) FILTER (WHERE document_date IS NULL),
    (SELECT count(*) FROM document_versions WHERE number > 1), count(trashed_at), count(held_at) FROM documents"""


def test_a_collect_at_the_same_time_takes_nothing_of_papers_that_came_long_ago(file_papers, platform, store):
    keeper, keep, collected = Keeper(platform.work, store, platform.clock), store.keep, list[KeptBlob]()

    def keep_beside_a_collect(key, file):
        keep(key, file)
        collected.extend(keeper.collect())

    store.keep = keep_beside_a_collect
    file_papers()

    assert (collected, list(keeper.verify())) == ([], [])


def test_no_invented_paper_is_put_beside_a_real_one(file_papers, as_staff, connection):
    as_staff.put("/api/v1/documents?filename=real.txt", content=b"A real paper.")

    with pytest.raises(Conflict, match="real documents"):
        file_papers()

    assert len(documents(connection)) == 1
