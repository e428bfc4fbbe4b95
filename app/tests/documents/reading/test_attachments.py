"""Mails bring what is attached to them as documents: once, screened like any other, and not without an end."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.conftest import if_match
from tests.documents.processed import shown, steps_of

from pretamane.documents.filing import filing
from pretamane.documents.filing.filing import BulkChange
from pretamane.documents.reading import attachments
from tests import samples

BILL = ("bill.pdf", "application/pdf", samples.pdf(["The bill"]))
NOTE = ("note.txt", "text/plain", b"A note about it\n")
PROGRAM = ("setup.exe", "application/octet-stream", b"MZ" + b"\0" * 500)


@pytest.fixture
def parts_of(connection):
    def parts(document):
        asked = text(
            "SELECT title, state, filename FROM documents "
            "JOIN document_versions ON document_versions.id = current_version_id WHERE part_of = :id ORDER BY filename"
        )
        return [tuple(row) for row in connection.execute(asked, {"id": document["id"]})]

    return parts


def test_what_is_attached_to_a_mail_becomes_documents_that_are_part_of_it(send, parts_of):
    mail = send(samples.eml(BILL, NOTE), "mail.eml")

    assert mail["current"]["state"] == "ready"
    assert steps_of(mail)["attachments"] == ("done", None)
    assert [(state, filename) for _title, state, filename in parts_of(mail)] == [
        ("ready", "bill.pdf"),
        ("ready", "note.txt"),
    ]


def test_a_mail_in_a_mail_brings_its_own_attachments(send, parts_of, as_staff, connection):
    outer = send(samples.eml(("inner.eml", "application/octet-stream", samples.eml(BILL))), "outer.eml")
    [inner] = connection.execute(text("SELECT id FROM documents WHERE part_of = :id"), {"id": outer["id"]}).scalars()

    assert shown(as_staff, inner)["current"]["kind"] == "eml"
    assert [filename for *_, filename in parts_of(shown(as_staff, inner))] == ["bill.pdf"]


def test_what_is_not_taken_is_told_and_the_rest_is_kept(send, parts_of):
    mail = send(samples.eml(PROGRAM, BILL), "mail.eml")
    state, reason = steps_of(mail)["attachments"]

    assert (mail["current"]["state"], state) == ("ready", "failed")
    assert reason.startswith("“setup.exe”: This is a Windows program, which is not taken")
    assert [filename for *_, filename in parts_of(mail)] == ["bill.pdf"]


def test_what_is_harmful_goes_into_quarantine_like_any_other(send, parts_of):
    mail = send(samples.eml(("virus.txt", "text/plain", TEST_VIRUS)), "mail.eml")

    assert [(state, filename) for _title, state, filename in parts_of(mail)] == [("quarantined", "virus.txt")]


def test_processed_again_a_mail_brings_nothing_twice(send, as_staff, do_jobs, parts_of):
    mail = send(samples.eml(BILL, NOTE), "mail.eml")
    before = parts_of(mail)
    as_staff.post(f"/api/v1/documents/{mail['id']}/process")
    do_jobs()

    assert len(before) == 2
    assert parts_of(mail) == before


def test_what_was_removed_of_a_mail_does_not_come_back_when_it_is_read_again(
    send, as_staff, as_admin, do_jobs, parts_of, connection
):
    mail = send(samples.eml(BILL, NOTE), "mail.eml")
    bill = connection.scalar(text("SELECT id FROM documents WHERE part_of = :id ORDER BY title"), {"id": mail["id"]})
    connection.execute(text("UPDATE documents SET trashed_at = now() WHERE id = :id"), {"id": bill})
    assert as_admin.post(f"/api/v1/documents/{bill}/purge").status_code == 204
    before = parts_of(mail)

    as_staff.post(f"/api/v1/documents/{mail['id']}/process")
    do_jobs()

    assert len(before) == 1
    assert parts_of(mail) == before


def test_an_attempt_that_broke_off_after_an_attachment_leaves_it_once(
    put, as_staff, do_jobs, parts_of, platform, store
):
    mail = put(samples.eml(BILL, NOTE), "mail.eml").json()
    keep, kept = store.keep, list[str]()

    def keep_one(key, file):
        if kept:
            store.away = True
        kept.append(key)
        keep(key, file)

    store.keep = keep_one
    do_jobs()
    half = [filename for *_, filename in parts_of(mail)]
    store.keep, store.away = keep, False
    platform.clock.move(60)
    do_jobs()

    assert half == ["bill.pdf"]
    assert [filename for *_, filename in parts_of(mail)] == ["bill.pdf", "note.txt"]
    assert shown(as_staff, mail["id"])["current"]["state"] == "ready"


def test_attachments_go_with_the_contact_and_in_the_name_of_whoever_brought_the_mail(
    put, client, do_jobs, connection, staff
):
    client.post("/api/v1/contact", json={"name": "ada", "email": "ada@example.org", "message": "Hello."})
    ada = connection.execute(text("SELECT id FROM contacts")).scalar()
    put(samples.eml(BILL), "mail.eml", contact_id=ada)
    do_jobs()

    rows = connection.execute(text("SELECT contact_id, received_by FROM documents")).all()
    assert [tuple(row) for row in rows] == [(ada, staff.id)] * 2


@pytest.fixture
def people(client, connection):
    """Two contacts, as the API has them."""
    for name in ("ada", "bob"):
        client.post("/api/v1/contact", json={"name": name, "email": f"{name}@example.org", "message": "Hello."})
    return [str(each) for each in connection.scalars(text("SELECT id FROM contacts ORDER BY email"))]


@pytest.fixture
def family(send, connection):
    """A mail, the mail in it, and the bill in that; nobody's."""
    mail = send(samples.eml(("inner.eml", "application/octet-stream", samples.eml(BILL))), "outer.eml")
    inner, bill = connection.execute(text(_FAMILY), {"id": mail["id"]}).one()
    return [mail["id"], str(inner), str(bill)]


