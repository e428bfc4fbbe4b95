"""Each crew runs in a Python of its own; its members report over a pipe that ends with the last of them."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pretamane

PREAMBLE = """
import logging, os, platform, signal, sys, time
from pretamane.core.crew import Crew, Member

logging.basicConfig()
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests under nohup has it ignored
report = int(sys.argv[1])

def say(*words):
    os.write(report, (" ".join(map(str, words)) + "\\n").encode())

def wait_for_ever():
    say("started", os.getpid())
    while True:
        time.sleep(60)

def hold_on():
    signal.signal(signal.SIGTERM, lambda *_: say("told", os.getpid()))
    wait_for_ever()

def end_when_told():
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(say("told", os.getpid())))
    say("started", os.getpid())
    while not told:
        time.sleep(0.02)
"""

WITHIN = 10.0


class RunningCrew:
    def __init__(self, script: str, errors: Path) -> None:
        self._errors = errors
        self._report, theirs = os.pipe()
        self._unread = b""
        with errors.open("wb") as stderr:
            self.parent = subprocess.Popen(
                [sys.executable, "-c", PREAMBLE + textwrap.dedent(script), str(theirs)],
                env={"PYTHONPATH": str(Path(pretamane.__file__).parents[1])},
                pass_fds=(theirs,),
                stderr=stderr,
                start_new_session=True,
            )
        os.close(theirs)

    def hear(self, word: str) -> str:
        """What follows the word on the next line that a member reports, which must begin with it."""
        said, rest = self.hear_next()
        assert said == word
        return rest

    def hear_next(self) -> tuple[str, str]:
        """The next line's first word, and the rest of it."""
        while b"\n" not in self._unread:
            received = self._receive()
            assert received, f"the crew ended before it said more: {self.log}"
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        said, _, rest = line.decode().partition(" ")
        return said, rest

    def hear_to_the_end(self) -> str:
        """All that is still said; returns only when no process of this crew is left."""
        patience = time.monotonic() + WITHIN
        while received := self._receive():
            self._unread += received
            assert time.monotonic() < patience, f"the crew does not end: {self.log}"
        said, self._unread = self._unread.decode(), b""
        return said

    def _receive(self) -> bytes:
        readable, _, _ = select.select([self._report], [], [], WITHIN)
        assert readable, f"nothing was said within {WITHIN} s: {self.log}"
        return os.read(self._report, 65536)

    def send(self, number: signal.Signals) -> None:
        self.parent.send_signal(number)

    def send_to_all(self, number: signal.Signals) -> None:
        os.killpg(self.parent.pid, number)

    def exit_code(self) -> int:
        return self.parent.wait(WITHIN)

    @property
    def log(self) -> str:
        return self._errors.read_text()

    def leave_nothing(self) -> None:
        try:
            self.hear_to_the_end()
        except AssertionError:
            self.send_to_all(signal.SIGKILL)
            raise
        finally:
            self.parent.wait(WITHIN)
            os.close(self._report)


Start = Callable[[str], RunningCrew]


@contextmanager
def crews_logging_to(folder: Path) -> Iterator[Start]:
    crews: list[RunningCrew] = []

    def starting(script: str) -> RunningCrew:
        crews.append(RunningCrew(script, folder / f"errors-{len(crews)}"))
        return crews[-1]

    yield starting
    for crew in crews:
        crew.leave_nothing()
