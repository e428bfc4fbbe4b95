"""A document that was answered 201 is there, byte for byte; one that was refused left nothing behind."""

import base64
import hashlib

import pytest
from sqlalchemy import text
from tests.documents.bad_samples import TEST_VIRUS as VIRUS
from tests.documents.conftest import PDF, if_match, put_with

from pretamane.core.jobs import queue
from pretamane.documents.recognising import screening


def bytes_of(store, document):
    [key] = [blob.key for blob in store.kept() if document["current"]["sha256"] in blob.key]
    with store.read(key) as pieces:
        return b"".join(pieces)


def test_a_document_comes_raw_and_is_there_byte_for_byte(put, as_staff, store, spooled):
    answer = put(PDF * 1000, "Müller’s letter.pdf", title="A letter")
    made = answer.json()

    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/documents/{made['id']}"
    assert as_staff.get(answer.headers["location"]).json()["current"] == made["current"]
    assert (made["title"], made["current"]["filename"]) == ("A letter", "Müller’s letter.pdf")
    assert (made["current"]["state"], made["current"]["size"]) == ("received", len(PDF) * 1000)
    assert bytes_of(store, made) == PDF * 1000
    assert spooled() == []


@pytest.mark.parametrize("way", ["raw", "form"])
def test_a_name_of_any_length_is_taken_and_keeps_its_beginning_and_its_end(put, as_staff, way):
    name = f"Lease {'of a house ' * 800}2026.pdf"

    answer = put(PDF, name) if way == "raw" else as_staff.post("/api/v1/documents", files={"file": (name, PDF)})

    kept = answer.json()["current"]["filename"]
    assert answer.status_code == 201, answer.text
    assert (kept[:15], kept[-14:], len(kept)) == (name[:15], name[-14:], 4000)


def test_signs_that_turn_the_reading_direction_are_in_no_title(put):
    assert put(PDF, "a.pdf", title="Lease \u202efdp.exe").json()["title"] == "Lease fdp.exe"
    assert put(PDF, "Lease \u202efdp.pdf").json()["title"] == "Lease fdp"


@pytest.mark.parametrize("address", ["/api/v1/documents", "/api/v1/documents/upload", "/documents/upload"])
def test_a_document_comes_in_a_form_with_fields_before_and_behind_it(as_staff, store, address):
    boundary = "-----x"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\nÜber\r\n--{boundary}\r\n'
    file = 'Content-Disposition: form-data; name="file"; filename="größe %22x%22.pdf"\r\nContent-Type: application/pdf'
    tail = f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="unknown"\r\n\r\n1\r\n--{boundary}--\r\n'
    body = f"{head}{file}\r\n\r\n".encode() + PDF * 9000 + tail.encode()

    answer = as_staff.post(address, content=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})

    assert answer.status_code == 201, answer.text
    assert (answer.json()["title"], answer.json()["current"]["filename"]) == ("Über", 'größe "x".pdf')
    assert bytes_of(store, answer.json()) == PDF * 9000


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ([], 400),
        ([("a", ("a.pdf", PDF)), ("b", ("b.pdf", PDF))], 400),
        ([("a", ("a.pdf", PDF)), ("contact_id", (None, "nobody"))], 422),
        ([("a", ("a.pdf", PDF)), ("contact_id", (None, "0199f3a2-7c51-7d4e-9d0c-5a6b1c2d3e4f"))], 422),
        ([("a", ("a.pdf", PDF)), ("title", (None, "x" * 70_000))], 400),
    ],
    ids=["no file", "two files", "no id", "an unknown contact", "too long a field"],
)
def test_a_form_that_cannot_be_taken_leaves_nothing(as_staff, spooled, blobs, files, status):
    answer = as_staff.post("/api/v1/documents", files=files or {"title": (None, "only a title")})

    assert (answer.status_code, spooled(), blobs()) == (status, [], [])
    assert as_staff.get("/api/v1/documents").json()["items"] == []


def test_a_form_that_is_cut_off_leaves_nothing(as_staff, spooled):
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\n' + PDF

    answer = as_staff.post(
        "/api/v1/documents", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
    )

    assert (answer.status_code, answer.json()["code"], spooled()) == (400, "malformed", [])


def test_what_is_not_taken_is_refused_and_leaves_nothing(put, as_staff, spooled, blobs):
    answer = put(b"MZ", "setup.exe")

    assert (answer.status_code, spooled(), blobs()) == (415, [], [])
    assert as_staff.get("/api/v1/documents").json()["items"] == []


def test_what_looks_ill_is_kept_in_quarantine_and_read_by_no_machine(put, connection):
    answer = put(VIRUS, "ill.txt").json()

    assert (answer["current"]["state"], answer["current"]["reason"]) == ("quarantined", screening.TEST_VIRUS)
    assert connection.scalar(text("SELECT count(*) FROM jobs WHERE name = 'documents.process'")) == 0


def test_with_the_row_come_its_event_its_job_and_its_audit_entry(put, platform, connection):
    made = put().json()

    [job] = platform.work.run_now(queue.claim, ["documents.process"])
    assert job.args == {"version": made["current"]["id"]}
    for kept in ("SELECT name FROM events WHERE subject = :id", "SELECT act FROM audit_entries WHERE subject = :id"):
        assert connection.scalars(text(kept), {"id": made["id"]}).all() == ["document.received"]


