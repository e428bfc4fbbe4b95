"""A database that can be taken away, the API in a process of its own, and the site on another origin than the API."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from pretamane.adapters.postgres_embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[2]
PRETAMANE = [sys.executable, "-m", "pretamane"]
STARTS_WITHIN, ENDS_WITHIN = 60.0, 30.0


class Postgres:
    """Comes back where it was: the API keeps the address that it was started with."""

    def __init__(self, folder: Path) -> None:
        self._server = EmbeddedPostgres(folder)
        self.address = self._server.start()

    def take_away(self) -> None:
        self._server.stop()

    def bring_back(self) -> None:
        if self._server.process_id is None and self._server.start() != self.address:
            raise AssertionError("PostgreSQL came back under another address")

    def rows(self, query: str, **values: object) -> list[Any]:
        engine = create_engine(self.address, poolclass=NullPool)
        with engine.connect() as connection:
            return list(connection.execute(text(query), values))


@dataclass(frozen=True)
class House:
    """Where a visitor finds the site, and where the site finds the API."""

    site: str
    api: str


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """A test's output is for its failures."""


def pretamane(address: str, *words: str) -> None:
    subprocess.run([*PRETAMANE, *words], env=environment(PRETAMANE_DATABASE_URL=address), check=True)


def environment(**more: str) -> dict[str, str]:
    """None of the caller's own settings may reach what is tested."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRETAMANE_")}
    return kept | {"PYTHONPATH": str(ROOT / "app")} | more


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def opened(database: str, folder: Path, contact_limit: str) -> Iterator[House]:
    files = Path(shutil.copytree(ROOT / "config" / "site", folder / "site"))
    with static_site(files) as site:
        asked = {
            "PRETAMANE_DATABASE_URL": database,
            "PRETAMANE_DATA_DIR": str(folder / "var"),
            "PRETAMANE_CORS_ORIGINS": site,
            "PRETAMANE_CONTACT_LIMIT": contact_limit,
        }
        with serving(asked, folder / "api.log") as api:
            (files / "api-address.js").write_text(f'export const apiAddress = "{api}";\n', encoding="utf-8")
            yield House(site, api)


@contextmanager
def static_site(files: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietFiles, directory=str(files))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def serving(asked: dict[str, str], log: Path) -> Iterator[str]:
    origin = f"http://127.0.0.1:{free_port()}"
    with log.open("wb") as lines:
        command = [*PRETAMANE, "serve", "--port", str(urlsplit(origin).port)]
        process = subprocess.Popen(command, env=environment(**asked), stdout=lines, stderr=lines)
    with ended_afterwards(process):
        await_answer(origin, process, log)
        yield origin


@contextmanager
def ended_afterwards(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """As told, and in time: one that hangs is killed, and fails the test."""
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(ENDS_WITHIN)
        finally:
            process.kill()
            process.wait()


def await_answer(origin: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        if status_of(origin, "/health/ready") == 200:
            return
        time.sleep(0.05)
    raise AssertionError(f"The API did not start: {log.read_text()}")


def status_of(origin: str, path: str) -> int | None:
    with closing(http.client.HTTPConnection(urlsplit(origin).netloc, timeout=5)) as line:
        try:
            line.request("GET", path)
            return line.getresponse().status
        except OSError:
            return None
