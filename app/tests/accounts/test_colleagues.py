"""What administrators do with everybody's accounts, by pages and by the API."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from pydantic import SecretStr
from tests.accounts.conftest import is_signed_in
from tests.conftest import hire, make_key

from pretamane.accounts import queries, service
from pretamane.core.actors import Role, Scope
from pretamane.core.database import Database
from pretamane.core.errors import Conflict
from pretamane.wiring import Platform

ACCOUNTS = "/app/settings/accounts"


@pytest.fixture
def patch(as_admin):
    def patch(account, **changes):
        return as_admin.patch(f"/api/v1/accounts/{account.id}", json=changes)

    return patch


def test_the_page_shows_everybody_with_role_and_state(as_admin, patch, staff, viewer):
    as_admin.post(ACCOUNTS, data={"email": "nora@practice.example", "role": "viewer"})
    patch(viewer, is_active=False)

    page = as_admin.get(ACCOUNTS).text

    assert page.count("<tr>") == 1 + 4
    for shown in (staff.name, "nora@practice.example", ">invited<", ">deactivated<", ">you<"):
        assert shown in page


def test_an_invitation_that_cannot_be_made_says_why_and_keeps_what_was_typed(as_admin, staff):
    taken = as_admin.post(ACCOUNTS, data={"email": staff.email.upper(), "role": "admin"})
    wrong = as_admin.post(ACCOUNTS, data={"email": "nora@", "role": "king"})

    assert (taken.status_code, wrong.status_code) == (409, 422)
    assert f"There is an account with {staff.email} already." in taken.text
    assert f'value="{staff.email.upper()}"' in taken.text
    assert "does not look like an e-mail address" in wrong.text
    assert "Please choose a role." in wrong.text


def test_invited_by_the_api_a_colleague_gets_the_mail(as_admin, rows, send_mails, postman):
    made = as_admin.post("/api/v1/accounts", json={"email": "Nora@Practice.example", "role": "viewer"})
    send_mails()

    assert made.status_code == 201
    assert made.json() | {"id": 0, "made_at": 0} == {
        **{"id": 0, "made_at": 0, "email": "nora@practice.example", "name": "nora@practice.example"},
        **{"role": "viewer", "state": "invited", "version": 1},
    }
    assert [mail.to for mail in postman.mails] == ["nora@practice.example"]
    assert rows("SELECT actor, act, details FROM audit_entries") == [("Ada", "account.invited", {"role": "viewer"})]


def test_a_change_of_role_counts_at_once_and_signs_out(as_staff, patch, rows, staff):
    answer = patch(staff, role="viewer")

    assert (answer.status_code, answer.json()["role"], answer.json()["version"]) == (200, "viewer", 2)
    assert not is_signed_in(as_staff)
    assert rows("SELECT details FROM audit_entries") == [({"was": "staff", "role": "viewer"},)]


def test_the_same_role_again_changes_nothing(as_staff, patch, rows, staff):
    answer = patch(staff, role="staff")

    assert answer.json()["version"] == 1
    assert is_signed_in(as_staff)
    assert rows("SELECT * FROM audit_entries") == []


def test_deactivation_ends_sessions_keys_and_links_and_names_the_successor(
    platform, as_staff, patch, rows, staff, viewer
):
    make_key(platform, staff, Scope.CONTACTS_READ)
    as_staff.post("/app/forgotten", data={"email": staff.email})
    hired = patch(viewer, role="staff").status_code

    answer = patch(staff, is_active=False, successor_id=str(viewer.id))

    assert (hired, answer.status_code, answer.json()["state"]) == (200, 200, "deactivated")
    assert not is_signed_in(as_staff)
    assert rows("SELECT count(*) FROM sessions WHERE account_id = :id", id=staff.id) == [(0,)]
    assert rows("SELECT revoked_at IS NOT NULL FROM api_keys") == [(True,)]
    assert rows("SELECT details FROM events WHERE name = 'account.deactivated'") == [({"successor": str(viewer.id)},)]


def test_what_nobody_takes_over_goes_back_to_everybody(as_admin, rows, staff):
    as_admin.post(f"{ACCOUNTS}/{staff.id}", data={"is_active": "false", "successor_id": ""})

    assert rows("SELECT subject, details FROM events") == [(staff.id, {"successor": None})]


def test_the_listeners_act_in_the_same_transaction(platform, connection, clock, rows, admin, staff):
    def fails(_session, _event):
        raise Conflict("It cannot be handed over.")

    database = Database(connection, clock, known={"listeners": {"account.deactivated": [fails]}})
    with pytest.raises(Conflict, match="handed over"), database.transaction() as session:
        service.deactivate(session, staff.id, None, admin.as_actor())

    assert rows("SELECT deactivated_at FROM accounts WHERE id = :id", id=staff.id) == [(None,)]
    assert platform.work.run_now(queries.account, staff.id).is_active


@pytest.mark.parametrize("who", ["viewer", "themselves", "nobody known"])
def test_only_a_colleague_who_may_write_takes_over(patch, staff, viewer, who):
    successor = {"viewer": viewer.id, "themselves": staff.id, "nobody known": uuid4()}[who]

    answer = patch(staff, is_active=False, successor_id=str(successor))

    assert answer.status_code == 422
    assert answer.json()["errors"] == {"successor_id": "Please choose a colleague who is here and may write."}


def test_the_reactivated_signs_in_again_but_old_cookies_stay_dead(as_admin, as_staff, staff, sign_in):
    for is_active in ("false", "true"):
        as_admin.post(f"{ACCOUNTS}/{staff.id}", data={"is_active": is_active})

    assert not is_signed_in(as_staff)
    assert is_signed_in(sign_in(staff))


@pytest.mark.parametrize("change", [{"role": "staff"}, {"is_active": False}])
def test_the_last_administrator_stays(as_admin, patch, admin, platform, change):
    hire(platform, "Invited", Role.ADMIN)
    with platform.database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE accounts SET password_hash = NULL WHERE name = 'Invited'")

    answer = patch(admin, **change)
    page = as_admin.post(f"{ACCOUNTS}/{admin.id}", data={name: str(value) for name, value in change.items()})

    assert (answer.status_code, answer.json()["code"]) == (409, "last-administrator")
    assert (page.status_code, "This is the last administrator." in page.text) == (409, True)
    assert is_signed_in(as_admin)


def test_an_administrator_may_go_when_another_is_there(patch, admin, platform):
    hire(platform, "Grace", Role.ADMIN)

    assert patch(admin, role="viewer").json()["role"] == "viewer"


def test_two_who_demote_each_other_at_once_leave_one(settings, database_address):
    platform = Platform.build(settings.model_copy(update={"database_url": SecretStr(database_address)}))
    for attempt in range(10):
        pair = [hire(platform, f"{name}{attempt}", Role.ADMIN) for name in ("Ada", "Grace")]
        together = Barrier(2)

        def demote(by, other, together=together):
            together.wait()
            try:
                platform.work.run_now(service.change_role, other.id, Role.VIEWER, by.as_actor())
            except Conflict as refusal:
                return refusal.code
            return "demoted"

        with ThreadPoolExecutor(2) as people:
            outcomes = sorted(people.map(demote, pair, reversed(pair)))
        left = platform.work.run_now(queries.administrators_locked)
        assert (outcomes, len(left)) == (["demoted", "last-administrator"], 1)
        with platform.database.transaction() as session:
            session.connection().exec_driver_sql("UPDATE accounts SET role = 'viewer'")
    platform.database.bind.engine.dispose()
    platform.rate_limits.windows.bind.engine.dispose()


def test_an_account_that_changed_meanwhile_is_not_overwritten(as_admin, patch, staff):
    patch(staff, role="viewer", version=1)

    late = patch(staff, is_active=False, version=1)
    page = as_admin.post(f"{ACCOUNTS}/{staff.id}", data={"role": "admin", "version": "1"})

    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    assert page.status_code == 412
    assert as_admin.get(f"/api/v1/accounts/{staff.id}").json()["role"] == "viewer"


def test_what_is_no_account_is_not_found(as_admin):
    nobody = uuid4()

    assert as_admin.get(f"/api/v1/accounts/{nobody}").status_code == 404
    assert as_admin.patch(f"/api/v1/accounts/{nobody}", json={"role": "staff"}).status_code == 404
    assert as_admin.post(f"{ACCOUNTS}/{nobody}/invite-again").status_code == 404


def test_who_has_come_is_not_invited_again(as_admin, staff):
    answer = as_admin.post(f"{ACCOUNTS}/{staff.id}/invite-again")

    assert (answer.status_code, "no longer open" in answer.text) == (409, True)


def test_the_list_of_the_api_names_everybody_and_no_secret(as_admin, staff):
    listed = as_admin.get("/api/v1/accounts").json()["items"]

    assert [account["name"] for account in listed] == ["Ada", staff.name]
    assert set(listed[0]) == {"id", "email", "name", "role", "state", "made_at", "version"}
