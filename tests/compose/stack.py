"""The Compose files as Docker Compose itself reads them, for each way to run them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docker-compose"
CACHE: Final = Path(os.environ.get("PRETAMANE_TEST_CACHE", Path.home() / ".cache" / "pretamane-tests"))
OVERLAYS: Final = ("compose.public.yml", "compose.dev.yml", "compose.quick.yml")

Service = dict[str, Any]
Stack = dict[str, Any]


def compose_command() -> list[str] | None:
    """Compose needs no engine to read its files; tests/standins/engine leaves it in the cache where it is missing."""
    docker, plugin = shutil.which("docker"), CACHE / "docker-cli" / "cli-plugins" / "docker-compose"
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    return [str(plugin)] if plugin.is_file() else None


def read(command: list[str], *overlays: str, profiles: tuple[str, ...] = ("*",)) -> tuple[Stack, str]:
    """The stack, and what Compose had to say about its files."""
    files = [part for name in ("compose.yml", *overlays) for part in ("--file", name)]
    chosen = [part for profile in profiles for part in ("--profile", profile)]
    settings = ["--env-file", "images.env", "--env-file", ".env.example"]
    told = subprocess.run(
        [*command, *settings, *files, *chosen, "config", "--format", "json"],
        cwd=FOLDER,
        env={name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_CONFIG") if name in os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    stack: Stack = json.loads(told.stdout)
    return stack, told.stderr
