"""The staff's forms that file documents, as a browser without script meets them."""

import re
from html import unescape

import pytest
from sqlalchemy import text
from tests.documents.conftest import PDF
from tests.documents.pages.test_document import follow, page, version_in
from tests.documents.processed import shown

API = "/api/v1/documents"
LIST = "/app/documents"


@pytest.fixture
def ada(client, connection):
    client.post("/api/v1/contact", json={"name": "Ada Byron", "email": "ada@example.org", "message": "Hello."})
    return str(connection.scalar(text("SELECT id FROM contacts")))


@pytest.fixture
def invoice(as_admin):
    return as_admin.post("/api/v1/document-types", json={"name": "Invoice"}).json()["id"]


@pytest.fixture
def three(put):
    return [put(PDF + bytes([number]), title=f"Number {number}").json()["id"] for number in range(3)]


def save(browser, document, **typed):
    """As the page's form sends it, with what was typed in place of what was there."""
    html = browser.get(f"{LIST}/{document}").text
    form = html.partition(f'action="{LIST}/{document}">')[2].partition("</form>")[0]
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form))
    fields["notes"] = unescape(form.partition("<textarea")[2].partition("\n")[2].partition("</textarea>")[0])
    chosen = re.search(r'<option value="([^"]*)" selected', form)
    fields["type_id"] = chosen[1] if chosen else ""
    sent = {name: unescape(value) for name, value in fields.items()} | typed
    gone = {name: value for name, value in sent.items() if value is not None}
    return browser.post(f"{LIST}/{document}", data=gone, follow_redirects=False)


def choose(browser, act, *documents, **typed):
    boxes = {f"document-{document}": "on" for document in documents}
    return browser.post(f"{LIST}/chosen", data={"act": act, **boxes, **typed}, follow_redirects=False)


def undo_in(html):
    offer = re.search(r'data-undo="(\d+)".*?action="([^"]+)"(.*?)</form>', html, re.DOTALL)
    assert offer, html
    return int(offer[1]), offer[2], dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', offer[3]))


def titles_in(html):
    return re.findall(r"data-row>([^<]+)", html)


# ---- one document --------------------------------------------------------------------------------------------------


def test_a_form_saves_what_it_has_and_shows_it_again(as_staff, three, ada, invoice):
    typed = {"title": "Invoice 3", "contact": "ada@example.org", "type_id": invoice, "document_date": "2026-02-14"}
    saved = follow(as_staff, save(as_staff, three[0], **typed, more_tags="tax, Paid", notes="Two\ncopies"))

    there = shown(as_staff, three[0])
    assert (there["title"], there["contact_id"], there["type"]["name"]) == ("Invoice 3", ada, "Invoice")
    assert (there["document_date"], there["tags"], there["notes"]) == ("2026-02-14", ["Paid", "tax"], "Two\ncopies")
    assert "The document was changed." in saved
    assert 'value="Paid" checked' in saved


def test_a_form_that_is_sent_as_it_came_changes_nothing(as_staff, three, invoice, ada):
    save(as_staff, three[0], contact=ada, type_id=invoice, document_date="2026-02-14", more_tags="tax", notes="A\nB")

    again = save(as_staff, three[0])

    assert again.headers["location"] == f"{LIST}/{three[0]}"
    assert shown(as_staff, three[0])["version"] == 2


def test_a_tag_whose_box_is_cleared_is_gone(as_staff, three):
    save(as_staff, three[0], more_tags="a, b")

    save(as_staff, three[0], **{"tag-1": None})

    assert shown(as_staff, three[0])["tags"] == ["b"]


