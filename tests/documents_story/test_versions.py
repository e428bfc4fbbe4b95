"""A new version goes up on its document's page, also where somebody was quicker; and the way back is one click."""

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.documents_story.desk import document_of, download, file, row_of, text_of_its_own, upload


@pytest.fixture
def letter(tab: Page) -> str:
    """The address of a document's page."""
    tab.goto("/app/documents")
    upload(tab, file("letter.txt", text_of_its_own()))
    return document_of(tab, "letter.txt")


def bring(page: Page, new: FilePayload) -> None:
    page.get_by_label("Bring a new version").set_input_files(new)
    page.get_by_role("button", name="Upload", exact=True).click()


def test_a_new_version_counts_and_the_way_back_and_forth_is_one_click(tab: Page, letter: str) -> None:
    second = text_of_its_own()
    tab.goto(letter)
    first = download(tab)
    bring(tab, file("letter 2.txt", second))
    tab.goto(document_of(tab, "letter 2.txt"))
    after = download(tab)
    tab.get_by_role("button", name="Go back to version 1").click()
    expect(tab.get_by_text("Version 1 counts, though there is a newer one.")).to_be_visible()
    back = download(tab)
    tab.get_by_role("button", name="Go forward again to version 2").click()

    assert (after, back) == (second, first)
    assert download(tab) == second


def test_who_was_overtaken_decides(tab: Page, letter: str) -> None:
    tab.goto(letter)
    quicker = tab.context.new_page()
    quicker.goto(letter)
    bring(quicker, file("quicker.txt", text_of_its_own()))
    document_of(quicker, "quicker.txt")
    content = text_of_its_own()

    bring(tab, file("later.txt", content))
    expect(row_of(tab, "later.txt")).to_contain_text("Somebody changed this document meanwhile")
    tab.get_by_role("button", name="Add it all the same: later.txt").click()

    tab.goto(document_of(tab, "later.txt"))
    expect(tab.get_by_text("Version 3", exact=True)).to_be_visible()
    assert download(tab) == content
