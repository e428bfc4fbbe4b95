"""The practice's settings as an administrator edits them in a browser."""

import re

import pytest
from sqlalchemy import text
from tests.practice.conftest import ADA
from tests.practice.test_practice import PNG

from pretamane.core.actors import OPERATOR
from pretamane.practice import queries, service

ADDRESS = "/app/settings/practice"
TYPED = {
    "name": "Weber & Lang",
    "language": "de",
    "time_zone": "Europe/Berlin",
    "recipient": "Office@Weber-Lang.example",
    "primary_colour": "#2b3a67",
    "accent_colour": "#b3541e",
    "privacy_url": "https://weber-lang.example/privacy",
    "imprint_url": "",
    "terms_url": "",
}


def version_in(page):
    return re.findall(r'name="version" value="([^"]+)"', page.text)[0]


def save(browser, files=None, **changed):
    typed = {"version": version_in(browser.get(ADDRESS)), **TYPED, **changed}
    return browser.post(ADDRESS, data=typed, files=files)


def practice(platform):
    return platform.work.run_now(queries.current)


def test_what_was_saved_is_kept_and_the_page_says_so(browser, platform):
    answer = save(browser)

    kept = practice(platform)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}?saved=true")
    assert (kept.name, kept.recipient, kept.imprint_url) == ("Weber & Lang", "office@weber-lang.example", None)
    assert "The practice was saved" in browser.get(answer.headers["location"]).text
    assert 'value="Weber &amp; Lang"' in browser.get(ADDRESS).text


def test_an_emptied_field_is_taken_away(browser, platform):
    save(browser)

    save(browser, recipient="", privacy_url="")

    assert (practice(platform).recipient, practice(platform).privacy_url) == (None, None)


def test_whether_visitors_are_thanked_is_a_box_to_tick(browser, platform):
    save(browser, thanks_visitors="true")
    ticked, shown = practice(platform).thanks_visitors, browser.get(ADDRESS).text
    save(browser)

    assert (ticked, practice(platform).thanks_visitors) == (True, False)
    assert 'name="thanks_visitors" type="checkbox" value="true" checked>' in shown
    assert 'name="thanks_visitors" type="checkbox" value="true">' in browser.get(ADDRESS).text


def test_what_cannot_be_taken_stays_in_the_form_beside_its_reason(browser, platform):
    before = practice(platform).name

    answer = save(browser, name="A new name", recipient="office", terms_url='"><script>')

    assert answer.status_code == 422
    assert 'value="A new name"' in answer.text
    assert 'value="office"' in answer.text
    assert '<p class="error" id="recipient-error">That does not look like an e-mail address' in answer.text
    assert "<script>" not in answer.text
    assert practice(platform).name == before


def test_what_nobody_may_overwrite_unseen_is_shown_before_it_is_overwritten(browser, platform, clock):
    seen = version_in(browser.get(ADDRESS))
    clock.move(60)
    platform.work.run_now(service.change, OPERATOR, name="Changed meanwhile")

    clash = browser.post(ADDRESS, data={**TYPED, "version": seen})
    still = practice(platform).name
    again = browser.post(ADDRESS, data={**TYPED, "version": version_in(clash)})

    assert (clash.status_code, still) == (412, "Changed meanwhile")
    assert "<dd>Changed meanwhile</dd>" in clash.text
    assert 'value="Weber &amp; Lang"' in clash.text
    assert (again.status_code, practice(platform).name) == (303, "Weber & Lang")


@pytest.mark.parametrize("version", ["", "yesterday"])
def test_without_the_version_that_was_seen_nothing_is_overwritten(browser, platform, version):
    answer = browser.post(ADDRESS, data={**TYPED, "version": version})

    assert (answer.status_code, practice(platform).name) == (412, "Our practice")


def test_a_logo_is_taken_shown_and_taken_away_again(browser):
    save(browser, files={"logo": ("logo.png", PNG, "image/png")})
    shown = browser.get(ADDRESS).text
    kept = browser.get("/api/v1/practice/logo")
    save(browser)
    kept_still = browser.get("/api/v1/practice/logo").status_code
    save(browser, without_logo="true")

    assert 'alt="The logo as it is now"' in shown
    assert (kept.content, kept_still) == (PNG, 200)
    assert browser.get("/api/v1/practice/logo").status_code == 404
    assert 'alt="The logo as it is now"' not in browser.get(ADDRESS).text


def test_a_logo_of_another_kind_is_refused_and_the_rest_is_still_typed(browser, platform):
    answer = save(browser, files={"logo": ("logo.svg", b"<svg/>", "image/svg+xml")})

    assert answer.status_code == 422
    assert "The file is of another kind." in answer.text
    assert 'value="Weber &amp; Lang"' in answer.text
    assert practice(platform).name == "Our practice"


def test_a_file_in_place_of_a_text_is_not_taken_for_one(browser, platform):
    typed = {"version": version_in(browser.get(ADDRESS)), "language": "de"}

    browser.post(ADDRESS, data=typed, files={"name": ("name.txt", b"Weber", "text/plain")})

    assert (practice(platform).name, practice(platform).language) == ("Our practice", "de")


@pytest.mark.parametrize("field", ["name", "recipient", "language", "time_zone", "primary_colour", "terms_url"])
def test_signs_that_no_database_takes_are_refused_beside_their_field(browser, platform, field):
    answer = save(browser, **{field: f"{TYPED[field]}\x00"})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert practice(platform).name == "Our practice"


def test_each_change_is_audited_by_names_of_fields_never_by_what_they_say(browser, connection):
    save(browser, files={"logo": ("logo.png", PNG, "image/png")})

    entry = connection.execute(text("SELECT actor, account_id, act, details::text AS told FROM audit_entries")).one()
    assert (entry.actor, entry.account_id, entry.act) == (ADA.name, ADA.account_id, "practice.changed")
    assert all(f'"{name}"' in entry.told for name in ("name", "recipient", "logo"))
    assert '"imprint_url"' not in entry.told
    assert "Weber" not in entry.told


def test_every_zone_of_a_place_can_be_chosen_and_the_chosen_one_is_marked(browser):
    save(browser)

    page = browser.get(ADDRESS).text
    assert '<option value="Europe/Berlin" selected>' in page
    assert '<option value="America/Argentina/Buenos_Aires">' in page
    assert page.count(" selected>") == 1


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("50 GB", 50 * 10**9, "50 GB"),
        ("1.5 tb", 1500 * 10**9, "1500 GB"),
        ("750MB", 750 * 10**6, "750 MB"),
        ("", None, ""),
    ],
)
def test_the_quota_is_written_as_people_write_amounts_of_storage(browser, platform, typed, kept, shown):
    save(browser, storage_quota=typed)

    assert practice(platform).storage_quota == kept
    assert f'name="storage_quota" type="text" value="{shown}"' in browser.get(ADDRESS).text


@pytest.mark.parametrize("typed", ["much", "-5 GB", "10", "5 lightyears", "9" * 30])
def test_what_is_no_amount_of_storage_is_refused_at_its_field(browser, platform, typed):
    answer = save(browser, storage_quota=typed)

    assert (answer.status_code, practice(platform).storage_quota) == (422, None)
    assert 'id="storage_quota-error"' in answer.text
