"""A worker: threads that claim jobs and do them, one that keeps their leases, one that keeps time."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from functools import partial
from types import TracebackType

from pretamane.core.errors import AppError
from pretamane.core.jobs import queries, queue, schedules
from pretamane.core.jobs.batches import Batch
from pretamane.core.jobs.queue import Claimed
from pretamane.core.jobs.running import Failure, Task, attempt, settle
from pretamane.core.jobs.schedules import Schedule, Tick
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import Clock

POLL_SECONDS = 1.0
# What keeps others waiting for longer does so alone: the rest of its batch goes back to the queue.
LONG_SECONDS = 1.0
# An orphan may be what killed the worker before. Until this age one does other work, so that however many orphans
# kill, there is time for the rest between two of them.
ORPHANS_FROM_AGE = 1.5
MEASURED_EVERY = 5.0
REST_AFTER_A_DEFECT = 60.0

_log = logging.getLogger("pretamane.jobs")


class Worker:
    """`on_end` is called when one of its threads ends, told or not; `stop` then raises what ended it."""

    def __init__(  # noqa: PLR0913  # what it does, with what, and how fast
        self,
        tasks: Mapping[str, Task],
        work: UnitOfWork,
        clock: Clock,
        *,
        threads: int,
        recurring: Sequence[Schedule] = (),
        ticks: Sequence[Tick] = (),
        lease: timedelta = queue.LEASE,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._tasks, self._work, self._clock, self._lease = tasks, work, clock, lease
        self._recurring, self._on_end = recurring, on_end
        self._ticks = [
            Tick("schedules", POLL_SECONDS, partial(schedules.queue_what_is_due, schedules=recurring)),
            Tick("measure", MEASURED_EVERY, queries.measure),
            *ticks,
        ]
        self._threads, self._born = threads, clock.monotonic()
        self._batches: set[Batch] = set()
        self._orphans = threading.Lock()
        self._calmly = Outage()
        self._hint, self._told, self._over = threading.Event(), threading.Event(), threading.Event()
        self._working: list[Future[None]] = []
        self._minding: list[Future[None]] = []

    def start(self) -> None:
        pool = ThreadPoolExecutor(self._threads + 2, thread_name_prefix="jobs")
        self._working = [pool.submit(self._do_jobs) for _ in range(self._threads)]
        self._minding = [pool.submit(self._keep_leases), pool.submit(self._keep_time)]
        for each in (*self._working, *self._minding):
            each.add_done_callback(lambda _: self._on_end())

    def look(self) -> None:
        """There may be work. Only a hint: it looks each second anyway."""
        self._hint.set()

    def stop(self, grace: float) -> None:
        """Begins nothing more, gives back what has not begun, and after the grace what has not ended."""
        self._told.set()
        self._hint.set()
        wait(self._working, timeout=grace)
        self._over.set()
        wait(self._minding, timeout=1)
        self._give_back([job for batch in list(self._batches) for job in batch.held])
        for each in (*self._working, *self._minding):
            if each.done():
                each.result()

    def _do_jobs(self) -> None:
        while True:
            self._hint.clear()
            if self._told.is_set():
                self._hint.set()  # for the next thread
                return
            if not self._do_batch():
                self._hint.wait(POLL_SECONDS)

    def _do_batch(self) -> bool:
        """Of orphans one at a time: what kills its worker must not take another with it that was hit before."""
        is_old_enough = self._clock.monotonic() - self._born >= ORPHANS_FROM_AGE
        has_turn = is_old_enough and self._orphans.acquire(blocking=False)
        try:
            batch, jobs = self._claim(orphans=has_turn)
            if jobs and jobs[0].orphaned:
                self._run(batch)
                return True
        finally:
            if has_turn:
                self._orphans.release()
        if jobs:
            self._run(batch)
        return bool(jobs)

    def _claim(self, *, orphans: bool) -> tuple[Batch, list[Claimed]]:
        held_until = self._clock.now() + self._lease
        jobs: list[Claimed] = []
        with self._calmly:
            jobs = self._work.run_now(queue.claim, list(self._tasks), lease=self._lease, orphans=orphans)
        return Batch(jobs, held_until, self._clock), jobs

    def _run(self, batch: Batch) -> None:
        self._batches.add(batch)
        self._hint.set()  # where one batch was, there may be another
        while job := batch.begin_next():
            task = self._tasks[job.name]
            failure = attempt(job, task, self._work, self._clock)
            if failure is not None:
                self._settle(job, task, failure)
        self._batches.discard(batch)

    def _settle(self, job: Claimed, task: Task, failure: Failure) -> None:
        """With patience while it may last: where the database has gone, nothing else could be done either."""
        while True:
            with self._calmly:
                self._work.run_now(settle, job, task.tries, failure, self._clock.now())
                return
            if self._told.wait(POLL_SECONDS):  # the lease runs out by itself
                return

    def _keep_leases(self) -> None:
        every = self._lease.total_seconds() / 3
        extended = self._clock.monotonic()
        while not self._over.wait(min(LONG_SECONDS / 4, every / 2)):
            self._take_back_what_waits()
            if self._clock.monotonic() - extended >= every:
                extended = self._clock.monotonic()
                self._extend([batch for batch in list(self._batches) if self._clock.now() < batch.held_until])

    def _take_back_what_waits(self) -> None:
        for batch in list(self._batches):
            self._give_back(batch.take_unbegun(waiting_for=0 if self._told.is_set() else LONG_SECONDS))

    def _give_back(self, jobs: list[Claimed]) -> None:
        if jobs:
            with self._calmly:
                self._work.run_now(queue.give_back, jobs)

    def _extend(self, batches: list[Batch]) -> None:
        held = [job for batch in batches for job in batch.held]
        if not held:
            return
        until = self._clock.now() + self._lease
        with self._calmly:
            self._work.run_now(queue.extend, held, self._lease)
            for batch in batches:
                batch.held_until = until

    def _keep_time(self) -> None:
        while not self._is_declared():
            if self._told.wait(POLL_SECONDS):
                return
        due = {tick: self._clock.monotonic() for tick in self._ticks}
        while not self._told.wait(max(0.0, min(due.values()) - self._clock.monotonic())):
            for tick in [tick for tick, at in due.items() if at <= self._clock.monotonic()]:
                due[tick] = self._clock.monotonic() + self._take_turn(tick)

    def _is_declared(self) -> bool:
        with self._calmly:
            self._work.run_now(schedules.declare, self._recurring)
            return True
        return False

    def _take_turn(self, tick: Tick) -> float:
        """How long until the next."""
        try:
            with self._calmly:
                self._work.run_now(schedules.take_turn, tick)
        except Exception:  # noqa: BLE001  # the job edge: a defect in one verb must not end the worker
            _log.exception("%s failed and rests for %d seconds", tick.name, REST_AFTER_A_DEFECT)
            return REST_AFTER_A_DEFECT
        return tick.every_seconds


class Outage:
    """The database away: told once when it begins and once when it is over, however many notice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_on = False

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if fault is None and self._changes(to=False):
            _log.info("The worker goes on.")
        if isinstance(fault, AppError) and self._changes(to=True):
            _log.warning("The worker waits for its database: %s", fault)
        return isinstance(fault, AppError)

    def _changes(self, *, to: bool) -> bool:
        with self._lock:
            before, self._is_on = self._is_on, to
            return before != to
