"""The staff's pages about documents, as a browser without script meets them."""

import re
from html import unescape

import pytest
from sqlalchemy import text
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.conftest import PDF
from tests.documents.test_documents import titles
from tests.samples import locked_pdf

from tests import samples as good

THREE_PAGES = good.pdf(["The first page", "The second page", "The third page"], title="Three pages")
PASSWORD = "open sesame"  # pragma: allowlist secret  # invented


def page(answer, status=200):
    assert answer.status_code == status, answer.text
    return unescape(answer.text)


def follow(browser, answer):
    assert answer.status_code == 303, answer.text
    return page(browser.get(answer.headers["location"]))


def send(browser, content=PDF, filename="letter.pdf", **fields):
    return browser.post("/app/documents", data=fields, files={"file": (filename, content)}, follow_redirects=False)


def act(browser, path, verb, **fields):
    """As the page's own form does it."""
    return browser.post(
        f"{path}/{verb}", data={"version": version_in(browser.get(path).text), **fields}, follow_redirects=False
    )


def version_in(html):
    found = re.search(r'name="version" value="(\d+)"', html)
    return found[1] if found else ""


@pytest.fixture
def ada(client, connection) -> str:
    client.post("/api/v1/contact", json={"name": "Ada Byron", "email": "ada@example.org", "message": "Hello."})
    return str(connection.scalar(text("SELECT id FROM contacts")))


@pytest.fixture
def letter(as_staff, do_jobs):
    """The address of a document's page, once it has been read."""
    address: str = send(as_staff, THREE_PAGES, "Three pages.pdf").headers["location"].partition("?")[0]
    do_jobs()
    return address


# ---- the list -----------------------------------------------------------------------------------------------------


def test_an_empty_list_says_so_and_offers_to_add_the_first(as_staff, as_viewer):
    assert "There is no document yet. Add the first one above." in page(as_staff.get("/app/documents"))
    shown = page(as_viewer.get("/app/documents"))
    assert "There is no document yet." in shown
    assert 'type="file"' not in shown


def test_a_form_without_script_keeps_a_document_and_shows_it(as_staff, ada):
    kept = follow(as_staff, send(as_staff, filename="Brief.pdf", contact_id=ada))

    assert "The document is kept." in kept
    assert ">Brief</h1>" in kept
    assert f'href="/app/contacts/{ada}">Ada Byron' in kept


def test_the_list_shows_what_there_is_of_whom_and_how_far_it_is(as_staff, ada, letter):
    send(as_staff, b"Some words.", "notes.txt", contact_id=ada)

    shown = page(as_staff.get("/app/documents"))

    rows = re.findall(r"<tr>.*?</tr>", shown.partition("<tbody>")[2], re.DOTALL)
    assert [re.sub(r"<[^>]+>|\s+", " ", row).split() for row in rows] == [
        ["txt", "notes", "Ada", "Byron", "plain", "text", "Waiting", "to", "be", "read", "2", "Mar", "2026,", "09:00"],
        ["Three", "pages", "PDF", "Ready", "2", "Mar", "2026,", "09:00"],
    ]
    assert f'src="/api/v1/documents/{letter.rpartition("/")[2]}/thumbnail?version=1"' in rows[1]


def test_the_list_is_filtered_by_state_and_by_contact(as_staff, ada, letter):
    send(as_staff, b"Some words.", "notes.txt", contact_id=ada)

    def listed(**asked):
        return re.findall(r"data-row>([^<]+)", page(as_staff.get("/app/documents", params=asked)))

    assert letter
    assert listed(state="ready") == ["Three pages"]
    assert listed(contact="ada@example.org") == listed(contact=ada) == ["notes"]
    assert listed(contact="nobody@example.org") == []
    assert "No document is like that." in page(as_staff.get("/app/documents?contact=nobody@example.org"))


def test_a_long_list_goes_on_on_another_page(as_staff, put, clock):
    for number in range(51):
        put(PDF + bytes([number]), title=f"Number {number}")
        clock.move(1)

    first = page(as_staff.get("/app/documents"))
    [older] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = page(as_staff.get(older))

    assert first.count("data-row>") == 50
    assert "Number 0<" in second
    assert "Back to the newest" in second


