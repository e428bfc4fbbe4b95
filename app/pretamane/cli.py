"""The command line: which commands there are, and what a person reads when one cannot do its work."""

import contextlib
import io
import logging
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from pretamane import __version__
from pretamane.commands import (
    admin,
    arriving,
    audit,
    backing_up,
    blobs,
    documents,
    inspecting,
    jobs,
    leaving,
    practice,
    serving,
    stocking,
)
from pretamane.core.errors import AppError, CannotStart
from pretamane.settings import SettingsRefused

REFUSED, FAILED = 2, 1

cli = typer.Typer(
    name="pretamane",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.command("up")(serving.up)
cli.command("serve")(serving.serve)
cli.command("worker")(serving.worker)
cli.command("migrate")(serving.migrate)
cli.command("check")(inspecting.check)
cli.command("settings")(inspecting.settings)
cli.add_typer(practice.commands, name="practice")
cli.add_typer(audit.commands, name="audit")
cli.add_typer(jobs.commands, name="jobs")
cli.add_typer(blobs.commands, name="blobs")
cli.add_typer(documents.commands, name="documents")
cli.add_typer(admin.commands, name="admin")
cli.command("demo")(stocking.demo)
cli.command("backup")(backing_up.back_up)
cli.command("export")(leaving.export)
cli.command("import")(arriving.take_in)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pretamane {__version__}")
        raise typer.Exit


@cli.callback()
def _pretamane(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A practice's clients and their documents, from first contact to a filed, findable page.

    Example: pretamane up
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. A refusal is told in sentences, exit code 2; only a defect of ours leaves a trace."""
    _write_what_the_terminal_can_show()
    try:
        cli(args=arguments, prog_name="pretamane")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except SettingsRefused as refusal:
        return _refuse(refusal.faults)
    except CannotStart as refusal:
        return _refuse([str(refusal)])
    except AppError as refusal:
        return _refuse([refusal.sentence, *refusal.fields.values()])
    except Exception:  # noqa: BLE001 — the edge of a command: logged with its id, told in a sentence
        return _fail()
    return 0


def _write_what_the_terminal_can_show() -> None:
    """A script the terminal cannot write shows as question marks; it must not end the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _refuse(sentences: Sequence[str]) -> int:
    for sentence in sentences:
        typer.echo(sentence, err=True)
    return REFUSED


def _fail() -> int:
    from pretamane.core import ids
    from pretamane.core import logging as lines

    if not logging.getLogger().handlers:
        lines.configure("info", "auto")
    failure = ids.new_id()
    with contextlib.suppress(OSError):
        logging.getLogger("pretamane.cli").exception("Command failed: %s", failure)
    typer.echo(f"This did not work, by a defect of Pretamane. The log has the reason under {failure}.", err=True)
    return FAILED
