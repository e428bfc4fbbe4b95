"""Commands about the practice that this house belongs to."""

from pathlib import Path
from typing import Annotated

import typer

from pretamane.commands.asked import platform
from pretamane.core.errors import CannotStart

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Show or set the practice: its name, colours, legal pages.\n\nExample: pretamane practice show",
)

ThanksVisitors = Annotated[
    bool | None,
    typer.Option("--thanks-visitors/--no-thanks-visitors", help="Whether a mail thanks who wrote."),
]
Recipient = Annotated[
    str | None, typer.Option(metavar="E-MAIL", help="Who gets the messages, such as office@example.org.")
]
StorageQuota = Annotated[
    str | None, typer.Option(metavar="SIZE", help="How much the documents may take, such as 50GB.")
]

SHOWN = (
    "name",
    "language",
    "time_zone",
    "recipient",
    "thanks_visitors",
    "primary_colour",
    "accent_colour",
    "logo_type",
    "privacy_url",
    "imprint_url",
    "terms_url",
    "storage_quota",
)


@commands.command("show")
def show() -> None:
    """Show what is known about the practice.

    Example: pretamane practice show
    """
    with platform() as built:
        from pretamane.commands import tables
        from pretamane.practice import queries

        practice = built.work.run_now(queries.current)
        rows = [(name.replace("_", " "), _told(getattr(practice, name))) for name in SHOWN]
    tables.show(("practice", ""), rows)


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "none")


@commands.command("set")
def change(  # noqa: PLR0913, PLR0917 — each parameter is an option of the command
    name: Annotated[str | None, typer.Option(metavar="NAME", help='Such as "Weber & Lang".')] = None,
    language: Annotated[str | None, typer.Option(metavar="CODE", help="Such as en or pt-BR.")] = None,
    time_zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Such as Europe/Berlin.")] = None,
    recipient: Recipient = None,
    thanks_visitors: ThanksVisitors = None,
    primary_colour: Annotated[str | None, typer.Option(metavar="COLOUR", help="Such as #1f4b43.")] = None,
    accent_colour: Annotated[str | None, typer.Option(metavar="COLOUR", help="Such as #b3541e.")] = None,
    logo: Annotated[str | None, typer.Option(metavar="FILE", help="A PNG, JPEG or WebP picture.")] = None,
    privacy_url: Annotated[str | None, typer.Option(metavar="URL", help="Such as https://example.org/privacy.")] = None,
    imprint_url: Annotated[str | None, typer.Option(metavar="URL", help="The legal notice.")] = None,
    terms_url: Annotated[str | None, typer.Option(metavar="URL", help="The terms of business.")] = None,
    storage_quota: StorageQuota = None,
) -> None:
    """Set what is given, and leave the rest as it is.

    An empty text takes away the logo, the recipient or an address: --logo "".

    Example: pretamane practice set --name "Weber & Lang" --language de
    """
    given: dict[str, object] = {
        "name": name,
        "language": language,
        "time_zone": time_zone,
        "recipient": recipient,
        "thanks_visitors": thanks_visitors,
        "primary_colour": primary_colour,
        "accent_colour": accent_colour,
        "logo": _picture(logo) if logo else logo,
        "privacy_url": privacy_url,
        "imprint_url": imprint_url,
        "terms_url": terms_url,
        "storage_quota": storage_quota,
    }
    wanted = {field: value for field, value in given.items() if value is not None}
    _save(wanted)
    typer.echo(f"Set: {', '.join(field.replace('_', ' ') for field in wanted)}.")


def _save(wanted: dict[str, object]) -> None:
    if not wanted:
        raise CannotStart("Say what to set, such as --name; pretamane practice set --help lists all of it.")
    with platform() as built:
        from pretamane.core.actors import OPERATOR
        from pretamane.practice import service

        built.work.run_now(lambda session: service.change(session, OPERATOR, **wanted))


def _picture(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CannotStart(f"The logo {path} cannot be read: {error.strerror}.") from None
