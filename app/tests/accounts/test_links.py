"""One-time links: the first administrator's, invitations, new passwords, new addresses."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr
from tests.accounts.conftest import ANOTHER, PASSWORD, first_path, is_signed_in, sign_in
from tests.conftest import hire

from pretamane.accounts import entering, links
from pretamane.accounts.models import Purpose
from pretamane.core.actors import Role
from pretamane.core.errors import Conflict, NotFound
from pretamane.wiring import Platform, first_administrators_link


@pytest.fixture
def first_link(platform):
    return first_path(platform)


@pytest.fixture
def invitation(as_admin, send_mails, postman):
    """The path of the link in a new colleague's mail."""
    as_admin.post("/app/settings/accounts", data={"email": "Nora@Practice.example", "role": "staff"})
    send_mails()
    return postman.link


@pytest.fixture
def reset_link(browser, send_mails, postman, staff, with_password):
    browser.post("/app/forgotten", data={"email": with_password(staff).email})
    send_mails()
    return postman.link


def first_account(**changed):
    return {"email": "ada@practice.example", "name": "Ada Byron", "password": PASSWORD, **changed}


def test_the_first_link_makes_an_administrator_who_is_signed_in(browser, rows, first_link):
    answer = browser.post(first_link, data=first_account())

    assert (answer.status_code, answer.headers["location"]) == (303, "/app/inbox")
    assert browser.get("/api/v1/me").json() | {"account_id": None} == {
        **{"account_id": None, "name": "Ada Byron", "role": "admin", "scopes": None}
    }
    assert rows("SELECT act FROM audit_entries ORDER BY id") == [
        *(("account.first-administrator-link-made",), ("account.made",), ("account.signed-in",))
    ]


def test_there_is_no_second_first_administrator(browser, platform, first_link):
    browser.post(first_link, data=first_account())

    again = browser.post(first_link, data=first_account(email="eve@evil.example"))

    assert again.status_code == 404
    assert first_administrators_link(platform) is None
    with pytest.raises(Conflict, match="administrator already"):
        platform.work.run_now(entering.make_first_administrators_link)


def test_a_newer_first_link_ends_the_older(browser, platform, first_link):
    newer = first_path(platform)

    assert [browser.get(path).status_code for path in (first_link, newer)] == [404, 200]


def test_an_invitation_by_mail_makes_a_colleague(browser, rows, postman, invitation):
    page = browser.get(invitation)
    answer = browser.post(invitation, data={"name": " Nora\tLind ", "password": PASSWORD})

    assert postman.mails[0].to == "nora@practice.example"
    assert postman.mails[0].subject == "You are invited to work with Our practice"
    assert "nora@practice.example" in page.text
    assert answer.status_code == 303
    assert browser.get("/api/v1/me").json()["name"] == "Nora Lind"
    assert rows("SELECT role FROM accounts WHERE name = 'Nora Lind'") == [("staff",)]


def test_opening_a_link_uses_nothing_up(browser, invitation):
    """Mail scanners open every link, some more than once, some by HEAD."""
    opened = [browser.get(invitation).status_code for _ in range(3)]
    browser.head(invitation)

    used = browser.post(invitation, data={"name": "Nora", "password": PASSWORD})

    assert opened == [200, 200, 200]
    assert used.status_code == 303
    assert browser.get(invitation).status_code == 404


def test_what_cannot_be_taken_is_told_and_the_link_still_works(browser, first_link):
    refused = browser.post(first_link, data=first_account(email="ada@", name=" ", password="ada"))

    assert refused.status_code == 422
    for sentence in ("does not look like an e-mail", "Please write a name", "at least 12 characters"):
        assert sentence in refused.text
    assert 'value="ada@"' in refused.text
    assert browser.post(first_link, data=first_account()).status_code == 303


def test_a_link_runs_out(browser, clock, invitation):
    clock.move(links.LIVES[Purpose.INVITATION].total_seconds() - 1)
    before = browser.get(invitation).status_code
    clock.move(1)

    after = browser.post(invitation, data={"name": "Nora", "password": PASSWORD})

    assert (before, after.status_code) == (200, 404)
    assert "has run out" in after.text


