"""What people say of documents, one by one and many at once, and how they take it back."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text
from tests.documents.conftest import PDF, if_match
from tests.documents.processed import shown

from pretamane.documents.filing import filing
from pretamane.documents.filing.filing import BulkChange

API = "/api/v1/documents"


@pytest.fixture
def ada(client, connection):
    client.post("/api/v1/contact", json={"name": "Ada Byron", "email": "ada@example.org", "message": "Hello."})
    return str(connection.scalar(text("SELECT id FROM contacts WHERE email = 'ada@example.org'")))


@pytest.fixture
def invoice(as_admin):
    return as_admin.post("/api/v1/document-types", json={"name": "Invoice"}).json()["id"]


@pytest.fixture
def letter(put):
    return put(title="Letter").json()


def edit(browser, document, version=1, **changes):
    return browser.patch(f"{API}/{document['id']}", json=changes, headers=if_match(version))


def bulk(browser, *documents, **changes):
    return browser.post(f"{API}/bulk", json={"documents": [each["id"] for each in documents], **changes})


def undo(browser, answer):
    return browser.post(f"{API}/undo", json={"act": answer.json()["act"]})


SAID = {"title": "Invoice 3/2026.", "document_date": "2026-02-14", "notes": "Two copies.\nOne is signed."}


def test_everything_that_people_say_of_a_document_is_kept(as_staff, letter, ada, invoice):
    answer = edit(as_staff, letter, **SAID, contact_id=ada, type_id=invoice, tags=["Tax 2026", "urgent"])

    assert (answer.status_code, answer.headers["etag"]) == (200, '"2"')
    there = shown(as_staff, letter["id"])
    assert {name: there[name] for name in SAID} == SAID
    assert (there["contact_id"], there["type"], there["tags"]) == (
        ada,
        {"id": invoice, "name": "Invoice"},
        ["Tax 2026", "urgent"],
    )


def test_what_is_left_out_stays_and_null_takes_away(as_staff, letter, ada, invoice):
    edit(as_staff, letter, **SAID, contact_id=ada, type_id=invoice, tags=["urgent"])

    edit(as_staff, letter, 2, contact_id=None, type_id=None, document_date=None, tags=[])

    there = shown(as_staff, letter["id"])
    nothing = [there[name] for name in ("contact_id", "type", "document_date", "tags")]
    assert (there["title"], there["notes"], nothing) == (SAID["title"], SAID["notes"], [None, None, None, []])


def test_of_two_who_edit_what_both_have_seen_the_second_is_told_and_nothing_is_lost(as_staff, as_admin, letter):
    first = edit(as_staff, letter, title="Hers")
    second = edit(as_admin, letter, title="His")

    assert (first.status_code, second.status_code, second.json()["code"]) == (200, 412, "changed-meanwhile")
    assert shown(as_staff, letter["id"])["title"] == "Hers"
    assert as_staff.patch(f"{API}/{letter['id']}", json={"title": "X"}).status_code == 428


def test_nothing_is_written_or_told_of_an_edit_that_changes_nothing(as_staff, letter, events_of):
    answer = edit(as_staff, letter, title="Letter", tags=[], notes="")

    assert (answer.status_code, answer.headers["etag"], answer.json()["act"]) == (200, '"1"', None)
    assert events_of(letter) == ["document.received"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "\u202e"}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"notes": "x" * 20_001}, "notes"),
        ({"contact_id": str(uuid4())}, "contact_id"),
        ({"type_id": str(uuid4())}, "type_id"),
        ({"tags": ["a,b"]}, "tags.0"),
        ({"document_date": "yesterday"}, "document_date"),
    ],
)
def test_what_cannot_be_taken_is_named_and_changes_nothing(as_staff, letter, changes, field):
    answer = edit(as_staff, letter, **changes)

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert shown(as_staff, letter["id"])["version"] == 1


def test_a_title_cannot_turn_its_reading_direction(as_staff, letter):
    edit(as_staff, letter, title="invoice\u202efdp.exe")

    assert shown(as_staff, letter["id"])["title"] == "invoicefdp.exe"


def test_events_and_audit_name_fields_and_never_what_stands_in_them(as_staff, letter, connection):
    sentinel = "Zanzibar"
    edit(as_staff, letter, title=sentinel, notes=sentinel, tags=[sentinel], document_date="1957-03-03")

    told = connection.execute(
        text("SELECT name, details::text FROM events UNION ALL SELECT act, details::text FROM audit_entries")
    ).all()
    edited = [details for name, details in told if name == "document.edited"]
    assert len(edited) == 2
    assert all('["document_date", "notes", "tags", "title"]' in details for details in edited)
    assert not [details for _, details in told if sentinel in details or "1957" in details]


# ---- machines ------------------------------------------------------------------------------------------------------

DATED = b"London, 14 February 2026. Dear Ada, thank you for your letter. We have looked at the figures and at them."


def test_a_day_that_somebody_took_away_is_not_guessed_again(send, as_staff, do_jobs):
    document = send(DATED, "dated.txt")
    edit(as_staff, document, document["version"], document_date=None)

    as_staff.post(f"{API}/{document['id']}/process")
    do_jobs()

    assert document["document_date"] == "2026-02-14"
    assert shown(as_staff, document["id"])["document_date"] is None


def test_after_an_undo_machines_may_guess_again(send, as_staff, do_jobs, connection):
    document = send(DATED, "dated.txt")
    undo(as_staff, edit(as_staff, document, document["version"], document_date="2020-01-01"))
    connection.execute(text("UPDATE documents SET document_date = NULL"))

    as_staff.post(f"{API}/{document['id']}/process")
    do_jobs()

    assert shown(as_staff, document["id"])["document_date"] == "2026-02-14"


# ---- many at once --------------------------------------------------------------------------------------------------


@pytest.fixture
def three(put):
    return [put(PDF + bytes([number]), title=f"Number {number}").json() for number in range(3)]


def test_many_get_the_same_at_once_and_of_each_is_said_what_became_of_it(as_staff, three, ada, invoice, connection):
    edit(as_staff, three[0], contact_id=ada, type_id=invoice)
    connection.execute(
        text("UPDATE documents SET held_at = now(), hold_reason = 'A lawsuit.' WHERE id = :id"), {"id": three[1]["id"]}
    )
    nobody = {"id": str(uuid4())}

    values = bulk(as_staff, *three, nobody, values={"contact_id": ada, "type_id": invoice}).json()
    trash = bulk(as_staff, *three, trashed=True).json()

    first, second, third = (each["id"] for each in three)
    assert (values["unchanged"], set(values["changed"]), values["gone"]) == ([first], {second, third}, [nobody["id"]])
    assert (trash["held"], set(trash["changed"])) == ([second], {first, third})
    assert [shown(as_staff, each)["contact_id"] for each in (first, second, third)] == [ada] * 3


def test_tags_are_given_to_many_and_taken_from_many(as_staff, three):
    edit(as_staff, three[0], tags=["old", "kept"])

    bulk(as_staff, *three, add_tags=["New", "old"], remove_tags=["OLD", "unheard of"])

    assert [shown(as_staff, each["id"])["tags"] for each in three] == [["kept", "New"], ["New"], ["New"]]


def test_who_removes_a_tag_that_nobody_made_makes_none(as_staff, three):
    bulk(as_staff, *three, remove_tags=["unheard of"])

    assert as_staff.get("/api/v1/tags").json() == {"items": []}


def test_no_document_gets_more_tags_than_it_may_have_and_the_one_that_would_is_named(as_staff, three):
    full, second, _ = three
    fifty = [f"tag {number}" for number in range(50)]
    edit(as_staff, full, tags=fifty)

    outcome = bulk(as_staff, full, second, add_tags=["one more"], values={"document_date": "2026-03-14"})
    back = undo(as_staff, outcome).json()

    assert (outcome.json()["too_many_tags"], outcome.json()["changed"]) == ([full["id"]], [second["id"]])
    assert (outcome.json()["gone"], back["changed"]) == ([], [second["id"]])
    there = shown(as_staff, full["id"])
    assert (set(there["tags"]), there["document_date"], there["version"]) == (set(fifty), None, 2)
    assert bulk(as_staff, full, add_tags=["tag 3"]).json()["unchanged"] == [full["id"]]
    assert bulk(as_staff, full, remove_tags=["tag 3"], add_tags=["one more"]).json()["changed"] == [full["id"]]


def test_a_tag_that_no_document_got_was_not_made(as_staff, three):
    as_staff.post("/api/v1/tags", json={"name": "Kept for later"})
    edit(as_staff, three[0], tags=[f"tag {number}" for number in range(50)])
    before = as_staff.get("/api/v1/tags").json()

    bulk(as_staff, {"id": str(uuid4())}, add_tags=["Nobody's", "Kept for later"])
    bulk(as_staff, three[0], add_tags=["One too many"])

    assert as_staff.get("/api/v1/tags").json() == before


def test_each_of_many_has_its_event_and_its_audit_entry(as_staff, three, events_of, connection):
    bulk(as_staff, *three, add_tags=["x"], trashed=True)

    assert [events_of(each)[1:] for each in three] == [["document.edited", "document.trashed"]] * 3
    counted = "SELECT count(DISTINCT subject) FROM audit_entries WHERE act = 'document.trashed'"
    assert connection.scalar(text(counted)) == 3


THOUSAND = """
    WITH made AS (
        INSERT INTO blobs (id, key, sha256, size, made_at)
        SELECT gen_random_uuid(), 'key ' || n, sha256(n::text::bytea), n, now() FROM generate_series(1, 1000) AS n
        RETURNING id
    ), filed AS (
        INSERT INTO documents (id, title, current_version_id, made_at, changed_at)
        SELECT id, 'One of many', id, now(), now() FROM made RETURNING id
    )
    INSERT INTO document_versions (id, document_id, number, blob_id, filename, media_type, kind, state, made_at)
    SELECT id, id, 1, id, 'a.pdf', 'application/pdf', 'pdf', 'ready', now() FROM made
