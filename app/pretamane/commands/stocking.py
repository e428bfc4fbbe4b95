"""The command that puts an invented practice into an empty house."""

import typer

from pretamane.commands.asked import platform


def demo() -> None:
    """Furnish the house with an invented small practice.

    It has 40 contacts, 60 messages and 120 documents of two years, which the
    worker reads once it runs; twice is the same as once. Production is refused,
    and so is a house with rows that are real.

    Example: pretamane demo
    """
    with platform() as built:
        from pretamane import wiring
        from pretamane.system import demo as invented
        from pretamane.system.demo_documents import Filing, PastClock

        production = built.settings.environment == "production"
        house = built.work.run_now(invented.furnish, built.clock.now(), production=production)
        clock = PastClock(built.clock.now())
        past = wiring.Platform(
            built.settings, clock, wiring.database_over(built.database.bind, clock), [], built.archive.store
        )
        archive = past.archive
        documents = Filing(past.work, archive.spool, archive.receiving, clock).furnish(house.clients)
    typer.echo(
        f"The house holds an invented practice: {house.contacts} contacts, {house.messages} messages "
        f"and {documents} documents."
    )
