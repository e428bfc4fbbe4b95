"""A stack of its own name, networks, secrets and ports, run by the very scripts that an operator runs."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PREFIX = "10.214"
PATIENCE_SECONDS = 60
# Elsewhere, with the contact form.
PRACTICES_OWN_SITE = "https://practice.example"
PASSWORD = "a long word for one day of tests"  # pragma: allowlist secret
# What a visitor's message is sent with.
AGREED = {"consent": True, "consent_version": "2026-11", "seconds_on_form": 30}


@dataclass
class Container:
    """What the engine says of it at one moment."""

    told: dict[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        return str(self.told["Id"])

    @property
    def service(self) -> str:
        return str(self.told["Config"]["Labels"]["com.docker.compose.service"])

    @property
    def pid(self) -> int:
        return int(self.told["State"]["Pid"])

    @property
    def is_healthy(self) -> bool:
        return bool(self.told["State"].get("Health", {}).get("Status") == "healthy")

    @property
    def started_at(self) -> str:
        return str(self.told["State"]["StartedAt"])

    @property
    def restarts(self) -> int:
        return int(self.told["RestartCount"])

    @property
    def addresses(self) -> dict[str, str]:
        """By network, as compose.yml names it."""
        attached = self.told["NetworkSettings"]["Networks"]
        return {name.rsplit("_", 1)[-1]: network["IPAddress"] for name, network in attached.items()}


class Stack:
    def __init__(self, folder: Path, project: str, prefix: str = PREFIX) -> None:
        self.folder, self.project, self.port = folder, project, free_port()
        self.address = f"http://localhost:{self.port}"
        self.secrets = folder / "secrets"
        self.settings: dict[str, object] = {
            "COMPOSE_FILE": compose_files(),
            "CORS_ORIGINS": PRACTICES_OWN_SITE,
            "CONTAINER_LOGS": f"{engine('{{.DockerRootDir}}')}/containers",
            "LOOPBACK_PORT": self.port,
            "MINIO_FROM": "pretamane-standins/minio-built",
            "NETWORK_PREFIX": prefix,
            "PROJECT": project,
            "PUBLIC_URL": self.address,
            "SECRETS_DIR": self.secrets,
        }
        self._write(self.settings)

    @contextmanager
    def with_settings(self, **settings: object) -> Iterator[None]:
        self._write(self.settings | settings)
        try:
            yield
        finally:
            self._write(self.settings)

    def _write(self, settings: dict[str, object]) -> None:
        (self.folder / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, "STACK_ENV": str(self.folder / ".env"), "SECRETS_DIR": str(self.secrets)}

    def script(self, name: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        told = subprocess.run(
            [ROOT / "scripts" / name, *arguments],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or told.returncode == 0, f"{name} {arguments}: {told.stdout}{told.stderr}"
        return told

    def kill_when(self, name: str, *arguments: str, said: str) -> None:
        """With whatever it has begun, at once."""
        with subprocess.Popen(
            [ROOT / "scripts" / name, *arguments],
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            assert running.stderr is not None
            assert any(said in line for line in running.stderr), f"{name} never said {said}"
            os.killpg(running.pid, signal.SIGKILL)

    def compose(self, *arguments: str) -> str:
        return self.script("compose", *arguments).stdout

    def up(self) -> None:
        self.compose("up", "--detach", "--wait", "--wait-timeout", "180")

    def down(self) -> None:
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "5")

    def containers(self) -> dict[str, Container]:
        ours = ["--filter", f"label=com.docker.compose.project={self.project}"]
        listed = subprocess.run(["docker", "ps", "--all", "--quiet", *ours], capture_output=True, text=True, check=True)
        told = subprocess.run(["docker", "inspect", *listed.stdout.split()], capture_output=True, text=True, check=True)
        return {each.service: each for each in map(Container, json.loads(told.stdout))}

    def running(self) -> dict[str, Container]:
        return {name: each for name, each in self.containers().items() if each.pid}

    def container(self, service: str) -> Container:
        return self.containers()[service]

    def await_health(self, *services: str, since: str = "") -> None:
        """Of all of them within one minute, and of lives that began later than `since`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        unwell = set(services)
        while unwell and time.monotonic() < deadline:
            found = self.containers()
            unwell = {name for name in services if not (found[name].is_healthy and found[name].started_at > since)}
            time.sleep(0.5)
        assert not unwell, f"{', '.join(sorted(unwell))}: not healthy within {PATIENCE_SECONDS} seconds"

    def pretamane(self, *arguments: str) -> str:
        """As an operator asks whichever colour runs."""
        colour = next(name for name in self.running() if name.startswith("app-"))
        return self.compose("exec", "-T", colour, "pretamane", *arguments)

    def asked(self, statement: str) -> list[str]:
        """The lines of the database's answer, to its owner."""
        ask = ("exec", "-T", "postgresql", "psql", "--username", "postgres", "-At", "pretamane", "--command")
        return self.compose(*ask, statement).splitlines()

    def secret(self, name: str) -> str:
        return (self.secrets / name).read_text().strip()


def compose_files(*overlays: str) -> str:
    return ":".join(["compose.yml", *overlays, str(ROOT / "tests" / "e2e" / "compose.here.yml")])


def engine(asked: str) -> str:
    told = subprocess.run(["docker", "info", "--format", asked], capture_output=True, text=True, check=True)
    return told.stdout.strip()


def engines_version() -> int:
    return int(engine("{{.ServerVersion}}").split(".")[0])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def inside(container: Container, program: str, *arguments: str, namespaces: Sequence[str] = ("net",)) -> str:
    """Runs this machine's Python in the container's namespaces, whatever its image has or has not."""
    entered = [f"--{name}" for name in namespaces]
    command = ["nsenter", "--target", str(container.pid), *entered, "python3", "-c", program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
