"""Signing in and out."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from starlette.testclient import TestClient
from tests.accounts.conftest import ANOTHER, PASSWORD, carry, is_signed_in, sign_in
from tests.committing import client_of

from pretamane.accounts import passwords, sessions
from pretamane.accounts.entrance_pages import SIGN_INS_OF_AN_ADDRESS, SIGN_INS_TO_AN_ACCOUNT
from pretamane.core.errors import Invalid
from pretamane.wiring import build_app


def test_the_right_password_opens_a_session_and_leads_on(browser, rows, staff, with_password):
    answer = sign_in(browser, with_password(staff))

    assert (answer.status_code, answer.headers["location"]) == (303, "/app/inbox")
    assert browser.get("/api/v1/me").json()["name"] == "Stefan"
    assert rows("SELECT actor, act FROM audit_entries") == [("Stefan", "account.signed-in")]


def test_the_address_may_be_written_in_any_case(browser, staff, with_password):
    with_password(staff)

    browser.post("/app/sign-in", data={"email": " Stefan@Practice.EXAMPLE ", "password": PASSWORD})

    assert is_signed_in(browser)


def test_the_cookie_is_for_this_host_and_no_script(browser, staff, with_password):
    cookie = sign_in(browser, with_password(staff)).headers["set-cookie"]

    assert cookie.startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=1209600"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_on_https_the_cookie_is_bound_to_the_host_and_secure(platform, settings, staff, with_password):
    platform.settings = settings.model_copy(update={"public_url": "https://practice.example"})
    browser = TestClient(build_app(platform), base_url="https://practice.example", follow_redirects=False)
    browser.headers["Sec-Fetch-Site"] = "same-origin"

    cookie = sign_in(browser, with_password(staff)).headers["set-cookie"]

    assert cookie.startswith("__Host-session=")
    assert {"Secure", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert is_signed_in(browser)


def test_a_wrong_password_an_unknown_address_and_a_left_colleague_look_alike(browser_at, change, staff, with_password):
    with_password(staff)
    wrong = sign_in(browser_at("192.0.2.1"), staff, ANOTHER)
    unknown = browser_at("192.0.2.2").post("/app/sign-in", data={"email": staff.email[1:], "password": PASSWORD})
    change("UPDATE accounts SET deactivated_at = now()")
    left = sign_in(browser_at("192.0.2.3"), staff)

    pages = [answer.text.replace(staff.email, staff.email[1:]) for answer in (wrong, unknown, left)]
    without_ids = {page.split("<h1>")[1] for page in pages}
    assert [answer.status_code for answer in (wrong, unknown, left)] == [422, 422, 422]
    assert len(without_ids) == 1
    assert "The e-mail address or the password is not right." in wrong.text
    assert "set-cookie" not in wrong.headers


def test_an_unknown_address_costs_as_long_as_a_known_one(browser, monkeypatch, staff, with_password):
    with_password(staff)
    hasher, costs = type(passwords._hasher()), []
    real = hasher.verify

    def verify(self, kept, password):
        costs.append(kept.rpartition("$")[0].rpartition("$")[0])
        return real(self, kept, password)

    monkeypatch.setattr(hasher, "verify", verify)
    sign_in(browser, staff)
    browser.post("/app/sign-in", data={"email": "nobody@practice.example", "password": PASSWORD})
    browser.post("/app/sign-in", data={"email": "no address", "password": PASSWORD})

    assert costs == ["$argon2id$v=19$m=19456,t=2,p=1"] * 3


def test_the_form_comes_again_with_the_address_and_without_the_password(browser, staff):
    answer = sign_in(browser, staff, "tell nobody <this>", next="/app/contacts")

    assert f'value="{staff.email}"' in answer.text
    assert 'value="/app/contacts"' in answer.text
    assert "tell nobody" not in answer.text


def test_no_connection_is_held_while_the_password_is_checked(settings, database_address, monkeypatch):
    """With one connection for all, a check that held it would leave none for the others."""
    checking, may_end = Event(), Event()

    def wait(_kept, _password):
        checking.set()
        return not may_end.wait(20)

    monkeypatch.setattr(passwords, "matches", wait)
    with client_of(settings, database_address, connections=1) as client, ThreadPoolExecutor(1) as somebody:
        client.headers["Sec-Fetch-Site"] = "same-origin"
        signing_in = somebody.submit(client.post, "/app/sign-in", data={"email": "ada@b.example", "password": PASSWORD})
        assert checking.wait(20)
        meanwhile = client.get("/api/v1/practice").status_code
        may_end.set()

        assert (meanwhile, signing_in.result().status_code) == (200, 422)


@pytest.mark.parametrize(
    "elsewhere",
    [
        *(
            "https://evil.example/app/inbox",
            "//evil.example",
            "/\\evil.example",
            "/app\\..\\evil",
            "javascript:alert(1)",
        ),
        *("/application", "/app/in\nbox", "/app/inbox#x", "/app/sign-out", "/app.evil.example", "", "\t/app/inbox"),
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(browser, staff, with_password, elsewhere):
    answer = sign_in(browser, with_password(staff), next=elsewhere)

    assert answer.headers["location"] == "/app/inbox"


@pytest.mark.parametrize("own", ["/app", "/app/contacts?q=a%20b&tag=x", "/app/inbox/0197-a"])
def test_after_signing_in_one_goes_on_where_one_wanted_to(browser, staff, with_password, own):
    assert sign_in(browser, with_password(staff), next=own).headers["location"] == own


def test_a_session_that_was_there_before_does_not_become_mine(browser, rows, as_viewer, staff, with_password):
    planted = as_viewer.cookies["session"]
    carry(browser, planted)

    sign_in(browser, with_password(staff))

    assert browser.cookies["session"] != planted
    assert not is_signed_in(as_viewer)
    assert rows("SELECT count(*) FROM sessions") == [(1,)]


def test_a_made_up_session_does_not_become_mine(browser, browser_at, staff, with_password):
    carry(browser, "chosen-by-a-stranger")
    sign_in(browser, with_password(staff))

    stranger = browser_at("192.0.2.66")
    carry(stranger, "chosen-by-a-stranger")

    assert not is_signed_in(stranger)


def test_after_signing_out_the_cookie_is_worth_nothing(browser, browser_at, staff, with_password):
    sign_in(browser, with_password(staff))
    copied = browser.cookies["session"]

    answer = browser.post("/app/sign-out")

    thief = browser_at("192.0.2.66")
    carry(thief, copied)
    assert answer.headers["location"] == "/app/sign-in?done=out"
    assert "session" not in browser.cookies
    assert not is_signed_in(thief)


def test_signing_out_by_opening_a_page_is_not_possible(as_staff):
    assert as_staff.get("/app/sign-out").status_code == 405
    assert is_signed_in(as_staff)


def test_a_stranger_who_guesses_does_not_keep_the_owner_out(browser_at, staff, with_password):
    with_password(staff)
    stranger, owner = browser_at("203.0.113.66"), browser_at("192.0.2.1")
    allowed = int(SIGN_INS_TO_AN_ACCOUNT.split("/")[0])

    guesses = [sign_in(stranger, staff, f"guess number {number}").status_code for number in range(allowed + 3)]

    refused = sign_in(stranger, staff)
    assert guesses == [422] * allowed + [429] * 3
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    assert "too often" in refused.text
    assert sign_in(owner, staff).status_code == 303


def test_ten_thousand_guesses_cost_no_more_than_the_limit_and_the_owner_comes_in(
    browser_at, checks, platform, staff, with_password
):
    with_password(staff)
    stranger, owner = browser_at("203.0.113.66"), browser_at("192.0.2.1")

    sign_in(stranger, staff, "the first guess")
    allowed = int(SIGN_INS_OF_AN_ADDRESS.split("/")[0])
    for number in range(allowed + 20):
        stranger.post("/app/sign-in", data={"email": f"colleague{number}@practice.example", "password": str(number)})
    with platform.database.autocommitting() as connection:
        connection.exec_driver_sql("UPDATE rate_limit_windows SET hits = 10000")

    assert sign_in(stranger, staff, "the last guess").status_code == 429
    assert len(checks) == allowed
    assert sign_in(owner, staff).status_code == 303


def test_the_table_of_limits_holds_no_address_of_anybody(browser, rows, staff):
    sign_in(browser, staff)

    kept = str(rows("SELECT * FROM rate_limit_windows"))
    assert "sign-in-account" in kept
    assert staff.email not in kept
    assert "192.0.2.1" not in kept


def test_a_hash_of_other_parameters_is_made_anew_on_the_way(browser, change, rows, staff):
    from argon2 import PasswordHasher

    cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    change("UPDATE accounts SET password_hash = :hash", hash=cheap)

    sign_in(browser, staff)

    [(kept,)] = rows("SELECT password_hash FROM accounts")
    assert kept != cheap
    assert passwords.matches(kept, PASSWORD)
    assert not passwords.is_outdated(kept)


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(platform, change, staff, with_password):
    with_password(staff)
    proof = sessions.prove_password(platform.work, staff.email, PASSWORD)
    change("UPDATE accounts SET password_hash = upper(password_hash)")

    with pytest.raises(Invalid, match="not right"):
        platform.work.run_now(sessions.sign_in, proof, "a browser")


def test_json_and_other_strange_bodies_are_answered_not_stumbled_over(browser):
    bodies = (
        b'{"email": 5, "password": null}',
        b'{"email": "\\ud800@example.org", "password": "\\ud800"}',
        b'{"email": "a\\u0000@b.example", "password": "\\u0000"}',
    )
    kind = {"Content-Type": "application/json"}

    statuses = [browser.post("/app/sign-in", content=body, headers=kind).status_code for body in bodies]

    assert statuses == [422, 422, 422]


def test_a_foreign_page_signs_nobody_in(browser, staff, with_password):
    browser.headers["Sec-Fetch-Site"] = "cross-site"

    answer = sign_in(browser, with_password(staff))

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
