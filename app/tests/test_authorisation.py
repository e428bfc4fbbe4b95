"""Who may come by which route: every route for every kind of caller, really asked.

A new route needs one line in ROWS, or this fails.
"""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from starlette.routing import BaseRoute
from starlette.testclient import TestClient
from tests.conftest import MovableClock, hire, make_key, make_settings, open_session
from tests.stand_ins import FolderBlobs

from pretamane.accounts import keys
from pretamane.accounts.recognition import SessionCookie
from pretamane.adapters.postgres import PostgresServer
from pretamane.core.actors import Role, Scope
from pretamane.core.database import open_unpooled
from pretamane.wiring import Platform, build_app, database_over

PUBLIC, OUR_PAGES, PERSON, KEY = "public", "public, from pages of ours", None, "any key"
VIEWER, STAFF, ADMIN = Role.VIEWER, Role.STAFF, Role.ADMIN

# Method and path: PUBLIC, or OUR_PAGES where a form of ours must have sent it; else the least role, and the scope that
# a key needs (PERSON: no key will do).
ROWS = {
    "GET /api/v1/practice": PUBLIC,
    "GET /api/v1/practice/logo": PUBLIC,
    "POST /api/v1/contact": PUBLIC,
    "POST /contact": PUBLIC,
    "POST /api/contact": PUBLIC,
    "POST /api/v1/visits": PUBLIC,
    "GET /api/v1/stats": PUBLIC,
    "GET /health": PUBLIC,
    "GET /api/health": PUBLIC,
    "GET /health/live": PUBLIC,
    "GET /health/ready": PUBLIC,
    "GET /metrics": PUBLIC,
    "GET /api/docs": PUBLIC,
    "GET /api/openapi.json": PUBLIC,
    "GET /app/static/{digest}/{name}": PUBLIC,
    "GET /app/sign-in": PUBLIC,
    "POST /app/sign-in": OUR_PAGES,
    "GET /app/forgotten": PUBLIC,
    "POST /app/forgotten": OUR_PAGES,
    "GET /app/link/{token}": PUBLIC,
    "POST /app/link/{token}": OUR_PAGES,
    "POST /app/sign-out": (VIEWER, PERSON),
    "GET /app": (VIEWER, PERSON),
    "GET /app/settings/profile": (VIEWER, PERSON),
    "POST /app/settings/profile/name": (VIEWER, PERSON),
    "POST /app/settings/profile/password": (VIEWER, PERSON),
    "POST /app/settings/profile/email": (VIEWER, PERSON),
    "GET /app/settings/sessions": (VIEWER, PERSON),
    "POST /app/settings/sessions/{session_id}/end": (VIEWER, PERSON),
    "POST /app/settings/sessions/end-others": (VIEWER, PERSON),
    "GET /app/settings/keys": (VIEWER, PERSON),
    "POST /app/settings/keys": (VIEWER, PERSON),
    "POST /app/settings/keys/{key_id}/revoke": (VIEWER, PERSON),
    "GET /app/settings/accounts": (ADMIN, PERSON),
    "POST /app/settings/accounts": (ADMIN, PERSON),
    "POST /app/settings/accounts/{account_id}": (ADMIN, PERSON),
    "POST /app/settings/accounts/{account_id}/invite-again": (ADMIN, PERSON),
    "GET /app/settings": (VIEWER, PERSON),
    "GET /app/settings/first-run": (ADMIN, PERSON),
    "POST /app/settings/first-run": (ADMIN, PERSON),
    "GET /app/settings/practice": (ADMIN, PERSON),
    "POST /app/settings/practice": (ADMIN, PERSON),
    "GET /app/settings/audit": (ADMIN, PERSON),
    "GET /app/settings/jobs": (ADMIN, PERSON),
    "POST /app/settings/jobs/retry": (ADMIN, PERSON),
    "GET /app/settings/system": (ADMIN, PERSON),
    "GET /api/v1/admin/system-info": (ADMIN, Scope.ADMIN),
    "GET /api/v1/me": (VIEWER, KEY),
    "GET /api/v1/accounts": (ADMIN, Scope.ADMIN),
    "POST /api/v1/accounts": (ADMIN, Scope.ADMIN),
    "GET /api/v1/accounts/{account_id}": (ADMIN, Scope.ADMIN),
    "PATCH /api/v1/accounts/{account_id}": (ADMIN, Scope.ADMIN),
    "GET /api/v1/keys": (VIEWER, PERSON),
    "DELETE /api/v1/keys/{key_id}": (VIEWER, PERSON),
    "GET /api/v1/sessions": (VIEWER, PERSON),
    "DELETE /api/v1/sessions/{session_id}": (VIEWER, PERSON),
    "GET /app/inbox": (VIEWER, PERSON),
    "POST /app/inbox": (STAFF, PERSON),
    "POST /app/undo/{event_id}": (STAFF, PERSON),
    "GET /app/inbox/{submission_id}": (VIEWER, PERSON),
    "POST /app/inbox/{submission_id}": (STAFF, PERSON),
    "POST /app/inbox/{submission_id}/undo/{event_id}": (STAFF, PERSON),
    "POST /app/inbox/{submission_id}/notes": (STAFF, PERSON),
    "POST /app/inbox/{submission_id}/beginnings": (STAFF, PERSON),
    "POST /app/inbox/{submission_id}/answers": (STAFF, PERSON),
    "GET /app/contacts": (VIEWER, PERSON),
    "GET /app/contacts/{contact_id}": (VIEWER, PERSON),
    "POST /app/contacts/{contact_id}": (STAFF, PERSON),
    "POST /app/contacts/{contact_id}/notes": (STAFF, PERSON),
    "GET /app/contacts/{contact_id}/merge": (STAFF, PERSON),
    "POST /app/contacts/{contact_id}/merge": (STAFF, PERSON),
    "GET /app/answers": (VIEWER, PERSON),
    "POST /app/answers": (STAFF, PERSON),
    "POST /app/answers/{template_id}": (STAFF, PERSON),
    "POST /app/answers/{template_id}/removal": (STAFF, PERSON),
    "GET /api/v1/submissions": (VIEWER, Scope.CONTACTS_READ),
    "PATCH /api/v1/submissions": (STAFF, Scope.CONTACTS_WRITE),
    "GET /api/v1/submissions.csv": (VIEWER, Scope.CONTACTS_READ),
    "GET /api/v1/submissions/{submission_id}": (VIEWER, Scope.CONTACTS_READ),
    "PATCH /api/v1/submissions/{submission_id}": (STAFF, Scope.CONTACTS_WRITE),
    "POST /api/v1/submissions/{submission_id}/notes": (STAFF, Scope.CONTACTS_WRITE),
    "POST /api/v1/submissions/{submission_id}/answers": (STAFF, Scope.CONTACTS_WRITE),
    "GET /api/v1/contacts": (VIEWER, Scope.CONTACTS_READ),
    "GET /api/v1/contacts.csv": (VIEWER, Scope.CONTACTS_READ),
    "GET /api/v1/contacts/{contact_id}": (VIEWER, Scope.CONTACTS_READ),
    "PATCH /api/v1/contacts/{contact_id}": (STAFF, Scope.CONTACTS_WRITE),
    "POST /api/v1/contacts/{contact_id}/notes": (STAFF, Scope.CONTACTS_WRITE),
    "GET /api/v1/contacts/{contact_id}/merge": (VIEWER, Scope.CONTACTS_READ),
    "POST /api/v1/contacts/{contact_id}/merge": (STAFF, Scope.CONTACTS_WRITE),
    "GET /api/v1/documents": (VIEWER, Scope.DOCUMENTS_READ),
    "PUT /api/v1/documents": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/upload": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /documents/upload": (STAFF, Scope.DOCUMENTS_WRITE),
    "GET /api/v1/documents/{document_id}": (VIEWER, Scope.DOCUMENTS_READ),
    "DELETE /api/v1/documents/{document_id}": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/{document_id}/restore": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/{document_id}/purge": (ADMIN, Scope.ADMIN),
    "POST /api/v1/documents/{document_id}/process": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/{document_id}/release": (ADMIN, Scope.ADMIN),
    "POST /api/v1/documents/{document_id}/password": (STAFF, Scope.DOCUMENTS_WRITE),
    "GET /api/v1/documents/{document_id}/file": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/documents/{document_id}/versions/{number}/file": (VIEWER, Scope.DOCUMENTS_READ),
    "POST /api/v1/documents/zip": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/documents.zip": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/documents.csv": (VIEWER, Scope.DOCUMENTS_READ),
    "POST /app/documents/zip": (VIEWER, PERSON),
    "GET /app/documents.zip": (VIEWER, PERSON),
    "GET /app/documents.csv": (VIEWER, PERSON),
    "POST /app/documents/{document_id}/versions": (STAFF, PERSON),
    "POST /app/documents/{document_id}/versions/{number}/current": (STAFF, PERSON),
    "PUT /api/v1/documents/{document_id}/versions": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/{document_id}/versions": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/{document_id}/versions/{number}/current": (STAFF, Scope.DOCUMENTS_WRITE),
    "GET /api/v1/documents/{document_id}/pages": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/documents/{document_id}/pages/{number}/picture": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/documents/{document_id}/pages/{number}/words": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/documents/{document_id}/thumbnail": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/contacts/{contact_id}/personal-data": (ADMIN, Scope.ADMIN),
    "GET /api/v1/contacts/{contact_id}/erasure": (ADMIN, Scope.ADMIN),
    "POST /api/v1/contacts/{contact_id}/erasure": (ADMIN, Scope.ADMIN),
    "GET /app/contacts/{contact_id}/personal-data": (ADMIN, PERSON),
    "GET /app/contacts/{contact_id}/personal-data.zip": (ADMIN, PERSON),
    "POST /app/contacts/{contact_id}/erasure": (ADMIN, PERSON),
    "GET /api/v1/storage": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/attention": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /app/storage": (VIEWER, PERSON),
    "GET /app/attention": (VIEWER, PERSON),
    "PATCH /api/v1/documents/{document_id}": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/bulk": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/undo": (STAFF, Scope.DOCUMENTS_WRITE),
    "GET /api/v1/contacts/{contact_id}/documents": (VIEWER, Scope.DOCUMENTS_READ),
    "GET /api/v1/tags": (VIEWER, Scope.DOCUMENTS_READ),
    "POST /api/v1/tags": (STAFF, Scope.DOCUMENTS_WRITE),
    "PATCH /api/v1/tags/{tag_id}": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/tags/{tag_id}/merge": (ADMIN, Scope.ADMIN),
    "DELETE /api/v1/tags/{tag_id}": (ADMIN, Scope.ADMIN),
    "GET /api/v1/document-types": (VIEWER, Scope.DOCUMENTS_READ),
    "POST /api/v1/document-types": (ADMIN, Scope.ADMIN),
    "PATCH /api/v1/document-types/{type_id}": (ADMIN, Scope.ADMIN),
    "POST /api/v1/document-types/{type_id}/merge": (ADMIN, Scope.ADMIN),
    "DELETE /api/v1/document-types/{type_id}": (ADMIN, Scope.ADMIN),
    "GET /api/v1/documents/{document_id}/hold": (VIEWER, Scope.DOCUMENTS_READ),
    "POST /api/v1/documents/{document_id}/hold": (STAFF, Scope.DOCUMENTS_WRITE),
    "DELETE /api/v1/documents/{document_id}/hold": (ADMIN, Scope.ADMIN),
    "GET /api/v1/holds": (VIEWER, Scope.DOCUMENTS_READ),
    "POST /api/v1/holds": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/holds/lift": (ADMIN, Scope.ADMIN),
    "GET /api/v1/documents/{document_id}/readers": (VIEWER, Scope.DOCUMENTS_READ),
    "PUT /api/v1/documents/{document_id}/readers": (STAFF, Scope.DOCUMENTS_WRITE),
    "DELETE /api/v1/documents/{document_id}/readers": (STAFF, Scope.DOCUMENTS_WRITE),
    "POST /api/v1/documents/{document_id}/readers/self": (ADMIN, PERSON),
    "GET /api/v1/retention-rules": (ADMIN, Scope.ADMIN),
    "POST /api/v1/retention-rules": (ADMIN, Scope.ADMIN),
    "GET /api/v1/retention-rules/{rule_id}": (ADMIN, Scope.ADMIN),
    "PUT /api/v1/retention-rules/{rule_id}": (ADMIN, Scope.ADMIN),
    "DELETE /api/v1/retention-rules/{rule_id}": (ADMIN, Scope.ADMIN),
    "GET /api/v1/retention-rules/{rule_id}/dry-run": (ADMIN, Scope.ADMIN),
    "POST /api/v1/retention-rules/{rule_id}/force": (ADMIN, Scope.ADMIN),
    "POST /api/v1/retention-rules/{rule_id}/stop": (ADMIN, Scope.ADMIN),
    "GET /files/{version_id}": PUBLIC,
    "GET /app/documents": (VIEWER, PERSON),
    "POST /app/documents": (STAFF, PERSON),
    "GET /app/documents/{document_id}": (VIEWER, PERSON),
    "GET /app/settings/tags": (STAFF, PERSON),
    "POST /app/settings/tags": (STAFF, PERSON),
    "POST /app/settings/tags/{tag_id}": (STAFF, PERSON),
    "POST /app/settings/tags/{tag_id}/merge": (ADMIN, PERSON),
    "POST /app/settings/tags/{tag_id}/removal": (ADMIN, PERSON),
    "GET /app/settings/types": (STAFF, PERSON),
    "POST /app/settings/types": (ADMIN, PERSON),
    "POST /app/settings/types/{type_id}": (ADMIN, PERSON),
    "POST /app/settings/types/{type_id}/merge": (ADMIN, PERSON),
    "POST /app/settings/types/{type_id}/removal": (ADMIN, PERSON),
    "POST /app/documents/chosen": (STAFF, PERSON),
    "POST /app/documents/undo/{act_id}": (STAFF, PERSON),
    "POST /app/documents/{document_id}": (STAFF, PERSON),
    "POST /app/documents/{document_id}/trash": (STAFF, PERSON),
    "POST /app/documents/{document_id}/restore": (STAFF, PERSON),
    "POST /app/documents/{document_id}/purge": (ADMIN, PERSON),
    "POST /app/documents/{document_id}/process": (STAFF, PERSON),
    "POST /app/documents/{document_id}/release": (ADMIN, PERSON),
    "POST /app/documents/{document_id}/password": (STAFF, PERSON),
    "POST /app/documents/{document_id}/hold": (STAFF, PERSON),
    "POST /app/documents/{document_id}/lift-hold": (ADMIN, PERSON),
    "POST /app/documents/{document_id}/readers": (STAFF, PERSON),
    "POST /app/documents/{document_id}/open": (STAFF, PERSON),
    "GET /app/holds": (VIEWER, PERSON),
    "POST /app/holds": (STAFF, PERSON),
    "POST /app/holds/lift": (ADMIN, PERSON),
    "GET /app/settings/restricted": (ADMIN, PERSON),
    "POST /app/settings/restricted": (ADMIN, PERSON),
    "GET /app/settings/retention": (ADMIN, PERSON),
    "POST /app/settings/retention": (ADMIN, PERSON),
    "GET /app/settings/retention/{rule_id}": (ADMIN, PERSON),
    "POST /app/settings/retention/{rule_id}": (ADMIN, PERSON),
    "POST /app/settings/retention/{rule_id}/force": (ADMIN, PERSON),
    "POST /app/settings/retention/{rule_id}/stop": (ADMIN, PERSON),
    "POST /app/settings/retention/{rule_id}/removal": (ADMIN, PERSON),
    "OPTIONS /api/v1/uploads": PUBLIC,
    "POST /api/v1/uploads": (STAFF, Scope.DOCUMENTS_WRITE),
    "HEAD /api/v1/uploads/{upload_id}": (STAFF, Scope.DOCUMENTS_WRITE),
    "PATCH /api/v1/uploads/{upload_id}": (STAFF, Scope.DOCUMENTS_WRITE),
    "DELETE /api/v1/uploads/{upload_id}": (STAFF, Scope.DOCUMENTS_WRITE),
}
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