def test_inviting_again_sends_a_new_link_and_ends_the_old(as_admin, browser, rows, send_mails, postman, invitation):
    [(nora,)] = rows("SELECT id FROM accounts WHERE email LIKE 'nora%'")

    as_admin.post(f"/app/settings/accounts/{nora}/invite-again")
    send_mails()

    assert [browser.get(path).status_code for path in (invitation, postman.link)] == [404, 200]


def test_a_retry_after_a_failed_mail_makes_a_new_link(as_admin, browser, clock, send_mails, postman):
    as_admin.post("/app/settings/accounts", data={"email": "nora@practice.example", "role": "viewer"})
    postman.is_away = True
    send_mails()
    never_sent, postman.is_away = postman.link, False
    clock.move(3600)

    send_mails()

    assert [browser.get(path).status_code for path in (never_sent, postman.link)] == [404, 200]


def test_an_invitation_to_an_address_that_nobody_has_is_found_among_the_dead_jobs(as_admin, send_mails, postman):
    as_admin.post("/app/settings/accounts", data={"email": "nora@practice.example", "role": "viewer"})
    postman.knows_nobody = True

    send_mails()

    assert "The mail server has no such recipient." in as_admin.get("/app/settings/jobs").text


def test_a_link_that_was_made_while_the_invitation_was_being_accepted_sets_no_password_anew(
    browser, platform, rows, invitation
):
    [(nora,)] = rows("SELECT id FROM accounts WHERE email LIKE 'nora%'")
    browser.post(invitation, data={"name": "Nora", "password": PASSWORD})
    late = platform.work.run_now(links.make, Purpose.INVITATION, nora)

    refused = browser.post(f"/app/link/{late}", data={"name": "Eve", "password": ANOTHER})

    assert (refused.status_code, rows("SELECT name FROM accounts WHERE id = :id", id=nora)) == (404, [("Nora",)])


def test_whoever_was_deactivated_meanwhile_cannot_accept(as_admin, browser, rows, invitation):
    [(nora,)] = rows("SELECT id FROM accounts WHERE email LIKE 'nora%'")
    as_admin.post(f"/app/settings/accounts/{nora}", data={"is_active": "false"})

    assert browser.post(invitation, data={"name": "Nora", "password": PASSWORD}).status_code == 404


def test_a_forgotten_password_is_set_anew_and_every_session_ends(browser, as_staff, staff, reset_link):
    answer = browser.post(reset_link, data={"password": ANOTHER})

    assert answer.headers["location"] == "/app/sign-in?done=renewed"
    assert not is_signed_in(as_staff)
    assert sign_in(browser, staff).status_code == 422
    assert sign_in(browser, staff, ANOTHER).status_code == 303
    assert browser.post(reset_link, data={"password": PASSWORD}).status_code == 404


def test_asking_for_a_new_password_is_answered_alike_for_everybody(browser, rows, staff, with_password):
    with_password(staff)

    answers = [
        browser.post("/app/forgotten", data={"email": email}) for email in (staff.email, "nobody@practice.example", "x")
    ]

    assert {(answer.status_code, answer.headers["location"], answer.text) for answer in answers} == {
        (303, "/app/forgotten?sent=true", "")
    }
    assert rows("SELECT count(*) FROM jobs") == [(2,)]
    assert "If there is an account with this address" in browser.get("/app/forgotten?sent=true").text


def test_only_whoever_could_sign_in_gets_a_mail_for_a_new_password(browser, change, send_mails, postman, staff, viewer):
    change("UPDATE accounts SET deactivated_at = now() WHERE id = :id", id=staff.id)
    change("UPDATE accounts SET password_hash = NULL WHERE id = :id", id=viewer.id)

    for email in (staff.email, viewer.email, "nobody@practice.example"):
        browser.post("/app/forgotten", data={"email": email})
    send_mails()

    assert postman.mails == []


