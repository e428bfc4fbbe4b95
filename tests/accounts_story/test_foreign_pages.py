"""An administrator is signed in and opens somebody else's page, which tries to act in their name: nothing changes."""

from urllib.parse import urlencode

import pytest

from tests.accounts_story.conftest import EMAIL, PASSWORD
from tests.accounts_story.foreign import HOSTS, WAYS

EVE = {"email": "eve@evil.example", "role": "admin"}
TARGETS = {
    "/app/settings/profile/name": {"name": "Mallory"},
    "/app/settings/profile/email": {"email": "eve@evil.example", "current_password": PASSWORD},
    "/app/settings/profile/password": {"current_password": PASSWORD, "new_password": PASSWORD[::-1]},
    "/app/settings/accounts": EVE,
    "/app/settings/keys": {"name": "Eve's", "scope-admin": "on", "days": "365", "current_password": PASSWORD},
    "/app/settings/sessions/end-others": {"go": "on"},
    "/app/sign-out": {"go": "on"},
    "/api/v1/accounts": EVE,
}


def everything(postgres):
    """Whatever any of it could change."""
    tables = ("accounts", "sessions", "api_keys", "links", "jobs", "audit_entries")
    left_out = {"sessions": "seen_at"}
    return {
        table: postgres.rows(f"SELECT to_jsonb({table}) - '{left_out.get(table, '')}' FROM {table} ORDER BY id")  # noqa: S608  # names of ours
        for table in tables
    }


def answers_to_posts(tab, house):
    """Fills as they come."""
    statuses = []

    def note(answer):
        if answer.url.startswith(house) and answer.request.method == "POST":
            statuses.append(answer.status)

    tab.on("response", note)
    return statuses


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("site", HOSTS)
def test_nothing_changes_by(tab, house, postgres, sites, site, way):
    tab.goto(f"{house}/app/settings/profile")
    before = everything(postgres)
    answers = answers_to_posts(tab, house)

    for path, fields in TARGETS.items():
        page = WAYS[way](f"{house}{path}", fields)
        tab.goto(f"{sites[site]}/?{urlencode({'page': page})}")
        tab.wait_for_function("house => document.title === 'done' || location.origin === house", arg=house)

    assert everything(postgres) == before
    assert tab.goto(f"{house}/app/settings/profile").status == 200
    if (site, way) in (("next door", "form"), ("next door", "redirected form"), ("next door", "fetch")):
        # The session did come along: it was not for want of a cookie that nothing happened.
        assert answers == [403] * len(TARGETS)


def test_the_same_form_on_our_own_page_does_change_something(tab, house, postgres):
    tab.goto(f"{house}/app/settings/profile")
    before = everything(postgres)

    tab.get_by_label("Your name, as colleagues see it").fill("Ada Lovelace")
    tab.get_by_role("button", name="Change the name").click()

    tab.get_by_text("Your name is changed.").wait_for()
    assert everything(postgres) != before
    assert postgres.rows("SELECT name FROM accounts") == [("Ada Lovelace",)]


@pytest.mark.parametrize("site", HOSTS)
def test_nobody_is_signed_in_as_somebody_else_by_a_foreign_form(new_context, administrator, house, sites, site):
    """Who is signed in unawares would file their own things into a stranger's account."""
    assert administrator["cookies"]
    context = new_context()
    tab = context.new_page()
    page = WAYS["form"](f"{house}/app/sign-in", {"email": EMAIL, "password": PASSWORD})

    tab.goto(f"{sites[site]}/?{urlencode({'page': page})}")
    tab.wait_for_url(f"{house}/**")

    assert context.cookies() == []


def test_signed_in_by_hand_the_cookie_is_out_of_reach_of_scripts(new_context, administrator, house):
    assert administrator["cookies"]
    context = new_context()
    tab = context.new_page()
    tab.goto(f"{house}/app/sign-in?next=/app/settings/profile")
    tab.get_by_label("E-mail").fill(EMAIL)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()

    tab.wait_for_url(f"{house}/app/settings/profile")
    [cookie] = context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("session", True, "Lax")
    assert tab.evaluate("document.cookie") == ""
