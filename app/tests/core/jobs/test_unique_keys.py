"""Of jobs with one key at most one waits, it has the newest arguments, and none of those is ever lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.workbench import keep_and_fail, note

from pretamane.core.jobs import Priority, queue
from pretamane.core.jobs.queue import LEASE


def test_of_one_key_the_newest_arguments_are_done_once(bench):
    for words in ("old", "new"):
        bench.queue(words=words, unique="key")
    bench.queue(words="another's", unique="another key")
    bench.queue("other", words="another job's", unique="key")

    bench.run_due(note)

    assert bench.effects == ["another job's", "another's", "new"]


def test_the_soonest_and_most_urgent_wish_for_a_key_counts(bench):
    bench.queue(unique="key", priority=Priority.HIGH)
    bench.queue(unique="key", priority=Priority.LOW, delay=timedelta(hours=1))
    bench.queue(words="normal")

    assert [job.args.get("words") for job in bench.claim()] == [None, "normal"]


def test_what_is_queued_while_its_key_is_worked_on_is_done_once_after_that(bench):
    def queue_more_at_first(run):
        if run.args["words"] == "first":
            bench.queue(words="second", unique="key")
            bench.queue(words="third", unique="key")
        note(run)

    bench.queue(words="first", unique="key")
    done = bench.run_due(queue_more_at_first)

    assert (done, bench.effects, bench.left) == (2, ["first", "third"], 0)


def test_a_job_may_queue_its_own_key_in_its_effect(bench):
    def queue_the_next(run):
        run.finish(lambda session: queue.enqueue(session, "note", unique="key", delay=timedelta(hours=1)))

    bench.queue(unique="key")
    done = bench.run_due(queue_the_next)

    assert (done, bench.left) == (1, 1)


def test_newer_work_keeps_its_time_and_all_its_attempts_when_the_old_is_given_back_unbegun(bench, clock):
    bench.queue(words="old", unique="key")
    held = bench.claim()
    bench.queue(words="new", unique="key", delay=timedelta(hours=1))

    bench.work.run_now(queue.give_back, held)

    assert bench.claim() == []
    clock.move(3600)
    assert [(job.args["words"], job.attempts) for job in bench.claim()] == [("new", 1)]


@pytest.mark.parametrize("failed_before", [0, 1, 2])
def test_newer_work_neither_pauses_nor_dies_for_the_failure_of_the_old(bench, clock, failed_before):
    def fail(run):
        raise ValueError(run.args["words"])

    bench.queue(words="old", unique="key")
    for _ in range(failed_before):
        bench.run_due(fail)
        clock.move(3600)
    [old] = bench.claim()
    bench.queue(words="new", unique="key")
    bench.work.run_now(_bury if failed_before == 2 else _put_back, old, "failed")

    [new] = bench.claim()
    assert (new.args["words"], new.attempts) == ("new", 1)


def _bury(session, job, failure):
    queue.bury(session, job, failure, attempts=job.attempts)


def _put_back(session, job, failure):
    queue.put_back(session, job, job.made_at + timedelta(hours=9), failure)


def test_newer_work_does_not_wait_for_the_pause_after_a_failure_and_has_all_its_attempts(bench):
    bench.queue(words="old", unique="key")
    [old] = bench.claim()
    bench.work.run_now(_put_back, old, "failed")

    bench.queue(words="new", unique="key")

    [new] = bench.claim()
    assert (new.args["words"], new.attempts) == ("new", 1)


@pytest.mark.parametrize("when", ["while the last worker holds it", "once its lease has run out"])
def test_newer_work_does_not_die_for_the_workers_that_the_old_has_lost(bench, clock, when):
    bench.queue(words="deadly", unique="key")
    for _ in range(2):
        bench.claim()
        clock.move(LEASE.total_seconds())
    [last] = bench.claim()
    if when == "once its lease has run out":
        clock.move(LEASE.total_seconds())
    bench.queue(words="new", unique="key")
    clock.move(LEASE.total_seconds())

    bench.run_due(note)

    assert last.attempts == 3
    assert (bench.effects, bench.left) == (["new"], 0)


def test_newer_work_keeps_the_holder_of_a_lease_that_ran_out_from_acknowledging(bench, clock):
    bench.queue(words="old", unique="key")
    [old] = bench.claim()
    clock.move(LEASE.total_seconds())
    bench.queue(words="new", unique="key")

    with pytest.raises(queue.LeaseLost):
        bench.acknowledge(old)
    bench.work.run_now(_put_back, old, "failed")

    [new] = bench.claim()
    assert (new.args["words"], new.attempts, new.lost, new.orphaned) == ("new", 1, 0, False)


def test_a_key_of_a_dead_job_is_free(bench):
    bench.queue(words="dead", unique="key")
    [job] = bench.claim()
    bench.work.run_now(_bury, job, "failed")

    bench.queue(words="new", unique="key")

    assert bench.run_due(note) == 1
    assert bench.effects == ["new"]


def test_the_last_wish_is_always_done_however_many_queue_and_work_at_once(shared_bench):
    def wish(number):
        shared_bench.queue(words=f"{number:03}", unique="key")
        shared_bench.run_due(note)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(wish, range(100)))
    shared_bench.queue(words="last", unique="key")
    shared_bench.run_due(note)

    assert shared_bench.effects[-1] == "last"
    assert shared_bench.left == 0


def test_an_effect_that_is_rolled_back_leaves_the_newer_wish(bench):
    def wish_and_fail(run):
        bench.queue(words="new", unique="key")
        run.finish(keep_and_fail, run.id)

    bench.queue(words="old", unique="key")
    bench.run_due(lambda run: note(run) if run.args["words"] == "new" else wish_and_fail(run))

    assert bench.effects == ["new"]
