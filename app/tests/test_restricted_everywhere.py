"""Whom a restricted document does not name is answered everywhere as if there were none.

Every route is really asked, with the documents there and then without them: to strangers both answers are the same, to
whom they name they differ. A route that is about documents needs a line in VISIBLE or in APART, or this fails.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient
from tests.authorisation_rows import ROWS
from tests.conftest import MovableClock, hire, make_key, make_settings, open_session
from tests.documents.conftest import put_with
from tests.stand_ins import FolderBlobs
from tests.test_authorisation import named

from pretamane.accounts.recognition import SessionCookie
from pretamane.adapters.postgres import PostgresServer
from pretamane.core.actors import Role, Scope
from pretamane.core.database import open_unpooled
from pretamane.core.jobs import run_due
from pretamane.wiring import Platform, build_app, database_over, tasks
from tests import samples

OLD = "00000000-0000-7000-8000-00000000000a"
ABOUT = re.compile(
    r"document|/files|upload|hold|retention|restricted|/types|/tags|storage|export|import|attention|erasure|personal"
)
ONE = "{document_id}"
FORM = {"files": {"file": ("a.pdf", samples.pdf(["Falkenakte"]))}}

# Those that are about several, or about none that the path names; those about one are found by its id in the path.
VISIBLE = {
    "GET /api/v1/documents": {},
    "PUT /api/v1/documents": {"params": {"filename": "a.pdf"}, "content": FORM["files"]["file"][1]},
    "POST /api/v1/documents": FORM,
    "POST /api/v1/documents/upload": FORM,
    "POST /documents/upload": FORM,
    "GET /app/documents": {},
    "POST /app/documents": FORM,
    "GET /app/contacts/{contact_id}": {},
    "GET /api/v1/contacts/{contact_id}/documents": {},
    "GET /api/v1/contacts/{contact_id}/personal-data": {},
    "GET /app/contacts/{contact_id}/personal-data": {},
    "GET /app/contacts/{contact_id}/personal-data.zip": {},
    "GET /api/v1/contacts/{contact_id}/erasure": {},
    "POST /api/v1/contacts/{contact_id}/erasure": {"json": {"word": "erase"}},
    "POST /app/contacts/{contact_id}/erasure": {},
    "POST /api/v1/documents/zip": {"json": {"ids": [ONE]}},
    "POST /app/documents/zip": {"data": {"document-" + ONE: "on"}},
    "GET /api/v1/documents.zip": {},
    "GET /api/v1/documents.csv": {},
    "GET /app/documents.zip": {},
    "GET /app/documents.csv": {},
    "POST /app/documents/chosen": {"data": {"document-" + ONE: "on", "act": "trash"}},
    "POST /api/v1/documents/bulk": {"json": {"documents": [ONE], "values": {"document_date": "2021-01-01"}}},
    "GET /api/v1/tags": {},
    "PATCH /api/v1/tags/{tag_id}": {"json": {"name": "other"}},
    "GET /api/v1/document-types": {},
    "PATCH /api/v1/document-types/{type_id}": {"json": {"name": "Other"}},
    "GET /app/settings/types": {},
    "GET /app/settings/tags": {},
    "GET /api/v1/storage": {},
    "GET /app/storage": {},
    "GET /api/v1/attention": {},
    "GET /app/attention": {},
    "GET /api/v1/holds": {},
    "POST /api/v1/holds": {"json": {"documents": [ONE], "reason": "Because"}},
    "POST /api/v1/holds/lift": {"json": {"documents": [ONE]}},
    "GET /app/holds": {},
    "POST /app/holds": {"data": {"document-" + ONE: "on", "reason": "Because"}},
    "POST /app/holds/lift": {"data": {"document-" + ONE: "on"}},
    "GET /app/settings/retention/{rule_id}": {},
    "POST /app/settings/retention/{rule_id}/force": {"data": {"version": "1", "would_go": "2"}},
    "POST /app/settings/restricted": {"data": {"document": ONE}},
    "GET /api/v1/retention-rules/{rule_id}/dry-run": {},
    "POST /api/v1/retention-rules/{rule_id}/force": {"json": {"would_go": 2}},
}
# What is said to those about one, where it is more than the version that was seen.
SAID = {
    "POST /api/v1/documents/{document_id}/hold": {"json": {"reason": "Because"}},
    "POST /api/v1/documents/{document_id}/password": {"json": {"password": "secret"}},
    "POST /app/documents/{document_id}/readers": {"data": {"account-{reader_id}": "on", "version": "{version}"}},
    "PATCH /api/v1/documents/{document_id}": {"json": {"title": "Other"}},
    "PUT /api/v1/documents/{document_id}/versions": {"params": {"filename": "b.txt"}, "content": b"Other"},
    "POST /api/v1/documents/{document_id}/versions": {"files": {"file": ("b.txt", b"Other")}},
    "PUT /api/v1/documents/{document_id}/readers": {"json": {"accounts": ["{reader_id}"]}},
}
BORNE = "all that bear it, whoever may see them"
# About documents by their name, and yet the same with and without them; why.
APART = {
    "GET /files/{version_id}": "asked without a signature; tests/documents/protection/test_restricted.py asks with one",
    "OPTIONS /api/v1/uploads": "says what is spoken",
    "POST /api/v1/uploads": "begins with nothing",
    "HEAD /api/v1/uploads/{upload_id}": "whoever began it alone",
    "PATCH /api/v1/uploads/{upload_id}": "whoever began it alone",
    "DELETE /api/v1/uploads/{upload_id}": "whoever began it alone",
    "POST /app/documents/undo/{act_id}": "the same as the next",
    "POST /api/v1/documents/undo": "takes back one's own acts, and of what one may not see any more nothing",
    "POST /api/v1/tags": "makes one",
    "POST /api/v1/tags/{tag_id}/merge": BORNE,
    "DELETE /api/v1/tags/{tag_id}": BORNE,
    "POST /api/v1/document-types": "makes one",
    "POST /api/v1/document-types/{type_id}/merge": BORNE,
    "DELETE /api/v1/document-types/{type_id}": BORNE,
    "POST /app/settings/types": BORNE,
    "POST /app/settings/types/{type_id}": BORNE,
    "POST /app/settings/types/{type_id}/removal": BORNE,
    "POST /app/settings/types/{type_id}/merge": BORNE,
    "POST /app/settings/tags": BORNE,
    "POST /app/settings/tags/{tag_id}": BORNE,
    "POST /app/settings/tags/{tag_id}/removal": BORNE,
    "POST /app/settings/tags/{tag_id}/merge": BORNE,
    "GET /api/v1/retention-rules": "rules",
    "POST /api/v1/retention-rules": "rules",
    "GET /api/v1/retention-rules/{rule_id}": "rules",
    "PUT /api/v1/retention-rules/{rule_id}": "rules",
    "DELETE /api/v1/retention-rules/{rule_id}": "rules",
    "POST /api/v1/retention-rules/{rule_id}/stop": "rules",
    "GET /app/settings/restricted": "asks for an id",
    "GET /app/settings/retention": "rules",
    "POST /app/settings/retention": "rules",
    "POST /app/settings/retention/{rule_id}": "rules",
    "POST /app/settings/retention/{rule_id}/stop": "rules",
    "POST /app/settings/retention/{rule_id}/removal": "rules",
}
# Of the whole house, and never of one document: how often it was asked what.
OF_THE_HOUSE = ("GET /metrics", "GET /app/settings/system", "GET /api/v1/admin/system-info")
# Whoever erases a person is told how many documents go that they may not see, and of none what it is.
TOLD_BY_NUMBER = re.compile(r"/contacts/\{contact_id\}/(personal-data|erasure)")
# Here an administrator names themself, and the audit tells.
WAYS_IN = ("POST /api/v1/documents/{document_id}/readers/self", "POST /app/settings/restricted")


@dataclass
class House:
    connection: Connection
    app: Any
    ids: dict[str, str]
    named: dict[str, dict[str, str]]
    strangers: dict[str, dict[str, str]]

    def ask(self, name: str, headers: dict[str, str], *, without: bool) -> Any:
        """What it changes is taken back."""
        with self.connection.begin_nested() as cell:
            if without:
                for statement in GONE:
                    self.connection.execute(text(statement))
            answer = self._asked(name, headers)
            cell.rollback()
        return answer

    def _asked(self, name: str, headers: dict[str, str]) -> Any:
        method, path = name.split(" ")
        asking = TestClient(self.app, raise_server_exceptions=False, follow_redirects=False)
        asking.headers |= {"Sec-Fetch-Site": "same-origin", "If-Match": '"1", "2", "3", "4"', **headers}
        said = self._filled(VISIBLE.get(name) or SAID.get(name) or {})
        if method != "GET" and not said:
            said = (
                {"json": {}} if path.startswith("/api/") else {"data": {"version": self.ids["version"], "sure": "on"}}
            )
        return asking.request(method, self._filled(path), **said)

    def _filled(self, said: Any) -> Any:
        """Ids in place of their names, wherever they are."""
        if isinstance(said, str):
            known = {"number": "1", **self.ids}
            return re.sub(r"\{([\w:]+)\}", lambda found: known.get(found[1], OLD), said)
        if isinstance(said, dict):
            return {self._filled(key): self._filled(value) for key, value in said.items()}
        return [self._filled(each) for each in said] if isinstance(said, list) else said


# Their bytes stay: how full the house is, everybody may know.
GONE = (
    "DELETE FROM document_versions WHERE document_id IN (SELECT id FROM documents WHERE is_restricted)",
    "DELETE FROM documents WHERE is_restricted",
)


@pytest.fixture(scope="module")
def house(_engine, postgres, tmp_path_factory):
    """Restricted documents: one is on hold, one in the trash, one over by a rule, and one is nobody's."""
    settings, clock = make_settings(tmp_path_factory.mktemp("house")), MovableClock()
    store = FolderBlobs(tmp_path_factory.mktemp("blobs"))
    with _engine.connect() as connection, connection.begin() as everything:
        database, server = database_over(connection, clock), PostgresServer(open_unpooled(postgres))
        platform = Platform(settings, clock, database, [server], store)
        yield furnished(platform, connection)
        platform.close()
        everything.rollback()


