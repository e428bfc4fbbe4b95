"""The queue as an administrator sees it, and the second chance of what was given up."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.workbench import queued

from pretamane.core.jobs import queue

ADDRESS = "/app/settings/jobs"


def leave(platform, name, **how):
    return platform.work.run_now(queued, name, **how)


def give_up(platform, name, failure="SMTP is <away>", **how):
    """Queued, claimed and buried, as the worker does when its tries are over."""
    job = leave(platform, name, **how)
    (claimed,) = platform.work.run_now(queue.claim, [name])
    platform.work.run_now(queue.bury, claimed, failure, attempts=claimed.attempts)
    return job


def dead(connection):
    return set(connection.execute(text("SELECT id FROM jobs WHERE died_at IS NOT NULL")).scalars())


def test_an_empty_queue_says_so(browser):
    assert "Nothing waits, nothing runs, nothing was given up." in browser.get(ADDRESS).text


def test_each_kind_is_counted_by_its_state(browser, platform, clock):
    give_up(platform, "mail.send")
    leave(platform, "mail.send")
    platform.work.run_now(queue.claim, ["mail.send"])
    for delay in (0, 0, 3600):
        leave(platform, "mail.send", delay=timedelta(seconds=delay))
    clock.move(30)

    page = browser.get(ADDRESS).text
    row = page[page.index('<tr><th scope="row" class="short">mail.send</th>') :].partition("</tr>")[0]
    assert 'data-label="Due">2<' in row
    assert 'data-label="Running">1<' in row
    assert 'data-label="Later">1<' in row
    assert 'data-label="Given up">1<' in row
    assert "2 Mar 2026, 09:00" in row


def test_what_was_given_up_stands_with_its_reason_as_text(browser, platform):
    job = give_up(platform, "mail.send")

    page = browser.get(ADDRESS).text
    assert "SMTP is &lt;away&gt;" in page
    assert f'name="job" value="{job}"' in page


def test_one_is_tried_again_and_the_others_stay(browser, platform, connection):
    one, other = give_up(platform, "mail.send"), give_up(platform, "mail.send")

    answer = browser.post(f"{ADDRESS}/retry", data={"job": str(one)})

    assert answer.headers["location"] == f"{ADDRESS}?again=1"
    assert dead(connection) == {other}
    assert [job.id for job in platform.work.run_now(queue.claim, ["mail.send"])] == [one]
    assert "One job is tried again." in browser.get(answer.headers["location"]).text


def test_all_are_tried_again_with_all_their_tries(browser, platform, connection):
    buried = {give_up(platform, "mail.send") for _ in range(3)}

    browser.post(f"{ADDRESS}/retry", data={"job": "all"})

    claimed = platform.work.run_now(queue.claim, ["mail.send"])
    assert dead(connection) == set()
    assert {job.id for job in claimed} == buried
    assert {job.attempts for job in claimed} == {1}


def test_what_is_queued_anew_already_is_not_done_twice(browser, platform, connection):
    old = give_up(platform, "search.index", unique="contact 7")
    newer = leave(platform, "search.index", unique="contact 7")

    answer = browser.post(f"{ADDRESS}/retry", data={"job": str(old)})

    assert (answer.status_code, dead(connection)) == (303, set())
    assert connection.execute(text("SELECT id FROM jobs")).scalars().all() == [newer]


def test_each_second_chance_is_audited(browser, platform, connection):
    job = give_up(platform, "mail.send")

    browser.post(f"{ADDRESS}/retry", data={"job": str(job)})

    entry = connection.execute(text("SELECT actor, act, subject FROM audit_entries")).one()
    assert tuple(entry) == ("Ada Byron", "job.brought-back", job)


@pytest.mark.parametrize(("job", "status"), [("", 400), ("one", 400), (str(UUID(int=1)), 404)])
def test_a_job_that_is_none_gets_a_sentence(browser, job, status):
    answer = browser.post(f"{ADDRESS}/retry", data={"job": job})

    assert answer.status_code == status
    assert "text/html" in answer.headers["content-type"]
