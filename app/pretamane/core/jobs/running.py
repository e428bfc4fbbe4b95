"""One job's turn: what its function is given, and what becomes of the job afterwards."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core import events, metrics, request_ids
from pretamane.core.database import after_commit
from pretamane.core.errors import AppError, Undeliverable
from pretamane.core.jobs import queue
from pretamane.core.jobs.queue import Claimed
from pretamane.core.logging import tell
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import Clock

P = ParamSpec("P")
T = TypeVar("T")

LONGEST_REASON = 2_000

_log = logging.getLogger("pretamane.jobs")


@dataclass(frozen=True)
class Tries:
    """When to give up: after so many attempts or lost workers, or once so much time has gone by; and how to pause.

    Lost workers count whatever the rest allows: who takes others with it must not go on doing so for a day.
    """

    attempts: int | None = 3
    within: timedelta | None = None
    losses: int = 3
    longest_pause: timedelta = timedelta(minutes=30)

    def are_over(self, attempts: int, lost: int, age: timedelta) -> bool:
        if lost >= self.losses:
            return True
        if self.attempts is not None and attempts >= self.attempts:
            return True
        return self.within is not None and age >= self.within

    def pause(self, attempts: int) -> timedelta:
        """Twice as long each time, and never the same for all who failed together."""
        doubled = min(timedelta(seconds=2 ** min(attempts, 20)), self.longest_pause)
        return doubled * random.uniform(0.5, 1)  # noqa: S311  # spreads load, keeps no secret


@dataclass(frozen=True)
class Task:
    """What a job's name stands for."""

    name: str
    function: Callable[["Run"], None]
    tries: Tries = field(default_factory=Tries)


class Failure(NamedTuple):
    reason: str
    attempts: int
    is_final: bool = False


class Run:
    """One attempt at a job. Long work reads first, holds no connection while it works, then finishes once."""

    def __init__(self, job: Claimed, work: UnitOfWork, clock: Clock) -> None:
        self.id: UUID = job.id
        self.args: Mapping[str, Any] = job.args
        self.attempt: int = job.attempts
        self.made_at: datetime = job.made_at
        self.is_finished = False
        self._job = job
        self.work, self.clock = work, clock

    def read(self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return self.work.run_now(verb, *args, **kwargs)

    def write(self, verb: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """A part of a long effect, in a transaction of its own, and only while the lease is held.

        Whatever it writes must be such that the next attempt may begin anew.
        """
        return self.work.run_now(self._hold_and_act, lambda session: verb(session, *args, **kwargs))

    def finish(self, verb: Callable[Concatenate[Session, P], object], *args: P.args, **kwargs: P.kwargs) -> None:
        """The effect and the acknowledgement, in one transaction; neither happens once the lease is lost."""
        self.work.run_now(self._acknowledge_and_act, lambda session: verb(session, *args, **kwargs))
        self.is_finished = True

    def finish_without_effect(self) -> None:
        self.finish(lambda _session: None)

    def _hold_and_act(self, session: Session, act: Callable[[Session], T]) -> T:
        queue.hold(session, self._job)
        return act(session)

    def _acknowledge_and_act(self, session: Session, act: Callable[[Session], object]) -> None:
        # First, for it locks the job's row: whoever claims it meanwhile waits, and then finds it gone.
        queue.acknowledge(session, self._job)
        act(session)


def run_due(tasks: Mapping[str, Task], work: UnitOfWork, clock: Clock) -> int:
    """Everything that is due now, one after the other; how many there were."""
    done = 0
    while jobs := work.run_now(queue.claim, list(tasks)):
        for job in jobs:
            run_one(job, tasks[job.name], work, clock)
            done += 1
    return done


def run_one(job: Claimed, task: Task, work: UnitOfWork, clock: Clock) -> None:
    failure = attempt(job, task, work, clock)
    if failure is not None:
        work.run_now(settle, job, task.tries, failure, clock.now())


def attempt(job: Claimed, task: Task, work: UnitOfWork, clock: Clock) -> Failure | None:
    """Why it failed, if it did. What cost a worker its life as often as it may is not run at all."""
    before = job.attempts - 1
    if job.orphaned and task.tries.are_over(before, job.lost, clock.now() - job.wanted_at):
        return Failure(f"Its worker was lost in the middle of it, {job.lost} times in {before} attempts.", before)
    metrics.JOB_WAIT_SECONDS.labels(task.name).observe(max(0.0, (clock.now() - job.was_due_at).total_seconds()))
    remembered = request_ids.current.set(job.request_id)
    started = time.perf_counter()
    try:
        return _outcome(Run(job, work, clock), task)
    finally:
        metrics.JOB_RUN_SECONDS.labels(task.name).observe(time.perf_counter() - started)
        request_ids.current.reset(remembered)


def _outcome(run: Run, task: Task) -> Failure | None:
    try:
        task.function(run)
        if not run.is_finished:
            run.finish_without_effect()
    except queue.LeaseLost:
        _log.warning("%s %s: its lease was lost, so this attempt does not count", task.name, run.id)
        metrics.JOBS_ENDED.labels(task.name, "lost").inc()
    except AppError as refusal:  # what it needs is away: the sentence says it all
        _log.warning("%s %s failed (attempt %d): %s", task.name, run.id, run.attempt, refusal)
        return Failure(_reason(refusal), run.attempt, is_final=isinstance(refusal, Undeliverable))
    # The job edge: logged with its id, tried again or given up. Whatever it is, or it would end the worker's thread:
    # some ask for the process's end, and libraries in Rust panic with what is no Exception.
    except BaseException as failure:  # noqa: BLE001  # as said above
        _log.exception("%s %s failed (attempt %d)", task.name, run.id, run.attempt)
        return Failure(_reason(failure), run.attempt)
    else:
        metrics.JOBS_ENDED.labels(task.name, "done").inc()
    return None


def _reason(failure: BaseException) -> str:
    """What the table can keep of it: words of a hostile file may be in it, half characters and zeros and all."""
    return tell(failure)[:LONGEST_REASON].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def settle(session: Session, job: Claimed, tries: Tries, failure: Failure, at: datetime) -> None:
    """Try again later, or give it up."""
    if failure.is_final or tries.are_over(failure.attempts, job.lost, at - job.wanted_at):
        if queue.bury(session, job, failure.reason, attempts=failure.attempts):
            events.emit(session, "job.died", job.id, job=job.name)
        outcome = "dead"
    else:
        queue.put_back(session, job, at + tries.pause(failure.attempts), failure.reason)
        outcome = "failed"
    after_commit(session, metrics.JOBS_ENDED.labels(job.name, outcome).inc)
