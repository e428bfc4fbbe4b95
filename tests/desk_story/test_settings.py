"""An administrator at work on the settings: with script, without it, and when the session ends in between."""

from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from pretamane.practice import queries
from tests.desk_story.conftest import Desk

PRACTICE = "/app/settings/practice"
# By the page itself: Playwright would wait for the first press's answer before it presses again.
PRESS_AGAIN_AND_AGAIN = """() => {
  const press = () => document.querySelector("main form button").click();
  for (const milliseconds of [0, 150, 300]) setTimeout(press, milliseconds);
}"""


def test_a_new_house_is_set_up_without_script_and_its_list_ticks_itself(tab_without_script: Page) -> None:
    page = tab_without_script
    page.goto("/app/settings")
    page.get_by_role("link", name="Set up the practice").click()
    expect(page.get_by_label("Name of the practice")).to_have_value("")

    page.get_by_label("Name of the practice").fill("Weber & Lang")
    page.get_by_label("Messages go to").fill("office@weber.example")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".steps .done")).to_contain_text(["The practice has a name", "Somebody hears of new messages"])
    page.goto("/app/settings")
    expect(page.get_by_role("link", name="Set up the practice")).to_have_count(0)
    expect(page.locator(".name")).to_have_text("Weber & Lang")


def test_a_logo_is_put_up_and_taken_down_without_script(tab_without_script: Page, tmp_path: Path) -> None:
    page, picture = tab_without_script, tmp_path / "logo.png"
    Image.new("RGB", (40, 20), "#2b3a67").save(picture)
    page.goto(PRACTICE)

    page.get_by_label("Logo (optional)").set_input_files(picture)
    page.get_by_role("button", name="Save the practice").click()
    expect(page.get_by_role("status")).to_contain_text("The practice was saved")
    expect(page.get_by_role("img", name="The logo as it is now")).to_be_visible()
    page.get_by_label("Take the logo away").check()
    page.get_by_role("button", name="Save the practice").click()

    expect(page.get_by_role("status")).to_contain_text("The practice was saved")
    expect(page.get_by_role("img", name="The logo as it is now")).to_have_count(0)


def test_what_was_typed_when_the_session_ended_is_sent_again_after_signing_in(tab: Page, desk: Desk) -> None:
    tab.goto(PRACTICE)
    tab.get_by_label("Name", exact=True).fill("Typed before the session ended")
    desk.forget_session(tab)
    tab.get_by_role("button", name="Save the practice").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Your session has ended")
    expect(tab.get_by_role("link", name="Sign in")).to_have_attribute("href", f"/app/sign-in?next={PRACTICE}")

    desk.sign_in(tab)
    tab.reload()

    expect(tab.get_by_role("status")).to_contain_text("The practice was saved")
    kept = desk.platform.work.run_now(queries.current)
    assert kept.name == "Typed before the session ended"


def test_a_button_pressed_again_while_the_first_press_is_under_way_sends_once(tab: Page, desk: Desk) -> None:
    sent: list[str] = []
    tab.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    tab.goto(PRACTICE)

    with desk.platform.database.transaction() as session:
        queries.current_for_change(session)  # so that whoever saves has to wait
        tab.evaluate(PRESS_AGAIN_AND_AGAIN)
        tab.wait_for_timeout(600)
    expect(tab.get_by_role("status")).to_contain_text("The practice was saved")

    assert len(sent) == 1


def test_by_keyboard_the_first_stop_leads_past_the_navigation_and_focus_is_seen(tab: Page) -> None:
    tab.goto(PRACTICE)
    tab.keyboard.press("Tab")
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(tab.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Tab")

    focused = tab.locator(":focus-visible")
    expect(focused).to_have_id("name")
    assert focused.evaluate("field => getComputedStyle(field).outlineStyle") == "solid"
