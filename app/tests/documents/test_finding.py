"""Filters of the list: each, and all of them together."""

from typing import Any

import pytest
from sqlalchemy import text
from tests.documents.conftest import PDF, if_match
from tests.documents.test_documents import titles


@pytest.fixture
def ada(client, connection):
    client.post("/api/v1/contact", json={"name": "Ada Byron", "email": "ada@example.org", "message": "Hello."})
    return str(connection.scalar(text("SELECT id FROM contacts WHERE email = 'ada@example.org'")))


@pytest.fixture
def invoice(as_admin):
    return as_admin.post("/api/v1/document-types", json={"name": "Invoice"}).json()["id"]


@pytest.fixture
def shelf(put, as_staff, connection, ada, invoice):
    """One a day, from 2 March 2026 on; the practice's clock shows UTC."""

    def file(number, title, **said):
        document = put(PDF + bytes([number]), title=title).json()
        as_staff.patch(f"/api/v1/documents/{document['id']}", json=said, headers=if_match(1))
        later = text("UPDATE documents SET made_at = made_at + :days * interval '1 day' WHERE id = :id")
        connection.execute(later, {"days": number - 1, "id": document["id"]})

    file(
        1, "Invoice_2026-031 Müller", contact_id=ada, type_id=invoice, tags=["tax", "paid"], document_date="2026-02-01"
    )
    file(2, "Invoice 2026-032", type_id=invoice, tags=["tax"], document_date="2026-02-28")
    file(3, "Letter to Müller & Sons", contact_id=ada, tags=["Paid"])
    file(4, "Contract")


FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["Contract", "Letter to Müller & Sons", "Invoice 2026-032", "Invoice_2026-031 Müller"]),
    ({"tag": "TAX"}, ["Invoice 2026-032", "Invoice_2026-031 Müller"]),
    ({"tag": ["tax", "paid"]}, ["Invoice_2026-031 Müller"]),
    ({"tag": ["tax", "unheard of"]}, []),
    ({"untyped": True}, ["Contract", "Letter to Müller & Sons"]),
    ({"without_contact": True}, ["Contract", "Invoice 2026-032"]),
    ({"dated_from": "2026-02-01", "dated_to": "2026-02-27"}, ["Invoice_2026-031 Müller"]),
    ({"dated_to": "2026-02-28"}, ["Invoice 2026-032", "Invoice_2026-031 Müller"]),
    ({"received_from": "2026-03-04"}, ["Contract", "Letter to Müller & Sons"]),
    ({"received_from": "2026-03-03", "received_to": "2026-03-03"}, ["Invoice 2026-032"]),
    ({"title": "invoice"}, ["Invoice 2026-032", "Invoice_2026-031 Müller"]),
    ({"title": "MÜLL inv"}, []),
    ({"title": "invoice MÜLL"}, ["Invoice_2026-031 Müller"]),
    ({"title": "031"}, ["Invoice_2026-031 Müller"]),
    ({"title": "sons & 'x"}, []),
    ({"title": "!!"}, ["Contract", "Letter to Müller & Sons", "Invoice 2026-032", "Invoice_2026-031 Müller"]),
    ({"state": "received", "tag": "paid"}, ["Letter to Müller & Sons", "Invoice_2026-031 Müller"]),
    ({"dated_from": "0001-01-01", "received_to": "9999-12-31", "title": "con"}, []),
    ({"received_from": "0001-01-01", "received_to": "9999-12-31", "title": "con"}, ["Contract"]),
]


@pytest.mark.usefixtures("shelf")
def test_each_filter_leaves_what_it_says(as_viewer):
    assert [titles(as_viewer, **asked) for asked, _ in FILTERS] == [left for _, left in FILTERS]


@pytest.mark.usefixtures("shelf")
def test_all_filters_together_leave_what_passes_each(as_viewer, ada, invoice):
    asked = {
        "contact_id": ada,
        "type_id": invoice,
        "tag": ["tax", "paid"],
        "dated_from": "2026-02-01",
        "dated_to": "2026-02-01",
        "received_from": "2026-03-02",
        "received_to": "2026-03-02",
        "title": "müller inv",
        "state": "received",
    }

    assert titles(as_viewer, **asked) == ["Invoice_2026-031 Müller"]
    assert titles(as_viewer, **asked, trashed=True) == []


@pytest.mark.usefixtures("shelf")
def test_a_day_ends_where_the_practice_is(as_viewer, connection):
    connection.execute(text("UPDATE practice SET time_zone = 'Pacific/Auckland'"))
    # 2 March, 09:00 UTC is 22:00 there; moved by three hours it is the next day.
    connection.execute(text("UPDATE documents SET made_at = made_at + interval '3 hours'"))

    assert titles(as_viewer, received_to="2026-03-03") == ["Invoice_2026-031 Müller"]
    assert titles(as_viewer, received_to="2026-03-02") == []


@pytest.mark.usefixtures("shelf")
def test_what_is_found_by_words_comes_a_page_at_a_time(as_viewer):
    first = as_viewer.get("/api/v1/documents", params={"title": "inv", "limit": 1}).json()
    second = as_viewer.get("/api/v1/documents", params={"title": "inv", "limit": 1, "cursor": first["next"]}).json()

    found = [each["title"] for each in first["items"] + second["items"]]
    assert (found, second["next"]) == (["Invoice 2026-032", "Invoice_2026-031 Müller"], None)


@pytest.mark.usefixtures("shelf")
def test_a_contact_s_documents_have_an_address_that_a_merge_does_not_break(as_staff, client, ada):
    client.post("/api/v1/contact", json={"name": "Bob", "email": "bob@example.org", "message": "Hello."})
    [bob] = [each for each in as_staff.get("/api/v1/contacts").json()["items"] if each["name"] == "Bob"]
    merge = {"other": ada, "other_version": 1}
    as_staff.post(f"/api/v1/contacts/{bob['id']}/merge", json=merge, headers=if_match(1))

    def of(contact):
        return [each["title"] for each in as_staff.get(f"/api/v1/contacts/{contact}/documents").json()["items"]]

    assert of(ada) == of(bob["id"]) == ["Letter to Müller & Sons", "Invoice_2026-031 Müller"]
    assert as_staff.get("/api/v1/contacts/00000000-0000-0000-0000-000000000000/documents").status_code == 404


def test_a_span_of_days_is_read_along_the_days_a_page_at_a_time(as_viewer, put, connection):
    days = {"first": "2026-01-03", "second": "2026-01-05", "third": "2026-01-04", "fourth": "2026-01-05"}
    for title, day in days.items():
        made = put(f"%PDF-1.7\n{title}\n%%EOF\n".encode(), f"{title}.pdf").json()
        connection.execute(
            text("UPDATE documents SET document_date = :day WHERE id = :id"), {"day": day, "id": made["id"]}
        )
    shown: list[str] = []
    cursor = None
    while not shown or cursor:
        asked = {"dated_from": "2026-01-01", "limit": 1, **({"cursor": cursor} if cursor else {})}
        page = as_viewer.get("/api/v1/documents", params=asked).json()
        shown, cursor = [*shown, *(each["title"] for each in page["items"])], page["next"]

    assert shown == ["fourth", "second", "third", "first"]
