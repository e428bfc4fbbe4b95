"""Erasure leaves nothing of a person anywhere, but what is on hold; a purge leaves nothing of a document."""

import base64
import io
import json
import logging
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from sqlalchemy import text as sql
from tests.conftest import hire
from tests.documents.conftest import PIECE, TUS, if_match
from tests.system.sentinels import EMAIL, OTHER_EMAIL, PERSON, WORDS, House

from pretamane.adapters.postgres import PostgresServer
from pretamane.contacts import inbox, people
from pretamane.core import logging as lines
from pretamane.core.actors import Role
from pretamane.core.database import open_unpooled
from pretamane.documents.filing import filing
from pretamane.documents.protection import holds
from pretamane.wiring import Platform, database_over
from tests import samples


@pytest.fixture
def platform(settings, clock, store, database_address, postgres):
    """Whose transactions are committed, so that PostgreSQL can be asked for all that it has."""
    engine = create_engine(database_address)
    server = PostgresServer(open_unpooled(postgres))
    platform = Platform(settings, clock, database_over(engine, clock), [server], store)
    yield platform
    platform.close()
    engine.dispose()


@pytest.fixture
def house(owner_address, settings):
    written, root = io.StringIO(), logging.getLogger()
    before = root.handlers[:], root.level
    lines.configure("debug", "json", written)
    for chatty in ("httpx2", "httpcore2", "asyncio", "PIL"):  # the test's own client, and what it leans on
        logging.getLogger(chatty).setLevel(logging.WARNING)
    yield House(owner_address, settings.data_dir, written)
    root.handlers[:], root.level = before[0], before[1]


@pytest.fixture
def staff(platform):
    return hire(platform, "Stefan", Role.STAFF)


@pytest.fixture
def ask(platform):
    def asked(question, **values):
        return platform.work.run_now(lambda session: session.execute(sql(question), values).scalars().all())

    return asked


@pytest.fixture
def write(client, ask):
    """A message by the public form; the contact that wrote it."""

    def written(email=EMAIL, key=None, **said):
        headers = {"Idempotency-Key": key} if key else {}
        message = {"name": "Somebody", "email": email, "message": "Hello.", **said}
        answer = client.post("/api/v1/contact", json=message, headers=headers)
        assert answer.status_code == 201, answer.text
        [contact] = ask("SELECT id FROM contacts WHERE email = :email", email=email) or [None]
        return contact

    return written


