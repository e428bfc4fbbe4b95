"""What people do with their own name, password, sessions and keys."""

import pytest
from tests.accounts.conftest import ANOTHER, PASSWORD, carry, is_signed_in, sign_in
from tests.conftest import make_key

from pretamane.accounts import entering, keys
from pretamane.core.actors import Scope
from pretamane.core.tokens import ApiKey

PROFILE = "/app/settings/profile"


def test_a_new_name_is_shown_at_once(as_staff, rows):
    answer = as_staff.post(f"{PROFILE}/name", data={"name": "  Stefan \n Lind "})

    assert "Your name is changed." in answer.text
    assert as_staff.get("/api/v1/me").json()["name"] == "Stefan Lind"
    assert rows("SELECT act, details FROM audit_entries") == [("account.changed", {"fields": ["name"]})]


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_name_that_cannot_be_taken_stays_in_the_form(as_staff, name):
    answer = as_staff.post(f"{PROFILE}/name", data={"name": name})

    assert answer.status_code == 422
    assert f'value="{name}"' in answer.text
    assert 'aria-invalid="true"' in answer.text


@pytest.fixture
def at_two_places(browser_at, staff, with_password):
    """Two browsers of one person."""
    with_password(staff)
    browsers = [browser_at("192.0.2.1"), browser_at("192.0.2.2")]
    for browser in browsers:
        sign_in(browser, staff)
    return browsers


def test_a_new_password_ends_every_session_but_goes_on_here_under_another(browser_at, at_two_places, staff):
    here, elsewhere = at_two_places
    before = here.cookies["session"]

    changed = here.post(f"{PROFILE}/password", data={"current_password": PASSWORD, "new_password": ANOTHER})

    thief = browser_at("192.0.2.66")
    carry(thief, before)
    assert changed.headers["location"] == f"{PROFILE}?done=renewed"
    assert [is_signed_in(browser) for browser in (here, elsewhere, thief)] == [True, False, False]
    assert sign_in(elsewhere, staff).status_code == 422
    assert sign_in(elsewhere, staff, ANOTHER).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "sentence"),
    [
        (ANOTHER, ANOTHER, "That is not your password."),
        ("", ANOTHER, "That is not your password."),
        (PASSWORD, "too short", "at least 12 characters"),
        (PASSWORD, "stefan@practice.example", "something other than your own name"),
    ],
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(at_two_places, staff, current, new, sentence):
    here, elsewhere = at_two_places

    refused = here.post(f"{PROFILE}/password", data={"current_password": current, "new_password": new})

    assert (refused.status_code, sentence in refused.text) == (422, True)
    assert new not in refused.text.replace(staff.email, "")
    assert is_signed_in(elsewhere)
    assert sign_in(elsewhere, staff).status_code == 303


def test_at_an_open_desk_the_password_cannot_be_guessed_for_long(at_two_places, checks):
    here, _ = at_two_places
    checks.clear()

    guesses = ({"current_password": f"guess {number}", "new_password": ANOTHER} for number in range(12))
    statuses = [here.post(f"{PROFILE}/password", data=guess).status_code for guess in guesses]

    assert statuses == [422] * 10 + [429] * 2
    assert len(checks) == 10


def test_a_new_address_needs_the_password_and_must_be_free(at_two_places, rows, viewer):
    here, _ = at_two_places
    asked = {"email": "stefan@new.example", "current_password": PASSWORD}

    answers = [
        here.post(f"{PROFILE}/email", data={**asked, **changed})
        for changed in ({"current_password": ANOTHER}, {"email": viewer.email}, {"email": "stefan@"})
    ]

    assert [answer.status_code for answer in answers] == [422, 409, 422]
    assert "That is not your password." in answers[0].text
    assert f"There is an account with {viewer.email} already." in answers[1].text
    assert rows("SELECT count(*) FROM jobs") == [(0,)]


