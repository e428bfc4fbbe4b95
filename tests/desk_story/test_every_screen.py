"""Each page of the settings, on every size of screen, by day and by night."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it comes without types
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from pretamane.core import audit, prepared
from pretamane.core.actors import Actor
from pretamane.core.ids import new_id
from pretamane.core.jobs import enqueue, queue
from tests.chromium import NewContext
from tests.desk_story.conftest import ADA, Desk

PAGES = {
    "settings": "/app/settings",
    "first run": "/app/settings/first-run",
    "practice": "/app/settings/practice?saved=true",
    "jobs": "/app/settings/jobs?again=1",
    "audit": "/app/settings/audit",
    "system": "/app/settings/system",
    "refusal": "/app/nothing-here",
}
WIDTHS = (320, 390, 768, 1920)
SERIOUS = ("serious", "critical")


@pytest.fixture
def lived_in(desk: Desk) -> Desk:
    desk.platform.work.run_now(_leave_traces)
    return desk


def _leave_traces(session: Session) -> None:
    """Each as long as it may become."""
    name = "mail.tell-the-practice-of-a-message"
    enqueue(session, name)
    prepared.send_waiting(session)
    for job in queue.claim(session, [name]):
        queue.bury(session, job, "SMTPServerDisconnected: closed-by-mail.practice.example:587", attempts=3)
    enqueue(session, name)
    enqueue(session, "search.index-again", delay=timedelta(hours=2))
    for by in (ADA, Actor(None, "Adelheid-Maximiliana Byron-Weatherstone", ADA.role)):
        audit.record(session, by, "submission.marked-as-spam", new_id(), fields=["status", "assignee"])


def opened(page: Page, address: str) -> list[str]:
    """Whatever the browser complained about while it opened the page; a 404 is what one of them is for."""
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda fault: complaints.append(fault.message))
    page.goto(address)
    return [complaint for complaint in complaints if "404 (Not Found)" not in complaint]


@pytest.mark.parametrize("address", PAGES.values(), ids=list(PAGES))
def test_nothing_is_wider_than_its_screen(new_context: NewContext, lived_in: Desk, address: str) -> None:
    page = new_context(base_url=lived_in.address).new_page()
    lived_in.sign_in(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert opened(page, address) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_keeps_anybody_from_reading_or_using_it(
    new_context: NewContext, lived_in: Desk, width: int, scheme: str
) -> None:
    screen = {"width": width, "height": 800}
    page = new_context(viewport=screen, color_scheme=scheme, base_url=lived_in.address).new_page()
    lived_in.sign_in(page)
    found: dict[str, list[str]] = {}
    for name, address in PAGES.items():
        page.goto(address)
        violations = Axe().run(page).response["violations"]
        found[name] = [fault["id"] for fault in violations if fault["impact"] in SERIOUS]

    assert not any(found.values()), found
