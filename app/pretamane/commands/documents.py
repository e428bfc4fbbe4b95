"""Commands about documents: to have them read again."""

from typing import Annotated
from uuid import UUID

import typer

from pretamane.commands.asked import platform
from pretamane.core.errors import CannotStart

commands = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Have documents read again.\n\nExample: pretamane documents process --missing-ocr",
)
NO_OCR = "OCR is not installed here: install Tesseract, then ask again."


@commands.callback()
def _documents() -> None:
    """Its only command is called by its name all the same."""


@commands.command("process")
def process(
    documents: Annotated[list[UUID] | None, typer.Argument(metavar="ID...", help="Documents to read again.")] = None,
    missing_ocr: Annotated[
        bool, typer.Option("--missing-ocr", help="Scans that came before OCR was installed here.")
    ] = False,
) -> None:
    """Queue documents to be read again by the worker.

    Example: pretamane documents process --missing-ocr
    """
    from pretamane.core.actors import OPERATOR
    from pretamane.documents.reading import reprocessing, scans

    if not documents and not missing_ocr:
        raise CannotStart("Say which: the ids of documents, or --missing-ocr.")
    with platform() as built:
        for document in documents or ():
            built.work.run_now(reprocessing.process_again, document, OPERATOR)
        caught_up = 0
        if missing_ocr:
            if not built.archive.ocr.languages():
                raise CannotStart(NO_OCR)
            caught_up = built.work.run_now(scans.catch_up, has_ocr=True)
    typer.echo(f"Queued: {len(documents or ()) + caught_up:,}.")
