"""How much room documents take, and what somebody should look at; what is restricted has no name there."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.documents.about.test_fingerprints import letter, words

MOST = "SELECT id FROM contacts WHERE email = 'ada@example.org'"


@pytest.fixture
def ada(client, connection):
    said = {"name": "Ada Byron", "email": "ada@example.org", "message": "Hello."}
    assert client.post("/api/v1/contact", json=said).status_code == 201
    return str(connection.execute(text(MOST)).scalar_one())


@pytest.fixture
def make_type(connection):
    def made(name, *, is_expected):
        values = {"id": uuid4(), "name": name, "expected": is_expected}
        connection.execute(text("INSERT INTO document_types VALUES (:id, :name, :expected, now())"), values)
        return values["id"]

    return made


@pytest.fixture
def set_to(connection):
    """As other verbs do, which are not what is tested here."""

    def changed(document, column, value):
        change = text(f"UPDATE documents SET {column} = :value WHERE id = :id")  # noqa: S608  # a column's name
        connection.execute(change, {"value": value, "id": document["id"]})

    return changed


def storage(client):
    return client.get("/api/v1/storage").json()


def attention(client):
    return client.get("/api/v1/attention").json()


def test_bytes_that_two_documents_share_count_once_in_the_total_and_fully_beside_each(put, as_viewer, ada):
    content = b"words " * 1000
    put(content, "one.txt", contact_id=ada)
    put(content, "two.txt")
    put(b"other words", "three.txt")

    told = storage(as_viewer)

    shares = [(each["name"], each["documents"], each["bytes"]) for each in told["by_contact"]]
    assert told["bytes"] == 6000 + 11
    assert shares == [(None, 2, 6011), ("Ada Byron", 1, 6000)]
    assert [each["bytes"] for each in told["largest"]] == [6000, 6000, 11]
    assert [each["title"] for each in told["oldest"]] == ["one", "two", "three"]


def test_types_have_their_shares_and_what_is_in_the_trash_counts_and_is_told(put, as_viewer, make_type, set_to):
    contract, invoice = put(b"a contract", "one.txt").json(), put(b"an invoice", "two.txt").json()
    set_to(contract, "type_id", make_type("Contract", is_expected=False))
    set_to(invoice, "trashed_at", "2026-03-02T09:00:00Z")

    told = storage(as_viewer)

    assert {each["name"]: each["bytes"] for each in told["by_type"]} == {"Contract": 10, None: 10}
    assert (told["documents"], told["in_the_trash"], told["bytes"]) == (2, 1, 20)


def test_what_is_restricted_counts_in_the_total_and_is_named_to_nobody_else(put, as_viewer, set_to, ada):
    set_to(put(b"a secret contract", "Sentinel.txt", contact_id=ada).json(), "is_restricted", True)

    told, page = storage(as_viewer), as_viewer.get("/app/storage").text

    assert told["bytes"] == 17
    assert (told["documents"], told["by_contact"], told["by_type"], told["largest"], told["oldest"]) == (
        0,
        [],
        [],
        [],
        [],
    )
    assert "Sentinel" not in page
    assert "Ada" not in page


def test_after_a_purge_the_bytes_are_gone_from_the_total(put, as_admin, as_viewer, set_to):
    document = put(b"a contract", "one.txt").json()
    set_to(document, "trashed_at", "2026-03-02T09:00:00Z")

    as_admin.post(f"/api/v1/documents/{document['id']}/purge")

    assert storage(as_viewer)["bytes"] == 0


def test_an_empty_house_says_so_on_both_pages(as_viewer):
    assert "There is no document yet." in as_viewer.get("/app/storage").text
    assert "Everything is in its place." in as_viewer.get("/app/attention").text


def test_documents_that_say_nearly_the_same_are_shown_together(send, as_viewer):
    body = words(1, 150)
    first = send(letter(body).encode(), "first.txt")
    again = send(letter(body, dated="9 April 2026").encode(), "again.txt")

    [pair] = attention(as_viewer)["alike"]
    page = as_viewer.get("/app/attention").text

    assert (pair["later"]["id"], pair["earlier"]["id"], pair["is_same_text"]) == (again["id"], first["id"], False)
    assert "nearly the same" in page


@pytest.mark.parametrize(("column", "value"), [("is_restricted", True), ("trashed_at", "2026-03-02T09:00:00Z")])
@pytest.mark.parametrize("which", [0, 1])
def test_a_likeness_is_not_told_where_one_of_the_two_is_restricted_or_in_the_trash(
    send, as_viewer, set_to, column, value, which
):
    two = [send(letter(words(1, 150)).encode(), name) for name in ("first.txt", "again.txt")]

    set_to(two[which], column, value)

    assert attention(as_viewer)["alike"] == []


def test_a_contact_with_documents_lacks_what_is_expected_until_it_has_one(
    put, as_viewer, make_type, set_to, ada, client
):
    expected = make_type("Power of attorney", is_expected=True)
    make_type("Contract", is_expected=False)
    client.post("/api/v1/contact", json={"name": "Eve", "email": "eve@example.org", "message": "Only once."})
    document = put(b"anything", "one.txt", contact_id=ada).json()

    lacking = attention(as_viewer)["lacking"]
    set_to(document, "type_id", expected)
    after = attention(as_viewer)["lacking"]

    assert [(each["contact"], each["type"]) for each in lacking] == [("Ada Byron", "Power of attorney")]
    assert after == []


def test_a_restricted_document_fills_no_gap_for_who_may_not_know_of_it(put, as_viewer, make_type, set_to, ada):
    expected = make_type("Power of attorney", is_expected=True)
    put(b"anything", "one.txt", contact_id=ada)
    secret = put(b"a secret", "two.txt", contact_id=ada).json()
    set_to(secret, "type_id", expected)
    filled = attention(as_viewer)["lacking"]

    set_to(secret, "is_restricted", True)

    assert (filled, len(attention(as_viewer)["lacking"])) == ([], 1)


def test_documents_without_a_contact_are_listed_the_newest_first_and_more_is_told(put, as_viewer, ada):
    put(b"of Ada", "hers.txt", contact_id=ada)
    for number in range(3):
        put(b"%d" % number, f"{number}.txt")

    told = as_viewer.get("/api/v1/attention?limit=2").json()

    assert [each["title"] for each in told["without_contact"]] == ["2", "1"]
    assert told["more"] == ["without_contact"]
