"""The embedded PostgreSQL, in the test's own process or in another one that the test can kill."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

import pretamane
from pretamane.adapters.postgres_embedded import EmbeddedPostgres

APP = Path(pretamane.__file__).parents[1]
STARTER = """
import os, sys, threading, time
from pathlib import Path
from pretamane.adapters.postgres_child import NOBODY
from pretamane.adapters.postgres_embedded import EmbeddedPostgres
from pretamane.core.errors import CannotStart
way, folder = sys.argv[1:]
print("begins", flush=True)
server = EmbeddedPostgres(Path(folder))
try:
    if way == "thread":
        thread = threading.Thread(target=server.start)
        thread.start()
        thread.join()
    else:
        server.start()
except CannotStart as sentence:
    sys.exit(f"refused: {sentence}")
print(server.process_id, flush=True)
if way == "once":
    server.stop()
elif way == "forks":
    print(os.fork() or "fork", flush=True)
    time.sleep(20)
else:
    time.sleep(20)
"""


@contextmanager
def another_process(folder: Path, way: str = "stays", prefix: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", STARTER, way, str(folder)],
        env={"PYTHONPATH": str(APP)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def next_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def number_of_server(process: subprocess.Popen[str]) -> int:
    assert next_line(process) == "begins"
    return int(next_line(process))


def ask(address: str, question: str) -> object:
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        answer = connection.execute(text(question))
        return answer.scalar() if answer.returns_rows else None


@contextmanager
def running(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder)
    try:
        yield server.start()
    finally:
        server.stop()


def keep_a_note(folder: Path) -> None:
    with running(folder) as address:
        ask(address, "CREATE TABLE note AS SELECT 'kept' AS words")


def kept_note(folder: Path) -> object:
    with running(folder) as address:
        return ask(address, "SELECT words FROM note")


@contextmanager
def closing_server(server: EmbeddedPostgres) -> Iterator[str]:
    try:
        yield server.start()
    finally:
        server.stop()
