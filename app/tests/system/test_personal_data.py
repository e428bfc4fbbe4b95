"""Everything about one contact as a ZIP that can be read without us, and nothing of anybody else."""

import csv
import io
import json
import zipfile
from uuid import uuid4

import pytest
from sqlalchemy import text as sql

from pretamane.contacts import people
from pretamane.documents.moving import personal
from pretamane.system import personal_data
from tests import samples


@pytest.fixture
def ask(connection):
    return lambda question, **values: connection.execute(sql(question), values).scalars().all()


@pytest.fixture
def write(client, ask):
    def written(name, email, message="Hello.", **said):
        sent = {"name": name, "email": email, "message": message, **said}
        assert client.post("/api/v1/contact", json=sent).status_code == 201
        return ask("SELECT id FROM contacts WHERE email = :email", email=email)[0]

    return written


@pytest.fixture
def put(as_staff):
    def sent(content, filename, **said):
        answer = as_staff.put("/api/v1/documents", params={"filename": filename, **said}, content=content)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return sent


@pytest.fixture
def take(as_admin):
    def taken(contact, client=None):
        answer = (client or as_admin).get(f"/api/v1/contacts/{contact}/personal-data")
        assert answer.status_code == 200, answer.text
        return zipfile.ZipFile(io.BytesIO(answer.content))

    return taken


@pytest.fixture
def ada(write, as_staff, platform, staff, put, do_jobs, ask):
    """Who wrote, was answered, has notes and two documents."""
    contact = write("Ada Byron", "ada@example.org", "<b>May I come?</b>", subject="Visit", phone="123 456")
    platform.work.run_now(people.note, contact, "She prefers mornings.", staff.as_actor())
    [message] = ask("SELECT id FROM submissions WHERE contact_id = :id", id=contact)
    path = f"/api/v1/submissions/{message}"
    seen = {"If-Match": as_staff.get(path).headers["etag"]}
    as_staff.post(f"{path}/answers", json={"text": "Come on Monday."}, headers=seen)
    put(samples.pdf(["The contract."]), "contract.pdf", contact_id=contact, title="Contract: the 1st / last?")
    put(b"Her notes", "notes.txt", contact_id=contact, title="Notes")
    do_jobs()
    return contact


def rows(archive, name):
    return json.loads(archive.read(name))


def test_it_holds_messages_answers_notes_documents_mails_and_acts(take, ada):
    archive = take(ada)

    assert rows(archive, "contact.json")[0]["email"] == "ada@example.org"
    assert [each["message"] for each in rows(archive, "messages.json")] == ["<b>May I come?</b>"]
    assert [each["text"] for each in rows(archive, "notes and answers.json")] == [
        "She prefers mornings.",
        "Come on Monday.",
    ]
    assert [each["text"] for each in rows(archive, "mails sent.json")] == ["Come on Monday."]
    acts = {each["act"] for each in rows(archive, "what was done.json")}
    assert {"contact.noted", "submission.answered", "document.received"} <= acts
    assert all(list(each) == ["made_at", "act"] for each in rows(archive, "what was done.json"))


def test_originals_are_under_readable_names_byte_for_byte_and_the_rows_say_where(take, ada):
    archive = take(ada)

    listed = {each["title"]: each["file"] for each in rows(archive, "documents.json")}
    assert archive.testzip() is None
    assert archive.read(listed["Notes"]) == b"Her notes"
    assert archive.read(listed["Contract: the 1st / last?"]) == samples.pdf(["The contract."])
    assert listed["Notes"] == "documents/Notes.txt"


def test_it_can_be_read_in_a_browser_without_us(take, ada):
    archive = take(ada)

    index, messages = archive.read("index.html").decode(), archive.read("messages.html").decode()
    assert 'href="messages.html"' in index
    assert "Ada Byron" in index
    assert "&lt;b&gt;May I come?&lt;/b&gt;" in messages
    assert "http" not in index.replace("http-equiv", "")
    assert 'href="documents/Notes.txt"' in archive.read("documents.html").decode()


def test_the_tables_open_in_a_spreadsheet_and_hold_no_formula(take, write):
    eve = write("Eve", "eve@example.org", "=1+1")

    [line] = csv.DictReader(io.StringIO(take(eve).read("messages.csv").decode("utf-8-sig")))

    assert line["message"] == "'=1+1"


def test_nothing_of_anybody_else_is_in_it(take, ada, write, put):
    eve = write("Eve Sentinel", "eve@example.org", "A sentinel message.")
    put(b"a sentinel document", "sentinel.txt", contact_id=eve)
    put(b"a sentinel of nobody", "sentinel two.txt")

    archive = take(ada)

    assert not any("sentinel" in name.lower() for name in archive.namelist())
    assert not any(b"sentinel" in archive.read(name).lower() for name in archive.namelist())


