"""To whom a restricted document is not readable, it does not exist."""

from uuid import UUID

import pytest
from sqlalchemy import text
from tests.conftest import hire
from tests.documents.conftest import PDF, if_match, put_with
from tests.documents.test_files import address_of

from pretamane.core.actors import Role


@pytest.fixture
def restrict(connection):
    def restricted(document, *readers):
        connection.execute(text("UPDATE documents SET is_restricted = true WHERE id = :id"), {"id": document})
        for reader in readers:
            named = "INSERT INTO document_readers (document_id, account_id) VALUES (:id, :reader)"
            connection.execute(text(named), {"id": document, "reader": reader.id})

    return restricted


@pytest.fixture
def secret(put, restrict, staff):
    """Stefan's alone."""
    document = put(title="Secret").json()["id"]
    restrict(UUID(document), staff)
    return f"/api/v1/documents/{document}"


@pytest.fixture
def as_sofia(platform, sign_in):
    """Of the same role, and not named."""
    return sign_in(hire(platform, "Sofia", Role.STAFF))


def titles(client, **wanted):
    return [each["title"] for each in client.get("/api/v1/documents", params=wanted).json()["items"]]


@pytest.mark.usefixtures("secret")
def test_lists_show_it_to_whom_it_names_alone(put, as_staff, as_sofia, as_admin):
    put(PDF + b"other", title="Open")

    assert [titles(each) for each in (as_staff, as_sofia, as_admin)] == [["Open", "Secret"], ["Open"], ["Open"]]


@pytest.mark.parametrize("way", ["", "/file", "/versions/1/file", "/pages", "/pages/1/picture", "/thumbnail"])
def test_nothing_of_it_is_there_for_anybody_else(secret, as_sofia, as_admin, way):
    unknown = f"/api/v1/documents/00000000-0000-7000-8000-000000000000{way}"

    for asker in (as_sofia, as_admin):
        answer, of_none = asker.get(secret + way), asker.get(unknown)
        assert (answer.status_code, answer.json()["detail"]) == (404, of_none.json()["detail"])


@pytest.mark.usefixtures("secret")
def test_whoever_brings_the_same_bytes_is_told_of_no_other(as_sofia, as_staff, blobs):
    anothers, own = put_with(as_sofia, if_known="ask"), put_with(as_staff)

    assert (anothers.status_code, anothers.json()["duplicate_of"]) == (201, None)
    assert own.json()["duplicate_of"]["title"] == "Secret"
    assert len(blobs()) == 1


def test_an_address_of_its_bytes_ends_when_its_asker_may_not_read_it_any_more(put, as_sofia, as_staff, staff, restrict):
    document = put().json()["id"]
    hers, his = (address_of(each, f"/api/v1/documents/{document}/file") for each in (as_sofia, as_staff))
    restrict(UUID(document), staff)

    assert (as_sofia.get(hers).status_code, as_staff.get(his).status_code) == (404, 200)


def test_who_may_not_know_of_it_changes_nothing_of_it(secret, as_sofia, as_staff, as_admin):
    by_her = as_sofia.delete(secret, headers=if_match(1))
    as_staff.delete(secret, headers=if_match(1))
    purged = as_admin.post(f"{secret}/purge")

    assert (by_her.status_code, purged.status_code) == (404, 404)
    assert titles(as_staff, trashed=True) == ["Secret"]
