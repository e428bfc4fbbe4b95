"""The command that makes one file of a house, for a stack to take in."""

from pathlib import Path
from typing import Annotated

import typer

from pretamane.commands.asked import settings_in_use
from pretamane.commands.progress import shown
from pretamane.core.errors import CannotStart

File = Annotated[Path, typer.Argument(metavar="FILE", help="Where it goes; what is there is not replaced.")]


def back_up(file: File) -> None:
    """Write the whole house of this machine into one file.

    For a house with a database of its own, as pretamane up has. The file is
    what scripts/restore-data.sh takes, so that the house moves into a stack
    with it. The house may run meanwhile. Keys and mails are not in the file.

    Example: pretamane backup /media/usb/house.tar.gz
    """
    from pretamane.wiring import backups  # not wiring itself, which every process loads

    file = file.absolute()
    try:
        with shown() as seen:
            documents = backups.back_up(settings_in_use(), file, seen)
    except OSError as failure:
        raise CannotStart(f"{failure.filename or file}: {failure.strerror}; the backup was not made.") from failure
    typer.echo(f"Backed up to {file}, with the bytes of {documents:,} documents.")
