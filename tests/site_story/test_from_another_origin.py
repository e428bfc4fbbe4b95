"""Chromium at the site, and the API on another origin, as on a practice's own web space."""

import re

from playwright.sync_api import Route, expect

from tests.site_story.conftest import LOGO_SIZE, PRACTICE
from tests.site_story.visitor import (
    as_kept,
    fill_in,
    kept,
    send,
    shown_reference,
    still_typed,
    take_time,
    typed_by_a_visitor,
)


def test_a_message_is_sent_thanked_for_and_in_the_database(any_screen, house, postgres):
    typed, complaints = typed_by_a_visitor(), []
    any_screen.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    any_screen.on("pageerror", lambda fault: complaints.append(str(fault)))

    any_screen.goto(f"{house.site}/contact.html")
    expect(any_screen.locator("header .name")).to_have_text(PRACTICE)
    fill_in(any_screen, typed)
    take_time(any_screen)
    send(any_screen)
    any_screen.wait_for_url("**/thanks.html#*")

    reference = shown_reference(any_screen)
    assert re.fullmatch(r"[A-Z0-9]{4}-[A-Z0-9]{4}", reference)
    assert kept(postgres, typed) == [as_kept(reference, typed)]
    assert complaints == []


def test_the_practice_s_logo_is_fetched_from_the_api_and_shown(tab, house):
    tab.goto(f"{house.site}/index.html")
    logo = tab.locator("header img")
    expect(logo).to_be_visible()

    assert logo.evaluate("image => [image.naturalWidth, image.naturalHeight]") == list(LOGO_SIZE)
    assert logo.get_attribute("src") == f"{house.api}/api/v1/practice/logo"


def test_a_broken_reference_in_the_address_stops_no_script(tab, house):
    tab.goto(f"{house.site}/thanks.html#100%")

    expect(tab.locator("h1:visible")).to_have_text("There is no message to show here.")
    expect(tab.locator("header .name")).to_have_text(PRACTICE)


def test_with_the_database_away_the_text_stays_and_a_second_try_is_kept_once(any_screen, house, postgres):
    typed = typed_by_a_visitor()
    any_screen.goto(f"{house.site}/contact.html")
    fill_in(any_screen, typed)
    take_time(any_screen)

    postgres.take_away()
    with any_screen.expect_response(f"{house.api}/api/v1/contact") as first_try:
        send(any_screen)
    notice = any_screen.locator("[data-notice]")
    expect(notice).to_contain_text("Your message was not saved.")
    expect(notice).to_be_in_viewport()
    expect(notice.locator("[data-request-id]")).to_have_text(first_try.value.headers["x-request-id"])
    assert first_try.value.status == 503
    assert still_typed(any_screen, typed) == typed

    postgres.bring_back()
    nothing_yet = kept(postgres, typed)
    send(any_screen)
    any_screen.wait_for_url("**/thanks.html#*")
    assert nothing_yet == []
    assert kept(postgres, typed) == [as_kept(shown_reference(any_screen), typed)]


def test_no_screen_has_to_be_moved_sideways(any_screen, house):
    for name in ("", "contact.html", "thanks.html#K7MQ-4XDR", "privacy.html"):
        any_screen.goto(f"{house.site}/{name}")

        hidden = any_screen.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

        assert hidden == 0, name


def test_a_message_whose_answer_was_lost_is_kept_once_when_sent_again(tab, house, postgres):
    typed = typed_by_a_visitor()
    tab.goto(f"{house.site}/contact.html")
    fill_in(tab, typed)
    take_time(tab)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    tab.route("**/api/v1/contact", lose_the_answer, times=1)
    send(tab)
    expect(tab.locator("[data-notice]")).to_contain_text("Your message was not sent: the connection failed.")
    kept_at_first = kept(postgres, typed)
    send(tab)
    tab.wait_for_url("**/thanks.html#*")

    assert kept_at_first == [as_kept(shown_reference(tab), typed)]
    assert kept(postgres, typed) == kept_at_first


def test_what_was_typed_outlives_a_reload(tab, house):
    typed = typed_by_a_visitor()
    tab.goto(f"{house.site}/contact.html")
    fill_in(tab, typed)

    tab.reload()

    expect(tab.locator("[name=name]")).to_have_value(typed["name"])
    assert still_typed(tab, typed) == typed


def test_an_empty_form_is_answered_beside_each_field_and_not_sent(any_screen, house):
    sent = []
    any_screen.on("request", lambda request: sent.append(request.url) if "/contact" in request.url else None)
    any_screen.goto(f"{house.site}/contact.html")
    sent.clear()

    send(any_screen)

    for field in ("name", "email", "subject", "message", "consent"):
        entry = any_screen.locator(f"[name={field}]")
        expect(entry).to_have_accessible_description(re.compile("Please .+"))
        expect(any_screen.locator(f"#{field}-error")).to_be_visible()
    expect(any_screen.locator("[name=name]")).to_be_focused()
    assert sent == []


def test_what_the_server_refuses_is_told_beside_its_field_and_the_mended_message_is_kept(tab, house, postgres):
    typed = typed_by_a_visitor()
    tab.goto(f"{house.site}/contact.html")
    fill_in(tab, {**typed, "email": "zoe@visitor"})
    take_time(tab)

    send(tab)
    expect(tab.locator("#email-error")).to_contain_text("does not look like an e-mail address")
    expect(tab.locator("[name=email]")).to_be_focused()
    tab.locator("[name=email]").fill(typed["email"])
    send(tab)
    tab.wait_for_url("**/thanks.html#*")

    assert kept(postgres, typed) == [as_kept(shown_reference(tab), typed)]


def test_who_sends_too_many_is_told_when_to_try_again_and_keeps_the_text(tab, house_of_one_message, postgres):
    first, second = typed_by_a_visitor(), typed_by_a_visitor()
    for typed in (first, second):
        tab.goto(f"{house_of_one_message.site}/contact.html")
        fill_in(tab, typed)
        take_time(tab)
        send(tab)
        tab.locator("[data-notice]:visible, .boxes:visible").wait_for()

    expect(tab.locator("[data-notice]")).to_contain_text(re.compile(r"too many .+ try again in \d+ (minutes|seconds)"))
    assert still_typed(tab, second) == second
    assert [len(kept(postgres, typed)) for typed in (first, second)] == [1, 0]
