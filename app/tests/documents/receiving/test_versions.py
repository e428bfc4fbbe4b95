"""Another version of a document, the way back to an older one, and nothing that is ever lost."""

import base64
from uuid import uuid4

import pytest
from sqlalchemy import text
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.conftest import PDF, PIECE, TUS, if_match, put_with
from tests.documents.processed import shown

from pretamane.core.spool import Spool
from tests import samples

OTHER = PDF + b"% another version\n"
FIRST_TEXT = samples.pdf(["The first version"])
SECOND_TEXT = samples.pdf(["The second version"])


@pytest.fixture
def letter(put):
    return put(PDF, "letter.pdf").json()


def path_of(document):
    return f"/api/v1/documents/{document['id']}"


def replace(client, document, content=OTHER, seen=None, filename="letter 2.pdf", query="", **headers):
    seen = document["version"] if seen is None else seen
    return client.put(
        f"{path_of(document)}/versions?filename={filename}{query}", content=content, headers=if_match(seen) | headers
    )


def go_to(client, document, number, seen=None):
    seen = shown(client, document["id"])["version"] if seen is None else seen
    return client.post(f"{path_of(document)}/versions/{number}/current", headers=if_match(seen))


def numbers(client, document):
    return [version["number"] for version in shown(client, document["id"])["versions"]]


def bytes_of(client, document, number=None):
    where = "" if number is None else f"/versions/{number}"
    return client.get(f"{path_of(document)}{where}/file", follow_redirects=True).content


def test_another_version_is_current_and_the_one_before_stays(as_staff, letter):
    answer = replace(as_staff, letter)
    made = answer.json()

    assert (answer.status_code, answer.headers["etag"]) == (201, '"2"')
    assert (made["current"]["number"], made["current"]["filename"]) == (2, "letter 2.pdf")
    assert (made["received"], made["is_new"], made["title"]) == (made["current"], True, "letter")
    assert numbers(as_staff, letter) == [2, 1]
    assert bytes_of(as_staff, letter) == OTHER
    assert bytes_of(as_staff, letter, 1) == PDF


def test_a_version_comes_in_a_form_too(as_staff, letter):
    files = {"file": ("better.pdf", OTHER)}

    answer = as_staff.post(f"{path_of(letter)}/versions", files=files, headers=if_match(1))

    assert (answer.status_code, answer.json()["current"]["filename"]) == (201, "better.pdf")


OF_THE_DOCUMENT = {"title": "Another", "contact_id": str(uuid4()), "restricted": "true"}


def test_what_is_said_of_the_document_beside_a_version_of_it_is_refused_by_name(as_staff, letter, blobs, spooled):
    files = {"file": ("better.pdf", OTHER)}
    address = f"{path_of(letter)}/versions"

    in_a_form = as_staff.post(address, files=files, data=OF_THE_DOCUMENT, headers=if_match(1))
    in_parts = begin(as_staff, letter, **OF_THE_DOCUMENT)

    for answer in (in_a_form, in_parts):
        assert (answer.status_code, set(answer.json()["errors"])) == (422, set(OF_THE_DOCUMENT))
    assert (numbers(as_staff, letter), len(blobs()), spooled()) == ([1], 1, [])


def test_the_form_of_a_version_is_described_with_its_file_alone(client):
    described = client.get("/api/openapi.json").json()["paths"]

    def fields(path):
        content = described[path]["post"]["requestBody"]["content"]
        return set(content["multipart/form-data"]["schema"]["properties"])

    assert fields("/api/v1/documents/{document_id}/versions") == {"file"}
    assert fields("/api/v1/documents") == {"file", *OF_THE_DOCUMENT}


@pytest.mark.parametrize(("headers", "status"), [({}, 428), (if_match(7), 412)], ids=["none seen", "another seen"])
def test_nothing_is_overwritten_that_its_sender_has_not_seen(as_staff, letter, blobs, spooled, headers, status):
    address = f"{path_of(letter)}/versions?filename=a.pdf"

    answers = [as_staff.put(address, content=OTHER, headers=headers)]
    answers += [as_staff.post(address.partition("?")[0], files={"file": ("a.pdf", OTHER)}, headers=headers)]

    assert [answer.status_code for answer in answers] == [status, status]
    assert (numbers(as_staff, letter), len(blobs()), spooled()) == ([1], 1, [])


