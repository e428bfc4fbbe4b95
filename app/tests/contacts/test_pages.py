"""The form of a page without script: its answer is a page, and nothing that was typed is lost."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient
from tests.conftest import MovableClock
from tests.cutting_proxy import Cut, CuttingProxy

from pretamane.wiring import Platform, build_app

TYPED = {
    "name": "Ada Byron",
    "email": "ada@example.org",
    "phone": "",
    "company": "",
    "subject": "A question",
    "message": "Could you call me?\nIt is about the engine.",
    "consent": "true",
    "consent_version": "2026-11",
    "page": "/contact.html",
    "leave_empty": "",
}
Rows = Callable[[str], list[Any]]


class Fields(HTMLParser):
    """What a browser would send from the page's form as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.sent: dict[str, str] = {}
        self.tags: set[str] = set()
        self._writing: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        attributes = dict(attrs)
        name = attributes.get("name") or ""
        if tag == "textarea":
            self._writing = name
            self.sent[name] = ""
        elif tag == "input" and (attributes.get("type") != "checkbox" or "checked" in attributes):
            self.sent[name] = attributes.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._writing:
            self.sent[self._writing] = self.sent[self._writing].removeprefix("\n")
            self._writing = None

    def handle_data(self, data: str) -> None:
        if self._writing:
            self.sent[self._writing] += data


def send(client: TestClient, fields: dict[str, str], address: str = "/contact") -> httpx2.Response:
    return client.post(address, data=fields, headers={"Accept": "text/html,application/xhtml+xml;q=0.9"})


def form_in(answer: httpx2.Response, status: int) -> dict[str, str]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Fields(answer.text).sent


def said(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name != "idempotency_key"}


@pytest.mark.parametrize("address", ["/contact", "/api/contact", "/api/v1/contact"])
def test_a_form_gets_a_thanks_page_with_the_reference(client: TestClient, connection: Connection, address: str) -> None:
    answer = send(client, TYPED, address)

    assert answer.status_code == 201
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    reference = connection.execute(text("SELECT reference FROM submissions")).scalar_one()
    signs = " ".join("dash" if sign == "-" else sign for sign in reference)
    assert signs in answer.text


def test_a_script_that_sends_a_form_gets_json(client: TestClient) -> None:
    answer = client.post("/contact", data=TYPED, headers={"Accept": "application/json"})

    assert answer.json().keys() == {"reference", "received_at"}


def test_an_invalid_form_comes_back_with_text_reasons_and_a_key(client: TestClient, connection: Connection) -> None:
    typed = TYPED | {"email": "nobody", "idempotency_key": "the-key-before"}
    answer = send(client, typed)

    again = form_in(answer, 422)
    assert said(again) == said(typed)
    assert "That does not look like an e-mail address." in answer.text
    assert re.fullmatch(r"[!-~]{8,200}", again["idempotency_key"])
    assert again["idempotency_key"] != "the-key-before"
    assert connection.execute(text("SELECT count(*) FROM submissions")).scalar_one() == 0


