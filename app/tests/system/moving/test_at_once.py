"""An import and an erasure that want the same rows wait for each other in one order: neither is refused for it."""

import hashlib
import io
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tests.houses import AT, known_id

from pretamane.contacts import erasing as contacts
from pretamane.contacts import finding
from pretamane.core.actors import OPERATOR
from pretamane.documents.filing import filing
from pretamane.documents.moving.arriving import Brought, BroughtVersion
from pretamane.documents.stored import removal
from pretamane.system import erasure
from pretamane.system.arriving.anything import Gathering, Wishes
from pretamane.system.arriving.bringing import Bringing, Promised
from pretamane.system.arriving.patterns import Pattern
from pretamane.system.arriving.report import Report

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
LETTER = b"The same letter to both of them."


@pytest.fixture
def house(new_house):
    return new_house("house")


@pytest.fixture
def ada(house):
    """With a letter, tagged as that of somebody else is."""
    ada = house.platform.work.run_now(finding.make, "ada", OPERATOR)
    for document in (house.file("hers.txt", LETTER, contact_id=ada), house.file("another.txt", b"Another letter.")):
        house.platform.work.run_now(filing.edit, document, [1], {"tags": ["tax"]}, OPERATOR)
    return ada


@pytest.fixture
def bringing(house):
    archive = house.platform.archive
    return Bringing(house.platform.work, archive.spool, archive.receiving)


def erased_while(house, ada, held, bring):
    """What the import says that begins once the erasure has its first rows, and before it has any more."""
    with ThreadPoolExecutor(1) as hand:
        with house.platform.database.transaction() as session:
            held(session)
            brought = hand.submit(bring)
            patience = time.monotonic() + 30
            while house.ask(WAITING) != [(1,)]:
                assert time.monotonic() < patience, "the import waits for nothing"
                time.sleep(0.02)
            report = erasure.erase(session, ada, OPERATOR)
        return report.documents, brought.result(60)


@pytest.mark.parametrize("held_first", ["contact", "tags"])
def test_a_folder_with_the_bytes_of_somebody_who_is_being_erased_is_taken(house, ada, bringing, tmp_path, held_first):
    (tmp_path / "scans/ada/tax").mkdir(parents=True)
    (tmp_path / "scans/ada/tax/letter.txt").write_bytes(LETTER)
    report = io.StringIO()
    pattern = Pattern("{contact}/{tag}" if held_first == "contact" else "*/{tag}")
    wishes = Wishes(pattern, limit=1000, makes_contacts=True)
    gathering = Gathering(bringing, tmp_path / "scans", wishes, Report(report), lambda *_: None)
    theirs = house.ask("SELECT id FROM documents WHERE contact_id = :ada", ada=ada)[0]

    def hold(session):
        contacts.hold(session, ada) if held_first == "contact" else removal.hold_tags(session, theirs)

    documents, _ = erased_while(house, ada, hold, gathering.run)

    assert (documents, '"ada/tax/letter.txt","taken"' in report.getvalue()) == (1, True), report.getvalue()
    [(title, name, is_again)] = house.ask(
        "SELECT d.title, c.name, c.id <> :ada FROM documents d LEFT JOIN contacts c ON c.id = contact_id "
        "JOIN document_versions v ON v.id = current_version_id WHERE v.filename = 'letter.txt'",
        ada=ada,
    )
    assert (title, name, is_again) == (("letter", "ada", True) if held_first == "contact" else ("letter", None, None))


def test_a_document_with_the_bytes_and_the_tag_of_somebody_who_is_being_erased_is_taken(house, ada, bringing):
    [(tag,)] = house.ask("SELECT id FROM tags")
    version = BroughtVersion(known_id("version"), 1, "letter.txt", AT, None)
    letter = Brought(known_id("letter"), "Letter", AT, AT, version.id, [version], tag_ids={tag})
    promised = Promised(opened, "letter.txt", 1000, hashlib.sha256(LETTER).hexdigest())
    theirs = house.ask("SELECT id FROM documents WHERE contact_id = :ada", ada=ada)[0]

    documents, brought = erased_while(
        house, ada, lambda session: removal.hold_tags(session, theirs), lambda: bringing.file(letter, [promised])
    )

    assert (documents, brought.is_new) == (1, True)
    assert house.ask("SELECT tag_id FROM document_tags WHERE document_id = :id", id=letter.id) == [(tag,)]


@contextmanager
def opened():
    yield iter([LETTER])
