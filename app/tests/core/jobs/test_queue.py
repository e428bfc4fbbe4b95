"""What is queued is claimed in its order, by one at a time, and counts once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.workbench import keep_and_fail, note

from pretamane.core.jobs import Priority, queue
from pretamane.core.jobs.queue import LEASE, LeaseLost


def words(jobs):
    return [job.args["words"] for job in jobs]


def test_a_job_is_queued_with_what_wanted_it_or_not_at_all(bench):
    def wanting(session):
        queue.enqueue(session, "note")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        bench.work.run_now(wanting)

    assert bench.left == 0


def test_the_urgent_come_first_and_then_those_due_first(bench, clock):
    bench.queue(words="low", priority=Priority.LOW)
    bench.queue(words="later", delay=timedelta(seconds=2))
    bench.queue(words="sooner", delay=timedelta(seconds=1))
    bench.queue(words="high", priority=Priority.HIGH, delay=timedelta(seconds=3))
    clock.move(3)

    assert words(bench.claim()) == ["high", "sooner", "later", "low"]


def test_a_delayed_job_is_not_claimed_before_its_time(bench, clock):
    bench.queue(delay=timedelta(minutes=1))

    clock.move(59)
    before = bench.claim()
    clock.move(1)

    assert (len(before), len(bench.claim())) == (0, 1)


def test_a_batch_has_at_most_ten(bench):
    for _ in range(12):
        bench.queue()

    assert [len(bench.claim()) for _ in range(3)] == [10, 2, 0]


def test_jobs_that_nobody_here_knows_are_left_to_those_who_do(bench):
    bench.queue("from a newer release")

    assert bench.claim() == []
    assert bench.left == 1


def test_many_who_claim_at_once_never_get_the_same_job(shared_bench):
    for number in range(100):
        shared_bench.queue(words=str(number))

    with ThreadPoolExecutor(8) as threads:
        claims = threads.map(lambda _: words(shared_bench.claim(most=3)), range(64))
        claimed = [each for claim in claims for each in claim]

    assert sorted(claimed, key=int) == [str(number) for number in range(100)]


def test_the_effect_and_the_acknowledgement_count_together_or_not_at_all(bench, clock):
    bench.queue(words="kept")

    bench.run_due(lambda run: run.finish(keep_and_fail, run.id))
    after_failure = (bench.effects, bench.left)
    clock.move(60)
    bench.run_due(note)

    assert after_failure == ([], 1)
    assert (bench.effects, bench.left) == (["kept"], 0)


def test_a_job_whose_lease_ran_out_is_due_again_and_its_first_holder_cannot_acknowledge_it(bench, clock):
    bench.queue()
    [first] = bench.claim()
    clock.move(LEASE.total_seconds())
    [second] = bench.claim()

    with pytest.raises(LeaseLost):
        bench.acknowledge(first)
    bench.acknowledge(second)

    assert (first.attempts, second.attempts, bench.left) == (1, 2, 0)


def test_a_lease_that_ran_out_acknowledges_nothing_even_if_nobody_has_claimed_the_job_since(bench, clock):
    bench.queue()
    [held] = bench.claim()
    clock.move(LEASE.total_seconds())

    bench.work.run_now(queue.extend, [held])  # too late as well
    with pytest.raises(LeaseLost):
        bench.acknowledge(held)

    assert len(bench.claim()) == 1


def test_a_lease_that_is_extended_in_time_lasts_longer(bench, clock):
    bench.queue()
    [held] = bench.claim()
    clock.move(LEASE.total_seconds() - 1)
    bench.work.run_now(queue.extend, [held])
    clock.move(LEASE.total_seconds() - 1)

    others = bench.claim()
    bench.acknowledge(held)

    assert (others, bench.left) == ([], 0)


def test_what_is_given_back_is_as_if_it_had_never_been_claimed(bench):
    for number in range(3):
        bench.queue(words=str(number))
    first, *unbegun = bench.claim()

    bench.work.run_now(queue.give_back, unbegun)

    again = bench.claim()
    assert (words(again), [job.attempts for job in again]) == (["1", "2"], [1, 1])
    bench.acknowledge(first)


def test_what_was_tried_before_is_never_behind_another_in_a_batch(bench, clock):
    for number in range(3):
        bench.queue(words=str(number))
    for job in bench.claim()[1:]:
        bench.work.run_now(queue.put_back, job, clock.now(), "failed")
    bench.queue(words="new")

    batches = [words(bench.claim()) for _ in range(3)]

    assert batches == [["1", "new"], ["2"], []]


def test_an_orphan_is_claimed_alone_and_only_by_who_asks_for_orphans(bench, clock):
    bench.queue(words="orphan")
    bench.claim()
    clock.move(LEASE.total_seconds())
    bench.queue(words="new")

    without = words(bench.claim(orphans=False, most=1))
    bench.queue(words="newer")
    [orphan] = bench.claim()

    assert without == ["new"]
    assert (orphan.args["words"], orphan.orphaned) == ("orphan", True)
