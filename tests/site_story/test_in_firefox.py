"""The same promise in the other engine: what is sent is kept, and what could not be kept is still in the form."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site_story import firefox
from tests.site_story.conftest import PRACTICE
from tests.site_story.visitor import MILLISECONDS_TO_TYPE, as_kept, kept, typed_by_a_visitor


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[firefox.Firefox]:
    if firefox.FIREFOX is None:
        pytest.skip("no Firefox")
    with firefox.opened(tmp_path) as opened:
        yield opened


def test_a_message_is_kept_and_after_a_failure_the_text_is_there_for_a_second_try(browser, house, postgres):
    typed = typed_by_a_visitor()
    browser.open(f"{house.site}/contact.html")
    browser.eventually(f"document.querySelector('header .name').textContent.trim() === '{PRACTICE}'")
    for name, text in typed.items():
        browser.type(f"[name={name}]", text)
    browser.press("[name=consent]")
    time.sleep(MILLISECONDS_TO_TYPE / 1000)

    postgres.take_away()
    browser.press("main form [type=submit]")
    browser.eventually("document.querySelector('[data-notice]').textContent.includes('Your message was not saved.')")
    request_id = browser.tell("document.querySelector('[data-notice] [data-request-id]').textContent")
    still_there = {name: browser.tell(f"document.querySelector('[name={name}]').value") for name in typed}
    postgres.bring_back()
    nothing_yet = kept(postgres, typed)
    browser.press("main form [type=submit]")
    browser.eventually("location.pathname === '/thanks.html'")

    assert request_id
    assert (still_there, nothing_yet) == (typed, [])
    assert kept(postgres, typed) == [as_kept(browser.tell("location.hash.slice(1)"), typed)]
