import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.running_crew import Start, crews_logging_to

from pretamane.core.crew import FIRST_PAUSE, GOOD_LIFE, LONGEST_PAUSE, QUICK_DEATHS_ALLOWED, Backoff


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with crews_logging_to(tmp_path) as starting:
        yield starting


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


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGKILL)", "os._exit(1)", "os._exit(0)"])
def test_a_member_that_something_keeps_ending_at_once_rests_ever_longer_and_never_ends_the_others(
    start: Start, end: str
) -> None:
    crew = start(
        f"""
        from pretamane.core import crew
        crew.LONGEST_PAUSE = 0.2

        def be_ended():
            say("ended")
            {end}

        sys.exit(Crew([Member("web", wait_for_ever), Member("worker", be_ended)]).run())
        """
    )
    heard = [crew.hear_next() for _ in range(1 + 3 * QUICK_DEATHS_ALLOWED)]

    (web,) = [int(rest) for word, rest in heard if word == "started"]
    os.kill(web, 0)
    assert crew.parent.poll() is None
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