def test_a_clash_keeps_what_was_typed_beside_what_is_there(as_staff, three):
    late = version_in(as_staff.get(f"{LIST}/{three[0]}").text)
    save(as_staff, three[0], title="Newer", more_tags="tax")

    clash = page(save(as_staff, three[0], version=late, title="Mine", **{"tag-1": None}), 412)

    assert "<dt>Title</dt><dd>Newer</dd>" in clash
    assert "<dt>Tags</dt><dd>tax</dd>" in clash
    assert 'value="Mine"' in clash
    assert shown(as_staff, three[0])["title"] == "Newer"
    assert version_in(clash) == "2"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"title": " "}, "title"),
        ({"contact": "nobody@example.org"}, "contact"),
        ({"document_date": "soon"}, "document_date"),
        ({"more_tags": "x" * 61}, "tags"),
        ({"type_id": "00000000-0000-0000-0000-000000000000"}, "type_id"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(as_staff, three, typed, field):
    refused = page(save(as_staff, three[0], notes="Kept as typed", **typed), 422)

    assert f'id="{"more_tags" if field == "tags" else field}-error"' in refused
    assert "Kept as typed</textarea>" in refused
    assert shown(as_staff, three[0])["version"] == 1


def test_an_edit_is_undone_from_the_page_and_the_page_comes_back(as_staff, three):
    saved = follow(as_staff, save(as_staff, three[0], title="Other", more_tags="tax"))
    seconds, action, fields = undo_in(saved)

    undone = follow(as_staff, as_staff.post(action, data=fields, follow_redirects=False))

    assert (seconds, "The document was changed." in saved, "That was undone." in undone) == (10, True, True)
    assert ">Number 0</h1>" in undone
    assert shown(as_staff, three[0])["tags"] == []


def test_a_viewer_sees_how_it_is_filed_and_no_form(as_staff, as_viewer, three, invoice):
    save(as_staff, three[0], type_id=invoice, more_tags="tax", notes="Two copies")

    seen = page(as_viewer.get(f"{LIST}/{three[0]}"))

    assert ("Invoice" in seen, ">tax</a>" in seen, "Two copies" in seen) == (True, True, True)
    assert f'action="{LIST}/{three[0]}"' not in seen
    assert "With the chosen" not in page(as_viewer.get(LIST))


def test_what_people_typed_is_shown_and_never_run(as_staff, three):
    save(as_staff, three[0], title="<script>x</script>", notes="</textarea><b>", more_tags='"><i>')

    for address in (LIST, f"{LIST}/{three[0]}", "/app/settings/tags"):
        html = as_staff.get(address).text
        assert not [evil for evil in ("<script>x", "</textarea><b>", "<i>") if evil in html]


# ---- the list ------------------------------------------------------------------------------------------------------


def test_the_chosen_ones_get_tags_type_contact_and_day(as_staff, three, ada, invoice):
    told = [
        follow(as_staff, choose(as_staff, "add_tags", *three[:2], tags="tax, paid")),
        follow(as_staff, choose(as_staff, "type_id", *three, type=invoice)),
        follow(as_staff, choose(as_staff, "contact_id", *three, contact="ada@example.org")),
        follow(as_staff, choose(as_staff, "document_date", *three, date="2026-02-14")),
        follow(as_staff, choose(as_staff, "remove_tags", *three, tags="PAID")),
    ]

    there = [shown(as_staff, each) for each in three]
    assert [each["tags"] for each in there] == [["tax"], ["tax"], []]
    assert {(each["contact_id"], each["type"]["id"], each["document_date"]) for each in there} == {
        (ada, invoice, "2026-02-14")
    }
    said = [re.findall(r"(\d) documents were changed", html) for html in told]
    assert said == [["2"], ["3"], ["3"], ["3"], ["2"]]


def test_the_chosen_ones_go_into_the_trash_and_an_undo_brings_them_back_to_where_one_was(as_staff, three):
    gone = follow(as_staff, choose(as_staff, "trash", *three[:2], **{"shown-title": "number"}))
    _, action, fields = undo_in(gone)
    back = as_staff.post(action, data=fields, follow_redirects=False)

    assert "2 documents were put into the trash." in gone
    assert titles_in(gone) == ["Number 2"]
    assert "title=number" in back.headers["location"]
    assert titles_in(follow(as_staff, back)) == ["Number 2", "Number 1", "Number 0"]


def test_what_is_on_hold_is_told_and_stays(as_staff, three, connection):
    held = text("UPDATE documents SET held_at = now(), hold_reason = 'A lawsuit.' WHERE id = :id")
    connection.execute(held, {"id": three[0]})

    told = follow(as_staff, choose(as_staff, "trash", *three))

    assert "Some are on hold" in told
    assert titles_in(told) == ["Number 0"]


@pytest.mark.parametrize(
    ("act", "typed", "sentence"),
    [
        ("contact_id", {"contact": "nobody@example.org"}, "Nobody is known by that"),
        ("document_date", {"date": "soon"}, "That is no day."),
        ("add_tags", {"tags": " , "}, "Write at least one tag first."),
        ("add_tags", {"tags": "x" * 61}, "A tag has at most 60"),
        ("type_id", {"type": "00000000-0000-0000-0000-000000000000"}, "There is no such type any more."),
    ],
)
def test_what_cannot_be_done_to_the_chosen_ones_is_said_and_nothing_changes(as_staff, three, act, typed, sentence):
    assert sentence in follow(as_staff, choose(as_staff, act, *three, **typed))
    assert {shown(as_staff, each)["version"] for each in three} == {1}


def test_a_form_without_a_choice_says_what_to_do(as_staff):
    assert "Choose at least one document first." in follow(as_staff, choose(as_staff, "trash"))


def test_the_list_is_narrowed_by_all_that_the_form_has(as_staff, three, ada, invoice):
    save(as_staff, three[0], type_id=invoice, contact=ada, more_tags="tax, paid", document_date="2026-02-14")

    def listed(**asked):
        return titles_in(page(as_staff.get(LIST, params=asked)))

    one, others = ["Number 0"], ["Number 2", "Number 1"]
    assert listed(type=invoice) == listed(tags="Paid, tax") == listed(dated_from="2026-02-14") == one
    assert listed(type="none") == listed(contact="none") == others
    assert listed(title="numb 0") == []
    assert listed(title="0 numb") == one
    assert listed(received_to="2026-03-01") == []
    assert listed(received_from="2026-03-02", dated_to="nonsense", type="nonsense") == [*others, *one]


def test_a_tag_leads_to_the_documents_that_have_it(as_staff, three):
    save(as_staff, three[0], more_tags="R&D, 50 %")
    links = re.findall(r'class="chip" href="([^"]+)"', as_staff.get(LIST).text)

    assert [titles_in(page(as_staff.get(unescape(link)))) for link in links] == [["Number 0"]] * 2


# ---- tags and types ------------------------------------------------------------------------------------------------


def labels_at(browser, address):
    return re.findall(
        r'<a href="/app/documents\?[^"]+">([^<]+)</a>\s*<span class="quiet">(\d+)', page(browser.get(address))
    )


def forms_at(browser, address, verb=""):
    return re.findall(rf'action="({address}/[0-9a-f-]+{verb})"', browser.get(address).text)


@pytest.mark.parametrize("address", ["/app/settings/tags", "/app/settings/types"])
def test_labels_are_made_renamed_merged_and_removed(as_admin, address):
    for name in ("Bill", "Invoice"):
        follow(as_admin, as_admin.post(address, data={"name": name}, follow_redirects=False))
    taken = as_admin.post(address, data={"name": "BILL"})
    bill, invoice = forms_at(as_admin, address)
    as_admin.post(bill, data={"name": "Bills"})

    merged = as_admin.post(f"{bill}/merge", data={"into": invoice.rpartition("/")[2]}, follow_redirects=False)
    unsure = as_admin.post(f"{invoice}/removal", data={"go": "on"})
    left = labels_at(as_admin, address)
    removed = as_admin.post(f"{invoice}/removal", data={"sure": "true"}, follow_redirects=False)

    assert (taken.status_code, "There is “Bill” already." in taken.text) == (422, True)
    assert 'value="BILL"' in taken.text
    assert "The two are one now." in follow(as_admin, merged)
    assert (unsure.status_code, left) == (422, [("Invoice", "0")])
    assert "There is none yet." in follow(as_admin, removed)


def test_a_type_is_expected_as_long_as_its_box_is_ticked(as_admin, invoice):
    address = f"/app/settings/types/{invoice}"

    as_admin.post(address, data={"name": "Invoice", "is_expected": "true"})
    ticked = page(as_admin.get("/app/settings/types"))
    as_admin.post(address, data={"name": "Invoice"})

    assert "Each contact should have one</span>" in ticked
    assert "Each contact should have one</span>" not in page(as_admin.get("/app/settings/types"))


def test_staff_make_and_rename_tags_and_look_at_types(as_staff, as_admin, invoice):
    as_staff.post("/app/settings/tags", data={"name": "tax"})
    [tag] = forms_at(as_staff, "/app/settings/tags")

    assert "Merge into" not in as_staff.get("/app/settings/tags").text
    assert 'method="post" action="/app/settings/types' not in as_staff.get("/app/settings/types").text
    assert as_staff.post(f"{tag}/removal", data={"sure": "true"}).status_code == 403
    assert as_staff.post(f"/app/settings/types/{invoice}", data={"name": "X"}).status_code == 403
    assert "/app/settings/types" in as_admin.get("/app/settings").text


def test_who_gives_a_full_document_another_tag_is_told_that_it_stays_as_it_is(as_staff, three):
    tags = ", ".join(f"tag {number}" for number in range(50))
    choose(as_staff, "add_tags", three[0], tags=tags)

    answer = choose(as_staff, "add_tags", three[0], tags="one more")

    assert "more than 50 tags" in as_staff.get(answer.headers["location"]).text
    assert len(shown(as_staff, three[0])["tags"]) == 50