def test_nobodys_mailbox_is_flooded_and_the_last_link_works_on(browser_at, send_mails, postman, staff, with_password):
    with_password(staff)
    statuses = []
    for number in range(12):
        asked = browser_at(f"203.0.113.{number}").post("/app/forgotten", data={"email": staff.email})
        statuses.append(asked.status_code)
        send_mails()

    assert statuses == [303] * 12
    assert len(postman.mails) == 5
    assert browser_at("192.0.2.1").get(postman.link).status_code == 200


def test_no_token_waits_in_the_queue_or_stands_in_a_table(browser, rows, invitation, reset_link):
    tokens = [path.rpartition("/")[2] for path in (invitation, reset_link)]

    kept = str([rows(f"TABLE {table}") for table in ("links", "jobs", "events", "audit_entries", "accounts")])

    assert [token for token in tokens if token in kept] == []
    assert browser.get(invitation).headers["cache-control"] == "no-store"


def test_no_token_and_no_password_is_logged(browser, caplog, platform, send_mails, postman, staff, with_password):
    caplog.set_level("DEBUG")
    browser.post("/app/forgotten", data={"email": with_password(staff).email})
    send_mails()
    browser.get(postman.link)
    browser.post(postman.link, data={"password": ANOTHER})
    sign_in(browser, staff, ANOTHER)
    browser.post(first_path(platform), data=first_account(password="too short"))

    ours = "\n".join(line.getMessage() for line in caplog.records if line.name.startswith("pretamane"))
    assert "/app/link/{token}" in ours
    for secret in (postman.link, ANOTHER, staff.email, browser.cookies["session"], "too short"):
        assert secret not in ours


def test_a_new_address_counts_once_its_link_is_used(as_staff, browser, send_mails, postman, staff, with_password):
    with_password(staff)
    asked = as_staff.post(
        "/app/settings/profile/email",
        data={"email": "stefan@new.example", "current_password": PASSWORD},
        follow_redirects=False,
    )
    send_mails()
    before = as_staff.get("/app/settings/profile").text
    confirmed = browser.post(postman.link, data={"go": "on"})
    send_mails()

    assert asked.headers["location"] == "/app/settings/profile?done=email"
    assert [mail.to for mail in postman.mails] == ["stefan@new.example", staff.email]
    assert f"<strong>{staff.email}</strong>" in before
    assert confirmed.headers["location"] == "/app/sign-in?done=email"
    assert sign_in(browser, staff).status_code == 422
    assert browser.post("/app/sign-in", data={"email": "stefan@new.example", "password": PASSWORD}).status_code == 303


def test_an_address_somebody_else_took_meanwhile_is_refused(
    as_staff, browser, send_mails, postman, platform, staff, with_password
):
    with_password(staff)
    as_staff.post("/app/settings/profile/email", data={"email": "nora@practice.example", "current_password": PASSWORD})
    send_mails()
    hire(platform, "Nora", Role.VIEWER)

    refused = browser.post(postman.link, data={"go": "on"})

    assert refused.status_code == 409
    assert "There is an account with nora@practice.example already." in refused.text
    assert sign_in(browser, staff).status_code == 303


@pytest.mark.parametrize("is_sent_already", [True, False])
def test_with_the_password_goes_whatever_a_thief_asked_for_under_the_old_one(
    as_staff, browser, send_mails, postman, reset_link, is_sent_already
):
    """Whoever learned the password could have asked for their own address to take the account's place."""
    asked = {"email": "eve@evil.example", "current_password": PASSWORD}
    assert as_staff.post("/app/settings/profile/email", data=asked).status_code == 200
    if is_sent_already:
        send_mails()
    sent = len(postman.mails)

    browser.post(reset_link, data={"password": ANOTHER})
    send_mails()

    assert len(postman.mails) == sent == (2 if is_sent_already else 1)
    assert browser.post(postman.link, data={"go": "on"}).status_code == 404


def test_a_link_to_the_old_address_ends_with_the_address(as_staff, browser, send_mails, postman, reset_link):
    asked = {"email": "stefan@new.example", "current_password": PASSWORD}
    as_staff.post("/app/settings/profile/email", data=asked)
    send_mails()

    browser.post(postman.link, data={"go": "on"})

    assert browser.get(reset_link).status_code == 404


