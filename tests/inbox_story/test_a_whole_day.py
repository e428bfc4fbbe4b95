"""A day at the practice, from the first message to signing out, with real passwords: with script and without it."""

import csv
import re
from pathlib import Path

from playwright.sync_api import Page, StorageState, expect

from tests.chromium import NewContext
from tests.inbox_story.desk import (
    choice,
    faults,
    go_to,
    notice,
    open_contact,
    open_inbox,
    open_message,
    press,
    reload_until_it_says,
    row,
    search,
    section,
    sign_in,
    text_field,
)
from tests.inbox_story.practice import ADA, BEN, EARLIER, Person, Practice, somebody
from tests.site_story import visitor


def writes_by_the_form(page: Page, practice: Practice, person: Person, message: str) -> None:
    typed = {"name": person.name, "email": person.email, "subject": "A lease that ends in spring", "message": message}
    page.goto(f"{practice.address}/contact.html")
    visitor.fill_in(page, typed)
    visitor.take_time(page)
    visitor.send(page)
    expect(page.locator("h1:visible")).to_contain_text("We have your message")


def keep_text_for_answers(page: Page, title: str, text: str) -> None:
    open_inbox(page)
    page.get_by_role("link", name="Texts for answers").click()
    new = section(page, "A new text")
    new.get_by_role("textbox", name="Title").fill(title)
    new.get_by_role("textbox", name="Text").fill(text)
    press(page, "Keep the text")
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def gives_to(page: Page, colleague: Person) -> None:
    choice(page, "Assigned to").select_option(label=colleague.name)
    press(page, "Save")
    expect(notice(page)).to_contain_text("assigned")
    expect(choice(page, "Assigned to").locator("option:checked")).to_have_text(colleague.name)


def opens_own(page: Page, sender: Person) -> None:
    choice(page, "Assigned to").select_option(label="me")
    press(page, "Show")
    row(page, sender.name).get_by_role("link", name=sender.name).click()


def notes(page: Page, text: str, by: Person) -> None:
    text_field(page, "Note").fill(text)
    press(page, "Keep the note")
    expect(section(page, "Notes and answers")).to_contain_text(f"{by.name} noted")
    expect(section(page, "Notes and answers")).to_contain_text(text)


def answers_with(page: Page, title: str, begins: str, by: Person) -> None:
    choice(page, "Begin with").select_option(label=title)
    press(page, "Take this text")
    expect(text_field(page, "Your answer")).to_have_value(re.compile(f"^{begins}"))
    press(page, "Send the answer")
    expect(section(page, "Notes and answers")).to_contain_text(f"{by.name} answered")


def test_a_message_is_assigned_and_the_colleague_notes_answers_and_settles_it(
    page: Page, new_context: NewContext, with_script: bool, practice: Practice
) -> None:
    zoe, title = somebody("Zoë Marsh"), f"A date {'with' if with_script else 'without'} script"
    writes_by_the_form(page, practice, zoe, "Can I end the lease early?")
    sign_in(page, practice, ADA)
    keep_text_for_answers(page, title, "Dear {name},\n\nplease come on Monday. We keep your letter as {reference}.")
    open_message(page, zoe)
    expect(page.get_by_text("Can I end the lease early?")).to_be_visible()
    gives_to(page, BEN)

    ben = new_context(java_script_enabled=with_script).new_page()
    sign_in(ben, practice, BEN)
    opens_own(ben, zoe)
    notes(ben, "Her lease is in the blue binder.", BEN)
    answers_with(ben, title, f"Dear {zoe.name},", BEN)

    assert f"Dear {zoe.name}," in practice.mail_to(zoe, "please come on Monday")
    reload_until_it_says(ben, section(ben, "Notes and answers"), "Sent")
    choice(ben, "Status").select_option(label="Done")
    press(ben, "Save")
    expect(notice(ben)).to_contain_text("marked as done")
    open_inbox(ben, "Done")
    expect(row(ben, zoe.name)).to_contain_text("Done")
    page.reload()
    expect(section(page, "Notes and answers")).to_contain_text("Her lease is in the blue binder.")


