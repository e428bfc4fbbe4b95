"""A real worker process with the real jobs, that a test may kill at any moment."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pretamane

WORK = """
import json, sys
from datetime import timedelta
from pretamane import wiring, worker
from pretamane.core import logging, metrics_folder
from pretamane.core.jobs import working
from pretamane.core.jobs.working import Worker
from pretamane.settings import Settings
settings = Settings.model_validate(json.loads(sys.argv[1]))
logging.configure("info", "json")
metrics_folder.use(settings.data_dir / "metrics")
working.ORPHANS_FROM_AGE = 0.0
def build(platform, *, on_end):
    return Worker(
        wiring.tasks(platform), platform.work, platform.clock, threads=2, lease=timedelta(seconds=1.5), on_end=on_end
    )
wiring.build_worker = build  # the same worker with the same jobs, which another may take over sooner
platform = wiring.Platform.build(settings, cages=2)
worker.run_until_told(platform, grace=5)
platform.close()
"""
WITHIN = 120.0


class Working:
    def __init__(self, folder: Path, **settings: Any) -> None:
        self._log = folder / f"worker-{time.monotonic_ns()}.log"
        with self._log.open("wb") as lines:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORK, json.dumps(settings)],
                env={"PYTHONPATH": str(Path(pretamane.__file__).parents[1]), "PATH": os.environ["PATH"]},
                stderr=lines,
                start_new_session=True,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    @property
    def cages(self) -> list[int]:
        with suppress(OSError):
            tasks = Path(f"/proc/{self.process.pid}/task").iterdir()
            return [int(child) for task in tasks for child in (task / "children").read_text().split()]
        return []

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(WITHIN)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WITHIN)
