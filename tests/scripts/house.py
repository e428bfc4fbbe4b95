"""A checkout of one's own in which an operator's scripts run, by this machine's programs and a test's own."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.compose.stack import compose_command

ROOT: Final = Path(__file__).parents[2]
PARTS: Final = ("scripts", "docker-compose", "config")
# They say how this machine is and change what runs on it, so a test gives its own.
WITHHELD: Final = frozenset({"docker", "timedatectl"})


class House:
    def __init__(self, folder: Path, machine: Path) -> None:
        self.machine, self.root, self.programs = machine, folder / "house", folder / "programs"
        self.calls, self.stack = folder / "calls", self.root / "docker-compose"
        for name in tracked():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.root / name)
        self.programs.mkdir()
        self.calls.touch()
        self.docker()

    def program(self, name: str, body: str) -> None:
        """Instead of the machine's own, of which `real(name)` is the path."""
        file = self.programs / name
        file.write_text(f"#!/bin/bash\n{body}\n")
        file.chmod(0o755)

    def without(self, name: str) -> None:
        poorer = self.programs.with_name("poorer")
        self.machine = poorer if poorer.exists() else machine_in(poorer)
        (poorer / name).unlink()

    def docker(self, answers: str = "") -> None:
        """One that writes down what it is asked. `answers` are cases of what it is asked for, before the usual ones."""
        self.program(
            "docker",
            f"""
echo "$*" >>{self.calls}
case "$*" in
{answers}
  "info --format"*) echo / ;;
  info*) ;;
  "compose version --short") echo 2.40.0 ;;
esac""",
        )

    def asked(self) -> list[str]:
        """Of Docker, in order."""
        return self.calls.read_text().splitlines()

    def settings(self, **values: object) -> None:
        lines = (ROOT / "docker-compose" / ".env.example").read_text().splitlines()
        kept = [line for line in lines if line.partition("=")[0] not in values]
        said = [f"{name}={value}" for name, value in values.items()]
        (self.stack / ".env").write_text("\n".join([*kept, *said, ""]))

    def environment(self, **more: object) -> dict[str, str]:
        own: dict[str, object] = {"PATH": f"{self.programs}:{self.machine}", "HOME": self.root, **more}
        return {name: str(value) for name, value in own.items()}

    def script(self, name: str, *arguments: object, **more: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.root / "scripts" / name, *map(str, arguments)],
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def files(self) -> dict[str, bytes]:
        """Everything that lies in it, by its place."""
        found = (path for path in sorted(self.root.rglob("*")) if path.is_file())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in found}


def machine_in(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for tool in Path("/usr/bin").iterdir():
        if tool.name not in WITHHELD:
            (folder / tool.name).symlink_to(tool)
    return folder


def tracked() -> list[str]:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *PARTS]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def real(name: str) -> str:
    found = shutil.which(name, path=os.environ["PATH"])
    assert found is not None, name
    return shlex.quote(found)


def real_compose(command: list[str] | None = None) -> str:
    """As a shell calls it: it needs no engine to read its files."""
    return shlex.join(command or compose_command() or [sys.executable, "-c", "raise SystemExit('no Docker Compose')"])
