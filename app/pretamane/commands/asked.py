"""What was asked for on the command line, as the settings know it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from pretamane.core.errors import CannotStart
from pretamane.settings import Settings, current

if TYPE_CHECKING:
    from pretamane.wiring import Platform

Host = Annotated[str | None, typer.Option(metavar="ADDRESS", help="The address to listen on.")]
Port = Annotated[str | None, typer.Option(metavar="NUMBER", help="The port to listen on.")]
DataDir = Annotated[str | None, typer.Option(metavar="FOLDER", help="The folder that keeps everything.")]
Processes = Annotated[
    str | None,
    typer.Option("--processes", metavar="NUMBER", help="Server processes that share the port."),
]
Threads = Annotated[
    str | None,
    typer.Option("--threads", metavar="NUMBER", help="Jobs that it does at the same time."),
]
MetricsPort = Annotated[
    str | None,
    typer.Option("--metrics-port", metavar="NUMBER", help="The port of its own /metrics; without it there are none."),
]


def settings_with(**options: str | None) -> Settings:
    return current({name: text for name, text in options.items() if text is not None}).settings


def settings_in_use() -> Settings:
    """For commands about what is there already: nothing is made for them in the data folder, not even a key."""
    return current(keeping_key=False).settings


@contextmanager
def platform() -> Iterator["Platform"]:
    """The platform over its database, for a command that reads or changes what is kept."""
    from pretamane import wiring

    asked = settings_in_use()
    with wiring.database_for(asked) as settings:
        _bring_tables_up_to_date(settings, is_ours=asked.database_url is None)
        yield wiring.Platform.build(settings)


def _bring_tables_up_to_date(settings: Settings, *, is_ours: bool) -> None:
    """A database that Pretamane embeds is its own to migrate; of another, its operator chooses the hour."""
    from pretamane import wiring
    from pretamane.core import migrations
    from pretamane.core.database import open_unpooled

    if is_ours:
        wiring.migrate(settings)
    elif not migrations.is_current(open_unpooled(wiring.database_url(settings))):
        raise CannotStart("The tables are older than this version; bring them up to date with: pretamane migrate.")
