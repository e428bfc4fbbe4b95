"""Mail as it is composed: the practice's face, two bodies, and headers that nothing typed can break."""

import email
import re
import unicodedata
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from types import SimpleNamespace

import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pretamane.core.addresses import normalised_email
from pretamane.core.errors import Undeliverable
from pretamane.web.mail import compose, one_line

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]
HOSTILE = [
    "Hello\r\nBcc: everyone@example.org",
    "Hello\n\nand a body",
    "=?utf-8?q?Hello=0D=0ABcc:_everyone@example.org?=",
    "=?utf-8?b?SGVsbG8NCkJjYzogeEBleGFtcGxlLm9yZw==?=",
    "=\u202e?utf-8?q?Hello=0ABcc:_x@y.example?\u202e=",
    "Hello\u2028Bcc: everyone@example.org",
    "Hello\x85Bcc: everyone@example.org\x0b\x0c\x1c\x00",
    "\u202egnp.exe",
    '"><script>alert(1)</script>',
    "Ada <ada@example.org>, everyone@example.org",
    "Ada, Grace; (Byron): everyone@example.org;",
    "\ud800",
    "",
    "x" * 5000,
    "ä" * 500,
    "🙂" * 100,
]
TYPED = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(["=?utf-8?q?", "?=", "=0A", "\r\n", "Bcc: x@y.example", "<", ">", '"', "\\", ",", " ", "ä"])
    ).map("".join),
    st.sampled_from(HOSTILE),
)
# The first mail of a process loads Jinja and its templates; no promise is about time.
PATIENT = settings(deadline=None)


def mail(name="Adeyemi & Brandt", subject="We have your message", to="ada@example.org", **changed) -> EmailMessage:
    shown = {"greeting": "Dear Ada,", "reference": "K7MQ-4XDR", "received": "2 March", **changed}
    return compose(
        "notifications/thanks",
        to=to,
        subject=subject,
        practice=SimpleNamespace(name=name, primary_colour="#6b2d5c", accent_colour=None),
        sender="noreply@practice.example",
        message_id="<one@practice.example>",
        now=datetime(2026, 3, 2, 9, 0, tzinfo=UTC),
        **shown,
    )


def read_again(message: EmailMessage) -> EmailMessage:
    return email.message_from_bytes(message.as_bytes(), policy=SMTP)


def body(message: EmailMessage, kind: str) -> str:
    found = message.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_mail_says_the_same_in_text_and_in_html_with_the_practice_s_face():
    message = mail()

    for kind in ("plain", "html"):
        assert "K7MQ-4XDR" in body(message, kind)
    assert "Adeyemi & Brandt" in body(message, "plain")
    assert "Adeyemi &amp; Brandt" in body(message, "html")
    assert "#6b2d5c" in body(message, "html")


def test_text_is_as_it_was_typed_and_html_is_escaped():
    message = mail(greeting="Dear <b>Ada</b> & co,")

    assert "Dear <b>Ada</b> & co," in body(message, "plain")
    assert "Dear &lt;b&gt;Ada&lt;/b&gt; &amp; co," in body(message, "html")


def test_a_mail_says_when_it_was_made_and_that_nobody_typed_it():
    message = mail()

    assert message["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<one@practice.example>"


def test_a_mail_loads_nothing_and_runs_nothing():
    html = body(mail(), "html")

    assert not re.search(r"<(img|script|link|style|iframe|form)|url\(|src=", html)


def test_a_value_that_a_template_needs_and_does_not_get_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        compose(
            "notifications/thanks",
            to="ada@example.org",
            subject="Thanks",
            practice=SimpleNamespace(name="A", primary_colour=None, accent_colour=None),
            sender="noreply@practice.example",
            message_id="<one@practice.example>",
            now=datetime(2026, 3, 2, tzinfo=UTC),
        )


@PATIENT
@given(name=TYPED, subject=TYPED)
@example(name=HOSTILE[0], subject=HOSTILE[2])
@example(name=HOSTILE[2], subject=HOSTILE[4])
@example(name="0" * 57 + ";" + "=?" * 6, subject="")
@example(name="=?", subject="a" * 70 + "=?utf-8?q?=0A?=" * 9)
def test_whatever_stands_in_a_name_or_a_subject_no_header_is_added_or_altered(name, subject):
    received = read_again(mail(name=name, subject=subject))

    assert received.keys() == HEADERS
    assert [mailbox.addr_spec for mailbox in received["From"].addresses] == ["noreply@practice.example"]
    assert [mailbox.addr_spec for mailbox in received["To"].addresses] == ["ada@example.org"]
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", received["Subject"])


@PATIENT
@given(TYPED)
def test_no_line_of_a_header_breaks_where_a_mail_reader_would_see_another(text):
    head = mail(name=text, subject=text).as_bytes().partition(b"\r\n\r\n")[0]

    for line in head.split(b"\r\n"):
        assert re.match(rb"[A-Z][A-Za-z-]+:( |$)|[ \t]", line)
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f-\xff]", line)


@PATIENT
@given(st.text(max_size=250))
def test_what_is_ordinary_in_a_subject_stays(text):
    shown = one_line(text)

    ordinary = [sign for sign in text if sign.isalnum()]
    assert [sign for sign in shown if sign.isalnum()] == ordinary[: len([sign for sign in shown if sign.isalnum()])]
    assert len(shown) <= 200
    assert all(unicodedata.category(sign) not in ("Cc", "Cs", "Zl", "Zp") for sign in shown)


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "ada@example",
        "ada@example.org, everyone@example.org",
        "ada@example.org\r\nBcc: everyone@example.org",
        "=?utf-8?q?bcc=0d=0a?=@example.org",
        "<ada@example.org>",
        '"ada"@example.org',
        "",
    ],
)
def test_no_mail_is_made_for_what_is_no_single_address(address):
    with pytest.raises(Undeliverable):
        mail(to=address)


@PATIENT
@given(st.emails())
def test_an_address_that_the_form_took_is_the_only_one_that_a_mail_goes_to(address):
    try:
        taken = normalised_email(address)
    except ValueError:
        return
    try:
        message = mail(to=address)
    except Undeliverable:
        assert "=?" in address  # such an address would read as another
        return
    assert [mailbox.addr_spec for mailbox in read_again(message)["To"].addresses] == [taken]
