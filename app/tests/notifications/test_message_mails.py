"""A new message reaches the practice and a thanks the visitor: once each, however the mail server is."""

import logging
from email.message import EmailMessage

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text
from tests.mail_server import PostOffice, opened
from tests.notifications.conftest import OFFICE

from pretamane.adapters.postgres_embedded import APP_ROLE
from pretamane.system import demo

SPAM_TRAP = {"leave_empty": "filled in by a program"}


def words_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def mail_to(office: PostOffice, address: str) -> list[EmailMessage]:
    return [message for message in office.taken if message["To"] == address]


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_message_reaches_the_practice_with_all_that_was_said(write, practice_with, do_jobs, office, connection):
    practice_with(recipient=OFFICE, time_zone="Europe/Berlin")
    reference = write(message="Line one.\n\nLine <two>.", subject="A question", phone="+44 20 7946 0000")

    do_jobs()

    [mail] = mail_to(office, OFFICE)
    submission = connection.execute(text("SELECT id FROM submissions")).scalar_one()
    assert mail["Subject"] == "New message from Ada Byron: A question"
    assert mail["Reply-To"] == "ada@example.org"
    for part in (
        "> Line one.",
        "> Line <two>.",
        "+44 20 7946 0000",
        reference,
        "2 March 2026 at 10:00 (Europe/Berlin)",
    ):
        assert part in words_of(mail)
    for kind in ("plain", "html"):
        assert f"https://practice.example/app/inbox/{submission}" in words_of(mail, kind)
    assert "Line &lt;two&gt;." in words_of(mail, "html")


def test_an_address_that_some_servers_cannot_take_keeps_nothing_from_the_practice(
    write, practice_with, do_jobs, office
):
    practice_with(recipient=OFFICE)
    write(email="jürgen@example.org")

    do_jobs()

    [mail] = mail_to(office, OFFICE)
    assert mail["Reply-To"] is None
    assert "jürgen@example.org" in words_of(mail)


def test_the_visitor_s_thanks_holds_the_reference_and_nothing_typed_but_the_name(write, do_jobs, office):
    typed = {"message": "Buy at shop.example", "subject": "Cheap", "company": "Spam & Co", "phone": "+1 900"}
    reference = write(**typed)

    do_jobs()

    [thanks] = mail_to(office, "ada@example.org")
    assert thanks["Subject"] == f"We have your message ({reference})"
    assert thanks["Reply-To"] is None
    for kind in ("plain", "html"):
        assert reference in words_of(thanks, kind)
        assert "Dear Ada Byron," in words_of(thanks, kind)
        assert not [said for said in typed.values() if said in words_of(thanks, kind)]


@pytest.mark.parametrize(
    "name", ["Ada", "Zoë-Marie O’Neill", "Grace B. Hopper", "Dr. Ada Byron", "李小龍", "Łukasz Żak"]
)
def test_a_name_stands_in_the_greeting(write, do_jobs, office, name):
    write(name=name)

    do_jobs()

    assert f"Dear {name}," in words_of(office.taken[0])


@pytest.mark.parametrize(
    "name", ["Win at shop.example", "http://shop.example", "Call 0900 1234", "A" * 61, "You won!", "Ada\u202egnp"]
)
def test_what_is_no_name_does_not(write, do_jobs, office, name):
    write(name=name)

    do_jobs()

    words = words_of(office.taken[0])
    assert "Hello," in words
    assert name not in words


def test_without_a_recipient_only_the_visitor_hears(write, do_jobs, office):
    write()

    do_jobs()

    assert [mail["To"] for mail in office.taken] == ["ada@example.org"]


def test_a_practice_that_does_not_thank_only_hears_itself(write, practice_with, do_jobs, office):
    practice_with(recipient=OFFICE, thanks_visitors=False)
    write()

    do_jobs()

    assert [mail["To"] for mail in office.taken] == [OFFICE]


def test_nobody_hears_of_spam(write, practice_with, do_jobs, office, connection):
    practice_with(recipient=OFFICE)
    write(**SPAM_TRAP)

    do_jobs()

    assert office.taken == []
    assert connection.execute(text("SELECT count(*) FROM events")).scalar_one() == 0


def test_nobody_hears_of_a_message_that_was_marked_as_spam_meanwhile(
    write, practice_with, do_jobs, clock, port, connection
):
    practice_with(recipient=OFFICE)
    write()
    do_jobs()  # the mail server is away
    connection.execute(text("UPDATE submissions SET status = 'spam'"))
    clock.move(3600)

    with opened(PostOffice(), port=port) as office:
        do_jobs()

    assert office.taken == []
    assert connection.execute(text("SELECT count(*) FROM jobs")).scalar_one() == 0


def test_the_invented_practice_writes_to_nobody(platform, do_jobs, office):
    platform.work.run_now(demo.furnish, platform.clock.now(), production=False)

    assert do_jobs() == 0
    assert office.taken == []


