"""Many visitors at one moment, against a real server of several processes."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx2
from sqlalchemy import create_engine, text

AT_ONCE = 50
MESSAGE = {"name": "Ada Byron", "email": "ada@example.org", "message": "Could you call me?"}
Rows = Callable[[str], list[Any]]


def at_once(ask: Callable[[int], httpx2.Response]) -> list[httpx2.Response]:
    ready = Barrier(AT_ONCE)

    def asked(number: int) -> httpx2.Response:
        ready.wait()
        return ask(number)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(asked, range(AT_ONCE)))


def test_fifty_messages_at_once_from_one_address_make_one_contact(served: httpx2.Client, rows: Rows) -> None:
    spellings = ("ada@example.org", "Ada@Example.ORG", " ADA@example.org ")

    answers = at_once(
        lambda number: served.post("/api/v1/contact", json=MESSAGE | {"email": spellings[number % len(spellings)]})
    )

    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert rows("SELECT email FROM contacts") == [("ada@example.org",)]
    assert rows("SELECT count(*), count(DISTINCT contact_id) FROM submissions") == [(AT_ONCE, 1)]
    assert len({answer.json()["reference"] for answer in answers}) == AT_ONCE


def test_fifty_posts_at_once_under_one_key_make_one_submission_and_one_answer(
    served: httpx2.Client, rows: Rows
) -> None:
    def post(_number: int) -> httpx2.Response:
        return served.post("/api/v1/contact", json=MESSAGE, headers={"Idempotency-Key": "one-key-for-all"})

    answers = [post(0) if answer.status_code == 409 else answer for answer in at_once(post)]

    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert rows("SELECT reference FROM submissions") == [(answers[0].json()["reference"],)]


def test_who_waits_for_a_key_holds_no_connection(served: httpx2.Client, rows: Rows, database_address: str) -> None:
    """The first is kept waiting by a lock of ours on its contact; twenty more wait for the first."""
    waiting = 20
    engine = create_engine(database_address)

    def post(_number: int) -> httpx2.Response:
        return served.post("/api/v1/contact", json=MESSAGE, headers={"Idempotency-Key": "a-slow-message"})

    with ThreadPoolExecutor(waiting) as threads, engine.connect() as ours:
        ours.execute(
            text("INSERT INTO contacts (id, email, name, made_at) VALUES (gen_random_uuid(), :email, 'Ada', now())"),
            {"email": MESSAGE["email"]},
        )
        posted = [threads.submit(post, number) for number in range(waiting)]
        _wait_until_blocked(rows)
        reads = [served.get("/api/v1/practice", timeout=2).status_code for _ in range(12)]
        holding = rows("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        ours.rollback()
        answers = [each.result() for each in posted]
    engine.dispose()

    assert reads == [200] * 12
    assert holding == [(1,)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["reference"] for answer in answers}) == 1


def _wait_until_blocked(rows: Rows) -> None:
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    given_up = time.monotonic() + 20
    while rows(blocked) == [(0,)]:
        assert time.monotonic() < given_up, "Nobody came to wait for the lock."
        time.sleep(0.02)
