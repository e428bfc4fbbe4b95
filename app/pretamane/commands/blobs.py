"""Commands about the bytes of documents: whether they are all there, and what is left over."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pretamane.commands.asked import platform
from pretamane.core.errors import CannotStart

if TYPE_CHECKING:
    from rich.progress import Progress

    from pretamane.documents.stored.collecting import Keeper

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look after the bytes of documents.\n\nExample: pretamane blobs verify --sample 5%",
)
FOUND = 1


@commands.command("verify")
def verify(
    sample: Annotated[str, typer.Option(metavar="N%", help="How much of them is read, chosen blindly.")] = "100%",
) -> None:
    """Read the bytes of documents again and compare them with what came.

    One line for each fault: missing, damaged, or unnamed (left over; collect
    removes it). Exit code 0: all is there. 1: something is missing or damaged.

    Example: pretamane blobs verify --sample 5%
    """
    share = _share(sample)
    found: dict[str, int] = {"missing": 0, "damaged": 0, "unnamed": 0}
    with _keeper() as keeper, _progress() as shown:
        task = shown.add_task("Reading", total=keeper.how_many())
        for fault in keeper.verify(share, seen=lambda: shown.advance(task)):
            found[fault.fate] += 1
            typer.echo(f"{fault.fate} {fault.key}")
    typer.echo(", ".join(f"{count} {fate}" for fate, count in found.items()) + ".")
    raise typer.Exit(FOUND if found["missing"] or found["damaged"] else 0)


@commands.command("collect")
def collect(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
) -> None:
    """Remove bytes that no document ever had, once they are two days old.

    They are left by uploads that failed after their bytes were safe.

    Example: pretamane blobs collect --dry-run
    """
    number = size = 0
    with _keeper() as keeper, _progress() as shown:
        task = shown.add_task("Looking", total=None)
        for blob in keeper.collectable() if dry_run else keeper.collect():
            number, size = number + 1, size + blob.size
            typer.echo(f"{'unnamed' if dry_run else 'removed'} {blob.key}")
            shown.advance(task)
    typer.echo(f"{'To be removed' if dry_run else 'Removed'}: {number:,}, with {size:,} bytes.")


@contextmanager
def _keeper() -> "Iterator[Keeper]":
    with platform() as built:
        yield built.archive.keeper


def _progress() -> "Progress":
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)  # faults are for whoever reads the output


def _share(text: str) -> float:
    number = text.strip().removesuffix("%")
    try:
        share = float(number) / 100
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise CannotStart(f"{text} is no share: give a percentage above 0 and up to 100, such as --sample 5%.")
    return share