def test_what_was_marked_as_done_comes_back_by_undo(ada: Page, practice: Practice) -> None:
    ida = somebody("Ida Quick")
    practice.receives(ida, "Is anybody there?")
    open_message(ada, ida)

    choice(ada, "Status").select_option(label="Done")
    press(ada, "Save")
    expect(notice(ada)).to_contain_text("done")
    expect(choice(ada, "Status").locator("option:checked")).to_have_text("Done")
    press(ada, "Undo")

    expect(notice(ada)).to_contain_text("undone")
    expect(choice(ada, "Status").locator("option:checked")).to_have_text("New")
    expect(ada.get_by_role("button", name="Undo")).to_have_count(0)
    open_inbox(ada)
    expect(row(ada, ida.name)).to_contain_text("New")


def test_spam_goes_in_bulk_and_its_sender_with_it(ada: Page, practice: Practice) -> None:
    eve = somebody("Eve Pills")
    for offer in ("Cheap pills", "Cheaper pills"):
        practice.receives(eve, "Buy now.", subject=offer)
    open_inbox(ada)
    for offer in ("Cheap pills", "Cheaper pills"):
        row(ada, eve.name).filter(has_text=offer).get_by_role("checkbox").check()
    press(ada, "Spam, and block the sender")

    expect(notice(ada)).to_contain_text("2 messages")
    expect(row(ada, eve.name)).to_have_count(0)
    practice.receives(eve, "Buy tomorrow.", subject="The cheapest pills")
    open_inbox(ada)
    expect(row(ada, eve.name)).to_have_count(0)
    open_inbox(ada, "Spam")
    expect(row(ada, eve.name)).to_have_count(3)
    row(ada, "The cheapest pills").filter(has_text=eve.name).get_by_role("link", name=eve.name).click()
    expect(ada.get_by_text("the sender is blocked")).to_be_visible()


def notes_on_contact(page: Page, person: Person, text: str) -> None:
    open_contact(page, person)
    text_field(page, "Note").fill(text)
    press(page, "Keep the note")
    expect(section(page, "Notes")).to_contain_text(text)


def edits_contact(page: Page, person: Person, company: str, tags: str) -> None:
    open_contact(page, person)
    text_field(page, "Company").fill(company)
    text_field(page, "Tags").fill(tags)
    press(page, "Save")
    expect(notice(page)).to_contain_text("saved")


def test_two_contacts_who_are_one_person_become_one(ada: Page, practice: Practice) -> None:
    at_work, at_home = somebody("Nora Finch"), somebody("Nora Finch")
    practice.receives(at_work, "From my desk.", subject="From the office")
    practice.receives(at_home, "From my sofa.", subject="From home", phone="030 1234567")
    tag = f"tenant-{at_work.email.partition('@')[0]}"
    notes_on_contact(ada, at_home, "Rings after six.")
    edits_contact(ada, at_work, "Finch & Daughters", f"{tag}, spring")

    text_field(ada, "The other’s e-mail").fill(at_home.email)
    press(ada, "Show what a merge would do")
    expect(row(ada, "Phone").get_by_role("cell").last).to_have_text("030 1234567")
    expect(row(ada, "E-mail").get_by_role("cell").last).to_have_text(at_work.email)
    expect(ada.get_by_text("One message and one note move.")).to_be_visible()
    press(ada, "Merge the two")

    for subject in ("From the office", "From home"):
        expect(section(ada, "Messages").get_by_role("link", name=subject)).to_be_visible()
    expect(section(ada, "Notes")).to_contain_text("Rings after six.")
    expect(text_field(ada, "Phone")).to_have_value("030 1234567")
    expect(text_field(ada, "Company")).to_have_value("Finch & Daughters")
    finds_the_one_who_is_left(ada, at_work, at_home, tag)


