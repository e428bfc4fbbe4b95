"""The command that has documents read again."""

import pytest
from sqlalchemy import text

from pretamane.commands import documents
from pretamane.core.errors import CannotStart
from tests import samples


@pytest.fixture
def run(run_with_the_house):
    return run_with_the_house(documents, "documents", "process")


@pytest.fixture
def scan(as_staff, do_jobs, platform, monkeypatch):
    """A fax that came while there was no OCR."""
    with monkeypatch.context() as patched:
        patched.setattr(platform.archive.ocr, "languages", frozenset)
        fax = as_staff.put("/api/v1/documents?filename=fax.tiff", content=samples.picture("TIFF"))
        do_jobs()
    return fax.json()["id"]


def queued(connection):
    return connection.execute(text("SELECT name FROM jobs WHERE died_at IS NULL")).scalars().all()


def test_scans_that_came_before_ocr_are_queued_once_it_is_there(run, scan, connection, platform, monkeypatch):
    monkeypatch.setattr(platform.archive.ocr, "languages", lambda: frozenset({"eng"}))
    answer = run("--missing-ocr")

    assert scan
    assert (answer.exit_code, answer.stdout) == (0, "Queued: 1.\n")
    assert queued(connection) == ["documents.ocr"]


def test_while_ocr_is_not_there_it_says_so(run, scan, connection, platform, monkeypatch):
    monkeypatch.setattr(platform.archive.ocr, "languages", frozenset)
    answer = run("--missing-ocr")

    assert scan
    assert isinstance(answer.exception, CannotStart)
    assert (str(answer.exception), queued(connection)) == (documents.NO_OCR, [])


def test_documents_are_named_by_their_ids(run, scan, connection):
    assert run(scan).stdout == "Queued: 1.\n"
    assert queued(connection) == ["documents.process"]


def test_whoever_names_none_is_asked_which(run):
    assert "--missing-ocr" in str(run().exception)
