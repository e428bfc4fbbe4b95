"""A visitor's message, from the form to the record."""

import re
from datetime import datetime

import httpx2
import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient
from tests.conftest import MovableClock

MESSAGE = {"name": "Ada Byron", "email": "Ada@Example.org", "message": "Could you call me?"}


def kept(connection: Connection) -> list[dict[str, object]]:
    return [dict(row) for row in connection.execute(text("SELECT * FROM submissions ORDER BY id")).mappings()]


@pytest.mark.parametrize("address", ["/api/v1/contact", "/contact", "/api/contact"])
def test_a_message_is_kept_and_gets_a_reference(client: TestClient, connection: Connection, address: str) -> None:
    answer = client.post(address, json=MESSAGE)

    assert answer.status_code == 201
    [submission] = kept(connection)
    assert submission["reference"] == answer.json()["reference"]
    assert submission["message"] == "Could you call me?"


def contacts(connection: Connection) -> list[dict[str, object]]:
    return [dict(row) for row in connection.execute(text("SELECT * FROM contacts ORDER BY id")).mappings()]


def refused(answer: httpx2.Response) -> dict[str, str]:
    """The sentences of a refusal, by field."""
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    sentences: dict[str, str] = answer.json()["errors"]
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in sentences.values())
    return sentences


def test_every_field_is_kept_as_it_was_typed(client: TestClient, connection: Connection, clock: MovableClock) -> None:
    typed = MESSAGE | {
        "phone": "+44 20 7946 0000",
        "company": "Analytical Engines",
        "subject": "A question",
        "consent": True,
        "consent_version": "2026-11",
        "page": "/contact.html",
    }
    answer = client.post("/api/v1/contact", json=typed, headers={"X-Request-ID": "asked-by-ada"})

    [submission] = kept(connection)
    assert {name: submission[name] for name in typed if name != "consent"} == {
        name: value for name, value in typed.items() if name != "consent"
    }
    assert (submission["consented"], submission["status"]) == (True, "new")
    assert (submission["received_at"], submission["request_id"]) == (clock.now(), "asked-by-ada")
    assert datetime.fromisoformat(answer.json()["received_at"]) == clock.now()


def test_a_reference_can_be_read_out_on_the_phone(client: TestClient) -> None:
    reference = client.post("/api/v1/contact", json=MESSAGE).json()["reference"]

    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", reference)


@pytest.mark.parametrize("how", ["json", "data", "files"], ids=["JSON", "urlencoded", "multipart"])
def test_json_and_both_kinds_of_form_are_kept_alike(client: TestClient, connection: Connection, how: str) -> None:
    typed = MESSAGE | {"consent": "on", "consent_version": "2026-11", "phone": ""}
    fields = {name: (None, value) for name, value in typed.items()} if how == "files" else typed

    answer = client.post("/api/v1/contact", **{how: fields})  # type: ignore[arg-type]  # the field set is the parameter

    assert answer.status_code == 201
    [submission] = kept(connection)
    assert (submission["name"], submission["message"]) == (MESSAGE["name"], MESSAGE["message"])
    assert (submission["consented"], submission["phone"]) == (True, None)


@pytest.mark.parametrize(
    ("names", "understood"),
    [
        ({"first_name": "Ada", "last_name": "Byron"}, "Ada Byron"),
        ({"first_name": "Ada"}, "Ada"),
        ({"name": "Ada King", "first_name": "Ada", "last_name": "Byron"}, "Ada King"),
        ({"name": "", "last_name": "Byron"}, "Byron"),
    ],
)
def test_first_and_last_names_of_older_forms_are_understood(
    client: TestClient, connection: Connection, names: dict[str, str], understood: str
) -> None:
    rest = {"email": MESSAGE["email"], "message": MESSAGE["message"]}
    client.post("/contact", data={**rest, **names})

    assert [submission["name"] for submission in kept(connection)] == [understood]