def test_an_address_is_thanked_once_in_ten_minutes_and_the_practice_hears_of_each(
    write, practice_with, do_jobs, clock, office
):
    practice_with(recipient=OFFICE)
    for _ in range(3):
        write()
        write(email="ADA@example.ORG")
        do_jobs()
        clock.move(200)
    write(email="grace@example.org")
    clock.move(1)
    write()
    do_jobs()

    assert len(mail_to(office, OFFICE)) == 8
    assert (len(mail_to(office, "ada@example.org")), len(mail_to(office, "grace@example.org"))) == (2, 1)


def test_after_an_hour_without_a_mail_server_everybody_hears_once(write, practice_with, do_jobs, clock, port, dead):
    practice_with(recipient=OFFICE)
    for writer in ("ada", "grace", "mary"):
        write(email=f"{writer}@example.org")
    for _minute in range(60):
        do_jobs()
        clock.move(60)

    with opened(PostOffice(), port=port) as office:
        for _minute in range(60):
            do_jobs()
            clock.move(60)

    thanked = [f"{writer}@example.org" for writer in ("ada", "grace", "mary")]
    assert sorted(office.recipients) == sorted([OFFICE] * 3 + thanked)
    assert len({mail["Message-ID"] for mail in office.taken}) == 6
    assert (do_jobs(), dead()) == (0, 0)


def test_after_an_hour_of_trouble_in_our_own_house_everybody_hears_of_what_was_received(
    write, practice_with, do_jobs, clock, office, connection
):
    def rename(table, name):
        connection.execute(text("RESET ROLE"))
        connection.execute(text(f"ALTER TABLE {table} RENAME TO {name}"))
        connection.execute(text(f"SET LOCAL ROLE {APP_ROLE}"))

    practice_with(recipient=OFFICE)
    write()
    rename("visitors_thanked", "mislaid")
    for _minute in range(60):
        do_jobs()
        clock.move(60)
    rename("mislaid", "visitors_thanked")

    clock.move(3600)
    do_jobs()

    assert sorted(office.recipients) == ["ada@example.org", OFFICE]


def test_after_a_day_without_a_mail_server_it_is_given_up_where_a_person_finds_it(write, do_jobs, clock, dead):
    write()
    for _half_hour in range(47):
        do_jobs()
        clock.move(1800)
    dead_before_the_day_is_over = dead()
    clock.move(7200)

    do_jobs()

    assert (dead_before_the_day_is_over, dead()) == (0, 1)


def test_an_address_that_is_refused_for_good_is_given_up_at_once(write, do_jobs, port, connection, caplog):
    write()
    before = counted("mails_failed_total", template="notifications/thanks", code="undeliverable")

    with opened(PostOffice({"RCPT": "550 5.1.1 <ada@example.org> unknown"}), port=port):
        do_jobs()

    assert connection.execute(text("SELECT count(*) FROM jobs")).scalar_one() == 0
    assert counted("mails_failed_total", template="notifications/thanks", code="undeliverable") == before + 1
    assert "it answered 550" in caplog.text


def test_a_recipient_of_the_practice_s_own_who_is_refused_is_found_among_the_dead_at_once(
    write, practice_with, do_jobs, port, connection
):
    practice_with(recipient=OFFICE, thanks_visitors=False)
    write()

    with opened(PostOffice({"RCPT": f"550 5.1.1 <{OFFICE}> unknown"}), port=port):
        do_jobs()

    dead = connection.execute(text("SELECT name, attempts, last_failure FROM jobs WHERE died_at IS NOT NULL")).one()
    assert (dead.name, dead.attempts) == ("notifications.tell-practice", 1)
    assert "it answered 550" in dead.last_failure
    assert OFFICE not in dead.last_failure


def test_a_relay_that_says_no_for_an_hour_loses_no_mail(write, practice_with, do_jobs, clock, port):
    practice_with(recipient=OFFICE)
    write()
    with opened(PostOffice({"RCPT": "554 Relay denied"}), port=port):
        do_jobs()
    clock.move(3600)

    with opened(PostOffice(), port=port) as mended:
        do_jobs()

    assert sorted(mended.recipients) == ["ada@example.org", OFFICE]


@pytest.mark.usefixtures("office")
def test_what_was_sent_is_counted(write, do_jobs):
    before = counted("mails_sent_total", template="notifications/thanks")
    write()

    do_jobs()

    assert counted("mails_sent_total", template="notifications/thanks") == before + 1


def test_no_log_line_and_no_kept_failure_names_anybody(write, practice_with, do_jobs, clock, port, caplog, connection):
    caplog.set_level(logging.DEBUG)
    practice_with(recipient=OFFICE)
    reference = write(subject="A secret", message="The words")
    with opened(PostOffice({"RCPT": f"450 {OFFICE} ada@example.org later"}), port=port):
        do_jobs()
    clock.move(3600)
    kept = connection.execute(text("SELECT string_agg(last_failure, ' ') FROM jobs")).scalar_one()
    with opened(PostOffice({"RCPT": f"550 {OFFICE} ada@example.org unknown"}), port=port):
        do_jobs()

    lines = " ".join(
        record.getMessage() + str(record.exc_text) for record in caplog.records if record.name != "mail.log"
    )
    assert "given up" in lines
    assert "it answered 450" in kept
    for secret in ("ada@", "Ada B", "example.org", OFFICE, "A secret", "The words", reference):
        assert secret not in lines + kept
