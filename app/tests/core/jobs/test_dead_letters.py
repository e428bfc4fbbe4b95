"""What was given up is found, counted, and tried again when a person says so."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from tests.plans import explained
from tests.workbench import note

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import NotFound
from pretamane.core.jobs import Tries, dead_letters, queries
from pretamane.core.jobs.queries import State
from pretamane.core.metrics import JOBS, OLDEST_JOB_SECONDS


def fail(_run):
    raise ValueError("no luck")


def bury(bench, **how):
    job = bench.queue(**how)
    bench.run_due(fail, Tries(attempts=1))
    return job


def bring_back(bench, *jobs):
    return bench.work.run_now(dead_letters.bring_back, jobs, OPERATOR)


def test_what_was_given_up_is_listed_with_its_reason_the_last_first(bench, clock):
    first = bury(bench)
    clock.move(60)
    second = bury(bench)

    listed = bench.work.run_now(queries.dead)

    assert [(job.id, job.last_failure) for job, _ in listed] == [
        (second, "ValueError: no luck"),
        (first, "ValueError: no luck"),
    ]


def test_what_is_brought_back_has_all_its_attempts_and_its_old_age_does_not_count(bench, clock):
    job = bury(bench, words="at last")
    clock.move(30 * 24 * 3600)

    brought = bring_back(bench, job)
    bench.run_due(fail, Tries(attempts=2, within=timedelta(hours=1)))
    clock.move(60)
    bench.run_due(note)

    assert (brought, bench.effects, bench.left) == ([job], ["at last"], 0)


def test_bringing_back_is_audited(bench):
    job = bury(bench)

    bring_back(bench, job)

    assert bench.ask("SELECT actor, act, subject FROM audit_entries") == [(OPERATOR.name, "job.brought-back", job)]


def test_a_dead_job_whose_key_was_queued_anew_gives_way_to_the_newer(bench):
    old = [bury(bench, words="old", unique="key"), bury(bench, words="older", unique="key")]
    bench.queue(words="new", unique="key")

    brought = bring_back(bench, *old)
    bench.run_due(note)

    assert (brought, bench.effects, bench.left) == ([], ["new"], 0)
    assert bench.ask("SELECT act FROM audit_entries") == []


def test_all_come_back_at_once(bench):
    jobs = [bury(bench, words=word) for word in ("one", "two")]

    brought = bench.work.run_now(dead_letters.bring_all_back, OPERATOR)

    assert sorted(brought) == sorted(jobs)
    assert bench.run_due(note) == 2


def test_what_is_not_dead_cannot_be_brought_back(bench):
    waiting = bench.queue()

    for job in (waiting, uuid4()):
        with pytest.raises(NotFound, match=f"There is no dead job {job}."):
            bring_back(bench, job)
    assert bench.left == 1


def test_the_queue_is_counted_by_state_and_by_the_age_of_what_waits_longest(bench, clock):
    bury(bench)
    bench.queue("other", delay=timedelta(hours=1))
    bench.queue()
    bench.claim(most=1)
    bench.queue()
    clock.move(20)

    bench.work.run_now(queries.measure)

    assert {state: JOBS.labels(state.value)._value.get() for state in State} == dict.fromkeys(State, 1)
    assert OLDEST_JOB_SECONDS._value.get() == 20


def test_the_queue_among_many_dead_jobs_is_counted_without_reading_them(shared_bench, owner_address, monkeypatch):
    shared_bench.do(
        "INSERT INTO jobs (id, name, args, priority, due_at, made_at, died_at)"
        " SELECT gen_random_uuid(), 'note', '{}', 2, now(), now(), CASE WHEN n > 20 THEN now() END"
        " FROM generate_series(1, 20000) AS n"
    )
    owner = create_engine(owner_address)
    with owner.begin() as connection:
        connection.execute(text("ANALYZE jobs"))
    owner.dispose()
    monkeypatch.setattr(queries, "MOST_DEAD_COUNTED", 500)

    with explained(shared_bench.work.database.bind) as plans:
        queue = shared_bench.work.run_now(queries.how_full)

    assert (queue.counts[State.DUE], queue.counts[State.DEAD]) == (20, 500)
    assert len(plans) == 2
    assert [plan for plan in plans if "Seq Scan" in plan] == []


def test_what_is_alive_is_listed_in_the_order_in_which_it_is_done(bench):
    later = bench.queue(delay=timedelta(hours=1))
    running = bench.queue()
    bench.claim()
    due = bench.queue()

    listed = bench.work.run_now(queries.alive)

    assert [(job.id, state) for job, state in listed] == [
        (due, State.DUE),
        (running, State.RUNNING),
        (later, State.DELAYED),
    ]
