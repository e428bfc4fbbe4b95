"""Lists, the trash, and what is removed for good."""

import pytest
from sqlalchemy import text
from tests.documents.bad_samples import TEST_VIRUS as VIRUS
from tests.documents.conftest import PDF, if_match


def titles(client, **wanted):
    return [each["title"] for each in client.get("/api/v1/documents", params=wanted).json()["items"]]


@pytest.fixture
def trashed(put, as_staff):
    document = put(title="Old").json()
    answer = as_staff.delete(f"/api/v1/documents/{document['id']}", headers=if_match(1))
    assert (answer.status_code, answer.headers["etag"]) == (204, '"2"')
    return f"/api/v1/documents/{document['id']}"


def test_lists_are_newest_first_a_page_at_a_time(put, as_viewer, clock):
    for number in range(5):
        put(PDF + bytes([number]), title=str(number))
        clock.move(1)

    first = as_viewer.get("/api/v1/documents", params={"limit": 3}).json()
    second = as_viewer.get("/api/v1/documents", params={"limit": 3, "cursor": first["next"]}).json()

    assert [each["title"] for each in first["items"] + second["items"]] == ["4", "3", "2", "1", "0"]
    assert second["next"] is None


def test_a_list_is_of_one_contact_or_of_one_state(put, as_viewer, client, connection):
    client.post("/api/v1/contact", json={"name": "ada", "email": "ada@example.org", "message": "Hello."})
    ada = connection.scalar(text("SELECT id FROM contacts"))
    put(title="Ada’s", contact_id=ada)
    put(VIRUS, "ill.txt", title="Ill")

    assert titles(as_viewer, contact_id=ada) == ["Ada’s"]
    assert titles(as_viewer, state="quarantined") == ["Ill"]
    assert titles(as_viewer, state="ready") == []


def test_what_is_in_the_trash_is_in_no_list_but_its_own(trashed, as_viewer):
    assert (titles(as_viewer), titles(as_viewer, trashed=True)) == ([], ["Old"])
    assert as_viewer.get(trashed).json()["trashed_at"] is not None


def test_what_is_restored_is_where_it_was(trashed, as_staff):
    restored = as_staff.post(f"{trashed}/restore", headers=if_match(2))

    assert (restored.status_code, restored.headers["etag"], restored.json()["trashed_at"]) == (200, '"3"', None)
    assert titles(as_staff) == ["Old"]


@pytest.mark.parametrize("headers", [{}, if_match(7)])
def test_who_has_not_seen_the_newest_version_trashes_nothing(put, as_staff, headers):
    document = put(title="Kept").json()

    answer = as_staff.delete(f"/api/v1/documents/{document['id']}", headers=headers)

    assert answer.status_code in (412, 428)
    assert titles(as_staff) == ["Kept"]


def test_only_from_the_trash_is_anything_removed_for_good(put, as_admin):
    document = put().json()

    answer = as_admin.post(f"/api/v1/documents/{document['id']}/purge")

    assert (answer.status_code, answer.json()["code"]) == (409, "not-in-the-trash")


def test_what_is_purged_is_gone_with_its_bytes(trashed, as_admin, do_jobs, blobs, connection):
    answer = as_admin.post(f"{trashed}/purge")
    do_jobs()

    assert (answer.status_code, as_admin.get(trashed).status_code, blobs()) == (204, 404, [])
    assert connection.scalar(text("SELECT count(*) FROM blobs WHERE purged_at IS NOT NULL")) == 1
    assert connection.scalar(text("SELECT count(*) FROM document_versions")) == 0


def test_bytes_that_another_document_has_stay(trashed, put, as_admin, do_jobs, blobs):
    put(title="The same")
    as_admin.post(f"{trashed}/purge")
    do_jobs()

    assert len(blobs()) == 1
    assert titles(as_admin) == ["The same"]


def test_bytes_that_come_again_after_a_purge_get_a_key_of_their_own(trashed, put, as_admin, do_jobs, blobs):
    before = blobs()
    as_admin.post(f"{trashed}/purge")
    put()
    do_jobs()

    assert len(blobs()) == 1
    assert blobs() != before


def test_each_act_has_its_event_and_its_audit_entry(trashed, as_staff, as_admin, connection):
    as_staff.post(f"{trashed}/restore", headers=if_match(2))
    as_staff.delete(trashed, headers=if_match(3))
    as_admin.post(f"{trashed}/purge")

    acts = [f"document.{act}" for act in ("received", "trashed", "restored", "trashed", "purged")]
    assert connection.scalars(text("SELECT name FROM events ORDER BY id")).all() == acts
    assert connection.scalars(text("SELECT act FROM audit_entries ORDER BY id")).all() == acts
