"""One key, one effect, for a day."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from tests.committing import client_of
from tests.conftest import MovableClock

from pretamane.contacts.api import VISITOR
from pretamane.core.errors import Malformed
from pretamane.core.idempotency import Claim, forget_old
from pretamane.settings import Settings

MESSAGE = {"name": "Ada Byron", "email": "ada@example.org", "message": "Could you call me?"}
KEY = "3f0c9a7e-8c1d"
DAY = 24 * 3600


@pytest.fixture
def one_connection(database_address: str, settings: Settings) -> Iterator[TestClient]:
    """Asks an app that has a single connection for all its work."""
    with client_of(settings, database_address, connections=1) as client:
        yield client


def post(client: TestClient, key: str = KEY, **changed: object) -> tuple[int, dict[str, str], dict[str, str]]:
    answer = client.post("/api/v1/contact", json=MESSAGE | changed, headers={"Idempotency-Key": key})
    return answer.status_code, answer.json(), dict(answer.headers)


def submissions(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM submissions")).scalar_one())


def test_a_retry_gets_the_first_answer_and_says_so(client: TestClient, connection: Connection) -> None:
    status, first, headers = post(client)
    again_status, again, again_headers = post(client)

    assert (status, again_status) == (201, 201)
    assert again == first
    assert "idempotency-replayed" not in headers
    assert again_headers["idempotency-replayed"] == "true"
    assert submissions(connection) == 1


def test_the_same_key_with_another_body_is_refused(client: TestClient, connection: Connection) -> None:
    post(client)
    status, problem, _ = post(client, message="Something else.")

    assert (status, problem["code"]) == (422, "idempotency-key-reused")
    assert problem["detail"].endswith(".")
    assert submissions(connection) == 1


def test_how_long_the_form_was_open_is_no_other_body(client: TestClient, connection: Connection) -> None:
    _, first, _ = post(client, seconds_on_form=12.5)
    status, again, _ = post(client, seconds_on_form=47)

    assert (status, again) == (201, first)
    assert submissions(connection) == 1


def test_a_key_holds_at_the_contact_form_s_older_addresses_too(client: TestClient, connection: Connection) -> None:
    _, first, _ = post(client)
    again = client.post("/contact", json=MESSAGE, headers={"Idempotency-Key": KEY})

    assert again.json() == first
    assert submissions(connection) == 1


@pytest.mark.parametrize(("seconds", "kept"), [(DAY - 1, 1), (DAY, 2)])
def test_a_key_is_kept_for_a_day_and_then_takes_effect_anew(
    client: TestClient, connection: Connection, clock: MovableClock, seconds: float, kept: int
) -> None:
    post(client)
    clock.move(seconds)
    status, second, _ = post(client)
    _, third, _ = post(client)

    assert status == 201
    assert third == second
    assert submissions(connection) == kept


def test_an_ended_key_may_carry_another_message(client: TestClient, clock: MovableClock) -> None:
    post(client)
    clock.move(DAY)

    assert post(client, message="Something else.")[0] == 201
    assert post(client)[0] == 422


def test_a_refused_message_leaves_its_key_free(client: TestClient) -> None:
    refused, _, _ = post(client, email="nobody")
    taken, _, _ = post(client)

    assert (refused, taken) == (422, 201)


@pytest.mark.parametrize("key", ["short", "", "x" * 201, "with a space", "tab\there", "schlüssel-1"])
def test_a_key_of_another_form_gets_a_sentence(client: TestClient, connection: Connection, key: str) -> None:
    answer = client.post("/api/v1/contact", json=MESSAGE, headers=[(b"Idempotency-Key", key.encode("latin-1"))])

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-idempotency-key")
    assert answer.json()["detail"] == "An Idempotency-Key has 8 to 200 visible ASCII characters."
    assert submissions(connection) == 0


def test_a_key_under_way_is_waited_for_without_a_connection_then_409(
    one_connection: TestClient, database_address: str
) -> None:
    claim = Claim.of(VISITOR, "contact", KEY, {})
    engine = create_engine(database_address)
    with engine.connect() as elsewhere, ThreadPoolExecutor(1) as thread:
        elsewhere.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": claim.lock})
        waiting = thread.submit(post, one_connection)
        time.sleep(0.5)
        others = [one_connection.get("/api/v1/practice").status_code for _ in range(10)]
        still_waiting = not waiting.done()
        status, problem, headers = waiting.result()
    afterwards, _, _ = post(one_connection)
    engine.dispose()

    assert still_waiting
    assert others == [200] * 10
    assert (status, problem["code"], headers["retry-after"]) == (409, "request-under-way", "2")
    assert afterwards == 201


def test_who_waited_goes_on_once_the_first_is_done(one_connection: TestClient, database_address: str) -> None:
    claim = Claim.of(VISITOR, "contact", KEY, {})
    engine = create_engine(database_address)
    with ThreadPoolExecutor(1) as thread:
        with engine.connect() as elsewhere:
            elsewhere.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": claim.lock})
            waiting = thread.submit(post, one_connection)
            time.sleep(0.2)
        status, _, _ = waiting.result()
    engine.dispose()

    assert status == 201


def test_only_ended_keys_are_forgotten(client: TestClient, connection: Connection, clock: MovableClock) -> None:
    post(client, key="the-older-key")
    clock.move(DAY / 2)
    post(client, key="the-newer-key")
    clock.move(DAY / 2)

    with Session(connection, join_transaction_mode="create_savepoint") as session:
        forget_old(session, clock.now())
        session.commit()

    assert connection.execute(text("SELECT key FROM idempotency_keys")).scalars().all() == ["the-newer-key"]


@given(st.text())
def test_a_key_is_taken_or_refused_never_anything_else(key: str) -> None:
    fits = 8 <= len(key) <= 200 and all("!" <= character <= "~" for character in key)

    try:
        taken = bool(Claim.of("somebody", "somewhere", key, {}))
    except Malformed:
        taken = False

    assert taken == fits


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_the_order_of_fields_is_no_other_body(body: dict[str, object]) -> None:
    turned = dict(reversed(body.items()))

    assert Claim.of("a", "b", KEY, body) == Claim.of("a", "b", KEY, turned)
