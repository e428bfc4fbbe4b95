"""The pages about accounts, as people find them: on a phone and on a desk, without serious faults for anybody."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it comes without types
from playwright.sync_api import Page

from tests.accounts_story.conftest import PASSWORD

PAGES = ("sign-in", "forgotten", "settings/profile", "settings/sessions", "settings/keys", "settings/accounts")
SCREENS = {"phone": (360, 740), "desktop": (1280, 800)}


def faults(tab: Page) -> list[str]:
    """What axe finds serious or critical."""
    found = Axe().run(tab).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found if each["impact"] in ("serious", "critical")]


@pytest.fixture
def lived_in(tab: Page, house: str) -> Page:
    """With a colleague whose address is long, and a key."""
    asked = {
        "email": "adelheid-maximiliana.byron-weatherstone@practice-of-lindqvist-and-okafor.example",
        "role": "staff",
    }
    ours = {"Origin": house}
    tab.request.post(f"{house}/api/v1/accounts", data=asked, headers=ours)
    key: dict[str, str | float | bool] = {
        "name": "The scanner",
        "scope-contacts:write": "on",
        "days": "365",
        "current_password": PASSWORD,
    }
    made = tab.request.post(f"{house}/app/settings/keys", form=key, headers=ours)
    assert "Your new key" in made.text()
    return tab


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_hides_anything_from_anybody(lived_in, house, screen, scheme):
    tab = lived_in
    width, height = SCREENS[screen]
    tab.set_viewport_size({"width": width, "height": height})
    tab.emulate_media(color_scheme=scheme)
    for name in PAGES:
        tab.goto(f"{house}/app/{name}")

        assert (name, faults(tab)) == (name, [])
        hidden = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (name, hidden) == (name, 0)


def test_a_refused_form_tells_which_field_is_wrong_and_why(tab, house):
    tab.goto(f"{house}/app/settings/accounts")
    tab.get_by_label("E-mail").fill("nora@practice")
    tab.get_by_role("button", name="Send the invitation").click()

    field = tab.get_by_label("E-mail")
    assert field.get_attribute("aria-invalid") == "true"
    assert field.input_value() == "nora@practice"
    assert "does not look like an e-mail address" in tab.get_by_role("alert").inner_text()
    assert faults(tab) == []
