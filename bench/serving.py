"""Programs that a benchmark starts, waits for and ends."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pretamane.core.http.server import listen


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def environment(folder: Path, **more: str) -> dict[str, str]:
    limits = {"PRETAMANE_CONTACT_LIMIT": "10000000/hour"}  # counted as always, but never reached
    return {**os.environ, "PRETAMANE_DATA_DIR": str(folder), "PRETAMANE_LOG_LEVEL": "warning", **limits, **more}


def await_answer(address: str, process: subprocess.Popen[bytes]) -> float:
    started = time.monotonic()
    while process.poll() is None and time.monotonic() - started < 30:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310  # loopback
                return time.monotonic() - started
        except (OSError, urllib.error.HTTPError):
            time.sleep(0.005)
    raise TimeoutError(address)


@contextmanager
def running(
    command: list[str], env: dict[str, str], *, keep: tuple[int, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=env, pass_fds=keep, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@contextmanager
def listening() -> Iterator[tuple[int, int]]:
    [listens] = listen("127.0.0.1", 0)
    yield listens.getsockname()[1], listens.fileno()
    listens.close()