def test_what_is_restricted_is_in_it_for_its_readers_and_counted_for_others(take, ada, put, connection, admin):
    secret = put(b"a secret", "secret.txt", contact_id=ada)
    connection.execute(sql("UPDATE documents SET is_restricted = true WHERE id = :id"), {"id": secret["id"]})
    without = take(ada)
    reader = {"document": secret["id"], "account": admin.id}
    connection.execute(sql("INSERT INTO document_readers VALUES (:document, :account)"), reader)

    archive = take(ada)

    assert "documents/secret.txt" not in without.namelist()
    assert not any(b"secret" in without.read(name) for name in without.namelist())
    assert "One document that only certain people" in without.read("index.html").decode()
    assert archive.read("documents/secret.txt") == b"a secret"
    assert "left out" not in archive.read("index.html").decode()


def test_a_file_in_quarantine_is_named_and_its_bytes_are_left_out(take, ada, put, connection):
    bad = put(b"does harm", "harm.txt", contact_id=ada)
    state = sql("UPDATE document_versions SET state = 'quarantined', reason = 'It does harm.' WHERE document_id = :id")
    connection.execute(state, {"id": bad["id"]})

    archive = take(ada)

    assert not any(b"does harm" in archive.read(name) for name in archive.namelist())
    assert "“harm”: the file is in quarantine" in archive.read("index.html").decode()


def test_who_was_merged_is_in_it_with_what_was_theirs(take, ada, write, platform, staff, ask):
    other = write("A. Byron", "a.byron@example.org", "From my other address.")
    seen = {each: ask("SELECT version FROM contacts WHERE id = :id", id=each) for each in (ada, other)}
    platform.work.run_now(people.merge, ada, seen[ada], other, seen[other], staff.as_actor())

    archive = take(ada)

    assert [each["email"] for each in rows(archive, "contact.json")] == ["ada@example.org", "a.byron@example.org"]
    assert "From my other address." in archive.read("messages.html").decode()


def test_more_rows_than_a_part_holds_make_more_parts_and_none_is_lost(take, ada, client, put, monkeypatch):
    monkeypatch.setattr(personal_data, "ROWS", 2)
    for number in range(4):
        said = {"name": "Ada", "email": "ada@example.org", "message": f"Number {number}"}
        client.post("/api/v1/contact", json=said)
        put(b"%d" % number, "same.txt", contact_id=ada)

    archive = take(ada)

    messages = [row["message"] for part in ("", " 2", " 3") for row in rows(archive, f"messages{part}.json")]
    assert messages == ["<b>May I come?</b>", *(f"Number {number}" for number in range(4))]
    copies = [name for name in archive.namelist() if name.startswith("documents/same")]
    assert sorted(archive.read(name) for name in copies) == [b"0", b"1", b"2", b"3"]


def test_taking_it_is_audited_by_numbers_alone(take, ada, ask):
    take(ada)

    [entry] = ask("SELECT row_to_json(e) FROM audit_entries AS e WHERE act = 'contact.personal-data-taken'")
    assert (entry["subject"], entry["actor"], entry["details"]) == (str(ada), "Ada", {"messages": 1, "left_out": 0})


def test_of_nobody_there_is_none_and_staff_get_none(as_admin, as_staff, ada):
    assert as_admin.get(f"/api/v1/contacts/{uuid4()}/personal-data").status_code == 404
    assert as_staff.get(f"/api/v1/contacts/{ada}/personal-data").status_code == 403
    assert as_staff.get(f"/app/contacts/{ada}/personal-data.zip").status_code == 403


def test_bytes_that_are_missing_are_named_and_keep_nothing_else_from_coming(take, ada, put, store, ask):
    lost = put(b"Away with it.", "lost.txt", contact_id=ada)
    [key] = ask(
        "SELECT key FROM blobs JOIN document_versions v ON v.blob_id = blobs.id WHERE v.document_id = :id",
        id=lost["id"],
    )
    store.remove(key)

    archive = take(ada)

    assert archive.testzip() is None
    places = {row["title"]: row["file"] for row in rows(archive, "documents.json")}
    assert places.pop("lost") is None
    assert places
    assert set(places.values()) <= set(archive.namelist())
    assert "“lost”: its bytes are missing from where" in archive.read("index.html").decode()


def test_the_columns_of_the_documents_table_are_those_of_its_rows(take, ada):
    [row, *_] = rows(take(ada), "documents.json")

    assert set(row) == set(personal.DOCUMENT)
