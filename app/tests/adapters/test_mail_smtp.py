"""SMTP where it matters: lines that others could read, servers that are not who they say, what answers mean."""

import smtplib
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.conftest import MovableClock
from tests.mail_server import PASSWORD, USER, Certificate, PostOffice, opened

from pretamane.adapters import mail_smtp
from pretamane.adapters.mail_smtp import REMEMBERED_SECONDS, SmtpMailer
from pretamane.core.errors import AppError, Unavailable, Undeliverable
from pretamane.settings_mail import mail_server
from pretamane.web.mail import compose

WITHOUT_TLS = "smtp://127.0.0.1:{port}?tls=none"


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate.made_for("localhost", tmp_path)


@pytest.fixture
def mailer(clock: MovableClock) -> Callable[..., SmtpMailer]:
    def over(url: str, office: PostOffice) -> SmtpMailer:
        server = mail_server(url.format(port=office.port))
        assert server is not None
        return SmtpMailer(server, "practice.example", clock)

    return over


def mail(to: str = "ada@example.org") -> EmailMessage:
    return compose(
        "notifications/thanks",
        to=to,
        subject="Thank you",
        practice=SimpleNamespace(name="Adeyemi", primary_colour=None, accent_colour=None),
        sender="noreply@practice.example",
        message_id="<one@practice.example>",
        now=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        greeting="Hello,",
        reference="K7MQ-4XDR",
        received="2 March",
    )


def refusal_of(mailer: SmtpMailer, to: str = "ada@example.org") -> AppError:
    with pytest.raises(AppError) as refused:
        mailer.send(mail(to))
    assert "ada" not in refused.value.sentence
    return refused.value


@pytest.mark.parametrize("url", ["smtps://localhost:{port}", f"smtp://{USER}:{PASSWORD}@localhost:{{port}}"])
def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_nothing(mailer, certificate, url):
    kind = "implicit" if url.startswith("smtps") else "starttls"
    with opened(PostOffice(), **{kind: certificate.context}) as office:
        refusal = refusal_of(mailer(url, office))

    assert isinstance(refusal, Unavailable)
    assert "its certificate is not trusted (self-signed certificate)" in refusal.sentence
    assert (office.taken, office.passwords) == ([], [])


def test_a_server_with_somebody_else_s_certificate_gets_nothing(mailer, tmp_path):
    elsewhere = Certificate.made_for("elsewhere.example", tmp_path)
    with opened(PostOffice(), implicit=elsewhere.context) as office:
        refusal = refusal_of(mailer(f"smtps://localhost:{{port}}?ca={elsewhere.file}", office))

    assert "not valid for 'localhost'" in refusal.sentence
    assert office.taken == []


@pytest.mark.parametrize("who", ["", f"{USER}:{PASSWORD}@"])
def test_where_somebody_took_starttls_away_nothing_is_sent_and_no_password_told(mailer, who):
    with opened(PostOffice(), asking_in_the_open=True) as office:
        refusal = refusal_of(mailer(f"smtp://{who}localhost:{{port}}", office))

    assert refusal.sentence == "The mail server did not take a mail: it offers no STARTTLS."
    assert (office.taken, office.passwords) == ([], [])


def test_a_wrong_password_is_told_without_it(mailer, certificate):
    with opened(PostOffice(), starttls=certificate.context, signing_in=True) as office:
        refusal = refusal_of(mailer(f"smtp://{USER}:wrong@localhost:{{port}}?ca={certificate.file}", office))

    assert refusal.sentence == "The mail server did not take a mail: it refused the user and password (535)."
    assert office.taken == []


def test_a_file_of_roots_that_is_not_there_is_a_reason_not_to_send(mailer, tmp_path):
    with opened(PostOffice()) as office:
        refusal = refusal_of(mailer(f"smtps://localhost:{{port}}?ca={tmp_path}/none", office))

    assert refusal.sentence == "The mail server did not take a mail: No such file or directory."


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"RCPT": "550 5.1.1 <ada@example.org>: no such user"}, Undeliverable),
        ({"RCPT": "550-5.1.10 <ada@example.org>: null MX\r\n550 5.1.10 so there"}, Undeliverable),
        ({"RCPT": "550 No such user here: ada@example.org"}, Undeliverable),
        ({"RCPT": "551 User not local"}, Undeliverable),
        ({"RCPT": "553 Requested action not taken"}, Undeliverable),
        ({"RCPT": "550 5.1.8 <noreply@practice.example>: sender rejected, domain not found"}, Unavailable),
        ({"RCPT": "550 5.7.1 <ada@example.org>: blocked by policy"}, Unavailable),
        ({"RCPT": "552 5.2.2 <ada@example.org>: mailbox full"}, Unavailable),
        ({"RCPT": "554 5.7.1 <ada@example.org>: relay access denied"}, Unavailable),
        ({"RCPT": "554 Relay denied"}, Unavailable),
        ({"RCPT": "450 4.7.1 <ada@example.org>: greylisted"}, Unavailable),
        ({"RCPT": "421 4.7.0 ada@example.org too many"}, Unavailable),
        ({"DATA": "554 5.7.1 ada@example.org not today"}, Unavailable),
        ({"DATA": "451 4.3.0 ada@example.org later"}, Unavailable),
    ],
)
def test_only_a_recipient_refused_for_good_is_given_up(mailer, answers, kind):
    with opened(PostOffice(answers)) as office:
        refusal = refusal_of(mailer(WITHOUT_TLS, office))

    assert type(refusal) is kind
    assert next(iter(answers.values()))[:3] in refusal.sentence
    # What the server said may hold an address, and must not reach a log.
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__


def test_an_address_that_the_server_cannot_take_is_given_up(mailer, monkeypatch):
    monkeypatch.setattr(smtplib.SMTP, "has_extn", lambda _smtp, name: name != "smtputf8")
    with opened(PostOffice()) as office:
        refusal = refusal_of(mailer(WITHOUT_TLS, office), to="ädä@example.org")

    assert isinstance(refusal, Undeliverable)


@pytest.mark.parametrize("goodbye", ["421 4.3.2 closing", "500 what?"])
def test_what_was_taken_is_sent_whatever_the_server_says_at_the_end(mailer, goodbye):
    with opened(PostOffice({"QUIT": goodbye})) as office:
        mailer(WITHOUT_TLS, office).send(mail())

    assert len(office.taken) == 1


def test_a_server_that_never_says_a_word_is_not_waited_for(mailer, monkeypatch):
    monkeypatch.setattr(mail_smtp, "PATIENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = PostOffice()
        mute.port = silent.getsockname()[1]

        refusal = refusal_of(mailer(WITHOUT_TLS, mute))

    assert isinstance(refusal, Unavailable)


def test_however_often_anyone_asks_the_server_is_bothered_twice_a_minute(mailer, clock):
    with opened(PostOffice()) as office:
        ours = mailer(WITHOUT_TLS, office)
        for _ in range(5):
            ours.probe()
        bothered_at_once = office.conversations
        clock.move(REMEMBERED_SECONDS)
        ours.probe()

    clock.move(REMEMBERED_SECONDS - 1)
    ours.probe()
    clock.move(1)
    assert (bothered_at_once, office.conversations) == (1, 2)
    with pytest.raises(Unavailable, match=r"^The mail server cannot be used: Connection refused\.$"):
        ours.probe()