def test_the_form_that_came_back_can_be_sent_once_it_is_mended(client: TestClient, connection: Connection) -> None:
    again = form_in(send(client, TYPED | {"email": "nobody"}), 422)

    answers = [send(client, again | {"email": "ada@example.org"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert connection.execute(text("SELECT count(*) FROM submissions")).scalar_one() == 1


def test_first_and_last_names_are_still_there_in_the_form(client: TestClient) -> None:
    typed = {"first_name": "Ada", "last_name": "Byron", "email": "nobody", "message": "Hello"}

    assert form_in(send(client, typed), 422)["name"] == "Ada Byron"


def test_a_rate_limited_form_comes_back_with_text_and_the_same_key(platform: Platform, clock: MovableClock) -> None:
    platform.settings = platform.settings.model_copy(update={"contact_limit": "1/minute"})
    with TestClient(build_app(platform)) as client:
        send(client, TYPED)
        answer = send(client, TYPED | {"message": "And another.", "idempotency_key": "a-key-that-was-sent"})
        clock.move(60)
        later = send(client, form_in(answer, 429))

    again = form_in(answer, 429)
    assert (again["message"], again["idempotency_key"]) == ("And another.", "a-key-that-was-sent")
    assert answer.headers["retry-after"] == "60"
    assert "That was too often in a short time." in answer.text
    assert later.status_code == 201


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "a-key-that-was-sent"}], ids=["no key", "a key"])
def test_while_the_database_is_away_the_form_comes_back_and_a_second_try_is_kept_once(
    committing: TestClient, line: CuttingProxy, rows: Rows, key: dict[str, str]
) -> None:
    line.away = True
    answer = send(committing, TYPED | key)
    line.away = False
    again = form_in(answer, 503)
    later = [send(committing, again) for _ in range(2)]

    assert said(again) == said(TYPED)
    assert again["idempotency_key"] == key.get("idempotency_key", again["idempotency_key"])
    assert answer.headers["x-request-id"] in answer.text
    assert [each.status_code for each in later] == [201, 201]
    assert rows("SELECT count(*) FROM submissions") == [(1,)]


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "a-key-that-was-sent"}], ids=["no key", "a key"])
@pytest.mark.parametrize("cut", Cut, ids=str)
def test_a_form_whose_commit_was_cut_off_is_kept_once(
    committing: TestClient, line: CuttingProxy, rows: Rows, cut: Cut, key: dict[str, str]
) -> None:
    line.next_commit = cut
    again = form_in(send(committing, TYPED | key), 503)
    later = send(committing, again)

    assert said(again) == said(TYPED)
    assert later.status_code == 201
    assert rows("SELECT count(*) FROM submissions") == [(1,)]


def test_a_thanks_page_that_is_reloaded_files_the_message_once(client: TestClient, connection: Connection) -> None:
    answers = [send(client, TYPED) for _ in range(3)]
    send(client, TYPED | {"message": "And something else."})

    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({re.findall(r'class="leave">(.+?)</p>', answer.text)[0] for answer in answers}) == 1
    assert connection.execute(text("SELECT count(*) FROM submissions")).scalar_one() == 2


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("&".join(f"field{n}=x" for n in range(60)), "application/x-www-form-urlencoded", 400),
        ("name=Ada", "application/x-www-form-urlencoded; charset=utf-7", 415),
        ("no parts at all", "multipart/form-data; boundary=there-is-none", 400),
    ],
)
def test_a_form_that_cannot_be_read_gets_a_page_that_says_so(
    client: TestClient, body: str, kind: str, status: int
) -> None:
    answer = client.post("/contact", content=body, headers={"Accept": "text/html", "Content-Type": kind})

    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert "Your message was not saved" in answer.text
    assert answer.headers["x-request-id"] in answer.text


HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'></textarea>{{ 7 * 7 }}"


def test_whatever_was_typed_comes_back_as_text_only(client: TestClient) -> None:
    typed = dict.fromkeys(("name", "email", "company", "subject", "message", "consent_version", "page"), HOSTILE)
    answer = send(client, typed | {"idempotency_key": HOSTILE})

    page = Fields(answer.text)
    assert page.tags.isdisjoint({"script", "img"})
    assert {name: page.sent[name] for name in typed} == typed
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_bad_key_is_told_and_replaced(client: TestClient) -> None:
    again = form_in(send(client, TYPED | {"idempotency_key": "short"}), 400)

    assert send(client, again).status_code == 201


def test_the_contact_page_is_the_site_s_own_at_the_address_it_posts_to(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "contact.html").write_text("<h1>Write to us</h1>")
    platform.settings = platform.settings.model_copy(update={"site_dir": tmp_path})
    with TestClient(build_app(platform)) as client:
        answer = client.get("/contact")

    assert (answer.status_code, answer.text) == (200, "<h1>Write to us</h1>")
