"""A practice as `pretamane up` makes it: with its own database, a worker, and mails that stay in its folder."""

import http.client
import json
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page

from tests.site_story.house import PRETAMANE, await_answer, ended_afterwards, environment, free_port

MAIL_WITHIN = 20.0
# More than a page of the inbox holds, all written before the first test begins.
EARLIER = tuple(f"Earlier Writer {number:02}" for number in range(1, 53))
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    name: str
    email: str
    password: str = ""


ADA = Person("Ada Byron", "ada@practice.example", "three blue herons at dusk")  # pragma: allowlist secret  # invented
BEN = Person("Ben Okafor", "ben@practice.example", "nine slow barges upriver")  # pragma: allowlist secret  # invented


def somebody(name: str) -> Person:
    """A person whom nobody met before: each test can be told again in the same practice."""
    number = next(_numbers)
    # Browsers let nobody type an address with other letters than these.
    mailbox = name.split(maxsplit=1)[0].lower().encode("ascii", "ignore").decode()
    return Person(f"{name} {number}", f"{mailbox}-{number}@visitor.example")


@dataclass(frozen=True)
class Practice:
    address: str
    folder: Path

    def receives(self, sender: Person, message: str, **more: str) -> None:
        """By the API, as from another website's form."""
        said = {"name": sender.name, "email": sender.email, "message": message, **more}
        with closing(http.client.HTTPConnection(urlsplit(self.address).netloc, timeout=30)) as line:
            line.request("POST", "/api/v1/contact", json.dumps(said), {"Content-Type": "application/json"})
            assert line.getresponse().status == 201

    def mail_to(self, person: Person, saying: str) -> str:
        """The text of the mail, as soon as the worker has sent it."""
        until = time.monotonic() + MAIL_WITHIN
        while time.monotonic() < until:
            for text in self._mails_to(person):
                if saying in text:
                    return text
            time.sleep(0.1)
        raise AssertionError(f"No mail to {person.email} says: {saying}")

    def _mails_to(self, person: Person) -> Iterator[str]:
        for file in sorted((self.folder / "mail").glob("*.eml")):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            text = mail.get_body(("plain",))
            if person.email in str(mail["To"]) and text is not None:
                yield text.get_content()

    def run(self, *words: str) -> str:
        asked = {"PRETAMANE_DATA_DIR": str(self.folder), "PRETAMANE_PUBLIC_URL": self.address}
        done = subprocess.run(
            [*PRETAMANE, *words], env=environment(**asked), capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


@contextmanager
def open_practice(folder: Path) -> Iterator[Practice]:
    practice = Practice(f"http://127.0.0.1:{free_port()}", folder / "var")
    asked = {"PRETAMANE_PUBLIC_URL": practice.address, "PRETAMANE_CONTACT_LIMIT": "1000/minute"}
    words = ["up", "--port", str(urlsplit(practice.address).port), "--data-dir", str(practice.folder)]
    log = folder / "up.log"
    with log.open("wb") as lines:
        process = subprocess.Popen([*PRETAMANE, *words], env=environment(**asked), stdout=lines, stderr=lines)
    with ended_afterwards(process):
        await_answer(practice.address, process, log)
        yield practice


def move_in(practice: Practice, browser: Browser) -> None:
    """Ada opens the first link and invites Ben, who comes by the link in his mail; then the first people write."""
    first, second = browser.new_context(), browser.new_context()
    _becomes_administrator(first.new_page(), practice)
    _is_invited(first.pages[0], practice)
    second.new_page().goto(re.findall(r"http\S+/app/link/\S+", practice.mail_to(BEN, "/app/link/"))[0])
    _make_account(second.pages[0], BEN)
    first.close()
    second.close()
    for name in EARLIER:
        practice.receives(replace(somebody("Earlier Writer"), name=name), "I wrote before the day began.")


def _becomes_administrator(page: Page, practice: Practice) -> None:
    page.goto(practice.run("admin", "create"))
    page.get_by_label("E-mail").fill(ADA.email)
    _make_account(page, ADA)


def _is_invited(page: Page, practice: Practice) -> None:
    page.goto(f"{practice.address}/app/settings/accounts")
    page.get_by_label("E-mail").fill(BEN.email)
    page.get_by_role("combobox", name="Role", exact=True).select_option("staff")
    page.get_by_role("button", name="Send the invitation").click()


def _make_account(page: Page, person: Person) -> None:
    page.get_by_label("Your name").fill(person.name)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Make my account").click()
    page.wait_for_url("**/app/inbox")