def furnished(platform, connection):
    app = build_app(platform)
    reader = hire(platform, "Nora", Role.ADMIN)
    people = {role.word: hire(platform, role.word.title(), role) for role in Role}
    by_reader = in_session(platform, reader)
    asking = TestClient(app, headers={"Sec-Fetch-Site": "same-origin", **by_reader})
    asked = {"name": "Ada", "email": "ada@example.org", "message": "Hello."}
    assert asking.post("/api/v1/contact", json=asked).status_code == 201
    contact = connection.scalar(text("SELECT id FROM contacts"))
    ids = [
        put_with(asking, samples.pdf([words]), f"{words}.pdf", restricted=True, contact_id=contact).json()["id"]
        for words in ("Falkenakte", "Falke on hold", "Falke in the trash")
    ]
    run_due(tasks(platform), platform.work, platform.clock)
    put_with(asking, samples.pdf(["Falke without a contact"]), "Falke.pdf", restricted=True)
    for statement in FILED:
        connection.execute(text(statement), {"over": ids[0], "held": ids[1], "trashed": ids[2]})
    rule, tag, of_type = (connection.scalar(text(asked)) for asked in LABELS)
    version = connection.scalar(text("SELECT version FROM documents WHERE id = :id"), {"id": ids[0]})
    known = {"document_id": ids[0], "contact_id": contact, "reader_id": reader.id, "version": version}
    known |= {"rule_id": rule, "tag_id": tag, "type_id": of_type}
    return House(
        connection,
        app,
        {name: str(value) for name, value in known.items()},
        {"in person": by_reader, "by key": by_key(platform, reader, Role.ADMIN)},
        {
            **{f"{word} in person": in_session(platform, account) for word, account in people.items()},
            **{f"{word} by key": by_key(platform, account, account.role) for word, account in people.items()},
        },
    )


