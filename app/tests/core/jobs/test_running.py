"""One attempt after the other: when the next comes, when it is given up, and what is told about it."""

import logging
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workbench import note

from pretamane.core import events, request_ids
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Unavailable
from pretamane.core.jobs import Tries, dead_letters, queue
from pretamane.core.jobs.queue import LEASE
from pretamane.core.jobs.running import LONGEST_REASON
from pretamane.core.metrics import JOBS_ENDED
from pretamane.web.mail import FOR_A_DAY


def fail(run):
    raise ValueError(f"attempt {run.attempt}")


def fate(bench):
    [row] = bench.ask("SELECT attempts, died_at IS NOT NULL, last_failure FROM jobs")
    return row


def test_a_job_that_keeps_failing_is_dead_after_three_attempts_with_the_last_reason(bench, clock):
    bench.queue()

    done = []
    for _ in range(5):
        done.append(bench.run_due(fail))
        clock.move(3600)

    assert done == [1, 1, 1, 0, 0]
    assert fate(bench) == (3, True, "ValueError: attempt 3")


class Panic(BaseException):
    """As a library in Rust raises one."""


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt: "),
        (Panic("index out of bounds"), f"{__name__}.Panic: index out of bounds"),
    ],
)
def test_a_job_that_would_end_its_whole_process_has_failed_like_any_other(bench, end, told):
    def fail_so(_run):
        raise end

    bench.queue()

    bench.run_due(fail_so)

    assert fate(bench) == (1, False, told)


def test_a_job_that_fails_at_hostile_words_has_failed_like_any_other(bench):
    def choke(_run):
        raise ValueError("not a title: \0\udcff" + "x" * 10_000)

    bench.queue()

    bench.run_due(choke)

    assert fate(bench) == (1, False, "ValueError: not a title: \ufffd?" + "x" * (LONGEST_REASON - 27))


def test_a_job_that_succeeds_at_last_is_gone(bench, clock):
    bench.queue(words="kept")

    bench.run_due(fail)
    clock.move(2)
    bench.run_due(note)

    assert (bench.effects, bench.left) == (["kept"], 0)


@given(attempts=st.integers(1, 1000), longest=st.integers(1, 86400))
def test_each_pause_is_about_twice_the_last_up_to_the_longest(attempts, longest):
    pause = Tries(longest_pause=timedelta(seconds=longest)).pause(attempts).total_seconds()

    assert min(2**attempts, longest) / 2 <= pause <= min(2**attempts, longest)


def test_those_who_failed_together_do_not_come_back_together():
    assert len({Tries().pause(5) for _ in range(20)}) > 10


def test_with_a_limit_in_time_a_job_is_tried_until_then_however_often(bench, clock):
    tries = Tries(attempts=None, within=timedelta(hours=24), longest_pause=timedelta(minutes=30))
    bench.queue(delay=timedelta(days=3))  # which counts from when it was wanted
    clock.move(3 * 24 * 3600)

    hours = 0.0
    while not fate(bench)[1]:
        bench.run_due(fail, tries)
        clock.move(1800)
        hours += 0.5

    assert 24 <= hours <= 25
    assert fate(bench)[0] > 40


def test_what_first_gets_its_turn_after_its_limit_in_time_is_tried_all_the_same(bench, clock):
    bench.queue(words="late")
    clock.move(25 * 3600)

    bench.run_due(note, Tries(attempts=None, within=timedelta(hours=24)))

    assert bench.effects == ["late"]


def lose_the_worker(bench, clock):
    claimed = bench.claim()
    clock.move(LEASE.total_seconds())
    return len(claimed)


@pytest.mark.parametrize("tries", [Tries(), FOR_A_DAY], ids=["three attempts", "a day of them"])
def test_a_job_whose_worker_was_lost_three_times_is_buried_without_another_attempt(bench, clock, tries):
    bench.queue(words="deadly")
    for _ in range(3):
        assert lose_the_worker(bench, clock) == 1

    bench.run_due(note, tries)

    assert bench.effects == []
    assert fate(bench) == (3, True, "Its worker was lost in the middle of it, 3 times in 3 attempts.")


def test_a_job_whose_worker_was_lost_twice_still_has_its_third_attempt(bench, clock):
    bench.queue(words="unlucky")
    for _ in range(2):
        lose_the_worker(bench, clock)

    bench.run_due(note)

    assert (bench.effects, bench.left) == (["unlucky"], 0)


def test_attempts_that_failed_are_no_lost_workers_and_those_lost_are_counted_across_them(bench, clock):
    bench.queue(words="deadly at times")
    for _ in range(3):
        bench.run_due(fail, FOR_A_DAY)
        clock.move(60)
        lose_the_worker(bench, clock)

    bench.run_due(note, FOR_A_DAY)

    assert bench.effects == []
    assert fate(bench) == (6, True, "Its worker was lost in the middle of it, 3 times in 6 attempts.")


def test_what_is_brought_back_may_lose_its_worker_as_often_as_new_work(bench, clock):
    job = bench.queue(words="deadly no more")
    for _ in range(3):
        lose_the_worker(bench, clock)
    bench.run_due(note)
    bench.work.run_now(dead_letters.bring_back, [job], OPERATOR)
    lose_the_worker(bench, clock)

    bench.run_due(note)

    assert bench.effects == ["deadly no more"]


def test_a_deadly_job_with_a_limit_in_time_is_buried_once_that_is_over(bench, clock):
    bench.queue(words="deadly")
    lose_the_worker(bench, clock)
    clock.move(24 * 3600)

    bench.run_due(note, Tries(attempts=None, within=timedelta(hours=24)))

    assert (bench.effects, fate(bench)[1]) == ([], True)


def test_the_request_s_id_travels_into_the_job_its_log_and_what_it_leads_to(bench, caplog):
    def lead_on(session, job):
        events.emit(session, "done", job)
        queue.enqueue(session, "other", is_last=True)

    def tell_and_lead_on(run):
        logging.getLogger("pretamane.test").info("under %s", request_ids.current.get())
        if not run.args:
            run.finish(lead_on, run.id)

    token = request_ids.current.set("the-request")
    bench.queue()
    request_ids.current.reset(token)
    with caplog.at_level(logging.INFO):
        bench.run_due(tell_and_lead_on)

    assert caplog.messages == ["under the-request"] * 2
    assert bench.ask("SELECT request_id FROM events") == ["the-request"]
    assert request_ids.current.get() is None


def test_what_is_away_for_now_is_told_in_a_line_and_a_defect_with_its_trace(bench, caplog):
    def refuse(_run):
        raise Unavailable("The post office is closed.")

    bench.queue()
    bench.run_due(refuse)
    bench.queue()
    bench.run_due(fail)

    away, defect = [record for record in caplog.records if record.name == "pretamane.jobs"]
    assert (away.levelname, away.exc_info) == ("WARNING", None)
    assert "The post office is closed." in away.getMessage()
    assert (defect.levelname, defect.exc_info[0]) == ("ERROR", ValueError)


@pytest.mark.parametrize(("function", "outcome"), [(note, "done"), (fail, "failed")])
def test_every_attempt_is_counted_by_how_it_ended(bench, function, outcome):
    def counted():
        return JOBS_ENDED.labels("note", outcome)._value.get()

    before = counted()
    bench.queue()
    bench.run_due(function)

    assert counted() - before == 1
