"""What becomes of an answer: staff see whether it left, whatever the mail server does."""

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from tests.conftest import make_settings
from tests.contacts.conftest import if_match, one_of
from tests.mail_server import PostOffice, opened
from tests.running import free_port

from pretamane.core.actors import OPERATOR
from pretamane.core.jobs import dead_letters

A_DAY = 24 * 3600
REFUSES_FOR_GOOD = {"RCPT": "550 5.1.1 nobody of that name"}


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def settings(tmp_path, port):
    return make_settings(tmp_path, mail_url=SecretStr(f"smtp://127.0.0.1:{port}?tls=none"))


@pytest.fixture
def fate(desk, write, connection):
    """Answer a message; what staff see of that answer whenever they look."""
    message = write()
    connection.execute(text("DELETE FROM jobs"))  # the mails about the message itself
    address = f"submissions/{message['id']}"
    said = {"text": "Of course!"}
    desk.post(f"/api/v1/{address}/answers", json=said, headers=if_match(message["version"]))

    def seen():
        [answer] = one_of(desk.get(f"/api/v1/{address}"))["notes"]
        page = desk.get(f"/app/inbox/{message['id']}").text
        [badge] = [each for each in ("On its way", "Sent<", "Could not be sent") if each in page]
        return badge.rstrip("<"), answer["failure"]

    return seen


def test_an_answer_is_on_its_way_until_a_mail_server_took_it(fate, do_jobs, port):
    before = fate()

    with opened(PostOffice(), port=port) as office:
        do_jobs()

    assert (before, fate()) == (("On its way", None), ("Sent", None))
    assert [mail["To"] for mail in office.taken] == ["ada@example.org"]


@pytest.mark.usefixtures("fate")
def test_an_answer_does_not_say_that_a_program_wrote_it(do_jobs, port):
    with opened(PostOffice(), port=port) as office:
        do_jobs()

    assert [mail["Auto-Submitted"] for mail in office.taken] == [None]


def test_an_answer_to_an_address_that_nobody_has_could_not_be_sent(fate, do_jobs, port):
    with opened(PostOffice(REFUSES_FOR_GOOD), port=port):
        do_jobs()

    assert fate() == ("Could not be sent", "no mail reaches this address")


def test_an_answer_that_no_server_took_for_a_day_could_not_be_sent(fate, do_jobs, clock):
    do_jobs()
    after_a_try = fate()
    clock.move(A_DAY)

    do_jobs()

    assert after_a_try == ("On its way", None)
    assert fate() == (
        "Could not be sent",
        "every attempt failed, and an administrator can have it tried again",
    )


def test_an_answer_that_is_tried_again_is_on_its_way_again(fate, do_jobs, clock, port, platform):
    clock.move(A_DAY)
    do_jobs()

    platform.work.run_now(dead_letters.bring_all_back, OPERATOR)
    brought_back = fate()
    with opened(PostOffice(), port=port):
        do_jobs()

    assert (brought_back, fate()) == (("On its way", None), ("Sent", None))
