"""The queue against bare SKIP LOCKED, and how soon an idle worker begins: `python -m bench.jobs ADDRESS`."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from pretamane import wiring, worker
from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.core.clock import SystemClock
from pretamane.core.jobs import Run, Task, enqueue
from pretamane.core.jobs.working import Worker
from pretamane.core.migrations import migrate
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.settings import Settings

THREADS, JOBS = 2, 2000
KEEP = text("INSERT INTO bench_effects (words) VALUES (:words)")
BARE_CLAIM = text("""
    DELETE FROM bench_jobs WHERE id = (SELECT id FROM bench_jobs ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


@contextmanager
def database(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder)
    address = server.start()
    try:
        migrate(address)
        with create_engine(address).begin() as connection:
            connection.execute(text("CREATE TABLE bench_effects (words text)"))
            connection.execute(text("CREATE TABLE bench_jobs (id bigserial PRIMARY KEY)"))
        yield address
    finally:
        server.stop()


def _keep(session: Session, words: str) -> None:
    session.execute(KEEP, {"words": words})


def _note(run: Run) -> None:
    run.finish(_keep, repr(time.time()))


TASKS = {"note": Task("note", _note)}


def jobs_per_second(address: str, rounds: int) -> tuple[list[float], list[float]]:
    """Ours and the bare ones in turn; each job of both has the same effect in a transaction of its own."""
    engine = create_engine(address, pool_size=THREADS + 5)
    ours, bare = [], []
    for _ in range(rounds + 1):
        ours.append(JOBS / _seconds_of_ours(engine))
        bare.append(JOBS / _seconds_of_bare(engine))
    engine.dispose()
    return ours[1:], bare[1:]  # the first round warms up


def _seconds_of_ours(engine: Engine) -> float:
    clock, last = SystemClock(), threading.Event()
    work = UnitOfWork(wiring.database_over(engine, clock))
    left = iter(range(JOBS - 1, -1, -1))

    def note(run: Run) -> None:
        _note(run)
        if next(left) == 0:
            last.set()

    work.run_now(_queue, JOBS)
    ours = Worker({"note": Task("note", note)}, work, clock, threads=THREADS)
    started = time.perf_counter()
    ours.start()
    last.wait()
    took = time.perf_counter() - started
    ours.stop(5)
    return took


def _queue(session: Session, jobs: int) -> None:
    for _ in range(jobs):
        enqueue(session, "note")


def _seconds_of_bare(engine: Engine) -> float:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO bench_jobs SELECT FROM generate_series(1, :jobs)"), {"jobs": JOBS})
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(_do_bare_jobs, [engine] * THREADS))
    return time.perf_counter() - started


def _do_bare_jobs(engine: Engine) -> None:
    with engine.connect() as connection:
        while connection.execute(BARE_CLAIM).first():
            connection.execute(KEEP, {"words": repr(time.time())})
            connection.commit()


def milliseconds_to_wake(address: str, times: int = 200) -> list[float]:
    """From a job's commit to its turn, in a worker of a process of its own that has nothing else to do."""
    engine = create_engine(address)
    work = UnitOfWork(wiring.database_over(engine, SystemClock()))
    waited = []
    with subprocess.Popen([sys.executable, "-m", "bench.jobs", address]) as idle:
        _begun_at(work)  # it has started
        for _ in range(times):
            time.sleep(0.02)
            committed, begun = _begun_at(work)
            waited.append((begun - committed) * 1000)
        idle.terminate()
    engine.dispose()
    return waited


def _begun_at(work: UnitOfWork) -> tuple[float, float]:
    work.run_now(lambda session: session.execute(text("DELETE FROM bench_effects")))
    work.run_now(_queue, 1)
    committed = time.time()
    while not (begun := work.run_now(lambda session: session.scalar(text("SELECT words FROM bench_effects")))):
        time.sleep(0.005)
    return committed, float(begun)


def main() -> None:
    given = {"database_url": sys.argv[1], "signing_key": "x" * 48}
    platform = wiring.Platform.build(Settings.model_validate(given))
    wiring.work.tasks = lambda platform: TASKS  # noqa: ARG005  # its place has this name
    worker.run_until_told(platform, grace=1)


if __name__ == "__main__":
    main()
