"""Whatever is in a file, no script of it runs, and nothing of it reaches the practice's pages."""

from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from pretamane.core.actors import Role
from tests.chromium import NewContext
from tests.documents_story.desk import document_of, file, row_of, text_of_its_own, upload
from tests.documents_story.house import House
from tests.documents_story.samples import pdf_of

SCRIPT = b"<script>fetch('/ran'); document.title = 'ran'; alert('ran')</script>"
PAGE = b"<!doctype html><html><body onload=\"fetch('/ran')\">" + SCRIPT + b"</body></html>"
SCRIPTED_PDF = pdf_of(
    {
        1: b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\('ran'\\);)>>>>",
        2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        4: b"<<>>",
    }
)


@dataclass
class Watch:
    """What a script would leave behind."""

    traces: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("request", lambda asked: self.traces.append(asked.url) if asked.url.endswith("/ran") else None)
        context.on("page", self._over_page)

    def _over_page(self, page: Page) -> None:
        def note(said: str) -> None:
            self.traces.append(said)

        page.on("dialog", lambda dialog: (note(dialog.message), dialog.dismiss()))


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def watched(new_context: NewContext, house: House, watch: Watch) -> Page:
    context = new_context(base_url=house.address)
    watch.over(context)
    house.let_in(context, Role.ADMIN)
    page = context.new_page()
    page.goto("/app/documents")
    return page


def open_inline(page: Page, house: House, address: str) -> None:
    """In a tab of its own and within another page, as an attacker would have somebody open it."""
    where = page.request.get(f"{house.address}/api/v1{address.removeprefix('/app')}/file?as=inline", max_redirects=0)
    served = where.headers["location"]
    for origin in (house.files, house.address):
        tab = page.context.new_page()
        try:
            tab.goto(served.replace(house.files, origin))
        except Error as leaving:  # it is saved instead of shown
            if "Download" not in str(leaving) and "ERR_ABORTED" not in str(leaving):
                raise
        tab.wait_for_timeout(300)
        assert tab.title() != "ran"
        tab.close()
    page.evaluate(
        """served => { for (const kind of ["iframe", "object", "embed"]) {
            const made = document.createElement(kind);
            made[kind === "object" ? "data" : "src"] = served;
            document.body.append(made); } }""",
        served,
    )
    page.wait_for_timeout(300)


def test_a_page_that_calls_itself_text_never_runs(watched: Page, house: House, watch: Watch) -> None:
    upload(watched, file("page.txt", text_of_its_own() + PAGE))
    row = row_of(watched, "page.txt")
    expect(row.locator("progress")).to_have_count(0)
    if row.get_by_role("link").count():
        open_inline(watched, house, document_of(watched, "page.txt"))

    assert watch.traces == []


def test_a_drawing_with_a_script_is_not_taken(watched: Page, watch: Watch) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"
    upload(watched, file("drawing.svg", svg))

    expect(row_of(watched, "drawing.svg")).to_contain_text("which is not taken")
    assert watch.traces == []


def test_a_pdf_s_own_script_never_runs_in_its_pages_nor_in_itself(watched: Page, house: House, watch: Watch) -> None:
    upload(watched, file("scripted.pdf", SCRIPTED_PDF))
    address = document_of(watched, "scripted.pdf")
    house.read_what_came()
    watched.goto(address)
    open_inline(watched, house, address)

    assert watch.traces == []


@pytest.mark.parametrize("kind", ["html", "svg", "pdf", "png", "txt"])
def test_a_page_that_slipped_in_runs_under_no_name(watched: Page, house: House, watch: Watch, kind: str) -> None:
    """Planted behind a row, as if recognition had been fooled."""
    upload(watched, file(f"slipped-{kind}.txt", text_of_its_own()))
    address = document_of(watched, f"slipped-{kind}.txt")
    [blob] = house.rows(
        "SELECT blobs.id, key FROM blobs JOIN document_versions ON blob_id = blobs.id WHERE document_id = :document",
        document=address.rpartition("/")[2],
    )
    planted = house.folder / "var" / "blobs" / blob.key
    planted.chmod(0o600)
    planted.write_bytes(PAGE)
    house.change("UPDATE blobs SET size = :size WHERE id = :id", size=len(PAGE), id=blob.id)
    media_type = {"html": "text/html", "svg": "image/svg+xml"}.get(kind, "text/html")
    house.change(
        "UPDATE document_versions SET kind = :kind, media_type = :media_type WHERE blob_id = :id",
        kind=kind,
        media_type=media_type,
        id=blob.id,
    )
    open_inline(watched, house, address)

    assert watch.traces == []


def test_a_page_at_the_files_host_reaches_nothing_of_the_practice(watched: Page, house: House) -> None:
    answer = watched.request.get(f"{house.files}/app/documents")

    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
