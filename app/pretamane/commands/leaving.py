"""The command that writes all that a house holds into a folder, and looks whether it is all there."""

from pathlib import Path
from typing import Annotated

import typer

from pretamane.commands.asked import platform
from pretamane.commands.progress import shown
from pretamane.core.errors import CannotStart

FOUND = 1

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="An empty one, or an export to be brought up to date.")]
Verify = Annotated[bool, typer.Option("--verify", help="Only look whether the export in FOLDER is whole.")]


def export(folder: Folder, verify: Verify = False) -> None:
    """Write everything that this house holds into a folder.

    Originals under readable names, tables as CSV and JSON, and a manifest with
    the size and SHA-256 of each file. It may be broken off and run again: it
    goes on. docs/leaving.md explains each column. The house may run meanwhile.
    Exit code 0: all is there. 1: an original is missing or damaged; each has a
    line. With --verify no house is needed.

    Example: pretamane export /media/usb/house
    """
    if verify:
        _verify(folder)
    else:
        _export(folder)


def _export(folder: Path) -> None:
    import sqlite3

    from pretamane.system.leaving.export import Export

    with platform() as built, shown() as seen:
        try:
            faults = Export(built.database, built.archive.store, folder.absolute(), seen).run()
        except (OSError, sqlite3.OperationalError) as failure:
            raise broken_off(folder, failure) from failure
    for file, fate in faults:
        typer.echo(f"{fate} {file.path} (document {file.document})")
    typer.echo(f"Exported to {folder}: " + ("all is there." if not faults else f"{len(faults):,} could not be."))
    raise typer.Exit(FOUND if faults else 0)


def _verify(folder: Path) -> None:
    from pretamane.system.leaving import verifying

    number = 0
    with shown() as seen:
        for number, fault in enumerate(verifying.faults(folder, lambda: seen("Files", None, 1)), 1):  # noqa: B007
            typer.echo(fault)
    typer.echo("All is there, and as it was written." if not number else f"Faults: {number:,}.")
    raise typer.Exit(FOUND if number else 0)


def broken_off(folder: Path, failure: Exception) -> CannotStart:
    """By the disk, or by what is kept on it."""
    told = f"{folder}: {failure}"
    if isinstance(failure, OSError):
        told = f"{failure.filename or folder}: {failure.strerror}"
    return CannotStart(f"{told}. Nothing is lost: run the same command again to go on.")
