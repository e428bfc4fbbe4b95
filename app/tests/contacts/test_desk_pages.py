"""The staff's pages about messages and contacts, as a browser without script meets them."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.contacts.browsing import choose, follow, page, status_of, undo_in
from tests.contacts.conftest import STEFAN, browser_of, if_match, one_of

from pretamane.core.actors import Actor, Role


def test_an_empty_inbox_says_so(desk):
    assert "Nothing new." in page(desk.get("/app/inbox"))
    assert "No message here is like that." in page(desk.get("/app/inbox?q=nothing"))


def test_the_inbox_shows_who_wrote_what_under_its_status_and_counts(desk, write):
    write("Ada Byron", subject="The greenhouse")
    write("Eve Dropper", leave_empty="x")

    inbox = page(desk.get("/app/inbox"))

    assert "Ada Byron" in inbox
    assert "The greenhouse" in inbox
    assert "Eve Dropper" not in inbox
    assert re.findall(r"(New|Open|Done|Spam) <span class=\"badge\">(\S+)</span>", inbox) == [
        ("New", "1"),
        ("Open", "0"),
        ("Done", "0"),
        ("Spam", "1"),
    ]


def test_what_strangers_wrote_is_shown_and_never_run(desk, write):
    message = write("<script>alert(1)</script> X", email="x@example.org", message="</textarea><b>bold</b>")

    shown = desk.get(f"/app/inbox/{message['id']}").text

    assert "<script>alert(1)" not in shown
    assert "&lt;/textarea&gt;&lt;b&gt;bold" in shown


def test_chosen_messages_are_marked_and_the_page_offers_to_undo_it(desk, write):
    ada, bob = write("Ada Byron"), write("Bob Stone")

    after = follow(desk, choose(desk, "done", ada, bob))

    assert "2 messages were marked as done." in after
    assert [status_of(desk, each) for each in (ada, bob)] == ["done", "done"]


def test_undo_puts_back_what_was(desk, write):
    ada = write("Ada Byron")
    offered = follow(desk, choose(desk, "done", ada))

    seconds, action, fields = undo_in(offered)
    undone = follow(desk, desk.post(action, data=fields))

    assert seconds == 10
    assert "That was undone." in undone
    assert status_of(desk, ada) == "new"


def test_undoing_a_block_lets_the_sender_through_again(desk, write):
    eve = write("Eve Dropper")
    _, action, fields = undo_in(follow(desk, choose(desk, "block", eve)))

    desk.post(action, data=fields)

    assert status_of(desk, eve) == "new"
    assert write("Eve Dropper", message="Again")["status"] == "new"


def test_the_sender_of_what_is_spam_already_is_blocked_by_an_act_that_is_audited_and_undone(desk, write, connection):
    spam = write("Eve Dropper", leave_empty="x")
    shown = follow(desk, choose(desk, "block", spam))
    blocked = write("Eve Dropper", message="Me again")["spam_reason"]
    _, action, fields = undo_in(shown)

    undone = follow(desk, desk.post(action, data=fields))

    assert "Further messages of the sender go to the spam." in shown
    assert (blocked, "That was undone." in undone) == ("the sender is blocked", True)
    assert (status_of(desk, spam), write("Eve Dropper", message="Again")["status"]) == ("spam", "new")
    audited = "SELECT details -> 'blocked', details -> 'unblocked' FROM audit_entries WHERE subject = :spam ORDER BY id"
    acts = connection.execute(text(audited), {"spam": spam["id"]}).all()
    assert acts == [(True, False), (False, True)]


def test_blocking_a_sender_who_is_blocked_already_changes_nothing(desk, write):
    choose(desk, "block", write("Eve Dropper"))

    again = choose(desk, "block", write("Eve Dropper", message="Again"))

    assert "done=" not in again.headers["location"]


def test_undoing_a_mark_alone_leaves_a_sender_blocked_who_was_so_before(desk, write):
    earlier, later = write("Eve Dropper"), write("Eve Dropper", message="Again")
    choose(desk, "block", earlier)
    _, action, fields = undo_in(follow(desk, choose(desk, "spam", later)))

    desk.post(action, data=fields)

    assert status_of(desk, later) == "new"
    assert write("Eve Dropper", message="Once more")["spam_reason"] == "the sender is blocked"


def test_undoing_a_block_by_two_messages_lets_the_sender_through_again(desk, write):
    both = write("Eve Dropper"), write("Eve Dropper", message="Again")
    _, action, fields = undo_in(follow(desk, choose(desk, "block", *both)))

    desk.post(action, data=fields)

    assert write("Eve Dropper", message="Once more")["status"] == "new"


def test_undoing_what_unblocked_blocks_again(desk, write):
    choose(desk, "block", write("Eve Dropper"))
    spam = write("Eve Dropper", message="Again")
    _, action, fields = undo_in(follow(desk, choose(desk, "open", spam)))

    desk.post(action, data=fields)

    assert write("Eve Dropper", message="Once more")["spam_reason"] == "the sender is blocked"
    assert one_of(desk.get(f"/api/v1/submissions/{spam['id']}"))["spam_reason"] == "the sender is blocked"


def test_undo_is_offered_for_ten_seconds_and_refused_afterwards(desk, write, clock):
    ada = write("Ada Byron")
    marked = choose(desk, "done", ada)
    _, action, fields = undo_in(follow(desk, marked))

    clock.move(11)
    later = page(desk.get(marked.headers["location"]))
    clock.move(5)
    refused = follow(desk, desk.post(action, data=fields))

    assert "data-undo" not in later
    assert "could not be undone any more" in refused
    assert status_of(desk, ada) == "done"


def test_nobody_undoes_what_somebody_else_did(desk, bea, write):
    ada = write("Ada Byron")
    _, action, fields = undo_in(follow(desk, choose(desk, "done", ada)))

    refused = follow(bea, bea.post(action, data=fields))

    assert "could not be undone" in refused
    assert status_of(desk, ada) == "done"


def test_undo_overwrites_nothing_that_was_done_since(desk, bea, write):
    ada = write("Ada Byron")
    _, action, fields = undo_in(follow(desk, choose(desk, "done", ada)))
    bea.patch(f"/api/v1/submissions/{ada['id']}", json={"status": "open"}, headers=if_match(ada["version"] + 1))

    desk.post(action, data=fields)

    assert status_of(desk, ada) == "open"


def test_an_undo_of_several_says_that_one_was_changed_since_and_takes_back_the_others(desk, bea, write):
    ada, bob = write("Ada Byron"), write("Bob Stone")
    _, action, fields = undo_in(follow(desk, choose(desk, "done", ada, bob)))
    bea.patch(f"/api/v1/submissions/{ada['id']}", json={"status": "open"}, headers=if_match(ada["version"] + 1))

    told = follow(desk, desk.post(action, data=fields))

    assert "Some were changed by somebody else meanwhile, and were left as they are." in told
    assert (status_of(desk, ada), status_of(desk, bob)) == ("open", "new")


def test_fifty_messages_of_a_page_are_marked_by_one_form(desk, write):
    messages = [write(f"Visitor{number} Some") for number in range(50)]

    after = follow(desk, choose(desk, "spam", *messages))

    assert "50 messages were marked as spam." in after


def test_a_form_without_a_choice_says_what_to_do(desk, write):
    write()

    assert "Choose at least one message first." in follow(desk, choose(desk, "done"))


def test_the_older_messages_are_on_the_next_page(desk, write, clock):
    for number in range(51):
        write(f"Visitor{number} Some")
        clock.move(1)

    first = page(desk.get("/app/inbox"))
    older = re.search(r'href="([^"]+)" rel="next"', first)
    assert older
    second = page(desk.get(unescape(older[1])))

    assert "Visitor50 Some" in first
    assert "Visitor0 Some" not in first
    assert "Visitor0 Some" in second
    assert 'rel="next"' not in second


def test_marking_and_undoing_on_the_second_page_stays_there(desk, write, clock):
    messages = []
    for number in range(52):
        messages.append(write(f"Visitor{number} Some"))
        clock.move(1)
    older = re.search(r'href="([^"]+)" rel="next"', page(desk.get("/app/inbox")))
    assert older
    second = page(desk.get(unescape(older[1])))
    [cursor] = set(re.findall(r'name="cursor" value="([^"]+)"', second))

    marked = follow(desk, choose(desk, "done", messages[0], cursor=cursor))
    _, action, fields = undo_in(marked)
    undone = follow(desk, desk.post(action, data=fields))

    assert ("Visitor1 Some" in marked, "Visitor0 Some" in marked, "Visitor51 Some" in marked) == (True, False, False)
    assert ("Visitor0 Some" in undone, "Visitor51 Some" in undone) == (True, False)


@pytest.mark.parametrize(("narrowed", "counts"), [("", 4), ("&q=ada", 0), ("&assignee=me", 0)])
def test_no_tab_counts_what_a_filter_leaves_out(desk, write, narrowed, counts):
    write("Ada Byron")
    write("Bob Stone")

    inbox = page(desk.get(f"/app/inbox?status=new{narrowed}"))

    assert len(re.findall(r"(?:New|Open|Done|Spam) <span class=\"badge\">", inbox)) == counts


def test_the_table_to_download_has_what_is_shown(desk, write):
    ada, bob = write("Ada Byron", message="The roof & more"), write("Bob Stone", message="The roof, too")
    for each in (ada, bob):
        values = {"assignee_id": str(STEFAN.account_id)} if each is ada else {"status": "new"}
        one_of(desk.patch(f"/api/v1/submissions/{each['id']}", json=values, headers=if_match(each["version"])))

    narrowed = desk.get("/app/inbox", params={"status": "new", "assignee": "me", "q": "roof & more"})
    link = re.search(r'href="(/api/v1/submissions.csv[^"]*)"', narrowed.text)
    assert link
    table = page(desk.get(unescape(link[1])))

    assert ("Ada Byron" in table, "Bob Stone" in table) == (True, False)


def test_an_administrator_is_led_to_the_first_run_until_the_practice_is_set_up(everybody, desk, connection):
    def leads_there(browser):
        return "/app/settings/first-run" in page(browser.get("/app/inbox"))

    with browser_of(everybody, Actor(UUID(int=5), "Anna", Role.ADMIN)) as administrator:
        new = leads_there(administrator)
        connection.execute(text("UPDATE practice SET recipient = 'office@weber.example'"))
        assert (new, leads_there(desk), leads_there(administrator)) == (True, False, False)


def test_texts_for_answers_are_added_changed_and_removed(desk):
    desk.post("/app/answers", data={"title": "Thanks", "text": "Thank you"})
    taken = desk.post("/app/answers", data={"title": "Thanks", "text": "Other words"})
    [found] = re.findall(r'action="(/app/answers/[0-9a-f-]+)"', desk.get("/app/answers").text)
    desk.post(found, data={"version": 1, "title": "Thanks!", "text": "Thank you so much"})
    stale = desk.post(found, data={"version": 1, "title": "Thanks?", "text": "Mine"})

    assert (taken.status_code, stale.status_code) == (422, 412)
    assert "Other words</textarea>" in taken.text
    assert "Mine</textarea>" in stale.text
    assert "Thank you so much" in page(desk.get("/app/answers"))
    stale = desk.post(f"{found}/removal", data={"version": 1})
    assert (stale.status_code, "Thank you so much" in page(desk.get("/app/answers"))) == (412, True)
    desk.post(f"{found}/removal", data={"version": 2})
    assert "There is no text yet." in page(desk.get("/app/answers"))


def test_a_text_that_is_not_there_is_not_removed_and_nothing_is_audited(desk, connection):
    answer = desk.post(f"/app/answers/{UUID(int=9)}/removal", data={"version": 1})

    assert answer.status_code == 404
    assert connection.scalar(text("SELECT count(*) FROM audit_entries")) == 0


def test_a_viewer_sees_everything_and_no_form_that_changes_it(onlooker, write):
    message = write()

    for address in ("/app/inbox", f"/app/inbox/{message['id']}", f"/app/contacts/{message['contact_id']}"):
        shown = page(onlooker.get(address))
        assert "Ada Byron" in shown
        posts = set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', shown)) - {
            "/app/sign-out",
            "/app/inbox",
        }
        assert posts == set()
    assert choose(onlooker, "done", message).status_code == 403


def test_a_contact_is_edited_and_a_clash_keeps_what_was_typed(desk, write):
    address = f"/app/contacts/{write()['contact_id']}"
    version = re.search(r'name="version" value="(\d+)"', desk.get(address).text)
    assert version
    typed = {
        "version": version[1],
        "name": "Ada King",
        "email": "ada@example.org",
        "phone": "",
        "company": "",
        "tags": "a, B",
    }

    saved = follow(desk, desk.post(address, data=typed))
    clash = desk.post(address, data=typed | {"name": "Ada Lovelace"})

    assert "The contact was saved." in saved
    assert 'value="a, b"' in saved
    assert clash.status_code == 412
    assert "<dt>Name</dt><dd>Ada King</dd>" in clash.text
    assert 'value="Ada Lovelace"' in clash.text


@pytest.mark.parametrize("how", ["email", "reference", "contact_id"])
def test_a_merge_is_shown_before_it_is_done(desk, write, how):
    ada, other = write("Ada Byron"), write("Augusta King", phone="1234")
    address = f"/app/contacts/{ada['contact_id']}"

    preview = page(desk.get(f"{address}/merge", params={"other": other[how]}))
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', preview))
    merged = follow(desk, desk.post(f"{address}/merge", data=fields))

    assert "One message and no note move." in preview
    assert "The two are one contact now." in merged
    assert "1234" in merged
    old = desk.get(f"/app/contacts/{other['contact_id']}")
    assert (old.status_code, old.headers["location"]) == (303, address)


@pytest.mark.parametrize("nobody", ["nobody@example.org", "K7MQ-0000", "", "\x00"])
def test_a_merge_with_nobody_says_so_beside_the_field(desk, write, nobody):
    answer = desk.get(f"/app/contacts/{write()['contact_id']}/merge", params={"other": nobody})

    assert answer.status_code == 422
    assert 'id="other-error"' in answer.text


@pytest.mark.parametrize(
    "address",
    ["/app/inbox?assignee=me", "/app/inbox?q=%00&status=all", "/app/contacts?tag=%00&q=%27%26", "/app/inbox?done=x"],
)
def test_strange_addresses_are_no_failure_of_ours(desk, write, address):
    write()

    assert desk.get(address).status_code in (200, 422)


def test_the_undo_leads_back_to_our_own_pages_only(desk, write):
    message = write()
    marked = choose(desk, "done", message)
    [event] = parse_qs(urlsplit(marked.headers["location"]).query)["done"]

    answer = desk.post(f"/app/undo/{event}", data={"q": "//evil.example", "status": "http://evil.example"})

    assert answer.headers["location"].startswith("/app/inbox?")
