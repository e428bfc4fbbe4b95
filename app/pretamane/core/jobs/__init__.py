"""Work that happens after the answer: queued in the transaction that wants it, done by the worker."""

from pretamane.core.jobs.queue import Priority, enqueue
from pretamane.core.jobs.running import Run, Task, Tries, run_due

__all__ = ["Priority", "Run", "Task", "Tries", "enqueue", "run_due"]