def test_who_has_seen_another_is_told_before_a_byte_is_kept(as_staff, letter, monkeypatch):
    def keep(*_args, **_how):
        raise AssertionError("the bytes should not have been taken")

    monkeypatch.setattr(Spool, "keep", keep)

    answer = replace(as_staff, letter, seen=7)

    assert (answer.status_code, answer.json()["code"]) == (412, "changed-meanwhile")


def test_the_current_versions_own_bytes_make_no_version_and_say_so(as_staff, letter, blobs, spooled):
    answer = replace(as_staff, letter, PDF, filename="again.pdf")

    assert (answer.status_code, answer.json()["is_new"], answer.headers["etag"]) == (200, False, '"1"')
    assert answer.json()["current"] == letter["current"]
    assert (numbers(as_staff, letter), len(blobs()), spooled()) == ([1], 1, [])


def test_an_older_versions_bytes_are_a_version_again(as_staff, letter, blobs):
    replace(as_staff, letter)

    answer = replace(as_staff, letter, PDF, seen=2)

    assert (answer.status_code, answer.json()["current"]["number"]) == (201, 3)
    assert (answer.json()["duplicate_of"], len(blobs())) == (None, 2)


def test_who_wants_to_be_asked_hears_of_another_document_with_these_bytes(as_staff, letter, put):
    other = put(OTHER, "other.pdf").json()

    asked = replace(as_staff, letter, query="&if_known=ask")
    kept = replace(as_staff, letter)

    assert (asked.status_code, asked.json()["document"]["id"]) == (409, other["id"])
    assert (kept.status_code, kept.json()["duplicate_of"]["id"]) == (201, other["id"])


def test_what_is_not_taken_is_no_version_either(as_staff, letter, spooled):
    assert replace(as_staff, letter, b"MZ", filename="setup.exe").status_code == 415
    assert (numbers(as_staff, letter), spooled()) == ([1], [])


def test_a_retry_with_the_same_key_gets_the_first_answer(as_staff, letter):
    key = {"Idempotency-Key": "0199f3a2-once"}
    first = replace(as_staff, letter, **key)
    again = replace(as_staff, letter, **key)

    assert (again.status_code, again.json(), again.headers["idempotency-replayed"]) == (201, first.json(), "true")
    assert numbers(as_staff, letter) == [2, 1]


def test_one_key_is_not_good_for_two_documents(as_staff, letter, put):
    other = put(PDF + b"!", "other.pdf").json()
    key = {"Idempotency-Key": "0199f3a2-once"}
    replace(as_staff, letter, **key)

    assert replace(as_staff, other, **key).json()["code"] == "idempotency-key-reused"


def test_in_the_trash_nothing_gets_another_version(as_staff, letter):
    as_staff.delete(path_of(letter), headers=if_match(1))

    answers = [replace(as_staff, letter, seen=2), go_to(as_staff, letter, 1)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(409, "in-the-trash")] * 2


def test_nobody_else_learns_of_a_restricted_document(as_staff, as_viewer, letter, connection):
    connection.execute(text("UPDATE documents SET is_restricted = true"))

    assert replace(as_staff, letter).status_code == 404
    assert as_staff.post(f"{path_of(letter)}/versions/1/current", headers=if_match(1)).status_code == 404
    assert put_with(as_viewer).status_code == 403


# ---- the way back -------------------------------------------------------------------------------------------------


def test_an_older_version_is_current_again_and_the_newer_one_stays(as_staff, letter):
    replace(as_staff, letter)

    back = go_to(as_staff, letter, 1)
    after_back = bytes_of(as_staff, letter)
    forward = go_to(as_staff, letter, 2)

    assert (back.status_code, back.json()["current"]["number"], back.headers["etag"]) == (200, 1, '"3"')
    assert (after_back, bytes_of(as_staff, letter), numbers(as_staff, letter)) == (PDF, OTHER, [2, 1])
    assert forward.json()["current"]["number"] == 2


def test_the_next_version_after_the_way_back_has_a_number_of_its_own(as_staff, letter):
    replace(as_staff, letter)
    go_to(as_staff, letter, 1)

    third = replace(as_staff, letter, PDF + b"3", seen=3)

    assert (third.json()["current"]["number"], numbers(as_staff, letter)) == (3, [3, 2, 1])