def finds_the_one_who_is_left(page: Page, survivor: Person, other: Person, tag: str) -> None:
    go_to(page, "Contacts")
    search(page, other.email)
    expect(row(page, survivor.email)).to_have_count(1)
    expect(row(page, other.email)).to_have_count(0)
    row(page, survivor.email).get_by_role("link", name=tag).click()
    expect(page.get_by_role("row")).to_have_count(2)
    expect(row(page, survivor.email)).to_contain_text("spring")
    go_to(page, "Contacts")
    text_field(page, "Tag").fill("nobody-has-this")
    press(page, "Show")
    expect(page.get_by_role("table")).to_have_count(0)
    expect(page.get_by_role("link", name="Show everybody")).to_be_visible()


def test_older_messages_are_a_page_away_and_found_by_a_word(ada: Page, practice: Practice) -> None:
    ulf = somebody("Ulf Newest")
    practice.receives(ulf, "About the zeppelin.")
    open_inbox(ada)
    expect(row(ada, ulf.name)).to_be_visible()
    expect(row(ada, EARLIER[0])).to_have_count(0)

    ada.get_by_role("link", name="Older messages").click()
    expect(row(ada, EARLIER[0])).to_be_visible()
    expect(row(ada, ulf.name)).to_have_count(0)
    ada.get_by_role("link", name="Back to the newest").click()
    expect(row(ada, ulf.name)).to_be_visible()

    search(ada, f"zeppelin {ulf.name}")
    expect(row(ada, ulf.name)).to_be_visible()
    expect(ada.get_by_role("row")).to_have_count(2)


def test_lists_are_taken_along_as_files(ada: Page, practice: Practice, tmp_path: Path) -> None:
    ira = somebody("Ira Comma, née “Quote”")
    practice.receives(ira, "One line,\nand another.", company="=1+1")
    open_inbox(ada)
    messages = downloaded(ada, tmp_path / "messages.csv")
    go_to(ada, "Contacts")
    people = downloaded(ada, tmp_path / "people.csv")

    assert {ira.name, *EARLIER} <= {line["name"] for line in messages}
    assert {ira.name, *EARLIER} <= {line["name"] for line in people}
    [message] = [line for line in messages if line["name"] == ira.name]
    assert (message["message"], message["company"]) == ("One line,\nand another.", "'=1+1")


def downloaded(page: Page, file: Path) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    download.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def test_who_signs_out_leaves_nothing_open(page: Page, practice: Practice) -> None:
    uma = somebody("Uma Private")
    practice.receives(uma, "Between us.")
    sign_in(page, practice, ADA)
    open_message(page, uma)
    message = page.url
    page.get_by_role("link", name=uma.name).first.click()
    contact = page.url
    press(page, "Sign out")
    expect(page.get_by_text("You are signed out.")).to_be_visible()

    page.go_back()
    expect(page.get_by_text(uma.email)).to_have_count(0)
    desk = f"{practice.address}/app"
    for address in (message, contact, f"{desk}/inbox", f"{desk}/contacts", f"{desk}/answers"):
        page.goto(address)
        expect(page.get_by_text("Sign in").first).to_be_visible()
        expect(page.get_by_text(uma.name)).to_have_count(0)


def test_axe_finds_nothing_serious_in_what_a_day_leaves_on_the_pages(
    new_context: NewContext, practice: Practice, ada_s_session: StorageState
) -> None:
    page, una = new_context(storage_state=ada_s_session).new_page(), somebody("Una Late")
    practice.receives(una, "One more thing.")
    page.goto(f"{practice.address}/app/inbox")
    open_message(page, una)
    notes(page, "It can wait.", ADA)
    choice(page, "Status").select_option(label="Done")
    press(page, "Save")
    expect(notice(page)).to_be_visible()
    assert faults(page) == []

    edits_contact(page, una, "Late & Later", "evening")
    assert faults(page) == []
