"""What a member of staff does on the pages, found as a person finds it: by labels, headings and links."""

import re
import time

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it comes without types
from playwright.sync_api import Locator, Page, expect

from tests.inbox_story.practice import Person, Practice

UPDATES_WITHIN = 20.0
SERIOUS = ("serious", "critical")


def sign_in(page: Page, practice: Practice, person: Person) -> None:
    page.goto(f"{practice.address}/app/inbox")
    if page.get_by_role("textbox", name="E-mail").count() == 0:
        page.get_by_role("link", name="Sign in").click()
    page.get_by_role("textbox", name="E-mail").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name=person.name)).to_be_visible()


def open_inbox(page: Page, tab: str = "New") -> None:
    go_to(page, "Inbox")
    page.get_by_role("navigation", name="Messages by status").get_by_role("link", name=tab).click()


def go_to(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def open_message(page: Page, sender: Person, tab: str = "New") -> None:
    open_inbox(page, tab)
    row(page, sender.name).get_by_role("link", name=sender.name).click()


def open_contact(page: Page, person: Person) -> None:
    go_to(page, "Contacts")
    search(page, person.email)
    row(page, person.email).get_by_role("link", name=person.name).click()


def search(page: Page, words: str) -> None:
    page.get_by_role("searchbox", name="Search").fill(words)
    page.get_by_role("button", name="Show").click()


def text_field(page: Page, label: str) -> Locator:
    """By how its label begins: what follows is a hint."""
    return page.get_by_role("textbox", name=re.compile(f"^{label}"))


def choice(page: Page, label: str) -> Locator:
    return page.get_by_role("combobox", name=label, exact=True)


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def notice(page: Page) -> Locator:
    return page.get_by_role("status").first


def section(page: Page, title: str) -> Locator:
    return page.get_by_role("region", name=title)


def reload_until_it_says(page: Page, there: Locator, text: str) -> None:
    """What a worker does is seen by whoever opens the page again."""
    until = time.monotonic() + UPDATES_WITHIN
    while text not in there.inner_text() and time.monotonic() < until:
        page.wait_for_timeout(200)
        page.reload()
    expect(there).to_contain_text(text)


def faults(page: Page) -> list[str]:
    """What axe finds serious, in the state that the page is in. It is a script itself, and waits for ever without."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in SERIOUS]
