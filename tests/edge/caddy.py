"""The real Caddy with the files of config/caddy, on loopback."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

from tests.components import CONFIG, Component, built, running
from tests.site_story.house import free_port

TUNNEL = "127.0.0.2"
PASSWORD = "a password of this test"  # pragma: allowlist secret  # invented
PROPER = {"Accept": "text/html,application/xhtml+xml"}


class Caddy:
    def __init__(self, folder: Path, blue: int, file: str = "Caddyfile", **environment: str) -> None:
        self.port, self.metrics_port, self.live = free_port(), free_port(), folder / "live"
        self.live.mkdir(parents=True)
        (folder / "hash").write_text(hashed(PASSWORD))
        self.file = CONFIG / "caddy" / file
        self.environment = {
            "ADMIN_SOCKET": str(folder / "admin.sock"),
            "BLUE": f"127.0.0.1:{blue}",
            "EDGE_PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "LIVE_DIR": str(self.live),
            "PAGES_DIR": str(CONFIG / "caddy" / "pages"),
            "SITE_DIR": str(CONFIG / "site"),
            "CONSOLES_PASSWORD_HASH_FILE": str(folder / "hash"),
            "TUNNEL_ADDRESS": TUNNEL,
            "XDG_DATA_HOME": str(folder / "kept"),
            **dict.fromkeys(CONSOLES.values(), f"127.0.0.1:{blue}"),
            **environment,
        }
        command = [built("caddy"), "run", "--adapter", "caddyfile", "--config", str(self.file)]
        self.component = Component(command, folder / "caddy.log", self.environment, f"127.0.0.1:{self.port}/robots.txt")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def switch_to_green(self) -> None:
        (self.live / "green").touch()

    def under_way(self) -> dict[str, int]:
        """Requests, by the address that answers them."""
        told = httpx.get(f"http://127.0.0.1:{self.metrics_port}/under-way", trust_env=False).json()
        return {each["address"]: each["num_requests"] for each in told}

    def reload(self) -> None:
        command = [built("caddy"), "reload", "--adapter", "caddyfile", "--config", str(self.file)]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)

    def ask(self, method: str, path: str, *, source: str = "127.0.0.1", **options: object) -> httpx.Response:
        """From one of this machine's own addresses, with no header but those that are given."""
        transport = httpx.HTTPTransport(local_address=source)
        with httpx.Client(transport=transport, timeout=60, trust_env=False) as client:
            return client.request(method, self.address + path, **options)  # type: ignore[arg-type]  # as httpx has them

    def get(self, path: str, **options: object) -> httpx.Response:
        return self.ask("GET", path, **options)  # type: ignore[arg-type]  # as above

    def lines(self) -> list[dict[str, object]]:
        """What the access log has so far."""
        lines = [json.loads(line) for line in self.component.said().splitlines()]
        return [line for line in lines if str(line.get("logger", "")).startswith("http.log.access")]

    def metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self.metrics_port}/metrics", trust_env=False).text


CONSOLES = {
    "grafana": "GRAFANA",
    "prometheus": "PROMETHEUS",
    "alertmanager": "ALERTMANAGER",
    "minio": "MINIO_CONSOLE",
    "pgadmin": "PGADMIN",
}


def hashed(password: str) -> str:
    """Cheap, for tests ask hundreds of times."""
    command = [built("caddy"), "hash-password", "--bcrypt-cost", "4", "--plaintext", password]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def edge(folder: Path, upstream: int, file: str = "Caddyfile", **environment: str) -> Iterator[Caddy]:
    caddy = Caddy(folder, upstream, file, **environment)
    with running(caddy.component):
        yield caddy
