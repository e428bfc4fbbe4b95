"""Mail kept as files: for its owner's eyes only."""

import logging
import stat
from email.message import EmailMessage

import pytest

from pretamane.adapters.mail_log import LogMailer
from pretamane.core.errors import Unavailable


@pytest.fixture
def message():
    message = EmailMessage()
    message["To"], message["Subject"] = "ada@example.org", "Your link"
    message.set_content("https://practice.example/app/link/a-token")
    return message


def test_nobody_else_can_read_it(tmp_path, message):
    LogMailer(tmp_path / "var" / "mail").send(message)

    [file] = (tmp_path / "var" / "mail").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_the_log_has_one_line_that_names_the_file_and_nothing_else(tmp_path, message, caplog):
    caplog.set_level(logging.DEBUG)

    LogMailer(tmp_path).send(message)

    [file] = tmp_path.iterdir()
    assert caplog.messages == [f"A mail was kept as {file.name}"]


def test_to_ask_whether_mail_can_be_kept_makes_no_folder(tmp_path):
    LogMailer(tmp_path / "var" / "mail").probe()

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_down_before_the_first_mail(tmp_path):
    (tmp_path / "var").write_text("a file where a folder belongs")

    with pytest.raises(Unavailable, match="no folder that we may write to"):
        LogMailer(tmp_path / "var" / "mail").probe()


@pytest.mark.parametrize(
    "word", ["ada@example.org", "ADA@example.org", "YOUR LINK", "größenordnung"], ids=["to", "case", "subject", "text"]
)
def test_mails_with_a_word_are_forgotten_whatever_code_they_are_in_and_others_stay(tmp_path, message, word):
    message.add_alternative("<p>Die Größenordnung</p>", subtype="html", cte="base64")
    LogMailer(tmp_path).send(message)
    other = EmailMessage()
    other["To"] = "eve@example.org"
    other.set_content("Hello.")
    LogMailer(tmp_path).send(other)

    forgotten = LogMailer(tmp_path).forget({word})

    [left] = tmp_path.iterdir()
    assert forgotten == 1
    assert b"eve@example.org" in left.read_bytes()


def test_where_no_mail_was_ever_kept_there_is_nothing_to_forget(tmp_path):
    assert LogMailer(tmp_path / "mail").forget({"ada@example.org"}) == 0
