"""Real components that no package brings: built once by tests/standins where there is Go, started here, ended by us."""

import http.client
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

STANDINS = Path(__file__).parent / "standins"
CONFIG = Path(__file__).parents[1] / "config"
WITHIN = 60.0


@cache
def built(name: str) -> str:
    """Minutes the first time; .ci/run does it before the tests."""
    build = subprocess.run([STANDINS / name], stdout=subprocess.PIPE, text=True, check=False)
    if build.returncode != 0 and shutil.which("go") is None:
        pytest.skip(f"no {name}: there is no Go to build it with")
    assert build.returncode == 0
    return build.stdout.strip()


class Component:
    """A server of its own process; what it says is kept in one file, whatever number of times it starts."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str], ready: str) -> None:
        self.command, self.log, self._environment, self._ready = list(command), log, environment, ready

    def start(self) -> None:
        with self.log.open("ab") as lines:
            own = {"PATH": "/usr/bin:/bin", "HOME": str(self.log.parent), **self._environment}
            self.process = subprocess.Popen(self.command, env=own, stdout=lines, stderr=lines)
        eventually(self._answers, self.said)

    def stop(self, within: float = 15.0) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(within)
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        return status_of(self._ready) == 200


@contextmanager
def running(component: Component) -> Iterator[Component]:
    component.start()
    try:
        yield component
    finally:
        component.stop()


def status_of(address: str) -> int | None:
    """None when nobody answers; the address is `host:port/path`."""
    host, _, path = address.partition("/")
    line = http.client.HTTPConnection(host, timeout=5)
    try:
        line.request("GET", f"/{path}")
        return line.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        line.close()


def eventually(is_so: Callable[[], object], told: Callable[[], str] = str, within: float = WITHIN) -> None:
    """`told` says what the failure should show."""
    until = time.monotonic() + within
    while not is_so():
        assert time.monotonic() < until, told()
        time.sleep(0.05)
