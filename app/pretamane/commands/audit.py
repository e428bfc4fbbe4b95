"""Commands about what accounts and keys did."""

import typer

from pretamane.commands.asked import platform

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look after the record of who did what.\n\nExample: pretamane audit verify",
)
FOUND = 1


@commands.command("verify")
def verify() -> None:
    """Show that what accounts and keys did is recorded as it was.

    It finds entries that were changed, removed or reordered, a chain of seals
    that was cut, and entries without a seal. Exit code 0: all is as it was.
    1: something is not; each has a sentence.

    Example: pretamane audit verify
    """
    with platform() as built:
        from pretamane.core.audit import NewestSeal
        from pretamane.core.audit.verifying import Verification
        from pretamane.core.database import refusing_when_away

        with refusing_when_away(), built.database.bind.engine.connect() as connection:
            one_moment = connection.execution_options(isolation_level="REPEATABLE READ")
            verification = Verification(one_moment, NewestSeal(built.settings.data_dir), built.clock.now())
            faults = 0
            for faults, sentence in enumerate(verification.faults(), 1):  # noqa: B007  # the last one is their number
                typer.echo(sentence)
    typer.echo(_summary(verification.links, verification.first, verification.last, faults))
    raise typer.Exit(FOUND if faults else 0)


def _summary(links: int, first: str, last: str, faults: int) -> str:
    entries = "1 sealed entry" if links == 1 else f"{links:,} sealed entries"
    span = f", from {first} to {last}" if links else ""
    found = {0: "nothing is wrong", 1: "one fault"}.get(faults, f"{faults:,} faults")
    return f"Looked at {entries}{span}: {found}."
