"""What a member of staff does in a morning, with a browser, with and without script, with and without a mouse."""

from playwright.sync_api import Locator, Page, expect


def row(page: Page, name: str) -> Locator:
    """The newest message of somebody."""
    return page.get_by_role("row").filter(has_text=name).first


def boxes(page: Page, *names: str) -> Locator:
    """Of the newest message of each, wherever it stands later."""
    found = (row(page, name).get_by_role("checkbox").get_attribute("name") for name in names)
    return page.locator(", ".join(f'input[name="{name}"]' for name in found))


def open_message(page: Page, inbox: str, name: str) -> None:
    page.goto(inbox)
    row(page, name).get_by_role("link", name=name).click()


def test_messages_are_chosen_marked_and_that_undone(page: Page, inbox: str) -> None:
    page.goto(inbox)
    chosen, others = boxes(page, "Ada Byron", "Bob Stone"), boxes(page, "Cora Lee", "Eve Dropper")
    for box in chosen.all():
        box.check()
    page.get_by_role("button", name="Mark as done").click()

    expect(page.get_by_role("status")).to_contain_text("2 messages were marked as done.")
    expect(chosen).to_have_count(0)
    expect(others).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("That was undone.")).to_be_visible()
    expect(chosen).to_have_count(2)


def test_a_message_is_noted_answered_and_done(page: Page, inbox: str) -> None:
    open_message(page, inbox, "Cora Lee")
    page.get_by_label("Note (all staff").fill("She rang, too.")
    page.get_by_role("button", name="Keep the note").click()
    page.get_by_label("Your answer").fill("Dear Cora Lee,\n\nyes, gladly.")
    page.get_by_label("That settles it").check()
    page.get_by_role("button", name="Send the answer").click()

    notes = page.locator("#notes")
    expect(notes).to_contain_text("Stefan noted")
    expect(notes).to_contain_text("She rang, too.")
    expect(notes).to_contain_text("yes, gladly.")
    expect(page.get_by_text("On its way")).to_be_visible()
    expect(page.get_by_label("Status")).to_have_value("done")


def test_an_answer_that_was_begun_is_still_there_after_an_undo(page: Page, inbox: str) -> None:
    open_message(page, inbox, "Bob Stone")
    page.get_by_label("Your answer").fill("Dear Bob Stone,\n\nlet me look")
    page.get_by_label("Status").select_option("done")
    page.get_by_role("button", name="Save").click()

    page.get_by_label("Your answer").fill("Dear Bob Stone,\n\nlet me look into it.")
    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_text("That was undone.")).to_be_visible()
    expect(page.get_by_label("Status")).to_have_value("new")
    expect(page.get_by_label("Your answer")).to_have_value("Dear Bob Stone,\n\nlet me look into it.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.locator("#notes")).to_contain_text("let me look into it.")


def test_spam_is_marked_with_its_sender(page: Page, inbox: str) -> None:
    open_message(page, inbox, "Eve Dropper")
    page.get_by_label("Status").select_option("spam")
    page.get_by_label("If it is spam, block the sender too").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_text("further messages of the sender go there too")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Status")).to_have_value("new")


def test_a_clash_keeps_what_was_typed(page: Page, inbox: str) -> None:
    open_message(page, inbox, "Ada Byron")
    page.get_by_role("link", name="Ada Byron").click()
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("Phone").fill("1111")
    other.get_by_role("button", name="Save").click()

    page.get_by_label("Phone").fill("2222")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("Somebody changed this contact meanwhile")
    expect(page.get_by_text("1111")).to_be_visible()
    expect(page.get_by_label("Phone")).to_have_value("2222")
    page.get_by_label("Phone").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The contact was saved.")).to_be_visible()


def test_by_keyboard_alone(scripted: Page, inbox: str) -> None:
    """j and k go between messages, x chooses one, and Tab and Enter do the rest."""
    scripted.goto(inbox)
    expect(scripted.get_by_label("Choose all of these messages")).to_be_visible()
    first, second = (scripted.locator("[data-row]").nth(number) for number in (0, 1))

    for key in ("j", "x", "j"):
        scripted.keyboard.press(key)
    expect(second).to_be_focused()
    scripted.keyboard.press("k")
    expect(first).to_be_focused()
    scripted.get_by_role("button", name="Mark as open").focus()
    scripted.keyboard.press("Enter")

    expect(scripted.get_by_role("status")).to_contain_text("One message was marked as open.")
    scripted.get_by_role("button", name="Undo").focus()
    scripted.keyboard.press("Enter")
    expect(scripted.get_by_text("That was undone.")).to_be_visible()


def test_an_undo_goes_away_when_its_time_is_over(scripted: Page, inbox: str) -> None:
    scripted.goto(inbox)
    row(scripted, "Bob Stone").get_by_role("checkbox").check()
    scripted.get_by_role("button", name="Mark as open").click()

    expect(scripted.get_by_role("button", name="Undo")).to_be_visible()
    expect(scripted.get_by_role("button", name="Undo")).to_be_hidden(timeout=12_000)
    expect(scripted.get_by_role("status")).to_contain_text("One message was marked as open.")