def test_all_missing_fields_are_named_at_once(client: TestClient, connection: Connection) -> None:
    sentences = refused(client.post("/api/v1/contact", json={}))

    assert sentences == {
        "name": "Please tell us your name.",
        "email": "Please give an e-mail address that we can answer to.",
        "message": "Please write a message.",
    }
    assert kept(connection) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "x" * 201, "Please write at most 200 characters here."),
        ("name", " \t ", "Please tell us your name."),
        ("name", 5, "Please write this as text."),
        ("email", "nobody", "That does not look like an e-mail address. Please write one like name@example.org."),
        ("email", "a@b@c", "That does not look like an e-mail address. Please write one like name@example.org."),
        ("phone", "1" * 41, "Please write at most 40 characters here."),
        ("company", ["a"], "Please write this as text."),
        ("subject", "x" * 201, "Please write at most 200 characters here."),
        ("message", "x" * 10_001, "Please write at most 10,000 characters here."),
        ("message", "\x00\x07", "Please write a message."),
        ("consent", 7, "Please answer with yes or no."),
        ("page", "/" + "x" * 500, "Please write at most 500 characters here."),
        ("seconds_on_form", "soon", "Please write this as a number."),
    ],
)
def test_a_field_that_cannot_be_taken_gets_its_sentence(
    client: TestClient, connection: Connection, field: str, value: object, sentence: str
) -> None:
    answer = client.post("/api/v1/contact", json=MESSAGE | {field: value})

    assert refused(answer) == {field: sentence}
    assert kept(connection) == []


def test_agreement_must_name_the_text_agreed_to(client: TestClient, connection: Connection) -> None:
    sentences = refused(client.post("/api/v1/contact", json=MESSAGE | {"consent": True}))

    assert sentences == {"consent_version": "Please say which version of the consent text was agreed to."}
    assert kept(connection) == []


def test_one_person_who_writes_twice_is_one_contact(client: TestClient, connection: Connection) -> None:
    client.post("/api/v1/contact", json=MESSAGE)
    client.post("/api/v1/contact", json=MESSAGE | {"email": "ADA@EXAMPLE.ORG", "name": "A. Byron"})

    [contact] = contacts(connection)
    assert (contact["email"], contact["name"]) == ("ada@example.org", "Ada Byron")
    assert [submission["contact_id"] for submission in kept(connection)] == [contact["id"]] * 2


@pytest.mark.parametrize(
    ("sign", "reason"),
    [
        ({"leave_empty": "https://buy.example"}, "filled in the hidden field"),
        ({"seconds_on_form": 0.4}, "sent faster than anyone types"),
        ({"seconds_on_form": -1}, "sent faster than anyone types"),
    ],
)
def test_what_a_program_sent_is_kept_as_spam_and_makes_nobody_a_contact(
    client: TestClient, connection: Connection, sign: dict[str, object], reason: str
) -> None:
    client.post("/api/v1/contact", json=MESSAGE | sign)

    [submission] = kept(connection)
    assert (submission["status"], submission["spam_reason"]) == ("spam", reason)
    assert (submission["contact_id"], submission["message"]) == (None, MESSAGE["message"])
    assert contacts(connection) == []


@pytest.mark.parametrize("sign", [{"leave_empty": "x"}, {"seconds_on_form": 0}])
def test_a_program_cannot_tell_its_answer_from_anybody_else_s(client: TestClient, sign: dict[str, object]) -> None:
    person = client.post("/api/v1/contact", json=MESSAGE | {"seconds_on_form": 40})
    program = client.post("/api/v1/contact", json=MESSAGE | sign)

    assert program.status_code == person.status_code == 201
    assert program.json().keys() == person.json().keys()
    assert program.json()["received_at"] == person.json()["received_at"]
    changing = {"x-request-id", "ratelimit"}
    assert [each for each in program.headers.items() if each[0] not in changing] == [
        each for each in person.headers.items() if each[0] not in changing
    ]


@pytest.mark.parametrize("patient", [{}, {"seconds_on_form": 2}, {"seconds_on_form": ""}, {"leave_empty": " "}])
def test_a_person_is_not_taken_for_a_program(
    client: TestClient, connection: Connection, patient: dict[str, object]
) -> None:
    client.post("/api/v1/contact", json=MESSAGE | patient)

    assert [submission["status"] for submission in kept(connection)] == ["new"]
