"""The ways in: everything started here (`up`), or one part beside a given database (`serve`, `work`)."""

import gc
import logging
import multiprocessing
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import typer

from pretamane.core import logging as log_lines
from pretamane.core import metrics_folder, rereading
from pretamane.core.crew import Crew, Member
from pretamane.core.errors import AppError, CannotStart
from pretamane.settings import Settings, named_address_file

_log = logging.getLogger("pretamane.main")

# Beyond the server's own grace: what is still there then hangs.
STOP_MARGIN_SECONDS = 5
# What a job that runs may still take; longer ones are given back and begun anew by the next worker.
WORKER_GRACE_SECONDS = 15


def up(settings: Settings) -> int:
    """Database, tables, web server, worker; the one address is printed. Blocks until told to end."""
    _end_quietly_when_told()
    _prepare(settings)
    from pretamane import wiring
    from pretamane.core.clock import SystemClock

    sockets = _listen(settings)  # first: a taken port should cost nobody the start of a database
    if settings.database_url is not None:
        return _migrate_and_serve(settings, sockets)
    with wiring.OwnPostgres(settings, SystemClock()) as own:
        return _migrate_and_serve(own.settings, sockets, on_wake=own.start_again_if_lost)


def _end_quietly_when_told() -> None:
    """Until the crew listens: being told to end in the middle of a start is no failure, and what runs is stopped."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))


def serve(settings: Settings) -> int:
    """The web server alone; tables are `pretamane migrate`'s business, and readiness waits for them."""
    _need_a_database(settings, "serve")
    _prepare(settings)
    return _serve(settings, _listen(settings))


def work(settings: Settings) -> int:
    """The worker alone: does what is queued until it is told to end."""
    _need_a_database(settings, "worker")
    _prepare(settings)
    from pretamane import worker  # noqa: F401  # loaded before the fork, so that its memory is shared

    sockets = _listen_for_metrics(settings)
    return Crew(
        [Member("worker", partial(_work, settings, [], sockets))],
        stop_within=WORKER_GRACE_SECONDS + STOP_MARGIN_SECONDS,
        on_ending=partial(_close, sockets),
    ).run()


def _need_a_database(settings: Settings, command: str) -> None:
    if settings.database_url is None:
        raise CannotStart(f"{command} needs PRETAMANE_DATABASE_URL; `pretamane up` brings a database of its own.")


def _prepare(settings: Settings) -> None:
    """Before anything that logs or counts is imported."""
    log_lines.configure(settings.log_level, settings.log_format)
    metrics_folder.use(settings.data_dir / "metrics")


def _migrate_and_serve(
    settings: Settings, sockets: list[socket.socket], on_wake: Callable[[], None] | None = None
) -> int:
    if _in_a_child(_migrate, settings) != 0:
        raise CannotStart("The database's tables could not be brought up to date; the lines above say why.")
    port = sockets[0].getsockname()[1]
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  # told, not opened
    shown = f"[{host}]" if ":" in host else host
    address = typer.style(f"http://{shown}:{port}", bold=True)
    typer.echo(f"Pretamane is at {address} — Ctrl-C ends it.")  # by typer: rich would stay in all processes
    if sys.stdout.isatty():  # whoever reads a log must not find a way in
        _in_a_child(_show_the_first_way_in, settings)
    return _serve(settings, sockets, on_wake, with_worker=True)


def _in_a_child(task: Callable[[Settings], None], settings: Settings) -> int | None:
    """Alembic takes memory that no later process should carry, and connections must not be inherited."""
    child = multiprocessing.get_context("fork").Process(target=task, args=(settings,))
    child.start()
    try:
        child.join()
    finally:
        child.terminate()
    return child.exitcode


def _migrate(settings: Settings) -> None:
    """The parent learns only whether it worked, so the reason is told here, and without anybody's values."""
    from pretamane import wiring

    try:
        wiring.migrate(settings)
        for sentence in wiring.prepare_blob_store(settings):
            _log.warning("%s", sentence)
    except (AppError, CannotStart) as refusal:
        sys.exit(str(refusal))
    except Exception:  # noqa: BLE001  # the edge of this process: nothing above could report it
        _log.exception("The tables could not be migrated.")
        sys.exit(1)


def _show_the_first_way_in(settings: Settings) -> None:
    """Shown as long as there is no administrator; each start makes a new link, and the earlier one ends."""
    from pretamane import wiring

    try:
        link = wiring.first_administrators_link(wiring.Platform.build(settings))
    except AppError as refusal:
        _log.warning("No link for a first administrator could be made: %s", refusal.sentence)
        return
    if link is not None:
        typer.echo(f"Nobody can sign in yet. Make the first account at {link}")


def _listen(settings: Settings) -> list[socket.socket]:
    from pretamane.core.http.server import listen

    return listen(settings.host, settings.port)


def _listen_for_metrics(settings: Settings) -> list[socket.socket]:
    """Imported only where asked for: a worker has no use for a web server's memory."""
    if settings.worker_metrics_port is None:
        return []
    from pretamane.core.http.server import listen

    return listen(settings.host, settings.worker_metrics_port, option="--metrics-port")


def _serve(
    settings: Settings,
    sockets: list[socket.socket],
    on_wake: Callable[[], None] | None = None,
    *,
    with_worker: bool = False,
) -> int:
    from pretamane import worker  # noqa: F401  # loaded before the fork, so that its memory is shared
    from pretamane.core.http.server import GRACE_SECONDS

    members = [Member(f"web-{n + 1}", partial(_web, settings, sockets)) for n in range(settings.web_processes)]
    if with_worker:
        members.append(Member("worker", partial(_work, settings, sockets)))
    patience = max(settings.drain_seconds + GRACE_SECONDS, WORKER_GRACE_SECONDS) + STOP_MARGIN_SECONDS
    return Crew(members, stop_within=patience, on_ending=partial(_close, sockets), on_wake=on_wake).run()


def _web(settings: Settings, sockets: list[socket.socket]) -> None:
    from pretamane import wiring
    from pretamane.core.http.server import serve_until_told

    platform = wiring.Platform.build(_where_we_are_now(settings))
    app = wiring.build_app(platform)
    gc.collect()
    serve_until_told(app, sockets, drain=platform.drain, drain_seconds=settings.drain_seconds)
    platform.close()


def _work(settings: Settings, inherited: list[socket.socket], for_metrics: Sequence[socket.socket] = ()) -> None:
    from pretamane import wiring, worker

    _close(inherited)  # or clients would queue at a port that nobody serves any more
    if for_metrics:
        from pretamane.core.metrics_endpoint import serve_metrics

        serve_metrics(for_metrics)
    platform = wiring.Platform.build(_where_we_are_now(settings), cages=settings.worker_threads)
    worker.run_until_told(platform, grace=WORKER_GRACE_SECONDS)
    platform.close()


def _where_we_are_now(settings: Settings) -> Settings:
    """In a child of the crew: a quick tunnel has another address at each start, and its file says which."""
    file = named_address_file()
    if file is None:
        return settings
    with suppress(ValueError):
        settings = settings.at(rereading.read(file))

    def is_new(text: str) -> bool:
        with suppress(ValueError):
            return settings.at(text).public_url != settings.public_url
        return False

    rereading.end_when(is_new, file)
    return settings


def _close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()
