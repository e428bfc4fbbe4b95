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
    """For how long the page offers it, where it goes, and what it sends; on a message's page, with the form there."""
    offer = re.search(r'data-undo="(\d+)".*?action="([^"]+)"(.*?)</button>', html, re.DOTALL)
    assert offer, html
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', offer[3]))
    return int(offer[1]), offer[2], fields or {"version": version_in(html), "text": "", "note": ""}


def version_in(html):
    found = re.search(r'name="version" value="(\d+)"', html)
    assert found
    return found[1]


def status_of(browser, message):
    return one_of(browser.get(f"/api/v1/submissions/{message['id']}"))["status"]