def test_going_where_it_is_already_changes_nothing(as_staff, letter, events_of):
    answer = go_to(as_staff, letter, 1)

    assert (answer.status_code, answer.headers["etag"], events_of(letter)) == (200, '"1"', ["document.received"])


def test_there_is_no_way_to_a_version_that_is_not_there_or_from_one_not_seen(as_staff, letter):
    assert go_to(as_staff, letter, 2).status_code == 404
    assert go_to(as_staff, letter, 1, seen=9).status_code == 412


def test_text_and_pages_are_those_of_the_current_version(as_staff, send, do_jobs):
    document = send(FIRST_TEXT, "letter.pdf")
    replace(as_staff, document, SECOND_TEXT)
    do_jobs()

    def words():
        return [page["text"].strip() for page in as_staff.get(f"{path_of(document)}/pages").json()["items"]]

    second = words()
    go_to(as_staff, document, 1)
    assert (second, words()) == (["The second version"], ["The first version"])
    assert shown(as_staff, document["id"])["current"]["state"] == "ready"


def test_what_happened_is_told_by_ids_alone(as_staff, letter, connection, events_of):
    replace(as_staff, letter, filename="secret name.pdf")
    go_to(as_staff, letter, 1)

    told = ["document.received", "document.version-received", "document.version-chosen"]
    acts = text("SELECT act FROM audit_entries WHERE subject = :id ORDER BY id")
    assert events_of(letter) == connection.scalars(acts, {"id": letter["id"]}).all() == told
    everything = connection.scalars(
        text("SELECT details::text FROM events UNION SELECT details::text FROM audit_entries")
    )
    assert "secret name" not in " ".join(everything)


# ---- quarantine ---------------------------------------------------------------------------------------------------


def test_a_version_in_quarantine_waits_behind_the_current_one_until_it_is_released(as_staff, as_admin, letter, do_jobs):
    held = replace(as_staff, letter, TEST_VIRUS, filename="test.txt").json()
    meanwhile = bytes_of(as_staff, letter)
    refused = go_to(as_staff, letter, 2)
    released = as_admin.post(f"{path_of(letter)}/release")
    do_jobs()

    assert (held["received"]["state"], held["received"]["number"], held["current"]["number"]) == ("quarantined", 2, 1)
    assert (meanwhile, refused.status_code, refused.json()["code"]) == (PDF, 403, "quarantined")
    assert (released.status_code, released.json()["current"]["number"]) == (202, 2)
    assert shown(as_staff, letter["id"])["current"]["state"] == "ready"


def test_a_version_that_was_overtaken_in_quarantine_is_released_and_not_current(as_staff, as_admin, letter):
    replace(as_staff, letter, TEST_VIRUS, filename="test.txt")
    replace(as_staff, letter, seen=2)

    released = as_admin.post(f"{path_of(letter)}/release?version=2").json()

    assert (released["current"]["number"], released["versions"][1]["state"]) == (3, "received")


def test_the_same_bytes_do_not_wait_in_quarantine_twice(as_staff, letter):
    replace(as_staff, letter, TEST_VIRUS, filename="test.txt")

    again = replace(as_staff, letter, TEST_VIRUS, seen=2, filename="test.txt")

    assert (again.status_code, again.json()["is_new"], numbers(as_staff, letter)) == (200, False, [2, 1])


# ---- in parts -----------------------------------------------------------------------------------------------------


