"""How far a long command has come: a bar on a terminal, and elsewhere a quiet line now and then."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

# A program that reads along is told each so many.
EVERY = 1_000


class Shown:
    """On the standard error: what a command found is for whoever reads its output."""

    def __init__(self, bars: "Progress | None") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}

    def __call__(self, what: str, total: int | None, more: int) -> None:
        self._done[what] = self._done.get(what, 0) + more
        if self._bars is None:
            self._tell(what, total)
            return
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total)
        self._bars.update(self._tasks[what], completed=self._done[what], total=total)

    def _tell(self, what: str, total: int | None) -> None:
        done = self._done[what]
        if done % EVERY == 0 or done == total:
            typer.echo(f"{what}: {done:,}" + (f" of {total:,}" if total else ""), err=True)


@contextmanager
def shown() -> Iterator[Shown]:
    if not sys.stderr.isatty():
        yield Shown(None)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        yield Shown(bars)
