"""What the tests' workers can do."""

import os
import random
import signal
import time

from tests.workbench import keep, note

from pretamane.core.jobs import Run, Task, Tries
from pretamane.web.mail import FOR_A_DAY


def take_a_moment(run: Run) -> None:
    time.sleep(random.uniform(0, 0.004))  # noqa: S311  # so that a kill finds it at any place
    note(run)


def kill_its_worker(run: Run) -> None:
    run.read(lambda _session: None)
    os.kill(os.getpid(), signal.SIGKILL)


def leave_at_once(run: Run) -> None:
    """As a library may that believes to be alone in its process."""
    run.read(lambda _session: None)
    os._exit(1)


def pause_its_worker_at_first(run: Run) -> None:
    if run.attempt == 1:
        os.kill(os.getpid(), signal.SIGSTOP)
    else:
        time.sleep(4)  # so that the first goes on while this one runs
    run.finish(keep, run.id, f"attempt {run.attempt}")


def take_long(run: Run) -> None:
    time.sleep(run.args["seconds"])
    run.finish(keep, run.id, f"attempt {run.attempt}")


TASKS = {
    task.name: task
    for task in (
        # Killed at random by no fault of its own, it may have to be tried more often than three times.
        Task("moment", take_a_moment, Tries(attempts=20, losses=20)),
        Task("deadly", kill_its_worker),
        Task("leaving", leave_at_once),
        Task("deadly mail", kill_its_worker, FOR_A_DAY),
        Task("paused", pause_its_worker_at_first),
        Task("long", take_long),
    )
}
