"""Every kind of file goes up and comes down as it was; what is refused says why beside its name."""

import pytest
from playwright.sync_api import Page, expect

from tests.documents_story.desk import choose, document_of, download, file, row_of, text_of_its_own, upload
from tests.documents_story.house import House
from tests.documents_story.samples import every_kind, pdf


@pytest.fixture
def documents(tab: Page) -> Page:
    tab.goto("/app/documents")
    return tab


def test_every_kind_goes_up_and_comes_down_as_it_was(documents: Page) -> None:
    samples = every_kind()
    upload(documents, *(file(sample.name, sample.content) for sample in samples))
    addresses = {sample.name: document_of(documents, sample.name) for sample in samples}

    come_back = {}
    for name, address in addresses.items():
        documents.goto(address)
        come_back[name] = download(documents)

    assert come_back == {sample.name: sample.content for sample in samples}


def test_without_script_one_file_goes_up_and_comes_down(tab_without_script: Page) -> None:
    content = text_of_its_own()
    tab_without_script.goto("/app/documents")
    upload(tab_without_script, file("plain.txt", content))

    expect(tab_without_script.get_by_role("heading", level=1)).to_have_text("plain")
    assert download(tab_without_script) == content


def test_a_refusal_stands_beside_its_file_and_the_others_go_on(documents: Page) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    files = (file("drawing.svg", svg), file("empty.txt", b""), file("fine.txt", text_of_its_own()))
    upload(documents, *files)

    assert document_of(documents, "fine.txt")
    expect(row_of(documents, "drawing.svg")).to_contain_text("which is not taken")
    expect(row_of(documents, "empty.txt")).to_contain_text("This file is empty")


@pytest.mark.parametrize(("answer", "kept"), [("Keep both", 2), ("Leave it", 1)])
def test_who_has_it_already_decides(documents: Page, house: House, answer: str, kept: int) -> None:
    content = text_of_its_own()
    upload(documents, file(f"first {answer}.txt", content))
    document_of(documents, f"first {answer}.txt")
    upload(documents, file(f"second {answer}.txt", content))
    second = row_of(documents, f"second {answer}.txt")
    expect(second).to_contain_text(f"You have this already, as first {answer}.")

    second.get_by_role("button", name=f"{answer}: second").click()

    expect(second).to_contain_text("Kept:" if kept == 2 else "nothing was kept twice")
    assert len(house.rows("SELECT id FROM documents WHERE title LIKE :title", title=f"% {answer}")) == kept


def test_files_that_are_dropped_go_up(documents: Page) -> None:
    words = text_of_its_own().decode()
    carried = documents.evaluate_handle(
        """words => { const carried = new DataTransfer();
        carried.items.add(new File([words], "dropped.txt")); return carried; }""",
        words,
    )
    documents.locator("[data-upload]").dispatch_event("drop", {"dataTransfer": carried})

    documents.goto(document_of(documents, "dropped.txt"))
    assert download(documents) == words.encode()


def test_what_is_added_on_a_contact_s_page_is_the_contact_s(tab: Page, house: House) -> None:
    message = {"name": "Ada Byron", "email": "ada@example.org", "message": "Hello."}
    tab.request.post(f"{house.address}/api/v1/contact", data=message)
    [ada] = house.rows("SELECT id FROM contacts WHERE email = 'ada@example.org'")
    tab.goto(f"/app/contacts/{ada.id}")
    upload(tab, file("hers.txt", text_of_its_own()))
    document_of(tab, "hers.txt")
    tab.reload()

    expect(tab.get_by_role("region", name="Documents").get_by_role("link", name="hers")).to_be_visible()


def test_by_keyboard_alone_a_document_is_added_and_opened(documents: Page) -> None:
    choose(documents, file("typed.txt", text_of_its_own()))  # a browser's own window of files has no page
    documents.get_by_label("Add documents").focus()
    documents.keyboard.press("Tab")
    documents.keyboard.press("Enter")
    document_of(documents, "typed.txt")
    documents.keyboard.press("Tab")
    documents.keyboard.press("Enter")

    expect(documents.get_by_role("heading", level=1, name="typed")).to_be_visible()


def test_words_stand_where_the_picture_shows_them(documents: Page, house: House) -> None:
    upload(documents, file("words.pdf", pdf(["Selected words of a page"], title="Words on a page")))
    address = document_of(documents, "words.pdf")
    house.read_what_came()
    documents.goto(address)

    words = documents.locator(".words span")
    expect(words.first).to_be_attached()
    box, paper = words.first.bounding_box(), documents.locator(".paper").bounding_box()
    assert box is not None
    assert paper is not None
    assert words.all_inner_texts()[0].strip() == "Selected"
    assert abs((box["x"] - paper["x"]) / paper["width"] - 72 / 595) < 0.01
    assert 0.06 < (box["y"] - paper["y"]) / paper["height"] < 0.09
    documents.locator(".words").evaluate("layer => getSelection().selectAllChildren(layer)")
    assert documents.evaluate("getSelection().toString()").split() == ["Selected", "words", "of", "a", "page"]


def test_of_two_hundred_pages_only_those_come_that_are_near(documents: Page, house: House) -> None:
    upload(documents, file("long.pdf", pdf([f"Page {number}" for number in range(1, 201)], title="A long one")))
    address = document_of(documents, "long.pdf")
    house.read_what_came()
    asked: list[str] = []
    documents.on("request", lambda request: asked.append(request.url) if "/picture" in request.url else None)
    documents.goto(address)
    documents.get_by_role("img", name="Page 1", exact=True).wait_for()
    documents.wait_for_load_state("networkidle")
    at_first = len(asked)
    documents.get_by_role("img", name="Page 200").scroll_into_view_if_needed()

    last = documents.get_by_role("img", name="Page 200")
    expect(last).to_have_js_property("complete", True)
    assert 1 <= at_first < 20
    assert last.evaluate("picture => picture.naturalWidth") > 0
