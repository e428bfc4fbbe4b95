"""Pages of a document for programs: their text, their pictures and where the words stand."""

import io

import pytest
from PIL import Image
from sqlalchemy import text
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.conftest import if_match

from tests import samples as good

THREE = good.pdf(["The first page", "The second page", "The third page"])


@pytest.fixture
def unread(put):
    """Its path in the API."""
    return f"/api/v1/documents/{put(THREE, 'three.pdf').json()['id']}"


@pytest.fixture
def letter(unread, do_jobs):
    do_jobs()
    return unread


def test_the_text_comes_page_by_page(as_viewer, letter):
    first = as_viewer.get(f"{letter}/pages", params={"limit": 2}).json()
    second = as_viewer.get(f"{letter}/pages", params={"limit": 2, "cursor": first["next"]}).json()

    assert (first["version"], first["page_count"], second["next"]) == (1, 3, None)
    pages = first["items"] + second["items"]
    assert [(page["number"], page["text"], page["source"]) for page in pages] == [
        (1, "The first page", "text"),
        (2, "The second page", "text"),
        (3, "The third page", "text"),
    ]
    assert (pages[0]["width"], pages[0]["height"]) == (595, 842)


@pytest.mark.parametrize("cursor", ["²", "-1", "x", "9" * 30])
def test_a_cursor_that_no_list_gave_out_is_refused(as_viewer, letter, cursor):
    answer = as_viewer.get(f"{letter}/pages", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor")


def test_what_is_not_read_yet_says_so_and_when_to_ask_again(as_viewer, unread):
    answer = as_viewer.get(f"{unread}/pages")

    assert (answer.status_code, answer.json()["code"]) == (409, "not-read-yet")
    assert answer.headers["retry-after"] == "5"


def test_what_could_not_be_read_says_why(as_viewer, unread, connection):
    connection.execute(text("UPDATE document_versions SET state = 'failed', reason = 'It fell off the desk.'"))

    assert "It fell off the desk." in as_viewer.get(f"{unread}/pages").json()["detail"]


@pytest.mark.parametrize(("asked", "drawn"), [(1, 320), (801, 1200), (4000, 1800)])
def test_a_picture_is_at_least_as_wide_as_was_asked_as_far_as_there_is_one(as_viewer, letter, asked, drawn):
    answer = as_viewer.get(f"{letter}/pages/2/picture", params={"width": asked})

    assert answer.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(answer.content)).width == drawn


def test_the_small_picture_is_there_before_anything_was_read(as_viewer, unread):
    answer = as_viewer.get(f"{unread}/thumbnail")

    assert Image.open(io.BytesIO(answer.content)).size[0] == 320


def test_a_browser_keeps_the_picture_of_a_version_and_nobody_on_the_way_does(as_viewer, letter):
    pinned = as_viewer.get(f"{letter}/pages/1/picture?version=1")
    newest = as_viewer.get(f"{letter}/pages/1/picture")
    again = as_viewer.get(f"{letter}/pages/1/picture", headers={"If-None-Match": pinned.headers["etag"]})

    assert pinned.headers["cache-control"] == "private, max-age=86400"
    assert newest.headers["cache-control"] == "private, no-cache"
    assert (again.status_code, again.content) == (304, b"")


def test_each_page_and_width_has_a_tag_of_its_own(as_viewer, letter):
    asked = [("1", 800), ("2", 800), ("1", 1200)]
    tags = {as_viewer.get(f"{letter}/pages/{n}/picture", params={"width": w}).headers["etag"] for n, w in asked}

    assert len(tags) == 3


def test_words_stand_where_they_are_drawn(as_viewer, letter):
    words = as_viewer.get(f"{letter}/pages/2/words").json()["items"]

    assert [word["text"] for word in words] == ["The", "second", "page"]
    assert words[0]["left"] == pytest.approx(72 / 595, abs=0.01)
    assert all(0 < word["top"] < 0.1 and 0 < word["height"] < 0.05 for word in words)


@pytest.mark.parametrize("path", ["pages/4/picture", "pages/4/words", "pages/1/picture?version=2"])
def test_there_are_no_pages_but_those_there_are(as_viewer, letter, path):
    assert as_viewer.get(f"{letter}/{path}").status_code == 404


def test_what_is_shown_as_text_has_no_pictures(as_viewer, put, do_jobs):
    letter = f"/api/v1/documents/{put(good.docx(), 'letter.docx').json()['id']}"
    do_jobs()

    assert good.WORDS in as_viewer.get(f"{letter}/pages").text
    for path in ("pages/1/picture", "pages/1/words", "thumbnail"):
        assert "shown as its text" in as_viewer.get(f"{letter}/{path}").json()["detail"]


PATHS = ("file", "versions/1/file", "pages", "pages/1/picture", "pages/1/words", "thumbnail")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_what_is_in_quarantine_is_shown(as_admin, put, path):
    ill = put(TEST_VIRUS, "ill.txt").json()["id"]

    answer = as_admin.get(f"/api/v1/documents/{ill}/{path}", follow_redirects=False)

    assert (answer.status_code, answer.json()["code"]) == (403, "quarantined")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_what_is_in_the_trash_is_shown(as_staff, letter, path):
    seen = as_staff.get(letter).json()["version"]
    as_staff.delete(letter, headers=if_match(seen))

    assert as_staff.get(f"{letter}/{path}", follow_redirects=False).status_code == 404