def test_a_file_that_is_not_taken_is_refused_with_its_sentence_and_nothing_is_kept(as_staff):
    refused = page(send(as_staff, b"MZ\x90\0" + b"\0" * 60, "setup.exe"), 415)

    assert "The file was not kept" in refused
    assert "which is not taken" in refused
    assert titles(as_staff) == []


def test_a_form_that_names_a_strange_contact_is_told_which_field_that_was(as_staff):
    refused = page(send(as_staff, contact_id="00000000-0000-0000-0000-000000000000"), 422)

    assert "There is no contact with this id." in refused


def test_while_the_store_is_away_the_list_is_there_and_says_that_nothing_was_kept(as_staff, store):
    store.away = True

    assert "The file was not kept" in page(send(as_staff), 503)


def test_who_brings_the_same_bytes_again_is_told_and_decides(as_staff):
    send(as_staff, filename="First.pdf")
    again = send(as_staff, filename="Second.pdf")
    asked = follow(as_staff, again)

    assert "You have this already, as" in asked
    assert ">First</a>" in asked
    left = follow(as_staff, act(as_staff, again.headers["location"].partition("?")[0], "trash"))
    assert "is in the trash" in left
    assert titles(as_staff) == ["First"]


# ---- one document -------------------------------------------------------------------------------------------------


def test_a_document_s_pages_are_pictures_that_come_when_they_are_near(as_viewer, letter):
    shown = page(as_viewer.get(letter))

    assert re.findall(r'loading="(\w+)" alt="(Page \d)"', shown) == [
        ("eager", "Page 1"),
        ("lazy", "Page 2"),
        ("lazy", "Page 3"),
    ]
    assert 'width="595" height="842"' in shown
    for source in re.findall(r'<img src="([^"]+)"', shown):
        picture = as_viewer.get(source)
        assert (picture.status_code, picture.content[8:12]) == (200, b"WEBP")


def test_the_text_of_each_page_can_be_read_without_pictures_and_without_script(as_viewer, letter):
    shown = page(as_viewer.get(f"{letter}?view=text"))

    assert re.findall(r'class="message">([^<]+)', shown) == ["The first page", "The second page", "The third page"]


def test_an_office_file_is_shown_as_its_text(as_staff, do_jobs):
    address = send(as_staff, good.docx(), "letter.docx").headers["location"]
    do_jobs()

    shown = page(as_staff.get(address))

    assert good.WORDS in shown
    assert "<img" not in shown


def test_two_hundred_pages_are_one_page_and_more_go_on(as_viewer, letter, connection):
    connection.execute(text("UPDATE document_versions SET page_count = 250"))

    first = page(as_viewer.get(letter))
    [more] = re.findall(r'href="([^"]+)" rel="next"', first)
    second = page(as_viewer.get(more))

    assert first.count("<img src=") == 200
    assert re.findall(r'alt="(Page \d+)"', second) == [f"Page {number}" for number in range(201, 251)]


def test_what_was_not_read_says_why_and_is_read_again(as_staff, letter, connection, do_jobs):
    connection.execute(text("UPDATE document_versions SET state = 'failed', reason = 'It fell off the desk.'"))
    shown = page(as_staff.get(letter))

    again = follow(as_staff, act(as_staff, letter, "process"))
    do_jobs()

    assert "It fell off the desk." in shown
    assert "The document will be read again." in again
    assert "It fell off the desk." not in page(as_staff.get(letter))


def test_what_is_downloaded_is_what_was_sent(as_viewer, letter):
    [download] = re.findall(r'href="([^"]+)">Download', page(as_viewer.get(letter)))

    assert as_viewer.get(download).content == THREE_PAGES


def test_a_document_goes_into_the_trash_and_out_of_it(as_staff, letter):
    gone = follow(as_staff, act(as_staff, letter, "trash"))
    in_the_trash = page(as_staff.get("/app/documents?state=trash"))
    back = follow(as_staff, act(as_staff, letter, "restore"))

    assert "Its content is not shown." in gone
    assert "Download" not in gone
    assert "Three pages" in in_the_trash
    assert "The document is out of the trash." in back


