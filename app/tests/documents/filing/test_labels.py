"""Types and tags: what they may be called, who makes them, and what becomes of documents that had one."""

import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from tests.documents.conftest import PDF, if_match
from tests.documents.processed import shown

from pretamane.core.errors import Invalid
from pretamane.documents.filing import labels
from pretamane.documents.models import DocumentType, Tag

TAGS, TYPES = "/api/v1/tags", "/api/v1/document-types"


def made(browser, address, name, **more):
    answer = browser.post(address, json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def tagged(browser, document, *names, version=1):
    path = f"/api/v1/documents/{document['id']}"
    return browser.patch(path, json={"tags": list(names)}, headers=if_match(version))


def names_at(browser, address):
    return [(each["name"], each["documents"]) for each in browser.get(address).json()["items"]]


@pytest.mark.parametrize(("address", "maker"), [(TAGS, "as_staff"), (TYPES, "as_admin")])
def test_two_never_differ_by_case_alone(request, address, maker):
    browser = request.getfixturevalue(maker)
    made(browser, address, "Übung")

    again = browser.post(address, json={"name": "übung"})

    assert (again.status_code, again.json()["errors"]) == (
        422,
        {"name": "There is “Übung” already. If they are the same, merge the two."},
    )
    assert names_at(browser, address) == [("Übung", 0)]


def test_a_tag_is_made_by_naming_it_and_found_again_in_any_case(as_staff, put):
    one, two = put().json(), put(PDF + b"2").json()

    tagged(as_staff, one, "Tax 2026", "tax 2026")
    tagged(as_staff, two, "TAX 2026")

    assert names_at(as_staff, TAGS) == [("Tax 2026", 2)]
    assert shown(as_staff, two["id"])["tags"] == ["Tax 2026"]


def test_a_renamed_tag_is_every_document_s_and_who_saw_the_old_name_is_told(as_staff, put):
    document = put().json()
    tagged(as_staff, document, "Tax")
    [tag] = as_staff.get(TAGS).json()["items"]

    as_staff.patch(f"{TAGS}/{tag['id']}", json={"name": "Taxes"})
    late = tagged(as_staff, document, "Tax", "urgent", version=2)

    assert shown(as_staff, document["id"])["tags"] == ["Taxes"]
    assert (late.status_code, names_at(as_staff, TAGS)) == (412, [("Taxes", 1)])


def test_a_tag_cannot_take_another_s_name_but_its_own_in_another_case(as_staff):
    tax, _ = made(as_staff, TAGS, "tax"), made(as_staff, TAGS, "urgent")

    taken = as_staff.patch(f"{TAGS}/{tax['id']}", json={"name": "URGENT"})
    own = as_staff.patch(f"{TAGS}/{tax['id']}", json={"name": "Tax"})

    assert (taken.status_code, own.status_code, own.json()["name"]) == (422, 200, "Tax")


def test_merged_tags_are_one_and_no_document_loses_or_doubles_it(as_staff, as_admin, put):
    both, one = put().json(), put(PDF + b"2").json()
    tagged(as_staff, both, "bill", "invoice")
    tagged(as_staff, one, "bill")
    bill, invoice = as_staff.get(TAGS).json()["items"]

    merged = as_admin.post(f"{TAGS}/{bill['id']}/merge", json={"into": invoice["id"]})

    assert merged.json() == {"id": invoice["id"], "name": "invoice", "documents": 2}
    assert [shown(as_staff, each["id"])["tags"] for each in (both, one)] == [["invoice"], ["invoice"]]
    assert names_at(as_staff, TAGS) == [("invoice", 2)]


def test_documents_outlive_their_tag_and_their_type(as_staff, as_admin, put):
    document = put().json()
    kind = made(as_admin, TYPES, "Invoice")
    path = f"/api/v1/documents/{document['id']}"
    as_staff.patch(path, json={"tags": ["tax"], "type_id": kind["id"]}, headers=if_match(1))
    [tag] = as_staff.get(TAGS).json()["items"]

    answers = [as_admin.delete(f"{TAGS}/{tag['id']}"), as_admin.delete(f"{TYPES}/{kind['id']}")]

    there = shown(as_staff, document["id"])
    assert [each.status_code for each in answers] == [204, 204]
    assert (there["tags"], there["type"], there["version"]) == ([], None, 4)


def test_merged_types_are_one(as_staff, as_admin, put):
    document = put().json()
    bill, invoice = made(as_admin, TYPES, "Bill"), made(as_admin, TYPES, "Invoice", is_expected=True)
    as_staff.patch(f"/api/v1/documents/{document['id']}", json={"type_id": bill["id"]}, headers=if_match(1))

    as_admin.post(f"{TYPES}/{bill['id']}/merge", json={"into": invoice["id"]})

    assert shown(as_staff, document["id"])["type"] == {"id": invoice["id"], "name": "Invoice"}
    [left] = as_staff.get(TYPES).json()["items"]
    assert (left["name"], left["documents"], left["is_expected"]) == ("Invoice", 1, True)


def test_a_type_says_whether_contacts_are_expected_to_have_one(as_admin):
    passport = made(as_admin, TYPES, "Passport")

    changed = as_admin.patch(f"{TYPES}/{passport['id']}", json={"is_expected": True})

    assert (passport["is_expected"], changed.json()["is_expected"]) == (False, True)


def test_what_a_rule_of_retention_names_is_neither_merged_away_nor_removed(as_admin, connection):
    bill, other = made(as_admin, TAGS, "bill"), made(as_admin, TAGS, "other")
    connection.execute(
        text(
            "INSERT INTO retention_rules (id, name, tag_id, keep_days, counted_from, made_at)"
            " VALUES (gen_random_uuid(), 'Bills', :tag, 3650, 'received', now())"
        ),
        {"tag": bill["id"]},
    )

    refused = [
        as_admin.delete(f"{TAGS}/{bill['id']}"),
        as_admin.post(f"{TAGS}/{bill['id']}/merge", json={"into": other["id"]}),
    ]

    assert [(each.status_code, each.json()["code"]) for each in refused] == [(409, "named-by-a-rule")] * 2
    assert as_admin.post(f"{TAGS}/{other['id']}/merge", json={"into": bill["id"]}).status_code == 200


def test_counts_leave_out_what_is_in_the_trash(as_staff, put):
    document = put().json()
    tagged(as_staff, document, "tax")

    as_staff.delete(f"/api/v1/documents/{document['id']}", headers=if_match(2))

    assert names_at(as_staff, TAGS) == [("tax", 0)]


def test_each_act_is_audited_without_the_name(as_admin, connection):
    tag = made(as_admin, TAGS, "Zanzibar")
    as_admin.patch(f"{TAGS}/{tag['id']}", json={"name": "Zanzibar 2"})
    as_admin.delete(f"{TAGS}/{tag['id']}")

    entries = connection.execute(text("SELECT act, details::text FROM audit_entries ORDER BY id")).all()
    assert [act for act, _ in entries] == ["tag.made", "tag.changed", "tag.removed"]
    assert not [details for _, details in entries if "Zanzibar" in details]


# What people might type, signs that nobody sees among it.
ODD = "aAßẞİIıiΣσςǅ\u202e\u200d\u00ad, \t\n\0"  # noqa: RUF001  # letters whose case is odd are the point
TYPED = st.text(st.characters(codec="utf-8") | st.sampled_from(ODD), max_size=80)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=st.lists(TYPED, max_size=6))
def test_any_names_are_tags_once_each_or_refused(platform, staff, names):
    with platform.database.transaction() as session:
        by = staff.as_actor()
        try:
            first = labels.tags_named(session, names, by)
        except Invalid:
            session.rollback()
            return
        again = labels.tags_named(session, [tag.name for tag in first], by)
        upper = labels.tags_named(session, [tag.name.lower() for tag in first], by)

        assert [tag.id for tag in first] == [tag.id for tag in again] == [tag.id for tag in upper]
        for tag in first:
            assert 1 <= len(tag.name) <= labels.LONGEST_NAME
            assert "," not in tag.name
            hidden = [sign for sign in tag.name if unicodedata.category(sign) in ("Cc", "Cf", "Cs")]
            assert set(hidden) <= {"\u200c", "\u200d"}
        session.rollback()


@pytest.mark.parametrize("kind", [Tag, DocumentType])
@pytest.mark.parametrize("name", ["", "   ", "\u202e", "x" * 61])
def test_a_name_is_something_that_can_be_read(platform, staff, kind, name):
    with platform.database.transaction() as session, pytest.raises(Invalid):
        labels.make(session, kind, name, staff.as_actor())
