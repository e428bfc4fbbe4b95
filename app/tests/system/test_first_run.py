"""A new house: a short form, and a list that ticks itself."""

import re

import pytest
from sqlalchemy import text
from tests.system.conftest import ADA

from pretamane.core import audit
from pretamane.core.actors import OPERATOR
from pretamane.practice import queries
from pretamane.settings import Settings
from pretamane.system import first_run

ADDRESS = "/app/settings/first-run"
MESSAGE = {"name": "Zoë O’Brien", "email": "zoe@visitor.example", "message": "Hello"}


def done(platform, *, mail_goes_out=False):
    listed = platform.work.run_now(first_run.checklist, mail_goes_out=mail_goes_out)
    return [step.is_done for step in listed.steps]


def send(browser, **typed):
    version = re.findall(r'name="version" value="([^"]+)"', browser.get(ADDRESS).text)[0]
    return browser.post(ADDRESS, data={"version": version, **typed})


def test_a_new_house_has_done_none_of_it(platform):
    assert done(platform) == [False] * 5


def test_each_step_ticks_itself_once_it_is_true(platform, browser, client):
    send(browser, name="Weber & Lang", time_zone="Europe/Berlin", recipient="")
    named = done(platform)
    send(browser, name="Weber & Lang", time_zone="Europe/Berlin", recipient="office@weber.example")
    heard = done(platform)
    platform.work.run_now(audit.record, OPERATOR, "account.invited")
    invited = done(platform)
    client.post("/api/v1/contact", json=MESSAGE)

    assert named == [True, False, False, False, False]
    assert heard == [True, True, False, False, False]
    assert invited == [True, True, False, True, False]
    assert done(platform) == [True, True, False, True, True]
    assert done(platform, mail_goes_out=True) == [True] * 5


@pytest.mark.parametrize(("mail_url", "done_of_it"), [("log:", 0), ("smtp://mail.example:587", 1)])
def test_mail_goes_out_once_the_settings_name_a_server(open_as, platform, settings, mail_url, done_of_it):
    platform.settings = Settings.model_validate(settings.model_dump() | {"mail_url": mail_url})

    page = open_as(ADA).get(ADDRESS).text

    assert page.count('<li class="done"><div>Mail goes out') == done_of_it


def test_spam_is_no_first_message(platform, client):
    client.post("/api/v1/contact", json=MESSAGE | {"leave_empty": "http://spam"})

    assert done(platform)[-1] is False


def test_the_short_form_sets_the_practice_up(browser, platform, connection):
    answer = send(browser, name="Weber & Lang", time_zone="Europe/Berlin", recipient="office@weber.example")

    practice = platform.work.run_now(queries.current)
    assert (answer.status_code, answer.headers["location"]) == (303, ADDRESS)
    assert (practice.name, practice.time_zone, practice.recipient, practice.is_set_up) == (
        "Weber & Lang",
        "Europe/Berlin",
        "office@weber.example",
        True,
    )
    assert connection.execute(text("SELECT act FROM audit_entries")).scalars().all() == ["practice.changed"]


def test_what_cannot_be_taken_stays_in_the_form(browser, platform):
    answer = send(browser, name="Weber & Lang", time_zone="Europe/Berlin", recipient="office")

    assert answer.status_code == 422
    assert 'value="Weber &amp; Lang"' in answer.text
    assert 'id="recipient-error"' in answer.text
    assert not platform.work.run_now(queries.current).is_set_up


def test_the_form_of_a_new_house_waits_for_a_name_and_does_not_suggest_one(browser):
    assert re.search(r'<input id="name" name="name" type="text" value=""', browser.get(ADDRESS).text)
