"""The pages about messages and contacts, checked by axe-core, and on the narrowest of screens."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it comes without types
from playwright.sync_api import Page

PAGES = ("inbox", "inbox?status=done&q=nobody", "inbox/first", "contacts", "contacts/first", "answers", "merge")


def go(page: Page, inbox: str, which: str) -> None:
    desk = inbox.removesuffix("/inbox")
    if which == "merge":
        go(page, inbox, "contacts/first")
        page.get_by_label("The other’s e-mail").fill("bob@example.org")
        page.get_by_role("button", name="Show what a merge would do").click()
        page.wait_for_url("**/merge?*")
    elif which.endswith("/first"):
        page.goto(f"{desk}/{which.removesuffix('/first')}")
        first = page.locator("[data-row]").filter(has_not_text="Bob").first.get_attribute("href")
        page.goto(desk.removesuffix("/app") + str(first))
    else:
        page.goto(f"{desk}/{which}")


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("which", PAGES)
def test_axe_finds_nothing(scripted: Page, inbox: str, which: str, colours: str) -> None:
    scripted.emulate_media(color_scheme="light" if colours == "light" else "dark")
    go(scripted, inbox, which)

    found = Axe().run(scripted).response["violations"]

    assert [(each["id"], each["impact"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize("which", PAGES)
def test_nothing_is_wider_than_a_small_phone(scripted: Page, inbox: str, which: str) -> None:
    scripted.set_viewport_size({"width": 320, "height": 640})
    go(scripted, inbox, which)

    assert scripted.evaluate("document.documentElement.scrollWidth") <= 320


def test_five_messages_fit_on_a_phone_s_screen(scripted: Page, inbox: str) -> None:
    scripted.set_viewport_size({"width": 360, "height": 740})
    scripted.goto(inbox)

    card = scripted.get_by_role("row").filter(has_text="Ada Byron").first

    box = card.bounding_box()
    assert box is not None
    assert box["height"] < 740 / 5
