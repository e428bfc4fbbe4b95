"""Who may come by which route: every route for every kind of caller, really asked.

A new route needs one line in authorisation_rows.py, or this fails.
"""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from starlette.routing import BaseRoute
from starlette.testclient import TestClient
from tests.authorisation_rows import ADMIN, KEY, OUR_PAGES, PERSON, PUBLIC, ROWS, VIEWER
from tests.conftest import MovableClock, hire, make_key, make_settings, open_session
from tests.stand_ins import FolderBlobs

from pretamane.accounts import keys
from pretamane.accounts.recognition import SessionCookie
from pretamane.adapters.postgres import PostgresServer
from pretamane.core.actors import Role, Scope
from pretamane.core.database import open_unpooled
from pretamane.wiring import Platform, build_app, database_over

NEEDS_NOBODY = (PUBLIC, OUR_PAGES)
ADMITS = [name for name, row in ROWS.items() if row not in NEEDS_NOBODY]
# Files that anybody may read; every other method is refused there.
SITE = "/{page:path}"


def named(routes: list[BaseRoute]) -> Iterator[str]:
    """Method and path of each; HEAD goes wherever GET does."""
    for route in routes:
        included = getattr(route, "effective_route_contexts", None)
        if included is not None:
            yield from named(list(included()))
            continue
        methods = getattr(route, "methods", None) or {"GET"}
        for method in methods - ({"HEAD"} if "GET" in methods else set()):
            yield f"{method} {getattr(route, 'path')}"  # noqa: B009  # no common type of theirs names it


@pytest.fixture(scope="module")
def shared_platform(_engine, postgres, tmp_path_factory):
    """One app and one set of callers for all the cells: to make them anew for each would take minutes."""
    settings, clock = make_settings(tmp_path_factory.mktemp("house")), MovableClock()
    store = FolderBlobs(tmp_path_factory.mktemp("blobs"))
    with _engine.connect() as connection, connection.begin() as everything:
        database, server = database_over(connection, clock), PostgresServer(open_unpooled(postgres))
        yield Platform(settings, clock, database, [server], store)
        everything.rollback()


@pytest.fixture(scope="module")
def shared_app(shared_platform, callers):  # noqa: ARG001  # callers first, so that no test takes them back
    return build_app(shared_platform)


@pytest.fixture
def app(shared_platform, shared_app):
    """What a cell changes is taken back after it."""
    with shared_platform.database.bind.begin_nested() as cell:
        yield shared_app
        cell.rollback()


def test_every_route_has_its_row_and_every_row_its_route(app):
    routes = set(named(app.app.routes)) - {f"GET {SITE}"}

    assert routes - set(ROWS) == set(), "a route without a row: say in ROWS who may come by it"
    assert set(ROWS) - routes == set(), "a row without a route"


@pytest.mark.parametrize("name", [name for name in ROWS if " /api/v1/" in name])
def test_the_description_says_what_shows_who_is_asking(app, name):
    method, path = name.split(" ")
    promised = app.app.openapi()["paths"][path][method.lower()].get("security", [])

    row = ROWS[name]
    nobody, person = row in NEEDS_NOBODY, row not in NEEDS_NOBODY and row[1] is PERSON
    assert promised == ([] if nobody else [{"session": []}] if person else [{"session": []}, {"key": []}])


@pytest.fixture(scope="module")
def callers(shared_platform):
    """Each kind of caller: who they are, and what they send to show it."""
    platform = shared_platform
    people = {role: hire(platform, role.word.title(), role) for role in Role}
    cookie = SessionCookie.at(platform.settings.public_url).name

    def by_session(role):
        return role, None, {"Cookie": f"{cookie}={open_session(platform, people[role])}"}

    def by_key(role, *scopes):
        _, key = make_key(platform, people[role], *scopes)
        return role, frozenset(scopes), {"Authorization": f"Bearer {key}"}

    return {
        **{role.word: by_session(role) for role in Role},
        **{f"{role.word}'s key for {scope}": by_key(role, scope) for scope, role in keys.LEAST_ROLE.items()},
        **{f"an administrator's key for {scope}": by_key(ADMIN, scope) for scope in Scope},
        "an administrator's key for everything": by_key(ADMIN, *Scope),
    }


def may_come(row, role, scopes):
    if row in NEEDS_NOBODY:
        return True
    least, scope = row
    return role >= least and (scopes is None or scope == KEY or scope in scopes)


def ask(app, name, headers, content=None):
    method, path = name.split(" ")
    path = re.sub(r"\{\w+_id\}", str(uuid4()), path)
    path = re.sub(r"\{[\w:]+\}", "x", path.replace("{number}", "1"))
    asking = TestClient(app, raise_server_exceptions=False, follow_redirects=False)
    asking.headers |= {"Sec-Fetch-Site": "same-origin", **headers}
    if method == "GET":
        return asking.get(path)
    if content is not None:
        return asking.request(method, path, content=content)
    if path.startswith("/api/"):
        return asking.request(method, path, json={})
    return asking.request(method, path, data={"go": "on"})


def is_sent_to_sign_in(answer):
    return answer.status_code == 401 or answer.headers.get("location", "").startswith("/app/sign-in?next=")


