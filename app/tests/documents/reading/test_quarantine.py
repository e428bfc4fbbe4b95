"""What is kept and not served: until the scanner is back, or an administrator has decided."""

from functools import partial

import pytest
from sqlalchemy import text
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.processed import shown, version_of

from pretamane.core.errors import Forbidden, Unavailable
from pretamane.documents.reading.quarantine import NOT_SCANNED
from pretamane.documents.recognising.recognition import recognise
from tests import samples


class Scanner:
    """ClamAV's place, as a test wants it."""

    name, required = "clamav", False
    away, finds = True, None

    def probe(self):
        pass

    def scan(self, _file):
        if self.away:
            raise Unavailable("The virus scanner cannot be reached.")
        return self.finds


@pytest.fixture
def scanner(platform):
    """Where the archive looks for it, in both places."""
    scanner = Scanner()
    platform.archive.receiving._recognise = partial(recognise, scanner=scanner)
    platform.archive._scanner = scanner
    return scanner


def test_what_could_not_be_scanned_is_released_and_read_once_the_scanner_is_back(
    send, as_staff, do_jobs, platform, scanner
):
    document = send(samples.pdf(["Hello"]), "letter.pdf")
    scanner.away = False
    platform.clock.move(600)
    do_jobs()

    assert document["current"]["state"] == "quarantined"
    assert "not scanned for viruses yet" in document["current"]["reason"]
    assert shown(as_staff, document["id"])["current"]["state"] == "ready"


def test_what_the_scanner_finds_then_stays_and_is_named(send, as_staff, do_jobs, platform, scanner):
    document = send(samples.pdf(["Hello"]), "letter.pdf")
    scanner.away, scanner.finds = False, "Eicar"
    platform.clock.move(600)
    do_jobs()

    version = shown(as_staff, document["id"])["current"]
    assert (version["state"], version["reason"]) == (
        "quarantined",
        "The virus scanner found “Eicar” in this file.",
    )


@pytest.mark.usefixtures("scanner")
def test_what_could_not_be_scanned_for_a_day_stays_for_an_administrator(send, do_jobs, platform, connection):
    send(samples.pdf(["Hello"]), "letter.pdf")
    platform.clock.move(25 * 3600)
    do_jobs()

    state = text("SELECT state, reason FROM document_versions")
    assert tuple(connection.execute(state).one()) == ("quarantined", NOT_SCANNED)


def test_an_administrator_releases_a_document_and_that_is_written_down(send, as_admin, as_staff, do_jobs, connection):
    document = send(TEST_VIRUS, "test.txt")
    refused = as_staff.post(f"/api/v1/documents/{document['id']}/release")
    again = as_staff.post(f"/api/v1/documents/{document['id']}/process")
    released = as_admin.post(f"/api/v1/documents/{document['id']}/release")
    do_jobs()

    assert (refused.status_code, again.status_code, again.json()["code"]) == (403, 403, "quarantined")
    assert (released.status_code, shown(as_staff, document["id"])["current"]["state"]) == (202, "ready")
    acts = connection.execute(text("SELECT act FROM audit_entries WHERE subject = :id"), {"id": document["id"]})
    assert "document.released" in acts.scalars().all()
    assert as_admin.post(f"/api/v1/documents/{document['id']}/release").json()["code"] == "not-quarantined"


def test_of_what_is_in_quarantine_nothing_is_shown(send, platform):
    document = send(TEST_VIRUS, "test.txt")

    with pytest.raises(Forbidden):
        platform.archive.pictures.picture(version_of(document), 1, 320)
    with pytest.raises(Forbidden):
        platform.archive.pictures.words(version_of(document), 1)
