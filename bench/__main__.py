"""Benchmarks against bare components in the same run; writes bench/RESULTS.md.

`python -m bench documents` measures receiving and reading documents alone, `python -m bench filing` living with them;
either only says what it found.
"""

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bench import audit, documents, filing, lists
from bench import jobs as queue
from bench.load import Load, load, post
from bench.serving import await_answer, environment, free_port, listening, running

HERE = Path(__file__).parent
ROUNDS, SECONDS, VISITORS = 5, 4.0, 16
MEMORY_GOALS = {"the web process": "90", "all three together": "130"}


@contextmanager
def pretamane_up(folder: Path) -> Iterator[tuple[int, float, subprocess.Popen[bytes]]]:
    port = free_port()
    command = [sys.executable, "-m", "pretamane", "up", "--port", str(port)]
    with running(command, environment(folder)) as process:
        yield port, await_answer(f"http://127.0.0.1:{port}/api/v1/practice", process), process


@contextmanager
def web_alone(folder: Path, address: str) -> Iterator[int]:
    """Without a worker, as the bare handler has none: how fast that one does what is queued is measured by itself."""
    port = free_port()
    command = [sys.executable, "-m", "pretamane", "serve", "--port", str(port)]
    with running(command, environment(folder, PRETAMANE_DATABASE_URL=address)) as process:
        await_answer(f"http://127.0.0.1:{port}/health/ready", process)
        yield port


@contextmanager
def bare_server(folder: Path, address: str) -> Iterator[int]:
    with listening() as (port, descriptor):
        command = [sys.executable, "-m", "bench.bare", address, str(descriptor)]
        with running(command, environment(folder), keep=(descriptor,)) as process:
            await_answer(f"http://127.0.0.1:{port}/docs", process)
            yield port


def posts_per_second(folder: Path) -> tuple[list[Load], list[Load]]:
    """In turn, so that a machine that gets slower is slower for both."""
    ours: list[Load] = []
    bare: list[Load] = []
    with (
        queue.database(folder / "posts") as address,
        web_alone(folder, address) as port,
        bare_server(folder, address) as bare_port,
    ):
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
        ours = [int(child) for child in children if b"postgres" not in Path(f"/proc/{child}/cmdline").read_bytes()]
        web, worker = sorted(ours)  # in the order in which they were forked
        each = [("its parent", process.pid), ("the web process", web), ("the worker", worker)]
        memory = [(who, proportional_memory(pid)) for who, pid in each]
        return [*memory, ("all three together", sum(megabytes for _, megabytes in memory))]


def audited_edits(folder: Path) -> audit.Edits:
    with pretamane_up(folder), listening() as (port, descriptor):
        script = [sys.executable, "-m", "bench.audited"]
        env = environment(folder)
        serving = running([*script, "serve", str(folder), str(descriptor)], env, keep=(descriptor,))
        with serving as process, running([*script, "seal", str(folder)], env):
            await_answer(f"http://127.0.0.1:{port}/ready", process)
            return audit.edits(port, ROUNDS)


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def ratio(ours: list[float], bare: list[float]) -> str:
    each = sorted(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    return f"{statistics.median(each):.2f} ({each[0]:.2f} to {each[-1]:.2f})"


def table(rows: Sequence[tuple[str, str, str]]) -> str:
    lines = "\n".join(f"| {what} | {figure} | {goal} |" for what, figure, goal in rows)
    return f"| what | figure | goal |\n| --- | --- | --- |\n{lines}\n"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pretamane-bench-") as name:
        folder = Path(name)
        starts = seconds_of_second_starts(folder)
        memory = idle_memory(folder)
        ours, bare = posts_per_second(folder)
        audited = audited_edits(folder)
        with queue.database(folder / "queue") as address:
            jobs, bare_jobs = queue.jobs_per_second(address, ROUNDS)
            waits = queue.milliseconds_to_wake(address)
    refused = [load.statuses for load in (*ours, *bare) if set(load.statuses) != {201}]
    if refused:
        sys.exit(f"some posts were not answered 201: {refused}")
    rows = [
        ("posts a second, everything on", f"{statistics.median(run.per_second for run in ours):.0f}", ""),
        ("posts a second, bare handler", f"{statistics.median(run.per_second for run in bare):.0f}", ""),
        (
            "ratio, round by round",
            ratio([run.per_second for run in ours], [run.per_second for run in bare]),
            "0.5 or better",
        ),
        ("edits a second, audited and sealed", f"{audited.audited:.0f}", ""),
        ("edits a second, without an entry", f"{audited.plain:.0f}", ""),
        ("what the audit costs, round by round", audited.cost, "under 5 %"),
        ("second start to first 200, seconds", f"{statistics.median(starts):.2f} (at most {max(starts):.2f})", "2"),
        *lists.rows(),
        *documents.rows(),
        *filing.rows(),
        *((f"idle PSS of {who}, MB", f"{megabytes:.0f}", MEMORY_GOALS.get(who, "")) for who, megabytes in memory),
        ("jobs a second, claimed to acknowledged", f"{statistics.median(jobs):.0f}", ""),
        ("jobs a second, bare SKIP LOCKED", f"{statistics.median(bare_jobs):.0f}", ""),
        ("ratio, round by round", ratio(jobs, bare_jobs), "0.5 or better"),
        ("an idle worker begins within, p95, milliseconds", f"{statistics.quantiles(waits, n=20)[-1]:.0f}", "50"),
    ]
    text = (
        f"# Benchmarks\n\nMade by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {machine()}. {VISITORS} connections, "
        f"medians of {ROUNDS} rounds of {SECONDS:.0f} s, ours and the bare handler in turn.\n\n{table(rows)}"
    )
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if sys.argv[1:] == ["documents"]:
        print(table(documents.rows()))
    elif sys.argv[1:] == ["filing"]:
        print(table(filing.rows()))
    else:
        main()
