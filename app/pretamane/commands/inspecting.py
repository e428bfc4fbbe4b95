"""Commands that look and change nothing: the settings, and whether all they name is there."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from pretamane.settings import LoadedSettings, Settings, current

if TYPE_CHECKING:
    from pretamane.ports import Clock, Dependency
    from pretamane.wiring import Platform

HIDDEN = "••••"
UNWELL = 1


def settings() -> None:
    """Show every setting, its value and where that came from.

    Secrets are shown as ••••. In the environment each name begins with PRETAMANE_.

    Example: PRETAMANE_PORT=8080 pretamane settings
    """
    from pretamane.commands.tables import show

    loaded = current(keeping_key=False)
    show(("name", "value", "source"), _rows(loaded))


def _rows(loaded: LoadedSettings) -> Iterable[tuple[str, str, str]]:
    for name in Settings.model_fields:
        yield name.upper(), _told(getattr(loaded.settings, name)), loaded.sources[name]


def _told(value: object) -> str:
    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value) or "none"
    if isinstance(value, float):
        return f"{value:g}"
    return "none" if value is None else str(value)


def check() -> None:
    """Try everything that the settings name, one line each.

    It changes nothing. Exit code 0: all is well. 1: something that is required is
    down or not there yet. 2: the settings are refused.

    Example: pretamane check && echo well
    """
    loaded = current(keeping_key=False)
    given = sum(source not in ("default", "made at first start") for source in loaded.sources.values())
    _line("settings", "ok", f"{loaded.settings.environment}, {given} of {len(loaded.sources)} given")
    is_well = _try_dependencies(loaded.settings)
    _tell_what_linux_alone_can_do(loaded.settings)
    _tell_how_files_are_read()
    raise typer.Exit(0 if is_well else UNWELL)


def _line(name: str, state: str, remark: str) -> None:
    typer.echo(f"{name:<22} {state:<5} {remark}".rstrip())


def _try_dependencies(settings: Settings) -> bool:
    from pretamane import wiring
    from pretamane.core.errors import AppError, CannotStart

    try:
        with wiring.database_for(settings) as ready:
            platform = wiring.Platform.build(ready)
            states = [(each.required, _try(each, platform.clock)) for each in platform.dependencies]
            is_well = all(is_up or not required for required, is_up in states)
            _tell_what_the_blob_store_lacks(platform)
            if is_well:
                _tell_who_may_change_the_audit(wiring.database_url(ready))
            return is_well and _tables_are_current(platform)
    except (CannotStart, AppError) as refusal:
        _line("postgresql", "down", str(refusal))
        return False


def _tables_are_current(platform: "Platform") -> bool:
    from pretamane.core import migrations

    if migrations.is_current(platform.database.bind):
        _line("tables", "ok", "")
        return True
    _line("tables", "old", "bring them up to date with: pretamane migrate")
    return False


def _try(dependency: "Dependency", clock: "Clock") -> bool:
    from pretamane.core.errors import AppError

    started = clock.monotonic()
    try:
        dependency.probe()
    except (AppError, OSError) as failure:
        _line(dependency.name, "down", str(failure) or type(failure).__name__)
        return False
    _line(dependency.name, "ok", f"{(clock.monotonic() - started) * 1000:.1f} ms")
    return True


def _tell_what_the_blob_store_lacks(platform: "Platform") -> None:
    from pretamane.core.errors import Unavailable

    with suppress(Unavailable):  # which its own line says
        for sentence in platform.archive.store.shortfalls():
            _line("blobs", "weak", sentence)


def _tell_who_may_change_the_audit(url: str) -> None:
    from pretamane.core import roles
    from pretamane.core.database import open_unpooled

    with open_unpooled(url).connect() as connection:
        could = roles.may_change_audit(connection)
    if could:
        remedy = "tables get an owner of their own by PRETAMANE_DATABASE_OWNER_URL"
        _line("audit", "weak", f"The app's own role could change what the audit says; {remedy}.")
    elif could is not None:
        _line("audit", "ok", "The app's role can add to it and change nothing.")


def _tell_what_linux_alone_can_do(settings: Settings) -> None:
    if settings.database_url is not None:
        return
    from pretamane.adapters.postgres_embedded import what_linux_alone_can_do

    for ability, sentence in what_linux_alone_can_do():
        _line(ability, "", sentence)


def _tell_how_files_are_read() -> None:
    from pretamane.adapters.reading import ocr
    from pretamane.adapters.reading.cage import Cage
    from pretamane.adapters.reading.confinement import cage_in_words
    from pretamane.core.errors import Unavailable

    try:
        cage = Cage()
    except Unavailable as refusal:
        _line("reading", "down", str(refusal))
    else:
        cage.end()
        _line("reading", "ok", cage_in_words(reads_little=cage.reads_little))
    languages = ", ".join(sorted(ocr.installed_languages(ocr.found())))
    _line("ocr", "ok" if languages else "none", languages or "Scans get no text: Tesseract is not installed here.")
    _tell_how_files_are_told_apart()


def _tell_how_files_are_told_apart() -> None:
    from pretamane.documents.recognising.unknown import has_libmagic

    remark = "" if has_libmagic() else "Strange files are named by puremagic; libmagic is not installed here."
    _line("libmagic", "none" if remark else "ok", remark)