def test_the_sessions_are_shown_and_one_can_be_ended(at_two_places):
    here, elsewhere = at_two_places
    listed = here.get("/api/v1/sessions").json()["items"]
    [other] = [opened["id"] for opened in listed if not opened["is_this_one"]]

    ended = here.post(f"/app/settings/sessions/{other}/end")

    assert len(listed) == 2
    assert ended.headers["location"] == "/app/settings/sessions?done=ended"
    assert [is_signed_in(browser) for browser in (here, elsewhere)] == [True, False]
    assert "You are signed in nowhere else." in here.get("/app/settings/sessions").text


def test_all_others_are_ended_with_one_button(at_two_places):
    here, elsewhere = at_two_places
    assert "End all but this one" in here.get("/app/settings/sessions").text

    here.post("/app/settings/sessions/end-others")

    assert [is_signed_in(browser) for browser in (here, elsewhere)] == [True, False]


def test_a_browser_may_call_itself_anything(browser, staff, with_password):
    browser.headers["User-Agent"] = "<script>\t" + "x" * 500

    sign_in(browser, with_password(staff))

    page = browser.get("/app/settings/sessions").text
    assert "&lt;script&gt;" + "x" * 192 + "<" not in page
    assert "&lt;script&gt;" + "x" * 192 in page


def a_scanners_key(**changed):
    return {"name": "The scanner", "scope-contacts:read": "on", "days": "30", "current_password": PASSWORD, **changed}


def key_in(page):
    return page.text.partition('<code class="number">')[2].partition("<")[0]


def test_a_key_is_shown_once_and_works_within_its_scopes(as_staff, browser, staff, with_password):
    with_password(staff)

    made = as_staff.post("/app/settings/keys", data=a_scanners_key())
    again = as_staff.get("/app/settings/keys").text

    key = key_in(made)
    shown = browser.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"})
    assert shown.json() | {"account_id": 0} == {
        **{"account_id": 0, "name": "Stefan", "role": "staff", "scopes": ["contacts:read"]}
    }
    assert ApiKey.read(key) is not None
    assert key not in again
    assert "The scanner" in again


def test_an_open_desk_alone_makes_no_key(at_two_places, rows, checks):
    here, _ = at_two_places
    checks.clear()

    refused = [here.post("/app/settings/keys", data=a_scanners_key(current_password=ANOTHER)) for _ in range(11)]

    assert [answer.status_code for answer in refused] == [422] * 10 + [429]
    assert "That is not your password." in refused[0].text
    assert 'value="The scanner"' in refused[0].text
    assert ANOTHER not in refused[0].text
    assert rows("SELECT count(*) FROM api_keys") == [(0,)]
    assert len(checks) == 10


def test_guesses_at_one_page_count_at_the_other(at_two_places):
    here, _ = at_two_places
    for _ in range(10):
        here.post("/app/settings/keys", data=a_scanners_key(current_password=ANOTHER))

    refused = here.post(f"{PROFILE}/password", data={"current_password": PASSWORD, "new_password": ANOTHER})

    assert refused.status_code == 429


def test_keys_work_on_under_a_new_password_and_the_page_says_so(at_two_places, browser_at):
    here, _ = at_two_places
    quiet = here.get(PROFILE).text
    keys_made = [key_in(here.post("/app/settings/keys", data=a_scanners_key())) for _ in range(2)]

    changed = here.post(f"{PROFILE}/password", data={"current_password": PASSWORD, "new_password": ANOTHER})

    told = here.get(changed.headers["location"]).text
    program = browser_at("192.0.2.3")
    known = [program.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"}) for key in keys_made]
    assert '<a href="/app/settings/keys">2 keys work</a>' in told
    assert "keys for programs" not in quiet
    assert [answer.status_code for answer in known] == [200, 200]


def test_a_key_ends_in_time_and_at_once_when_revoked(platform, as_staff, staff, browser, clock):
    (kept, first), (_, second) = (make_key(platform, staff, Scope.CONTACTS_WRITE, days=1) for _ in range(2))

    def works(key):
        return browser.get("/api/v1/me", headers={"Authorization": f"Bearer {key}"}).status_code == 200

    before = [works(first), works(second)]
    as_staff.delete(f"/api/v1/keys/{kept.id}")
    revoked = [works(first), works(second)]
    clock.move(24 * 3600)

    assert (before, revoked) == ([True, True], [False, True])
    assert not works(second)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"scope-admin": "on"}, "Your role does not allow admin, so your key cannot either."),
        ({"scope-contacts:read": ""}, "Please choose what the key may do."),
        ({"name": " "}, "Please write a name."),
        ({"days": "0"}, "Please choose a number of days from 1 to 3650."),
    ],
)
def test_a_key_that_cannot_be_made_says_why(as_staff, rows, staff, with_password, changed, sentence):
    with_password(staff)

    refused = as_staff.post("/app/settings/keys", data=a_scanners_key(**changed))

    assert (refused.status_code, sentence in refused.text) == (422, True)
    assert rows("SELECT count(*) FROM api_keys") == [(0,)]


