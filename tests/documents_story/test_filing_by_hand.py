"""Documents are filed, many at once and one by one, and that is undone: by keyboard alone, with and without script."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.chromium import NewContext
from tests.documents_story.desk import file, text_of_its_own
from tests.documents_story.house import House
from tests.inbox_story.desk import notice
from tests.inbox_story.keyboard import Keyboard

_beds = count(1)


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(request: pytest.FixtureRequest, new_context: NewContext, house: House) -> Page:
    context = new_context(java_script_enabled=request.param, base_url=house.address)
    house.let_in(context)
    return context.new_page()


@pytest.fixture
def word(page: Page) -> str:
    """What three documents are called that no other test knows of."""
    word = f"tulip{next(_beds)}"
    for number in range(3):
        page.goto("/app/documents")
        page.locator("#file").set_input_files(file(f"{word} {number}.txt", text_of_its_own()))
        page.get_by_role("button", name="Upload", exact=True).click()
        if page.evaluate("Boolean(document.querySelector('[data-uploads] li'))"):
            expect(page.get_by_role("link", name="open the document")).to_be_visible()
        else:
            page.wait_for_url("**/app/documents/*")
    return word


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def test_three_are_tagged_at_once_and_it_is_undone(page: Page, keyboard: Keyboard, word: str) -> None:
    page.goto("/app/documents")
    keyboard.write(page.get_by_role("searchbox", name="Title"), word)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**title={word}*")
    keyboard.press(page.get_by_text("With the chosen documents"))
    for number in range(3):
        keyboard.press(page.get_by_label(f"Choose {word} {number}"), by="Space")
    keyboard.write(page.locator("#bulk-tags"), f"{word} bed", key="Shift+Tab")
    keyboard.press(page.get_by_role("button", name="Add", exact=True))

    expect(notice(page)).to_contain_text("3 documents were changed.")
    expect(page.get_by_role("link", name=f"{word} bed")).to_have_count(3)
    keyboard.press(page.get_by_role("button", name="Undo"))
    expect(notice(page)).to_contain_text("That was undone.")
    expect(page.get_by_role("link", name=f"{word} bed")).to_have_count(0)
    assert f"title={word}" in page.url


def test_one_is_filed_and_its_tag_taken_away_again(page: Page, keyboard: Keyboard, word: str) -> None:
    page.goto(f"/app/documents?title={word}")
    keyboard.press(page.get_by_role("link", name=f"{word} 0"))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{word} 0")
    keyboard.write(page.get_by_role("textbox", name="Title"), f"{word} to plant")
    keyboard.write(page.get_by_label("Add tags"), "spring, garden")
    keyboard.write(page.get_by_role("textbox", name="Notes"), "In October.")
    keyboard.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{word} to plant")

    keyboard.press(page.get_by_role("checkbox", name="spring"), by="Space")
    keyboard.press(page.get_by_role("button", name="Save", exact=True))
    expect(page.get_by_role("checkbox", name="garden")).to_be_checked()
    expect(page.get_by_role("checkbox", name="spring")).to_have_count(0)
    keyboard.press(page.get_by_role("button", name="Undo"))
    expect(page.get_by_role("checkbox", name="spring")).to_be_checked()
    expect(page.get_by_role("textbox", name="Notes")).to_have_value("In October.")