@pytest.mark.parametrize("name", ROWS)
def test_a_stranger_comes_by_public_routes_only(app, name):
    answer = ask(app, name, {})

    assert is_sent_to_sign_in(answer) == (name in ADMITS)
    assert answer.status_code not in (403, 405, 500)


@pytest.mark.parametrize("name", ROWS)
def test_everybody_comes_by_exactly_what_their_role_and_scopes_allow(app, callers, name):
    answers = {who: ask(app, name, headers) for who, (_, _, headers) in callers.items()}

    let_in = {who for who, answer in answers.items() if answer.status_code != 403}
    assert let_in == {who for who, (role, scopes, _) in callers.items() if may_come(ROWS[name], role, scopes)}
    assert [who for who, answer in answers.items() if is_sent_to_sign_in(answer)] == []
    assert [who for who, answer in answers.items() if answer.status_code in (405, 500)] == []


@pytest.mark.parametrize("name", [name for name in ADMITS if not name.startswith("GET")])
def test_a_stranger_is_told_so_before_what_is_wrong_with_what_they_sent(app, name):
    answer = ask(app, name, {"Content-Type": "application/json"}, content=b"{")

    assert answer.status_code == 401


@pytest.mark.parametrize("name", ADMITS)
def test_what_is_for_one_asker_alone_is_kept_by_nobody_on_the_way(app, callers, name):
    _, _, headers = callers["admin"]

    answer = ask(app, name, headers)

    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")


CHANGES = [name for name, row in ROWS.items() if row != PUBLIC and not name.startswith(("GET", "HEAD"))]


@pytest.mark.parametrize("name", CHANGES)
def test_a_foreign_page_changes_nothing_for_whoever_is_signed_in(app, callers, name):
    _, _, headers = callers["admin"]

    answer = ask(app, name, {**headers, "Sec-Fetch-Site": "same-site"})

    assert (answer.status_code, "from another website" in answer.text) == (403, True)


def test_a_key_is_worth_no_more_than_its_accounts_role_today(app, callers, shared_platform):
    _, _, headers = callers["an administrator's key for everything"]
    with shared_platform.database.transaction() as session:
        session.connection().exec_driver_sql("UPDATE accounts SET role = 'viewer'")

    let_in = [name for name in ADMITS if ask(app, name, headers).status_code != 403]

    assert let_in == [name for name in ADMITS if may_come(ROWS[name], VIEWER, frozenset(Scope))]


# Path, by the session of its owner's colleague: that there is such a thing is not even told.
OTHERS = [
    ("DELETE", "/api/v1/keys/{key}"),
    ("POST", "/app/settings/keys/{key}/revoke"),
    ("DELETE", "/api/v1/sessions/{session}"),
    ("POST", "/app/settings/sessions/{session}/end"),
]


@pytest.fixture
def hers(platform, as_viewer, viewer):
    """A viewer's key and session."""
    key, _ = make_key(platform, viewer, Scope.CONTACTS_READ)
    return {"key": key.id, "session": as_viewer.get("/api/v1/sessions").json()["items"][0]["id"]}


@pytest.mark.parametrize(("method", "path"), OTHERS)
def test_not_even_an_administrator_touches_what_is_anothers(as_admin, as_viewer, hers, method, path):
    answer = as_admin.request(method, path.format(**hers), follow_redirects=False)

    assert answer.status_code == 404
    assert as_viewer.get("/api/v1/keys").json()["items"][0]["revoked_at"] is None


@pytest.mark.parametrize(("method", "path"), OTHERS)
def test_what_is_ones_own_is_ended(as_viewer, hers, method, path):
    answer = as_viewer.request(method, path.format(**hers), follow_redirects=False)

    assert answer.status_code in (204, 303)
    after = as_viewer.get("/api/v1/keys")
    assert after.status_code == 401 or after.json()["items"][0]["revoked_at"] is not None


@pytest.fixture
def her_undo(as_staff, client, connection):
    """A colleague's message that she marked as done, and the path that takes it back."""
    asked = {"name": "Ada", "email": "ada@example.org", "message": "Hello."}
    assert client.post("/api/v1/contact", json=asked).status_code == 201
    [message] = as_staff.get("/api/v1/submissions").json()["items"]
    path = f"/api/v1/submissions/{message['id']}"
    seen = as_staff.get(path).headers["etag"]
    assert as_staff.patch(path, json={"status": "done"}, headers={"If-Match": seen}).status_code == 200
    events = "SELECT id FROM events WHERE name = 'submissions.changed'"
    [event] = connection.exec_driver_sql(events).scalars()
    return path, f"/app/undo/{event}"


def test_an_undo_is_its_owners_alone(as_admin, as_staff, her_undo):
    message, undo = her_undo

    as_admin.post(undo, data={"go": "on"})
    after_anothers = as_admin.get(message).json()["status"]
    as_staff.post(undo, data={"go": "on"})

    assert (after_anothers, as_admin.get(message).json()["status"]) == ("done", "new")


def test_lists_show_only_what_is_ones_own(as_admin, hers):
    assert as_admin.get("/api/v1/keys").json() == {"items": []}
    assert hers["session"] not in as_admin.get("/api/v1/sessions").text
