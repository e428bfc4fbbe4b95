"""What a browser without script finds on the staff's pages, and sends back."""

import re
from html import unescape

from tests.contacts.conftest import one_of


def page(answer):
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def follow(browser, answer):
    assert answer.status_code == 303, answer.text
    return page(browser.get(answer.headers["location"].partition("#")[0]))


def choose(browser, act, *messages, **more):
    boxes = {f"message-{each['id']}": each["version"] for each in messages}
    return browser.post("/app/inbox", data={"act": act, "status": "new", **boxes, **more})


def undo_in(html):
    """The form that the page offers: where it goes, and what it sends."""
    form = re.search(r'data-undo="(\d+)".*?action="([^"]+)"(.*?)</form>', html, re.DOTALL)
    assert form, html
    return int(form[1]), form[2], dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[3]))


def version_in(html):
    found = re.search(r'name="version" value="(\d+)"', html)
    assert found
    return found[1]


def status_of(browser, message):
    return one_of(browser.get(f"/api/v1/submissions/{message['id']}"))["status"]
