"""What every mailer promises, each over the real thing: files on disk, or a conversation with a mail server."""

import email
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.conftest import MovableClock
from tests.mail_server import PASSWORD, USER, Certificate, PostOffice, opened

from pretamane.adapters.mail_log import LogMailer
from pretamane.adapters.mail_smtp import SmtpMailer
from pretamane.core.errors import Unavailable
from pretamane.settings_mail import mail_server
from pretamane.web.mail import compose

PRACTICE = SimpleNamespace(name="Ådland & Söhne", primary_colour="#6b2d5c", accent_colour=None)
AWKWARD = "A line of its own:\n.\nFrom here on, " + "very " * 300 + "long.\n..and dots.\n\tTschüß – 漢字 🙂"


@dataclass
class Place:
    """A mailer, where its mail can be read, and a way to take that away."""

    mailer: LogMailer | SmtpMailer
    received: Callable[[], list[EmailMessage]]
    take_away: Callable[[], None]


def kept_in_files(folder: Path) -> Place:
    def received() -> list[EmailMessage]:
        files = sorted((folder / "mail").glob("*.eml"))
        return [email.message_from_bytes(file.read_bytes(), policy=SMTP) for file in files]

    def take_away() -> None:
        (folder / "mail").write_text("a file where a folder belongs")

    return Place(LogMailer(folder / "mail"), received, take_away)


def taken_by_a_server(url: str, office: PostOffice, close: Callable[[], None]) -> Place:
    server = mail_server(url.format(port=office.port))
    assert server is not None
    return Place(SmtpMailer(server, "practice.example", MovableClock()), lambda: office.taken, close)


@pytest.fixture(params=["log", "smtp without TLS", "smtp with STARTTLS and a password", "smtps"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    certificate = Certificate.made_for("localhost", tmp_path)
    with ExitStack() as stack:
        match request.param:
            case "log":
                yield kept_in_files(tmp_path)
            case "smtp without TLS":
                office = stack.enter_context(opened(PostOffice()))
                yield taken_by_a_server("smtp://127.0.0.1:{port}?tls=none", office, stack.close)
            case "smtps":
                office = stack.enter_context(opened(PostOffice(), implicit=certificate.context))
                url = f"smtps://localhost:{{port}}?ca={certificate.file}"
                yield taken_by_a_server(url, office, stack.close)
            case _:
                office = stack.enter_context(opened(PostOffice(), starttls=certificate.context, signing_in=True))
                url = f"smtp://{USER}:{PASSWORD}@localhost:{{port}}?ca={certificate.file}"
                yield taken_by_a_server(url, office, stack.close)


def mail(to: str = "ada@example.org", words: str = "12 March", subject: str = "Grüße aus der Praxis") -> EmailMessage:
    return compose(
        "notifications/thanks",
        to=to,
        subject=subject,
        practice=PRACTICE,
        sender="noreply@practice.example",
        message_id="<the-only-one@practice.example>",
        now=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        greeting="Hello,",
        reference="K7MQ-4XDR",
        received=words,
    )


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_a_mail_arrives_as_it_was_composed(place):
    place.mailer.send(mail())

    [received] = place.received()
    assert received["Subject"] == "Grüße aus der Praxis"
    assert str(received["From"]) == "Ådland & Söhne <noreply@practice.example>"
    assert (received["To"], received["Message-ID"]) == ("ada@example.org", "<the-only-one@practice.example>")
    assert "K7MQ-4XDR" in text_of(received)
    assert "K7MQ-4XDR</p>" in text_of(received, "html")


def test_no_line_is_lost_or_altered_on_the_way(place):
    place.mailer.send(mail(words=AWKWARD))

    assert AWKWARD in text_of(place.received()[0])


def test_each_mail_arrives_even_when_it_is_the_same_again(place):
    place.mailer.send(mail())
    place.mailer.send(mail())

    assert [received["Message-ID"] for received in place.received()] == ["<the-only-one@practice.example>"] * 2


def test_an_address_beyond_ascii_gets_its_mail(place):
    place.mailer.send(mail(to="jürgen@bücher.example"))

    [to] = place.received()[0]["To"].addresses
    as_sent = to.addr_spec.encode("utf-8", "surrogateescape").decode()  # the parser's way to keep what is not ASCII
    assert as_sent == "jürgen@xn--bcher-kva.example"


def test_the_log_says_nothing_of_who_writes_what_to_whom(place, caplog):
    caplog.set_level(logging.DEBUG)

    place.mailer.send(mail())

    ours = " ".join(record.getMessage() for record in caplog.records if record.name != "mail.log")  # the test server's
    assert not [secret for secret in ("ada", "example.org", "K7MQ", "Grüße", PASSWORD) if secret in ours]


def test_a_mailer_that_can_be_used_says_so_and_sends_nothing_for_it(place):
    place.mailer.probe()

    assert place.received() == []


def test_while_it_is_away_nothing_is_taken_and_the_reason_names_nobody(place):
    place.take_away()

    with pytest.raises(Unavailable) as unsent:
        place.mailer.send(mail())
    with pytest.raises(Unavailable) as down:
        place.mailer.probe()

    assert "ada" not in unsent.value.sentence + str(unsent.value.__cause__)
    assert down.value.sentence.endswith(".")
