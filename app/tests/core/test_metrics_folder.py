"""Each start counts in a folder of its own, which lasts as long as any of its processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pretamane.core.errors import CannotStart
from pretamane.core.metrics_folder import use

START = """
import os, sys, time
from pathlib import Path
from pretamane.core import metrics_folder

metrics_folder.use(Path(sys.argv[1]))
child = os.fork()
if child:
    print(child, os.environ["PROMETHEUS_MULTIPROC_DIR"], flush=True)
time.sleep(60)
"""


class Start:
    """A service of two processes, of which only the second says nothing."""

    def __init__(self, parent: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(parent)],
            env={"PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        child, folder = self.process.stdout.readline().split()
        self.child, self.folder = int(child), Path(folder)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def kill_child(self) -> None:
        """Its end is the end of what it could still have said."""
        os.kill(self.child, signal.SIGKILL)
        assert self.process.stdout
        self.process.stdout.read()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Start]]:
    starts: list[Start] = []

    def begin() -> Start:
        starts.append(Start(tmp_path / "metrics"))
        return starts[-1]

    yield begin
    for each in starts:
        each.kill()
        with suppress(ProcessLookupError):
            each.kill_child()
        each.process.stdout.close()  # type: ignore[union-attr]  # it was opened above


def test_two_services_on_one_data_folder_leave_each_other_s_figures_alone(start):
    first = start()
    (first.folder / "counter_1.db").touch()
    second = start()

    assert second.folder != first.folder
    assert list(second.folder.iterdir()) == []
    assert (first.folder / "counter_1.db").exists()


def test_a_folder_goes_once_the_last_process_of_its_start_has_ended_however_that_was(start):
    first = start()
    first.kill()
    start()
    held_by_the_child = first.folder.exists()
    first.kill_child()
    start()

    assert held_by_the_child
    assert not first.folder.exists()


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path):
    (tmp_path / "metrics").touch()

    with pytest.raises(CannotStart, match=r"metrics cannot be used: File exists\.$"):
        use(tmp_path / "metrics")
