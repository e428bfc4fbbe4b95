"""Commands that serve, and the one that makes the database ready for it."""

import typer

from pretamane.commands.asked import (
    DataDir,
    Host,
    MetricsPort,
    Port,
    Processes,
    Threads,
    settings_in_use,
    settings_with,
)


def up(port: Port = None, data_dir: DataDir = None, host: Host = None) -> None:
    """Start the database, the tables and the site on this machine.

    Without DATABASE_URL the database is an embedded PostgreSQL in the data folder.
    It prints one address; Ctrl-C ends all that it started.

    Example: pretamane up --port 8080
    """
    from pretamane import main

    raise typer.Exit(main.up(settings_with(port=port, data_dir=data_dir, host=host)))


def serve(port: Port = None, host: Host = None, processes: Processes = None) -> None:
    """Serve beside a database that is already there.

    DATABASE_URL names it. The tables must be up to date: pretamane migrate brings them there.

    Example: pretamane serve --host 0.0.0.0 --processes 2
    """
    from pretamane import main

    raise typer.Exit(main.serve(settings_with(port=port, host=host, web_processes=processes)))


def worker(threads: Threads = None, metrics_port: MetricsPort = None) -> None:
    """Do what is queued, beside a database that is already there.

    DATABASE_URL names it. As many workers as you like share the work; pretamane up has one already.

    Example: pretamane worker --threads 4
    """
    from pretamane import main

    raise typer.Exit(main.work(settings_with(worker_threads=threads, worker_metrics_port=metrics_port)))


def migrate() -> None:
    """Bring the database's tables up to what this version needs.

    Safe to repeat, and safe while an older version still serves. With
    DATABASE_OWNER_URL it works as that role, and gives the role of
    DATABASE_URL the rights that it needs. Where BLOB_URL names a bucket,
    it has that promise what it can, and tells what it cannot.

    Example: pretamane migrate
    """
    from pretamane import wiring

    with wiring.database_for(settings_in_use()) as settings:
        changed = wiring.migrate(settings)
    typer.echo("The tables are up to date now." if changed else "The tables were up to date already.")
    for sentence in wiring.prepare_blob_store(settings):
        typer.echo(sentence)
