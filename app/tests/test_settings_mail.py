"""MAIL_URL and MAIL_FROM: where mail goes, over which kind of line, and who it comes from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pretamane.settings import SettingsRefused, load
from pretamane.settings_mail import MailServer, mail_server

SENTINEL = "sentinel-of-a-secret-that-nobody-may-ever-read"


def refusal_of(url: str) -> str:
    with pytest.raises(SettingsRefused) as refused:
        load({"PRETAMANE_MAIL_URL": url}, keeping_key=False)
    (fault,) = refused.value.faults
    return fault


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("log:", None),
        ("smtp://mail.example", MailServer("mail.example", 587, "starttls")),
        ("smtp://Mail.Example:2525/", MailServer("mail.example", 2525, "starttls")),
        ("smtps://mail.example", MailServer("mail.example", 465, "implicit")),
        ("smtp://[::1]:25?tls=none", MailServer("::1", 25, "none")),
        ("smtp://mailpit:1025?tls=none", MailServer("mailpit", 1025, "none")),
        (f"smtp://me:{SENTINEL}@localhost?tls=none", MailServer("localhost", 587, "none", "me", SENTINEL)),
        (
            "smtps://me%40x.example:p%40s%2Fs%25@mail.example?ca=/etc/ca.pem",  # pragma: allowlist secret  # invented
            MailServer("mail.example", 465, "implicit", "me@x.example", "p@s/s%", "/etc/ca.pem"),
        ),
    ],
)
def test_an_address_says_where_mail_goes_and_over_which_line(url, server):
    loaded = load({"PRETAMANE_MAIL_URL": url}, keeping_key=False)

    assert mail_server(loaded.settings.mail_url.get_secret_value()) == server


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("log", "must be log:, or like smtp://mail.example:587, with user:password@ before the host"),
        ("log:x", "must be log:, or like smtp://"),
        ("mail.example", "must be log:, or like smtp://"),
        ("http://mail.example", "must be log:, or like smtp://"),
        ("smtp://", "must be log:, or like smtp://"),
        ("smtp://mail..example", "must be log:, or like smtp://"),
        ("smtp://mail.example:0", "must be log:, or like smtp://"),
        ("smtp://mail.example:70000", "must be log:, or like smtp://"),
        ("smtp://mail.example/inbox", "must be log:, or like smtp://"),
        (f"smtp://me:{SENTINEL}/x@mail.example", "must be log:, or like smtp://"),
        (f"smtp://me:{SENTINEL} x@mail.example", "must be log:, or like smtp://"),
        (
            f"smtp://me:ä{SENTINEL}@mail.example",  # pragma: allowlist secret  # invented
            "must be log:, or like smtp://",
        ),
        (
            f"smtp://me:{SENTINEL}%0d%0a@mail.example",  # pragma: allowlist secret  # invented
            "gives a user or a password with signs that",
        ),
        ("smtp://me@mail.example", "must give both a user and a password, or neither."),
        (f"smtp://:{SENTINEL}@mail.example", "must give both a user and a password, or neither."),
        ("smtp://mail.example?tls=off", "may end with ?ca=FILE, or with ?tls=none after smtp://"),
        ("smtps://mail.example?tls=none", "may end with ?ca=FILE, or with ?tls=none after smtp://"),
        ("smtp://mail.example?ca=", "may end with ?ca=FILE, or with ?tls=none after smtp://"),
        (f"smtp://mail.example?password={SENTINEL}", "may end with ?ca=FILE, or with ?tls=none after smtp://"),
        (f"smtp://me:{SENTINEL}@mail.example?tls=none", "would show the password to the network"),
    ],
)
def test_another_address_is_refused_with_a_sentence_that_repeats_no_password(url, reason):
    fault = refusal_of(url)

    assert fault.startswith(f"PRETAMANE_MAIL_URL {reason}")
    assert SENTINEL not in fault


@given(st.sampled_from(["", "smtp://", "smtps://", "smtp://a:b@", "smtp://h?"]), st.text(max_size=40))
def test_no_text_at_all_breaks_the_parser(beginning, text):
    try:
        server = mail_server(beginning + text)
    except ValueError:
        return
    assert server is None or (server.host and 0 < server.port < 65536)


def test_the_password_is_shown_nowhere():
    url = f"smtp://me:{SENTINEL}@mail.example"

    loaded = load({"PRETAMANE_MAIL_URL": url}, keeping_key=False)

    assert SENTINEL not in repr(loaded)
    assert SENTINEL not in repr(mail_server(url))


@pytest.mark.parametrize(
    ("public_url", "sender"),
    [
        ("https://practice.example", "noreply@practice.example"),
        ("http://localhost:8000", "noreply@localhost"),
        ("http://127.0.0.1:8000", "noreply@localhost"),
        ("http://[::1]:8000", "noreply@localhost"),
    ],
)
def test_mail_comes_from_the_host_where_people_find_the_site(public_url, sender):
    settings = load({"PRETAMANE_PUBLIC_URL": public_url}, keeping_key=False).settings

    assert settings.mail_from == sender


def test_another_sender_is_taken_as_it_is_given():
    settings = load({"PRETAMANE_MAIL_FROM": "Office@Practice.Example"}, keeping_key=False).settings

    assert settings.mail_from == "Office@practice.example"


@pytest.mark.parametrize(
    "text", ["office", "Office <o@x.example>", "a@b@c", "a..b@x.example", "a@x..example", "ä@x.ex"]
)
def test_what_is_no_single_address_cannot_send(text):
    with pytest.raises(SettingsRefused) as refused:
        load({"PRETAMANE_MAIL_FROM": text}, keeping_key=False)

    assert refused.value.faults == ["PRETAMANE_MAIL_FROM must be one e-mail address, such as office@practice.example."]
