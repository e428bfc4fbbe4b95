"""Holds, restrictions and rules of retention, as people see them."""

import re

import pytest
from sqlalchemy import text
from tests.documents.conftest import PDF
from tests.documents.protection.test_holds import REASON, hold
from tests.documents.protection.test_restricted import restrict, titles
from tests.documents.retention.test_retention import INVOICE, LONG_AGO, RULES, file_as, filing  # noqa: F401  # fixtures

RETENTION = "/app/settings/retention"


@pytest.fixture
def letter(put):
    return put(title="Letter").json()["id"]


def send(client, path, **typed):
    return client.post(path, data=typed or {"go": "on"}, follow_redirects=False)


def version_on(page):
    found = re.search(r'name="version" value="([0-9]+)"', page)
    assert found
    return found[1]


def page_of(client, document):
    return client.get(f"/app/documents/{document}").text


def test_a_hold_is_placed_with_its_reason_and_lifted_by_an_administrator(letter, as_staff, as_admin):
    placed = send(as_staff, f"/app/documents/{letter}/hold", reason=REASON)
    on_its_page, listed = page_of(as_staff, letter), as_staff.get("/app/holds").text
    lifted = send(as_admin, f"/app/documents/{letter}/lift-hold")

    assert (placed.status_code, lifted.status_code) == (303, 303)
    assert (REASON in on_its_page, "Put into the trash" in on_its_page, REASON in listed) == (True, False, True)
    assert "Put it on hold" in page_of(as_staff, letter)


def test_without_a_reason_nothing_is_held(letter, as_staff):
    answer = send(as_staff, f"/app/documents/{letter}/hold", reason=" ")

    assert (answer.status_code, "Please write something here." in answer.text) == (422, True)
    assert "Nothing is on hold." in as_staff.get("/app/holds").text


def test_several_are_held_and_lifted_together(put, as_staff, as_admin):
    boxes = {f"document-{put(PDF + bytes([number])).json()['id']}": "on" for number in range(3)}
    send(as_staff, "/app/holds", reason=REASON, **boxes)
    held = as_admin.get("/app/holds").text.count(REASON)
    send(as_admin, "/app/holds/lift", **boxes)

    assert (held, "Nothing is on hold." in as_admin.get("/app/holds").text) == (3, True)


def test_only_those_who_are_ticked_see_it_from_then_on(letter, as_staff, as_admin, staff):
    version = version_on(page_of(as_staff, letter))
    answer = send(as_staff, f"/app/documents/{letter}/readers", version=version, **{f"account-{staff.id}": "on"})

    assert answer.headers["location"] == f"/app/documents/{letter}?told=restricted"
    assert "Only Stefan." in page_of(as_staff, letter)
    assert as_admin.get(f"/app/documents/{letter}").status_code == 404


def test_who_ticks_others_alone_is_sent_to_the_list(letter, as_staff, admin):
    answer = send(as_staff, f"/app/documents/{letter}/readers", version="1", **{f"account-{admin.id}": "on"})

    assert answer.headers["location"] == "/app/documents?told=left"
    assert "You are not one of them." in as_staff.get(answer.headers["location"]).text


def test_it_is_opened_again(letter, as_staff, as_viewer, staff):
    restrict(as_staff, f"/api/v1/documents/{letter}", staff)
    send(as_staff, f"/app/documents/{letter}/open", version="2")

    assert "Everybody who works here." in page_of(as_viewer, letter)


def test_nobody_is_no_choice(letter, as_staff):
    answer = send(as_staff, f"/app/documents/{letter}/readers", version="1")

    assert (answer.status_code, "Name at least one account" in answer.text) == (422, True)
    assert titles(as_staff) == ["Letter"]


def test_the_way_in_tells_an_administrator_nothing_before(letter, as_staff, as_admin, staff):
    restrict(as_staff, f"/api/v1/documents/{letter}", staff)

    wrong = [send(as_admin, "/app/settings/restricted", document=said) for said in ("x", letter[:-4] + "0000")]
    right = send(as_admin, "/app/settings/restricted", document=letter)

    assert [(answer.status_code, "Letter" in answer.text) for answer in wrong] == [(422, False), (422, False)]
    assert right.headers["location"] == f"/app/documents/{letter}?told=let-in"
    assert "Letter" in as_admin.get(right.headers["location"]).text


def test_a_rule_is_made_looked_at_put_in_force_stopped_and_removed(file_as, as_admin):  # noqa: F811
    file_as("Old bill", type_id=INVOICE, dated=LONG_AGO)
    said = {"name": "Invoices", "type_id": INVOICE, "tag_id": "", "keep_days": "30", "counted_from": "document_date"}
    address = send(as_admin, RETENTION, **said).headers["location"].partition("?")[0]
    looked = as_admin.get(address).text
    forced = send(as_admin, f"{address}/force", version=version_on(looked), would_go="1")
    in_force = as_admin.get(RETENTION).text
    stopped = send(as_admin, f"{address}/stop", version="2")
    removed = send(as_admin, f"{address}/removal", version="3")

    assert ("Old bill" in looked, "at once: 1" in looked, "In force" in in_force) == (True, True, True)
    assert [answer.status_code for answer in (forced, stopped, removed)] == [303, 303, 303]
    assert as_admin.get(RULES).json()["items"] == []


def test_a_rule_whose_list_has_changed_is_not_put_in_force_and_shows_the_new_one(file_as, as_admin):  # noqa: F811
    said = {"name": "Invoices", "type_id": INVOICE, "keep_days": "30", "counted_from": "document_date"}
    address = send(as_admin, RETENTION, **said).headers["location"].partition("?")[0]
    file_as("Came meanwhile", type_id=INVOICE, dated=LONG_AGO)

    answer = send(as_admin, f"{address}/force", version="1", would_go="0")

    assert (answer.status_code, "has changed since you looked" in answer.text) == (409, True)
    assert "Came meanwhile" in answer.text


def test_what_is_wrong_with_a_rule_is_said_beside_its_field(as_admin):
    answer = send(as_admin, RETENTION, name="All", keep_days="30", counted_from="received")

    assert (answer.status_code, "no rule is about all documents" in answer.text) == (422, True)


def test_beside_a_document_stands_when_it_goes(file_as, as_staff, connection):  # noqa: F811
    document = file_as("Bill", type_id=INVOICE, dated="2026-02-28")
    rule = "INSERT INTO retention_rules (id, name, type_id, keep_days, counted_from, made_at, in_force_since) "
    values = "VALUES (gen_random_uuid(), 'Invoices', :type, 30, 'document_date', now(), now())"
    connection.execute(text(rule + values), {"type": INVOICE})
    going = page_of(as_staff, document)
    hold(as_staff, f"/api/v1/documents/{document}")
    held = page_of(as_staff, document)

    assert "it goes into the trash on 31 Mar 2026" in going
    assert "31 Mar 2026" not in held


def test_beside_one_in_the_trash_stands_when_it_goes_for_good(letter, as_staff):
    send(as_staff, f"/app/documents/{letter}/trash", version="1")

    assert "It goes for good" in page_of(as_staff, letter)
    assert "1 Apr 2026" in page_of(as_staff, letter)
