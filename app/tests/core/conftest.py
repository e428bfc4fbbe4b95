"""The whole service on a loopback port, in a process of its own, with its log and its metrics to read."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import pretamane

WITHIN = 15.0

# `plant` lets a test add routes in front of the app's own; without it, this is what `pretamane serve` runs.
AS_SERVED = """
import json, sys
from pretamane import main
from pretamane.settings import Settings

settings = Settings.model_validate(json.loads(sys.argv[1]))
sys.exit(main.serve(settings))
"""
PLANTED = """
import json, sys
from pretamane.core import logging, metrics_folder
from pretamane.settings import Settings

settings = Settings.model_validate(json.loads(sys.argv[1]))
logging.configure(settings.log_level, settings.log_format)
metrics_folder.use(settings.data_dir / "metrics")

from fastapi import FastAPI, Request
from sqlalchemy import text
from pretamane import wiring
from pretamane.core.http.server import listen, serve_until_told
from pretamane.core.unit_of_work import Transaction, Work

planted = FastAPI()
#PLANT#
platform = wiring.Platform.build(settings)
edge = wiring.build_app(platform)
edge.app.router.routes[:0] = [route for route in planted.routes if route.path.startswith("/planted")]
serve_until_told(edge, listen(settings.host, settings.port), drain=platform.drain, drain_seconds=0)
"""


class Service:
    def __init__(self, folder: Path, values: Mapping[str, object], plant: str | None) -> None:
        self.port = _free_port()
        self._errors = folder / "service.log"
        program = AS_SERVED if plant is None else PLANTED.replace("#PLANT#", textwrap.dedent(plant))
        given = {
            "port": self.port,
            "data_dir": str(folder),
            "signing_key": "k" * 48,
            "contact_limit": "1000/minute",
            "cors_origins": "https://www.practice.example",
            "log_format": "json",
            **values,
        }
        with self._errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", program, json.dumps(given)],
                env={"PYTHONPATH": str(Path(pretamane.__file__).parents[1])},
                stderr=stderr,
                start_new_session=True,
            )

    def await_life(self) -> None:
        self.eventually(self._is_alive)

    def _is_alive(self) -> bool:
        assert self.process.poll() is None, self.log
        try:
            return self.get("/health/live")[0] == 200
        except OSError:
            return False

    def eventually(self, is_so: Callable[[], bool], within: float = WITHIN) -> None:
        patience = time.monotonic() + within
        while not is_so():
            assert time.monotonic() < patience, self.log
            time.sleep(0.05)

    def connection(self, timeout: float = WITHIN) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def socket(self, *sent: bytes) -> socket.socket:
        """A bare connection over which these bytes have gone."""
        bare = socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN)
        for part in sent:
            bare.sendall(part)
        return bare

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        with closing(self.connection()) as connection:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def get(self, path: str) -> tuple[int, bytes]:
        status, _, body = self.ask("GET", path)
        return status, body

    def post(
        self, path: str, fields: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        kind = {"Content-Type": "application/json", **(headers or {})}
        return self.ask("POST", path, json.dumps(fields).encode(), kind)

    def counted(self, name: str, **labels: str) -> float:
        """The sum of a metric's series that carry these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = self.get("/metrics")[1].decode().splitlines()
        series = [line for line in lines if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rsplit(" ", 1)[1]) for line in series if all(each in line for each in wanted))

    @property
    def log(self) -> str:
        return self._errors.read_text()

    @property
    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines()]

    def web_processes(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(WITHIN)
            raise


def _free_port() -> int:
    with socket.socket() as any_free:
        any_free.bind(("127.0.0.1", 0))
        port: int = any_free.getsockname()[1]
        return port


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    services: list[Service] = []

    def start(plant: str | None = None, **values: object) -> Service:
        folder = tmp_path / f"service-{len(services)}"
        folder.mkdir()
        services.append(Service(folder, values, plant))
        services[-1].await_life()
        return services[-1]

    yield start
    for service in services:
        service.end()
