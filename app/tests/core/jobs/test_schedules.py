"""What recurs is queued once at each of its times, whatever the clocks and however many workers look."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text
from tests.conftest import MovableClock
from tests.workbench import workbench_at

from pretamane.core.jobs import Schedule, Tick
from pretamane.core.jobs.schedules import declare, queue_what_is_due, take_turn

NIGHTLY = Schedule("nightly", "30 2 * * *", "Europe/Berlin")
HOURLY = Schedule("hourly", "0 * * * *", "UTC")


def at(words):
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ("2026-03-28 00:00", "2026-03-28 01:30"),
        ("2026-03-28 01:30", "2026-03-29 01:00"),  # there is no 02:30 this night: right after the gap
        ("2026-03-29 01:00", "2026-03-30 00:30"),
        ("2026-10-24 00:30", "2026-10-25 00:30"),  # the first of two
        ("2026-10-25 00:30", "2026-10-26 01:30"),
        ("2026-10-25 00:59", "2026-10-26 01:30"),
        ("2026-10-25 01:10", "2026-10-26 01:30"),  # between the first that was and the second that does not count
        ("2026-10-25 01:30", "2026-10-26 01:30"),
    ],
)
def test_half_past_two_comes_once_each_day_though_clocks_are_changed(after, expected):
    assert NIGHTLY.next_after(at(after)) == at(expected)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_every_hour_is_every_hour_of_a_day_with_23_or_25(day):
    begins, times = at(f"{day} 00:00") - timedelta(hours=3), []
    hourly = Schedule("hourly", "0 * * * *", "Europe/Berlin")
    while (begins := hourly.next_after(begins)) < at(f"{day} 06:00"):
        times.append(begins)

    assert len(times) == 8
    assert {later - sooner for sooner, later in itertools.pairwise(times)} == {timedelta(hours=1)}


def fire(bench, *schedules):
    """What the worker does each second; the jobs that came of it are taken away."""
    bench.work.run_now(queue_what_is_due, schedules)
    return bench.ask("DELETE FROM jobs RETURNING name")


def test_a_schedule_does_not_fire_when_it_is_declared_but_at_its_next_time_and_then_once(bench, clock):
    bench.work.run_now(declare, [HOURLY])
    at_once = fire(bench, HOURLY)
    clock.move(3600)

    assert (at_once, fire(bench, HOURLY), fire(bench, HOURLY)) == ([], ["hourly"], [])


def test_times_that_were_missed_fire_once_after_the_downtime(bench, clock):
    bench.work.run_now(declare, [HOURLY])
    clock.move(7.5 * 3600)
    bench.work.run_now(declare, [HOURLY])

    fired = [fire(bench, HOURLY), fire(bench, HOURLY)]
    clock.move(1800)

    assert fired == [["hourly"], []]
    assert fire(bench, HOURLY) == ["hourly"]


@pytest.mark.parametrize(
    "changed", [Schedule("hourly", "45 * * * *", "UTC"), Schedule("hourly", "30 9 * * *", "Asia/Kolkata")]
)
def test_a_changed_schedule_gets_a_new_time(bench, clock, changed):
    bench.work.run_now(declare, [HOURLY])
    bench.work.run_now(declare, [changed])

    [kept] = bench.ask("SELECT next_at FROM schedules")

    assert kept == changed.next_after(clock.now())
    assert kept != HOURLY.next_after(clock.now())


def test_an_older_release_goes_by_what_a_newer_one_has_declared(bench, clock):
    newer = Schedule("hourly", "45 * * * *", "UTC")
    bench.work.run_now(declare, [HOURLY])
    bench.work.run_now(declare, [newer])
    clock.move(45 * 60)

    fire(bench, HOURLY)

    assert bench.ask("SELECT next_at FROM schedules") == [newer.next_after(clock.now())]


def test_a_schedule_that_was_not_done_yet_does_not_pile_up(bench, clock):
    bench.work.run_now(declare, [HOURLY])
    for _ in range(3):
        clock.move(3600)
        bench.work.run_now(queue_what_is_due, [HOURLY])

    assert bench.left == 1


@pytest.mark.parametrize(
    ("begin", "nights"),
    [
        ("2026-03-27 12:00", ["28 01:30", "29 01:00", "30 00:30"]),
        ("2026-10-23 12:00", ["24 00:30", "25 00:30", "26 01:30"]),
    ],
)
def test_with_three_workers_every_night_has_its_one_run_over_both_changes_of_the_clocks(
    database_address, begin, nights
):
    clock = MovableClock()
    clock.time = at(begin)
    fired, together = [], threading.Barrier(3)
    with workbench_at(database_address, clock) as bench, ThreadPoolExecutor(3) as workers:
        bench.work.run_now(declare, [NIGHTLY])

        def look(_worker):
            together.wait()
            bench.work.run_now(queue_what_is_due, [NIGHTLY])

        for _ in range(3 * 24 * 6):
            clock.move(600)
            list(workers.map(look, range(3)))
            fired += [f"{clock.now():%d %H:%M}" for _ in bench.ask("DELETE FROM jobs RETURNING id")]

    assert fired == nights


def test_with_three_workers_at_one_moment_a_schedule_queues_one_job_and_no_second_after_it(shared_bench):
    """The job is taken away at once, so that its key hides no second."""
    with ThreadPoolExecutor(3) as workers:
        for _ in range(30):
            shared_bench.work.run_now(declare, [HOURLY])
            shared_bench.do("UPDATE schedules SET next_at = now() - interval '1 minute'")
            together = threading.Barrier(3)

            def look(_worker, together=together):
                together.wait()
                return len(fire(shared_bench, HOURLY))

            assert sum(workers.map(look, range(3))) == 1


def test_a_tick_is_taken_by_one_worker_at_a_time(shared_bench):
    at_once, most = 0, []

    def verb(session):
        nonlocal at_once
        at_once += 1
        most.append(at_once)
        session.execute(text("SELECT pg_sleep(0.05)"))
        at_once -= 1

    with ThreadPoolExecutor(3) as workers:
        for _ in range(3):
            list(workers.map(partial(shared_bench.work.run_now, take_turn), [Tick("seal", 1, verb)] * 3))

    assert set(most) == {1}
    assert len(most) >= 3