def test_who_saw_an_older_version_is_told_and_may_do_it_again(as_staff, letter):
    seen = version_in(as_staff.get(letter).text)
    act(as_staff, letter, "trash")
    act(as_staff, letter, "restore")

    clash = as_staff.post(f"{letter}/trash", data={"version": seen})

    assert "Somebody changed this document meanwhile" in page(clash, 412)
    assert version_in(clash.text) != seen
    assert titles(as_staff) == ["Three pages"]


def test_only_who_says_so_removes_a_document_for_good(as_admin, as_staff, letter):
    follow(as_staff, act(as_staff, letter, "trash"))

    unsure = page(act(as_admin, letter, "purge"), 422)
    sure = follow(as_admin, act(as_admin, letter, "purge", sure="true"))

    assert "Nothing was removed." in unsure
    assert "The document was removed for good." in sure
    assert as_admin.get(letter).status_code == 404


def test_a_document_in_quarantine_shows_why_and_only_an_administrator_may_let_it_out(as_staff, as_admin, do_jobs):
    address = send(as_staff, TEST_VIRUS, "ill.txt").headers["location"].partition("?")[0]
    held = page(as_staff.get(address))

    unsure = page(act(as_admin, address, "release"), 422)
    let_out = follow(as_admin, act(as_admin, address, "release", sure="true"))
    do_jobs()

    assert "every virus scanner must find" in held
    assert "Let it out" not in held
    assert "It stays in quarantine." in unsure
    assert "The document is out of quarantine" in let_out
    assert "Download" in page(as_staff.get(address))


def test_a_locked_document_is_read_with_its_password_which_is_repeated_nowhere(as_staff, do_jobs):
    address = send(as_staff, locked_pdf(PASSWORD), "locked.pdf").headers["location"].partition("?")[0]
    do_jobs()
    locked = page(as_staff.get(address))

    wrong = page(act(as_staff, address, "password", password="a wrong one"), 422)
    opened = follow(as_staff, act(as_staff, address, "password", password=PASSWORD))

    assert "Give the password to read it" in locked
    assert "a wrong one" not in wrong
    assert "The document stays locked." in wrong
    assert "Its password was not kept." in opened
    assert 'alt="Page 1"' in opened


def test_a_mail_shows_what_was_attached_and_an_attachment_its_mail(as_staff, do_jobs):
    address = (
        send(as_staff, good.eml(("bill.pdf", "application/pdf", good.pdf(["The bill"]))), "mail.eml")
        .headers["location"]
        .partition("?")[0]
    )
    do_jobs()
    do_jobs()

    mail = page(as_staff.get(address))
    [part] = re.findall(r'<li><a href="(/app/documents/[^"]+)"', mail)

    assert f'<dt>Part of</dt><dd><a href="{address}"' in page(as_staff.get(part))


def test_what_a_name_holds_is_shown_and_never_run(as_staff):
    shown = send(as_staff, filename="<script>alert(1)<b>.pdf")

    html = as_staff.get(shown.headers["location"]).text
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;" in html


def test_who_only_looks_is_offered_nothing_to_press(as_viewer, letter):
    shown = page(as_viewer.get(letter)).partition("<main")[2]

    assert "<form" not in shown
    assert "Download" in shown


# ---- beside a contact ---------------------------------------------------------------------------------------------


def test_a_contact_s_page_lists_its_documents_and_takes_more(as_staff, ada):
    empty = page(as_staff.get(f"/app/contacts/{ada}"))
    send(as_staff, filename="Hers.pdf", contact_id=ada)
    send(as_staff, PDF + b"%", filename="Nobody’s.pdf")

    shown = page(as_staff.get(f"/app/contacts/{ada}"))

    assert "There is no document of this contact." in empty
    assert re.findall(r"data-row>([^<]+)", shown) == ["Hers"]
    assert f'name="contact_id" value="{ada}"' in shown


def test_a_form_of_the_contact_that_is_refused_comes_back_with_its_documents(as_staff, ada):
    send(as_staff, filename="Hers.pdf", contact_id=ada)

    refused = as_staff.post(f"/app/contacts/{ada}/notes", data={"text": ""})

    assert "Hers" in page(refused, 422)
