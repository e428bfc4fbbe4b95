"""The documents' pages, on every size of screen, by day and by night."""

from collections.abc import Mapping

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it comes without types
from playwright.sync_api import Page

from pretamane.core.actors import Role
from tests.chromium import NewContext
from tests.documents_story.desk import document_of, file, text_of_its_own, upload
from tests.documents_story.house import House
from tests.documents_story.samples import pdf

WIDTHS = (320, 390, 768, 1920)
SERIOUS = ("serious", "critical")
LONG = "Die-sehr-lange-Bezeichnung-eines-Schriftstücks-das-niemand-kürzen-wollte-und-das-nirgends-umbricht"
# Only in pieces is it no virus, wherever this file lies.
TEST_VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(scope="module")
def addresses(chromium, house: House) -> Mapping[str, str]:
    """A page in each of the states that a document can be in."""
    context = chromium.new_context(base_url=house.address)
    house.let_in(context, Role.ADMIN)
    page = context.new_page()
    page.goto("/app/documents")
    files = {"ready": file(f"{LONG}.pdf", pdf(["Words on a page", "And another"], title=LONG))}
    files |= {"text": file("some.txt", text_of_its_own()), "quarantine": file("ill.txt", TEST_VIRUS)}
    upload(page, *files.values())
    found = {state: document_of(page, each["name"]) for state, each in files.items()}
    house.read_what_came()
    upload(page, file("waiting.txt", text_of_its_own()), file("trashed.txt", text_of_its_own()))
    found |= {"waiting": document_of(page, "waiting.txt"), "trash": document_of(page, "trashed.txt")}
    page.goto(found["trash"])
    page.get_by_role("button", name="Put into the trash").click()
    message = {"name": "Grace Hopper", "email": "grace@example.org", "message": "Hello."}
    page.request.post("/api/v1/contact", data=message)
    [grace] = house.rows("SELECT id FROM contacts WHERE email = 'grace@example.org'")
    page.goto(f"/app/contacts/{grace.id}")
    upload(page, file("hers.txt", text_of_its_own()))
    document_of(page, "hers.txt")
    page.request.post("/api/v1/document-types", data={"name": LONG[:60]}, headers={"Sec-Fetch-Site": "same-origin"})
    page.goto(found["ready"])
    page.get_by_label("Add tags").fill(f"{LONG[:60]}, urgent, Tax 2026")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**?done=*")
    context.close()
    more = {"list": "/app/documents", "empty": "/app/documents?contact=nobody@example.org"}
    more |= {"storage": "/app/storage", "attention": "/app/attention"}
    more |= {"personal data": f"/app/contacts/{grace.id}/personal-data"}
    more |= {"days": "/app/documents?dated_from=2026-01-01&tags=nothing", "tags": "/app/settings/tags"}
    more |= {"types": "/app/settings/types"}
    return {**found, **more, "as text": f"{found['ready']}?view=text", "contact": f"/app/contacts/{grace.id}"}


def complaints_about(page: Page, address: str) -> list[str]:
    """Whatever the browser says while it opens the page."""
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda fault: complaints.append(fault.message))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    open_everything(page)
    return complaints


def open_everything(page: Page) -> None:
    """What is folded away must fit and be usable, too."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")


def test_nothing_is_wider_than_its_screen_and_nothing_is_amiss(
    administrators_tab: Page, addresses: Mapping[str, str]
) -> None:
    found = {}
    for name, address in addresses.items():
        for width in WIDTHS:
            administrators_tab.set_viewport_size({"width": width, "height": 800})
            complaints = complaints_about(administrators_tab, address)
            wide = administrators_tab.evaluate("document.documentElement.scrollWidth")
            if complaints or wide > width:
                found[f"{name} at {width}"] = (wide, complaints)

    assert found == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_keeps_anybody_from_reading_or_using_it(
    new_context: NewContext, house: House, addresses: Mapping[str, str], width: int, scheme: str
) -> None:
    context = new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, base_url=house.address)
    house.let_in(context, Role.ADMIN)
    page = context.new_page()
    found: dict[str, list[str]] = {}
    for name, address in addresses.items():
        page.goto(address)
        page.wait_for_load_state("networkidle")
        open_everything(page)
        violations = Axe().run(page).response["violations"]
        found[name] = [f"{each['id']}: {each['nodes'][0]['html']}" for each in violations if each["impact"] in SERIOUS]

    assert {name: faults for name, faults in found.items() if faults} == {}
