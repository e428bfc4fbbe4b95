"""The command that puts an invented practice into an empty house."""

import typer

from pretamane.commands.asked import platform


def demo() -> None:
    """Furnish the house with an invented small practice.

    It has 40 contacts and 60 messages; twice is the same as once. Production is
    refused, and so is a house with rows that are real.

    Example: pretamane demo
    """
    with platform() as built:
        from pretamane.system import demo as invented

        production = built.settings.environment == "production"
        house = built.work.run_now(invented.furnish, built.clock.now(), production=production)
    typer.echo(f"The house holds an invented practice: {house.contacts} contacts and {house.messages} messages.")
