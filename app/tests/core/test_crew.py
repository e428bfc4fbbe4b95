"""Each crew runs in a Python of its own; its members report over a pipe that ends with the last of them."""

import os
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pretamane
from pretamane.core.crew import FIRST_PAUSE, GOOD_LIFE, LONGEST_PAUSE, QUICK_DEATHS_ALLOWED, Backoff

PREAMBLE = """
import logging, os, platform, signal, sys, time
from pretamane.core.crew import Crew, Member

logging.basicConfig()
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
        while b"\n" not in self._unread:
            received = self._receive()
            assert received, f"the crew ended before it said {word!r}: {self.log}"
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        said, _, rest = line.decode().partition(" ")
        assert said == word
        return rest

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


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    crews: list[RunningCrew] = []

    def starting(script: str) -> RunningCrew:
        crews.append(RunningCrew(script, tmp_path / f"errors-{len(crews)}"))
        return crews[-1]

    yield starting
    for crew in crews:
        crew.leave_nothing()


def test_a_member_that_is_killed_starts_again_and_leaves_no_zombie(start: Start) -> None:
    crew = start("sys.exit(Crew([Member('web', wait_for_ever)]).run())")
    first = int(crew.hear("started"))

    os.kill(first, signal.SIGKILL)
    second = int(crew.hear("started"))

    assert second != first
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert "web ended (SIGKILL) and starts again" in crew.log
    crew.send(signal.SIGTERM)


def test_a_member_killed_by_a_signal_without_a_name_starts_again(start: Start) -> None:
    crew = start("sys.exit(Crew([Member('web', wait_for_ever)]).run())")
    first = int(crew.hear("started"))

    os.kill(first, signal.SIGRTMIN + 3 if hasattr(signal, "SIGRTMIN") else signal.SIGUSR2)

    assert int(crew.hear("started")) != first
    crew.send(signal.SIGTERM)


def test_a_member_that_returns_starts_again(start: Start) -> None:
    crew = start("sys.exit(Crew([Member('web', end_when_told)]).run())")
    first = int(crew.hear("started"))

    os.kill(first, signal.SIGTERM)

    assert int(crew.hear("told")) == first
    assert int(crew.hear("started")) != first
    assert "web ended (exit code 0)" in crew.log
    crew.send(signal.SIGTERM)


def test_the_others_live_on_when_one_member_dies(start: Start) -> None:
    crew = start("sys.exit(Crew([Member('one', wait_for_ever), Member('two', end_when_told)]).run())")
    first, second = int(crew.hear("started")), int(crew.hear("started"))

    os.kill(first, signal.SIGKILL)
    third = int(crew.hear("started"))

    os.kill(second, 0)
    crew.send(signal.SIGTERM)
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_parent_ends_every_member_and_exits_0(start: Start, number: signal.Signals) -> None:
    crew = start("sys.exit(Crew([Member(f'web {n}', end_when_told) for n in range(3)]).run())")
    members = {crew.hear("started") for _ in range(3)}

    crew.send(number)

    assert {crew.hear("told") for _ in range(3)} == members
    assert crew.hear_to_the_end() == ""
    assert crew.exit_code() == 0


def test_a_hang_up_is_ignored_where_nohup_asked_for_that(start: Start) -> None:
    crew = start(
        """
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        sys.exit(Crew([Member('web', end_when_told)]).run())
        """
    )
    member = crew.hear("started")

    crew.send_to_all(signal.SIGHUP)
    time.sleep(0.3)
    crew.send(signal.SIGTERM)

    assert crew.hear_to_the_end() == f"told {member}\n"
    assert "SIGHUP" not in crew.log


def test_a_member_that_hangs_is_killed_once_its_time_is_over(start: Start) -> None:
    crew = start(
        """
        Crew([Member("web", hold_on)], stop_within=0.5).run()
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            say("childless")
        """
    )
    member = crew.hear("started")

    told_at = time.monotonic()
    crew.send(signal.SIGTERM)

    assert crew.exit_code() == 0
    assert time.monotonic() - told_at >= 0.5
    assert crew.hear_to_the_end() == f"told {member}\nchildless\n"
    assert "web did not end in time and is killed" in crew.log


def test_ctrl_c_at_a_terminal_reaches_each_member_once_and_prints_no_traceback(start: Start) -> None:
    crew = start("sys.exit(Crew([Member(f'web {n}', end_when_told) for n in range(2)]).run())")
    members = {crew.hear("started") for _ in range(2)}

    crew.send_to_all(signal.SIGINT)

    assert sorted(crew.hear_to_the_end().split()) == sorted(["told", "told", *members])
    assert crew.exit_code() == 0
    assert "Traceback" not in crew.log


def test_a_second_ctrl_c_ends_at_once(start: Start) -> None:
    crew = start("sys.exit(Crew([Member('web', hold_on)], stop_within=60).run())")
    crew.hear("started")

    crew.send_to_all(signal.SIGINT)
    crew.hear("told")
    crew.send_to_all(signal.SIGINT)

    assert crew.exit_code() == 0
    assert crew.hear_to_the_end() == ""


@pytest.mark.parametrize("system", ["", "Darwin"])
def test_members_end_when_their_parent_is_killed(start: Start, system: str) -> None:
    crew = start(
        f"""
        system = {system!r} or platform.system()
        platform.system = lambda: system
        Crew([Member(f"web {{n}}", end_when_told) for n in range(2)]).run()
        """
    )
    members = {crew.hear("started") for _ in range(2)}

    crew.send(signal.SIGKILL)

    assert {crew.hear("told") for _ in range(2)} == members
    assert crew.hear_to_the_end() == ""


def test_a_member_that_hangs_ends_with_its_parent_where_the_kernel_does_not_tell_it(start: Start) -> None:
    crew = start("platform.system = lambda: 'Darwin'; Crew([Member('web', hold_on)], stop_within=0.3).run()")
    member = crew.hear("started")

    crew.send(signal.SIGKILL)

    assert crew.hear_to_the_end() == f"told {member}\n"


def test_five_quick_deaths_end_the_whole_crew_with_a_sentence_and_exit_code_1(start: Start) -> None:
    crew = start(
        """
        def fail():
            say("tried", os.getpid())
            raise RuntimeError("the disk is gone")

        sys.exit(Crew([Member("good", end_when_told), Member("bad", fail)]).run())
        """
    )

    said = crew.hear_to_the_end()

    assert said.count("tried") == 5
    assert said.count("told") == 1
    assert crew.exit_code() == 1
    assert "bad died 5 times in a row within a second of its start" in crew.log
    assert "RuntimeError: the disk is gone" in crew.log


def test_a_member_that_cannot_start_says_why_without_a_traceback(start: Start) -> None:
    crew = start(
        """
        from pretamane.core.errors import CannotStart

        def refuse():
            raise CannotStart("The data folder is in use.")

        sys.exit(Crew([Member("web", refuse)]).run())
        """
    )

    assert crew.exit_code() == 1
    assert "web: The data folder is in use." in crew.log
    assert "Traceback" not in crew.log


def test_a_signal_at_any_moment_of_the_start_leaves_nobody(start: Start) -> None:
    for moment in range(8):
        crew = start(
            """
            say("ready")
            sys.exit(Crew([Member(f"web {n}", end_when_told) for n in range(6)]).run())
            """
        )
        crew.hear("ready")
        time.sleep(moment * 0.003)

        crew.send(signal.SIGTERM)

        crew.hear_to_the_end()
        assert crew.exit_code() in {0, -signal.SIGTERM}
        assert "Traceback" not in crew.log


def test_the_parent_sleeps_while_nothing_happens(start: Start) -> None:
    crew = start(
        """
        before = time.process_time()
        Crew([Member("web", end_when_told)]).run()
        say("used", time.process_time() - before)
        """
    )
    crew.hear("started")
    time.sleep(1)

    crew.send(signal.SIGTERM)

    crew.hear("told")
    assert float(crew.hear("used")) < 0.1


def test_what_the_parent_holds_for_its_members_is_released_while_they_still_end(start: Start) -> None:
    crew = start(
        """
        def end_slowly():
            end_when_told()
            time.sleep(0.5)
            say("ended")

        Crew([Member("web", end_slowly)], on_ending=lambda: say("released")).run()
        """
    )
    crew.hear("started")

    crew.send(signal.SIGTERM)

    first, second, third = crew.hear_to_the_end().split("\n")[:3]
    assert {first.split()[0], second.split()[0]} == {"released", "told"}
    assert third == "ended"


def test_the_parent_looks_after_a_child_that_is_not_of_the_crew(start: Start) -> None:
    crew = start(
        """
        import subprocess
        stranger = subprocess.Popen(["sleep", "0.3"])

        def look():
            if stranger.poll() is not None:
                say("missed", stranger.pid)

        sys.exit(Crew([Member("web", end_when_told)], on_wake=look).run())
        """
    )
    crew.hear("started")

    missed = crew.hear("missed")

    assert missed.isdigit()
    crew.send(signal.SIGTERM)


def test_what_the_members_cannot_live_without_ends_the_crew_with_its_sentence(start: Start) -> None:
    crew = start(
        """
        from pretamane.core.errors import CannotStart
        wakes = []

        def refuse_later():
            wakes.append(1)
            if len(wakes) > 1:
                raise CannotStart("The database does not come back.")

        def die_later():
            say("started")
            time.sleep(0.1)

        members = [Member("good", end_when_told), Member("short", die_later)]
        sys.exit(Crew(members, on_wake=refuse_later).run())
        """
    )

    said = crew.hear_to_the_end()

    assert said.count("told") == 1
    assert crew.exit_code() == 1
    assert "The database does not come back." in crew.log
    assert "Traceback" not in crew.log


def test_rests_double_up_to_a_bound_and_start_over_after_a_good_life() -> None:
    backoff = Backoff()

    rests = [backoff.pause_after(lived=2) for _ in range(8)]

    assert rests == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert backoff.pause_after(lived=GOOD_LIFE - 1) == LONGEST_PAUSE
    assert backoff.pause_after(lived=GOOD_LIFE) == FIRST_PAUSE


def test_one_longer_life_among_quick_deaths_gives_five_more_tries() -> None:
    backoff = Backoff()
    for _ in range(QUICK_DEATHS_ALLOWED - 1):
        assert backoff.pause_after(lived=0.2) is not None

    assert backoff.pause_after(lived=1.5) is not None

    tries = [backoff.pause_after(lived=0.2) for _ in range(QUICK_DEATHS_ALLOWED)]
    assert [pause is None for pause in tries] == [False] * (QUICK_DEATHS_ALLOWED - 1) + [True]
