"""What only a person can give or decide: a file's password, and whether a file is let out of quarantine."""

from playwright.sync_api import Page, expect

from tests.documents_story.desk import document_of, download, file, upload
from tests.documents_story.house import House
from tests.documents_story.samples import locked_pdf, pdf


def kept(page: Page, house: House, name: str, content: bytes) -> None:
    """On its own page, once machines are done with it."""
    page.goto("/app/documents")
    upload(page, file(name, content))
    address = document_of(page, name)
    house.read_what_came()
    page.goto(address)


def test_a_wrong_password_says_so_and_the_right_one_opens_the_pages(tab: Page, house: House) -> None:
    kept(tab, house, "behind a password.pdf", locked_pdf("swordfish"))

    tab.get_by_label("Give the password").fill("haddock")
    tab.get_by_role("button", name="Read it").click()
    expect(tab.get_by_role("alert")).to_contain_text("does not open")
    tab.get_by_label("Give the password").fill("swordfish")
    tab.get_by_role("button", name="Read it").click()

    expect(tab.get_by_text("The document was read. Its password was not kept.")).to_be_visible()
    expect(tab.get_by_role("img", name="Page 1", exact=True)).to_be_visible()


def test_an_administrator_lets_a_file_out_of_quarantine_and_only_then_it_can_be_opened(
    administrators_tab: Page, house: House
) -> None:
    content = pdf(["An order"]) + b"\n%<</S/Launch/F(order.exe)>>\n"
    kept(administrators_tab, house, "order.pdf", content)
    expect(administrators_tab.get_by_text("Its content is not shown.")).to_be_visible()
    expect(administrators_tab.get_by_role("link", name="Download")).to_have_count(0)

    administrators_tab.get_by_text("Let it out of quarantine").click()
    administrators_tab.get_by_label("Yes, I answer for this file").check()
    administrators_tab.get_by_role("button", name="Let it out").click()

    expect(administrators_tab.get_by_text("The document is out of quarantine")).to_be_visible()
    assert download(administrators_tab) == content
