"""Documents taken away together: whole, under names that people know, and only what their asker may read."""

import csv
import io
import re
import zipfile
from html import unescape

import pytest
from sqlalchemy import text
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.conftest import PDF, if_match

from pretamane.core.http import tables
from pretamane.documents.takings import takings

ZIP = "/api/v1/documents/zip"


@pytest.fixture(params=["one transaction", "one transaction a document"])
def pieces(request, monkeypatch):
    if request.param != "one transaction":
        monkeypatch.setattr(takings, "READ_AT_ONCE", 1)


@pytest.fixture
def two(put, clock):
    made = [put(PDF, "1.pdf", title="Invoice 3/2026").json()]
    clock.move(1)
    return [*made, put(b"Some words.", "notes.txt").json()]


def opened(answer):
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def content_of(answer):
    """Everything but the manifest, which is checked to come last."""
    with opened(answer) as archive:
        *names, last = archive.namelist()
        assert last == "manifest.csv"
        return {name: archive.read(name) for name in names}


def manifest_of(answer):
    with opened(answer) as archive:
        told = archive.read("manifest.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(told, newline="")))


def take(client, *documents):
    return client.post(ZIP, json={"ids": [each if isinstance(each, str) else each["id"] for each in documents]})


@pytest.mark.usefixtures("pieces")
def test_chosen_documents_come_as_a_zip_under_their_titles(as_viewer, two):
    answer = take(as_viewer, *two)

    assert content_of(answer) == {"Invoice 3-2026.pdf": PDF, "notes.txt": b"Some words."}
    assert answer.headers["content-disposition"] == 'attachment; filename="documents-2026-03-02.zip"'


@pytest.mark.usefixtures("pieces", "two")
def test_a_list_comes_as_a_zip_narrowed_like_the_list(as_viewer):
    everything = as_viewer.get("/api/v1/documents.zip")
    some = as_viewer.get("/api/v1/documents.zip", params={"title": "invoice"})

    assert list(content_of(everything)) == ["notes.txt", "Invoice 3-2026.pdf"]
    assert list(content_of(some)) == ["Invoice 3-2026.pdf"]


def test_its_manifest_names_each_document_with_its_hash(as_viewer, two):
    [invoice, notes] = manifest_of(take(as_viewer, *two))

    assert (invoice["id"], invoice["title"], invoice["file"]) == (two[0]["id"], "Invoice 3/2026", "Invoice 3-2026.pdf")
    assert (invoice["sha256"], invoice["left_out"]) == (two[0]["current"]["sha256"], "")
    assert (notes["id"], notes["size"], notes["version"]) == (two[1]["id"], "11", "1")


def test_what_nobody_may_open_is_left_out_and_the_manifest_says_why(as_staff, two, put, connection, store):
    ill = put(TEST_VIRUS, "ill.txt").json()
    secret, lost = put(PDF + b"1", "secret.pdf").json(), put(PDF + b"2", "lost.pdf").json()
    as_staff.delete(f"/api/v1/documents/{two[0]['id']}", headers=if_match(1))
    connection.execute(text("UPDATE documents SET is_restricted = true WHERE id = :id"), {"id": secret["id"]})
    [key] = [blob.key for blob in store.kept() if lost["current"]["sha256"] in blob.key]
    store.remove(key)
    nobodys = "0199f3a2-7c51-7d4e-9d0c-5a6b1c2d3e4f"

    answer = take(as_staff, two[0], two[1], ill, secret, lost, nobodys)

    told = {line["id"]: line for line in manifest_of(answer)}
    assert list(content_of(answer)) == ["notes.txt"]
    assert {each: told[each]["left_out"] for each in told} == {
        two[0]["id"]: "it is in the trash",
        two[1]["id"]: "",
        ill["id"]: "it is in quarantine",
        secret["id"]: "there is no such document, or not for you",
        lost["id"]: "its bytes are missing from where they are kept",
        nobodys: "there is no such document, or not for you",
    }
    assert told[secret["id"]]["title"] == told[secret["id"]]["sha256"] == ""


def test_a_file_is_in_the_zip_under_the_very_name_that_the_manifest_tells(as_viewer, put):
    documents = [put(PDF + str(number).encode(), "a.pdf", title="S" * 197).json() for number in range(3)]

    answer = take(as_viewer, *documents)

    assert sorted(each["file"] for each in manifest_of(answer)) == sorted(content_of(answer))


def test_what_is_restricted_while_a_zip_grows_is_not_in_it(as_viewer, two, connection, monkeypatch):
    restrict, asked = text("UPDATE documents SET is_restricted = true WHERE id = :id"), takings._those

    def then_restricted(session, ids, by):
        found = asked(session, ids, by)
        connection.execute(restrict, {"id": two[1]["id"]})
        return found

    monkeypatch.setattr(takings, "_those", then_restricted)

    assert content_of(take(as_viewer, *two)) == {"Invoice 3-2026.pdf": PDF}


def test_nothing_in_the_manifest_is_calculated_by_a_spreadsheet(as_viewer, put):
    [line] = manifest_of(take(as_viewer, put(title="=HYPERLINK(1)").json()))

    assert line["title"] == "'=HYPERLINK(1)"


def test_documents_of_one_title_are_numbered_and_none_takes_the_manifests_place(as_viewer, put):
    made = [put(PDF + bytes([number]), "a.pdf").json() for number in range(2)]
    made.append(put(b"a,b\n1,2\n", "manifest.csv").json())

    assert list(content_of(take(as_viewer, *made))) == ["a.pdf", "a (2).pdf", "manifest (2).csv"]


def test_a_document_that_is_named_twice_comes_once(as_viewer, two):
    assert len(content_of(take(as_viewer, two[0], two[0]))) == 1


def test_ticked_documents_come_from_the_pages_form(as_viewer, two):
    ticked = {f"document-{two[1]['id']}": "1", "act": "zip", "document-x": "1"}

    assert list(content_of(as_viewer.post("/app/documents/zip", data=ticked))) == ["notes.txt"]
    assert as_viewer.post("/app/documents/zip", data={"act": "zip"}).status_code == 422


@pytest.mark.usefixtures("two")
def test_what_the_page_lists_is_taken_away_by_its_links(as_viewer):
    shown = as_viewer.get("/app/documents?title=invoice").text
    links = re.findall(r'href="(/app/documents\.[^"]+)"', shown)

    archive, table = (as_viewer.get(unescape(link)) for link in links)
    assert list(content_of(archive)) == ["Invoice 3-2026.pdf"]
    assert [row["title"] for row in rows_of(table)] == ["Invoice 3/2026"]
    assert list(content_of(as_viewer.get("/app/documents.zip?contact=nobody@example.org"))) == []


@pytest.mark.usefixtures("two")
def test_more_than_can_be_taken_at_once_is_refused(as_viewer, monkeypatch):
    monkeypatch.setattr(takings, "MOST", 1)

    answer = as_viewer.get("/api/v1/documents.zip")

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert as_viewer.post(ZIP, json={"ids": []}).status_code == 422


def test_ten_thousand_can_be_named_and_no_more(as_viewer):
    ids = [f"0199f3a2-7c51-7d4e-9d0c-{number:012}" for number in range(10_001)]

    assert len(manifest_of(take(as_viewer, *ids[:-1]))) == 10_000
    assert take(as_viewer, *ids).status_code == 422


def test_while_the_store_is_away_there_is_a_refusal_and_no_file(as_viewer, two, store):
    store.away = True
    answer = take(as_viewer, *two)
    store.away = False

    assert (answer.status_code, answer.json()["code"]) == (503, "blobs-unavailable")


def test_who_takes_documents_away_leaves_a_trace_of_how_many_and_nothing_typed(as_viewer, two, connection):
    take(as_viewer, *two)
    as_viewer.get("/api/v1/documents.zip", params={"title": "invoice"})
    as_viewer.get("/api/v1/documents.csv", params={"title": "invoice"})

    asked = text("SELECT act, details FROM audit_entries WHERE act <> 'document.received' ORDER BY id")
    assert [tuple(row) for row in connection.execute(asked)] == [
        ("documents.taken-away", {"count": 2, "filters": []}),
        ("documents.taken-away", {"count": 1, "filters": ["title"]}),
        ("documents.exported", {"filters": ["title"]}),
    ]


# ---- as a table ---------------------------------------------------------------------------------------------------


def rows_of(answer):
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_a_list_comes_as_a_table_with_what_is_known(as_staff, client, connection, put):
    client.post("/api/v1/contact", json={"name": "Ada Byron", "email": "ada@example.org", "message": "Hello."})
    ada = connection.scalar(text("SELECT id FROM contacts"))
    made = put(PDF, "letter.pdf", title="=A letter", contact_id=ada).json()

    [row] = rows_of(as_staff.get("/api/v1/documents.csv"))

    assert (row["title"], row["contact"], row["contact_id"]) == ("'=A letter", "Ada Byron", str(ada))
    assert (row["filename"], row["kind"], row["state"]) == ("letter.pdf", "pdf", "received")
    assert (row["id"], row["sha256"], row["size"]) == (made["id"], made["current"]["sha256"], str(len(PDF)))


@pytest.mark.usefixtures("two")
def test_a_table_longer_than_a_chunk_is_whole_and_narrowed_like_its_list(as_viewer, monkeypatch):
    monkeypatch.setattr(tables, "CHUNK", 1)

    assert [row["title"] for row in rows_of(as_viewer.get("/api/v1/documents.csv"))] == ["notes", "Invoice 3/2026"]
    assert rows_of(as_viewer.get("/api/v1/documents.csv", params={"trashed": "true"})) == []


def test_a_table_names_no_restricted_document_to_anybody_else(as_viewer, two, connection):
    connection.execute(text("UPDATE documents SET is_restricted = true WHERE id = :id"), {"id": two[0]["id"]})

    assert [row["title"] for row in rows_of(as_viewer.get("/api/v1/documents.csv"))] == ["notes"]