LABELS = ("SELECT id FROM retention_rules", "SELECT id FROM tags", "SELECT id FROM document_types")
FILED = (
    "INSERT INTO tags (id, name, made_at) VALUES (gen_random_uuid(), 'urgent', now())",
    "INSERT INTO document_tags (document_id, tag_id) SELECT documents.id, tags.id FROM documents, tags",
    "INSERT INTO document_types (id, name, made_at) VALUES (gen_random_uuid(), 'Invoice', now())",
    "UPDATE documents SET type_id = document_types.id, document_date = '2020-02-29', version = 2 FROM document_types",
    "UPDATE documents SET held_at = now(), hold_reason = 'Falke' WHERE id = :held",
    "UPDATE documents SET trashed_at = now() WHERE id = :trashed",
    "INSERT INTO retention_rules (id, name, type_id, keep_days, counted_from, made_at) "
    "SELECT gen_random_uuid(), 'Invoices', id, 30, 'document_date', now() FROM document_types",
)


def in_session(platform, account):
    cookie = SessionCookie.at(platform.settings.public_url).name
    return {"Cookie": f"{cookie}={open_session(platform, account)}"}


def by_key(platform, account, role):
    reading = [Scope.CONTACTS_READ, Scope.DOCUMENTS_READ]
    scopes = {Role.VIEWER: reading, Role.STAFF: [*reading, Scope.CONTACTS_WRITE, Scope.DOCUMENTS_WRITE]}.get(
        role, Scope
    )
    return {"Authorization": f"Bearer {make_key(platform, account, *scopes)[1]}"}


# Ids, and what lets a page's own styles in.
ANEW = re.compile(rb"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|nonce(-|=\")[\w-]+")


def told(answer):
    """All of an answer but what is made anew for each."""
    headers = {name: ANEW.sub(b"anew", value.encode()) for name, value in answer.headers.items()}
    return answer.status_code, headers | {"content-length": b""}, ANEW.sub(b"anew", answer.content)


def test_every_route_that_is_about_documents_says_how_it_is_asked(house):
    routes = {name for name in named(house.app.app.routes) if ABOUT.search(name)}

    unknown = {name for name in routes if ONE not in name} - set(VISIBLE) - set(APART)
    assert unknown == set(), "about documents, and in neither VISIBLE nor APART"


@pytest.mark.parametrize("name", [name for name in ROWS if name not in OF_THE_HOUSE])
def test_to_whom_it_does_not_name_it_is_as_if_it_were_not_there(house, name):
    for who, headers in house.strangers.items():
        if name in WAYS_IN and who == "admin in person":
            continue
        there, not_there = (told(house.ask(name, headers, without=gone)) for gone in (False, True))
        assert b"Falke" not in there[-1], who
        assert there == not_there or TOLD_BY_NUMBER.search(name), who


@pytest.mark.parametrize("name", [name for name in ROWS if name in VISIBLE or ONE in name])
def test_whom_it_names_find_it_there(house, name):
    there, not_there = (told(house.ask(name, house.named["in person"], without=gone)) for gone in (False, True))

    assert there != not_there
