"""A queue whose jobs leave effects, and what a test does with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from pretamane.core import events, prepared
from pretamane.core.database import Database
from pretamane.core.jobs import Run, Task, Tries, queue, run_due
from pretamane.core.jobs.queue import Claimed
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.ports import Clock
from pretamane.wiring import database_over

NAMES = ("note", "other")
# In a table that is there, for the app's role can make none: one row for each time that a job took effect.
EFFECTS = "(SELECT subject AS job, details ->> 'words' AS words FROM events WHERE name = 'effect') AS effects"


class Workbench:
    def __init__(self, database: Database, clock: Clock) -> None:
        self.work, self.clock = UnitOfWork(database), clock

    def do(self, statement: str, **values: object) -> None:
        self.work.run_now(lambda session: session.execute(text(statement), values))

    def ask(self, question: str, **values: object) -> list[Any]:
        """Rows, or single values where the question has one column."""
        rows = self.work.run_now(lambda session: session.execute(text(question), values).all())
        return [row[0] if len(row) == 1 else tuple(row) for row in rows]

    def queue(self, name: str = "note", **how: Any) -> UUID:
        return self.work.run_now(queued, name, **how)

    def claim(self, **how: Any) -> list[Claimed]:
        return self.work.run_now(queue.claim, NAMES, **how)

    def acknowledge(self, job: Claimed) -> None:
        self.work.run_now(queue.acknowledge, job)

    def run_due(self, function: Callable[[Run], None], tries: Tries = Tries()) -> int:  # noqa: B008  # frozen
        return run_due({name: Task(name, function, tries) for name in NAMES}, self.work, self.clock)

    @property
    def effects(self) -> list[str]:
        return self.ask(f"SELECT words FROM {EFFECTS} ORDER BY words")  # noqa: S608  # a constant of ours

    @property
    def left(self) -> int:
        count: int = self.ask("SELECT count(*) FROM jobs")[0]
        return count


def queued(session: Session, /, name: str, **how: Any) -> UUID:
    """The newest job's identity; of one whose key waited already, another's."""
    queue.enqueue(session, name, **how)
    prepared.send_waiting(session)
    newest: UUID = session.execute(text("SELECT id FROM jobs ORDER BY id DESC LIMIT 1")).scalar_one()
    return newest


def keep_and_fail(session: Session, job: UUID) -> None:
    keep(session, job, "lost")
    raise ValueError


def note(run: Run) -> None:
    """Writes down the job's words, together with the acknowledgement."""
    run.finish(keep, run.id, run.args.get("words"))


def keep(session: Session, job: UUID, words: str | None) -> None:
    events.emit(session, "effect", job, words=words)


@contextmanager
def workbench_at(address: str, clock: Clock) -> Iterator[Workbench]:
    """One that commits, for what several do at once."""
    engine = create_engine(address, pool_size=20, pool_pre_ping=True)
    yield Workbench(database_over(engine, clock), clock)
    engine.dispose()
