"""Who waits for whom, and what they find afterwards: each waits for a lock that the test holds."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, text
from starlette.testclient import TestClient
from tests.conftest import hire
from tests.contacts.conftest import BEA, STEFAN, Rows, browser_of, if_match, one_of

from pretamane.accounts.models import Account
from pretamane.core.actors import Role
from pretamane.settings import Settings
from pretamane.wiring import Platform

WAITS_WITHIN = 20
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
Ask = Callable[[], httpx2.Response]


@pytest.fixture
def house(database_address: str, settings: Settings) -> Iterator[Platform]:
    """One that commits."""
    platform = Platform.build(settings.model_copy(update={"database_url": SecretStr(database_address)}))
    yield platform
    platform.database.bind.engine.dispose()
    platform.rate_limits.windows.bind.engine.dispose()


@pytest.fixture
def desk(house: Platform) -> Iterator[TestClient]:
    with browser_of(house, STEFAN) as browser:
        yield browser


@pytest.fixture
def bea(house: Platform) -> Account:
    return hire(house, BEA.name, Role.STAFF)


@pytest.fixture
def meanwhile(database_address: str, rows: Rows) -> Iterator[Callable[..., Any]]:
    """Do one thing without a commit, ask until all wait for it, then commit."""
    engine = create_engine(database_address)

    @contextmanager
    def ours() -> Iterator[Connection]:
        with engine.connect() as connection:
            yield connection
            connection.commit()

    def meanwhile(statement: str, values: dict[str, object], *asks: Ask) -> list[httpx2.Response]:
        waiting: list[Future[httpx2.Response]] = []
        with ThreadPoolExecutor(len(asks)) as threads:
            with ours() as connection:
                connection.execute(text(statement), values)
                for ask in asks:
                    waiting.append(threads.submit(ask))
                    _wait_for(rows, len(waiting))
            return [each.result() for each in waiting]

    yield meanwhile
    engine.dispose()


def _wait_for(rows: Rows, many: int) -> None:
    given_up = monotonic() + WAITS_WITHIN
    while rows(_WAITING) != [(many,)]:
        assert monotonic() < given_up, "Nobody came to wait for the lock."
        sleep(0.02)


def write(browser: TestClient, name: str, **said: object) -> dict[str, Any]:
    message = {"name": name, "email": f"{name.lower()}@example.org", "message": "Could you call me?"} | said
    reference = browser.post("/api/v1/contact", json=message).json()["reference"]
    found: dict[str, Any] = one_of(browser.get("/api/v1/submissions", params={"q": reference}))["items"][0]
    return found


def test_nothing_is_given_to_somebody_who_is_leaving_at_that_moment(
    desk: TestClient, bea: Account, meanwhile: Callable[..., Any]
) -> None:
    message = f"/api/v1/submissions/{write(desk, 'Ada')['id']}"
    wanted = {"assignee_id": str(bea.id)}

    [answer] = meanwhile(
        "UPDATE accounts SET deactivated_at = now() WHERE id = :bea",
        {"bea": bea.id},
        lambda: desk.patch(message, json=wanted, headers=if_match(1)),
    )

    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["assignee_id"])
    assert one_of(desk.get(message))["assignee_id"] is None


def test_a_title_that_somebody_else_takes_at_that_moment_is_refused_beside_its_field(
    desk: TestClient, rows: Rows, meanwhile: Callable[..., Any]
) -> None:
    desk.post("/app/answers", data={"title": "Thanks", "text": "Thank you"})
    [(template,)] = rows("SELECT id FROM answer_templates")

    [answer] = meanwhile(
        "INSERT INTO answer_templates (id, title, text, changed_at) VALUES (gen_random_uuid(), 'Sorry', 'So', now())",
        {},
        lambda: desk.post(f"/app/answers/{template}", data={"version": 1, "title": "Sorry", "text": "Mine"}),
    )

    assert answer.status_code == 422
    assert "There is a text with this title already." in answer.text
    assert "Mine</textarea>" in answer.text


def test_a_contact_is_merged_while_its_spam_turns_out_to_be_none(
    desk: TestClient, meanwhile: Callable[..., Any]
) -> None:
    spam, message, other = write(desk, "Ada", leave_empty="x"), write(desk, "Ada"), write(desk, "Bob")
    seen = [{"id": each["id"], "version": 1} for each in (spam, message)]
    merge = f"/api/v1/contacts/{other['contact_id']}/merge"
    body = {"other": message["contact_id"], "other_version": 1}

    answers = meanwhile(
        "SELECT FROM submissions WHERE id = :id FOR UPDATE",
        {"id": message["id"]},
        lambda: desk.patch("/api/v1/submissions", json={"submissions": seen, "status": "open"}),
        lambda: desk.post(merge, json=body, headers=if_match(1)),
    )

    assert [answer.status_code for answer in answers] == [200, 200]
    of_bob = one_of(desk.get("/api/v1/submissions", params={"contact": other["contact_id"]}))["items"]
    assert {each["id"] for each in of_bob} == {spam["id"], message["id"], other["id"]}
