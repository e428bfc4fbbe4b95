"""Workers killed, paused and cut off at any moment: nothing is lost, and nothing counts twice."""

import os
import random
import signal
import time

import pytest
from tests.embedded_server import closing_server
from tests.workbench import EFFECTS, workbench_at
from tests.workforce import workforce

from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.core.clock import SystemClock
from pretamane.core.jobs import queue
from pretamane.core.migrations import migrate

JOBS, KILLS = (2_000, 25) if os.environ.get("CI", "").lower() == "true" else (10_000, 100)


def queue_many(bench, how_many, name="moment", **args):
    def many(session):
        for number in range(how_many):
            queue.enqueue(session, name, words=str(number), **args)

    bench.work.run_now(many)


def counts(bench):
    """Effects, effects of different jobs, jobs that are left."""
    return bench.ask(f"SELECT count(*), count(DISTINCT job), (SELECT count(*) FROM jobs) FROM {EFFECTS}")[0]  # noqa: S608  # a constant of ours


def done(bench):
    return bench.ask(f"SELECT count(*) FROM {EFFECTS}")[0]  # noqa: S608  # a constant of ours


def await_effects(force, bench, how_many):
    force.eventually(lambda: done(bench) >= how_many)


def test_kills_at_random_moments_lose_no_job_and_double_no_effect(shared_bench, database_address, tmp_path):
    queue_many(shared_bench, JOBS)
    dice = random.Random()  # noqa: S311  # moments, no secrets
    with workforce(tmp_path, database_address, processes=2, lease=1) as force:
        for kill in range(KILLS):
            await_effects(force, shared_bench, kill * JOBS * 0.95 / KILLS)
            time.sleep(dice.uniform(0, 0.03))
            force.eventually(lambda: force.workers)
            os.kill(dice.choice(force.workers), signal.SIGKILL)
        left_at_the_last_kill = shared_bench.left
        force.eventually(lambda: shared_bench.left == 0)

    assert left_at_the_last_kill > 0
    assert counts(shared_bench) == (JOBS, JOBS, 0)


def test_jobs_that_kill_their_worker_are_dead_after_three_attempts_while_the_others_flow(
    shared_bench, database_address, tmp_path
):
    for name in ("deadly", "deadly mail"):
        shared_bench.queue(name, priority=queue.Priority.HIGH)
    queue_many(shared_bench, 40, "long", seconds=0.02)
    with workforce(tmp_path, database_address, processes=1, lease=0.6) as force:
        force.eventually(lambda: shared_bench.ask("SELECT count(*) FROM jobs WHERE died_at IS NULL") == [0])

    why = "Its worker was lost in the middle of it, 3 times in 3 attempts."
    assert shared_bench.ask("SELECT name, attempts, last_failure FROM jobs ORDER BY name") == [
        ("deadly", 3, why),
        ("deadly mail", 3, why),
    ]
    assert counts(shared_bench) == (40, 40, 2)


@pytest.mark.parametrize(("name", "deadly"), [("deadly", 25), ("leaving", 6)])
def test_a_burst_of_jobs_that_end_their_worker_never_ends_its_crew(
    shared_bench, database_address, tmp_path, name, deadly
):
    queue_many(shared_bench, deadly, name)
    with workforce(tmp_path, database_address, crew=True, lease=0.6) as force:
        force.eventually(lambda: len(force.workers) == 2)
        neighbour = force.workers[0]
        shared_bench.queue("long", seconds=0)
        force.eventually(lambda: shared_bench.effects)
        are_buried = "SELECT count(*) FROM jobs WHERE died_at IS NOT NULL AND attempts = 3"
        buried_when_another_was_done = shared_bench.ask(are_buried)[0]
        force.eventually(lambda: force.process.poll() is not None or shared_bench.ask(are_buried) == [deadly], 120)
        crew = (force.process.poll(), force.workers[0])

    assert crew == (None, neighbour)
    assert buried_when_another_was_done < deadly
    assert counts(shared_bench) == (1, 1, deadly)


def test_a_worker_that_was_paused_until_its_lease_ran_out_cannot_acknowledge(shared_bench, database_address, tmp_path):
    shared_bench.queue("paused")
    with workforce(tmp_path, database_address, processes=1, lease=0.6) as first:
        first.eventually(lambda: [pid for pid in first.workers if is_stopped(pid)])
        [paused] = first.workers
        # One that does not run out while the machine is busy with something else.
        with workforce(tmp_path, database_address, processes=1, lease=60) as second:
            second.eventually(lambda: shared_bench.ask("SELECT attempts FROM jobs") == [2])
            os.kill(paused, signal.SIGCONT)
            first.eventually(lambda: "its lease was lost" in first.log)
            effects_of_the_first = shared_bench.effects
            second.eventually(lambda: shared_bench.left == 0)

    assert effects_of_the_first == []
    assert shared_bench.effects == ["attempt 2"]


def is_stopped(pid):
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123  # not a file on any disk
        return stat.read().rpartition(") ")[2][0] == "T"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL], ids=["restarted", "crashed"])
def test_postgresql_gone_in_the_middle_loses_and_doubles_nothing_and_is_told_calmly(tmp_path, end):
    jobs, restarts = 300, 2
    server = EmbeddedPostgres(tmp_path / "postgres")
    with closing_server(server) as address:
        migrate(address)
        with workbench_at(address, SystemClock()) as bench, workforce(tmp_path, address, lease=2) as force:
            queue_many(bench, jobs)
            for restart in range(restarts):
                await_effects(force, bench, (restart + 1) * jobs / 4)
                assert server.process_id
                os.kill(server.process_id, end)
                force.eventually(lambda: server.is_lost)
                time.sleep(0.5)
                server.start_again()
            force.eventually(lambda: bench.left == 0)
            assert counts(bench) == (jobs, jobs, 0)
    waits = [line for line in force.logged("WARNING") if "waits for its database" in line]
    assert len(waits) == restarts
    assert len(force.logged("WARNING")) <= restarts * 4
    assert force.logged("ERROR") == []


def test_told_to_end_a_worker_finishes_what_runs_and_repeats_nothing(shared_bench, database_address, tmp_path):
    queue_many(shared_bench, 60, "long", seconds=0.05)
    with workforce(tmp_path, database_address, processes=0) as first:
        first.eventually(lambda: done(shared_bench) > 5)
        first.process.terminate()
        code = first.process.wait(10)
    left = shared_bench.ask("SELECT DISTINCT attempts, lease FROM jobs")
    with workforce(tmp_path, database_address, processes=0) as second:
        second.eventually(lambda: shared_bench.left == 0)

    assert (code, left) == (0, [(0, None)])
    assert counts(shared_bench) == (60, 60, 0)
    assert set(shared_bench.effects) == {"attempt 1"}


def test_what_runs_longer_than_the_grace_is_given_back_for_the_next_worker(shared_bench, database_address, tmp_path):
    shared_bench.queue("long", seconds=60)
    with workforce(tmp_path, database_address, processes=0, grace=0.3) as force:
        force.eventually(lambda: shared_bench.ask("SELECT 1 FROM jobs WHERE lease IS NOT NULL"))
        force.process.terminate()
        code = force.process.wait(10)

    assert code == 0
    assert shared_bench.ask("SELECT attempts, lease, died_at FROM jobs") == [(0, None, None)]
