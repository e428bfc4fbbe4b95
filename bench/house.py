"""A served house beside a database of its own, as operators run it: a web process, a worker, a program's key."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from bench import serving
from pretamane import wiring
from pretamane.accounts import keys
from pretamane.accounts.models import Account
from pretamane.accounts.schemas import KeyIn
from pretamane.core.actors import Role, Scope
from pretamane.core.clock import SystemClock
from pretamane.settings import Settings


@dataclass(frozen=True)
class House:
    settings: Settings
    port: int
    web: int
    key: str


@contextmanager
def house(folder: Path, **environment: str) -> Iterator[House]:
    given = Settings.model_validate({"data_dir": folder, "signing_key": "x" * 48, "log_level": "error"})
    with wiring.OwnPostgres(given, SystemClock()) as own:
        wiring.migrate(own.settings)
        key = _key(own.settings)
        port = serving.free_port()
        command = [sys.executable, "-m", "pretamane", "serve", "--port", str(port)]
        with serving.running(command, _environment(own.settings, environment)) as web:
            serving.await_answer(f"http://127.0.0.1:{port}/health/ready", web)
            yield House(own.settings, port, web.pid, key)


@contextmanager
def worker(house: House, **environment: str) -> Iterator[Popen[bytes]]:
    command = [sys.executable, "-m", "pretamane", "worker"]
    with serving.running(command, _environment(house.settings, environment)) as process:
        yield process


def _environment(settings: Settings, more: dict[str, str]) -> dict[str, str]:
    """The app's own role, as beside any database that somebody else runs."""
    return serving.environment(settings.data_dir, PRETAMANE_DATABASE_URL=wiring.database_url(settings), **more)


def _key(settings: Settings) -> str:
    platform = wiring.Platform.build(settings)
    owner = Account(email="bench@practice.example", name="Bench", role=Role.STAFF, password_hash="")
    owner.made_at = platform.clock.now()
    with platform.database.transaction() as session:
        session.add(owner)
    scopes = frozenset({Scope.DOCUMENTS_READ, Scope.DOCUMENTS_WRITE})
    text = platform.work.run_now(keys.make_key, KeyIn(name="bench", scopes=scopes, days=None), owner.as_actor())[1]
    for database in (platform.database, platform.rate_limits.windows):
        database.bind.engine.dispose()
    return text


def peak_mebibytes(process: int) -> float:
    """The most that it, or any child of it that still lives, ever held at once: the kernel keeps count of each."""
    return max(_high_water(pid) for pid in _with_children(process))


def _with_children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii").split()
    return [process, *(each for child in listed for each in _with_children(int(child)))]


def _high_water(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024
