"""Who did what, page by page, for those who ask for somebody or for something."""

import re

import pytest

from pretamane.core import audit
from pretamane.core.actors import Actor, Role
from pretamane.core.ids import new_id
from pretamane.core.paging import PAGE

ADDRESS = "/app/settings/audit"
ADA, BEN = (Actor(new_id(), name, Role.STAFF) for name in ("Ada Byron", "Ben_100%"))


def did(platform, act, by=ADA, **details):
    platform.work.run_now(audit.record, by, act, new_id(), **details)


def acts_on(answer):
    return re.findall(r'data-label="Act">([^<]+)</td>', answer.text)


def older(answer):
    found = re.findall(r'<a href="([^"]+)" rel="next">', answer.text)
    return found[0].replace("&amp;", "&") if found else None


def test_nothing_yet_is_said_so(browser):
    assert "Nothing has been done yet." in browser.get(ADDRESS).text


def test_the_newest_stands_first_with_who_what_and_the_names_of_fields(browser, platform, clock):
    did(platform, "contact.changed", fields=["phone", "tags"])
    clock.move(60)
    did(platform, "practice.changed", by=BEN)

    answer = browser.get(ADDRESS)
    assert acts_on(answer) == ["practice.changed", "contact.changed"]
    assert "fields: phone, tags" in answer.text
    assert "2 Mar 2026, 09:01" in answer.text


def test_every_entry_is_on_just_one_page_also_those_of_one_moment(browser, platform, clock):
    count = 2 * PAGE + 3
    for number in range(count):
        clock.move(number % 3)
        did(platform, f"act.{number}")

    seen, address = [], ADDRESS
    while address:
        answer = browser.get(address)
        seen += acts_on(answer)
        address = older(answer)

    assert len(seen) == count
    assert set(seen) == {f"act.{number}" for number in range(count)}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": ADA.account_id}, ["contact.merged", "contact.changed"]),
        ({"who": BEN.account_id}, ["key.made"]),
        ({"who": new_id()}, []),
        ({"act": "contact.changed"}, ["contact.changed"]),
        ({"act": "%"}, []),
        ({"who": ADA.account_id, "act": "contact.merged"}, ["contact.merged"]),
        ({"who": "", "act": "\x00"}, ["key.made", "contact.merged", "contact.changed"]),
    ],
)
def test_only_what_was_asked_for_is_listed(browser, platform, clock, asked, found):
    for act, by in (("contact.changed", ADA), ("contact.merged", ADA), ("key.made", BEN)):
        did(platform, act, by)
        clock.move(1)

    answer = browser.get(ADDRESS, params=asked)

    assert acts_on(answer) == found
    assert ("No act is like that" in answer.text) is (found == [])


def test_what_was_done_to_one_thing_is_one_click_away(browser, platform):
    did(platform, "contact.changed")
    did(platform, "contact.merged")
    subject = re.findall(r'href="([^"]+\?subject=[^"]+)"', browser.get(ADDRESS).text)[0]

    assert acts_on(browser.get(subject)) == ["contact.merged"]


def test_every_kind_of_act_can_be_chosen(browser, platform):
    for act in ("key.made", "contact.changed", "key.made"):
        did(platform, act)

    chosen = re.findall(r"<option>([^<]+)</option>", browser.get(ADDRESS).text)
    assert chosen == ["contact.changed", "key.made"]


def test_the_way_to_older_ones_keeps_what_was_asked_for(browser, platform):
    for number in range(PAGE + 1):
        did(platform, f"contact.{number}")
        did(platform, "key.made", BEN)

    answer = browser.get(ADDRESS, params={"who": ADA.account_id})

    assert len(acts_on(answer)) == PAGE
    assert len(acts_on(browser.get(older(answer)))) == 1


def test_a_place_that_no_page_gave_out_gets_a_sentence(browser):
    answer = browser.get(ADDRESS, params={"before": "nonsense"})

    assert answer.status_code == 400
    assert "Start again at the first page." in answer.text


def test_an_account_that_is_none_gets_a_sentence(browser):
    answer = browser.get(ADDRESS, params={"who": "Ada"})

    assert answer.status_code == 400
    assert "no identity" in answer.text


def test_what_is_listed_is_only_text(browser, platform):
    did(platform, "contact.changed", by=Actor(None, "<script>alert(1)</script>", Role.STAFF), fields=["<b>"])

    answer = browser.get(ADDRESS, params={"act": '"><script>'})
    everything = browser.get(ADDRESS)

    assert "<script>" not in answer.text + everything.text
    assert "<b>" not in everything.text
