"""Many hands on one record, over connections that commit for real."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from uuid import UUID

import anyio
import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.contacts.conftest import STEFAN, browser_of, if_match, one_of

from pretamane.contacts import exports, lists, people
from pretamane.contacts.lists import Messages
from pretamane.core.http import tables
from pretamane.wiring import Platform

AT_ONCE = 50


@pytest.fixture
def platform_of_its_own(database_address, settings) -> Iterator[Platform]:
    """One that commits, and has fewer connections than there will be requests."""
    changed = {"database_url": SecretStr(database_address), "database_pool_size": 8, "contact_limit": "100000/minute"}
    platform = Platform.build(settings.model_copy(update=changed))
    yield platform
    platform.database.bind.engine.dispose()
    platform.rate_limits.windows.bind.engine.dispose()


@pytest.fixture
def many(platform_of_its_own) -> Iterator[TestClient]:
    with browser_of(platform_of_its_own, STEFAN) as browser:
        yield browser


def at_once(ask):
    ready = Barrier(AT_ONCE)

    def asked(number):
        ready.wait()
        return ask(number)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(asked, range(AT_ONCE)))


def write(browser, name):
    message = {"name": name, "email": f"{name.lower()}@example.org", "message": "Could you call me?"}
    reference = browser.post("/api/v1/contact", json=message).json()["reference"]
    return one_of(browser.get("/api/v1/submissions", params={"q": reference}))["items"][0]


def test_of_fifty_edits_of_one_version_of_a_contact_one_wins(many):
    contact = f"/api/v1/contacts/{write(many, 'Ada')['contact_id']}"

    answers = at_once(lambda number: many.patch(contact, json={"phone": str(number)}, headers=if_match(1)))

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (AT_ONCE - 1)
    [winner] = [answer.json() for answer in answers if answer.status_code == 200]
    now_there = one_of(many.get(contact))
    assert (now_there["phone"], now_there["version"]) == (winner["phone"], 2)


def test_of_fifty_edits_of_one_version_of_a_message_one_wins(many):
    message = f"/api/v1/submissions/{write(many, 'Ada')['id']}"

    answers = at_once(lambda _number: many.patch(message, json={"status": "done"}, headers=if_match(1)))

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * (AT_ONCE - 1)


def test_a_merge_while_messages_arrive_loses_none_of_them(many):
    """Both write all the while; the one is merged into the other, and that one into a third."""
    ada, bob, cora = (write(many, name)["contact_id"] for name in ("Ada", "Bob", "Cora"))
    merged = Event()

    def keep_writing(name):
        statuses: list[int] = []
        while not merged.is_set() or len(statuses) < 5:
            message = {"name": name, "email": f"{name.lower()}@example.org", "message": "And another thing"}
            statuses.append(many.post("/api/v1/contact", json=message).status_code)
        return statuses

    with ThreadPoolExecutor(6) as threads:
        writing = [threads.submit(keep_writing, name) for name in ("Ada", "Bob", "Ada", "Bob", "Cora")]
        merges = [merge(many, bob, ada), merge(many, cora, bob)]
        merged.set()
        sent = [status for each in writing for status in each.result()]

    assert merges == [200, 200]
    assert set(sent) == {201}
    assert held_by(many, cora) == len(sent) + 3
    assert held_by(many, ada) == held_by(many, bob) == 0


def merge(browser, survivor, other):
    """Messages change no contact's version, so what was seen before stays true."""
    seen = one_of(browser.get(f"/api/v1/contacts/{survivor}"))["version"]
    wanted = {"other": other, "other_version": one_of(browser.get(f"/api/v1/contacts/{other}"))["version"]}
    answer = browser.post(f"/api/v1/contacts/{survivor}/merge", json=wanted, headers=if_match(seen))
    return answer.status_code


def held_by(browser, contact):
    count, cursor = 0, None
    while cursor is not None or count == 0:
        params = {"contact": contact, "limit": 200, "fields": "id"} | ({"cursor": cursor} if cursor else {})
        page = one_of(browser.get("/api/v1/submissions", params=params))
        count, cursor = count + len(page["items"]), page["next"]
        if not page["items"]:
            break
    return count


def test_two_who_merge_each_other_s_contacts_wait_instead_of_failing(many):
    ada, bob = (write(many, name)["contact_id"] for name in ("Ada", "Bob"))
    wanted = [(ada, bob), (bob, ada)]

    def merging(number):
        survivor, other = wanted[number % 2]
        body = {"other": other, "other_version": 1}
        return many.post(f"/api/v1/contacts/{survivor}/merge", json=body, headers=if_match(1)).status_code

    statuses = at_once(merging)

    assert sorted(statuses) == [200] + [409] * (AT_ONCE - 1)


def test_a_note_that_comes_in_the_middle_of_a_merge_is_the_survivor_s(many, platform_of_its_own):
    ada, bob = (write(many, name)["contact_id"] for name in ("Ada", "Bob"))
    note = {"json": {"text": "Rings after six."}}
    with ThreadPoolExecutor(1) as threads:
        with platform_of_its_own.database.transaction() as session:
            people.merge(session, UUID(bob), [1], UUID(ada), [1], STEFAN)
            noted = threads.submit(many.post, f"/api/v1/contacts/{ada}/notes", **note)
            await_somebody_who_waits(session)
        status = noted.result().status_code

    [kept] = one_of(many.get(f"/api/v1/contacts/{bob}"))["notes"]
    assert (status, kept["text"]) == (201, "Rings after six.")


def await_somebody_who_waits(session):
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    patience = time.monotonic() + 10
    while not session.connection().exec_driver_sql(waiting).scalar():
        assert time.monotonic() < patience
        time.sleep(0.01)


def test_an_export_holds_no_connection_while_its_rows_travel(platform_of_its_own, monkeypatch):
    monkeypatch.setattr(tables, "CHUNK", 1)
    with browser_of(platform_of_its_own, STEFAN) as browser:
        for name in ("Ada", "Bob", "Cora"):
            write(browser, name)
    wanted = exports.Export("messages", exports.SUBMISSIONS, lists.messages, Messages())

    async def connections_in_use_after_each_part() -> list[int]:
        answer = await exports.download(platform_of_its_own.work, wanted, STEFAN)
        pool = platform_of_its_own.database.bind.engine.pool
        return [pool.checkedout() async for _ in answer.body_iterator]

    assert anyio.run(connections_in_use_after_each_part) == [0] * 4
