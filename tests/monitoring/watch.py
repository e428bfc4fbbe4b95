"""Loki and the collector as the stack runs them, on loopback."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import httpx2 as httpx

from tests.components import CONFIG, Component, built, eventually, running
from tests.site_story.house import free_port

Entry = tuple[dict[str, str], str]


class Loki:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        command = [
            built("loki"),
            f"-config.file={CONFIG / 'loki' / 'loki.yml'}",
            "-server.http-listen-address=127.0.0.1",
            f"-server.http-listen-port={self.port}",
            f"-server.grpc-listen-port={free_port()}",
            f"-common.path-prefix={folder}",
            f"-common.storage.filesystem.chunk-directory={folder}/chunks",
            f"-common.storage.filesystem.rules-directory={folder}/rules",
            f"-ingester.wal-dir={folder}/wal",
            f"-compactor.working-directory={folder}/compactor",
            "-ingester.min-ready-duration=0s",
        ]
        self.component = Component(command, folder / "loki.log", {}, f"127.0.0.1:{self.port}/ready")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def query(self, query: str, **options: object) -> list[dict[str, object]]:
        asked = urlencode({"query": query, "since": "1h", "limit": 5000, **options})
        answer = httpx.get(f"{self.address}/loki/api/v1/query_range?{asked}", trust_env=False, timeout=30)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, object]] = answer.json()["data"]["result"]
        return found

    def entries(self, query: str) -> list[Entry]:
        """Each line with its labels, those that belong to it alone among them."""
        return [
            (stream["stream"], value[1])  # type: ignore[misc]  # what comes is JSON
            for stream in self.query(query)
            for value in stream["values"]  # type: ignore[attr-defined]  # as above
        ]

    def lines(self, query: str) -> list[str]:
        return [line for _, line in self.entries(query)]

    def eventually_has(self, query: str, is_right: Callable[[list[str]], bool]) -> list[str]:
        eventually(lambda: is_right(self.lines(query)), lambda: json.dumps(self.lines(query)[:20]), within=40)
        return self.lines(query)


class Collector:
    def __init__(self, folder: Path, loki: str) -> None:
        self.logs, kept, self.health = folder / "containers", folder / "kept", free_port()
        self.logs.mkdir(parents=True)
        kept.mkdir()
        environment = {
            "CONTAINER_LOGS": str(self.logs),
            "COLLECTOR_STORAGE": str(kept),
            "LOKI_URL": loki,
            "HEALTH_PORT": str(self.health),
            "OTLP_PORT": str(free_port()),
            "METRICS_PORT": str(free_port()),
        }
        self.metrics = f"http://127.0.0.1:{environment['METRICS_PORT']}/metrics"
        command = [built("otel-collector"), f"--config={CONFIG / 'otel-collector' / 'collector.yml'}"]
        self.component = Component(command, folder / "collector.log", environment, f"127.0.0.1:{self.health}/")


@contextmanager
def loki_in(folder: Path) -> Iterator[Loki]:
    loki = Loki(folder)
    with running(loki.component):
        yield loki


@contextmanager
def collector_in(folder: Path, loki: str) -> Iterator[Collector]:
    collector = Collector(folder, loki)
    with running(collector.component):
        yield collector