def test_a_link_used_twice_at_once_works_once(settings, database_address):
    """The second finds the link while the first has not committed yet, and waits for it."""
    platform = Platform.build(settings.model_copy(update={"database_url": SecretStr(database_address)}))
    token = platform.work.run_now(links.make, Purpose.RESET, hire(platform, "Ada", Role.ADMIN).id)
    with ThreadPoolExecutor(1) as somebody:
        with platform.database.transaction() as first:
            entering.reset_password(first, token, "the first one's hash")
            second = somebody.submit(platform.work.run_now, entering.reset_password, token, "the second one's hash")
            await_someone_waiting(platform)

        with pytest.raises(NotFound, match="used already"):
            second.result(20)
    with platform.database.autocommitting() as connection:
        kept = connection.exec_driver_sql("SELECT password_hash FROM accounts").scalar_one()
    for pool in (platform.database.bind.engine, platform.rate_limits.windows.bind.engine):
        pool.dispose()

    assert kept == "the first one's hash"


def await_someone_waiting(platform):
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    patience = time.monotonic() + 20
    with platform.database.autocommitting() as connection:
        while connection.exec_driver_sql(waiting).scalar_one() == 0:
            assert time.monotonic() < patience
            time.sleep(0.02)


def test_the_rescued_are_administrators_only(platform, browser, admin, staff):
    token = platform.work.run_now(entering.rescue, " ADA@practice.example")

    answer = browser.post(f"/app/link/{token}", data={"password": ANOTHER})

    assert answer.status_code == 303
    assert sign_in(browser, admin, ANOTHER).status_code == 303
    for email in (staff.email, "nobody@practice.example", "x"):
        with pytest.raises(NotFound, match="No administrator"):
            platform.work.run_now(entering.rescue, email)


def test_a_rescue_outlives_whatever_others_ask_for_and_do(
    platform, browser, clock, send_mails, postman, admin, with_password
):
    """A stranger who asks for a mail again and again, and a thief who has the mailbox and the password."""
    rescue = f"/app/link/{platform.work.run_now(entering.rescue, with_password(admin).email)}"
    postman.is_away = True
    browser.post("/app/forgotten", data={"email": admin.email})
    send_mails()
    postman.is_away = False
    clock.move(3600)
    send_mails()
    taken, kept = "eleven stolen swans", "twelve stolen swans"
    browser.post(postman.link, data={"password": taken})
    sign_in(browser, admin, taken)
    browser.post("/app/settings/profile/password", data={"current_password": taken, "new_password": kept})

    rescued = browser.post(rescue, data={"password": ANOTHER})

    assert rescued.headers.get("location") == "/app/sign-in?done=renewed"
    assert not is_signed_in(browser)
    assert sign_in(browser, admin, ANOTHER).status_code == 303
    assert browser.post(rescue, data={"password": PASSWORD}).status_code == 404


def test_a_newer_rescue_ends_the_older(platform, browser, admin):
    older, newer = (f"/app/link/{platform.work.run_now(entering.rescue, admin.email)}" for _ in range(2))

    statuses = [browser.get(path).status_code for path in (older, newer)]

    assert statuses == [404, 200]


def test_a_deactivated_administrator_is_rescued_no_more(platform, browser, as_admin):
    nora = hire(platform, "Nora", Role.ADMIN)
    rescue = f"/app/link/{platform.work.run_now(entering.rescue, nora.email)}"

    as_admin.post(f"/app/settings/accounts/{nora.id}", data={"is_active": "false"})

    assert browser.post(rescue, data={"password": ANOTHER}).status_code == 404


def test_a_made_up_link_is_refused(browser):
    for token in ("x", "0" * 43, "%F0%9F%A6%86", "a%00b"):
        assert browser.get(f"/app/link/{token}").status_code == 404
        assert browser.post(f"/app/link/{token}", data={"password": PASSWORD}).status_code == 404
