"""Many hands on the same documents, tags and types, over connections that commit for real."""

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.conftest import hire, make_key
from tests.documents.filing.test_filing import THOUSAND

from pretamane.core.actors import Role, Scope
from pretamane.wiring import Platform, build_app

HANDS = 8
ROUNDS = 5


@pytest.fixture
def office(database_address, settings):
    """The API of a house of its own, for somebody who may do everything; with a thousand documents."""
    changed = {"database_url": SecretStr(database_address), "database_pool_size": HANDS + 1}
    platform = Platform.build(settings.model_copy(update=changed))
    _, key = make_key(platform, hire(platform, "Ada", Role.ADMIN), *Scope)
    with platform.database.transaction() as session:
        session.connection().exec_driver_sql(THOUSAND)
    with TestClient(build_app(platform), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client
    platform.close()
    for pool in (platform.database.bind.engine, platform.rate_limits.windows.bind.engine):
        pool.dispose()


def at_once(do):
    ready = Barrier(HANDS)

    def hand(number):
        ready.wait(30)
        return [do(number, turn) for turn in range(ROUNDS)]

    with ThreadPoolExecutor(HANDS) as hands:
        return [answer for each in hands.map(hand, range(HANDS)) for answer in each]


@pytest.fixture
def ids(office):
    return [each["id"] for each in office.get("/api/v1/documents", params={"limit": 60}).json()["items"]]


def test_who_files_the_same_documents_in_another_order_waits_and_nothing_is_lost(office, ids):
    def tag(number, turn):
        some = random.Random(number * ROUNDS + turn).sample(ids, len(ids))  # noqa: S311  # an order, no secret
        name = f"Round {turn}" if number % 2 else f"ROUND {turn}"
        return office.post("/api/v1/documents/bulk", json={"documents": some, "add_tags": [name, f"hand {number}"]})

    answers = at_once(tag)

    assert {answer.status_code for answer in answers} == {200}
    tags = office.get("/api/v1/tags").json()["items"]
    assert sorted((each["name"].lower(), each["documents"]) for each in tags) == sorted(
        [(f"round {turn}", 60) for turn in range(ROUNDS)] + [(f"hand {number}", 60) for number in range(HANDS)]
    )


def test_tags_are_renamed_merged_and_given_at_once_and_every_hand_gets_an_answer(office, ids):
    made = [office.post("/api/v1/tags", json={"name": f"tag {number}"}).json()["id"] for number in range(ROUNDS)]
    office.post("/api/v1/documents/bulk", json={"documents": ids, "add_tags": [f"tag {n}" for n in range(ROUNDS)]})

    def disturb(number, turn):
        if number == 0:
            return office.post(f"/api/v1/tags/{made[turn]}/merge", json={"into": made[(turn + 1) % ROUNDS]})
        if number == 1:
            return office.patch(f"/api/v1/tags/{made[turn]}", json={"name": f"tag {turn} again"})
        some = random.Random(number).sample(ids, 30)  # noqa: S311  # an order, no secret
        return office.post("/api/v1/documents/bulk", json={"documents": some, "add_tags": [f"tag {turn}"]})

    answers = at_once(disturb)

    assert {answer.status_code for answer in answers} <= {200, 404, 422}
    assert {answer.status_code for answer in answers[2 * ROUNDS :]} == {200}


def test_of_many_who_edit_one_version_one_wins_and_the_others_are_told(office, ids):
    path = f"/api/v1/documents/{UUID(ids[0])}"

    def edit(number, turn):
        return office.patch(path, json={"notes": f"{number} {turn}"}, headers={"If-Match": f'"{turn + 1}"'})

    answers = at_once(edit)

    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 412}
    assert sorted(each["version"] for each in won) == list(range(2, len(won) + 2))
    there = office.get(path).json()
    assert there["notes"] == max(won, key=lambda each: each["version"])["notes"]
