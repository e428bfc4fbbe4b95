"""What the worker does: jobs by the names under which they are queued, schedules, and what it looks at by itself."""

from collections.abc import Callable
from functools import partial

from pretamane.accounts import sessions as accounts_sessions
from pretamane.accounts.jobs import Letters
from pretamane.contacts import inbox
from pretamane.contacts import jobs as contacts_jobs
from pretamane.core import audit, events, idempotency
from pretamane.core.http import rate_limits
from pretamane.core.jobs import Run, Schedule, Task, Tick
from pretamane.core.jobs.working import Worker
from pretamane.documents.filing import undoing
from pretamane.documents.receiving import uploads
from pretamane.documents.retention import retiring
from pretamane.notifications import jobs as notifications_jobs
from pretamane.notifications import service as notifications
from pretamane.notifications import storage
from pretamane.web.mail import FOR_A_DAY
from pretamane.wiring.archive import SWEEP_SPOOL
from pretamane.wiring.platform import Platform

# Small ones that keep tables from growing with what nobody needs any more.
SWEEPS = (
    *(idempotency.forget_old, rate_limits.forget_ended, events.forget_old),
    *(accounts_sessions.forget_ended, notifications.forget_thanked, uploads.forget_ended),
    undoing.forget_old,
)
# Each queues the job of its name.
# Days begin at other times in other places, so what ends with a day is looked for each hour.
SCHEDULES = (
    *(Schedule("sweep", "0 * * * *", "UTC"), Schedule(SWEEP_SPOOL, "30 * * * *", "UTC")),
    *(Schedule(retiring.RETIRE, "5 * * * *", "UTC"), Schedule(retiring.EMPTY_TRASH, "15 * * * *", "UTC")),
    Schedule(storage.MEASURE, "20 * * * *", "UTC"),
)


def tasks(platform: Platform) -> dict[str, Task]:
    """What the worker does, by the names under which it is queued."""
    post = platform.post
    all_of_them = [
        Task("sweep", _sweep),
        Task(notifications.MESSAGE_RECEIVED, notifications_jobs.tell_everyone, FOR_A_DAY),
        Task(notifications.TELL_PRACTICE, partial(notifications_jobs.tell_practice, post), FOR_A_DAY),
        Task(inbox.SEND_ANSWER, partial(contacts_jobs.send_answer, post), FOR_A_DAY),
        Task(notifications.THANK_VISITOR, partial(notifications_jobs.thank_visitor, post), FOR_A_DAY),
        Task(storage.MEASURE, storage.measure),
        Task(storage.TELL, partial(storage.tell_administrator, post), FOR_A_DAY),
        *Letters(post).tasks(),
        *platform.archive.tasks(),
    ]
    return {task.name: task for task in all_of_them}


def ticks(platform: Platform) -> list[Tick]:
    """What one worker at a time does every second or so, without a queue."""
    sealer = audit.Sealer(audit.NewestSeal(platform.settings.data_dir))
    return [Tick("audit.seal", 1.0, sealer.seal_new)]


def build_worker(platform: Platform, *, on_end: Callable[[], None]) -> Worker:
    return Worker(
        tasks(platform),
        platform.work,
        platform.clock,
        threads=platform.settings.worker_threads,
        recurring=SCHEDULES,
        ticks=ticks(platform),
        on_end=on_end,
    )


def _sweep(run: Run) -> None:
    for forget in SWEEPS:
        run.read(forget, run.clock.now())