@pytest.fixture
def put(as_staff):
    def sent(content, filename, key=None, **said):
        headers = {"Idempotency-Key": key} if key else {}
        answer = as_staff.put(
            "/api/v1/documents", params={"filename": filename, **said}, content=content, headers=headers
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    return sent


@pytest.fixture
def edit(platform, staff):
    def edited(document, **change):
        version = platform.work.run_now(
            lambda session: session.execute(
                sql("SELECT version FROM documents WHERE id = :id"), {"id": document}
            ).scalar()
        )
        platform.work.run_now(filing.edit, UUID(document), [version], change, staff.as_actor())

    return edited


def mail_with_attachments():
    boundary = (
        "From: a@example.org\r\nTo: b@example.org\r\nSubject: Papers\r\nDate: Thu, 12 Mar 2026 09:00:00 +0000\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n'
    )
    parts = [("zqattachment.txt", b"An attachment."), ("zqrefused.exe", b"MZ" + bytes(200))]
    body = "".join(
        f'--x\r\nContent-Type: application/octet-stream; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n{base64.b64encode(content).decode()}\r\n'
        for name, content in parts
    )
    return (boundary + "--x\r\nContent-Type: text/plain\r\n\r\nHello.\r\n" + body + "--x--\r\n").encode()


@pytest.fixture
def person(write, as_staff, platform, staff, file, do_jobs, ask):
    """Somebody with everything that a house can know of a person; their contact, and one of their documents."""
    contact = write(EMAIL, key="zq-idempotency-1", **PERSON)
    other = write(OTHER_EMAIL)
    by = staff.as_actor()
    platform.work.run_now(people.edit, contact, [1], {"tags": [WORDS["contact's tag"]]}, by)
    seen = {each: ask("SELECT version FROM contacts WHERE id = :id", id=each) for each in (contact, other)}
    platform.work.run_now(people.merge, contact, seen[contact], other, seen[other], by)
    platform.work.run_now(people.note, contact, WORDS["note on the contact"], by)
    [message] = ask("SELECT id FROM submissions WHERE email = :email", email=EMAIL)
    path = f"/api/v1/submissions/{message}"
    as_staff.post(f"{path}/notes", json={"text": WORDS["note on a message"]})
    etag = as_staff.get(path).headers["etag"]
    assert (
        as_staff.post(f"{path}/answers", json={"text": WORDS["answer"]}, headers={"If-Match": etag}).status_code == 201
    )
    do_jobs()
    write(EMAIL, message=WORDS["spam without a contact"], leave_empty="http://spam")
    [theirs] = ask("SELECT id FROM submissions WHERE email = :email", email=OTHER_EMAIL)
    versions = ask("SELECT version FROM submissions WHERE id = :id", id=theirs)
    platform.work.run_now(inbox.change, theirs, versions, inbox.Change({"status": "spam"}, blocking=True), by)
    return contact, file(contact)


@pytest.fixture
def file(house, put, edit, as_staff, do_jobs, platform):  # noqa: ARG001  # the house, whose log begins before
    return lambda contact: file_everything(contact, put, edit, as_staff, do_jobs, platform)


def file_everything(contact, put, edit, as_staff, do_jobs, platform):  # what it takes to fill a house
    of = {"contact_id": str(contact)}
    document = put(b"This is zqtext.", "zqfilename.txt", key="zq-idempotency-2", title=WORDS["former title"], **of)
    put(office_file(), "letter.docx", **of)
    put(samples.scanned_pdf(WORDS["recognised text"]), "scan.pdf", **of)
    put(samples.pdf(["Another page of zqtext."]), "drawn.pdf", **of)
    put(mail_with_attachments(), "mail.eml", **of)
    do_jobs()
    edit(document["id"], title=WORDS["title"], notes=WORDS["document's notes"], tags=[WORDS["document's tag"]])
    for each in as_staff.get("/api/v1/documents", params=of).json()["items"]:
        as_staff.get(f"/api/v1/documents/{each['id']}/thumbnail")
    begin_an_upload(as_staff, "zqunfinished.txt", b"zquploadedbytes", contact_id=str(contact))
    begin_an_upload(as_staff, "zqonto.txt", b"zqversionsbytes", **onto(as_staff, document))
    fail_a_job(platform, document)
    return document


def office_file():
    from docx import Document

    document, into = Document(), io.BytesIO()
    document.add_paragraph(WORDS["text of an office file"])
    document.save(into)
    return into.getvalue()


def onto(client, document):
    return {"document": document["id"], "version": str(version_of(client, document))}


def begin_an_upload(as_staff, filename, content, **said):
    told = {"filename": filename, **said}
    named = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
    begun = as_staff.post("/api/v1/uploads", headers={**TUS, "Upload-Length": "1000", "Upload-Metadata": named})
    assert begun.status_code == 201, begun.text
    sent = as_staff.patch(begun.headers["location"], content=content, headers={**PIECE, "Upload-Offset": "0"})
    assert sent.status_code == 204


def fail_a_job(platform, document):
    """As a job does that died of what it read."""
    buried = """INSERT INTO jobs (id, name, args, priority, due_at, made_at, died_at, last_failure)
        VALUES (gen_random_uuid(), 'documents.process', CAST(:args AS jsonb), 2, now(), now(), now(), 'zqfailure')"""
    args = json.dumps({"version": document["current"]["id"]})
    platform.work.run_now(lambda session: session.execute(sql(buried), {"args": args}))


def erase(client, contact, word="erase"):
    return client.post(f"/api/v1/contacts/{contact}/erasure", json={"word": word})


@pytest.mark.usefixtures("person")
def test_what_is_looked_for_is_really_there_before(house):
    assert [label for label, places in house.where(WORDS).items() if not places] == []


def test_nothing_of_a_person_is_left_in_any_table_blob_picture_spool_mail_or_log(person, house, as_admin, do_jobs):
    contact, _ = person

    erased = erase(as_admin, contact)
    do_jobs()

    assert erased.status_code == 200, erased.text
    assert house.still_has(WORDS) == {}


def test_somebody_else_loses_nothing(person, write, put, as_admin, do_jobs, house):
    others = write("eve@example.org", name="Zwother Person", message="zwothermessage")
    put(b"This is zqtext.", "zwother.txt", contact_id=str(others))

    erase(as_admin, person[0])
    do_jobs()

    kept = house.where(
        {"name": "Zwother", "message": "zwothermessage", "file": "zwother.txt", "text": "This is zqtext."}
    )
    assert [label for label, places in kept.items() if not places] == []
    assert any("blobs" in place for place in kept["text"])


def test_the_audit_keeps_that_it_happened_and_who_did_it(person, as_admin, ask):
    erase(as_admin, person[0])

    [entry] = ask("SELECT row_to_json(e) FROM audit_entries AS e WHERE act = 'contact.erased'")
    assert (entry["subject"], entry["actor"]) == (str(person[0]), "Ada")
    assert entry["details"] == {"messages": 3, "notes": 3, "documents": 6, "on_hold": 0}


def test_a_dry_run_says_the_same_and_changes_nothing(person, as_admin, house):
    before = house.where(WORDS)

    plan = as_admin.get(f"/api/v1/contacts/{person[0]}/erasure").json()

    assert house.where(WORDS) == before
    assert plan["erased_at"] is None
    assert {**erase(as_admin, person[0]).json(), "erased_at": None} == plan


def test_what_is_on_hold_stays_with_whose_it_is_and_is_reported(person, platform, as_admin, do_jobs, house):
    contact, document = person
    platform.work.run_now(
        holds.place, [document["id"]], "A case in court", hire(platform, "Bea", Role.ADMIN).as_actor()
    )

    report = erase(as_admin, contact).json()
    do_jobs()

    stays = {
        "e-mail",
        "name",
        "file's name",
        "title",
        "document's notes",
        "document's tag",
        "text",
        "former title",
        "failure of a job",
        "another version on its way, its name",
        "another version on its way, its bytes",
    }
    assert report["on_hold"] == [{"id": document["id"], "title": WORDS["title"]}]
    assert report["contact_stays"] is True
    assert set(house.still_has(WORDS)) <= stays
    assert {"e-mail", "name", "title", "text"} <= set(house.still_has(WORDS))
    assert as_admin.get(f"/api/v1/contacts/{contact}").json()["company"] is None


@pytest.mark.parametrize("word", ["", "yes", "erase it"])
def test_without_the_typed_word_nothing_happens(person, as_admin, word, ask):
    refused = erase(as_admin, person[0], word)

    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["word"])
    assert len(ask("SELECT id FROM contacts")) == 2


