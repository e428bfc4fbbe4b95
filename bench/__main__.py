"""Benchmarks against bare components in the same run; writes bench/RESULTS.md."""

import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import lists
from bench.load import Load, load, post
from pretamane.adapters.postgres_running import address_of_running
from pretamane.core.http.server import listen

HERE = Path(__file__).parent
ROUNDS, SECONDS, VISITORS = 5, 4.0, 16


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
def pretamane_up(folder: Path) -> Iterator[tuple[int, float, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "pretamane", "up", "--port", str(port)]
    with running(command, environment(folder)) as process:
        yield port, await_answer(f"http://127.0.0.1:{port}/api/v1/practice", process), process


@contextmanager
def bare_server(folder: Path) -> Iterator[int]:
    [listening] = listen("127.0.0.1", 0)
    address = address_of_running(folder) or sys.exit("the database did not start")
    command = [sys.executable, str(HERE / "bare.py"), address, str(listening.fileno())]
    with running(command, environment(folder), keep=(listening.fileno(),)) as process:
        port: int = listening.getsockname()[1]
        await_answer(f"http://127.0.0.1:{port}/docs", process)
        yield port
    listening.close()


def posts_per_second(folder: Path) -> tuple[list[Load], list[Load]]:
    """In turn, so that a machine that gets slower is slower for both."""
    ours: list[Load] = []
    bare: list[Load] = []
    with pretamane_up(folder) as (port, _, _process), bare_server(folder) as bare_port:
        for _ in range(ROUNDS + 1):
            ours.append(load(port, lambda n: post("/api/v1/contact", n), visitors=VISITORS, seconds=SECONDS))
            bare.append(load(bare_port, lambda n: post("/messages", n), visitors=VISITORS, seconds=SECONDS))
    return ours[1:], bare[1:]  # the first round warms up


def seconds_of_second_starts(folder: Path) -> list[float]:
    with pretamane_up(folder):
        pass
    seconds = []
    for _ in range(ROUNDS):
        with pretamane_up(folder) as (_port, took, _process):
            seconds.append(took)
    return seconds


def proportional_memory(process: int) -> float:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    return int(next(line for line in rollup.splitlines() if line.startswith("Pss:")).split()[1]) / 1024


def idle_memory(folder: Path) -> list[tuple[str, float]]:
    """After a first answer of each kind, the process tree without PostgreSQL."""
    with pretamane_up(folder) as (port, _, process):
        for path in ("/", "/health", "/api/v1/stats"):
            await_answer(f"http://127.0.0.1:{port}{path}", process)
        time.sleep(2)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        web = [int(child) for child in children if b"postgres" not in Path(f"/proc/{child}/cmdline").read_bytes()]
        return [
            ("its parent", proportional_memory(process.pid)),
            *(("the web process", proportional_memory(child)) for child in web),
        ]


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pretamane-bench-") as name:
        folder = Path(name)
        starts = seconds_of_second_starts(folder)
        memory = idle_memory(folder)
        ours, bare = posts_per_second(folder)
        list_rows = lists.rows(folder / "lists")
    refused = [load.statuses for load in (*ours, *bare) if set(load.statuses) != {201}]
    if refused:
        sys.exit(f"some posts were not answered 201: {refused}")
    ratios = sorted(mine.per_second / theirs.per_second for mine, theirs in zip(ours, bare, strict=True))
    rows = [
        ("posts a second, everything on", f"{statistics.median(run.per_second for run in ours):.0f}", ""),
        ("posts a second, bare handler", f"{statistics.median(run.per_second for run in bare):.0f}", ""),
        (
            "ratio, round by round",
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
            "0.5 or better",
        ),
        ("second start to first 200, seconds", f"{statistics.median(starts):.2f} (at most {max(starts):.2f})", "2"),
        *list_rows,
        *((f"idle PSS of {who}, MB", f"{megabytes:.0f}", "90" if "web" in who else "") for who, megabytes in memory),
    ]
    table = "\n".join(f"| {what} | {figure} | {goal} |" for what, figure, goal in rows)
    text = (
        f"# Benchmarks\n\nMade by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {machine()}. {VISITORS} connections, "
        f"medians of {ROUNDS} rounds of {SECONDS:.0f} s, ours and the bare handler in turn.\n\n"
        f"| what | figure | goal |\n| --- | --- | --- |\n{table}\n"
    )
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
