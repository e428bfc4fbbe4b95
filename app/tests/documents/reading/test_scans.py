"""Pages that are pictures of writing get their text by OCR, where it is installed."""

import pytest
from sqlalchemy import text
from tests.documents.processed import shown, steps_of, version_of

from pretamane.core.jobs import queue
from pretamane.core.jobs.running import run_one
from pretamane.documents.about import steps
from pretamane.documents.reading import outcomes, scans
from pretamane.ports import ReadingStopped, Recognised, Word
from tests import samples

SCAN = samples.scanned_pdf("The quick brown fox\njumps over the lazy dog")


class Reads:
    """In Tesseract's place: it says which page it saw."""

    def __init__(self):
        self.installed, self.refuses, self.asked = {"eng", "deu"}, set(), []

    def languages(self):
        return frozenset(self.installed)

    def recognise(self, _file, _media_type, page, languages, _password=None):
        self.asked.append((page, tuple(languages)))
        if page in self.refuses:
            raise ReadingStopped("OCR took too long over a page and was stopped.")
        return Recognised(f"Page {page} of a scan", [Word("Page", 0.1, 0.1, 0.123456789, 0.05)])


@pytest.fixture
def ocr(platform):
    platform.archive.ocr = reads = Reads()
    return reads


def fax(pages):
    return samples.picture("TIFF", pages)


def test_a_scan_gets_its_text_and_the_places_of_its_words(send, page_texts, platform):
    if not platform.archive.ocr.languages():
        pytest.skip("Tesseract is not installed here")
    document = send(SCAN, "scan.pdf")
    words = platform.archive.pictures.words(version_of(document), 1)

    assert (document["current"]["state"], steps_of(document)["ocr"]) == ("ready", ("done", None))
    assert "quick brown fox" in page_texts(document)[0]
    assert document["title"] == "The quick brown fox"
    assert "quick" in [word.text for word in words]
    assert all(0 <= side <= 1 for word in words for side in word[1:])


def test_a_long_scan_is_read_a_few_pages_a_job_and_ready_with_the_last(put, as_staff, do_jobs, ocr, page_texts):
    document = put(fax(10), "fax.tiff").json()
    do_jobs()

    document = shown(as_staff, document["id"])
    assert page_texts(document) == [f"Page {number} of a scan" for number in range(1, 11)]
    assert sorted(ocr.asked) == [(number, ("eng",)) for number in range(1, 11)]
    assert (document["current"]["state"], steps_of(document)["ocr"]) == ("ready", ("done", None))


@pytest.fixture
def one_by_one(platform):
    """The names of jobs, each once it is done."""

    def do():
        tasks = {task.name: task for task in platform.archive.tasks()}
        while jobs := platform.work.run_now(queue.claim, list(tasks), most=1):
            run_one(jobs[0], tasks[jobs[0].name], platform.work, platform.clock)
            yield jobs[0].name

    return do


@pytest.mark.usefixtures("ocr")
def test_of_a_large_delivery_everything_can_be_looked_at_before_its_scans_are_read(put, one_by_one):
    for number in range(3):
        put(fax(number + 1), f"{number}.tiff")

    done = [name for name in one_by_one() if name in ("documents.thumbnail", "documents.ocr")]
    assert done == ["documents.thumbnail"] * 3 + ["documents.ocr"] * 3


@pytest.mark.usefixtures("ocr")
def test_until_its_last_page_is_read_a_scan_is_not_ready(put, one_by_one, connection):
    put(fax(10), "fax.tiff")
    state = text("SELECT state FROM document_versions")
    states = [(name, connection.execute(state).scalar()) for name in one_by_one()]

    assert [state for name, state in states if name == "documents.ocr"] == ["processing", "processing", "ready"]
    names = text("SELECT name FROM events WHERE name LIKE 'document.%' ORDER BY id")
    assert connection.execute(names).scalars().all() == ["document.received", "document.ready"]


def test_a_page_that_ocr_gives_up_is_told_and_the_others_are_read(send, ocr, page_texts):
    ocr.refuses = {2}
    document = send(fax(3), "fax.tiff")

    assert page_texts(document) == ["Page 1 of a scan", "", "Page 3 of a scan"]
    assert document["current"]["state"] == "ready"
    assert steps_of(document)["ocr"] == (
        "failed",
        "Not every page could be read by OCR. OCR took too long over a page and was stopped.",
    )


def test_without_ocr_a_scan_is_ready_and_says_why_it_has_no_text(send, ocr):
    ocr.installed = set()
    document = send(fax(2), "fax.tiff")

    assert (document["current"]["state"], steps_of(document)["ocr"]) == ("ready", ("skipped", outcomes.NO_OCR))
    assert outcomes.NO_OCR == "No text: OCR is not installed here."


def test_once_ocr_is_installed_what_was_left_is_caught_up(send, as_staff, do_jobs, ocr, platform, page_texts):
    ocr.installed = set()
    document = send(fax(2), "fax.tiff")
    send(samples.pdf(["Words of its own"]), "letter.pdf")
    ocr.installed = {"eng"}
    caught_up = platform.work.run_now(scans.catch_up, has_ocr=True)
    do_jobs()

    assert caught_up == 1
    assert page_texts(document) == ["Page 1 of a scan", "Page 2 of a scan"]
    assert steps_of(shown(as_staff, document["id"]))["ocr"] == ("done", None)
    assert platform.work.run_now(scans.catch_up, has_ocr=True) == 0


def test_the_practices_own_language_is_asked_for(send, ocr, connection):
    connection.execute(text("UPDATE practice SET language = 'de-AT'"))
    send(fax(1), "fax.tiff")

    assert ocr.asked == [(1, ("deu",))]


def test_pages_of_a_job_that_died_keep_nobody_waiting(put, do_jobs, ocr, platform):
    document = put(fax(5), "fax.tiff").json()
    ocr.recognise = None  # a defect of ours, which no file has anything to do with
    do_jobs()
    platform.clock.move(25 * 3600)
    do_jobs()

    _document, version = platform.work.run_now(outcomes.hold, version_of(document))
    assert version.state == "ready"
    assert platform.work.run_now(steps.state_of, version.id, "ocr") == "failed"