def test_bytes_known_already_are_stored_once_and_the_answer_names_the_other_document(put, blobs):
    first = put(title="The first").json()
    second = put(filename="again.pdf")

    assert (second.status_code, len(blobs())) == (201, 1)
    assert second.json()["duplicate_of"] == {"id": first["id"], "title": "The first"}
    assert first["duplicate_of"] is None


def test_who_wants_to_be_asked_is_told_under_which_name_it_is_known(put, as_staff, spooled):
    first = put(title="The first").json()
    asked = put(if_known="ask")
    kept = put(if_known="keep")

    assert (asked.status_code, asked.json()["code"]) == (409, "known-already")
    assert asked.json()["detail"] == "You have this already, as “The first”."
    assert asked.json()["document"] == {"id": first["id"], "title": "The first"}
    assert asked.headers["location"] == f"/api/v1/documents/{first['id']}"
    assert (kept.status_code, spooled()) == (201, [])
    assert len(as_staff.get("/api/v1/documents").json()["items"]) == 2


def test_nobody_is_asked_about_what_is_in_the_trash(put, as_staff):
    first = put().json()
    as_staff.delete(f"/api/v1/documents/{first['id']}", headers=if_match(1))

    assert put(if_known="ask").status_code == 201


def digest(content, name="sha-256"):
    value = hashlib.new(name.replace("-", ""), content).digest()
    return {"Content-Digest": f"{name}=:{base64.b64encode(value).decode()}:"}


@pytest.mark.parametrize("name", ["sha-256", "sha-512"])
def test_a_content_digest_is_checked(put, spooled, blobs, name):
    right = put(headers=digest(PDF, name))
    wrong = put(PDF + b"!", headers=digest(PDF, name))

    assert (right.status_code, wrong.status_code, wrong.json()["code"]) == (201, 422, "digest-mismatch")
    assert (spooled(), len(blobs())) == ([], 1)


@pytest.mark.parametrize("header", ["md5=:AAAA:", "sha-256=abc", "sha-256=:a:", ""])
def test_a_digest_that_cannot_be_checked_is_refused(put, spooled, header):
    answer = put(headers={"Content-Digest": header})

    assert (answer.status_code, answer.json()["code"], spooled()) == (400, "bad-digest", [])
    assert "sha-256" in answer.headers["want-content-digest"]


def test_a_forms_digest_is_that_of_the_whole_body(as_staff):
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.pdf"\r\n\r\n' + PDF + b"\r\n--x--\r\n"
    form = {"Content-Type": "multipart/form-data; boundary=x"}

    right = as_staff.post("/api/v1/documents", content=body, headers={**form, **digest(body)})
    wrong = as_staff.post("/api/v1/documents", content=body, headers={**form, **digest(PDF)})

    assert (right.status_code, wrong.status_code) == (201, 422)


def test_one_key_makes_one_document_and_a_retry_gets_the_first_answer(put, as_staff):
    key = {"Idempotency-Key": "0199f3a2-once"}
    first, again = put(headers=key), put(headers=key)
    other = put(PDF + b"!", headers=key)

    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(as_staff.get("/api/v1/documents").json()["items"]) == 1


def test_bytes_under_a_used_key_leave_nothing_in_the_store(put, blobs):
    key = {"Idempotency-Key": "0199f3a2-once"}
    put(headers=key)
    put(PDF + b"!", headers=key)

    assert len(blobs()) == 1


def test_while_the_store_is_away_uploads_are_503_without_a_row_and_lists_work(put, as_staff, store, spooled):
    put(title="Before")
    store.away = True
    answer = put(PDF + b"!")
    there = as_staff.get("/api/v1/documents")
    store.away = False

    assert (answer.status_code, spooled()) == (503, [])
    assert [each["title"] for each in there.json()["items"]] == ["Before"]
    assert put(PDF + b"!").status_code == 201


@pytest.mark.parametrize(
    "filename", ["../../etc/passwd.pdf", "a\u202efdp.pdf", "x" * 3000 + ".pdf", "nul\0.pdf", "  .pdf"]
)
def test_no_name_is_ever_a_path(put, blobs, filename):
    answer = put(filename=filename)

    assert answer.status_code == 201, answer.text
    assert answer.json()["current"]["filename"] == filename.replace("\0", "")
    assert answer.json()["title"]
    assert "passwd" not in blobs()[0]


def test_a_document_is_filed_with_whoever_stands_for_its_contact(put, as_staff, client, connection):
    for name in ("ada", "bob"):
        client.post("/api/v1/contact", json={"name": name, "email": f"{name}@example.org", "message": "Hello."})
    ada, bob = connection.scalars(text("SELECT id FROM contacts ORDER BY email")).all()
    before = put(contact_id=bob).json()
    merge = {"other": str(bob), "other_version": 1}
    merged = as_staff.post(f"/api/v1/contacts/{ada}/merge", json=merge, headers=if_match(1))
    after = put(PDF + b"!", contact_id=bob).json()

    assert merged.status_code == 200, merged.text
    moved = as_staff.get(f"/api/v1/documents/{before['id']}").json()
    assert (moved["contact_id"], after["contact_id"], moved["version"]) == (str(ada), str(ada), 2)


def test_received_documents_are_counted_by_kind_and_way(put, client):
    put()

    told = client.get("/metrics").text
    assert 'documents_received_total{kind="pdf",way="put"}' in told


def test_a_viewer_sends_nothing(as_viewer, spooled):
    assert put_with(as_viewer).status_code == 403
    assert spooled() == []