def begin(client, letter, content=OTHER, **words):
    said = {"filename": "in parts.pdf", "document": letter["id"], "version": str(letter["version"]), **words}
    metadata = ",".join(f"{word} {base64.b64encode(value.encode()).decode()}" for word, value in said.items() if value)
    headers = {**TUS, "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    return client.post("/api/v1/uploads", headers=headers)


def go_on(client, begun, content=OTHER, offset=0, **headers):
    headers = {**PIECE, "Upload-Offset": str(offset), **headers}
    return client.patch(begun.headers["location"], content=content[offset:], headers=headers)


def test_a_version_comes_in_parts(as_staff, letter):
    begun = begin(as_staff, letter)
    half = as_staff.patch(begun.headers["location"], content=OTHER[:9], headers={**PIECE, "Upload-Offset": "0"})
    sent = go_on(as_staff, begun, offset=9)

    assert (half.status_code, sent.status_code, sent.headers["upload-document"]) == (204, 204, path_of(letter))
    assert (numbers(as_staff, letter), bytes_of(as_staff, letter)) == ([2, 1], OTHER)
    assert as_staff.head(begun.headers["location"], headers=TUS).status_code == 200
    assert numbers(as_staff, letter) == [2, 1]


def test_parts_of_the_current_versions_own_bytes_say_so(as_staff, letter):
    sent = go_on(as_staff, begin(as_staff, letter, PDF), PDF)

    assert (sent.status_code, sent.headers["upload-unchanged"], numbers(as_staff, letter)) == (204, "true", [1])


@pytest.mark.parametrize(
    ("words", "status"),
    [({"version": ""}, 428), ({"version": "3"}, 412), ({"document": "x"}, 422)],
    ids=["none seen", "another seen", "no id"],
)
def test_parts_begin_only_with_what_was_seen(as_staff, letter, spooled, words, status):
    assert begin(as_staff, letter, **words).status_code == status
    assert spooled() == []


def test_who_was_overtaken_on_the_way_keeps_what_has_come_and_may_look_again(as_staff, letter):
    begun = begin(as_staff, letter)
    replace(as_staff, letter, PDF + b"a quicker one")
    late = go_on(as_staff, begun)
    asked = as_staff.head(begun.headers["location"], headers=TUS)

    settled = go_on(as_staff, begun, b"", len(OTHER), **if_match(2))

    assert (late.status_code, late.json()["code"], asked.status_code) == (412, "changed-meanwhile", 412)
    assert (settled.status_code, numbers(as_staff, letter)) == (204, [3, 2, 1])
    assert bytes_of(as_staff, letter) == OTHER


# ---- what machines know -------------------------------------------------------------------------------------------


def dated(day, title, words):
    return samples.pdf([words], title=title).replace(b"D:20260302090000", f"D:{day}090000".encode())


MARCH = dated("20240303", "An invoice", "Thank you for the letter. We have looked at the figures that you sent to us.")
APRIL = dated("20250404", "Eine Rechnung", "Wir haben die Zahlen geprüft, und sie sind so, wie Sie es sagen.")
BLANK = samples.pdf([""], title="").replace(b"/CreationDate(D:20260302090000+01'00')", b" " * 38)


def facts_of(client, document):
    told = shown(client, document["id"])
    return told["title"], told["document_date"], told["language"]


def test_title_day_and_language_are_those_of_the_current_version(as_staff, send, do_jobs):
    document = send(MARCH, "scan.pdf")
    first = facts_of(as_staff, document)
    replace(as_staff, document, APRIL)
    do_jobs()
    second = facts_of(as_staff, document)
    go_to(as_staff, document, 1)

    assert first == ("An invoice", "2024-03-03", "en")
    assert second == ("Eine Rechnung", "2025-04-04", "de")
    assert facts_of(as_staff, document) == first


def test_what_a_version_leaves_open_stays_as_the_one_before_told_it(as_staff, send, do_jobs):
    document = send(MARCH, "scan.pdf")
    replace(as_staff, document, BLANK, filename="blank.pdf")
    do_jobs()

    assert facts_of(as_staff, document) == ("An invoice", "2024-03-03", "en")


def test_no_version_says_otherwise_than_a_person_said(as_staff, send, do_jobs, connection):
    document = send(MARCH, "scan.pdf", title="What I call it")
    said = "UPDATE documents SET document_date = '2020-01-01', settled = array_append(settled, 'document_date')"
    connection.execute(text(said))
    replace(as_staff, document, APRIL)
    do_jobs()

    assert facts_of(as_staff, document) == ("What I call it", "2020-01-01", "de")


def test_a_reading_that_ends_after_the_way_back_is_kept_for_its_own_version(as_staff, send, do_jobs):
    document = send(MARCH, "scan.pdf")
    replace(as_staff, document, APRIL)
    go_to(as_staff, document, 1)
    do_jobs()
    before = facts_of(as_staff, document)
    go_to(as_staff, document, 2)

    assert (before[0], facts_of(as_staff, document)[0]) == ("An invoice", "Eine Rechnung")
