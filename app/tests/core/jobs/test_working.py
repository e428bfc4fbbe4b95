"""A worker's threads: what waits is shared out, what runs keeps its lease, and nobody is woken in vain."""

import select
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from tests.workbench import keep, note
from tests.workforce import workforce

from pretamane.core import metrics
from pretamane.core.jobs import Schedule, Task, Tick
from pretamane.core.jobs.batches import Batch
from pretamane.core.jobs.listening import Ear
from pretamane.core.jobs.queue import LEASE
from pretamane.core.jobs.working import ORPHANS_FROM_AGE, Worker

WITHIN = 30.0


def eventually(is_so):
    patience = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < patience
        time.sleep(0.02)


@contextmanager
def working(bench, *tasks, lease=60.0, threads=2, **how):
    worker = Worker(
        {task.name: task for task in tasks},
        bench.work,
        bench.clock,
        threads=threads,
        lease=timedelta(seconds=lease),
        **how,
    )
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(WITHIN)


def test_a_job_that_takes_long_keeps_its_lease_and_is_done_once(shared_bench):
    def take_three_leases(run):
        time.sleep(3)
        run.finish(keep, run.id, f"attempt {run.attempt}")

    shared_bench.queue()
    with working(shared_bench, Task("note", take_three_leases), lease=1):
        eventually(lambda: shared_bench.left == 0)

    assert shared_bench.effects == ["attempt 1"]


def test_what_waits_behind_a_long_job_of_its_batch_is_given_to_another_thread(shared_bench):
    may_end = threading.Event()

    def wait_or_note(run):
        if run.args["words"] == "long":
            may_end.wait(WITHIN)
        run.finish(keep, run.id, f"{run.args['words']}, attempt {run.attempt}")

    shared_bench.queue(words="long")
    shared_bench.queue(words="short")
    with working(shared_bench, Task("note", wait_or_note)):
        eventually(lambda: shared_bench.effects == ["short, attempt 1"])
        may_end.set()

    assert shared_bench.effects == ["long, attempt 1", "short, attempt 1"]


def test_a_job_of_a_batch_is_begun_or_taken_but_never_both(bench):
    for number in range(10):
        bench.queue(words=str(number))
    jobs = bench.claim()
    for _ in range(200):
        begun: list[UUID] = []
        batch = Batch(jobs, bench.clock.now() + LEASE, bench.clock)

        def begin(batch=batch, begun=begun):
            while job := batch.begin_next():
                begun.append(job.id)

        beginning = threading.Thread(target=begin)
        beginning.start()
        taken = [job.id for job in batch.take_unbegun(waiting_for=0)]
        beginning.join()

        assert sorted(begun + taken) == sorted(job.id for job in jobs)


def test_what_has_not_begun_when_the_leases_run_out_is_left_to_others(bench, clock):
    bench.queue()
    bench.queue()
    batch = Batch(bench.claim(), clock.now() + LEASE, clock)

    first = batch.begin_next()
    clock.move(LEASE.total_seconds())

    assert first is not None
    assert batch.begin_next() is None


def test_a_worker_that_has_just_begun_leaves_orphans_for_later_lest_it_die_before_it_did_anything(shared_bench):
    begun = []
    shared_bench.queue(words="orphan")
    shared_bench.claim(lease=timedelta(0))
    started = time.monotonic()

    with working(shared_bench, Task("note", lambda _run: begun.append(time.monotonic()))):
        eventually(lambda: begun)

    assert begun[0] - started > ORPHANS_FROM_AGE


def test_a_schedule_s_job_is_queued_and_done(shared_bench):
    every_second = Schedule("note", "* * * * * *", "UTC")

    with working(shared_bench, Task("note", note), recurring=[every_second]):
        eventually(lambda: len(shared_bench.effects) >= 2)


def test_a_tick_is_taken_again_and_again(shared_bench):
    taken = []

    with working(shared_bench, ticks=[Tick("seal", 0.05, lambda _session: taken.append(True))]):
        eventually(lambda: len(taken) >= 3)


def test_a_defect_in_a_tick_is_told_and_ends_neither_the_worker_nor_the_other_ticks(shared_bench, caplog):
    taken = []

    def fail(_session):
        raise ValueError("a defect")

    ticks = [Tick("broken", 0.05, fail), Tick("sound", 0.05, lambda _session: taken.append(True))]
    with working(shared_bench, Task("note", note), ticks=ticks):
        shared_bench.queue(words="done")
        eventually(lambda: len(taken) >= 3 and shared_bench.effects == ["done"])

    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "broken failed and rests for 60 seconds"
    ]


def test_a_thread_that_ends_by_a_defect_is_told_and_raised(shared_bench, owner_address):
    ended = threading.Event()
    with create_engine(owner_address).begin() as owner:
        owner.execute(text("ALTER TABLE jobs RENAME TO lost"))

    with pytest.raises(ProgrammingError, match="jobs"), working(shared_bench, Task("note", note), on_end=ended.set):
        assert ended.wait(WITHIN)


def test_the_queue_is_measured_by_the_worker(shared_bench, monkeypatch):
    measured = threading.Event()
    monkeypatch.setattr(metrics.JOBS_MEASURED, "set", lambda _time: measured.set())

    with working(shared_bench, Task("note", note)):
        assert measured.wait(WITHIN)


def test_a_job_queued_while_the_worker_idles_begins_long_before_its_next_look(shared_bench, database_address, tmp_path):
    with workforce(tmp_path, database_address, processes=0, looks_every=60) as force:
        shared_bench.queue("long", seconds=0)
        force.eventually(lambda: shared_bench.left == 0)
        time.sleep(0.5)  # until its threads have found nothing more
        shared_bench.queue("long", seconds=0)
        force.eventually(lambda: shared_bench.left == 0, within=2)


@pytest.fixture
def ear(database_address):
    ear = Ear(database_address)
    yield ear
    ear.close()


def hears(ear):
    select.select([ear.descriptor], [], [], 5)  # what was committed may take its time to arrive
    return ear.has_heard()


def test_an_ear_hears_of_a_job_once_it_is_committed_and_of_nothing_else(ear, shared_bench):
    ear.has_heard()
    in_silence = ear.has_heard()

    shared_bench.queue()

    assert (in_silence, hears(ear), ear.has_heard()) == (False, True, False)


def test_an_ear_that_lost_its_connection_listens_again_and_supposes_that_it_missed_something(ear, shared_bench):
    ear.has_heard()
    shared_bench.do(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )

    eventually(lambda: not hears(ear) and ear.descriptor is None)
    again = ear.has_heard()
    shared_bench.queue()

    assert (again, hears(ear)) == (True, True)
