"""Several people edit, replace and trash one document at once, over connections that commit for real."""

import hashlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient
from tests.contacts.conftest import BEA, STEFAN, browser_of
from tests.documents.conftest import PDF, if_match, put_with

from pretamane.wiring import Platform

ROUNDS = int(os.environ.get("ROUNDS", "50"))
# Whoever finds that somebody else was quicker looks and tries again.
ACTS = int(os.environ.get("ACTS", "1"))
PATIENCE = 60.0


@pytest.fixture
def house(database_address, settings, store) -> Iterator[Platform]:
    platform = Platform.build(settings.model_copy(update={"database_url": SecretStr(database_address)}), store)
    yield platform
    platform.database.bind.engine.dispose()
    platform.rate_limits.windows.bind.engine.dispose()


@pytest.fixture
def desks(house) -> Iterator[list[TestClient]]:
    with browser_of(house, STEFAN) as hers, browser_of(house, BEA) as his:
        yield [hers, his]


@dataclass(frozen=True)
class Done:
    """What somebody was told was done: the document's version after it, and what it was."""

    version: int
    what: str
    value: str


class Person:
    def __init__(self, desk, path, number, start):
        self.desk, self.path, self.number, self.start = desk, path, number, start
        self.done = []

    def act(self, ask):
        """Looks, acts on what was seen, and looks again where that is over. In the trash it waits for who restores."""
        given_up = time.monotonic() + PATIENCE
        while time.monotonic() < given_up:
            seen = self.desk.get(self.path).json()
            answer = ask(seen)
            if answer is None or answer.status_code in (409, 412):
                continue
            assert answer.status_code in (200, 201, 204), answer.text
            version = int(answer.headers["etag"].strip('"'))
            assert version == seen["version"] + 1, "something came in between, and was overwritten"
            return answer, version
        raise AssertionError("somebody never had their turn")

    def edit(self):
        self.start.wait()
        for act in range(ACTS):
            title = f"Title {self.number} {act}"
            _, version = self.act(
                lambda seen, title=title: self.desk.patch(
                    self.path, json={"title": title}, headers=if_match(seen["version"])
                )
            )
            self.done.append(Done(version, "title", title))

    def replace(self):
        self.start.wait()
        for act in range(ACTS):
            content = PDF + f"{self.path} {self.number} {act}".encode()
            made, version = self.act(
                lambda seen, content=content: self.desk.put(
                    f"{self.path}/versions?filename=a.pdf", content=content, headers=if_match(seen["version"])
                )
            )
            assert made.json()["received"]["sha256"] == hashlib.sha256(content).hexdigest()
            self.done.append(Done(version, "version", str(made.json()["received"]["number"])))

    def trash_and_restore(self):
        self.start.wait()
        for _ in range(ACTS):
            _, version = self.act(lambda seen: self.desk.delete(self.path, headers=if_match(seen["version"])))
            self.done.append(Done(version, "trash", "in it"))
            _, version = self.act(
                lambda seen: self.desk.post(f"{self.path}/restore", headers=if_match(seen["version"]))
            )
            self.done.append(Done(version, "trash", "out of it"))

    def go_back_and_forth(self):
        self.start.wait()
        for _ in range(2):
            made, version = self.act(self.ask_for_the_other_end)
            self.done.append(Done(version, "current", str(made.json()["current"]["number"])))

    def ask_for_the_other_end(self, seen):
        newest = seen["versions"][0]["number"]
        if newest == 1:
            return None
        wanted = 1 if seen["current"]["number"] != 1 else newest
        return self.desk.post(f"{self.path}/versions/{wanted}/current", headers=if_match(seen["version"]))


def race(threads, desks, path):
    """Two replace it, two edit it, one trashes and restores it; all that they were told was done."""
    start = Barrier(5)
    people = [Person(desks[number % 2], path, number, start) for number in range(5)]
    plans = [people[0].replace, people[1].replace, people[2].edit, people[3].trash_and_restore, people[4].edit]
    for plan in [threads.submit(plan) for plan in plans]:
        plan.result()
    return sorted((done for person in people for done in person.done), key=lambda done: done.version)


def assert_nothing_is_lost(desk, path, told):
    """Each act made a version of the document that nobody else was told of; the last of each kind is what is there."""
    document = desk.get(path).json()
    last = {done.what: done.value for done in told}
    numbers = [version["number"] for version in document["versions"]]

    assert [done.version for done in told] == list(range(2, len(told) + 2))
    assert document["version"] == len(told) + 1
    assert (document["title"], document["trashed_at"]) == (last["title"], None)
    assert numbers == list(range(2 * ACTS + 1, 0, -1))
    assert sorted(int(done.value) for done in told if done.what == "version") == sorted(numbers)[1:]
    assert document["current"]["number"] == int(last["version"])


def test_nothing_is_lost_where_several_edit_replace_and_trash_one_document(desks, house):
    with ThreadPoolExecutor(5) as threads:
        for number in range(ROUNDS):
            path = put_with(desks[0], PDF + str(number).encode()).headers["location"]

            told = race(threads, desks, path)

            assert_nothing_is_lost(desks[0], path, told)
    assert list(house.archive.keeper.verify()) == []


def test_nothing_is_lost_where_one_goes_back_and_forth_while_another_replaces(desks, house):
    with ThreadPoolExecutor(2) as threads:
        for number in range(ROUNDS // 5):
            path = put_with(desks[0], PDF + str(number).encode()).headers["location"]
            start = Barrier(2)
            people = [Person(desk, path, each, start) for each, desk in enumerate(desks)]

            for plan in [threads.submit(people[0].replace), threads.submit(people[1].go_back_and_forth)]:
                plan.result()

            document = desks[0].get(path).json()
            told = sorted((done for person in people for done in person.done), key=lambda done: done.version)
            assert [done.version for done in told] == list(range(2, len(told) + 2))
            assert [version["number"] for version in document["versions"]] == list(range(ACTS + 1, 0, -1))
            assert document["current"]["number"] == int(told[-1].value)
    assert list(house.archive.keeper.verify()) == []
