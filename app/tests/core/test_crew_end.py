import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.running_crew import Start, crews_logging_to


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with crews_logging_to(tmp_path) as starting:
        yield starting


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


def test_five_quick_failures_end_the_whole_crew_with_a_sentence_and_exit_code_1(start: Start) -> None:
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
    assert "bad failed 5 times in a row within a second of its start" in crew.log
    assert "RuntimeError: the disk is gone" in crew.log


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
