"""Who is asking, by cookie or by key."""

from datetime import timedelta

import pytest
from sqlalchemy import event, text
from starlette.requests import Request
from tests.conftest import open_session

from pretamane.accounts.models import Key
from pretamane.accounts.recognition import IDLE, LONGEST, SessionCookie, recognising
from pretamane.core.actors import Role, Scope
from pretamane.core.tokens import ApiKey


@pytest.fixture
def recognise(platform, clock):
    """Whom the house takes somebody with these headers for."""
    recognised = recognising(platform.database, clock, SessionCookie(is_secure=False))

    def recognise(**headers):
        sent = [(name.encode(), value.encode()) for name, value in headers.items()]
        return recognised(Request({"type": "http", "headers": sent}))

    return recognise


@pytest.fixture
def key(platform, clock, staff):
    return make_key(platform, clock, staff, ends_at=clock.now() + timedelta(days=1))


def make_key(platform, clock, account, **told):
    drawn = ApiKey.draw()
    kept = Key(account_id=account.id, name="a script", prefix=drawn.prefix, secret_hash=drawn.hash, made_at=clock.now())
    kept.scopes = [Scope.CONTACTS_READ]
    for name, value in told.items():
        setattr(kept, name, value)
    with platform.database.transaction() as session:
        session.add(kept)
    return drawn


def change(platform, sql, **values):
    with platform.database.transaction() as session:
        session.execute(text(sql), values)


def test_a_session_tells_who_it_is_and_by_todays_role(recognise, platform, staff):
    cookie = f"session={open_session(platform, staff)}"
    before = recognise(cookie=cookie)

    change(platform, "UPDATE accounts SET role = 'viewer'")

    assert (before.account_id, before.name, before.role) == (staff.id, "Stefan", Role.STAFF)
    assert before.session_id is not None
    assert recognise(cookie=cookie).role is Role.VIEWER


def test_nobody_is_known_by_no_cookie_or_another(recognise, platform, staff):
    open_session(platform, staff)

    assert recognise() is None
    assert recognise(cookie="session=") is None
    assert recognise(cookie="session=guessed") is None


def test_a_session_ends_after_a_long_silence_but_not_while_it_is_used(recognise, platform, clock, staff):
    cookie = f"session={open_session(platform, staff)}"
    seen = []
    for _ in range(3):
        clock.move(IDLE.total_seconds() - 1)
        seen.append(recognise(cookie=cookie) is not None)

    clock.move(IDLE.total_seconds())

    assert seen == [True, True, True]
    assert recognise(cookie=cookie) is None


def test_a_session_ends_with_its_age_however_much_it_is_used(recognise, platform, clock, staff):
    cookie = f"session={open_session(platform, staff)}"
    hours = int(LONGEST.total_seconds()) // 3600

    known = []
    for _ in range(hours):
        known.append(recognise(cookie=cookie) is not None)
        clock.move(3600)

    assert all(known)
    assert recognise(cookie=cookie) is None


def test_being_seen_is_written_at_most_once_a_minute(recognise, platform, clock, connection, staff):
    cookie, statements = f"session={open_session(platform, staff)}", []
    event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))

    for _ in range(4):
        recognise(cookie=cookie)
        clock.move(30)

    assert len([sql for sql in statements if sql.startswith("UPDATE sessions")]) == 1
    assert len([sql for sql in statements if sql.startswith("SELECT")]) == 4


def test_the_deactivated_are_nobody_by_cookie_and_by_key(recognise, platform, staff, key):
    cookie = f"session={open_session(platform, staff)}"

    change(platform, "UPDATE accounts SET deactivated_at = now()")

    assert recognise(cookie=cookie) is None
    assert recognise(authorization=f"Bearer {key}") is None


def test_a_key_speaks_for_its_account_within_its_scopes(recognise, staff, key):
    actor = recognise(authorization=f"Bearer {key}")

    assert (actor.account_id, actor.role, actor.scopes) == (staff.id, Role.STAFF, {Scope.CONTACTS_READ})
    assert (actor.key_id is None, actor.session_id) == (False, None)


def test_a_keys_last_use_is_kept_to_the_minute(recognise, connection, clock, key):
    first = clock.now()
    recognise(authorization=f"Bearer {key}")
    clock.move(59)
    recognise(authorization=f"Bearer {key}")

    assert connection.scalar(text("SELECT last_used_at FROM api_keys")) == first


def test_a_key_that_ended_was_revoked_or_has_another_secret_is_nobodys(recognise, platform, clock, staff, key):
    ended = make_key(platform, clock, staff, ends_at=clock.now())
    revoked = make_key(platform, clock, staff, revoked_at=clock.now())
    forged = ApiKey(key.prefix, ApiKey.draw().secret)

    assert recognise(authorization=f"Bearer {key}") is not None
    assert [recognise(authorization=f"Bearer {wrong}") for wrong in (ended, revoked, forged)] == [None, None, None]


def test_a_mistyped_key_is_refused_without_asking_the_database(recognise, connection, key):
    statements = []
    event.listen(connection, "before_cursor_execute", lambda *told: statements.append(told[2]))

    assert recognise(authorization=f"Bearer {str(key)[:-1]}x") is None
    assert recognise(authorization="Bearer something-else") is None
    assert statements == []


def test_whoever_shows_a_bad_key_is_not_taken_for_the_cookies_owner(recognise, platform, staff):
    cookie = f"session={open_session(platform, staff)}"

    assert recognise(cookie=cookie, authorization="Bearer pmk_wrong") is None
    assert recognise(cookie=cookie, authorization="Basic b3BzOm9wcw==").account_id == staff.id


@pytest.mark.parametrize(
    ("public_url", "name"),
    [("https://practice.example", "__Host-session"), ("http://localhost:8000", "session")],
)
def test_the_cookie_is_bound_to_its_host_where_there_is_https(public_url, name):
    assert SessionCookie.at(public_url).name == name


def test_no_secret_is_in_the_tables(platform, connection, staff, key):
    token = open_session(platform, staff)

    kept = str(connection.execute(text("SELECT * FROM sessions, api_keys, accounts")).all())

    assert token not in kept
    assert key.secret not in kept
