"""People with passwords, a browser that is not signed in, and a postman who keeps the mails."""

import re
from types import SimpleNamespace

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from pretamane.accounts import passwords
from pretamane.core.errors import Unavailable, Undeliverable
from pretamane.wiring import build_app, first_administrators_link

PASSWORD = "three blue herons at dusk"  # pragma: allowlist secret  # invented
ANOTHER = "seven grey geese by noon"


@pytest.fixture(scope="session")
def password_hash():
    return passwords.hashed(PASSWORD)


@pytest.fixture
def change(platform):
    """Change the tables behind everybody's back."""

    def change(sql, **values):
        with platform.database.transaction() as session:
            session.execute(text(sql), values)

    return change


@pytest.fixture
def rows(connection):
    return lambda sql, **values: connection.execute(text(sql), values).all()


@pytest.fixture
def with_password(change, password_hash):
    """The account, which can be signed in to with PASSWORD."""

    def with_password(account):
        change("UPDATE accounts SET password_hash = :hash WHERE id = :id", hash=password_hash, id=account.id)
        return account

    return with_password


@pytest.fixture
def browser_at(platform):
    """A browser on one of our pages, where nobody is signed in, at an address of its own."""

    def browser_at(address):
        app = build_app(platform)
        browser = TestClient(app, client=(address, 4711), raise_server_exceptions=False, follow_redirects=False)
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        return browser

    return browser_at


@pytest.fixture
def checks(monkeypatch):
    """Each time that a password is checked, however it ends."""
    seen: list[str | None] = []
    real = passwords.matches

    def matches(kept, password):
        seen.append(kept)
        return real(kept, password)

    monkeypatch.setattr(passwords, "matches", matches)
    return seen


@pytest.fixture
def browser(browser_at):
    return browser_at("192.0.2.1")


def sign_in(browser, account, password=PASSWORD, **more):
    return browser.post("/app/sign-in", data={"email": account.email, "password": password, **more})


def first_path(platform):
    """The path of the first administrator's link."""
    link = first_administrators_link(platform)
    assert link is not None
    return link.removeprefix("http://localhost:8000")


def carry(browser, token):
    """Let the browser bring this cookie along, as if it had been given it."""
    browser.cookies.set("session", token, domain="testserver.local")


def is_signed_in(browser):
    return browser.get("/api/v1/me").status_code == 200


class Postman:
    """Keeps what it is given, and refuses as a mail server's adapter does: while it is away, or what nobody gets."""

    def __init__(self):
        self.mails: list[SimpleNamespace] = []
        self.is_away = False
        self.knows_nobody = False

    def send(self, message):
        text, page = (part.get_content() for part in message.iter_parts())
        self.mails.append(SimpleNamespace(to=message["To"], subject=message["Subject"], text=text, page=page))
        if self.is_away:
            raise Unavailable("The mail server is away.")
        if self.knows_nobody:
            raise Undeliverable("The mail server has no such recipient.")

    @property
    def link(self):
        """The path of the newest mail's link, in its text and in its HTML alike."""
        mail = self.mails[-1]
        [path] = re.findall(r"^ +http://localhost:8000(/app/link/[\w-]{43})$", mail.text, re.MULTILINE)
        assert f'href="http://localhost:8000{path}"' in mail.page
        return path


@pytest.fixture
def postman(platform):
    platform.post.mailer = Postman()
    return platform.post.mailer


@pytest.fixture
def send_mails(postman, do_jobs):  # noqa: ARG001  # no mail leaves but by the postman
    return do_jobs
