"""The command that takes in what comes from elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from pretamane.commands.asked import platform
from pretamane.commands.leaving import broken_off
from pretamane.commands.progress import shown
from pretamane.core.errors import CannotStart

if TYPE_CHECKING:
    from pretamane.system.arriving.bringing import Bringing
    from pretamane.wiring import Platform

FOUND = 1

Source = Annotated[Path, typer.Argument(metavar="FOLDER", help="What is taken: an export of Pretamane, or any folder.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each file.")]
ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Where the lines go, instead of the output.")
]


def take_in(folder: Source, dry_run: DryRun = False, report: ReportFile = None) -> None:
    """Take in documents from elsewhere.

    An export of another house comes with everything: contacts, messages, ids and
    times. Broken off, run it again: what is here already is not taken twice.
    docs/arriving.md tells more. The house may run meanwhile. One line of CSV for
    each file: path, outcome, sentence, document. Exit code 0: all was taken.
    1: something was not.

    Example: pretamane import /media/usb/house
    """
    from pretamane.system.arriving.house import Arrival
    from pretamane.system.arriving.report import Report

    with platform() as built, _written(report) as lines, shown() as seen:
        told = Report(lines)
        try:
            Arrival(_bringing(built), folder.absolute(), told, seen).run(is_only_looking=dry_run)
        except OSError as failure:
            raise broken_off(folder, failure) from failure
    typer.echo(told.summary, err=report is None)
    raise typer.Exit(FOUND if told.faults else 0)


def _bringing(built: "Platform") -> "Bringing":
    from pretamane.system.arriving.bringing import Bringing

    return Bringing(built.work, built.archive.spool, built.archive.receiving)


@contextmanager
def _written(report: Path | None) -> Iterator[TextIO]:
    if report is None:
        yield sys.stdout
        return
    try:
        with report.open("w", encoding="utf-8", newline="") as lines:
            yield lines
    except OSError as failure:
        raise CannotStart(f"{report} cannot be written: {failure.strerror}.") from failure
