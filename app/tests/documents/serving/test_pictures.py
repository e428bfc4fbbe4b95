"""Pictures of pages: drawn once, kept, of a few widths, and gone with their document."""

import io
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from PIL import Image
from tests.documents.conftest import if_match
from tests.documents.processed import version_of

from pretamane.core.errors import Conflict, Invalid, NotFound
from pretamane.documents.serving.pictures import WIDTHS, NoPicture
from tests import samples


@pytest.fixture
def pictures(platform):
    return platform.archive.pictures


@pytest.fixture
def drawn(platform, monkeypatch):
    """How often anything was drawn."""
    draw, calls = platform.archive.reader.picture, []

    def counted(*asked):
        calls.append(asked)
        return draw(*asked)

    monkeypatch.setattr(platform.archive.reader, "picture", counted)
    return calls


def test_a_page_is_drawn_as_wide_as_asked_and_only_once(put, pictures, drawn):
    version = version_of(put(samples.pdf(["One", "Two"]), "letter.pdf").json())
    sizes = [Image.open(io.BytesIO(pictures.picture(version, 2, width))).width for width in WIDTHS]
    again = [pictures.picture(version, 2, width) for width in WIDTHS]

    assert sizes == list(WIDTHS)
    assert len(again) == len(drawn) == len(WIDTHS)


def test_other_widths_are_not_drawn(put, pictures, drawn):
    version = version_of(put(samples.pdf(["One"]), "letter.pdf").json())

    with pytest.raises(Invalid):
        pictures.picture(version, 1, 321)
    assert drawn == []


@pytest.mark.parametrize("page", [0, -1, 2, 10**6])
def test_a_page_that_is_not_there_has_no_picture(put, pictures, page):
    version = version_of(put(samples.pdf(["One"]), "letter.pdf").json())

    with pytest.raises(NoPicture):
        pictures.picture(version, page, 320)


def test_what_nobody_knows_has_no_picture(pictures):
    with pytest.raises(NotFound):
        pictures.picture(uuid4(), 1, 320)


def test_a_locked_document_has_no_picture_until_its_password_was_given(put, pictures):
    version = version_of(put(samples.locked_pdf("sesame"), "locked.pdf").json())

    with pytest.raises(Conflict) as refusal:
        pictures.picture(version, 1, 320)
    assert refusal.value.code == "password-needed"


def test_of_those_who_ask_at_once_one_draws(put, pictures, platform, monkeypatch):
    version = version_of(put(samples.pdf(["One"]), "letter.pdf").json())
    draw, together, calls = platform.archive.reader.picture, threading.Event(), []

    def slowly(*asked):
        calls.append(asked)
        together.wait(0.3)
        return draw(*asked)

    monkeypatch.setattr(platform.archive.reader, "picture", slowly)
    one_at_a_time, ask = threading.Lock(), platform.work.run_now

    def in_turn(*asked, **more):  # a test has one connection
        with one_at_a_time:
            return ask(*asked, **more)

    monkeypatch.setattr(platform.work, "run_now", in_turn)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: pictures.picture(version, 1, 320), range(8)))

    assert len(set(answers)) == 1
    assert len(calls) == 1


def test_what_is_purged_while_it_is_drawn_leaves_nothing(
    put, as_staff, as_admin, pictures, platform, monkeypatch, settings
):
    document = put(samples.pdf(["One"]), "letter.pdf").json()
    draw = platform.archive.reader.picture

    def purged_meanwhile(*asked):
        content = draw(*asked)
        as_staff.delete(f"/api/v1/documents/{document['id']}", headers=if_match(1))
        assert as_admin.post(f"/api/v1/documents/{document['id']}/purge").status_code == 204
        return content

    monkeypatch.setattr(platform.archive.reader, "picture", purged_meanwhile)
    with pytest.raises(NotFound):
        pictures.picture(version_of(document), 1, 320)

    assert list((settings.data_dir / "pictures").rglob("*.webp")) == []


def test_the_words_of_a_text_layer_have_their_places(put, pictures):
    version = version_of(put(samples.pdf(["Hello there"]), "letter.pdf").json())

    assert [word.text for word in pictures.words(version, 1)] == ["Hello", "there"]


def test_what_is_no_pdf_and_was_not_read_by_ocr_has_no_words(put, pictures):
    version = version_of(put(b"Hello there, and more\n", "note.txt").json())

    assert pictures.words(version, 1) == []