_FAMILY = (
    "SELECT inner_mail.id, bill.id FROM documents AS inner_mail JOIN documents AS bill ON bill.part_of = inner_mail.id "
    "WHERE inner_mail.part_of = :id"
)


def give(browser, document, contact):
    seen = if_match(shown(browser, document)["version"])
    return browser.patch(f"/api/v1/documents/{document}", json={"contact_id": contact}, headers=seen)


def contacts_of(browser, documents):
    return [shown(browser, each)["contact_id"] for each in documents]


def test_who_gets_a_mail_gets_what_is_attached_to_it_and_an_undo_takes_all_back(as_staff, family, people, events_of):
    ada, bob = people

    give(as_staff, family[0], ada)
    first = contacts_of(as_staff, family)
    moved = give(as_staff, family[0], bob)
    second = contacts_of(as_staff, family)
    back = as_staff.post("/api/v1/documents/undo", json={"act": moved.json()["act"]}).json()

    assert (first, second) == ([ada] * 3, [bob] * 3)
    assert (set(back["changed"]), contacts_of(as_staff, family)) == (set(family), [ada] * 3)
    assert events_of({"id": family[2]}).count("document.edited") == 3


def test_many_mails_take_what_is_attached_along_by_a_few_statements(platform, connection, family, people, staff):
    ada, _ = people
    asked = [UUID(family[0]), uuid4()]
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *sent: statements.append(sent[2]))

    done = platform.work.run_now(filing.edit_many, asked, BulkChange({"contact_id": UUID(ada)}), staff.as_actor())

    assert ({str(each) for each in done.changed}, done.gone) == (set(family), asked[1:])
    assert len(statements) <= 20
    assert set(connection.scalars(text("SELECT contact_id FROM documents"))) == {UUID(ada)}


def test_an_attachment_that_somebody_else_has_stays_theirs(as_staff, family, people):
    ada, bob = people
    give(as_staff, family[2], bob)

    give(as_staff, family[0], ada)

    assert contacts_of(as_staff, family) == [ada, ada, bob]


def test_what_was_attached_to_a_mail_that_got_its_contact_later_is_erased_with_the_contact(
    as_staff, as_admin, family, people, connection
):
    ada, _ = people
    give(as_staff, family[0], ada)

    erased = as_admin.post(f"/api/v1/contacts/{ada}/erasure", json={"word": "erase"})

    assert erased.status_code == 200, erased.text
    assert connection.scalar(text("SELECT count(*) FROM documents")) == 0


def test_mails_in_mails_end_at_some_depth(send, connection):
    mail = samples.eml(NOTE)
    for level in range(8):
        mail = samples.eml((f"{level}.eml", "application/octet-stream", mail))
    send(mail, "outermost.eml")

    reasons = connection.execute(
        text("SELECT reason FROM document_steps WHERE step = 'attachments' AND state = 'failed'")
    )
    assert connection.execute(text("SELECT count(*) FROM documents")).scalar() == attachments.DEEPEST
    assert reasons.scalars().all() == [
        "1 were left in the mail, as too many or too deeply packed documents came of it."
    ]


def test_one_mail_becomes_no_crowd(send, connection, monkeypatch):
    monkeypatch.setattr(attachments, "FAMILY_MOST", 5)
    crowd = [(f"{number}.txt", "text/plain", b"Note %d\n" % number) for number in range(20)]
    send(samples.eml(*crowd), "mail.eml")

    assert connection.execute(text("SELECT count(*) FROM documents")).scalar() == 5


def test_nothing_is_left_in_the_spool(send, spooled):
    send(samples.eml(BILL, PROGRAM), "mail.eml")

    assert spooled() == []
