"""Chromium without script at the app's own origin: plain form posts, answered with pages."""

import re

from playwright.sync_api import expect

from tests.site_story.visitor import (
    as_kept,
    fill_in,
    kept,
    send,
    shown_reference,
    still_typed,
    typed_by_a_visitor,
)


def test_a_message_is_thanked_for_with_its_reference(tab_without_script, house, postgres):
    typed = typed_by_a_visitor()
    tab_without_script.goto(f"{house.api}/contact.html")
    fill_in(tab_without_script, typed)

    send(tab_without_script)

    expect(tab_without_script.locator("h1")).to_contain_text("We have your message.")
    assert kept(postgres, typed) == [as_kept(shown_reference(tab_without_script), typed)]


def test_with_the_database_away_the_form_comes_again_and_the_retry_is_kept_once(tab_without_script, house, postgres):
    typed, tab = typed_by_a_visitor(), tab_without_script
    tab.goto(f"{house.api}/contact.html")
    fill_in(tab, typed)

    postgres.take_away()
    with tab.expect_response(f"{house.api}/contact") as first_try:
        send(tab)
    expect(tab.locator("h1")).to_have_text("Your message was not saved")
    expect(tab.locator("[role=alert] .number")).to_have_text(first_try.value.headers["x-request-id"])
    assert first_try.value.status == 503
    assert still_typed(tab, typed) == typed
    assert tab.locator("[name=idempotency_key]").input_value()

    postgres.bring_back()
    send(tab)
    reference = shown_reference(tab)
    tab.reload()  # a browser sends the form once more for this
    assert shown_reference(tab) == reference
    assert kept(postgres, typed) == [as_kept(reference, typed)]


def test_what_the_server_refuses_is_told_beside_its_field_and_can_be_mended(tab_without_script, house, postgres):
    typed, tab = typed_by_a_visitor(), tab_without_script
    tab.goto(f"{house.api}/contact.html")
    fill_in(tab, {**typed, "email": "zoe@visitor"})

    send(tab)
    expect(tab.locator("[name=email]")).to_have_accessible_description(
        re.compile("does not look like an e-mail address")
    )
    tab.locator("[name=email]").fill(typed["email"])
    send(tab)

    assert kept(postgres, typed) == [as_kept(shown_reference(tab), typed)]
