"""The same work by Tab, Shift+Tab, Enter, Space and typing alone: with script and without it."""

import pytest
from playwright.sync_api import Page, expect

from tests.inbox_story.desk import choice, notice, row, section, text_field
from tests.inbox_story.keyboard import Keyboard
from tests.inbox_story.practice import BEN, Person, Practice, somebody


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    return Keyboard(page)


def test_a_message_and_its_sender_are_looked_after_without_a_mouse(
    page: Page, keyboard: Keyboard, practice: Practice
) -> None:
    at_work, at_home = somebody("Kit Keys"), somebody("Kit Keys")
    practice.receives(at_home, "From my sofa.", subject="From home")
    practice.receives(at_work, "From my desk.", subject="From the office")

    signs_in(page, keyboard, practice)
    keyboard.press(row(page, at_work.name).get_by_role("link", name=at_work.name))
    expect(page.get_by_role("heading", level=1)).to_have_text("From the office")
    notes_answers_and_settles(page, keyboard)
    keyboard.press(page.get_by_role("link", name=at_work.name, exact=True).first)
    edits(page, keyboard)
    merges(page, keyboard, at_home)


def signs_in(page: Page, keyboard: Keyboard, practice: Practice) -> None:
    page.goto(f"{practice.address}/app/sign-in")
    keyboard.write(page.get_by_role("textbox", name="E-mail"), BEN.email)
    keyboard.write(page.get_by_label("Password"), BEN.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Inbox")).to_be_visible()
    keyboard.press(page.get_by_role("link", name="Skip to the content"))


def notes_answers_and_settles(page: Page, keyboard: Keyboard) -> None:
    heard = section(page, "Notes and answers")
    keyboard.write(text_field(page, "Note"), "She rang, too.")
    keyboard.press(page.get_by_role("button", name="Keep the note"))
    expect(heard).to_contain_text("She rang, too.")

    keyboard.write(text_field(page, "Your answer"), "Gladly, on Monday.")
    keyboard.press(page.get_by_role("button", name="Send the answer"))
    expect(heard).to_contain_text("Gladly, on Monday.")

    status = choice(page, "Status").locator("option:checked")
    before = status.inner_text()
    keyboard.choose(choice(page, "Status"), "Done")
    keyboard.press(page.get_by_role("button", name="Save"), by="Space")
    expect(notice(page)).to_contain_text("marked as done")
    keyboard.press(page.get_by_role("button", name="Undo"))
    expect(notice(page)).to_contain_text("undone")
    expect(status).to_have_text(before)


def edits(page: Page, keyboard: Keyboard) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Kit Keys")
    keyboard.write(text_field(page, "Company"), "Keys & Locks")
    keyboard.write(text_field(page, "Phone"), "030 7654321", key="Shift+Tab")
    keyboard.press(page.get_by_role("button", name="Save"))
    expect(notice(page)).to_contain_text("saved")
    expect(text_field(page, "Company")).to_have_value("Keys & Locks")
    expect(text_field(page, "Phone")).to_have_value("030 7654321")


def merges(page: Page, keyboard: Keyboard, other: Person) -> None:
    keyboard.write(text_field(page, "The other’s e-mail"), other.email)
    keyboard.press(page.get_by_role("button", name="Show what a merge would do"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Merge")
    keyboard.press(page.get_by_role("button", name="Merge the two"))
    expect(section(page, "Messages").get_by_role("link", name="From home")).to_be_visible()
    expect(section(page, "Messages").get_by_role("link", name="From the office")).to_be_visible()
