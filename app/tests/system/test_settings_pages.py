"""The way to every setting, for whoever may change it."""

import pytest

from pretamane.core.actors import OPERATOR, Actor, Role
from pretamane.practice import service as practice

OWN = ["profile", "sessions", "keys"]
HOUSE = ["practice", "accounts", "audit", "jobs", "system"]
ADMINS_ONLY = [f"/app/settings/{name}" for name in ("practice", "audit", "jobs", "system", "first-run")]


@pytest.mark.parametrize(("role", "found"), [(Role.VIEWER, OWN), (Role.STAFF, OWN), (Role.ADMIN, OWN + HOUSE)])
def test_each_finds_the_settings_that_they_may_change(open_as, role, found):
    page = open_as(Actor(None, "Somebody", role)).get("/app/settings").text

    assert [name for name in OWN + HOUSE if f'<li><a href="/app/settings/{name}">' in page] == found


@pytest.mark.parametrize("address", ADMINS_ONLY)
def test_what_is_the_houses_is_for_administrators(open_as, address):
    assert open_as(Actor(None, "Somebody", Role.STAFF)).get(address).status_code == 403
    assert open_as(Actor(None, "Somebody", Role.ADMIN)).get(address).status_code == 200


def test_a_page_of_the_desk_says_who_sits_there_where_they_are_and_how_to_leave(browser):
    page = browser.get("/app/settings").text

    assert "Ada Byron</a>" in page
    assert '<a class="tab" href="/app/settings" aria-current="page">Settings</a>' in page
    assert '<form method="post" action="/app/sign-out">' in page


def test_an_administrator_of_a_new_house_is_led_to_its_first_steps(browser, open_as, platform):
    fresh = browser.get("/app/settings").text
    to_staff = open_as(Actor(None, "Somebody", Role.STAFF)).get("/app/settings").text
    platform.work.run_now(practice.change, OPERATOR, recipient="office@weber.example")

    assert 'href="/app/settings/first-run"' in fresh
    assert "first-run" not in to_staff
    assert "first-run" not in browser.get("/app/settings").text
