"""What staff and their programs do with contacts."""

import pytest
from sqlalchemy import text
from tests.contacts.conftest import if_match, one_of

ADDRESS = "/api/v1/contacts"


@pytest.fixture
def meet(desk, write):
    """Somebody who wrote."""
    return lambda name="Ada Byron", **said: one_of(desk.get(f"{ADDRESS}/{write(name, **said)['contact_id']}"))


def names(answer):
    return [each["name"] for each in one_of(answer)["items"]]


def edit(browser, contact, **values):
    return browser.patch(f"{ADDRESS}/{contact['id']}", json=values, headers=if_match(contact["version"]))


def merge(browser, contact, other):
    wanted = {"other": other["id"], "other_version": other["version"]}
    return browser.post(f"{ADDRESS}/{contact['id']}/merge", json=wanted, headers=if_match(contact["version"]))


def test_a_change_of_a_contact_is_kept_and_gives_a_new_version(desk, meet):
    ada = meet()

    changed = one_of(edit(desk, ada, phone=" 020 7946 0000 ", tags=["Tax ", "tax", "VIP"]))

    assert (changed["phone"], changed["tags"], changed["version"]) == (
        "020 7946 0000",
        ["tax", "vip"],
        ada["version"] + 1,
    )
    assert (changed["name"], changed["email"]) == (ada["name"], ada["email"])


def test_a_second_change_of_the_same_version_is_refused(desk, bea, meet):
    ada = meet()

    answers = [edit(desk, ada, name="Ada King"), edit(bea, ada, name="Ada Lovelace")]

    assert [answer.status_code for answer in answers] == [200, 412]
    assert one_of(desk.get(f"{ADDRESS}/{ada['id']}"))["name"] == "Ada King"


def test_a_message_to_a_known_contact_is_no_change_of_it(desk, write, meet):
    ada = meet()

    write("Ada Byron", message="Once more")

    assert one_of(edit(desk, ada, name="Ada King"))["name"] == "Ada King"


def test_an_address_that_another_contact_has_is_refused_with_the_way_out(desk, meet):
    ada, bob = meet("Ada Byron"), meet("Bob Stone")

    answer = edit(desk, ada, email=bob["email"].upper())

    assert answer.status_code == 422
    assert "merge" in answer.json()["errors"]["email"]


@pytest.mark.parametrize(
    "wrong", [{"email": "nobody"}, {"name": ""}, {"name": None}, {"tags": ["x"] * 31}, {"tags": ["a, b"]}, {"age": 3}]
)
def test_what_cannot_be_taken_is_refused_by_its_field(desk, meet, wrong):
    ada = meet()

    answer = edit(desk, ada, **wrong)

    assert answer.status_code == 422
    assert one_of(desk.get(f"{ADDRESS}/{ada['id']}"))["version"] == ada["version"]


def test_contacts_are_found_by_words_and_by_tag(desk, meet):
    ada, _bob = meet("Ada Byron", company="Analytical Engines"), meet("Bob Stone")
    edit(desk, ada, tags=["Sunday Club"])

    assert names(desk.get(ADDRESS, params={"q": "engin"})) == ["Ada Byron"]
    assert names(desk.get(ADDRESS, params={"tag": "sunday club"})) == ["Ada Byron"]
    assert names(desk.get(ADDRESS, params={"tag": "sunday\x00"})) == []


def test_a_preview_says_what_a_merge_would_do_and_does_nothing(desk, meet):
    ada, other = meet("Ada Byron"), meet("Augusta King", phone="1234", company="Engines")

    shown = one_of(desk.get(f"{ADDRESS}/{ada['id']}/merge", params={"other": other["id"]}))

    assert (shown["name"], shown["email"], shown["phone"]) == ("Ada Byron", "ada@example.org", "1234")
    assert (shown["submissions"], shown["notes"]) == (1, 0)
    assert names(desk.get(ADDRESS)) == ["Augusta King", "Ada Byron"]


def test_a_merge_moves_messages_notes_and_tags_and_fills_what_was_missing(desk, meet):
    ada, other = meet("Ada Byron"), meet("Augusta King", phone="1234")
    desk.post(f"{ADDRESS}/{other['id']}/notes", json={"text": "Speaks French"})
    other = one_of(edit(desk, other, tags=["math"]))

    merged = one_of(merge(desk, ada, other))

    assert (merged["name"], merged["phone"], merged["tags"]) == ("Ada Byron", "1234", ["math"])
    history = one_of(desk.get("/api/v1/submissions", params={"contact": ada["id"]}))["items"]
    assert [each["name"] for each in history] == ["Augusta King", "Ada Byron"]
    assert [each["text"] for each in one_of(desk.get(f"{ADDRESS}/{ada['id']}"))["notes"]] == ["Speaks French"]
    assert names(desk.get(ADDRESS)) == ["Ada Byron"]


def test_whoever_was_merged_is_found_under_the_old_name_and_writes_to_the_survivor(desk, write, meet):
    ada, other = meet("Ada Byron"), meet("Augusta King")
    merge(desk, ada, other)

    later = write("Augusta King", message="It is me again")

    assert later["contact_id"] == ada["id"]
    assert names(desk.get(ADDRESS, params={"q": "augusta@example.org"})) == ["Ada Byron"]
    assert one_of(desk.get(f"{ADDRESS}/{other['id']}"))["merged_into"] == ada["id"]


def test_the_merge_of_a_survivor_takes_everybody_along(desk, write, meet):
    first, second, third = meet("Ada Byron"), meet("Augusta King"), meet("Countess Lovelace")
    second = one_of(merge(desk, second, first))

    merge(desk, third, second)

    assert write("Ada Byron", message="Third life")["contact_id"] == third["id"]
    history = one_of(desk.get("/api/v1/submissions", params={"contact": third["id"]}))["items"]
    assert len(history) == 4
    assert one_of(desk.get(f"{ADDRESS}/{first['id']}"))["merged_into"] == third["id"]


def test_a_merge_of_versions_that_were_not_seen_does_nothing(desk, meet):
    ada, other = meet("Ada Byron"), meet("Augusta King")
    edit(desk, other, phone="99")

    assert merge(desk, ada, other).status_code == 412
    assert len(names(desk.get(ADDRESS))) == 2


def test_a_contact_is_not_merged_with_itself_nor_twice(desk, meet):
    ada, other = meet("Ada Byron"), meet("Augusta King")

    assert merge(desk, ada, ada).status_code == 422
    ada = one_of(merge(desk, ada, other))
    assert merge(desk, ada, other).status_code == 409
    assert edit(desk, other, name="X").status_code == 409


def test_a_merge_is_told_to_whoever_holds_something_of_the_contact(desk, meet, connection):
    ada, other = meet("Ada Byron"), meet("Augusta King")

    merge(desk, ada, other)

    [event] = connection.execute(text("SELECT subject, details FROM events WHERE name = 'contact.merged'")).all()
    assert (str(event.subject), event.details) == (ada["id"], {"other": other["id"]})
