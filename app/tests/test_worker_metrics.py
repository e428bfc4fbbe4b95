"""A worker of its own tells what it does at a port of its own."""

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path

import pytest
from tests.running import ENVIRONMENT, WITHIN, command, free_port, is_free
from tests.workbench import Workbench, workbench_at

from pretamane.core.clock import SystemClock


@pytest.fixture
def bench(database_address: str) -> Iterator[Workbench]:
    with workbench_at(database_address, SystemClock()) as bench:
        yield bench


@contextmanager
def worker_at(port: int, address: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    given = {"PRETAMANE_DATABASE_URL": address, "PRETAMANE_DATA_DIR": str(folder)}
    worker = subprocess.Popen(
        command("worker", "--metrics-port", str(port)),
        env=ENVIRONMENT | given,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield worker
    finally:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.communicate(timeout=WITHIN)


def ask(port: int, path: str = "/metrics") -> str:
    """What is answered; nothing while nobody answers, or not to the end."""
    with (
        suppress(OSError, HTTPException),
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer,
    ):
        return str(answer.read().decode())
    return ""


def eventually(is_so: Callable[[], object]) -> None:
    patience = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < patience
        time.sleep(0.05)


def child_of(process: subprocess.Popen[str]) -> int:
    return int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


def test_a_worker_gives_the_queue_s_depth_and_its_jobs_times_also_after_it_was_killed(
    bench: Workbench, database_address: str, tmp_path: Path
) -> None:
    port = free_port()
    with worker_at(port, database_address, tmp_path) as worker:
        bench.queue("sweep")
        eventually(lambda: 'job_run_seconds_count{job="sweep"} 1.0' in ask(port))
        eventually(lambda: 'jobs{state="due"} 0.0' in ask(port))
        os.kill(child_of(worker), signal.SIGKILL)
        bench.queue("sweep")
        eventually(lambda: 'job_run_seconds_count{job="sweep"} 2.0' in ask(port))
        figures, elsewhere = ask(port), ask(port, "/api/v1/stats")
        worker.terminate()
        code = worker.wait(WITHIN)

    assert 'job_wait_seconds_count{job="sweep"} 2.0' in figures
    assert "jobs_oldest_due_seconds" in figures
    assert elsewhere == ""
    assert (code, is_free(port)) == (0, True)


def test_a_port_that_is_taken_refuses_the_start_and_says_how_to_choose_another(
    database_address: str, tmp_path: Path
) -> None:
    port = free_port()
    with worker_at(port, database_address, tmp_path / "one"):
        eventually(lambda: not is_free(port))
        with worker_at(port, database_address, tmp_path / "two") as second:
            _, told = second.communicate(timeout=WITHIN)

    assert second.returncode == 2
    assert f"Port {port} on 127.0.0.1 is taken by another program" in told
    assert "--metrics-port" in told
