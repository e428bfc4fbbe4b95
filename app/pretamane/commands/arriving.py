"""The command that takes in what comes from elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, TextIO

import typer

from pretamane.commands.asked import platform
from pretamane.commands.leaving import broken_off
from pretamane.commands.progress import Shown, shown
from pretamane.core.errors import CannotStart

if TYPE_CHECKING:
    from pretamane.system.arriving.bringing import Bringing
    from pretamane.system.arriving.report import Report
    from pretamane.wiring import Platform

FOUND = 1

Source = Annotated[Path, typer.Argument(metavar="FOLDER", help="What is taken: an export of Pretamane, or any folder.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would become of each file.")]
ReportFile = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Where the lines go, instead of the output.")
]
Pattern = Annotated[
    str, typer.Option("--folders", metavar="PATTERN", help='What folders mean, such as "{contact}/{tag}".')
]
MakeContacts = Annotated[bool, typer.Option("--make-contacts", help="Make the contacts that are not here yet.")]
SkipDuplicates = Annotated[bool, typer.Option("--skip-duplicates", help="Leave out what is here under another name.")]


def take_in(
    folder: Source,
    paperless: Annotated[
        bool, typer.Option("--paperless", help="FOLDER is an export of paperless-ngx, or its ZIP.")
    ] = False,
    dry_run: DryRun = False,
    folders: Pattern = "",
    make_contacts: MakeContacts = False,
    skip_duplicates: SkipDuplicates = False,
    report: ReportFile = None,
) -> None:
    """Take in documents from elsewhere.

    An export of another house comes with everything: contacts, messages, ids and
    times. Of any other folder, each file becomes a document. Broken off, run it
    again: what is here already is not taken twice. docs/arriving.md tells more.
    The house may run meanwhile. One line of CSV for each file: path, outcome,
    sentence, document_id. Exit code 0: all was taken. 1: something was not.

    Example: pretamane import scans --folders "{contact}/{tag}"
    """
    wanted = _Wanted(folder.absolute(), folders, make_contacts, skip_duplicates, dry_run)
    remarks: list[str] = []
    with platform() as built, _written(report) as lines, shown() as seen:
        from pretamane.system.arriving.report import Report

        told = Report(lines)
        try:
            remarks = _from_paperless(built, wanted, told, seen) if paperless else _take(built, wanted, told, seen)
        except OSError as failure:
            raise broken_off(folder, failure) from failure
    for sentence in (*remarks, told.summary):
        typer.echo(sentence, err=report is None)
    raise typer.Exit(FOUND if told.faults else 0)


class _Wanted(NamedTuple):
    place: Path
    folders: str
    makes_contacts: bool
    skips_duplicates: bool
    is_only_looking: bool


def _take(built: "Platform", wanted: _Wanted, told: "Report", seen: Shown) -> list[str]:
    from pretamane.system.arriving.anything import Gathering, Wishes
    from pretamane.system.arriving.house import Arrival
    from pretamane.system.arriving.patterns import Pattern
    from pretamane.system.leaving import ledger, manifest

    if manifest.is_one(wanted.place):
        Arrival(_bringing(built), wanted.place, told, seen).run(is_only_looking=wanted.is_only_looking)
        return []
    if (wanted.place / ledger.NAME).exists():
        raise CannotStart(f"The export in {wanted.place} was not finished; finish it first, by pretamane export.")
    if not wanted.place.is_dir():
        raise CannotStart(f"{wanted.place} is no folder.")
    ways = (wanted.makes_contacts, wanted.skips_duplicates, wanted.is_only_looking)
    wishes = Wishes(Pattern(wanted.folders), built.settings.upload_limit, *ways)
    Gathering(_bringing(built), wanted.place, wishes, told, seen).run()
    return []


def _from_paperless(built: "Platform", wanted: _Wanted, told: "Report", seen: Shown) -> list[str]:
    from pretamane.system.arriving.paperless import FromPaperless

    arriving = FromPaperless(_bringing(built), built.clock, told, seen, built.settings.upload_limit)
    return arriving.run(wanted.place, is_only_looking=wanted.is_only_looking)


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