"""


def test_a_thousand_are_changed_and_taken_back_by_a_few_statements(platform, connection, staff, ada):
    connection.execute(text(THOUSAND))
    ids = connection.scalars(text("SELECT id FROM documents ORDER BY random()")).all()
    change = BulkChange({"contact_id": UUID(ada), "document_date": None}, add_tags=["a", "b"], trashed=True)
    statements: list[str] = []
    event.listen(connection, "before_cursor_execute", lambda *asked: statements.append(asked[2]))

    done = platform.work.run_now(filing.edit_many, ids, change, staff.as_actor())
    forth = len(statements)
    back = platform.work.run_now(filing.undo, done.act, staff.as_actor())

    assert (len(done.changed), len(back.changed)) == (1000, 1000)
    assert forth <= 40
    assert len(statements) - forth <= 40
    assert connection.scalar(text("SELECT count(*) FROM documents WHERE contact_id IS NULL AND version = 3")) == 1000
    assert connection.scalar(text("SELECT count(*) FROM document_tags")) == 0


def test_more_than_a_thousand_at_once_are_refused(as_staff):
    answer = as_staff.post(f"{API}/bulk", json={"documents": [str(uuid4()) for _ in range(1001)], "trashed": True})

    assert answer.status_code == 422


# ---- undo ----------------------------------------------------------------------------------------------------------


def test_an_undo_puts_back_every_value_of_one_edit(as_staff, letter, ada, invoice):
    edit(as_staff, letter, **SAID, contact_id=ada, type_id=invoice, tags=["kept"])
    before = shown(as_staff, letter["id"])
    changed = edit(
        as_staff, letter, 2, title="Other", notes="", tags=[], contact_id=None, type_id=None, document_date=None
    )

    undone = undo(as_staff, changed)

    assert (undone.status_code, undone.json()["changed"]) == (200, [letter["id"]])
    after = shown(as_staff, letter["id"])
    assert {**after, "version": 2} == before


def test_an_undo_of_many_puts_back_what_each_had(as_staff, three, ada):
    edit(as_staff, three[0], contact_id=ada, tags=["a"])

    changed = bulk(as_staff, *three, values={"contact_id": None}, add_tags=["b"], trashed=True)
    undo(as_staff, changed)

    there = [shown(as_staff, each["id"]) for each in three]
    assert [(each["contact_id"], each["tags"], each["trashed_at"]) for each in there] == [
        (ada, ["a"], None),
        (None, [], None),
        (None, [], None),
    ]


def test_undo_is_there_for_ten_seconds_and_a_moment(as_staff, letter, clock):
    changed = edit(as_staff, letter, title="Other")

    clock.move(15)
    in_time = undo(as_staff, changed)
    again = edit(as_staff, letter, 3, title="Another")
    clock.move(16)
    too_late = undo(as_staff, again)

    assert (in_time.status_code, too_late.status_code, too_late.json()["code"]) == (200, 409, "too-late-to-undo")
    assert shown(as_staff, letter["id"])["title"] == "Another"


def test_an_undo_leaves_what_somebody_changed_since_and_says_so(as_staff, as_admin, three):
    changed = bulk(as_staff, *three, add_tags=["a"])
    edit(as_admin, three[1], 2, title="Newer")

    undone = undo(as_staff, changed).json()

    assert undone["changed_meanwhile"] == [three[1]["id"]]
    assert [shown(as_staff, each["id"])["tags"] for each in three] == [[], ["a"], []]
    assert shown(as_staff, three[1]["id"])["title"] == "Newer"


def test_nobody_undoes_what_somebody_else_did_and_nobody_undoes_twice(as_staff, as_admin, letter):
    changed = edit(as_staff, letter, title="Other")

    anothers, first, second = undo(as_admin, changed), undo(as_staff, changed), undo(as_staff, changed)

    assert [each.status_code for each in (anothers, first, second)] == [404, 200, 404]


def test_an_undo_gives_nothing_to_a_contact_that_was_merged_but_to_the_survivor(as_staff, letter, ada, client):
    client.post("/api/v1/contact", json={"name": "Bob", "email": "bob@example.org", "message": "Hello."})
    [bob] = [each for each in as_staff.get("/api/v1/contacts").json()["items"] if each["name"] == "Bob"]
    edit(as_staff, letter, contact_id=ada)
    changed = edit(as_staff, letter, 2, contact_id=None)
    merge = {"other": ada, "other_version": 1}
    merged = as_staff.post(f"/api/v1/contacts/{bob['id']}/merge", json=merge, headers=if_match(1))

    undo(as_staff, changed)

    assert (merged.status_code, shown(as_staff, letter["id"])["contact_id"]) == (200, bob["id"])


def test_what_went_on_hold_since_is_not_put_into_the_trash_again(as_staff, letter, connection):
    bulk(as_staff, letter, trashed=True)
    restored = bulk(as_staff, letter, trashed=False)
    connection.execute(text("UPDATE documents SET held_at = now(), hold_reason = 'A lawsuit.'"))

    assert undo(as_staff, restored).json()["held"] == [letter["id"]]
    assert shown(as_staff, letter["id"])["trashed_at"] is None


def test_what_was_replaced_is_forgotten_when_it_cannot_be_undone_any_more(
    as_staff, letter, clock, platform, connection
):
    from pretamane.documents.filing import undoing

    edit(as_staff, letter, title="Other")
    clock.move(16)
    platform.work.run_now(undoing.forget_old, clock.now())

    assert connection.scalar(text("SELECT count(*) FROM document_former_values")) == 0


def test_a_purge_takes_what_was_replaced_along(as_staff, as_admin, letter, connection):
    edit(as_staff, letter, title="Zanzibar")
    bulk(as_staff, letter, trashed=True)

    answer = as_admin.post(f"{API}/{letter['id']}/purge")

    assert answer.status_code == 204
    assert connection.scalar(text("SELECT count(*) FROM document_former_values")) == 0


# ---- restricted ----------------------------------------------------------------------------------------------------


def test_to_who_may_not_know_of_a_document_it_is_not_there(as_staff, as_admin, letter, admin, connection):
    restrict = "UPDATE documents SET is_restricted = true WHERE id = :document"
    connection.execute(text(restrict), {"document": letter["id"]})
    name = "INSERT INTO document_readers (document_id, account_id) VALUES (:document, :account)"
    connection.execute(text(name), {"document": letter["id"], "account": admin.id})

    hidden = edit(as_staff, letter, title="Mine"), bulk(as_staff, letter, trashed=True)
    known = edit(as_admin, letter, title="Mine", tags=["secret"])

    assert (hidden[0].status_code, hidden[1].json()["gone"], known.status_code) == (404, [letter["id"]], 200)
    counts = [browser.get("/api/v1/tags").json()["items"][0]["documents"] for browser in (as_staff, as_admin)]
    assert counts == [0, 1]