def test_the_page_offers_no_scope_beyond_ones_role_and_keeps_what_was_typed(as_viewer):
    refused = as_viewer.post("/app/settings/keys", data={"name": "A <scanner>", "days": ""})

    assert refused.status_code == 422
    assert "Please choose what the key may do." in refused.text
    assert 'value="A &lt;scanner&gt;"' in refused.text
    assert '<option value="" selected>' in refused.text
    assert "contacts:write" not in refused.text


def test_nobody_gathers_keys_without_end(as_staff, staff, with_password, monkeypatch):
    with_password(staff)
    monkeypatch.setattr(keys, "MOST", 2)

    statuses = [as_staff.post("/app/settings/keys", data=a_scanners_key()).status_code for _ in range(3)]

    assert statuses == [200, 200, 409]


def test_making_and_revoking_a_key_is_audited_without_its_words(platform, as_staff, staff, rows):
    made, _ = make_key(platform, staff, Scope.CONTACTS_READ, days=365)
    for _ in range(2):
        as_staff.delete(f"/api/v1/keys/{made.id}")

    entries = rows("SELECT act, details FROM audit_entries ORDER BY id")
    assert entries == [("key.made", {"scopes": ["contacts:read"], "days": 365}), ("key.revoked", {})]


def test_a_key_makes_no_key(platform, admin, browser, rows):
    _, key = make_key(platform, admin, *Scope)

    refused = browser.post("/app/settings/keys", data=a_scanners_key(), headers={"Authorization": f"Bearer {key}"})

    assert (refused.status_code, "A key cannot do this" in refused.text) == (403, True)
    assert rows("SELECT count(*) FROM api_keys") == [(1,)]


@pytest.mark.parametrize("by", ["reset", "rescue"])
def test_with_the_lost_password_go_all_keys(as_admin, rows, platform, send_mails, postman, admin, by):
    """Who lost the password cannot tell which keys a thief has made."""
    _, key = make_key(platform, admin, Scope.ADMIN)
    if by == "reset":
        as_admin.post("/app/forgotten", data={"email": admin.email})
        send_mails()
    path = postman.link if by == "reset" else f"/app/link/{platform.work.run_now(entering.rescue, admin.email)}"
    warning = as_admin.get(path).text

    as_admin.post(path, data={"password": ANOTHER})

    used = as_admin.get("/api/v1/accounts", headers={"Authorization": f"Bearer {key}"})
    assert used.status_code == 401
    assert "your keys for programs will be revoked" in warning
    assert rows("SELECT details FROM audit_entries WHERE act = 'account.changed'") == [
        ({"fields": ["password"], "keys_revoked": 1},)
    ]


def test_no_session_makes_a_key_without_the_page_that_asks_for_the_password(as_admin, rows):
    answer = as_admin.post("/api/v1/keys", json={"name": "a script", "scopes": ["admin"]})

    assert (answer.status_code, rows("SELECT count(*) FROM api_keys")) == (405, [(0,)])


def test_the_start_of_the_app_is_the_inbox(as_viewer):
    assert as_viewer.get("/app", follow_redirects=False).headers["location"] == "/app/inbox"
