"""Commands that let an administrator in: the first one, and one who is locked out."""

from typing import Annotated

import typer

from pretamane.commands.asked import platform

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Let an administrator in: the first, or one who is locked out.\n\nExample: pretamane admin create",
)


@commands.command("create")
def create() -> None:
    """Print the link that makes the first administrator.

    It works once, and for a day; asking again ends the earlier one. Refused once there is an administrator.

    Example: pretamane admin create
    """
    with platform() as built:
        from pretamane.accounts import entering
        from pretamane.accounts.jobs import link_address

        token = built.work.run_now(entering.make_first_administrators_link)
        typer.echo(link_address(built.settings.public_url, token))


@commands.command("rescue")
def rescue(
    email: Annotated[str, typer.Argument(metavar="E-MAIL", help="What the administrator signs in with.")],
) -> None:
    """Print a link for an administrator who is locked out.

    It sets a new password; it works once, and for two hours; asking again ends the earlier one.

    Example: pretamane admin rescue ada@example.org
    """
    with platform() as built:
        from pretamane.accounts import entering
        from pretamane.accounts.jobs import link_address

        token = built.work.run_now(entering.rescue, email)
        typer.echo(link_address(built.settings.public_url, token))
