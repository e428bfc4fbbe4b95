"""Work that happens after the answer: queued in the transaction that wants it, done by the worker."""

from pretamane.core.jobs.queue import Priority, enqueue, forget
from pretamane.core.jobs.running import Run, Task, Tries, run_due
from pretamane.core.jobs.schedules import Schedule, Tick

__all__ = ["Priority", "Run", "Schedule", "Task", "Tick", "Tries", "enqueue", "forget", "run_due"]