def test_a_retry_after_the_erasure_brings_nothing_back(person, as_admin, client, ask):
    erase(as_admin, person[0])

    again = client.post(
        "/api/v1/contact",
        json={"email": EMAIL, **PERSON},
        headers={"Idempotency-Key": "zq-idempotency-1"},
    )

    assert (again.status_code, again.json()["code"]) == (410, "gone")
    assert ask("SELECT id FROM submissions") == []


OF_A_DOCUMENT = (
    *("file's name", "title", "former title", "document's notes", "document's tag", "text"),
    *("another version on its way, its name", "another version on its way, its bytes"),
)
DOCUMENTS_WORDS = {label: WORDS[label] for label in OF_A_DOCUMENT}


def test_nothing_of_a_purged_document_is_left_anywhere(put, edit, as_staff, as_admin, do_jobs, house, platform):
    document = put(b"This is zqtext.", "zqfilename.txt", key="zq-idempotency-3", title=WORDS["former title"])
    do_jobs()
    edit(document["id"], title=WORDS["title"], notes=WORDS["document's notes"], tags=[WORDS["document's tag"]])
    fail_a_job(platform, document)
    begin_an_upload(as_staff, "zqonto.txt", b"zqversionsbytes", **onto(as_staff, document))
    before = house.where(DOCUMENTS_WORDS)
    as_staff.delete(f"/api/v1/documents/{document['id']}", headers=if_match(version_of(as_staff, document)))

    purged = as_admin.post(f"/api/v1/documents/{document['id']}/purge")
    do_jobs()

    assert [label for label, places in before.items() if not places] == []
    assert purged.status_code == 204, purged.text
    assert house.still_has({**DOCUMENTS_WORDS, "failure": "zqfailure"}) == {}


def version_of(client, document):
    return client.get(f"/api/v1/documents/{document['id']}").json()["version"]


def test_a_tag_that_other_documents_bear_or_a_rule_names_outlives_a_purge(put, edit, as_staff, as_admin, ask):
    one, other = put(b"one", "one.txt"), put(b"other", "other.txt")
    for document in (one, other):
        edit(document["id"], tags=["Shared"])
    as_staff.delete(f"/api/v1/documents/{one['id']}", headers=if_match(version_of(as_staff, one)))

    as_admin.post(f"/api/v1/documents/{one['id']}/purge")

    assert ask("SELECT name FROM tags") == ["Shared"]


def test_the_page_asks_for_the_word_and_then_shows_the_report(person, as_admin):
    contact, _ = person
    page = as_admin.get(f"/app/contacts/{contact}/personal-data")
    refused = as_admin.post(f"/app/contacts/{contact}/erasure", data={"word": "no"})

    erased = as_admin.post(f"/app/contacts/{contact}/erasure", data={"word": "Erase"})

    assert (page.status_code, "6 documents" in page.text) == (200, True)
    assert (refused.status_code, "Type the word erase" in refused.text) == (422, True)
    assert (erased.status_code, "The audit keeps that it happened" in erased.text) == (200, True)
    assert "Zqname" not in erased.text


@pytest.mark.usefixtures("person")
def test_who_was_merged_into_another_is_erased_with_that_one(as_admin, ask):
    [pointer] = ask("SELECT id FROM contacts WHERE merged_into IS NOT NULL")

    refused = erase(as_admin, pointer)

    assert (refused.status_code, refused.json()["code"]) == (409, "contact-merged")


def test_what_the_asker_may_not_see_goes_too_and_only_its_number_is_told(
    write, put, as_admin, house, do_jobs, platform
):
    contact = write("eve@example.org", name="Eve")
    secret = put(b"This is zqtext.", "zqfilename.txt", contact_id=str(contact))
    restrict = sql("UPDATE documents SET is_restricted = true WHERE id = :id")
    platform.work.run_now(lambda session: session.execute(restrict, {"id": secret["id"]}))

    plan = as_admin.get(f"/api/v1/contacts/{contact}/erasure")
    erased = erase(as_admin, contact)
    do_jobs()

    assert (plan.json()["documents"], plan.json()["restricted"], erased.json()["on_hold"]) == (1, 1, [])
    assert "zqfilename" not in plan.text
    assert house.still_has({"text": "zqtext", "file's name": "zqfilename"}) == {}
