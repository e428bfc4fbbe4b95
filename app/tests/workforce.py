"""Worker processes that a test can kill: `python -m tests.workforce` forks them and replaces each that dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

APP = Path(__file__).parents[1]
WITHIN = 60.0


class Workforce:
    def __init__(self, folder: Path, address: str, **how: object) -> None:
        self._errors = folder / f"workforce-{time.monotonic_ns()}.log"
        given = {"data_dir": str(folder), "database_url": address, "signing_key": "k" * 48, "log_format": "json"}
        with self._errors.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.workforce", json.dumps({"settings": given, **how})],
                cwd=APP,
                env={"PYTHONPATH": str(APP), "PATH": os.defpath},
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    @property
    def log(self) -> str:
        return self._errors.read_text()

    def logged(self, level: str) -> list[str]:
        lines = [json.loads(line) for line in self.log.splitlines()]
        return [line["message"] for line in lines if line["level"] == level]

    def eventually(self, is_so: Callable[[], object], within: float = WITHIN) -> None:
        patience = time.monotonic() + within
        while not is_so():
            assert time.monotonic() < patience, self.log
            time.sleep(0.02)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(WITHIN)


@contextmanager
def workforce(folder: Path, address: str, **how: object) -> Iterator[Workforce]:
    """`processes` of them, each with a lease of `lease` seconds; 0: the one that was started does the work itself.

    `crew`: one, as a member of a real crew in a hurry, after a neighbour that does nothing but live.
    `looks_every`: so many seconds, where it hears of nothing.
    """
    started = Workforce(folder, address, **how)
    try:
        yield started
    finally:
        started.kill()


def _main(given: dict[str, Any]) -> None:
    from pretamane.core import logging, metrics_folder
    from pretamane.settings import Settings

    settings = Settings.model_validate(given["settings"])
    logging.configure(settings.log_level, settings.log_format)
    metrics_folder.use(settings.data_dir / "metrics")
    lease = timedelta(seconds=given.get("lease", 60))
    work = _worker(settings, lease, given.get("grace", 15.0), given.get("looks_every", 1.0))
    if given.get("crew"):
        sys.exit(_crew(work).run())
    wanted = given.get("processes", 1)
    if wanted == 0:
        work()
    children: set[int] = set()
    while wanted:
        while len(children) < wanted:
            children.add(_fork(work))
        children.discard(os.wait()[0])


def _crew(work: Callable[[], None]) -> Any:
    from pretamane.core import crew
    from pretamane.core.jobs import working

    crew.LONGEST_PAUSE = 0.1
    working.ORPHANS_FROM_AGE = 0.0  # so that each death is a quick one
    return crew.Crew([crew.Member("neighbour", lambda: time.sleep(3600)), crew.Member("worker", work)])


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def _worker(settings: Any, lease: timedelta, grace: float, looks_every: float) -> Callable[[], None]:
    from tests.trades import TASKS

    from pretamane import wiring, worker
    from pretamane.core.jobs import working
    from pretamane.core.jobs.working import Worker

    working.POLL_SECONDS = looks_every

    def build(platform: wiring.Platform, *, on_end: Callable[[], None]) -> Worker:
        return Worker(TASKS, platform.work, platform.clock, threads=2, lease=lease, on_end=on_end)

    wiring.build_worker = build  # the same worker, with trades of the tests' own
    return lambda: worker.run_until_told(wiring.Platform.build(settings), grace=grace)


if __name__ == "__main__":
    _main(json.loads(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # as a crew's member ends, whatever its threads still do
